// SPDX-License-Identifier: GPL-2.0-or-later
#include "export/perfetto_tracks.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "util/escape.hpp"

namespace wakepath::exports::perfetto {

void Tracks::describe(const Description& description) {
  std::string bytes;
  {
    Writer to(bytes);
    to.add_uint64(track::kUuid, description.track);
    if (!description.name.empty()) {
      to.add_string(track::kName, escape_terminal(description.name));
    }
    if (description.parent != 0) {
      to.add_uint64(track::kParentUuid, description.parent);
    }
    if (description.kind != 0) {
      to.add_message(description.kind,
                     protozero::data_view(description.message.data(), description.message.size()));
    }
    if (description.rank) {
      to.add_int32(track::kSiblingOrderRank, *description.rank);
    }
  }
  packets_.add(packet::kTrackDescriptor, bytes);
}

void Tracks::describe(const Vm& vm, std::int32_t rank) {
  std::string bytes;
  {
    Writer to(bytes);
    to.add_int32(process::kPid, vm.pid);
    to.add_string(process::kName, escape_terminal(fmt::format("VM {}", vm.name)));
  }
  describe({vm.track, {}, 0, bytes, track::kProcess, rank});
}

void Tracks::describe(const Vcpu& vcpu) {
  std::string bytes;
  {
    Writer to(bytes);
    to.add_int32(thread::kPid, vcpu.vm->pid);
    to.add_int64(thread::kTid, vcpu.who.tid);
    to.add_string(thread::kName, vcpu.who.vcpu ? fmt::format("vCPU {}", *vcpu.who.vcpu)
                                               : fmt::format("vCPU? thread {}", vcpu.who.tid));
  }
  describe({vcpu.track, {}, 0, bytes, track::kThread, {}});
}

// A VM of which no process is known has a thread of it stand for one.
Tracks::Vm& Tracks::vm_of(const VcpuIdentity& who) {
  const auto pid = static_cast<std::int32_t>(who.vm_pid.value_or(who.tid));
  const auto [place, is_new] = vms_.try_emplace(pid);
  Vm& vm = place->second;
  if (is_new) {
    vm.track = ++last_;
    vm.pid = pid;
  }
  if (who.vm != "?") {
    vm.name = who.vm;
  }
  return vm;
}

Tracks::Vcpu& Tracks::vcpu(const VcpuIdentity& who) {
  const auto [place, is_new] = vcpus_.try_emplace(who.tid);
  Vcpu& vcpu = place->second;
  const bool same = !is_new && vcpu.who.vm == who.vm && vcpu.who.vm_pid == who.vm_pid &&
                    vcpu.who.vcpu == who.vcpu;
  if (same) {
    return vcpu;
  }
  vcpu.who = who;
  vcpu.vm = &vm_of(who);
  if (is_new) {
    vcpu.track = ++last_;
    vcpu.states = add("state", vcpu.track);
  }
  return vcpu;
}

Track Tracks::lane(Vcpu& vcpu, std::uint64_t begin_ns, std::uint64_t end_ns) {
  auto lane =
      std::ranges::find_if(vcpu.lanes, [&](const Lane& one) { return one.end_ns <= begin_ns; });
  if (lane == vcpu.lanes.end()) {
    vcpu.lanes.push_back({add("wakes", vcpu.track), 0});
    lane = std::prev(vcpu.lanes.end());
  }
  lane->end_ns = end_ns;
  return lane->track;
}

Track Tracks::causes(std::uint32_t cpu) {
  const auto [place, is_new] = causes_.try_emplace(cpu);
  if (is_new) {
    place->second = add(fmt::format("causes on CPU {}", cpu));
  }
  return place->second;
}

Track Tracks::add(std::string_view name, Track parent) {
  describe({++last_, name, parent, {}, 0, {}});
  return last_;
}

Track Tracks::add_counter(std::string_view name, std::uint32_t unit) {
  std::string bytes;
  Writer(bytes).add_enum(counter::kUnit, static_cast<std::int32_t>(unit));
  describe({++last_, name, 0, bytes, track::kCounter, {}});
  return last_;
}

void Tracks::finish() {
  std::string root;
  {
    Writer to(root);
    to.add_uint64(track::kUuid, 0);
    to.add_enum(track::kProcessOrdering, track::kProcessOrderingExplicit);
  }
  packets_.add(packet::kTrackDescriptor, root);
  // A thread that stood for its VM until that was known stands for none now.
  std::set<const Vm*> with_vcpus;
  for (const auto& [tid, vcpu] : vcpus_) {
    with_vcpus.insert(vcpu.vm);
  }
  std::vector<const Vm*> vms;
  for (const auto& [pid, vm] : vms_) {
    if (with_vcpus.contains(&vm)) {
      vms.push_back(&vm);
    }
  }
  std::ranges::stable_sort(vms, std::greater<>{},
                           [](const Vm* vm) { return vm->totals.most().quantile(0.99); });
  // Processes without a rank have 0: the VMs come before them.
  auto rank = -static_cast<std::int32_t>(vms.size());
  for (const Vm* const vm : vms) {
    describe(*vm, rank++);
  }
  for (const auto& [tid, vcpu] : vcpus_) {
    describe(vcpu);
  }
}

}  // namespace wakepath::exports::perfetto
