// SPDX-License-Identifier: GPL-2.0-or-later
// Names from outside (comm, VM and device names) are hostile. These functions make them harmless
// for an output.
#pragma once

#include <string>
#include <string_view>

namespace wakepath {

// For a terminal: control characters, DEL and bytes that are not valid UTF-8 (and the C1 controls
// and bidirectional overrides inside valid UTF-8) become \xNN. So does what a CI's log may take for
// a command to it: the first ':' of a word that begins with "::", the '[' of "##[".
std::string escape_terminal(std::string_view text);

// The inside of a JSON string, quotes not included. Bytes that are not valid UTF-8 become U+FFFD.
std::string escape_json(std::string_view text);

// For a component of a path: '>', '(', ')', '\' and control characters become \xNN. Runs of digits
// in names of IRQs and tasks become '*', so that instances share a path. Functions keep their
// digits.
enum class Digits { fold, keep };
std::string escape_path_component(std::string_view text, Digits digits = Digits::fold);

}  // namespace wakepath
