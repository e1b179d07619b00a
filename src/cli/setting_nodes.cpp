// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/setting_nodes.hpp"

#include <charconv>
#include <string_view>

#include "util/cpu_set.hpp"

namespace wakepath::cli {

findings::NodeOfCpu nodes_of(const Settings& settings) {
  constexpr std::string_view kBegin = kNodeFiles;
  constexpr std::uint32_t kMostNodes = 1024;  // CONFIG_NODES_SHIFT is 10 at most
  constexpr std::string_view kEnd = "/cpulist";
  findings::NodeOfCpu nodes;
  for (auto at = settings.lower_bound(std::string(kBegin));
       at != settings.end() && at->first.starts_with(kBegin); ++at) {
    std::string_view number(at->first);
    number.remove_prefix(kBegin.size());
    std::uint32_t node = 0;
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), node);
    if (error != std::errc{} || node >= kMostNodes || (number.front() == '0' && node != 0) ||
        number.substr(static_cast<std::size_t>(end - number.data())) != kEnd) {
      continue;
    }
    const std::string_view text(at->second);
    if (const auto cpus = CpuSet::parse(text.substr(0, text.find('\n')))) {
      for (const std::uint32_t cpu : cpus->list()) {
        nodes[cpu] = node;
      }
    }
  }
  return nodes;
}

}  // namespace wakepath::cli
