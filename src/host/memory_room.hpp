// SPDX-License-Identifier: GPL-2.0-or-later
// How much memory this process may still take, with what others have taken.
#pragma once

#include <cstdint>
#include <string>

namespace wakepath::host {

// The least of what the host has available and what each cgroup on the way to ours has left, in
// bytes. 0: the host does not say. `root` is where /proc and /sys are.
std::uint64_t memory_room(const std::string& root);

}  // namespace wakepath::host
