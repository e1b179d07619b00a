// SPDX-License-Identifier: GPL-2.0-or-later
// Each event that a capture can take has its BPF program, and each tracepoint of KVM the second one
// for a kernel that has KVM as a module. A handler that is missing does not compile here.
#include <type_traits>

#include "bpf/event_ring.h"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#include "wakepath.skel.h"
#pragma GCC diagnostic pop

namespace wakepath::capture {

namespace {

using Programs = decltype(wakepath_bpf::progs);

#define WP_HAS_PROGRAM(name) static_assert(std::is_same_v<decltype(Programs::name), bpf_program*>);
#define WP_PROGRAM_OF_tracepoint(name) WP_HAS_PROGRAM(name)
#define WP_PROGRAM_OF_kvm_tracepoint(name) WP_HAS_PROGRAM(name) WP_HAS_PROGRAM(raw_##name)
#define WP_PROGRAM_OF_function(name) WP_HAS_PROGRAM(name)
#define WP_PROGRAM_OF_naming(name)
#define WP_PROGRAM_OF_retired(name)
#define WP_EVENT(type, number, kind, name, ...) WP_PROGRAM_OF_##type(name)
#include "wakepath/events.def"

}  // namespace

}  // namespace wakepath::capture
