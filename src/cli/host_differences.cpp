// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/host_differences.hpp"

#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

namespace wakepath::cli {

namespace {

// Not a count, or a state that changes by itself.
bool is_setting(const std::string& name) {
  return name.find("/parameters/") != std::string::npos || name.starts_with("proc/sys/") ||
         name == "proc/cmdline" || name.ends_with("affinity_list") || name.ends_with("/disable") ||
         name.ends_with("/scaling_governor") || name.ends_with("cpumask") ||
         name.ends_with("/cpuset.cpus") || name.ends_with("/isolated") ||
         name.ends_with("/online") || name.ends_with("transparent_hugepage/enabled");
}

std::string value_of(std::string text) {
  constexpr std::size_t kMost = 60;
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) {
    text.pop_back();
  }
  return text.size() > kMost ? text.substr(0, kMost) + "…" : text;
}

void add_differences(const Settings& before, const Settings& after, std::vector<std::string>& out) {
  constexpr std::size_t kMost = 20;
  std::size_t more = 0;
  for (const auto& [name, text] : before) {
    const auto other = after.find(name);
    if (!is_setting(name) || other == after.end() || other->second == text) {
      continue;
    }
    if (out.size() >= kMost) {
      ++more;
      continue;
    }
    out.push_back(fmt::format("/{} {} -> {}", name, value_of(text), value_of(other->second)));
  }
  if (more != 0) {
    out.push_back(fmt::format("and {} more settings", more));
  }
  if (before.empty() != after.empty()) {
    out.emplace_back("only one of them holds its host's settings");
  }
}

void add_difference(std::string_view what, const std::string& before, const std::string& after,
                    std::vector<std::string>& out) {
  if (before != after) {
    out.push_back(fmt::format("{} {} -> {}", what, before.empty() ? "not known" : before,
                              after.empty() ? "not known" : after));
  }
}

std::string enabled(const Header& header) {
  std::string text;
  for (const EventState& event : header.events) {
    text += event.enabled ? (text.empty() ? "" : " ") + event.event : "";
  }
  return text;
}

}  // namespace

void add_host_differences(const Settings& before, const Settings& after,
                          analysis::Comparison& comparison) {
  const Header& old = comparison.before.header;
  const Header& now = comparison.after.header;
  add_difference("kernel", old.kernel, now.kernel, comparison.differs);
  add_difference("architecture", old.arch, now.arch, comparison.differs);
  add_difference("CPUs", std::to_string(old.cpus), std::to_string(now.cpus), comparison.differs);
  add_difference("wakepath", old.wakepath, now.wakepath, comparison.differs);
  if (enabled(old) != enabled(now)) {
    comparison.differs.emplace_back("the events that were captured: wakepath info lists them");
  }
  add_differences(before, after, comparison.differs);
}

}  // namespace wakepath::cli
