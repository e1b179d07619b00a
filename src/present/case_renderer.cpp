// SPDX-License-Identifier: GPL-2.0-or-later
#include "present/case_renderer.hpp"

#include "present/messages.hpp"

namespace wakepath::present {

Result<void> CaseRenderer::notice(const std::string& text) {
  return say("note: " + text, messages_);
}

Result<void> CaseRenderer::verdict(const VerdictResult& verdict) {
  return say_verdict(verdict, messages_);
}

Result<void> CaseRenderer::cases(const CaseReport& report) {
  write_(report, out_.buffer());
  return out_.commit();
}

Result<void> CaseRenderer::no_cases() {
  return fail(ErrorKind::usage, "nothing is judged here, so there are no cases to tell",
              "--format table, or --format ndjson");
}

}  // namespace wakepath::present
