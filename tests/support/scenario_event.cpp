// SPDX-License-Identifier: GPL-2.0-or-later
#include "support/scenario_event.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

#include "wakepath/event.hpp"

namespace wakepath::testing {

namespace {

constexpr std::size_t kFieldsFrom = 4;

template <typename Payload>
RecordBytes bytes_of(wp_event head, const Payload& payload) {
  head.size = sizeof(head) + sizeof(payload);
  RecordBytes bytes(head.size);
  std::memcpy(bytes.data(), &head, sizeof(head));
  std::memcpy(bytes.data() + sizeof(head), &payload, sizeof(payload));
  return bytes;
}

std::uint8_t kind_of(const std::string& name) {
  for (unsigned kind = 1; kind < WP_EVENT_KINDS; ++kind) {
    if (name == event_name(static_cast<wp_event_kind>(kind))) {
      return static_cast<std::uint8_t>(kind);
    }
  }
  throw BadLine("no event is called '" + name + "'");
}

// include/linux/sched.h
std::uint32_t state_of(const std::string& letter) {
  constexpr std::array<std::pair<std::string_view, std::uint32_t>, 6> kStates{
      {{"R", 0}, {"S", 1}, {"D", 2}, {"I", 0x402}, {"X", 0x80}, {"F", 0x8000}}};
  for (const auto& [name, bits] : kStates) {
    if (letter == name) {
      return bits;
    }
  }
  throw BadLine("no task state is called '" + letter + "'");
}

std::uint32_t softirq_of(const std::string& name) {
  constexpr std::array<std::string_view, 10> kNames{
      "HI", "TIMER", "NET_TX", "NET_RX", "BLOCK", "IRQ_POLL", "TASKLET", "SCHED", "HRTIMER", "RCU"};
  const auto found = std::find(kNames.begin(), kNames.end(), name);
  if (found == kNames.end()) {
    throw BadLine("no softirq is called '" + name + "'");
  }
  return static_cast<std::uint32_t>(found - kNames.begin());
}

std::uint8_t context_of(const std::string& name) {
  if (name == "task") {
    return WP_CONTEXT_KNOWN;
  }
  if (name == "softirq") {
    return WP_CONTEXT_KNOWN | WP_CONTEXT_SOFTIRQ;
  }
  if (name == "hardirq") {
    return WP_CONTEXT_KNOWN | WP_CONTEXT_HARDIRQ;
  }
  if (name == "unknown") {
    return 0;
  }
  throw BadLine("no context is called '" + name + "'");
}

std::uint32_t flags_of(const ScenarioThread& thread, bool outside) {
  return (thread.vcpu && !outside ? WP_TASK_VCPU_LOADED : 0U) |
         (thread.kthread ? WP_TASK_KTHREAD : 0U);
}

class EventWriter {
 public:
  EventWriter(Line& line, ScenarioNames& names, wp_event head)
      : line_(line), names_(names), head_(head) {}

  RecordBytes bytes() {
    switch (head_.kind) {
      case WP_EVENT_IRQ_ENTRY:
      case WP_EVENT_IRQ_EXIT:
        return irq();
      case WP_EVENT_VECTOR_ENTRY:
      case WP_EVENT_VECTOR_EXIT:
        return bytes_of(head_, wp_vector{low("vector", 236), 0});
      case WP_EVENT_IPI_RAISE:
      case WP_EVENT_IPI_ENTRY:
      case WP_EVENT_IPI_EXIT:
      case WP_EVENT_IPI_SEND:
        return bytes_of(head_, wp_ipi{low("reason", WP_IPI_CALL_FUNCTION), low("target", 0)});
      case WP_EVENT_HRTIMER_START:
      case WP_EVENT_HRTIMER_EXPIRE_ENTRY:
      case WP_EVENT_HRTIMER_EXPIRE_EXIT:
        return hrtimer();
      case WP_EVENT_SOFTIRQ_RAISE:
      case WP_EVENT_SOFTIRQ_ENTRY:
      case WP_EVENT_SOFTIRQ_EXIT:
        return bytes_of(head_, wp_softirq{softirq_of(line_.text("vector", "")), 0});
      case WP_EVENT_WORK_QUEUE:
      case WP_EVENT_WORK_START:
      case WP_EVENT_WORK_END:
      case WP_EVENT_KTHREAD_WORK_QUEUE:
      case WP_EVENT_KTHREAD_WORK_START:
      case WP_EVENT_KTHREAD_WORK_END:
        return work();
      case WP_EVENT_WAKING:
      case WP_EVENT_WAKEUP:
      case WP_EVENT_SWITCH:
      case WP_EVENT_MIGRATE:
      case WP_EVENT_TASK_EXIT:
      case WP_EVENT_SIGNAL:
      case WP_EVENT_RENAME:
        return sched();
      case WP_EVENT_CPU_IDLE: {
        const std::string state = line_.text("state", "1");
        return bytes_of(
            head_,
            wp_cpu_idle{
                state == "exit" ? WP_IDLE_EXIT : static_cast<std::uint32_t>(number_of(state)), 0});
      }
      default:
        return kvm();
    }
  }

