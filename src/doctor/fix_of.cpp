// SPDX-License-Identifier: GPL-2.0-or-later
#include "doctor/fix_of.hpp"

#include <filesystem>
#include <string>
#include <system_error>

#include "capture/privileges.hpp"
#include "findings/advice.hpp"

namespace wakepath::doctor {

Fix grant_to_self(std::string_view more) {
  std::error_code error;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) {
    return findings::no_command(capture::permission_fix(more));
  }
  std::string wanted(capture::kCapabilities);
  if (!more.empty()) {
    wanted.append(",").append(more);
  }
  return findings::grant_capabilities(wanted, program.string());
}

Fix fix_of(const Error& error) {
  if (error.fix == capture::permission_fix()) {
    return grant_to_self();
  }
  if (error.fix_is_command) {
    return {error.fix, {}, {}};
  }
  return findings::no_command(error.fix.empty() ? "nothing that wakepath knows of mends it"
                                                : error.fix);
}

}  // namespace wakepath::doctor
