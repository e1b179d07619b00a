// SPDX-License-Identifier: GPL-2.0-or-later
// CPU lists as the kernel writes them: "0-3,8" (lib/bitmap.c, bitmap_parselist without strides).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "wakepath/result.hpp"

namespace wakepath {

class CpuSet {
 public:
  // Error: usage. An empty text is an empty set. CPUs from WP_MAX_CPUS (4096) on are refused.
  static Result<CpuSet> parse(std::string_view text);

  void add(std::uint32_t cpu);
  void remove(std::uint32_t cpu);
  [[nodiscard]] bool contains(std::uint32_t cpu) const;
  [[nodiscard]] bool empty() const;
  [[nodiscard]] std::size_t size() const;
  [[nodiscard]] std::vector<std::uint32_t> list() const;  // ascending
  [[nodiscard]] std::string text() const;

 private:
  std::vector<bool> cpus_;
};

CpuSet united(const CpuSet& a, const CpuSet& b);
CpuSet common(const CpuSet& a, const CpuSet& b);
CpuSet without(const CpuSet& from, const CpuSet& what);

// For the kernel's command line. Where the number of CPUs is not known, a set may go up to the last
// one that there may be (WP_MAX_CPUS): that is its "N", as in "4-N" or "0-N:2/4".
std::string kernel_list(const CpuSet& cpus);

// For files of the kernel that take masks alone: "5", "1,00000000".
std::string cpu_mask(const CpuSet& cpus);

}  // namespace wakepath
