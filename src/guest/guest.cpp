// SPDX-License-Identifier: GPL-2.0-or-later
#include "guest/guest.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <string>
#include <thread>
#include <utility>

#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "guest/guest_impl.hpp"
#include "guest/poll_probe.hpp"

namespace wakepath::guest {
namespace {

constexpr std::chrono::seconds come_up_limit{10};
constexpr std::chrono::milliseconds longest_pause{1};  // between two signals

bool has_irqfd(Workload workload) {
  return workload == Workload::kworker || workload == Workload::irqfd ||
         workload == Workload::device || workload == Workload::lpi;
}

// Sends two signals: one when the thread has just come onto its CPU, one when it has been there for
// a while and the vCPU sleeps again. So one signal is a hop after the thread's timer, and one is
// the root.
void signal_twice(std::int32_t tid, std::chrono::nanoseconds pause) {
  ::tgkill(::getpid(), tid, force_signal());
  const Instant until = Clock::now() + pause;
  while (Clock::now() < until) {
    std::this_thread::yield();  // the vCPU may have been woken onto this CPU
#if defined(__aarch64__)
    asm volatile("yield");  // lets an emulator that runs its CPUs in turn go on to the next one
#endif
  }
  ::tgkill(::getpid(), tid, force_signal());
}

Result<Options> settled(Options options) {
  if (options.period < min_period || options.period > max_period) {
    return fail(ErrorKind::usage, "the guest's period must be between 100 us and 10 s");
  }
  const unsigned least = options.workload == Workload::ipi ? 2 : 1;
  options.vcpus = options.vcpus.value_or(least);
  if (*options.vcpus < least || *options.vcpus > max_vcpus) {
    return fail(ErrorKind::usage, "the guest " + std::string(name(options.workload)) +
                                      " can have " + std::to_string(least) + " to " +
                                      std::to_string(max_vcpus) + " vCPUs");
  }
  return options;
}

}  // namespace

Result<void> Guest::Impl::prepare() {
  if (options_.workload == Workload::signal) {
    signals_.emplace();
  }
  if (has_irqfd(options_.workload)) {
    for (const Vcpu& vcpu : machine_.vcpus()) {
      Fd line(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
      if (!line) {
        return system_error(ErrorKind::unsupported, "no eventfd for the guest", errno);
      }
      auto attached = machine_.vm().attach_irqfd(line, Machine::gsi(vcpu.index()));
      if (!attached) {
        return attached;
      }
      lines_.push_back(std::move(line));
    }
  }
  for (const Vcpu& vcpu : machine_.vcpus()) {
    Seat& seat = seats_.emplace_back();
    seat.vcpu = &vcpu;
    const std::string thread_name = "CPU " + std::to_string(vcpu.index()) + "/KVM";
    auto thread = start_thread(thread_name.c_str(), [this, &seat](const auto&) { sit(seat); });
    if (!thread) {
      seat.left = true;
      return tl::unexpected(thread.error());
    }
    seat.thread = std::move(*thread);
  }
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] {
    return std::all_of(seats_.begin(), seats_.end(), [](const Seat& s) { return s.tid != 0; });
  });
  return {};
}

Result<void> Guest::Impl::start() {
  {
    std::unique_lock lock(mutex_);
    if (phase_ != Phase::made) {
      return fail(ErrorKind::bug, "the guest was started twice");
    }
    phase_ = Phase::running;
    changed_.notify_all();
    const bool settled = changed_.wait_for(lock, come_up_limit, [this] {
      return error_ ||
             std::all_of(seats_.begin(), seats_.end(), [](const Seat& s) { return s.up; });
    });
    if (error_) {
      return tl::unexpected(*error_);
    }
    if (!settled) {
      return fail(ErrorKind::unsupported, "the embedded guest did not come up within 10 s");
    }
  }
  return begin_source();
}

std::vector<DeviceThread::Kick> Guest::Impl::kicks() {
  std::vector<DeviceThread::Kick> kicks;
  for (const Fd& line : lines_) {
    kicks.emplace_back([&line] {
      const std::uint64_t one = 1;
      [[maybe_unused]] const auto put = ::write(line.get(), &one, sizeof(one));
    });
  }
  if (options_.workload == Workload::signal) {
    const auto pause = std::min<std::chrono::nanoseconds>(options_.period / 8, longest_pause);
    for (const Seat& seat : seats_) {
      kicks.emplace_back([tid = seat.tid, pause] { signal_twice(tid, pause); });
    }
  }
  return kicks;
}

