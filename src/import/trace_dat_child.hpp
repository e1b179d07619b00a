// SPDX-License-Identifier: GPL-2.0-or-later
// What the process of its own does with a trace.dat.
#pragma once

namespace wakepath::foreign {

// Reads the file by libtracecmd, writes all that wakepath uses of it to an EventPipeWriter. The
// exit code.
int send_trace_dat(int file, int output);

}  // namespace wakepath::foreign
