// SPDX-License-Identifier: GPL-2.0-or-later
// What the running kernel has, as far as the plan depends on it. Plain data: probed by
// kernel_btf.hpp, made up by tests.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace wakepath::capture {

enum class Argument { integer, pointer, other };

struct TracepointShape {
  bool in_module{false};
  // In order, without the tracepoint's private first one. nullopt: there, but not described in BTF.
  std::optional<std::vector<Argument>> arguments;
};

struct Features {
  std::string architecture;  // as uname -m has it: aarch64, x86_64
  std::map<std::string, TracepointShape, std::less<>> tracepoints;
  std::string kick_function;  // what kvm_vcpu_kick() is called here; empty: it can't be probed
  std::optional<std::uint64_t> bg_timer_offset;  // in struct kvm_vcpu, bytes; arm64
  // x86_64: from a CPU's run queue to its preempt_count, bytes.
  std::optional<std::int64_t> preempt_count_from_rq;
  bool names_functions{false};       // programs can have a function's name printed (5.13)
  bool has_recursion_misses{false};  // struct bpf_prog has the count (5.12)
  bool has_vcpu_layout{false};       // struct kvm_vcpu is known: which thread is a vCPU can be read

  // Has the kernel a KVM now, built in or as a module that is loaded?
  [[nodiscard]] bool has_kvm() const {
    return tracepoints.contains("kvm_entry") || tracepoints.contains("kvm_vcpu_wakeup");
  }
};

}  // namespace wakepath::capture
