// SPDX-License-Identifier: GPL-2.0-or-later
// Ordered events in, wake chains out. Joins on hrtimer, work item and woken thread, never on the
// CPU: a vCPU's timer often fires on another CPU, over an unrelated task.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "order/event_sequencer.hpp"
#include "reconstruct/blame.hpp"
#include "reconstruct/cpu_context.hpp"
#include "reconstruct/cpu_timeline.hpp"
#include "reconstruct/delivery_tracker.hpp"
#include "reconstruct/fact_store.hpp"
#include "reconstruct/forget_times.hpp"
#include "reconstruct/loss_log.hpp"
#include "reconstruct/thread_state.hpp"
#include "reconstruct/vcpu_tracker.hpp"
#include "wakepath/wake_chain.hpp"

namespace wakepath::reconstruct {

// Takes the results of the reconstruction, in a fixed order for the same records.
class ChainListener {
 public:
  ChainListener() = default;
  ChainListener(const ChainListener&) = delete;
  ChainListener& operator=(const ChainListener&) = delete;
  virtual ~ChainListener() = default;
  virtual void wake(WakeChain&& chain) = 0;
  virtual void delivery(Delivery&& delivery) = 0;
  virtual void loss(const order::LossInterval& loss) = 0;
  virtual void advanced_to(std::uint64_t time_ns) = 0;
};

class Reconstructor final : public order::SequencedSink {
 public:
  // Both must outlive the reconstructor. `facts` may grow meanwhile; it is told which threads end.
  Reconstructor(FactStore& facts, ChainListener& listener);

  // As the capture says: how far around a loss its events may lie.
  void hold_back(std::uint64_t ns) { losses_.hold_back(ns); }
  void loss(const order::LossInterval& loss) override;
  void event(const Event& event) override;
  void guest_report(const wp_guest_report& report) override;
  // Parts of stages whose blame would take too long to tell.
  [[nodiscard]] std::uint64_t without_blame() const { return blame_budget_.refused(); }
  void advanced_to(std::uint64_t time_ns) override;
  // After the last event.
  void finish() { vcpus_.finish(now_ns_); }

 private:
  struct Cpu {
    explicit Cpu(std::uint32_t number) : context(number) {}
    CpuContext context;
    LossTimes::Cpu losses;
  };

  Cpu& cpu(std::uint32_t number);
  CpuContext& context(const Event& event);
  [[nodiscard]] bool untimed() const;
  CausePtr cause_of(const Event& event);
  void interrupt_event(const Event& event, CpuContext& on);
  void sched_event(const Event& event);
  void work_event(const Event& event);
  void kvm_event(const Event& event);
  void annotate(BuiltChain& built, const CausePtr& by);
  void explain(std::vector<Stage>& stages, const std::vector<StageBasis>& bases);

  FactStore& facts_;
  ChainListener& listener_;
  std::vector<Cpu> cpus_;
  std::deque<CpuTimeline> timelines_;  // by CPU
  LossTimes loss_times_;
  ThreadTracker threads_;
  static constexpr std::size_t kManyWorkItems = 65536;
  WorkTracker work_;
  std::size_t many_work_items_{kManyWorkItems};
  LossLog losses_;
  std::uint64_t now_ns_{0};  // up to where all has been told
  BlameBudget blame_budget_;
  Blamer blamer_{facts_, threads_, timelines_, blame_budget_};
  DeliveryTracker deliveries_;
  VcpuTracker vcpus_;
};

}  // namespace wakepath::reconstruct
