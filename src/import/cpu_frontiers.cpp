// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/cpu_frontiers.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace wakepath::foreign {

CpuFrontiers::Cpu& CpuFrontiers::at(std::uint32_t cpu) {
  if (cpu >= cpus_.size()) {
    cpus_.resize(cpu + 1);
  }
  return cpus_[cpu];
}

void CpuFrontiers::ordered(Held& held) { ordered(held, {}, at(held.event.cpu).newest_ns); }

void CpuFrontiers::ordered(Held& held, std::vector<Held*> between, std::uint64_t since_ns) {
  Cpu& of = at(held.event.cpu);
  if (of.ordered == 0 && awaited_at_begin_ != 0) {
    --awaited_at_begin_;
  }
  if (held.ends_loss) {
    told_too_late_ += of.awaited ? 0 : 1;
    Lossy loss{std::move(between), 0, since_ns};
    loss.number = of.ordered - loss.held.size();
    loss.held.push_back(&held);
    of.lossy.push_back(std::move(loss));
  }
  of.awaited = true;
  ++of.ordered;
  of.newest_ns = held.event.time_ns;
}

void CpuFrontiers::lost(std::uint32_t cpu, std::uint64_t handed_on_ns) {
  Cpu& of = at(cpu);
  if (of.ordered == 0 && !of.lost) {
    of.lost = true;
    told_too_late_ += handed_on_ns != 0 ? 1 : 0;
  }
}

void CpuFrontiers::written(std::uint32_t cpu) {
  Cpu& of = at(cpu);
  ++of.written;
  if (!of.lossy.empty() && of.lossy.front().end() == of.written) {
    of.lossy.pop_front();
  }
}

Held* CpuFrontiers::lossy_next(std::uint32_t cpu, std::uint64_t before_ns) const {
  if (cpu >= cpus_.size() || cpus_[cpu].lossy.empty()) {
    return nullptr;
  }
  const Lossy& next = cpus_[cpu].lossy.front();
  const std::uint64_t written = cpus_[cpu].written;
  return next.number <= written && next.told_ns() < before_ns ? next.held[written - next.number]
                                                              : nullptr;
}

std::uint64_t CpuFrontiers::known_until(const Cpu& cpu, std::uint64_t before_ns) const {
  const auto untold = std::ranges::partition_point(
      cpu.lossy, [&](const Lossy& lossy) { return lossy.told_ns() < before_ns; });
  if (untold != cpu.lossy.end()) {
    return untold->since_ns;
  }
  // A CPU that never was there may never be.
  const bool waits = waits_ && cpu.awaited && (cpu.ordered != 0 || cpu.lost) && !cpu.ended_well;
  return waits ? std::min(cpu.newest_ns, before_ns) : before_ns;
}

std::uint64_t CpuFrontiers::known_until(std::uint64_t before_ns) const {
  std::uint64_t until = waits_ && awaited_at_begin_ != 0 ? 0 : before_ns;
  for (const Cpu& cpu : cpus_) {
    until = std::min(until, known_until(cpu, before_ns));
  }
  return until;
}

bool CpuFrontiers::give_up_furthest(std::uint64_t before_ns) {
  if (awaited_at_begin_ != 0) {
    awaited_at_begin_ = 0;
    return true;
  }
  const auto known = [&](const Cpu& cpu) { return known_until(cpu, before_ns); };
  const auto furthest = std::ranges::min_element(cpus_, {}, known);
  if (furthest == cpus_.end() || !furthest->awaited || known(*furthest) >= before_ns) {
    return false;
  }
  furthest->awaited = false;
  return true;
}

void CpuFrontiers::ends(const std::vector<bool>& lossy) {
  awaited_at_begin_ = 0;
  for (std::size_t cpu = 0; cpu < cpus_.size(); ++cpu) {
    cpus_[cpu].ended_well = cpu >= lossy.size() || !lossy[cpu];
  }
}

}  // namespace wakepath::foreign
