// SPDX-License-Identifier: GPL-2.0-or-later
// A recording of wakepath's own as an input, from a file or a pipe.
#pragma once

#include <memory>
#include <string_view>

#include "dump/reader.hpp"
#include "import/opening.hpp"
#include "wakepath/sources.hpp"

namespace wakepath::foreign {

// Of a file that starts with these bytes. A recording is one too where its first bytes are damaged:
// its first chunk, or its name, says so.
bool is_recording(std::string_view first_bytes, std::string_view path);

// One that is sound: its first eight bytes tell.
bool is_begin_of_recording(std::string_view first_bytes);

// Error: bad_input.
Result<std::unique_ptr<InputSource>> open_recording_input(Opening opening);

// What is known of the recording as a file; null: `source` is none.
const dump::DumpInfo* recording_info(const InputSource& source);

}  // namespace wakepath::foreign
