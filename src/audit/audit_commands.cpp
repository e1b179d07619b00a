// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "audit/audit_facts.hpp"

namespace wakepath::audit {
namespace {

std::string words(const std::vector<std::uint32_t>& numbers) {
  std::string text;
  for (const std::uint32_t number : numbers) {
    fmt::format_to(std::back_inserter(text), "{}{}", text.empty() ? "" : " ", number);
  }
  return text;
}

}  // namespace

std::string cpus_text(const CpuSet& cpus) {
  return (cpus.size() == 1 ? "CPU " : "CPUs ") + cpus.text();
}

std::string shell_word(std::string_view text) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.:/+";
  if (!text.empty() && text.front() != '-' &&
      text.find_first_not_of(kPlain) == std::string_view::npos) {
    return std::string(text);
  }
  std::string word = "'";
  for (const char character : text) {
    word += character == '\'' ? "'\\''" : std::string(1, character);
  }
  return word + "'";
}

std::string move_irqs_command(const std::vector<std::uint32_t>& irqs, const CpuSet& to) {
  if (to.empty() || irqs.empty()) {
    return {};
  }
  if (irqs.size() == 1) {
    return fmt::format("echo {} >/proc/irq/{}/smp_affinity_list", to.text(), irqs.front());
  }
  return fmt::format("for irq in {}; do echo {} >/proc/irq/$irq/smp_affinity_list; done",
                     words(irqs), to.text());
}

std::string pin_command(const std::vector<std::uint32_t>& tids, const CpuSet& to) {
  if (to.empty() || tids.empty()) {
    return {};
  }
  if (tids.size() == 1) {
    return fmt::format("taskset -cp {} {}", to.text(), tids.front());
  }
  return fmt::format("for tid in {}; do taskset -cp {} $tid; done", words(tids), to.text());
}

}  // namespace wakepath::audit
