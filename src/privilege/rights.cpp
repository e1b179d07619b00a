// SPDX-License-Identifier: GPL-2.0-or-later
#include "privilege/rights.hpp"

#include <array>
#include <cstddef>

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "util/fd.hpp"

namespace wakepath::privilege {

namespace {

constexpr uid_t kNobody = 65534;
constexpr int kCapabilityBits = 64;

using CapabilitySets = std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3>;

bool get_capabilities(CapabilitySets& sets) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  return ::syscall(SYS_capget, &header, sets.data()) == 0;
}

bool set_capabilities(const CapabilitySets& sets) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  return ::syscall(SYS_capset, &header, sets.data()) == 0;
}

// Only CAP_SETPCAP may. Without it nothing is lost: gain_nothing() has the same effect.
void bound_capabilities(std::uint64_t which) {
  for (int capability = 0; capability < kCapabilityBits; ++capability) {
    const bool stays = (which >> static_cast<unsigned>(capability) & 1U) != 0;
    if (!stays && ::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0) {
      return;
    }
  }
}

// Outside of a user namespace, or in one whose root is the machine's: "0 0 4294967295".
bool is_root_outside() {
  std::array<char, 64> text{};
  const int fd = ::open("/proc/self/uid_map", O_RDONLY | O_CLOEXEC);
  const ssize_t got = fd < 0 ? -1 : ::read(fd, text.data(), text.size() - 1);
  ::close(fd);
  if (got <= 0) {
    return true;
  }
  std::size_t at = 0;
  const auto next = [&text, &at] {
    unsigned long number = 0;
    while (text[at] == ' ') {
      ++at;
    }
    for (; text[at] >= '0' && text[at] <= '9'; ++at) {
      number = number * 10 + static_cast<unsigned long>(text[at] - '0');
    }
    return number;
  };
  const unsigned long inside = next();
  const unsigned long outside = next();
  return inside != 0 || outside == 0;
}

bool change_user() {
  return ::setgroups(0, nullptr) == 0 && ::setresgid(kNobody, kNobody, kNobody) == 0 &&
         ::setresuid(kNobody, kNobody, kNobody) == 0;
}

}  // namespace

bool gain_nothing() { return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0; }

bool keep_capabilities(std::uint64_t which) {
  bound_capabilities(which);
  ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  CapabilitySets sets{};
  if (!get_capabilities(sets)) {
    return false;
  }
  for (__user_cap_data_struct& set : sets) {
    const auto these = static_cast<std::uint32_t>(which);
    set.permitted &= these;
    set.effective &= these;
    set.inheritable = 0;
    which >>= 32U;
  }
  return set_capabilities(sets);
}

bool become_nobody() {
  const bool was_root = ::geteuid() == 0 || ::getuid() == 0;
  bound_capabilities(0);  // while we may
  const bool changed = was_root && change_user();
  if (!keep_capabilities(0)) {
    return false;
  }
  if (kSanitized) {
    ::prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
  }
  return !was_root || changed || !is_root_outside();
}

bool read_only_below(const std::vector<std::string>& paths) {
  constexpr std::uint64_t kReads = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
  landlock_ruleset_attr reads{};
  reads.handled_access_fs = kReads;
  const Fd rules(
      static_cast<int>(::syscall(SYS_landlock_create_ruleset, &reads, sizeof(reads), 0U)));
  if (!rules) {
    return false;
  }
  for (const std::string& path : paths) {
    const Fd there(::open(path.c_str(), O_PATH | O_CLOEXEC));
    struct stat status {};
    if (!there || ::fstat(there.get(), &status) != 0) {
      return false;
    }
    landlock_path_beneath_attr rule{};
    rule.parent_fd = there.get();
    rule.allowed_access = S_ISDIR(status.st_mode) ? kReads : LANDLOCK_ACCESS_FS_READ_FILE;
    if (::syscall(SYS_landlock_add_rule, rules.get(), LANDLOCK_RULE_PATH_BENEATH, &rule, 0U) != 0) {
      return false;
    }
  }
  return ::syscall(SYS_landlock_restrict_self, rules.get(), 0U) == 0;
}

bool has_rights() {
  CapabilitySets sets{};
  get_capabilities(sets);
  bool any = ::geteuid() == 0 || ::getuid() == 0;
  for (const __user_cap_data_struct& set : sets) {
    any = any || set.permitted != 0;
  }
  return any;
}

}  // namespace wakepath::privilege
