// SPDX-License-Identifier: GPL-2.0-or-later
// A copy of what wakepath reads of a host, for `--root` elsewhere. By name: nothing is taken along
// that is not in the list of snapshot.cpp, and of processes only what says which CPUs they may use
// and which VM they are. No environment, no command line but a VM's program and name, no addresses.
#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "wakepath/result.hpp"

namespace wakepath::host {

// Where the copy goes. Names are relative ("proc/cmdline"); what a name lies in comes before it,
// unless there is nothing to be said of it.
class SnapshotSink {
 public:
  SnapshotSink() = default;
  SnapshotSink(const SnapshotSink&) = delete;
  SnapshotSink& operator=(const SnapshotSink&) = delete;
  virtual ~SnapshotSink() = default;
  // `mode`: who may write says something in /proc/irq.
  virtual Result<void> file(const std::string& name, const std::string& content, unsigned mode) = 0;
  virtual Result<void> link(const std::string& name, const std::string& target) = 0;
  virtual Result<void> directory(const std::string& name) = 0;
};

struct SnapshotTotals {
  std::size_t files{0};
  std::size_t unreadable{0};  // that are there, but not for this user
  bool whole{true};           // false: it was stopped
};

// `go_on` is asked now and then. Error: of `to`.
Result<SnapshotTotals> take_snapshot(const std::string& root, SnapshotSink& to,
                                     const std::function<bool()>& go_on);

// What of these files is taken along: of /proc/PID/stat no addresses, of /proc/PID/status who it is
// and where it may run, of a QEMU's command line its program and name.
std::string without_addresses(const std::string& stat);
std::string without_sizes(const std::string& status);
std::string name_only(const std::string& cmdline);

}  // namespace wakepath::host
