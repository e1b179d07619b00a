// SPDX-License-Identifier: GPL-2.0-or-later
// Lengths drawn with blocks, an eighth of a column fine; and colour.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace wakepath::present {

// `value` of `most`, where `most` takes `columns`. What is more than nothing shows.
std::string bar(std::uint64_t value, std::uint64_t most, std::size_t columns);

// Upright bars, a column each, in `rows` lines from the top.
std::vector<std::string> upright(const std::vector<std::uint64_t>& values, std::size_t rows);

enum class Paint { plain, bold, red, yellow, green };
std::string painted(std::string_view text, Paint paint, bool color);

// Breaks each line that is wider than `width` at a blank. What goes on is indented by `indent`; by
// default by two more than the line.
std::string wrapped(std::string_view text, std::size_t width,
                    std::optional<std::size_t> indent = {});

// Cut in the middle, "kvm_bg_ti…expire", so that begin and end can be read.
std::string shorten_middle(std::string_view text, std::size_t limit);

}  // namespace wakepath::present
