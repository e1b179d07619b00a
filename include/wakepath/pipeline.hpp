// SPDX-License-Identifier: GPL-2.0-or-later
// Records in, results out: decoding, ordering, reconstruction and analysis in one pass. Pure: no
// clock, no /proc, no libbpf; the same records give the same calls of the sink on every machine.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "wakepath/record.hpp"
#include "wakepath/sink.hpp"

namespace wakepath {

namespace analysis {
class StreamObserver;  // of wakepath's own: src/analysis/stream_observer.hpp
}

// Which wakes are shown and counted. Empty: all.
struct Selection {
  std::vector<std::string> vms;  // by name, or by the process id of the VMM
  std::vector<std::uint32_t> vcpus;
  std::vector<std::uint32_t> tids;  // of vCPUs' threads
  std::vector<std::uint32_t> cpus;  // wakes of which some stage ended on one of these
  std::uint64_t min_latency_ns{0};  // of the total
};

struct PipelineOptions {
  Selection selection;
  std::uint64_t interval_ns{1'000'000'000};  // 0: no interval tables
  // "p99(total) > 200us": fails where the expression is true. They are judged at the end, and stand
  // in the summary. See analysis/verdict.hpp for the grammar.
  std::vector<std::string> fail_on{};
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
  // vCPUs that the stream named or showed, whatever is selected; by thread.
  [[nodiscard]] std::vector<VcpuIdentity> vcpus() const;

 private:
  struct Stages;
  std::unique_ptr<Stages> stages_;
};

// Is the expression well formed? For errors before a capture starts.
Result<void> check_verdict(const std::string& expression);

}  // namespace wakepath
