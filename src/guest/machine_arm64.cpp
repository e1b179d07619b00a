// SPDX-License-Identifier: GPL-2.0-or-later
// ARM64: vGICv3, virtual timer, one MMIO page to talk through.
#include <cerrno>
#include <cstring>
#include <string>

#include <linux/kvm.h>

#include "guest/counter.hpp"
#include "guest/its.hpp"
#include "guest/machine.hpp"

namespace wakepath::guest {
namespace {

// The guest's address map.
constexpr std::uint64_t distributor = 0x0800'0000;
constexpr std::uint64_t redistributors = 0x080a'0000;
constexpr std::uint64_t redistributor_stride = 0x2'0000;
constexpr std::uint64_t talk = 0x0f00'0000;
constexpr std::uint64_t talk_ready = talk;
constexpr std::uint64_t talk_woke = talk + 8;
constexpr std::uint64_t talk_fault = talk + 16;
constexpr std::uint64_t memory_base = 0x4000'0000;
constexpr std::size_t code_bytes = 0x1'0000;  // one page, whatever the host's page size
constexpr std::uint64_t its_memory = memory_base + code_bytes;
static_assert(its_base + its_frames <= redistributors);
static_assert(redistributors + max_vcpus * redistributor_stride <= talk);

constexpr std::uint32_t interrupts = 256;
constexpr std::uint32_t first_spi = 32;
constexpr std::uint32_t virtual_timer = 27;  // KVM's default for the virtual timer's PPI
constexpr unsigned first_gsi = 4;
// ICC_SGI1R_EL1: IRM, and the position of the INTID.
constexpr std::uint64_t to_all_others = 1ULL << 40;
constexpr unsigned sgi_shift = 24;
constexpr std::uint64_t sgi = 1;
static_assert(first_spi + first_gsi + max_vcpus <= interrupts);

Result<void> set_register(const Vcpu& vcpu, std::uint64_t id, std::uint64_t value) {
  kvm_one_reg reg{};
  reg.id = id;
  reg.addr = reinterpret_cast<std::uintptr_t>(&value);
  auto done = call(vcpu.fd(), KVM_SET_ONE_REG, &reg, "KVM_SET_ONE_REG");
  if (!done) {
    return tl::unexpected(done.error());
  }
  return {};
}

std::optional<std::uint64_t> get_register(const Vcpu& vcpu, std::uint64_t id) {
  std::uint64_t value = 0;
  kvm_one_reg reg{};
  reg.id = id;
  reg.addr = reinterpret_cast<std::uintptr_t>(&value);
  if (::ioctl(vcpu.fd().get(), KVM_GET_ONE_REG, &reg) < 0) {
    return std::nullopt;
  }
  return value;
}

constexpr std::uint64_t core_register(std::uint64_t byte_offset) {
  return KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM_CORE | byte_offset / sizeof(std::uint32_t);
}

constexpr std::uint64_t general_register(unsigned number) {
  return core_register(offsetof(kvm_regs, regs) + offsetof(user_pt_regs, regs) +
                       number * sizeof(std::uint64_t));
}

constexpr std::uint64_t program_counter =
    core_register(offsetof(kvm_regs, regs) + offsetof(user_pt_regs, pc));

// Call it when every vCPU exists: KVM lays out a redistributor for each when it initializes the
// vGIC.
Result<Fd> make_vgic(const Fd& vm) {
  kvm_create_device device{};
  device.type = KVM_DEV_TYPE_ARM_VGIC_V3;
  if (::ioctl(vm.get(), KVM_CREATE_DEVICE, &device) < 0) {
    return system_error(ErrorKind::unsupported,
                        "the embedded guest needs a GICv3, and this host's KVM has none", errno);
  }
  Fd vgic(static_cast<int>(device.fd));
  std::uint64_t dist = distributor;
  std::uint64_t redist = redistributors;
  std::uint32_t count = interrupts;
  auto done =
      set_attribute(vgic, KVM_DEV_ARM_VGIC_GRP_NR_IRQS, 0, &count, "the vGIC's interrupt count")
          .and_then([&] {
            return set_attribute(vgic, KVM_DEV_ARM_VGIC_GRP_ADDR, KVM_VGIC_V3_ADDR_TYPE_DIST, &dist,
                                 "the vGIC's distributor address");
          })
          .and_then([&] {
            return set_attribute(vgic, KVM_DEV_ARM_VGIC_GRP_ADDR, KVM_VGIC_V3_ADDR_TYPE_REDIST,
                                 &redist, "the vGIC's redistributor address");
          })
          .and_then([&] {
            return set_attribute(vgic, KVM_DEV_ARM_VGIC_GRP_CTRL, KVM_DEV_ARM_VGIC_CTRL_INIT,
                                 nullptr, "the vGIC's initialization");
          });
  if (!done) {
    return tl::unexpected(done.error());
  }
  return vgic;
}

// The arguments of the guest's code on one vCPU.
struct Task {
  std::uint64_t period_ticks{0};  // of its own timer, 0: woken from outside
  std::uint64_t intid{0};         // the interrupt that wakes it
  std::uint64_t then_sends{0};    // ICC_SGI1R_EL1 after each report, 0: nothing
  std::uint64_t then_resets{0};   // GITS_CTLR after each second report, 0: nothing
};

Task task_of(Workload workload, unsigned vcpu, std::uint64_t period_ticks) {
  const bool ipi = workload == Workload::ipi;
  if (has_own_timer(workload, vcpu)) {
    return {period_ticks, virtual_timer, ipi ? to_all_others | sgi << sgi_shift : 0, 0};
  }
  if (workload == Workload::lpi) {
    // One vCPU is enough: KVM forgets the translations of all others with its own.
    return {0, first_lpi + vcpu, 0, vcpu == 0 ? its_control : 0};
  }
  return {0, ipi ? sgi : first_spi + Machine::gsi(vcpu), 0, 0};
}

Result<void> prepare_vcpu(const Vm& vm, const Vcpu& vcpu, const Task& task) {
  kvm_vcpu_init init{};
  auto target = call(vm.fd(), KVM_ARM_PREFERRED_TARGET, &init, "KVM_ARM_PREFERRED_TARGET");
  if (!target) {
    return tl::unexpected(target.error());
  }
  // No KVM_ARM_VCPU_POWER_OFF: each vCPU runs from the first KVM_RUN on, none waits for PSCI.
  init.features[0] |= 1U << KVM_ARM_VCPU_PSCI_0_2;
  auto done = call(vcpu.fd(), KVM_ARM_VCPU_INIT, &init, "KVM_ARM_VCPU_INIT");
  if (!done) {
    return tl::unexpected(done.error());
  }
  return set_register(vcpu, program_counter, memory_base)
      .and_then([&] { return set_register(vcpu, general_register(0), task.period_ticks); })
      .and_then([&] { return set_register(vcpu, general_register(1), task.intid); })
      .and_then([&] { return set_register(vcpu, general_register(2), distributor); })
      .and_then([&] {
        return set_register(vcpu, general_register(3),
                            redistributors + vcpu.index() * redistributor_stride);
      })
      .and_then([&] { return set_register(vcpu, general_register(4), talk); })
      .and_then([&] { return set_register(vcpu, general_register(5), task.then_sends); })
      .and_then([&] { return set_register(vcpu, general_register(6), task.then_resets); });
}

}  // namespace

Result<Machine> Machine::create(const Options& options) {
  const unsigned vcpus = options.vcpus.value_or(1);
  const bool lpi = options.workload == Workload::lpi;
  auto vm = Vm::create(memory_base, code_bytes + (lpi ? its_bytes : 0));
  if (!vm) {
    return tl::unexpected(vm.error());
  }
  Machine machine(std::move(*vm));
  if (const int limit = machine.vm_.extension(KVM_CAP_MAX_VCPUS);
      limit > 0 && vcpus > static_cast<unsigned>(limit)) {
    return fail(ErrorKind::usage, "this host's KVM allows " + std::to_string(limit) +
                                      " vCPUs in a VM, not " + std::to_string(vcpus));
  }
  const auto code = machine.vm_.memory();
  std::memcpy(code.data(), wakepath_guest_begin,
              static_cast<std::size_t>(wakepath_guest_end - wakepath_guest_begin));

  const std::uint64_t hz = host_counter_hz();
  const auto period_ns = static_cast<std::uint64_t>(options.period.count());
  // At most 10^10 ns of a counter of some GHz: no overflow in 64 bits with the seconds apart.
  const std::uint64_t period_ticks =
      period_ns / 1'000'000'000 * hz + period_ns % 1'000'000'000 * hz / 1'000'000'000;
  for (unsigned index = 0; index < vcpus; ++index) {
    auto vcpu = machine.vm_.add_vcpu(index);
    if (!vcpu) {
      return tl::unexpected(vcpu.error());
    }
    auto ready = prepare_vcpu(machine.vm_, *vcpu, task_of(options.workload, index, period_ticks));
    if (!ready) {
      return tl::unexpected(ready.error());
    }
    machine.vcpus_.push_back(std::move(*vcpu));
  }
  auto vgic = make_vgic(machine.vm_.fd());
  if (!vgic) {
    return tl::unexpected(vgic.error());
  }
  machine.interrupt_controller_ = std::move(*vgic);
  if (lpi) {
    const auto tables = machine.vm_.memory().subspan(code_bytes);
    auto its = make_its(machine.vm_, machine.interrupt_controller_, vcpus, {its_memory, tables});
    if (!its) {
      return tl::unexpected(its.error());
    }
    machine.translator_ = std::move(*its);
  }
  machine.counter_hz_ = hz;
  return machine;
}

Word Machine::word(const kvm_run& run) {
  switch (run.exit_reason) {
    case KVM_EXIT_MMIO: {
      std::uint64_t value = 0;
      std::memcpy(&value, run.mmio.data, sizeof(value));
      if (run.mmio.is_write && run.mmio.phys_addr == talk_ready) {
        return {Word::Kind::ready, value, {}};
      }
      if (run.mmio.is_write && run.mmio.phys_addr == talk_woke) {
        return {Word::Kind::woke, value, {}};
      }
      if (run.mmio.is_write && run.mmio.phys_addr == talk_fault) {
        return {Word::Kind::fault, std::nullopt, "exception, ESR_EL1 " + std::to_string(value)};
      }
      return {Word::Kind::fault, std::nullopt,
              "access to address " + std::to_string(run.mmio.phys_addr)};
    }
    case KVM_EXIT_INTR:
      return {};
    default:
      return {Word::Kind::fault, std::nullopt, "exit reason " + std::to_string(run.exit_reason)};
  }
}

// The ids of CVAL and CNT are each other's encodings, a mistake that became ABI
// (arch/arm64/include/uapi/asm/kvm.h says so); the macros of that header are right.
std::optional<std::uint64_t> Machine::deadline(const Vcpu& vcpu) {
  return get_register(vcpu, KVM_REG_ARM_TIMER_CVAL);
}

unsigned Machine::gsi(unsigned vcpu) { return first_gsi + vcpu; }

}  // namespace wakepath::guest
