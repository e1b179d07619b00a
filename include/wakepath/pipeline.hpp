// SPDX-License-Identifier: GPL-2.0-or-later
// Records in, results out: decoding, ordering, reconstruction and analysis in one pass. Pure: no
// clock, no /proc, no libbpf; the same records give the same calls of the sink on every machine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "wakepath/budget.hpp"
#include "wakepath/record.hpp"
#include "wakepath/sink.hpp"

namespace wakepath {

namespace analysis {
class StreamObserver;  // of wakepath's own: src/analysis/stream_observer.hpp
}

// A moment of a capture: from its begin on, or the time of day (UTC).
struct Moment {
  bool of_day{};
  std::uint64_t ns{};
  std::string text;         // as written
  std::uint64_t span_ns{};  // of a time of day: how long it is that time, 1 ms where text has ms
};

// A part of a capture, of the traced host's CLOCK_MONOTONIC.
struct TimeSpan {
  std::uint64_t begin_ns{}, end_ns{};
  std::string text;  // as options make it: "--wake 207 --around 50ms"
};

// By what the ranking of the summary is.
enum class Ranking : std::uint8_t { vm, vcpu, path, stage, root, cpu };

// Which wakes are shown and counted. Empty: all.
struct Selection {
  std::vector<std::string> vms;  // by name, or by the process id of the VMM
  std::vector<std::uint32_t> vcpus;
  std::vector<std::uint32_t> tids;  // of vCPUs' threads
  std::vector<std::uint32_t> cpus;  // wakes of which some stage ended on one of these
  std::uint64_t min_latency_ns{0};  // of the total
  std::uint64_t wake{0};            // the wake of this number alone; 0: all
  bool breach{false};               // wakes that a recorder waited for
  // Wakes that began in this time.
  std::optional<Moment> since{}, until{};
  // Wakes that were on their way in it, if only for a part.
  std::optional<TimeSpan> during{};
};

struct PipelineOptions {
  Selection selection;
  std::uint64_t interval_ns{1'000'000'000};  // 0: no interval tables
  // "p99(total) > 200us": fails where the expression is true. They are judged at the end, and stand
  // in the summary. See analysis/verdict.hpp for the grammar.
  std::vector<std::string> fail_on{};
  // Judged after these, with a verdict for each line.
  std::vector<BudgetLine> budget{};
  // About what a stream may make it hold. Beyond that it lets the oldest events go, as a loss.
  std::uint64_t memory_bytes{std::uint64_t{1} << 30U};
  // Asked now and then. Once it says yes, a few more events are told; the rest is a loss, and the
  // summary calls the input interrupted.
  std::function<bool()> stopped{};
  // "task(hog)", "idle_exit(2)": what would be without these. See analysis/culprit_class.hpp for
  // the grammar.
  std::vector<std::string> without{};
  // 0: none. "p99(total) > TARGET" is a verdict then, of the kind of total that most wakes have.
  std::uint64_t target_ns{0};
  Ranking by{Ranking::vcpu};
  // The sink gets only so many wakes, those with the longest totals, at the end. 0: all, as they
  // come.
  std::size_t worst{0};
  std::size_t slowest{10};  // of the summary
  // Called for each wake that is selected when it is told, whatever `worst` is.
  std::function<void(const WakeChain&)> wake_told{};
};

class Pipeline final : public RecordSink {
 public:
  // `sink` and `observer` must outlive the pipeline. Null: nobody looks on.
  Pipeline(PipelineOptions options, Sink& sink, analysis::StreamObserver* observer = nullptr);
  ~Pipeline() override;

  // Error: the sink's, or usage where the selection names a CPU that the traced host lacks. Records
  // that can't be read are counted and skipped.
  Result<void> record(RecordView view) override;
  // Nothing follows: closes open wakes (flag cut), judges, and hands the summary to the sink.
  // `partial`: why the end is not that of the input; `part`: what was read then. Error: the sink's,
  // or usage, where an expression can't be read.
  Result<Summary> finish(Partial partial = Partial::no, std::optional<InputPart> part = {});
  // After finish(). Error: usage, where the expression can't be read.
  [[nodiscard]] Result<VerdictResult> judge(const std::string& expression) const;
  // VMs that the stream named, sorted; to tell "no such VM" from "no wakes".
  [[nodiscard]] std::vector<std::string> vms() const;
  // How many wakes the stream had so far, whatever is selected.
  [[nodiscard]] std::uint64_t wakes() const;
  // A recorder cut the stream out of a capture, and waited for wakes.
  [[nodiscard]] bool has_trigger() const;
  // vCPUs that the stream named or showed, whatever is selected; by thread.
  [[nodiscard]] std::vector<VcpuIdentity> vcpus() const;

 private:
  struct Stages;
  std::unique_ptr<Stages> stages_;
};

// Is the expression well formed? For errors before a capture starts.
Result<void> check_verdict(const std::string& expression);
Result<void> check_culprits(const std::string& text);

}  // namespace wakepath
