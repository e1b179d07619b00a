// SPDX-License-Identifier: GPL-2.0-or-later
// Wakes a guest from a host timer with no thread of ours in between: a timerfd, AIO polls and the
// guest's irqfd, chained in the kernel.
#pragma once

#include <array>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include <linux/aio_abi.h>

#include "guest/aio_context.hpp"
#include "guest/schedule.hpp"
#include "util/fd.hpp"
#include "wakepath/result.hpp"

namespace wakepath::guest {

class AioChain {
 public:
  enum class Shape {
    // timerfd -> AIO poll -> irqfd, all in the timer's interrupt (but see poll_probe.hpp).
    direct,
    // timerfd -> AIO poll -> eventfd A -> AIO poll -> irqfd. The poll on A completes inside the
    // signal of A, where a second eventfd may not be signalled (eventfd_signal_allowed,
    // include/linux/eventfd.h), so aio_poll_wake (fs/aio.c) leaves the signal of the irqfd to a
    // work item, aio_poll_put_work: a kworker wakes the guest. Seen on 5.10, 6.1 and 7.2.
    through_work,
  };

  // Begins at once: one signal a period to each of `signals`, evenly spread over the period.
  static Result<std::unique_ptr<AioChain>> create(std::vector<const Fd*> signals,
                                                  std::chrono::nanoseconds period, Shape shape);
  AioChain(std::chrono::nanoseconds period, Shape shape) : period_(period), shape_(shape) {}
  // Cancels the polls, which completes them: each signal is signalled up to `lanes` times more
  // (aio_poll_cancel, fs/aio.c). End the chain when no vCPU sleeps on them any more.
  ~AioChain() = default;
  AioChain(const AioChain&) = delete;
  AioChain& operator=(const AioChain&) = delete;

  // The first error that stopped the re-arming.
  [[nodiscard]] std::optional<Error> error() const;

 private:
  // Each signal has this many timers, which take turns: the reaper has three and a half periods to
  // re-arm one, so a late reaper costs no wake.
  static constexpr std::size_t lanes = 4;

  struct Lane {
    Fd timer;
    Fd relay;  // eventfd A; none in the direct shape
    std::array<iocb, 2> polls{};
    unsigned pending{0};
    Instant due;
    Instant look;  // when the reaper looks next
  };

  // The timers and polls that wake one vCPU. Each vCPU has a context of its own: a completion in an
  // interrupt only tries the context's lock, and takes another path if the lock is held
  // (aio_poll_wake, fs/aio.c).
  struct Line {
    AioContext context;
    std::array<Lane, lanes> all;
  };

  Result<void> add_line(const Fd& signal, Instant before);
  Result<Lane> make_lane(std::size_t index, const Fd& signal) const;
  Result<void> arm(const Line& line, Lane& lane) const;
  Result<void> tend(Line& line, Lane& lane) const;
  Result<void> tend_all(const std::stop_token& stop);
  [[nodiscard]] Instant next_look() const;
  void reap(const std::stop_token& stop);

  std::chrono::nanoseconds period_;
  Shape shape_;
  std::vector<Line> lines_;
  mutable std::mutex mutex_;
  std::condition_variable_any wake_;
  std::optional<Error> error_;
  std::jthread reaper_;  // last: it must stop before the members that it uses are destroyed
};

}  // namespace wakepath::guest
