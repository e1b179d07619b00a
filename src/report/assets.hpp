// SPDX-License-Identifier: GPL-2.0-or-later
// report.css and report.js, as the build embeds them.
#pragma once

#include <string_view>

namespace wakepath::report {

std::string_view page_style();
std::string_view page_script();
// What the page's Content-Security-Policy names them by.
std::string_view page_style_hash();
std::string_view page_script_hash();

}  // namespace wakepath::report
