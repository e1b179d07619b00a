// SPDX-License-Identifier: GPL-2.0-or-later
// A line that tells no event: what people, shells, mail and logs put between the lines of a trace.
#pragma once

#include <cstdint>
#include <string_view>

namespace wakepath::foreign::text {

enum class Stray : std::uint8_t {
  remark,   // a prompt, a fence, a sentence: nothing is lost with it
  gap,      // says that lines were cut out here: "...", "<snip>", "[120 lines omitted]"
  damaged,  // holds parts of an event, or bytes that are no text: it may have been an event
};

Stray stray_line(std::string_view line);

}  // namespace wakepath::foreign::text