 private:
  std::uint32_t low(const std::string& key, std::uint32_t otherwise) {
    return static_cast<std::uint32_t>(line_.number(key, otherwise));
  }

  RecordBytes irq() {
    const auto number = static_cast<std::uint32_t>(line_.number("irq"));
    const std::string name = line_.text("name", "irq-" + std::to_string(number));
    Interrupt interrupt;
    interrupt.irq = number;
    interrupt.action = name;
    const std::uint64_t action = names_.irq_action(interrupt);
    const auto ret = static_cast<std::int32_t>(line_.number("ret", 1));
    return bytes_of(head_, wp_irq{number, ret, action});
  }

  RecordBytes hrtimer() {
    const std::string function = line_.text("function", "");
    const std::uint64_t timer = names_.object(line_.text("timer", "timer " + function));
    const auto expiry = static_cast<std::int64_t>(line_.number("expiry", 0));
    const auto offset = static_cast<std::int64_t>(line_.number("offset", 0));
    const std::uint64_t address = function.empty() ? 0 : names_.function(function);
    if (head_.kind == WP_EVENT_HRTIMER_START) {
      return bytes_of(head_, wp_hrtimer_start{timer, address, expiry, offset});
    }
    if (head_.kind == WP_EVENT_HRTIMER_EXPIRE_EXIT) {
      return bytes_of(head_, std::uint64_t{timer});
    }
    return bytes_of(head_, wp_hrtimer_expire{timer, address, expiry, offset});
  }

  RecordBytes work() {
    const std::string function = line_.text("function", "");
    const std::uint64_t item = names_.object(line_.text("work", "work " + function));
    return bytes_of(head_, wp_work{item, names_.function(function), WP_CPU_ANY, 0});
  }

  RecordBytes sched() {
    const bool outside = line_.take_word("outside", kFieldsFrom);
    if (head_.kind == WP_EVENT_SWITCH) {
      const ScenarioThread prev = names_.thread(line_.word(2));
      const ScenarioThread next = names_.thread(line_.text("next", "idle"));
      wp_switch change{};
      change.next_tid = next.tid;
      change.prev_state = state_of(line_.text("state", "R"));
      change.next_prio = static_cast<std::int32_t>(line_.number("prio", 120));
      change.preempt = line_.take_word("preempt", kFieldsFrom) ? 1 : 0;
      change.prev_flags = static_cast<std::uint8_t>(flags_of(prev, outside));
      const bool next_outside = line_.take_word("next_outside", kFieldsFrom);
      change.next_flags = static_cast<std::uint8_t>(flags_of(next, next_outside));
      const std::string comm = line_.text("comm", next.comm);
      std::copy_n(comm.begin(), std::min(comm.size(), sizeof(change.next_comm)), change.next_comm);
      return bytes_of(head_, change);
    }
    const ScenarioThread whom = names_.thread(line_.text("task", line_.word(2)));
    if (head_.kind == WP_EVENT_RENAME) {
      wp_rename rename{whom.tid, 0, {}};
      const std::string comm = line_.text("comm", "");
      std::copy_n(comm.begin(), std::min(comm.size(), sizeof(rename.comm)), rename.comm);
      return bytes_of(head_, rename);
    }
    if (head_.kind == WP_EVENT_SIGNAL) {
      return bytes_of(head_, wp_signal{low("number", 10), whom.tid, low("tgid", whom.tid),
                                       line_.take_word("group", kFieldsFrom) ? 1U : 0U});
    }
    const std::uint32_t cpu = low("to", static_cast<std::uint32_t>(number_of(line_.word(1))));
    if (head_.kind == WP_EVENT_MIGRATE) {
      return bytes_of(head_, wp_migrate{whom.tid, cpu});
    }
    if (head_.kind == WP_EVENT_TASK_EXIT) {
      return bytes_of(head_, wp_task_exit{whom.tid, whom.tid});
    }
    const auto prio = static_cast<std::int32_t>(line_.number("prio", 120));
    return bytes_of(head_, wp_wake{whom.tid, cpu, prio, flags_of(whom, outside)});
  }

