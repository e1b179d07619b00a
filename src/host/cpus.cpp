// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>

#include "host/host_facts.hpp"
#include "host/read_file.hpp"
#include "util/escape.hpp"

namespace wakepath::host {
namespace {

// nullopt: there is no such file. Error: its content is no list of CPUs.
Result<std::optional<CpuSet>> read_set(const std::string& root, const char* name) {
  const std::string path = fmt::format("{}/sys/devices/system/cpu/{}", root, name);
  const auto line = read_line(path);
  // Kernels print "(null)" for nohz_full if the option is not given.
  if (!line || *line == "(null)") {
    return std::optional<CpuSet>{};
  }
  auto set = CpuSet::parse(*line);
  if (!set) {
    return fail(ErrorKind::unsupported,
                fmt::format("{}: {}", escape_terminal(path), set.error().message));
  }
  return std::optional(std::move(*set));
}

}  // namespace

Result<Cpus> read_cpus(const std::string& root) {
  const auto possible = read_set(root, "possible");
  const auto online = read_set(root, "online");
  const auto isolated = read_set(root, "isolated");
  const auto nohz_full = read_set(root, "nohz_full");
  for (const auto* set : {&possible, &online, &isolated, &nohz_full}) {
    if (!*set) {
      return tl::unexpected(set->error());
    }
  }
  if (!*possible || (*possible)->empty()) {
    return fail(ErrorKind::unsupported,
                fmt::format("{}/sys/devices/system/cpu/possible names no CPU: is /sys mounted?",
                            escape_terminal(root == "/" ? "" : root)));
  }
  Cpus cpus;
  cpus.possible = (*possible)->list().back() + 1;
  cpus.online = online->value_or(**possible);
  cpus.isolated = isolated->value_or(CpuSet{});
  cpus.nohz_full = nohz_full->value_or(CpuSet{});
  return cpus;
}

CpuSet housekeeping(const Cpus& cpus) {
  CpuSet left = cpus.online;
  for (const std::uint32_t cpu : cpus.online.list()) {
    if (cpus.isolated.contains(cpu) || cpus.nohz_full.contains(cpu)) {
      left.remove(cpu);
    }
  }
  return left.empty() ? cpus.online : left;
}

}  // namespace wakepath::host
