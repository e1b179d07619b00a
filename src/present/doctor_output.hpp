// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <fmt/format.h>

#include "present/doctor_report.hpp"

namespace wakepath::present {

// What the host can, in one sentence, and a line for each check.
void doctor_text(const DoctorReport& report, fmt::memory_buffer& out);
// A line for each check, of type "check".
void doctor_ndjson(const DoctorReport& report, fmt::memory_buffer& out);

}  // namespace wakepath::present
