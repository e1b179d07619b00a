// SPDX-License-Identifier: GPL-2.0-or-later
// What this process may do, and what stands in the way of BPF on this host.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "wakepath/result.hpp"

namespace wakepath::capture {

// What a capture needs, as setcap takes it, and what adds something to it: the counts of --stats;
// the names of functions before Linux 5.13.
inline constexpr std::string_view kCapabilities = "cap_bpf,cap_perfmon";
inline constexpr std::string_view kForStats = "cap_sys_admin";
inline constexpr std::string_view kForNames = "cap_syslog";
// The fix of each error that such a capability mends.
std::string permission_fix(std::string_view more = {});

struct Privileges {
  bool bpf{};      // load programs, make maps (CAP_SYS_ADMIN includes it)
  bool perfmon{};  // read kernel memory in programs (CAP_SYS_ADMIN includes it)
  bool sys_admin{};
  bool syslog{};  // kernel symbols, which functions have their names from before 5.13
};
Privileges read_privileges();

// "none", "integrity", "confidentiality"; nullopt where it can't be read (no lockdown LSM, no
// securityfs).
std::optional<std::string> read_lockdown();

// A number from a file of /proc or /sys; nullopt where it can't be read.
std::optional<long long> read_number(const std::string& path);

// Errors: unsupported where the host has no usable KVM.
Result<void> need_kvm();
// Errors: not_permitted (capabilities, lockdown).
Result<void> need_permission();
// Needs permission already. Errors: unsupported before 5.8, not_permitted where maps are refused.
Result<void> need_ring_buffer();

}  // namespace wakepath::capture