Result<void> Guest::Impl::begin_source() {
  switch (options_.workload) {
    case Workload::timer:
    case Workload::ipi:
      return {};
    case Workload::device:
    case Workload::lpi:
    case Workload::signal: {
      const bool signal = options_.workload == Workload::signal;
      auto device =
          DeviceThread::create(signal ? "guest-signal" : "guest-device", kicks(), options_.period);
      if (!device) {
        return tl::unexpected(device.error());
      }
      device_ = std::move(*device);
      return {};
    }
    case Workload::kworker:
    case Workload::irqfd: {
      std::vector<const Fd*> signals;
      for (const Fd& line : lines_) {
        signals.push_back(&line);
      }
      // The workload kworker has one work item: that of the first poll on some kernels, else that
      // of the second.
      const bool second_poll =
          options_.workload == Workload::kworker && !aio_poll_signals_from_work();
      const auto shape = second_poll ? AioChain::Shape::through_work : AioChain::Shape::direct;
      auto chain = AioChain::create(std::move(signals), options_.period, shape);
      if (!chain) {
        return tl::unexpected(chain.error());
      }
      chain_ = std::move(*chain);
      return {};
    }
  }
  return fail(ErrorKind::bug, "unknown workload of the guest");
}

void Guest::Impl::complain(Error error) {
  const std::lock_guard lock(mutex_);
  if (!error_) {
    error_ = std::move(error);
  }
  changed_.notify_all();
}

Result<void> Guest::Impl::stop() {
  std::unique_lock lock(mutex_);
  const bool ran = phase_ == Phase::running;
  phase_ = Phase::leaving;
  leave_.store(true, std::memory_order_relaxed);
  changed_.notify_all();
  const auto all_left = [this] {
    return std::all_of(seats_.begin(), seats_.end(), [](const Seat& s) { return s.left; });
  };
  // The wakes go on meanwhile: each vCPU leaves at its next report.
  const std::chrono::nanoseconds patience =
      ran ? std::max<std::chrono::nanoseconds>(std::chrono::seconds(2), 4 * options_.period)
          : std::chrono::seconds(2);
  const bool quiet = changed_.wait_for(lock, patience, all_left);
  lock.unlock();
  if (!quiet) {
    force_out();
  }
  for (Seat& seat : seats_) {
    if (seat.thread.joinable()) {
      seat.thread.join();
    }
  }
  if (chain_) {
    if (auto error = chain_->error()) {
      complain(std::move(*error));
    }
    chain_.reset();
  }
  device_.reset();
  lock.lock();
  if (error_) {
    return tl::unexpected(*error_);
  }
  return {};
}

// immediate_exit is set before the signal is sent. So KVM_RUN returns whether the signal meets the
// vCPU thread inside it or before it.
void Guest::Impl::force_out() {
  const ForceSignalHandler handler;
  for (Seat& seat : seats_) {
    if (seat.thread.joinable()) {
      seat.vcpu->leave_at_once();
      ::pthread_kill(seat.thread.native_handle(), force_signal());
      seat.thread.join();
    }
  }
}

void Guest::Impl::drain(std::vector<Report>& out) {
  const std::lock_guard lock(mutex_);
  out.insert(out.end(), reports_.begin(), reports_.end());
  reports_.clear();
}

std::optional<std::int64_t> Guest::Impl::counter_offset() const {
  const std::lock_guard lock(mutex_);
  return counter_offset_;
}

std::vector<std::int32_t> Guest::Impl::thread_ids() const {
  std::vector<std::int32_t> ids;
  for (const Seat& seat : seats_) {
    ids.push_back(seat.tid);
  }
  return ids;
}

Guest::Guest(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Guest::~Guest() = default;

Result<std::unique_ptr<Guest>> Guest::create(const Options& options) {
  auto valid = settled(options);
  if (!valid) {
    return tl::unexpected(valid.error());
  }
  auto machine = Machine::create(*valid);
  if (!machine) {
    return tl::unexpected(machine.error());
  }
  auto impl = std::make_unique<Impl>(*valid, std::move(*machine));
  auto prepared = impl->prepare();
  if (!prepared) {
    return tl::unexpected(prepared.error());
  }
  return std::make_unique<Guest>(std::move(impl));
}

Result<void> Guest::start() { return impl_->start(); }

void Guest::drain(std::vector<Report>& out) { impl_->drain(out); }

Result<void> Guest::stop() { return impl_->stop(); }

std::optional<std::uint64_t> Guest::counter_hz() const { return impl_->machine().counter_hz(); }

std::optional<std::int64_t> Guest::counter_offset() const { return impl_->counter_offset(); }

std::vector<std::int32_t> Guest::thread_ids() const { return impl_->thread_ids(); }

}  // namespace wakepath::guest
