// SPDX-License-Identifier: GPL-2.0-or-later
// Whether programs can write to an event ring, which takes an atomic that orders what they write.
#pragma once

#include <bpf/libbpf.h>

namespace wakepath::capture {

// x86_64: always. arm64: where BPF's atomics give back the old value, from 5.18 on. Needs the
// privilege to load a program.
bool has_ordering_atomics();

// For a kernel without them, whose verifier refuses them even where they are never reached: takes
// the order from the atomics of a program that is not loaded yet. False: out of memory.
bool replace_ordering_atomics(bpf_program* program);

}  // namespace wakepath::capture
