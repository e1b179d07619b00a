// SPDX-License-Identifier: GPL-2.0-or-later
// What a vCPU's thread does: it runs the vCPU, and heeds what the guest says.
#include <algorithm>
#include <cerrno>
#include <ctime>
#include <iterator>

#include <linux/kvm.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "guest/guest_impl.hpp"

namespace wakepath::guest {
namespace {

std::uint64_t monotonic_ns() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 +
         static_cast<std::uint64_t>(now.tv_nsec);
}

}  // namespace

void Guest::Impl::sit(Seat& seat) {
  {
    std::unique_lock lock(mutex_);
    seat.tid = ::gettid();
    changed_.notify_all();
    changed_.wait(lock, [this] { return phase_ != Phase::made; });
    // KVM maps the interrupt controller when the first vCPU runs, and on arm64 it lets a second one
    // in before it has done so (kvm_vgic_map_resources): that one would leave at the GIC's address.
    const Seat& first = seats_.front();
    changed_.wait(lock, [&] {
      return &seat == &first || first.up || first.left || phase_ == Phase::leaving;
    });
  }
  run(seat);
  const std::lock_guard lock(mutex_);
  seat.left = true;
  changed_.notify_all();
}

// vCPU 0 wakes the others of ipi, so it goes last.
bool Guest::Impl::may_leave(const Seat& seat) const {
  if (!leave_.load(std::memory_order_relaxed)) {
    return false;
  }
  if (options_.workload != Workload::ipi || seat.vcpu->index() != 0) {
    return true;
  }
  const std::lock_guard lock(mutex_);
  return std::all_of(std::next(seats_.begin()), seats_.end(),
                     [](const Seat& other) { return other.left; });
}

void Guest::Impl::run(Seat& seat) {
  while (!may_leave(seat)) {
    const int result = ::ioctl(seat.vcpu->fd().get(), KVM_RUN, 0);
    const std::uint64_t now = monotonic_ns();
    if (result < 0) {
      if (errno == EINTR || errno == EAGAIN) {
        continue;
      }
      complain(
          system_error(ErrorKind::unsupported, "KVM can't run the embedded guest", errno).value());
      return;
    }
    if (!heed(seat, Machine::word(seat.vcpu->run()), now)) {
      return;
    }
  }
}

bool Guest::Impl::heed(Seat& seat, const Word& word, std::uint64_t now) {
  switch (word.kind) {
    case Word::Kind::nothing:
      return true;
    case Word::Kind::ready: {
      const std::lock_guard lock(mutex_);
      seat.up = true;
      if (word.ticks) {
        const auto offset = static_cast<std::int64_t>(*word.ticks);
        counter_offset_ = std::max(counter_offset_.value_or(offset), offset);
      }
      changed_.notify_all();
      return true;
    }
    case Word::Kind::woke: {
      Report report;
      report.time_ns = now;
      report.vcpu = seat.vcpu->index();
      report.tid = seat.tid;
      report.sequence = seat.sequence++;
      report.now_ticks = word.ticks;
      if (has_own_timer(options_.workload, seat.vcpu->index())) {
        report.deadline_ticks = Machine::deadline(*seat.vcpu);
      }
      const std::lock_guard lock(mutex_);
      reports_.push_back(report);
      return true;
    }
    case Word::Kind::fault:
      complain({ErrorKind::bug, "the embedded guest went wrong: " + word.what, {}});
      return false;
  }
  return false;
}

}  // namespace wakepath::guest
