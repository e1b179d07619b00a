// SPDX-License-Identifier: GPL-2.0-or-later
// Wakes and deliveries as slices with their stages inside, and arrows from cause to effect.
#pragma once

#include <cstdint>
#include <map>

#include "export/perfetto_tracks.hpp"
#include "wakepath/wake_chain.hpp"

namespace wakepath::exports::perfetto {

class WakeSlices {
 public:
  WakeSlices(Packets& packets, Tracks& tracks) : packets_(packets), tracks_(tracks) {}

  // Before the first wake: those that take longer are counted. 0: none are.
  void target(std::uint64_t ns) { target_ns_ = ns; }
  [[nodiscard]] std::uint64_t target() const { return target_ns_; }

  void wake(const WakeChain& chain);
  void delivery(const Delivery& delivery);
  // Nothing follows.
  void finish();

  [[nodiscard]] std::uint64_t wakes() const { return wakes_; }

 private:
  struct Second {
    std::uint64_t wakes{};
    Totals totals;
  };

  void slice_end(Track track, std::uint64_t at_ns);
  void stage(const Stage& stage, Track track, const WakeChain* ends_at);
  void hops(const WakeChain& chain);
  void count(const WakeChain& chain);
  void tell_second(std::uint64_t second, const Second& counts);

  Packets& packets_;
  Tracks& tracks_;
  std::map<std::uint64_t, Second> seconds_;  // the last few
  Track rate_{0}, slow_{0}, p99_{0};
  std::uint64_t target_ns_{0};
  std::uint64_t wakes_{0};
};

}  // namespace wakepath::exports::perfetto
