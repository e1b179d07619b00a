// SPDX-License-Identifier: GPL-2.0-or-later
// Whether programs can write to an event ring, which takes atomics that give back the old value:
// one to have the ring alone, on arm64 another one to put what is written in order.
#pragma once

#include <bpf/libbpf.h>

namespace wakepath::capture {

// x86_64 from 5.12 on, arm64 from 5.18 on. Needs the privilege to load a program.
bool has_fetching_atomics();

// For a kernel without them: puts others in their place, in a program that is not loaded yet and
// will not reach them. False: out of memory.
bool replace_fetching_atomics(bpf_program* program);

}  // namespace wakepath::capture