  RecordBytes timer_update() {
    wp_kvm_timer_update_irq update{0, low("irq", 27), low("level", 1), 0, 0, 0};
    if (const auto cval = line_.take("cval")) {
      update.flags = WP_TIMER_SAVED;
      update.cval = number_of(*cval);
      update.voffset = line_.number("voffset", 0);
    }
    return bytes_of(head_, update);
  }

  RecordBytes kvm() {
    switch (head_.kind) {
      case WP_EVENT_KVM_ENTRY:
        return bytes_of(head_, wp_kvm_entry{line_.number("pc", 0)});
      case WP_EVENT_KVM_EXIT: {
        const std::string why = line_.text("reason", "WFx");
        if (why == "WFx" || why == "DABT_LOW") {
          return bytes_of(head_, wp_kvm_exit{2, why == "WFx" ? 0x01U : 0x24U});
        }
        return bytes_of(
            head_, wp_kvm_exit{why == "IRQ" ? 0 : static_cast<std::int32_t>(number_of(why)), 0});
      }
      case WP_EVENT_KVM_VCPU_WAKEUP: {
        const std::uint64_t wait = line_.number("wait", 0);
        const bool polled = line_.take_word("polled", kFieldsFrom);
        return bytes_of(
            head_, wp_kvm_vcpu_wakeup{wait, polled ? std::uint8_t{0} : std::uint8_t{1}, 1, {}});
      }
      case WP_EVENT_KVM_TIMER_UPDATE_IRQ:
        return timer_update();
      case WP_EVENT_VCPU_KICK:
        return bytes_of(head_, wp_vcpu_kick{line_.number("address")});
      case WP_EVENT_KVM_USERSPACE_EXIT:
        return bytes_of(head_, wp_kvm_userspace_exit{low("reason", 6), 0});
      default:
        return bytes_of(head_,
                        wp_kvm_timer_context{names_.object("vtimer"), line_.number("ctl", 1),
                                             line_.number("cval", 0), line_.number("voffset", 0)});
    }
  }

  Line& line_;
  ScenarioNames& names_;
  wp_event head_;
};

}  // namespace

void ScenarioContexts::see(std::uint32_t cpu, std::uint8_t kind) {
  Depth& depth = cpus_[cpu];
  switch (kind) {
    case WP_EVENT_IRQ_ENTRY:
    case WP_EVENT_VECTOR_ENTRY:
      ++depth.hard;
      break;
    case WP_EVENT_IRQ_EXIT:
    case WP_EVENT_VECTOR_EXIT:
      depth.hard = std::max(0, depth.hard - 1);
      break;
    case WP_EVENT_SOFTIRQ_ENTRY:
      ++depth.soft;
      break;
    case WP_EVENT_SOFTIRQ_EXIT:
      depth.soft = std::max(0, depth.soft - 1);
      break;
    default:
      break;
  }
}

std::uint8_t ScenarioContexts::context(std::uint32_t cpu) const {
  const auto found = cpus_.find(cpu);
  unsigned context = WP_CONTEXT_KNOWN;
  if (found != cpus_.end()) {
    context |= found->second.hard > 0 ? WP_CONTEXT_HARDIRQ : 0U;
    context |= found->second.soft > 0 ? WP_CONTEXT_SOFTIRQ : 0U;
  }
  return static_cast<std::uint8_t>(context);
}

RecordBytes event_bytes(Line& line, ScenarioNames& names, ScenarioContexts& contexts) {
  wp_event head{};
  head.time_ns = number_of(line.word(0));
  const auto cpu = static_cast<std::uint32_t>(number_of(line.word(1)));
  head.tid = names.thread(line.word(2)).tid;
  head.kind = kind_of(line.word(3));
  contexts.see(cpu, head.kind);
  const bool has_context = head.kind == WP_EVENT_WAKING || head.kind == WP_EVENT_WORK_QUEUE ||
                           head.kind == WP_EVENT_KTHREAD_WORK_QUEUE ||
                           head.kind == WP_EVENT_SOFTIRQ_RAISE;
  const auto said = line.take("context");
  if (has_context) {
    head.context = said ? context_of(*said) : contexts.context(cpu);
  }
  RecordBytes bytes = EventWriter(line, names, head).bytes();
  line.check_fields();
  if (line.words().size() != kFieldsFrom) {
    throw BadLine("'" + line.word(kFieldsFrom) + "' is not known here");
  }
  return bytes;
}

}  // namespace wakepath::testing
