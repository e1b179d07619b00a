// SPDX-License-Identifier: GPL-2.0-or-later
// What this kernel makes of an array in a map of maps.
#pragma once

namespace wakepath::capture {

// True: a look-up that the kernel puts in place, without a call, finds the element that it is asked
// for. 6.0 to 6.3 always give the first one (kernel/bpf/arraymap.c, array_map_gen_lookup() reads an
// elem_size that map_in_map.c has not set; mended by cba41bb78d70, in 6.4 and their stable
// releases). False also where it can't be tried.
bool finds_inner_elements();

}  // namespace wakepath::capture
