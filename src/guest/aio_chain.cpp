// SPDX-License-Identifier: GPL-2.0-or-later
#include "guest/aio_chain.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <utility>

#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "guest/thread.hpp"
#include "guest/vm.hpp"

namespace wakepath::guest {
namespace {

// Reads a timerfd or eventfd, so that it is not readable any more.
void empty(const Fd& fd) {
  std::uint64_t count = 0;
  [[maybe_unused]] const auto got = ::read(fd.get(), &count, sizeof(count));
}

}  // namespace

Result<std::unique_ptr<AioChain>> AioChain::create(std::vector<const Fd*> signals,
                                                   std::chrono::nanoseconds period, Shape shape) {
  auto chain = std::make_unique<AioChain>(period, shape);
  const Instant start = Clock::now();
  const auto count = static_cast<std::int64_t>(signals.size());
  for (std::int64_t index = 0; index < count; ++index) {
    auto added =
        chain->add_line(*signals[static_cast<std::size_t>(index)], start + period * index / count);
    if (!added) {
      return tl::unexpected(added.error());
    }
  }
  auto reaper = start_thread("guest-reaper",
                             [raw = chain.get()](const std::stop_token& stop) { raw->reap(stop); });
  if (!reaper) {
    return tl::unexpected(reaper.error());
  }
  chain->reaper_ = std::move(*reaper);
  return chain;
}

Result<void> AioChain::add_line(const Fd& signal, Instant before) {
  auto context = AioContext::create(2 * lanes);
  if (!context) {
    return tl::unexpected(context.error());
  }
  Line& line = lines_.emplace_back(Line{std::move(*context), {}});
  for (std::size_t index = 0; index < lanes; ++index) {
    auto lane = make_lane(index, signal);
    if (!lane) {
      return tl::unexpected(lane.error());
    }
    line.all[index] = std::move(*lane);
    // The first lane is due one period after `before`, the second after two, and so on.
    line.all[index].due = before - static_cast<std::int64_t>(lanes - 1 - index) * period_;
    auto armed = arm(line, line.all[index]);
    if (!armed) {
      return armed;
    }
  }
  return {};
}

Result<AioChain::Lane> AioChain::make_lane(std::size_t index, const Fd& signal) const {
  Lane lane;
  lane.timer = Fd(::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC));
  if (shape_ == Shape::through_work) {
    lane.relay = Fd(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  }
  if (!lane.timer || (shape_ == Shape::through_work && !lane.relay)) {
    return system_error(ErrorKind::unsupported, "no timerfd or eventfd for the guest", errno);
  }
  if (shape_ == Shape::through_work) {
    lane.polls = {poll_for_input(lane.relay, signal, index),
                  poll_for_input(lane.timer, lane.relay, index)};
  } else {
    lane.polls[0] = poll_for_input(lane.timer, signal, index);
  }
  return lane;
}

// Polls before the timer: a poll on something readable would complete in io_submit, in the reaper's
// context, and wake the guest by another path than the workload's.
Result<void> AioChain::arm(const Line& line, Lane& lane) const {
  empty(lane.timer);
  if (lane.relay) {
    empty(lane.relay);
  }
  std::array<iocb*, 2> requests{&lane.polls[0], &lane.polls[1]};
  const long count = shape_ == Shape::through_work ? 2 : 1;
  const long submitted = ::syscall(SYS_io_submit, line.context.get(), count, requests.data());
  if (submitted != count) {
    return system_error(ErrorKind::unsupported, "this kernel refuses an AIO poll (io_submit)",
                        submitted < 0 ? errno : EAGAIN);
  }
  lane.pending = static_cast<unsigned>(count);
  lane.due =
      next_due(lane.due, static_cast<std::int64_t>(lanes) * period_, period_ / 8, Clock::now());
  itimerspec when{};
  when.it_value = to_timespec(lane.due);
  if (::timerfd_settime(lane.timer.get(), TFD_TIMER_ABSTIME, &when, nullptr) < 0) {
    return system_error(ErrorKind::unsupported, "the guest's timerfd can't be set", errno);
  }
  lane.look = lane.due + period_ / 2;
  return {};
}

Result<void> AioChain::tend(Line& line, Lane& lane) const {
  std::array<io_event, 2 * lanes> events{};
  timespec at_once{};
  const long got = ::syscall(SYS_io_getevents, line.context.get(), 0L,
                             static_cast<long>(events.size()), events.data(), &at_once);
  if (got < 0 && errno != EINTR) {
    return system_error(ErrorKind::unsupported, "io_getevents failed", errno);
  }
  for (long index = 0; index < got; ++index) {
    --line.all[events[static_cast<std::size_t>(index)].data].pending;
  }
  if (lane.pending > 0) {
    lane.look = Clock::now() + period_ / 8;
    return {};
  }
  return arm(line, lane);
}

Result<void> AioChain::tend_all(const std::stop_token& stop) {
  for (Line& line : lines_) {
    for (Lane& lane : line.all) {
      if (stop.stop_requested()) {
        return {};
      }
      if (lane.look > Clock::now()) {
        continue;
      }
      auto tended = tend(line, lane);
      if (!tended) {
        return tended;
      }
    }
  }
  return {};
}

Instant AioChain::next_look() const {
  Instant soonest = Instant::max();
  for (const Line& line : lines_) {
    for (const Lane& lane : line.all) {
      soonest = std::min(soonest, lane.look);
    }
  }
  return soonest;
}

void AioChain::reap(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested() && !error_) {
    wake_.wait_until(lock, stop, next_look(), [] { return false; });
    auto tended = tend_all(stop);
    if (!tended) {
      error_ = tended.error();
    }
  }
}

std::optional<Error> AioChain::error() const {
  const std::lock_guard lock(mutex_);
  return error_;
}

}  // namespace wakepath::guest
