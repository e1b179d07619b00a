// SPDX-License-Identifier: GPL-2.0-or-later
#include "present/quiet_text.hpp"

#include <algorithm>

#include "findings/quiet_vcpu.hpp"
#include "present/view.hpp"

namespace wakepath::present {

void append_quiet(const std::vector<QuietVcpu>& vcpus, std::size_t top, fmt::memory_buffer& out) {
  std::vector<const QuietVcpu*> shown;
  shown.reserve(vcpus.size());
  for (const QuietVcpu& vcpu : vcpus) {
    shown.push_back(&vcpu);
  }
  std::ranges::stable_sort(shown, {}, &QuietVcpu::why);
  const std::size_t lines = top == 0 ? shown.size() : std::min(top, shown.size());
  for (std::size_t i = 0; i < lines; ++i) {
    const QuietVcpu& vcpu = *shown[i];
    fmt::format_to(fmt::appender(out), "  {}: {}\n", who_text(vcpu.who),
                   findings::quiet_reason(vcpu));
  }
  if (lines < shown.size()) {
    fmt::format_to(fmt::appender(out), "  … and {} (--top {} shows all)\n",
                   count_text(shown.size() - lines, "more vCPU"), shown.size());
  }
}

}  // namespace wakepath::present
