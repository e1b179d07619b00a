// SPDX-License-Identifier: GPL-2.0-or-later
// The guest's machine: memory, code, interrupt controller and vCPUs, ready to run. Each
// architecture has an implementation (machine_arm64.cpp, machine_x86.cpp).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "guest/guest.hpp"
#include "guest/vm.hpp"
#include "util/fd.hpp"
#include "wakepath/result.hpp"

namespace wakepath::guest {

// One message of the guest to the VMM.
struct Word {
  enum class Kind { nothing, ready, woke, fault };
  Kind kind{Kind::nothing};
  // On a guest with a counter: for woke, its reading; for ready, the host's counter minus the
  // guest's.
  std::optional<std::uint64_t> ticks;
  std::string what;  // fault: for the error message
};

// Does its own timer wake the vCPU?
[[nodiscard]] constexpr bool has_own_timer(Workload workload, unsigned vcpu) {
  return workload == Workload::timer || (workload == Workload::ipi && vcpu == 0);
}

class Machine {
 public:
  static Result<Machine> create(const Options& options);

  [[nodiscard]] const Vm& vm() const { return vm_; }
  [[nodiscard]] std::vector<Vcpu>& vcpus() { return vcpus_; }

  // The meaning of the exit from which KVM_RUN just returned.
  [[nodiscard]] static Word word(const kvm_run& run);
  // The deadline of the vCPU's timer. Call it only in the vCPU's thread, outside KVM_RUN: an ioctl
  // of another thread would wait until KVM_RUN returns.
  [[nodiscard]] static std::optional<std::uint64_t> deadline(const Vcpu& vcpu);
  // The interrupt line that wakes a vCPU in the workloads with an irqfd.
  [[nodiscard]] static unsigned gsi(unsigned vcpu);

  [[nodiscard]] std::optional<std::uint64_t> counter_hz() const { return counter_hz_; }

 private:
  explicit Machine(Vm vm) : vm_(std::move(vm)) {}

  Vm vm_;
  Fd interrupt_controller_;  // if KVM has it as a device of its own
  Fd translator_;            // ARM64's ITS, in the workload lpi
  std::vector<Vcpu> vcpus_;
  std::optional<std::uint64_t> counter_hz_;
};

// The guest's code between these two symbols (guest_arm64.S, guest_x86.S): position-independent,
// never run in this process, copied into the guest's memory.
extern "C" const std::byte wakepath_guest_begin[];
extern "C" const std::byte wakepath_guest_end[];

}  // namespace wakepath::guest
