// SPDX-License-Identifier: GPL-2.0-or-later
#include "support/scenario.hpp"

#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>

#include "support/scenario_event.hpp"
#include "support/scenario_line.hpp"
#include "support/scenario_names.hpp"

namespace wakepath::testing {

namespace {

std::uint32_t low(const std::string& word) { return static_cast<std::uint32_t>(number_of(word)); }

std::uint64_t vcpu_state(const std::string& word) {
  if (word.empty()) {
    return 0;
  }
  if (word == "asleep") {
    return WP_VCPU_ASLEEP;
  }
  if (word == "on_cpu") {
    return WP_VCPU_ON_CPU;
  }
  if (word == "waiting") {
    return WP_VCPU_WAITING;
  }
  throw BadLine("no vCPU is '" + word + "'");
}

}  // namespace

class ScenarioParser {
 public:
  explicit ScenarioParser(Scenario& scenario) : to_(scenario), names_(scenario.facts_) {}

  void parse(std::string_view text) {
    Line line(text);
    if (line.empty()) {
      return;
    }
    const char first = line.word(0).front();
    if (first >= '0' && first <= '9') {
      event(line, text);
    } else if (!about_host(line) && !about_stream(line)) {
      throw BadLine("'" + line.word(0) + "' is not known");
    }
    line.check_fields();
  }

 private:
  void event(Line& line, std::string_view text) {
    Scenario::EventStep step;
    step.time_ns = number_of(line.word(0));
    step.cpu = low(line.word(1));
    step.bytes = event_bytes(line, names_, contexts_);
    step.number = to_.events_++;
    to_.steps_.emplace_back(std::move(step));
    to_.event_lines_.emplace_back(text);
  }

  bool about_host(Line& line) {
    const std::string& what = line.word(0);
    std::vector<Fact>& facts = to_.facts_;
    if (what == "host") {
      const std::string kernel = line.text("kernel", "6.1.0");
      const std::string arch = line.text("arch", "aarch64");
      const std::uint64_t cpus = line.number("cpus", 2);
      const std::uint64_t hz = line.number("hz", 0);
      const std::uint64_t bg_timer = line.number("bg_timer", 0);
      facts.emplace_back(HostFact{cpus, hz, bg_timer, 0, kernel, arch, "0.1.0", ""});
    } else if (what == "event") {
      const bool enabled = !line.take_word("off", 2);
      facts.emplace_back(EventFact{enabled, line.word(1), line.text("reason", "")});
    } else if (what == "vm") {
      const std::uint32_t key = low(line.word(1));
      facts.emplace_back(VmFact{key, static_cast<std::uint32_t>(line.number("tgid", key)),
                                line.number("since", 0), line.text("name", "")});
    } else if (what == "thread") {
      const std::uint32_t tid = low(line.word(2));
      const std::string& comm = line.word(3);
      const auto vm = line.take("vm");
      const bool kthread = line.take_word("kthread", 4);
      names_.add_thread(line.word(1), {tid, comm, vm.has_value(), kthread});
      if (vm) {
        facts.emplace_back(VcpuFact{tid, static_cast<std::uint32_t>(line.number("index", 0)),
                                    static_cast<std::uint32_t>(number_of(*vm)),
                                    static_cast<std::uint32_t>(vcpu_state(line.text("state", ""))),
                                    line.number("address", 0), line.number("since", 0), comm});
      }
    } else if (what == "irq") {
      irq(line);
    } else if (what == "clock") {
      facts.emplace_back(ClockFact{line.number("counter"), line.number("at"), 0});
    } else if (what == "notice") {
      facts.emplace_back(NoticeFact{WP_ADVICE_OTHER, 0, line.word(1)});
    } else if (what == "capture") {
      facts.emplace_back(CaptureFact{line.number("ring_bytes"), 0, 0, 0});
    } else {
      return false;
    }
    return true;
  }

