// SPDX-License-Identifier: GPL-2.0-or-later
// System calls that a process has no use for, refused from here on, in what it starts too. What is
// refused is a list, not the rest of one: another libc may make other calls.
#pragma once

#include <cstdint>

namespace wakepath::privilege {

enum class Refused : std::uint8_t {
  // Networks, other processes' memory, namespaces, mounts, modules, BPF and perf, keys, io_uring,
  // clocks, input to a terminal.
  of_readers,
  // The same, but BPF and perf are its work.
  of_captures,
  // Programs: execve.
  programs,
  // Whatever opens a file to write, or changes one by its name.
  changes,
};

// False: this kernel has no filters, or wakepath was built without libseccomp. The process can gain
// nothing already (gain_nothing).
bool refuse(Refused what);

}  // namespace wakepath::privilege
