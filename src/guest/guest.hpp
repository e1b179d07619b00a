// SPDX-License-Identifier: GPL-2.0-or-later
// The embedded guest: a real virtual machine of about a hundred instructions. It sleeps and wakes
// at a known rate, so any host with KVM has something to trace. It also gives a ground truth: the
// guest reports when it was due and when it woke.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "wakepath/result.hpp"

namespace wakepath::guest {

// The cause of the guest's wakes.
enum class Workload {
  timer,    // its own timer (ARM64: virtual timer; x86_64: the in-kernel PIT)
  kworker,  // host timer -> work item of the host -> the guest's interrupt
  irqfd,    // host timer -> irqfd
  device,   // a thread of this process kicks an irqfd, as a device model does
  signal,   // a thread of this process sends the vCPU's thread a signal: it sleeps on, unreported
  lpi,      // ARM64: as device, by MSI; KVM knows the translation of every second one only
  ipi,      // ARM64: vCPU 0's own timer; then vCPU 0, for all others
};

inline constexpr std::chrono::nanoseconds min_period = std::chrono::microseconds(100);
inline constexpr std::chrono::nanoseconds max_period = std::chrono::seconds(10);
inline constexpr unsigned max_vcpus = 64;

struct Options {
  Workload workload{Workload::timer};
  std::chrono::nanoseconds period{std::chrono::milliseconds(10)};
  std::optional<unsigned> vcpus;  // not given: 1, of ipi 2
};

// The guest's report of one wake.
struct Report {
  std::uint64_t time_ns{0};  // CLOCK_MONOTONIC when the VMM received it
  std::uint32_t vcpu{0};
  std::int32_t tid{0};
  std::uint64_t sequence{0};  // per vCPU, from 0
  // Counter of the guest (ARM64): the due CVAL (timer workload only), and the raw CNTVCT_EL0 that
  // the guest read right after it woke.
  std::optional<std::uint64_t> deadline_ticks;
  std::optional<std::uint64_t> now_ticks;
};

class Guest {
  class Impl;

 public:
  // Makes the VM with its vCPUs and their threads, which wait for start().
  static Result<std::unique_ptr<Guest>> create(const Options& options);

  ~Guest();
  Guest(const Guest&) = delete;
  Guest& operator=(const Guest&) = delete;

  // Returns when every vCPU has come up and is about to sleep for the first time. The wakes begin
  // only then, so the first wake ends a real sleep. Call it once.
  Result<void> start();

  // Appends the reports since the last call.
  void drain(std::vector<Report>& out);

  // Ends the guest: each vCPU leaves at its next report, so no signal adds a wake of its own. A
  // vCPU that stays silent for max(2 s, 4 periods) is forced out. Returns the first error that a
  // thread of the guest met. Later calls return the same.
  Result<void> stop();

  // ARM64 alone.
  [[nodiscard]] std::optional<std::uint64_t> counter_hz() const;
  // Host CNTVCT minus guest CNTVCT, constant while the VM lives. From start() on it is the guest's
  // own measurement: it reads both counters, one right after the other.
  [[nodiscard]] std::optional<std::int64_t> counter_offset() const;

  // The vCPU threads ("CPU 0/KVM", ...) in vCPU order; known from create() on.
  [[nodiscard]] std::vector<std::int32_t> thread_ids() const;

  explicit Guest(std::unique_ptr<Impl> impl);  // for create()

 private:
  std::unique_ptr<Impl> impl_;
};

// The host's counter and CLOCK_MONOTONIC at one instant, the tightest bracket of several tries.
struct ClockPair {
  std::uint64_t counter{0};
  std::uint64_t monotonic_ns{0};
  std::uint64_t width_ns{0};  // how far apart the two counter reads around the clock read were
};
// ARM64 alone.
std::optional<ClockPair> read_clock_pair();

[[nodiscard]] std::string_view name(Workload workload);
[[nodiscard]] std::optional<Workload> workload_from(std::string_view name);

}  // namespace wakepath::guest
