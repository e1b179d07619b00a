// SPDX-License-Identifier: GPL-2.0-or-later
// Events as ftrace's own in a Perfetto trace, a bundle a CPU: its CPU and thread tracks come of
// them.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "export/perfetto_packets.hpp"
#include "export/perfetto_task_state.hpp"
#include "reconstruct/fact_store.hpp"
#include "reconstruct/tid_map.hpp"
#include "wakepath/event.hpp"

namespace wakepath::exports::perfetto {

class FtraceBundles {
 public:
  explicit FtraceBundles(Packets& packets) : packets_(packets) {}

  // Before the first event. They must outlive it.
  void begin(const reconstruct::FactStore& facts) { facts_ = &facts; }
  // Before the first event. `release`: of the kernel, as the trace tells it.
  void kernel(std::string_view release) { states_ = TaskStates(release); }
  // In time order.
  void event(const Event& event);
  // What is known of tasks, from an event that is left out itself.
  void learn(const Event& event);
  // Writes what was collected.
  void flush();

  [[nodiscard]] std::uint64_t events() const { return events_; }

 private:
  struct Task {
    std::array<char, WP_COMM_BYTES> comm{};
    std::int32_t prio{WP_PRIO_UNKNOWN};
    bool exits{false};
  };

  void fill(const Event& event, Writer& to);
  void fill_switch(const Event& event, Writer& to);
  void fill_waking(Field kind, const wp_wake& wake, Writer& to);
  void fill_work(const Event& event, Writer& to);
  void fill_kvm(const Event& event, Writer& to);
  void fill_timer(const Event& event, Writer& to);
  void flush(std::uint32_t cpu, std::string& events);
  [[nodiscard]] std::string comm_of(std::uint32_t tid) const;
  [[nodiscard]] std::int32_t prio_of(std::uint32_t tid) const;

  Packets& packets_;
  const reconstruct::FactStore* facts_{nullptr};
  TaskStates states_;
  reconstruct::TidMap<Task> tasks_;
  std::map<std::uint32_t, std::string> bundles_;  // by CPU: events, encoded
  std::string one_;
  std::uint64_t events_{0};
};

}  // namespace wakepath::exports::perfetto
