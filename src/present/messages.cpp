// SPDX-License-Identifier: GPL-2.0-or-later
#include "present/messages.hpp"

#include "util/escape.hpp"

namespace wakepath::present {

Result<void> say(const std::string& text, Output& messages) {
  fmt::format_to(fmt::appender(messages.buffer()), "wakepath: {}\n", escape_terminal(text));
  return messages.flush();
}

Result<void> say_verdict(const VerdictResult& verdict, Output& messages) {
  return verdict.failed ? say("verdict failed: " + verdict.text, messages) : Result<void>{};
}

}  // namespace wakepath::present
