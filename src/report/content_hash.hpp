// SPDX-License-Identifier: GPL-2.0-or-later
// What a Content-Security-Policy names an inline style sheet or script by: "sha256-" and the
// SHA-256 (FIPS 180-4) of its bytes in base64. It is computed of the very bytes that the page gets,
// so it can't be another's.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace wakepath::report {

std::array<std::uint8_t, 32> sha256(std::string_view bytes);
std::string content_hash(std::string_view bytes);

}  // namespace wakepath::report
