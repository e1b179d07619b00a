// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/tracefs/host_names.hpp"

#include <algorithm>
#include <iterator>
#include <string_view>

#include <unistd.h>

#include "host/host_facts.hpp"
#include "wakepath/facts.hpp"

namespace wakepath::capture {

namespace {

constexpr std::uint64_t kSeldomNs = 10'000'000'000;
constexpr std::size_t kMostKnown = 65536;

bool is_of_vcpu(wp_event_kind kind) {
  switch (kind) {
    case WP_EVENT_KVM_ENTRY:
    case WP_EVENT_KVM_EXIT:
    case WP_EVENT_KVM_VCPU_WAKEUP:
    case WP_EVENT_KVM_USERSPACE_EXIT:
      return true;
    default:
      return false;
  }
}

template <std::size_t N>
void copy_text(std::string_view from, char (&to)[N]) {
  std::fill(std::begin(to), std::end(to), '\0');
  std::ranges::copy(from.substr(0, N - 1), std::begin(to));
}

// A time at which start_ticks() is this.
std::uint64_t start_ns(std::uint64_t ticks) {
  const std::uint64_t tick = 1'000'000'000 / static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK));
  return ticks * tick + tick / 2;
}

}  // namespace

const ThreadBook::Thread* ThreadBook::find(std::uint32_t tid, std::uint64_t now_ns) {
  if (!sees_all_ || tid == 0) {
    return nullptr;
  }
  if (threads_.size() > kMostKnown) {
    threads_.clear();
  }
  const auto [at, fresh] = threads_.try_emplace(tid);
  Thread& thread = at->second;
  if (fresh || now_ns > thread.read_ns + kSeldomNs) {
    thread.read_ns = now_ns;
    if (const auto process = host::read_thread(root_, tid)) {
      thread.tgid = process->tgid;
      thread.comm = process->comm;
    }
  }
  return thread.tgid != 0 ? &thread : nullptr;
}

Result<void> ThreadTeller::event(const foreign::TraceEvent& event) {
  const ThreadBook::Thread* thread =
      is_of_vcpu(event.kind) ? threads_.find(event.tid, event.time_ns) : nullptr;
  if (thread == nullptr) {
    return next_.event(event);
  }
  foreign::TraceEvent told = event;
  told.tgid = thread->tgid;
  told.comm = thread->comm;
  return next_.event(told);
}

Result<void> FactTeller::record(RecordView view) {
  if (view.type() != WP_RECORD_FACT) {
    return to_->record(view);
  }
  const auto fact = decode_fact(view);
  if (!fact) {
    return tl::unexpected(fact.error());
  }
  // The capture says these itself, or says them with the VM's own name.
  const auto nothing = [](const auto& /*fact*/) { return Result<void>{}; };
  return std::visit(Overloaded{[&](const HostFact& one) { return nothing(one); },
                               [&](const EventFact& one) { return nothing(one); },
                               [&](const TraceFact& one) { return nothing(one); },
                               [&](const CaptureFact& one) { return nothing(one); },
                               [&](const VmFact& one) { return nothing(one); },
                               [&](const VcpuFact& one) { return vcpu(one); },
                               [&](const IrqFact& one) {
                                 wp_irq_name action{};
                                 action.action = one.action;
                                 action.irq = one.interrupt.irq;
                                 copy_text(one.interrupt.action, action.name);
                                 return names_.action(action, *to_);
                               },
                               [&](const auto& /*fact*/) { return to_->record(view); }},
                    *fact);
}

Result<void> FactTeller::vcpu(const VcpuFact& fact) {
  wp_vcpu vcpu{};
  vcpu.tid = fact.tid;
  vcpu.vcpu_id = fact.index;
  vcpu.round = round_;
  copy_text(fact.thread, vcpu.comm);
  const ThreadBook::Thread* thread = threads_.find(vcpu.tid, fact.since_ns);
  // One that is gone, or that /proc does not show, is a VM of its own.
  vcpu.tgid = thread != nullptr ? thread->tgid : vcpu.tid;
  const auto process =
      thread != nullptr ? host::read_thread(threads_.root(), vcpu.tgid) : std::nullopt;
  copy_text(process ? process->comm : fact.thread, vcpu.process_comm);
  if (process) {
    vcpu.process_start_ns =
        start_ns(host::read_process_start(threads_.root(), vcpu.tgid).value_or(0));
  }
  vcpus_[vcpu.tid] = vcpu;
  return names_.vcpu(vcpu, fact.since_ns, *to_);
}

Result<void> FactTeller::renew(std::uint64_t now_ns) {
  ++round_;
  for (auto at = vcpus_.begin(); at != vcpus_.end();) {
    wp_vcpu& vcpu = at->second;
    const auto thread =
        threads_.sees_all() ? host::read_thread(threads_.root(), vcpu.tid) : std::nullopt;
    if (threads_.sees_all() && (!thread || thread->tgid != vcpu.tgid)) {
      at = vcpus_.erase(at);
      continue;
    }
    if (thread) {
      copy_text(thread->comm, vcpu.comm);
    }
    vcpu.round = round_;
    vcpu.state = WP_VCPU_AGAIN;
    if (auto done = names_.vcpu(vcpu, now_ns, *to_); !done) {
      return done;
    }
    ++at;
  }
  return {};
}

}  // namespace wakepath::capture
