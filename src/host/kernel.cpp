// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>
#include <sys/utsname.h>

#include "host/host_facts.hpp"
#include "host/read_file.hpp"
#include "util/escape.hpp"

namespace wakepath::host {
namespace {

// /proc/sys/kernel/arch exists from 6.1 on. Before, uname() tells for this host, and the layout of
// cpuinfo for a copied tree.
std::string read_machine(const std::string& root) {
  if (const auto arch = read_line(root + "/proc/sys/kernel/arch"); arch && !arch->empty()) {
    return *arch;
  }
  if (struct utsname names{}; root == "/" && ::uname(&names) == 0) {
    return names.machine;
  }
  const auto cpuinfo = read_file(root + "/proc/cpuinfo").value_or("");
  if (cpuinfo.find("CPU implementer") != std::string::npos) {
    return "aarch64";
  }
  return cpuinfo.find("vendor_id") != std::string::npos ? "x86_64" : "";
}

}  // namespace

Result<Kernel> read_kernel(const std::string& root) {
  const auto release = read_line(root + "/proc/sys/kernel/osrelease");
  if (!release || release->empty()) {
    return fail(ErrorKind::unsupported, fmt::format("{}/proc/sys/kernel/osrelease can't be read",
                                                    escape_terminal(root == "/" ? "" : root)));
  }
  return Kernel{*release, read_machine(root)};
}

}  // namespace wakepath::host
