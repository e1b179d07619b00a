// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/result_view.hpp"

#include <algorithm>

#include "present/ndjson_sink.hpp"
#include "present/table_sink.hpp"
#include "present/wakes_sink.hpp"

namespace wakepath::cli {

namespace {

std::unique_ptr<Sink> make_sink(const ViewArguments& arguments, const std::string& source,
                                Console& console) {
  if (arguments.format == Format::ndjson) {
    return std::make_unique<present::NdjsonSink>(source, console.out(), console.err());
  }
  const Selection& selection = arguments.pipeline.selection;
  present::TextOptions options;
  options.top = arguments.top;
  options.filtered = !selection.vms.empty() || !selection.vcpus.empty() ||
                     !selection.cpus.empty() || selection.min_latency_ns != 0;
  if (arguments.wakes) {
    return std::make_unique<present::WakesSink>(options, console.out());
  }
  return std::make_unique<present::TableSink>(options, console.out());
}

}  // namespace

// Stops a run that asks for a CPU which the traced host does not have.
class View::Gate final : public Sink {
 public:
  Gate(std::vector<std::uint32_t> cpus, Sink& next) : cpus_(std::move(cpus)), next_(next) {}

  Result<void> header(const Header& header) override {
    for (const std::uint32_t cpu : cpus_) {
      if (header.cpus != 0 && cpu >= header.cpus) {
        return fail(ErrorKind::usage, fmt::format("no CPU {} on the traced host", cpu),
                    fmt::format("--cpu with some of 0-{}", header.cpus - 1));
      }
    }
    return next_.header(header);
  }
  Result<void> wake(const WakeChain& chain) override { return next_.wake(chain); }
  Result<void> delivery(const Delivery& delivery) override { return next_.delivery(delivery); }
  Result<void> loss(const Loss& loss) override { return next_.loss(loss); }
  Result<void> interval(const Interval& interval) override { return next_.interval(interval); }
  Result<void> notice(const std::string& text) override { return next_.notice(text); }
  Result<void> summary(const Summary& summary) override { return next_.summary(summary); }

 private:
  std::vector<std::uint32_t> cpus_;
  Sink& next_;
};

View::View(const ViewArguments& arguments, const std::string& source, Console& console)
    : arguments_(arguments),
      console_(console),
      shown_(make_sink(arguments, source, console)),
      gate_(std::make_unique<Gate>(arguments.pipeline.selection.cpus, *shown_)),
      pipeline_(std::make_unique<Pipeline>(arguments.pipeline, *gate_)) {}

View::~View() = default;

RecordSink& View::records() { return *pipeline_; }

bool View::abandoned() const { return console_.out().closed() && arguments_.fail_on.empty(); }

Result<void> View::check_vms() const {
  const std::vector<std::string> known = pipeline_->vms();
  for (const std::string& vm : arguments_.pipeline.selection.vms) {
    if (std::ranges::find(known, vm) != known.end()) {
      continue;
    }
    std::string names;
    for (const std::string& name : known) {
      names += (names.empty() ? "" : ", ") + name;
    }
    return fail(ErrorKind::usage, "no VM '" + vm + "'",
                known.empty() ? "start the VM first: none runs" : "--vm with one of: " + names);
  }
  return {};
}

Result<ExitCode> View::finish() {
  if (auto summary = pipeline_->finish(); !summary) {
    return tl::unexpected(summary.error());
  }
  if (auto written = console_.out().flush(); !written) {
    return tl::unexpected(written.error());
  }
  ExitCode code = ExitCode::ok;
  for (const std::string& expression : arguments_.fail_on) {
    auto verdict = pipeline_->judge(expression);
    if (!verdict) {
      return tl::unexpected(verdict.error());
    }
    if (verdict->failed) {
      console_.say("verdict failed: " + verdict->text);
      code = ExitCode::verdict_failed;
    }
  }
  return code;
}

}  // namespace wakepath::cli
