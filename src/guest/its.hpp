// SPDX-License-Identifier: GPL-2.0-or-later
// An ITS for the guest. The VMM alone sets it up: the guest's code knows only its interrupts
// (LPIs). MSI n of its one device is the LPI first_lpi + n, for vCPU n.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "guest/vm.hpp"
#include "util/fd.hpp"
#include "wakepath/result.hpp"

namespace wakepath::guest {

inline constexpr std::uint64_t first_lpi = 8192;

inline constexpr std::uint64_t its_base = 0x0808'0000;  // in the guest's address map
inline constexpr std::uint64_t its_frames = 0x2'0000;
inline constexpr std::uint64_t its_control = its_base;  // GITS_CTLR

// Guest memory for the tables: 64 KiB each, the only page size of KVM's ITS.
inline constexpr std::size_t its_bytes = 6 * 0x1'0000;
struct ItsMemory {
  std::uint64_t address;
  std::span<std::byte> bytes;  // zero
};

// After the vGIC is initialized, before any vCPU runs. The line Machine::gsi(n) becomes MSI n.
Result<Fd> make_its(const Vm& vm, const Fd& vgic, unsigned vcpus, const ItsMemory& memory);

}  // namespace wakepath::guest
