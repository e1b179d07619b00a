// SPDX-License-Identifier: GPL-2.0-or-later
// The kernel's command line, and the lists of CPUs in it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "util/cpu_set.hpp"

namespace wakepath::host {

// By name. The last one of a repeated option counts. An option without "=" has an empty value.
std::map<std::string, std::string> parse_kernel_line(std::string_view line);

// "0-3,8", "2-15:1/2", "1-N", "all" (lib/bitmap.c, bitmap_parselist). `possible` is the number of
// CPUs: CPUs from there on are left out. 0: not known; then "1-N" goes up to the last CPU that
// there may be (WP_MAX_CPUS), and kernel_list() tells it as "1-N" again. nullopt: it is no such
// list.
std::optional<CpuSet> parse_kernel_cpus(std::string_view text, std::uint32_t possible);

// The highest CPU that the list names by its number, which therefore is there. nullopt: none.
std::optional<std::uint32_t> highest_named(std::string_view text);

// "managed_irq,domain,2-5" (kernel/sched/isolation.c, housekeeping_isolcpus_setup)
struct IsolCpus {
  bool domain{false};
  bool nohz{false};
  bool managed_irq{false};
  CpuSet cpus;
};
std::optional<IsolCpus> parse_isolcpus(std::string_view text, std::uint32_t possible);

// "00000000,00000005" -> 0,2: a mask as the kernel writes it. nullopt: it is none.
std::optional<CpuSet> parse_cpu_mask(std::string_view mask);

}  // namespace wakepath::host
