// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string_view>

#include "wakepath/event.hpp"

namespace wakepath::foreign {

// Of a text that holds arm64's words for it.
wp_ipi_reason ipi_reason_in(std::string_view text);

}  // namespace wakepath::foreign
