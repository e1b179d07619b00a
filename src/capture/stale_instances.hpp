// SPDX-License-Identifier: GPL-2.0-or-later
// Tracing instances (instances/wakepath-PID in tracefs) that killed runs left: they go on tracing,
// and each event costs. Whoever lives has a lock (flock) on the directory of his own.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "util/fd.hpp"

namespace wakepath::capture {

// What the name of each begins with.
inline constexpr std::string_view kOurInstances = "wakepath-";

// Where tracefs is mounted; empty: nowhere, or not for this user.
std::string tracefs_root();

// The lock of an instance; an empty Fd: somebody else has it, or it is not there.
Fd lock_instance(const std::string& directory);

// While it lives, no other start makes an instance, or looks for stale ones: between its making and
// its lock one looks like a stale one. Waits for others, but not for ever.
class InstancesLock {
 public:
  explicit InstancesLock(const std::string& root);

 private:
  Fd fd_;
};

// With an InstancesLock. Their directories.
std::vector<std::string> stale_instances(const std::string& root);
// With an InstancesLock. How many could be removed.
std::size_t remove_stale_instances(const std::string& root);

}  // namespace wakepath::capture
