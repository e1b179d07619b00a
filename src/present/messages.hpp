// SPDX-License-Identifier: GPL-2.0-or-later
// What every form says to a person in the same words, beside its results.
#pragma once

#include <string>

#include "present/output.hpp"
#include "wakepath/pipeline.hpp"

namespace wakepath::present {

// "wakepath: TEXT", and out at once.
Result<void> say(const std::string& text, Output& messages);
// A verdict that failed; of one that passed there is nothing to say.
Result<void> say_verdict(const VerdictResult& verdict, Output& messages);

}  // namespace wakepath::present