  void irq(Line& line) {
    Interrupt interrupt;
    interrupt.irq = low(line.word(1));
    interrupt.action = line.word(2);
    interrupt.device = line.text("device", "");
    interrupt.queue = line.text("queue", "");
    interrupt.bus = line.text("bus", "");
    interrupt.address = line.text("address", "");
    interrupt.driver = line.text("driver", "");
    interrupt.description = line.text("description", "");
    interrupt.given_to = line.text("given_to", "");
    interrupt.affinity = line.text("affinity", "");
    interrupt.effective = line.text("effective", "");
    if (const auto managed = line.take("managed")) {
      if (*managed != "yes" && *managed != "no") {
        throw BadLine("managed is yes or no");
      }
      interrupt.managed = *managed == "yes";
    }
    names_.irq_action(interrupt);
  }

  bool about_stream(Line& line) {
    using What = Scenario::CountStep::What;
    const std::string& what = line.word(0);
    const auto count = [&](What kind, std::uint64_t cpu, std::uint64_t number) {
      to_.steps_.emplace_back(Scenario::CountStep{kind, static_cast<std::uint32_t>(cpu), number});
    };
    if (what == "begin") {
      to_.begin_ns_ = number_of(line.word(1));
    } else if (what == "end") {
      to_.end_ns_ = number_of(line.word(1));
    } else if (what == "tick") {
      to_.steps_.emplace_back(Scenario::TickStep{number_of(line.word(1))});
    } else if (what == "poll") {
      to_.steps_.emplace_back(Scenario::PollStep{number_of(line.word(1))});
    } else if (what == "lost") {
      count(What::lost, line.number("cpu"), line.number("count"));
    } else if (what == "hidden") {
      count(What::hidden, line.number("cpu"), line.number("count"));
    } else if (what == "gap") {
      count(What::gap, 0, line.number("count", 0));
    } else if (what == "missed") {
      count(What::missed, 0, number_of(line.word(1)));
    } else if (what == "report") {
      report(line);
    } else {
      return false;
    }
    return true;
  }

  void report(Line& line) {
    wp_guest_report report{};
    report.record = {WP_RECORD_GUEST_REPORT, 0, sizeof(report)};
    report.time_ns = number_of(line.word(1));
    report.tid = names_.thread(line.word(2)).tid;
    report.sequence = line.number("sequence", reports_[report.tid]++);
    if (const auto deadline = line.take("deadline")) {
      report.deadline_ticks = number_of(*deadline);
      report.flags |= WP_REPORT_DEADLINE;
    }
    if (const auto now = line.take("now")) {
      report.now_ticks = number_of(*now);
      report.flags |= WP_REPORT_NOW;
    }
    if (const auto woke = line.take("woke")) {
      report.now_ns = number_of(*woke);
      report.flags |= WP_REPORT_NOW_NS;
    }
    to_.steps_.emplace_back(Scenario::ReportStep{report});
  }

  Scenario& to_;
  ScenarioNames names_;
  std::map<std::uint32_t, std::uint64_t> reports_;  // so far, by thread
  ScenarioContexts contexts_;
};

Result<Scenario> Scenario::parse(std::string_view text) {
  Scenario scenario;
  ScenarioParser parser(scenario);
  std::size_t number = 1;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    try {
      parser.parse(text.substr(0, end));
    } catch (const BadLine& bad) {
      return fail(ErrorKind::bad_input, "line " + std::to_string(number) + ": " + bad.what());
    }
    text.remove_prefix(std::min(end + 1, text.size()));
    ++number;
  }
  return scenario;
}

Result<Scenario> Scenario::read(const std::string& path) {
  std::ifstream file(path);
  if (!file) {
    return fail(ErrorKind::bad_input, "can't open " + path);
  }
  return parse(std::string(std::istreambuf_iterator<char>(file), {}));
}

Result<bool> RecordList::pump(RecordSink& sink) {
  if (next_ == records_.size()) {
    return false;
  }
  const auto view = RecordView::at(records_[next_++]);
  if (!view) {
    return fail(ErrorKind::bug, "a scenario made a record that is none");
  }
  const auto taken = sink.record(*view);
  if (!taken) {
    return tl::unexpected<Error>(taken.error());
  }
  return true;
}

Result<void> replay(const std::vector<RecordBytes>& records, RecordSink& sink) {
  RecordList list(records);
  while (true) {
    const auto more = list.pump(sink);
    if (!more) {
      return tl::unexpected<Error>(more.error());
    }
    if (!*more) {
      return {};
    }
  }
}

}  // namespace wakepath::testing
