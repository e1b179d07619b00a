// SPDX-License-Identifier: GPL-2.0-or-later
// What a function_graph reader makes of a text, as lines that are easy to compare.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "import/graph/graph_reader.hpp"
#include "wakepath/event.hpp"

namespace wakepath::testing {

class GraphSink final : public foreign::TraceSink {
 public:
  Result<void> about(const foreign::TraceInfo& told) override {
    info = told;
    return {};
  }
  Result<void> event(const foreign::TraceEvent& event) override {
    times.push_back(event.time_ns);
    contexts.push_back(event.context);
    events.push_back(fmt::format("{} {}-{} {}", event.cpu, event.comm, event.tid, words(event)));
    return {};
  }
  Result<void> lost(const foreign::TraceLoss& loss) override {
    events.push_back(fmt::format("{} lost {}", loss.cpu ? fmt::to_string(*loss.cpu) : "?",
                                 loss.events ? fmt::to_string(*loss.events) : "?"));
    return {};
  }

  foreign::TraceInfo info;
  std::vector<std::string> events;
  std::vector<std::uint64_t> times;
  std::vector<std::uint8_t> contexts;

 private:
  static std::string words(const foreign::TraceEvent& event) {
    std::string text = event_name(event.kind);
    const Event::Payload& payload = event.payload;
    switch (event.kind) {
      case WP_EVENT_WAKING:
        return text + fmt::format(" {}-{}", event.other_comm, payload.wake.tid);
      case WP_EVENT_SWITCH:
        return text + fmt::format(" {}-{} {}", event.other_comm, payload.sched_switch.next_tid,
                                  payload.sched_switch.prev_state);
      case WP_EVENT_WORK_QUEUE:
        return text + fmt::format(" #{}", payload.work.work);
      case WP_EVENT_WORK_START:
      case WP_EVENT_WORK_END:
        return text + fmt::format(" #{} {}", payload.work.work, event.name);
      case WP_EVENT_KVM_EXIT:
        return text + fmt::format(" {} {:#x}", payload.kvm_exit.ret, payload.kvm_exit.esr_ec);
      case WP_EVENT_KVM_VCPU_WAKEUP:
        return text + fmt::format(" {}", payload.vcpu_wakeup.waited);
      case WP_EVENT_SOFTIRQ_ENTRY:
      case WP_EVENT_SOFTIRQ_EXIT:
        return text + fmt::format(" {}", payload.softirq.vector);
      case WP_EVENT_IPI_ENTRY:
        return text + fmt::format(" {}", payload.ipi.reason);
      default:
        return event.name.empty() ? text : text + " " + std::string(event.name);
    }
  }
};

struct GraphRun {
  GraphSink sink;
  std::vector<std::string> problems, remarks;
};

inline std::unique_ptr<GraphRun> run_graph(std::string_view text) {
  auto run = std::make_unique<GraphRun>();
  foreign::graph::GraphReader reader(std::make_unique<foreign::MemoryBytes>(text));
  for (Result<bool> more = true; more && *more;) {
    more = reader.read(run->sink);
  }
  run->problems = reader.problems();
  run->remarks = reader.remarks();
  return run;
}

}  // namespace wakepath::testing
