// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <fmt/format.h>

#include "present/recording_info.hpp"

namespace wakepath::present {

void info_text(const RecordingInfo& info, fmt::memory_buffer& out);
// One line, of type "info".
void info_ndjson(const RecordingInfo& info, fmt::memory_buffer& out);

}  // namespace wakepath::present
