// SPDX-License-Identifier: GPL-2.0-or-later
// Sizes as users write them: "4096", "64K", "1M".
#pragma once

#include <cstddef>
#include <string_view>

#include "wakepath/result.hpp"

namespace wakepath::cli {

// Bytes; K, M and G are powers of 1024. Error: usage.
Result<std::size_t> parse_size(std::string_view text);

}  // namespace wakepath::cli
