// SPDX-License-Identifier: GPL-2.0-or-later
// What the screen knows of a stream: wakes and losses go in, and are added up in bounded memory,
// however many vCPUs the stream has and however long it is.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "screen/series.hpp"
#include "util/seeded_hash.hpp"
#include "wakepath/finding.hpp"
#include "wakepath/sink.hpp"

namespace wakepath::screen {

// What the flight recorder has written: for the top line.
struct RecorderState {
  std::uint64_t dumps{};
  std::uint64_t bytes{};
  std::uint64_t limit_bytes{};
};

struct GroupSeries {
  SeriesKey key;
  std::string vm_id, vcpu_id;  // the same for all groups of one, and of no other
  Series series;
};
struct NumberedSeries {
  Series series;
};

class Model final : public Sink {
 public:
  // Bounds. What is beyond them is counted, and said.
  static constexpr std::size_t kMostGroups = 8192;
  static constexpr std::size_t kMostNumbers = 1024;  // CPUs, interrupts, and paths
  static constexpr std::size_t kMostSlowest = 64;
  static constexpr std::size_t kMostNotices = 16;

  explicit Model(std::uint64_t target_ns) : target_ns_(target_ns) {}

  Result<void> header(const Header& header) override;
  Result<void> wake(const WakeChain& chain) override;
  Result<void> loss(const Loss& loss) override;
  Result<void> interval(const Interval& interval) override;
  Result<void> notice(const std::string& text) override;
  Result<void> summary(const Summary& summary) override;

  // The stream is at this moment, whether or not anything happened.
  void advance(std::uint64_t now_ns);
  // All counts begin anew; the last minute, losses and notices stay.
  void reset();
  // Slow wakes are counted anew.
  void set_target(std::uint64_t ns);
  // Wakes that come meanwhile are not added up, but counted.
  void pause(bool on) { paused_ = on; }
  void set_recorder(const RecorderState& state) { recorder_ = state; }

  [[nodiscard]] const std::optional<Header>& header() const { return header_; }
  [[nodiscard]] std::uint64_t now_ns() const { return now_ns_; }
  [[nodiscard]] const TimeColumns& columns() const { return columns_; }
  [[nodiscard]] std::uint64_t target_ns() const { return target_ns_; }
  [[nodiscard]] bool paused() const { return paused_; }
  [[nodiscard]] std::uint64_t skipped() const { return skipped_; }
  [[nodiscard]] std::uint64_t lost() const { return lost_; }
  [[nodiscard]] bool lost_uncounted() const { return lost_uncounted_; }
  [[nodiscard]] const std::optional<TracerCost>& cost() const { return cost_; }
  [[nodiscard]] const std::optional<RecorderState>& recorder() const { return recorder_; }
  [[nodiscard]] const std::vector<QuietVcpu>& quiet() const { return quiet_; }
  [[nodiscard]] const std::vector<std::string>& notices() const { return notices_; }
  [[nodiscard]] std::uint64_t since_ns() const { return since_ns_; }  // of the last reset
  [[nodiscard]] std::uint64_t wakes() const { return wakes_; }
  // Of groups that had no place any more.
  [[nodiscard]] std::uint64_t left_out() const { return left_out_; }
  // The kind of total that most wakes have; nullopt: none has any.
  [[nodiscard]] std::optional<analysis::TotalKind> main_kind() const;
  // Of the other kinds.
  [[nodiscard]] std::uint64_t of_other_kinds() const;

  [[nodiscard]] const std::vector<std::unique_ptr<GroupSeries>>& groups() const { return groups_; }
  [[nodiscard]] const std::map<std::uint32_t, NumberedSeries>& cpus() const { return cpus_; }
  [[nodiscard]] const std::map<std::string, NumberedSeries>& paths() const { return paths_; }
  [[nodiscard]] const std::map<std::string, NumberedSeries>& interrupts() const {
    return interrupts_;
  }
  // Of the main kind, the slowest first.
  [[nodiscard]] std::vector<KeptWake> slowest() const { return slowest_.sorted(); }
  // Of the culprits, and of vCPUs without wakes. Of many wakes they are a second old at most.
  [[nodiscard]] const std::vector<Finding>& findings() const;
  static std::string vm_id(const VcpuIdentity& who);
  static std::string vcpu_id(const VcpuIdentity& who);
  // A VM's name stands for several VMs: they differ by their process.
  [[nodiscard]] bool is_ambiguous(const std::string& vm) const;

 private:
  static constexpr std::size_t kKinds = analysis::kTotalKinds;
  GroupSeries* group_of(const WakeChain& chain, std::optional<analysis::TotalKind> kind);
  void add_total(const WakeChain& chain, analysis::TotalKind kind, GroupSeries* group);
  [[nodiscard]] std::size_t kept_each() const;
  template <typename Act>
  void each_series(Act act);

  std::uint64_t target_ns_;
  std::optional<Header> header_;
  TimeColumns columns_;
  bool began_{false};
  std::uint64_t now_ns_{0}, since_ns_{0};
  std::vector<std::unique_ptr<GroupSeries>> groups_;
  SeededMap<std::uint32_t, std::vector<GroupSeries*>> by_thread_;
  std::map<std::string, std::vector<std::optional<std::uint32_t>>, std::less<>> vms_;
  std::map<std::uint32_t, NumberedSeries> cpus_;
  std::map<std::string, NumberedSeries> interrupts_, paths_;
  SlowestWakes slowest_;
  AllCulprits culprits_;
  std::array<std::uint64_t, kKinds> of_kinds_{};
  std::uint64_t wakes_{0}, left_out_{0}, skipped_{0}, lost_{0};
  bool paused_{false}, lost_uncounted_{false};
  std::optional<TracerCost> cost_;
  std::optional<RecorderState> recorder_;
  std::vector<QuietVcpu> quiet_;
  std::vector<std::string> notices_;
  mutable std::vector<Finding> findings_;
  mutable std::optional<std::uint64_t> findings_of_, findings_at_ns_;
};

}  // namespace wakepath::screen
