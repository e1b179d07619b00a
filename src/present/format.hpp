// SPDX-License-Identifier: GPL-2.0-or-later
// The forms that results can be shown in. renderer.cpp makes the renderer of each, and
// holds what they are called.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace wakepath::present {

enum class Format : std::uint8_t { table, ndjson, json, junit, github, markdown };

struct FormatName {
  Format format;
  std::string_view name;   // what --format takes
  std::string_view about;  // one clause, for --help; empty: another name of one that has it
  bool cases{};            // it tells what was judged alone
};
std::span<const FormatName> formats();

}  // namespace wakepath::present
