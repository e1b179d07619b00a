// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>

#include <poll.h>
#include <unistd.h>

#include "cli/commands.hpp"
#include "cli/interrupt.hpp"
#include "cli/result_view.hpp"
#include "cli/screen_session.hpp"
#include "cli/watch_session.hpp"
#include "host/given_root.hpp"
#include "host/pci_names.hpp"
#include "host/read_file.hpp"
#include "interrupts/irq_reading.hpp"
#include "present/renderer.hpp"
#include "privilege/command_rights.hpp"
#include "screen/irq_watch.hpp"
#include "util/escape.hpp"

namespace wakepath::cli {

namespace {

using Clock = std::chrono::steady_clock;

std::unique_ptr<present::Renderer> make_renderer(const IrqsArguments& arguments, Console& console) {
  present::RenderOptions options;
  options.all = arguments.all || !arguments.selection.devices.empty();
  options.text.width = console.line_width();
  options.clears_screen = arguments.watch && ::isatty(STDOUT_FILENO) == 1;
  return present::make_renderer(arguments.format, options, console.out(), console.err());
}

class IrqView {
 public:
  IrqView(const IrqsArguments& arguments, const host::GivenRoot& root, host::PciNames& pci,
          const Interrupt& interrupt, Console& console, std::unique_ptr<WatchSession> session)
      : arguments_(arguments),
        console_(console),
        interrupt_(interrupt),
        given_(root),
        root_(root.path()),
        pci_(pci),
        names_(interrupts::device_names(root_)),
        renderer_(make_renderer(arguments, console)),
        session_(std::move(session)) {
    names_.device = [this](std::uint16_t vendor, std::uint16_t device) {
      const std::string maker = pci_.vendor(vendor);
      const std::string name = pci_.device(vendor, device);
      return name.empty() || maker.empty() ? std::string{} : maker + " " + name;
    };
    names_.device_class = [this](std::uint32_t code) { return pci_.device_class(code); };
  }

  Result<ExitCode> run() {
    const bool rates = arguments_.watch || arguments_.duration;
    if (rates && !host::is_of_proc(root_ + "/proc/interrupts")) {
      return fail(ErrorKind::usage,
                  escape_terminal(arguments_.root) + " is a copy, and counts nothing any more",
                  "leave out --watch and -d");
    }
    auto reading = interrupts::read_irqs(root_);
    if (!reading) {
      return tl::unexpected(given_.told(reading.error()));
    }
    if (!reading->note.empty()) {
      console_.say(reading->note);
    }
    if (!rates) {
      return show(std::move(reading->facts), nullptr, 0, {});
    }
    const auto start = reading->at;
    if (session_) {
      session_->start();
      auto shown = show(reading->facts, nullptr, 0, start - start);
      if (!shown) {
        return shown;
      }
    }
    ExitCode code = ExitCode::ok;
    while (!interrupt_.asked() && !console_.out().closed()) {
      const auto until =
          reading->at + (arguments_.watch ? arguments_.interval : *arguments_.duration);
      if (session_ && !session_->wait(until, interrupt_)) {
        break;
      }
      wait(interrupt_, until);
      auto next = interrupts::read_irqs(root_);
      if (!next) {
        return tl::unexpected(next.error());
      }
      const double seconds = std::chrono::duration<double>(next->at - reading->at).count();
      host::InterruptTable now = next->facts.table;
      auto shown = show(std::move(next->facts), &reading->facts.table, seconds, next->at - start);
      if (!shown) {
        return shown;
      }
      code = *shown;
      WAKEPATH_CHECK(console_.out().flush());
      reading->facts.table = std::move(now);
      reading->at = next->at;
      if (!arguments_.watch || (arguments_.duration && next->at - start >= *arguments_.duration)) {
        break;
      }
    }
    return code;
  }

 private:
  static void wait(const Interrupt& interrupt, Clock::time_point until) {
    using std::chrono::milliseconds;
    while (!interrupt.asked() && Clock::now() < until) {
      constexpr milliseconds kLongest{1000};
      const auto left = std::chrono::ceil<milliseconds>(until - Clock::now());
      ::poll(nullptr, 0, static_cast<int>(std::clamp(left, milliseconds{0}, kLongest).count()));
    }
  }

  Result<ExitCode> show(interrupts::IrqFacts facts, const host::InterruptTable* before,
                        double seconds, Clock::duration since) {
    interrupts::IrqReport report = interrupts::explain(std::move(facts), names_);
    if (before != nullptr) {
      interrupts::set_rates(report, *before, seconds);
    }
    WAKEPATH_CHECK(interrupts::select(report, arguments_.selection));
    interrupts::sort(report, arguments_.order);
    if (session_) {
      const auto ns = std::chrono::duration_cast<std::chrono::nanoseconds>(since).count();
      session_->show(watch_.look(report, seconds, static_cast<std::uint64_t>(ns)));
      return report.cut ? ExitCode::bad_input : ExitCode::ok;
    }
    WAKEPATH_CHECK(renderer_->irqs(report));
    if (report.cut) {
      console_.say("/proc/interrupts is larger than any kernel's: its end is left out");
      return ExitCode::bad_input;
    }
    return ExitCode::ok;
  }

  const IrqsArguments& arguments_;
  Console& console_;
  const Interrupt& interrupt_;
  const host::GivenRoot& given_;
  const std::string& root_;
  host::PciNames& pci_;
  interrupts::DeviceNames names_;
  std::unique_ptr<present::Renderer> renderer_;
  std::unique_ptr<WatchSession> session_;  // null: text
  screen::IrqWatch watch_;
};

// nullptr: text is printed, again and again.
std::unique_ptr<WatchSession> open_watch(const IrqsArguments& arguments, const Console& console) {
  if (!arguments.watch || arguments.plain || arguments.format != Format::table ||
      !can_show_screen(console)) {
    return nullptr;
  }
  auto session = WatchSession::open("wakepath irqs", screen::IrqWatch::help(),
                                    is_colored(Color::automatic, console));
  return session ? std::move(*session) : nullptr;
}

}  // namespace

Result<ExitCode> irqs(const IrqsArguments& arguments, Console& console) {
  if (!arguments.snapshot.empty()) {
    return irqs_snapshot(arguments, console);
  }
  // The terminal's kind is a file, and is read before the rights go.
  auto session = open_watch(arguments, console);
  const Interrupt interrupt(session ? std::chrono::milliseconds{} : Interrupt::soon());
  host::PciNames pci(arguments.pci_ids);
  WAKEPATH_TRY(const host::GivenRoot root, host::GivenRoot::open(
                                               arguments.root, [&] { return !interrupt.asked(); },
                                               [&](bool is_file) {
                                                 if (is_file) {
                                                   privilege::read_files_only();
                                                   privilege::start_no_programs();
                                                 } else {
                                                   privilege::read_trees_only(arguments.root,
                                                                              arguments.pci_ids);
                                                 }
                                               }));
  WAKEPATH_TRY(const ExitCode code,
               IrqView(arguments, root, pci, interrupt, console, std::move(session)).run());
  if (root.problem().empty()) {
    return code;
  }
  console.say(root.problem());
  return more_severe(code, ExitCode::bad_input);
}

}  // namespace wakepath::cli
