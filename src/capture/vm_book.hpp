// SPDX-License-Identifier: GPL-2.0-or-later
// Which VM a vCPU belongs to, and how that VM is called.
//
// The kernel tells VMs apart by address and process, and speaks of processes by the numbers of the
// initial PID namespace. /proc may show those of another namespace, or the number may be another
// process's by the time that we look: only a process that was started when the kernel says so is
// asked for a name. Else the name is what the kernel itself calls the process.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include "wakepath/facts.hpp"

namespace wakepath::capture {

class VmBook {
 public:
  struct Options {
    std::uint32_t guest_tgid{0};  // the process whose VM is our embedded guest; 0: none
    bool sees_all{true};          // /proc numbers processes as the kernel does
    std::string root{"/"};        // where /proc is
  };
  explicit VmBook(Options options) : options_(std::move(options)) {}

  struct Entry {
    std::uint32_t key{};         // of the VM, in facts
    std::optional<VmFact> fact;  // where the VM, or its name, is new since `since_ns`
  };
  Entry vm(const wp_vcpu& vcpu, std::uint64_t since_ns);

 private:
  using Identity = std::tuple<std::uint64_t, std::uint32_t, std::uint64_t>;  // kvm, tgid, start
  struct Vm {
    std::uint32_t key{};
    std::uint64_t round{};     // in which the name was looked up
    std::string process_comm;  // as it was then
    std::string given;         // what it is called
    std::string name;          // the same, or that and more to tell it from another
    bool gone{false};
  };

  std::string look_up(const wp_vcpu& vcpu, const std::string& process_comm);
  std::string unique(const Identity& who, const std::string& given);
  bool taken(const Identity& by_other_than, const std::string& name);

  Options options_;
  std::map<Identity, Vm> vms_;
};

}  // namespace wakepath::capture
