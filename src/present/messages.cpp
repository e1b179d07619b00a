// SPDX-License-Identifier: GPL-2.0-or-later
#include "present/messages.hpp"

#include "util/escape.hpp"

namespace wakepath::present {

Result<void> say(const std::string& text, Output& messages) {
  fmt::format_to(fmt::appender(messages.buffer()), "wakepath: {}\n", escape_terminal(text));
  return messages.flush();
}

Result<void> say_verdict(const VerdictResult& verdict, Output& messages) {
  switch (verdict.outcome) {
    case VerdictResult::Outcome::passed:
      return {};
    case VerdictResult::Outcome::failed:
      return say("verdict failed: " + verdict.text, messages);
    case VerdictResult::Outcome::not_judged:
      return say("verdict not judged: " + verdict.text, messages);
  }
  return {};
}

}  // namespace wakepath::present
