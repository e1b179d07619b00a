// SPDX-License-Identifier: GPL-2.0-or-later
// perf.data: what perf prints of it, read as the text that it is, with what its header tells.
#pragma once

#include <memory>

#include "import/child.hpp"
#include "import/trace_reader.hpp"
#include "util/fd.hpp"

namespace wakepath::foreign {

// `can_name`: whoever takes the events has names for addresses. Errors as PerfScript::start().
Result<std::unique_ptr<TraceReader>> open_perf_data(Fd file, bool can_name,
                                                    const ChildLimits& limits = {});

}  // namespace wakepath::foreign
