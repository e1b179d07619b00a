// SPDX-License-Identifier: GPL-2.0-or-later
#include "reconstruct/exit_names.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "record/x86_exits.hpp"

namespace wakepath::reconstruct {

namespace {

template <std::size_t N>
std::string lookup(const std::array<std::pair<std::uint32_t, std::string_view>, N>& table,
                   std::uint32_t number, std::string_view otherwise) {
  const auto found = std::find_if(table.begin(), table.end(),
                                  [&](const auto& entry) { return entry.first == number; });
  return found == table.end() ? fmt::format("{} {:#x}", otherwise, number)
                              : std::string(found->second);
}

using Name = std::pair<std::uint32_t, std::string_view>;

constexpr std::array kExceptionClasses{
    Name{0x01, "WFx"},         Name{0x07, "FP_ASIMD"},    Name{0x11, "SVC32"},
    Name{0x12, "HVC32"},       Name{0x13, "SMC32"},       Name{0x15, "SVC64"},
    Name{0x16, "HVC64"},       Name{0x17, "SMC64"},       Name{0x18, "SYS64"},
    Name{0x19, "SVE"},         Name{0x1a, "ERET"},        Name{0x20, "IABT_LOW"},
    Name{0x21, "IABT_CUR"},    Name{0x24, "DABT_LOW"},    Name{0x25, "DABT_CUR"},
    Name{0x30, "BREAKPT_LOW"}, Name{0x32, "SOFTSTP_LOW"}, Name{0x34, "WATCHPT_LOW"},
    Name{0x3c, "BRK64"},
};

constexpr std::array kUserExits{
    Name{0, "unknown"},
    Name{1, "exception"},
    Name{2, "io"},
    Name{3, "hypercall"},
    Name{4, "debug"},
    Name{5, "hlt"},
    Name{6, "mmio"},
    Name{7, "irq_window_open"},
    Name{8, "shutdown"},
    Name{9, "fail_entry"},
    Name{10, "intr"},
    Name{17, "internal_error"},
    Name{24, "system_event"},
    Name{28, "arm_nisv"},
    Name{29, "x86_rdmsr"},
    Name{30, "x86_wrmsr"},
    Name{31, "dirty_ring_full"},
    Name{39, "memory_fault"},
};

}  // namespace

std::string exit_name(std::string_view arch, std::int32_t ret, std::uint32_t esr_ec) {
  if (ret == -1) {
    return "not observable";
  }
  if (arch != "aarch64") {
    return record::x86_exit_name(ret, esr_ec);
  }
  // ARM_EXIT_WITH_SERROR_BIT (31) may lie over the code.
  const std::uint32_t code = static_cast<std::uint32_t>(ret) & 0x7fffffffU;
  switch (code) {
    case 0:
      return "IRQ";
    case 1:
      return "SError";
    case 2:
      return lookup(kExceptionClasses, esr_ec, "EC");
    case 3:
      return "IL";
    default:
      return fmt::format("code {}", code);
  }
}

std::string user_exit_name(std::uint32_t reason) { return lookup(kUserExits, reason, "exit"); }

}  // namespace wakepath::reconstruct
