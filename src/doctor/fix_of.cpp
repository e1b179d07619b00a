// SPDX-License-Identifier: GPL-2.0-or-later
#include "doctor/fix_of.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>
#include <system_error>

#include "capture/privileges.hpp"
#include "findings/advice.hpp"

namespace wakepath::doctor {

Fix grant_to_self() {
  std::error_code error;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", error);
  return error ? findings::no_command(capture::kPermissionFix)
               : findings::grant_capabilities(program.string());
}

Fix fix_of(const Error& error) {
  constexpr std::array<std::string_view, 5> kPrograms{"modprobe ", "mount ", "sysctl ", "ulimit ",
                                                      "echo "};
  if (error.fix == capture::kPermissionFix) {
    return grant_to_self();
  }
  if (std::ranges::any_of(kPrograms,
                          [&](auto program) { return error.fix.starts_with(program); })) {
    return {error.fix, {}, {}};
  }
  return findings::no_command(error.fix.empty() ? "nothing that wakepath knows of mends it"
                                                : error.fix);
}

}  // namespace wakepath::doctor
