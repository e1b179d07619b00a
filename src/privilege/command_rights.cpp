// SPDX-License-Identifier: GPL-2.0-or-later
#include "privilege/command_rights.hpp"

#include <cstdint>
#include <cstdlib>
#include <vector>

#include <linux/capability.h>
#include <sched.h>
#include <unistd.h>

#include "privilege/call_filter.hpp"
#include "privilege/rights.hpp"

namespace wakepath::privilege {

namespace {

constexpr std::uint64_t bit(unsigned capability) { return std::uint64_t{1} << capability; }

constexpr std::uint64_t kOfTreeReaders = bit(CAP_DAC_READ_SEARCH) | bit(CAP_SYS_PTRACE);

void forget_temporary_directory() {
  const char* const chosen = std::getenv("TMPDIR");
  if (chosen != nullptr && ::access(chosen, W_OK | X_OK) != 0) {
    ::unsetenv("TMPDIR");
  }
}

}  // namespace

void read_files_only() {
  gain_nothing();
  if (!refuse(Refused::of_readers)) {
    ::unshare(CLONE_NEWNET);  // root alone may
  }
  const bool was_root = ::geteuid() == 0;
  static_cast<void>(become_nobody());  // a process of ours asks again before it trusts that
  if (was_root) {
    forget_temporary_directory();
  }
}

void start_no_programs() { refuse(Refused::programs); }

void stay_below(const std::string& root, const std::string& names) {
  // The sanitizer of leaks reads /proc of its own process.
  if (kSanitized || root.find_first_not_of('/') == std::string::npos) {
    return;
  }
  gain_nothing();
  std::vector<std::string> paths{root};
  // libpci's names of devices, if they are there.
  for (const std::string& path : {std::string("/usr/share"), names}) {
    if (!path.empty() && ::access(path.c_str(), R_OK) == 0) {
      paths.push_back(path);
    }
  }
  read_only_below(paths);
}

void read_trees_only(const std::string& root, const std::string& names) {
  gain_nothing();
  stay_below(root, names);
  refuse(Refused::of_readers);
  refuse(Refused::programs);
  refuse(Refused::changes);
  keep_capabilities(kOfTreeReaders);
}

void read_trees_only_in_this_thread(const std::string& root) {
  stay_below(root);
  keep_capabilities(kOfTreeReaders);
}

void capture_only(bool with_guest) {
  gain_nothing();
  refuse(Refused::of_captures);
  refuse(Refused::programs);
  keep_capabilities(bit(CAP_BPF) | bit(CAP_PERFMON) | bit(CAP_SYSLOG) | bit(CAP_SYS_PTRACE) |
                    bit(CAP_DAC_READ_SEARCH) | (with_guest ? bit(CAP_SYS_NICE) : 0));
}

void name_files_only() {
  gain_nothing();
  refuse(Refused::of_readers);
  refuse(Refused::programs);
  keep_capabilities(bit(CAP_DAC_OVERRIDE) | bit(CAP_DAC_READ_SEARCH) | bit(CAP_FOWNER));
}

}  // namespace wakepath::privilege
