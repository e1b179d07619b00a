// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/vm_book.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "host/host_facts.hpp"

namespace wakepath::capture {

std::string VmBook::look_up(const wp_vcpu& vcpu, const std::string& process_comm) {
  if (options_.guest_tgid != 0 && vcpu.tgid == options_.guest_tgid) {
    return "guest";
  }
  const auto name = host::read_vm_name(options_.root, vcpu.tgid);
  // Asked for after the name was read: what is the same process now was it then too.
  const auto started = host::read_process_start(options_.root, vcpu.tgid);
  if (name && started && *started == host::start_ticks(vcpu.process_start_ns)) {
    return name->name;
  }
  return process_comm.empty() ? fmt::format("pid {}", vcpu.tgid) : process_comm;
}

// Names need not be unique: two QEMUs without -name, or two containers' VMs.
bool VmBook::taken(const Identity& by_other_than, const std::string& name) {
  return std::any_of(vms_.begin(), vms_.end(), [&](auto& entry) {
    auto& [who, vm] = entry;
    if (who == by_other_than || vm.gone || vm.name != name) {
      return false;
    }
    const auto& [kvm, tgid, start_ns] = who;
    vm.gone = options_.sees_all &&
              host::read_process_start(options_.root, tgid) != host::start_ticks(start_ns);
    return !vm.gone;
  });
}

std::string VmBook::unique(const Identity& who, const std::string& given) {
  if (!taken(who, given)) {
    return given;
  }
  const std::uint32_t tgid = std::get<1>(who);
  std::string name = fmt::format("{} (pid {})", given, tgid);
  for (unsigned number = 2; taken(who, name); ++number) {
    name = fmt::format("{} (pid {}, VM {})", given, tgid, number);
  }
  return name;
}

VmBook::Entry VmBook::vm(const wp_vcpu& vcpu, std::uint64_t since_ns) {
  const Identity who{vcpu.kvm, vcpu.tgid, vcpu.process_start_ns};
  const std::string process_comm(std::begin(vcpu.process_comm),
                                 std::ranges::find(vcpu.process_comm, '\0'));
  const auto [at, fresh] = vms_.try_emplace(who);
  Vm& vm = at->second;
  if (fresh) {
    vm.key = static_cast<std::uint32_t>(vms_.size());
  } else if (vm.round == vcpu.round && vm.process_comm == process_comm) {
    return {vm.key, std::nullopt};
  }
  vm.round = vcpu.round;
  vm.process_comm = process_comm;
  std::string given = look_up(vcpu, process_comm);
  if (!fresh && given == vm.given) {
    return {vm.key, std::nullopt};
  }
  vm.given = std::move(given);
  vm.name = unique(who, vm.given);
  return {vm.key, VmFact{vm.key, vcpu.tgid, since_ns, vm.name}};
}

}  // namespace wakepath::capture
