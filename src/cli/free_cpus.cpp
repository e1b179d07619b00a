// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/free_cpus.hpp"

#include <optional>
#include <string_view>

namespace wakepath::cli {

namespace {

// nullopt: it is not there, or can't be read.
std::optional<CpuSet> list_in(const Settings& settings, const std::string& name) {
  const auto found = settings.find(name);
  if (found == settings.end()) {
    return std::nullopt;
  }
  std::string_view text(found->second);
  text = text.substr(0, text.find('\n'));
  // nohz_full without a CPU, before Linux 5.17.
  auto cpus = CpuSet::parse(text.find("(null)") == std::string_view::npos ? text : "");
  return cpus ? std::optional(*std::move(cpus)) : std::nullopt;
}

}  // namespace

void GuestCpus::see(const WakeChain& chain) {
  if (!chain.stages.empty()) {
    woken_.add(chain.stages.back().cpu);
  }
}

CpuSet GuestCpus::free(const Settings& settings) const {
  const auto online = list_in(settings, "sys/devices/system/cpu/online");
  const auto isolated = list_in(settings, "sys/devices/system/cpu/isolated");
  if (!all_seen_ || !online || !isolated) {
    return {};
  }
  CpuSet kept = united(*isolated, woken_);
  for (const char* const more :
       {"sys/devices/system/cpu/nohz_full", "sys/fs/cgroup/cpuset.cpus.isolated"}) {
    kept = united(kept, list_in(settings, more).value_or(CpuSet{}));
  }
  return without(*online, kept);
}

}  // namespace wakepath::cli
