// SPDX-License-Identifier: GPL-2.0-or-later
// A copy of what wakepath reads of a host, for `--root` elsewhere. By name: nothing is taken along
// that is not in the list of snapshot.cpp, and of processes only what says which CPUs they may use
// and which VM they are. No environment, no command line but a VM's program and name, no addresses.
#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "host/archive.hpp"
#include "wakepath/result.hpp"

namespace wakepath::host {

struct SnapshotTotals {
  std::size_t files{0};
  std::size_t unreadable{0};  // that are there, but not for this user
  bool whole{true};           // false: it was stopped
};

// `go_on` is asked now and then. Error: of the archive.
Result<SnapshotTotals> take_snapshot(const std::string& root, Archive& to,
                                     const std::function<bool()>& go_on);

// What of these files is taken along: of /proc/PID/stat no addresses, of /proc/PID/status who it is
// and where it may run, of a QEMU's command line its program and name.
std::string without_addresses(const std::string& stat);
std::string without_sizes(const std::string& status);
std::string name_only(const std::string& cmdline);

}  // namespace wakepath::host
