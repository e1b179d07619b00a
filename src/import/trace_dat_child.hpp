// SPDX-License-Identifier: GPL-2.0-or-later
// What the process of its own does with a trace.dat.
#pragma once

#include <string_view>

namespace wakepath::foreign {

// TraceInfo::form: with events, or with function_graph text in place of them.
inline constexpr std::string_view kTraceDat = "trace.dat";
inline constexpr std::string_view kGraphInTraceDat = "trace.dat of function_graph";

// Reads the file by libtracecmd, writes all that wakepath uses of it to an EventPipeWriter. The
// exit code.
int send_trace_dat(int file, int output);

}  // namespace wakepath::foreign
