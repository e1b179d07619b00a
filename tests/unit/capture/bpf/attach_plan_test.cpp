// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/bpf/attach_plan.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace wakepath::capture {
namespace {

constexpr auto integer = Argument::integer;
constexpr auto pointer = Argument::pointer;

Features debian_6_1_arm64() {
  Features features;
  features.architecture = "aarch64";
  for (const Tracepoint& tracepoint : catalogue()) {
    if (tracepoint.where != Where::x86_64) {
      features.tracepoints[std::string(tracepoint.name)] = {false, std::vector<Argument>{}};
    }
  }
  features.tracepoints["sched_switch"].arguments = {integer, pointer, pointer, integer};
  features.tracepoints["workqueue_execute_end"].arguments = {pointer, pointer};
  features.tracepoints["kvm_entry"].arguments = {integer};
  features.tracepoints["kvm_exit"].arguments = {integer, integer, integer};
  return features;
}

Features debian_6_12_x86() {
  Features features = debian_6_1_arm64();
  features.architecture = "x86_64";
  std::erase_if(features.tracepoints, [](const auto& entry) {
    return find_tracepoint(entry.first)->where == Where::arm64;
  });
  features.tracepoints["local_timer_entry"] = {false, std::vector<Argument>{integer}};
  features.tracepoints["local_timer_exit"] = {false, std::vector<Argument>{integer}};
  for (auto& [name, shape] : features.tracepoints) {
    shape.in_module = find_tracepoint(name)->of_kvm;
  }
  features.tracepoints["kvm_entry"].arguments = {pointer, integer};
  features.tracepoints["kvm_exit"].arguments = {pointer, integer};
  features.preempt_count_from_rq = -92688;
  return features;
}

const PlannedEvent& planned(const AttachPlan& plan, std::string_view name) {
  return *std::ranges::find(plan.events, name,
                            [](const PlannedEvent& event) { return event.tracepoint->name; });
}

TEST(AttachPlan, TheKickIsProbedWhereItsFunctionIsKnown) {
  Features features = debian_6_1_arm64();
  EXPECT_EQ(planned(make_plan(features, EventSet::full()).value(), kVcpuKick).reason,
            "this kernel has no kprobes, or hides where this function is");
  features.kick_function = "__kvm_vcpu_kick";
  const PlannedEvent kick = planned(make_plan(features, EventSet::full()).value(), kVcpuKick);
  EXPECT_TRUE(kick.enabled);
  EXPECT_EQ(kick.via, Via::kprobe);
  EXPECT_EQ(kick.function, "__kvm_vcpu_kick");
  EXPECT_FALSE(planned(make_plan(features, EventSet::production()).value(), kVcpuKick).enabled);
}

TEST(AttachPlan, ProductionSetOnArm64) {
  const auto plan = make_plan(debian_6_1_arm64(), EventSet::production()).value();
  EXPECT_EQ(plan.events.size(), catalogue().size());
  for (const char* name : {"irq_handler_entry", "ipi_entry", "sched_waking", "kvm_entry",
                           "kvm_timer_update_irq", "sched_kthread_work_queue_work"}) {
    EXPECT_TRUE(planned(plan, name).enabled) << name;
    EXPECT_EQ(planned(plan, name).via, Via::tp_btf) << name;
    EXPECT_EQ(planned(plan, name).reason, "") << name;
  }
  EXPECT_EQ(planned(plan, "kvm_exit").reason, "not in the event set");
  EXPECT_EQ(planned(plan, "local_timer_entry").reason, "only x86_64 has it");
  EXPECT_EQ(plan.constants.switch_state_arg, 3);
  EXPECT_TRUE(plan.constants.work_end_has_function);
  EXPECT_TRUE(plan.constants.kvm_exit_has_reason);
  EXPECT_TRUE(plan.constants.kvm_exit_has_class);
  EXPECT_TRUE(plan.constants.kvm_entry_has_pc);
  EXPECT_FALSE(plan.constants.every_kvm_event);
  EXPECT_EQ(plan.constants.preempt_count_from_rq, 0);
}

TEST(AttachPlan, KvmInAModuleGoesThroughRawTracepoints) {
  const auto plan = make_plan(debian_6_12_x86(), EventSet::full()).value();
  EXPECT_EQ(planned(plan, "kvm_entry").via, Via::raw_tp);
  EXPECT_EQ(planned(plan, "kvm_vcpu_wakeup").via, Via::raw_tp);
  EXPECT_EQ(planned(plan, "sched_waking").via, Via::tp_btf);
  EXPECT_TRUE(planned(plan, "local_timer_entry").enabled);
  EXPECT_EQ(planned(plan, "kvm_timer_update_irq").reason, "only ARM64 has it");
  EXPECT_FALSE(plan.constants.kvm_exit_has_reason);
  EXPECT_FALSE(plan.constants.kvm_exit_has_class);
  EXPECT_FALSE(plan.constants.kvm_entry_has_pc);
  EXPECT_TRUE(plan.constants.every_kvm_event);
  EXPECT_EQ(plan.constants.preempt_count_from_rq, -92688);
}

TEST(AttachPlan, AModuleWithoutBtfIsStillAttached) {
  Features features = debian_6_12_x86();
  features.tracepoints["kvm_exit"].arguments.reset();
  const auto plan = make_plan(features, EventSet::full()).value();
  EXPECT_TRUE(planned(plan, "kvm_exit").enabled);
  EXPECT_FALSE(plan.constants.kvm_exit_has_reason);
}

TEST(AttachPlan, StateOfSchedSwitchByItsArguments) {
  Features features = debian_6_1_arm64();
  auto& arguments = features.tracepoints["sched_switch"].arguments;
  arguments = {integer, pointer, pointer};  // up to 5.17
  EXPECT_EQ(make_plan(features, EventSet::production())->constants.switch_state_arg, 0);
  arguments = {integer, integer, pointer, pointer};  // 5.18-rc1 to rc6
  EXPECT_EQ(make_plan(features, EventSet::production())->constants.switch_state_arg, 1);
  arguments = {integer, pointer};
  EXPECT_EQ(make_plan(features, EventSet::production()).error().kind, ErrorKind::unsupported);
}

TEST(AttachPlan, OldShapes) {
  Features features = debian_6_1_arm64();
  features.tracepoints["workqueue_execute_end"].arguments = {pointer};  // up to 5.5
  features.tracepoints.erase("sched_kthread_work_queue_work");          // up to 5.10
  const auto plan = make_plan(features, EventSet::production()).value();
  EXPECT_FALSE(plan.constants.work_end_has_function);
  EXPECT_FALSE(planned(plan, "sched_kthread_work_queue_work").enabled);
  EXPECT_EQ(planned(plan, "sched_kthread_work_queue_work").reason,
            "this kernel has no such tracepoint (Linux has it since 5.11)");
}

TEST(AttachPlan, NoChainWithoutItsLeastEvents) {
  Features features = debian_6_1_arm64();
  features.tracepoints.erase("sched_waking");
  const auto plan = make_plan(features, EventSet::production());
  ASSERT_FALSE(plan);
  EXPECT_EQ(plan.error().kind, ErrorKind::unsupported);
  EXPECT_NE(plan.error().message.find("sched_waking"), std::string::npos);
}

TEST(AttachPlan, RequiredEventsNeedNoMention) {
  const auto plan = make_plan(debian_6_1_arm64(), EventSet{}).value();
  EXPECT_TRUE(planned(plan, "sched_switch").enabled);
  EXPECT_FALSE(planned(plan, "sched_wakeup").enabled);
}

TEST(AttachPlan, WithoutKvmItsEventsAreLeftOutForThatReason) {
  Features features = debian_6_1_arm64();
  std::erase_if(features.tracepoints,
                [](const auto& entry) { return find_tracepoint(entry.first)->of_kvm; });
  features.kick_function.clear();
  EXPECT_FALSE(features.has_kvm());
  const auto plan = make_plan(features, EventSet::full()).value();
  for (const PlannedEvent& event : plan.events) {
    const bool of_kvm = event.tracepoint->of_kvm;
    EXPECT_EQ(event.reason == kNoKvm, of_kvm) << event.tracepoint->name;
    EXPECT_FALSE(of_kvm && event.enabled) << event.tracepoint->name;
  }
  EXPECT_TRUE(planned(plan, "sched_switch").enabled);
}

}  // namespace
}  // namespace wakepath::capture
