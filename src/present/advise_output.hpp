// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <fmt/format.h>

#include "analysis/poll_model.hpp"
#include "present/summary_text.hpp"

namespace wakepath::present {

void advise_text(const analysis::AdviceReport& report, const TextOptions& options,
                 fmt::memory_buffer& out);
void advise_ndjson(const analysis::AdviceReport& report, fmt::memory_buffer& out);

}  // namespace wakepath::present
