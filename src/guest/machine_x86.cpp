// SPDX-License-Identifier: GPL-2.0-or-later
// x86_64: one vCPU in real mode, in-kernel PIC and PIT, ports to talk through.
#include <cerrno>
#include <cstring>
#include <fstream>
#include <string>

#include <linux/kvm.h>

#include "guest/machine.hpp"
#include "guest/pit.hpp"

namespace wakepath::guest {

extern "C" const std::byte wakepath_guest_irq[];
extern "C" const std::byte wakepath_guest_fault[];

namespace {

constexpr std::size_t memory_bytes = 0x1'0000;
constexpr std::uint16_t code_base = 0x1000;
constexpr std::uint16_t stack_top = 0x8000;
constexpr unsigned first_vector = 0x20;  // of the master PIC, as guest_x86.S programs it

constexpr std::uint16_t port_ready = 0xe0;
constexpr std::uint16_t port_woke = 0xe1;
constexpr std::uint16_t port_fault = 0xe2;

constexpr unsigned pit_line = 0;
constexpr unsigned irqfd_line = 5;

// Place of the real-mode TSS (3 pages) and identity map (1 page) of KVM on Intel, out of the
// guest's way. QEMU uses the same addresses.
constexpr std::uint64_t tss_address = 0xfeff'd000;
constexpr std::uint64_t identity_map_address = 0xfeff'c000;

// The shortest period that KVM allows for a guest's timer (create_pit_timer, arch/x86/kvm/i8254.c);
// a module parameter, 200 us unless changed.
std::chrono::microseconds shortest_tick() {
  std::ifstream file("/sys/module/kvm/parameters/min_timer_period_us");
  std::uint32_t us = 0;
  return std::chrono::microseconds(file >> us ? us : 200);
}

Result<std::uint32_t> divisor_for(std::chrono::nanoseconds period) {
  const auto divisor = pit_divisor(period);
  if (!divisor) {
    return fail(ErrorKind::usage,
                "on x86_64 the timer guest ticks with the PIT, which can't be slower than 54.9 ms",
                "take a shorter period, or the guest kworker, irqfd or device");
  }
  if (period < shortest_tick()) {
    return fail(ErrorKind::usage,
                "this host's KVM lets no guest timer tick faster than " +
                    std::to_string(shortest_tick().count()) + " us (kvm.min_timer_period_us)",
                "take a longer period, or the guest kworker, irqfd or device");
  }
  return *divisor;
}

std::uint16_t address_of(const std::byte* symbol) {
  return static_cast<std::uint16_t>(code_base + (symbol - wakepath_guest_begin));
}

void load_code(std::span<std::byte> memory) {
  std::memcpy(memory.data() + code_base, wakepath_guest_begin,
              static_cast<std::size_t>(wakepath_guest_end - wakepath_guest_begin));
  for (unsigned vector = 0; vector < 256; ++vector) {
    const bool ours = vector == first_vector + pit_line || vector == first_vector + irqfd_line;
    // Offset, then segment 0.
    const std::uint16_t entry[2] = {address_of(ours ? wakepath_guest_irq : wakepath_guest_fault),
                                    0};
    std::memcpy(memory.data() + vector * sizeof(entry), entry, sizeof(entry));
  }
}

Result<void> make_board(const Vm& vm, bool pit) {
  std::uint64_t identity_map = identity_map_address;
  auto done = call(vm.fd(), KVM_SET_TSS_ADDR, tss_address, "KVM_SET_TSS_ADDR")
                  .and_then([&](int) {
                    return call(vm.fd(), KVM_SET_IDENTITY_MAP_ADDR, &identity_map,
                                "KVM_SET_IDENTITY_MAP_ADDR");
                  })
                  .and_then([&](int) {
                    return call(vm.fd(), KVM_CREATE_IRQCHIP, 0, "KVM_CREATE_IRQCHIP");
                  });
  if (done && pit) {
    kvm_pit_config config{};
    // Drop ticks that come while one is still pending; do not deliver them later in a burst.
    kvm_reinject_control drop_late_ticks{};
    done = call(vm.fd(), KVM_CREATE_PIT2, &config, "KVM_CREATE_PIT2").and_then([&](int) {
      return call(vm.fd(), KVM_REINJECT_CONTROL, &drop_late_ticks, "KVM_REINJECT_CONTROL");
    });
  }
  if (!done) {
    return tl::unexpected(done.error());
  }
  return {};
}

void at_zero(kvm_segment& segment) {
  segment.base = 0;
  segment.selector = 0;
}

Result<void> prepare_vcpu(const Vcpu& vcpu, std::optional<std::uint32_t> divisor) {
  kvm_sregs sregs{};
  auto done = call(vcpu.fd(), KVM_GET_SREGS, &sregs, "KVM_GET_SREGS");
  if (!done) {
    return tl::unexpected(done.error());
  }
  at_zero(sregs.cs);
  at_zero(sregs.ds);
  at_zero(sregs.es);
  at_zero(sregs.ss);
  kvm_regs regs{};
  regs.rip = code_base;
  regs.rsp = stack_top;
  regs.rflags = 2;  // the bit that is always set
  regs.rax = 0xffU & ~(1U << (divisor ? pit_line : irqfd_line));
  regs.rbx = divisor ? 1 : 0;
  regs.rcx = divisor.value_or(0) & 0xffffU;  // 65536 is written as 0
  done = call(vcpu.fd(), KVM_SET_SREGS, &sregs, "KVM_SET_SREGS").and_then([&](int) {
    return call(vcpu.fd(), KVM_SET_REGS, &regs, "KVM_SET_REGS");
  });
  if (!done) {
    return tl::unexpected(done.error());
  }
  return {};
}

}  // namespace

Result<Machine> Machine::create(const Options& options) {
  if (options.workload == Workload::ipi || options.workload == Workload::lpi) {
    return fail(ErrorKind::usage,
                "the guest " + std::string(name(options.workload)) + " needs an ARM64 host",
                "take timer, kworker, irqfd, device or signal");
  }
  // In real mode only the first vCPU gets the PIC's interrupts.
  if (options.vcpus.value_or(1) > 1) {
    return fail(ErrorKind::usage, "the embedded guest has one vCPU on x86_64: " +
                                      std::to_string(*options.vcpus) + " vCPUs need ARM64");
  }
  std::optional<std::uint32_t> divisor;
  if (options.workload == Workload::timer) {
    auto found = divisor_for(options.period);
    if (!found) {
      return tl::unexpected(found.error());
    }
    divisor = *found;
  }
  auto vm = Vm::create(0, memory_bytes);
  if (!vm) {
    return tl::unexpected(vm.error());
  }
  Machine machine(std::move(*vm));
  load_code(machine.vm_.memory());
  auto board = make_board(machine.vm_, divisor.has_value());
  if (!board) {
    return tl::unexpected(board.error());
  }
  auto vcpu = machine.vm_.add_vcpu(0);
  if (!vcpu) {
    return tl::unexpected(vcpu.error());
  }
  auto ready = prepare_vcpu(*vcpu, divisor);
  if (!ready) {
    return tl::unexpected(ready.error());
  }
  machine.vcpus_.push_back(std::move(*vcpu));
  return machine;
}

Word Machine::word(const kvm_run& run) {
  if (run.exit_reason == KVM_EXIT_INTR) {
    return {};
  }
  if (run.exit_reason == KVM_EXIT_IO && run.io.direction == KVM_EXIT_IO_OUT) {
    switch (run.io.port) {
      case port_ready:
        return {Word::Kind::ready, std::nullopt, {}};
      case port_woke:
        return {Word::Kind::woke, std::nullopt, {}};
      case port_fault:
        return {Word::Kind::fault, std::nullopt, "unexpected interrupt or exception"};
      default:
        return {Word::Kind::fault, std::nullopt, "write to port " + std::to_string(run.io.port)};
    }
  }
  return {Word::Kind::fault, std::nullopt, "exit reason " + std::to_string(run.exit_reason)};
}

std::optional<std::uint64_t> Machine::deadline(const Vcpu& /*vcpu*/) { return std::nullopt; }

unsigned Machine::gsi(unsigned /*vcpu*/) { return irqfd_line; }

}  // namespace wakepath::guest
