// SPDX-License-Identifier: GPL-2.0-or-later
// The embedded guest's threads and what they share.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "guest/aio_chain.hpp"
#include "guest/device_thread.hpp"
#include "guest/guest.hpp"
#include "guest/machine.hpp"
#include "guest/thread.hpp"

namespace wakepath::guest {

class Guest::Impl {
 public:
  Impl(const Options& options, Machine machine) : options_(options), machine_(std::move(machine)) {}
  ~Impl() { static_cast<void>(stop()); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  Result<void> prepare();
  Result<void> start();
  Result<void> stop();
  void drain(std::vector<Report>& out);
  [[nodiscard]] const Machine& machine() const { return machine_; }
  [[nodiscard]] std::optional<std::int64_t> counter_offset() const;
  [[nodiscard]] std::vector<std::int32_t> thread_ids() const;

 private:
  enum class Phase { made, running, leaving };

  // What one vCPU thread works on. `up` and `left` under mutex_.
  struct Seat {
    const Vcpu* vcpu{nullptr};
    std::int32_t tid{0};
    std::uint64_t sequence{0};
    bool up{false};
    bool left{false};
    std::jthread thread;
  };

  void sit(Seat& seat);
  void run(Seat& seat);
  [[nodiscard]] bool may_leave(const Seat& seat) const;
  // False where the vCPU can't go on.
  bool heed(Seat& seat, const Word& word, std::uint64_t now);
  void complain(Error error);
  Result<void> begin_source();
  [[nodiscard]] std::vector<DeviceThread::Kick> kicks();
  void force_out();

  Options options_;
  Machine machine_;
  std::vector<Fd> lines_;  // irqfd of each vCPU, in the workloads that have one

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  Phase phase_{Phase::made};
  std::optional<Error> error_;
  std::vector<Report> reports_;
  std::optional<std::int64_t> counter_offset_;
  std::atomic<bool> leave_{false};
  std::optional<ForceSignalHandler> signals_;  // in the workload signal

  std::unique_ptr<AioChain> chain_;
  std::unique_ptr<DeviceThread> device_;
  std::deque<Seat> seats_;  // last: the threads end before what they use goes
};

}  // namespace wakepath::guest
