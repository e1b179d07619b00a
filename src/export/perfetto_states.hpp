// SPDX-License-Identifier: GPL-2.0-or-later
// What each vCPU does at each moment, as slices: blocked, waking, entering, in guest, in host,
// preempted.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "export/perfetto_tracks.hpp"
#include "reconstruct/fact_store.hpp"
#include "wakepath/event.hpp"

namespace wakepath::exports::perfetto {

class VcpuStates {
 public:
  VcpuStates(Packets& packets, Tracks& tracks) : packets_(packets), tracks_(tracks) {}

  void begin(const reconstruct::FactStore& facts) { facts_ = &facts; }
  void event(const Event& event);
  // From `at_ns` on nothing is known.
  void forget(std::uint64_t at_ns);

 private:
  struct State {
    const char* name{nullptr};  // null: not known
    std::uint64_t since_ns{};
    Track track{};
  };

  void switched(const Event& event);
  void set(std::uint32_t tid, const char* name, std::uint64_t at_ns);
  void end(State& state, std::uint64_t at_ns);

  Packets& packets_;
  Tracks& tracks_;
  const reconstruct::FactStore* facts_{nullptr};
  std::map<std::uint32_t, State> states_;  // by thread
  std::vector<std::uint32_t> known_;       // threads whose state was set since the last loss
};

}  // namespace wakepath::exports::perfetto
