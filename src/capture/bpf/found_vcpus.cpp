// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/bpf/found_vcpus.hpp"

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

namespace wakepath::capture {

std::vector<wp_vcpu> merge_found_vcpus(std::vector<wp_vcpu> before,
                                       const std::vector<wp_vcpu>& now) {
  using Who = std::pair<std::uint32_t, std::uint64_t>;
  const auto who = [](const wp_vcpu& vcpu) { return Who{vcpu.tid, vcpu.vcpu}; };
  std::set<Who> found;
  std::ranges::transform(now, std::inserter(found, found.end()), who);
  std::erase_if(before, [&](const wp_vcpu& vcpu) { return found.contains(who(vcpu)); });
  for (wp_vcpu& vcpu : before) {
    vcpu.state = 0;
  }
  before.insert(before.end(), now.begin(), now.end());
  return before;
}

}  // namespace wakepath::capture
