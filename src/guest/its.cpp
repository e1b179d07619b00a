// SPDX-License-Identifier: GPL-2.0-or-later
#include "guest/its.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

#include <linux/kvm.h>

#include "guest/machine.hpp"

namespace wakepath::guest {
namespace {

constexpr std::uint64_t table_bytes = 0x1'0000;
constexpr std::uint64_t valid_bit = 1ULL << 63;
constexpr std::uint32_t device_id = 0;

// The offset of each table in ItsMemory.
constexpr std::uint64_t device_table = 0 * table_bytes;
constexpr std::uint64_t collection_table = 1 * table_bytes;
constexpr std::uint64_t translation_table = 2 * table_bytes;  // of the one device
constexpr std::uint64_t command_queue = 3 * table_bytes;
constexpr std::uint64_t property_table = 4 * table_bytes;  // a byte for each LPI
constexpr std::uint64_t pending_table =
    5 * table_bytes;  // KVM only reads it, so one serves all vCPUs

constexpr std::uint64_t lpi_id_bits = 14;  // INTIDs up to 16383
static_assert(first_lpi + max_vcpus <= 1ULL << lpi_id_bits);
constexpr std::byte enabled_at_0xa0{0xa1};  // priority and enable bit in the property table

// Offsets, arch/arm64: include/linux/irqchip/arm-gic-v3.h.
constexpr std::uint64_t gicr_ctlr = 0x00;
constexpr std::uint64_t gicr_propbaser = 0x70;
constexpr std::uint64_t gicr_pendbaser = 0x78;
constexpr std::uint64_t gits_ctlr = 0x00;
constexpr std::uint64_t gits_cbaser = 0x80;
constexpr std::uint64_t gits_cwriter = 0x88;
constexpr std::uint64_t gits_baser_devices = 0x100;
constexpr std::uint64_t gits_baser_collections = 0x108;
constexpr std::uint64_t gits_translater = 0x1'0040;

using Command = std::array<std::uint64_t, 4>;

// Before its first use a collection is mapped to a vCPU, the device to its translations.
std::vector<Command> mapping_commands(unsigned vcpus, std::uint64_t memory) {
  constexpr std::uint64_t mapd = 0x08;
  constexpr std::uint64_t mapc = 0x09;
  constexpr std::uint64_t mapti = 0x0a;
  constexpr std::uint64_t device = std::uint64_t{device_id} << 32;
  constexpr std::uint64_t event_bits = 6;
  static_assert(max_vcpus <= 1U << event_bits);
  std::vector<Command> list{
      {mapd | device, event_bits - 1, valid_bit | (memory + translation_table), 0}};
  for (std::uint64_t index = 0; index < vcpus; ++index) {
    list.push_back({mapc, 0, valid_bit | index << 16 | index, 0});
    list.push_back({mapti | device, (first_lpi + index) << 32 | index, index, 0});
  }
  return list;
}

Result<void> its_register(const Fd& its, std::uint64_t offset, std::uint64_t value) {
  return set_attribute(its, KVM_DEV_ARM_VGIC_GRP_ITS_REGS, offset, &value, "a register of the ITS");
}

// 32 bits at a time: KVM knows no others there.
Result<void> redistributor_register(const Fd& vgic, unsigned vcpu, std::uint64_t offset,
                                    std::uint64_t value) {
  // Affinity, as KVM gives it: 16 vCPUs to a level (reset_mpidr, arch/arm64/kvm/sys_regs.c).
  const std::uint64_t affinity = (vcpu & 0xfU) | (vcpu >> 4U) << 8U;
  for (const std::uint64_t half : std::array<std::uint64_t, 2>{0, 4}) {
    auto word = static_cast<std::uint32_t>(value >> (half * 8));
    auto done = set_attribute(vgic, KVM_DEV_ARM_VGIC_GRP_REDIST_REGS,
                              affinity << KVM_DEV_ARM_VGIC_V3_MPIDR_SHIFT | (offset + half), &word,
                              "a register of a redistributor");
    if (!done || offset == gicr_ctlr) {
      return done;
    }
  }
  return {};
}

Result<void> enable_lpis(const Fd& vgic, unsigned vcpu, std::uint64_t memory) {
  return redistributor_register(vgic, vcpu, gicr_propbaser,
                                (memory + property_table) | (lpi_id_bits - 1))
      .and_then([&] {
        return redistributor_register(vgic, vcpu, gicr_pendbaser, memory + pending_table);
      })
      .and_then([&] { return redistributor_register(vgic, vcpu, gicr_ctlr, 1); });
}

Result<Fd> create_its(const Fd& vm) {
  kvm_create_device device{};
  device.type = KVM_DEV_TYPE_ARM_VGIC_ITS;
  if (::ioctl(vm.get(), KVM_CREATE_DEVICE, &device) < 0) {
    return system_error(ErrorKind::unsupported,
                        "the guest lpi needs an ITS, and this host's KVM has none", errno);
  }
  Fd its(static_cast<int>(device.fd));
  std::uint64_t address = its_base;
  auto done = set_attribute(its, KVM_DEV_ARM_VGIC_GRP_ADDR, KVM_VGIC_ITS_ADDR_TYPE, &address,
                            "the ITS's address")
                  .and_then([&] {
                    return set_attribute(its, KVM_DEV_ARM_VGIC_GRP_CTRL, KVM_DEV_ARM_VGIC_CTRL_INIT,
                                         nullptr, "the ITS's initialization");
                  });
  if (!done) {
    return tl::unexpected(done.error());
  }
  return its;
}

// The tables come before GITS_CTLR, and GITS_CTLR before the commands: KVM takes no commands while
// the ITS is off.
Result<void> enable_its(const Fd& its, std::uint64_t memory, std::uint64_t command_bytes) {
  return its_register(its, gits_baser_devices, valid_bit | (memory + device_table))
      .and_then([&] {
        return its_register(its, gits_baser_collections, valid_bit | (memory + collection_table));
      })
      .and_then([&] {
        return its_register(its, gits_cbaser, valid_bit | (memory + command_queue) | 0xf);
      })
      .and_then([&] { return its_register(its, gits_ctlr, 1); })
      .and_then([&] { return its_register(its, gits_cwriter, command_bytes); });
}

Result<void> route_msis(const Fd& vm, unsigned vcpus) {
  std::vector<std::byte> bytes(sizeof(kvm_irq_routing) + vcpus * sizeof(kvm_irq_routing_entry));
  auto* routing = reinterpret_cast<kvm_irq_routing*>(bytes.data());
  routing->nr = vcpus;
  for (unsigned index = 0; index < vcpus; ++index) {
    kvm_irq_routing_entry& entry = routing->entries[index];
    entry.gsi = Machine::gsi(index);
    entry.type = KVM_IRQ_ROUTING_MSI;
    entry.flags = KVM_MSI_VALID_DEVID;
    entry.u.msi.address_lo = its_base + gits_translater;
    entry.u.msi.data = index;
    entry.u.msi.devid = device_id;
  }
  auto done = call(vm, KVM_SET_GSI_ROUTING, routing, "KVM_SET_GSI_ROUTING");
  if (!done) {
    return tl::unexpected(done.error());
  }
  return {};
}

}  // namespace

Result<Fd> make_its(const Vm& vm, const Fd& vgic, unsigned vcpus, const ItsMemory& memory) {
  const auto list = mapping_commands(vcpus, memory.address);
  const std::size_t command_bytes = list.size() * sizeof(Command);
  std::memcpy(&memory.bytes[command_queue], list.data(), command_bytes);
  std::memset(&memory.bytes[property_table], std::to_integer<int>(enabled_at_0xa0), max_vcpus);
  auto its = create_its(vm.fd());
  if (!its) {
    return its;
  }
  Result<void> done;
  for (unsigned index = 0; done && index < vcpus; ++index) {
    done = enable_lpis(vgic, index, memory.address);
  }
  if (done) {
    done = enable_its(*its, memory.address, command_bytes);
  }
  if (done) {
    done = route_msis(vm.fd(), vcpus);
  }
  if (!done) {
    return tl::unexpected(done.error());
  }
  return its;
}

}  // namespace wakepath::guest
