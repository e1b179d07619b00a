// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <array>
#include <utility>

#include "guest/guest.hpp"

namespace wakepath::guest {
namespace {

constexpr std::array<std::pair<Workload, std::string_view>, 7> workload_names{{
    {Workload::timer, "timer"},
    {Workload::kworker, "kworker"},
    {Workload::irqfd, "irqfd"},
    {Workload::device, "device"},
    {Workload::signal, "signal"},
    {Workload::lpi, "lpi"},
    {Workload::ipi, "ipi"},
}};

}  // namespace

std::string_view name(Workload workload) {
  const auto* found = std::find_if(workload_names.begin(), workload_names.end(),
                                   [&](const auto& entry) { return entry.first == workload; });
  return found == workload_names.end() ? std::string_view{} : found->second;
}

std::optional<Workload> workload_from(std::string_view name) {
  const auto* found = std::find_if(workload_names.begin(), workload_names.end(),
                                   [&](const auto& entry) { return entry.second == name; });
  return found == workload_names.end() ? std::nullopt : std::optional(found->first);
}

}  // namespace wakepath::guest
