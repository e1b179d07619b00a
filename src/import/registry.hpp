// SPDX-License-Identifier: GPL-2.0-or-later
// Every kind of input that wakepath reads, in one table. replay, import, info, audit and the
// library find an input's kind here, so each of them reads what any of them reads.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "import/opening.hpp"
#include "wakepath/sources.hpp"

namespace wakepath::foreign {

struct InputKind {
  std::string_view name;
  // By the first bytes, text::kLookBytes of them where there are so many, and by the name.
  bool (*recognise)(std::string_view first_bytes, std::string_view path);
  // Errors as open_input().
  Result<std::unique_ptr<InputSource>> (*open)(Opening opening);
  // The function calls in it, as text of function_graph; null: this one has none. No function: no
  // input of this kind has any.
  Result<std::unique_ptr<ByteSource>> (*open_calls)(Opening opening);
};

// The first that recognises an input reads it.
std::span<const InputKind> input_kinds();

// As open_input(), of an input that is being opened; its `name_of` is taken.
Result<std::unique_ptr<InputSource>> open_as_what_it_is(Opening opening);

// As open_input(), of files that are open.
Result<std::unique_ptr<InputSource>> open_given(GivenFiles given, int stop_fd = -1);

// For an outline. Null: the input has no calls. Error: bad_input.
Result<std::unique_ptr<ByteSource>> open_calls(GivenFiles given, int stop_fd = -1);

}  // namespace wakepath::foreign
