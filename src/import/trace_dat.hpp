// SPDX-License-Identifier: GPL-2.0-or-later
// trace-cmd's trace.dat, versions 6 and 7, compressed or not, by libtracecmd in a process of its
// own: that library trusts its input.
#pragma once

#include <chrono>
#include <memory>

#include "import/byte_source.hpp"
#include "import/child.hpp"
#include "import/trace_reader.hpp"
#include "util/fd.hpp"
#include "wakepath/record.hpp"

namespace wakepath::foreign {

// Of a file that starts with these bytes (a dozen do).
bool is_trace_dat(Bytes beginning);

// `file` is a regular file: it is read here and there. No other thread may run. Errors:
// unsupported, where this program was built without libtracecmd; bug, where no process can be made.
// That nothing can be read of the file is read()'s first answer.
Result<std::unique_ptr<TraceReader>> open_trace_dat(Fd file, const ChildLimits& limits = {});

// The text of function_graph that a trace.dat of that tracer tells as much as; null: it is of none.
// Errors: as above, and bad_input, where nothing can be read of it.
Result<std::unique_ptr<ByteSource>> open_trace_dat_graph(Fd file, const ChildLimits& limits = {});

}  // namespace wakepath::foreign
