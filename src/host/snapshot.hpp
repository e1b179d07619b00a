// SPDX-License-Identifier: GPL-2.0-or-later
// A copy of the files that wakepath reads of a host, for `--root` elsewhere. The list in
// snapshot.cpp names every file. Of a process the copy has only its VM and the CPUs that it may
// use. It has no environment, no addresses, and of command lines only a VM's program and name.
#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "wakepath/result.hpp"

namespace wakepath::host {

// The destination of the copy. Names are relative ("proc/cmdline"). A directory comes before its
// contents, unless it has no facts of its own.
class SnapshotSink {
 public:
  SnapshotSink() = default;
  SnapshotSink(const SnapshotSink&) = delete;
  SnapshotSink& operator=(const SnapshotSink&) = delete;
  virtual ~SnapshotSink() = default;
  // `mode` matters in /proc/irq: a read-only file means a managed interrupt.
  virtual Result<void> file(const std::string& name, const std::string& content, unsigned mode) = 0;
  virtual Result<void> link(const std::string& name, const std::string& target) = 0;
  virtual Result<void> directory(const std::string& name) = 0;
};

struct SnapshotTotals {
  std::size_t files{0};
  std::size_t unreadable{0};  // files that this user can't read
  bool whole{true};           // false: it was stopped
};

// Calls `go_on` now and then; false stops. Error: of `to`.
Result<SnapshotTotals> take_snapshot(const std::string& root, SnapshotSink& to,
                                     const std::function<bool()>& go_on);

// The reduced contents of these files: /proc/PID/stat without addresses, /proc/PID/status with its
// identity and its CPUs alone, a QEMU's command line with its program and name alone.
std::string without_addresses(const std::string& stat);
std::string without_sizes(const std::string& status);
std::string name_only(const std::string& cmdline);

}  // namespace wakepath::host
