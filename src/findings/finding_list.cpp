// SPDX-License-Identifier: GPL-2.0-or-later
#include "findings/finding_list.hpp"

#include <algorithm>
#include <array>
#include <functional>

namespace wakepath {

std::string_view name_of(Severity severity) {
  constexpr std::array<std::string_view, 3> kNames{"info", "warning", "error"};
  return kNames[static_cast<std::size_t>(severity)];
}

std::string_view name_of(Confidence confidence) {
  constexpr std::array<std::string_view, 3> kNames{"high", "medium", "look"};
  return kNames[static_cast<std::size_t>(confidence)];
}

}  // namespace wakepath

namespace wakepath::findings {

void sort_by_severity(std::vector<Finding>& findings) {
  std::ranges::stable_sort(findings, std::greater{}, &Finding::severity);
}

bool any_as_grave(const std::vector<Finding>& findings, std::optional<Severity> limit) {
  return limit && std::ranges::any_of(
                      findings, [&](const Finding& finding) { return finding.severity >= *limit; });
}

std::string first_fix_text(const std::vector<Fix>& fixes) {
  if (fixes.empty()) {
    return {};
  }
  return fixes.front().command.empty() ? fixes.front().note : fixes.front().command;
}

FigureValue known_or_null(std::optional<std::uint64_t> value) {
  return value ? FigureValue(*value) : FigureValue();
}

}  // namespace wakepath::findings
