// SPDX-License-Identifier: GPL-2.0-or-later
// A recording as a Perfetto trace, for ui.perfetto.dev and trace_processor.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "analysis/stream_observer.hpp"
#include "export/exporter.hpp"
#include "export/perfetto_ftrace.hpp"
#include "export/perfetto_packets.hpp"
#include "export/perfetto_states.hpp"
#include "export/perfetto_tracks.hpp"
#include "export/perfetto_wakes.hpp"
#include "wakepath/finding.hpp"

namespace wakepath::exports {

class PerfettoExporter final : public Exporter {
 public:
  // Errors: OutputFile::create()'s.
  static Result<std::unique_ptr<Exporter>> create(const OutputPlan& plan);
  explicit PerfettoExporter(OutputFile file);

  Result<void> keep_rights_for_names(const std::function<void()>& begin) override {
    return packets_.file().keep_rights_for_names(begin);
  }
  analysis::StreamObserver* observer() override { return &events_; }
  void within(const TimeSpan& span) override { events_.within(span); }
  void target(std::uint64_t ns) override { wakes_.target(ns); }
  void compress() override { packets_.compress(); }
  Result<void> header(const Header& header) override;
  Result<void> wake(const WakeChain& chain) override;
  Result<void> delivery(const Delivery& delivery) override;
  Result<void> loss(const Loss& loss) override;
  Result<void> summary(const Summary& summary) override;
  Result<std::string> finish() override;

 private:
  // Looks on at what the wakes are made of.
  class Events final : public analysis::StreamObserver {
   public:
    explicit Events(PerfettoExporter& to) : to_(to) {}
    void within(const TimeSpan& span) { span_ = span; }
    [[nodiscard]] std::uint64_t last_ns() const { return last_ns_; }

    void begin(const reconstruct::FactStore& facts) override;
    void loss(const order::LossInterval& loss) override;
    void event(const Event& event) override;
    void wake(const WakeChain& /*chain*/) override {}

   private:
    PerfettoExporter& to_;
    const reconstruct::FactStore* facts_{nullptr};
    std::optional<TimeSpan> span_;
    std::uint64_t last_ns_{0};  // of those that were taken
  };

  void tell_clocks(std::uint64_t at_ns);
  void tell_jump(const reconstruct::FactStore& facts, std::uint64_t at_ns);
  void tell_host(const Header& header);
  void tell_findings(const std::vector<Finding>& findings, std::uint64_t at_ns);

  perfetto::Packets packets_;
  perfetto::Tracks tracks_;
  perfetto::FtraceBundles bundles_;
  perfetto::VcpuStates states_;
  perfetto::WakeSlices wakes_;
  Events events_;
  std::uint64_t begin_ns_{0};
  std::uint64_t clocks_told_ns_{0};
  std::optional<std::uint64_t> realtime_offset_ns_;  // as told last
  std::string arch_;
  perfetto::Track losses_{0};
};

}  // namespace wakepath::exports
