// SPDX-License-Identifier: GPL-2.0-or-later
// Writes /proc/irq/N/smp_affinity_list.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include "util/fd.hpp"

namespace wakepath::host {

class IrqAffinityFile {
 public:
  // The error is an errno. Below `root` no part of the path may be a symbolic link (ELOOP or
  // ENOTDIR), and the file must be a regular one (EINVAL): root writes it.
  static tl::expected<IrqAffinityFile, int> open(const std::string& root, std::uint32_t irq);

  // 0, or the kernel's errno.
  [[nodiscard]] int write(std::string_view cpu_list) const;

 private:
  explicit IrqAffinityFile(Fd fd) : fd_(std::move(fd)) {}

  Fd fd_;
};

}  // namespace wakepath::host
