// SPDX-License-Identifier: GPL-2.0-or-later
// One HTML file that holds all it needs and asks for nothing: style and script stand in it, and its
// Content-Security-Policy allows these two and no request to anywhere.
#pragma once

#include <fmt/format.h>

#include "report/collected.hpp"

namespace wakepath::report {

void write_page(const Collected& all, fmt::memory_buffer& out);

}  // namespace wakepath::report
