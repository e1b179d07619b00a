// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/vm_check.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "util/closest.hpp"
#include "util/escape.hpp"

namespace wakepath::cli {

namespace {

// "0, 1, 2"; of many the first few.
template <typename Words>
std::string list_of(const Words& words) {
  constexpr std::size_t kMost = 16;
  std::string text;
  std::size_t count = 0;
  for (const auto& word : words) {
    if (count++ == kMost) {
      return text + fmt::format(", ... ({} in all)", words.size());
    }
    text += fmt::format("{}{}", text.empty() ? "" : ", ", word);
  }
  return text;
}

bool is_selected_vm(const Selection& selection, const VcpuIdentity& who) {
  const auto is = [&](const std::string& vm) {
    return std::ranges::find(selection.vms, vm) != selection.vms.end();
  };
  return selection.vms.empty() || is(who.vm) || (who.vm_pid && is(std::to_string(*who.vm_pid)));
}

std::string thread_text(const VcpuIdentity& who) {
  return fmt::format("{} ({}{})", who.tid, who.vm == "?" ? "" : escape_terminal(who.vm) + " ",
                     who.vcpu ? fmt::format("vCPU {}", *who.vcpu) : "vCPU of unknown number");
}

}  // namespace

Result<void> check_vms(const std::vector<std::string>& wanted,
                       const std::vector<std::string>& known) {
  for (const std::string& vm : wanted) {
    if (std::ranges::find(known, vm) == known.end()) {
      return fail(ErrorKind::usage, fmt::format("no VM '{}'{}", vm, did_you_mean(vm, known)),
                  known.empty() ? "start the VM first: none runs"
                                : fmt::format("--vm with one of: {}", fmt::join(known, ", ")));
    }
  }
  return {};
}

Result<void> check_vms(const Selection& selection, std::vector<std::string> vms,
                       const std::vector<VcpuIdentity>& vcpus, bool live) {
  std::set<std::string> pids;
  std::vector<std::string> threads;
  for (const VcpuIdentity& who : vcpus) {
    if (who.vm_pid) {
      pids.insert(std::to_string(*who.vm_pid));
    }
    threads.push_back(thread_text(who));
  }
  vms.insert(vms.end(), pids.begin(), pids.end());
  if (vms.empty() && !selection.vms.empty() && (!live || !threads.empty())) {
    return fail(ErrorKind::usage,
                fmt::format("no VM '{}': {}", selection.vms.front(),
                            threads.empty() ? "no vCPU was seen"
                                            : "the input does not tell the VM of any vCPU"),
                threads.empty() ? "" : "--tid with one of: " + list_of(threads));
  }
  return check_vms(selection.vms, vms);
}

Result<void> check_vcpus(const Selection& selection, const std::vector<VcpuIdentity>& vcpus) {
  std::set<std::uint32_t> numbers;
  std::vector<std::string> threads;
  std::set<std::uint32_t> tids;
  for (const VcpuIdentity& who : vcpus) {
    if (is_selected_vm(selection, who)) {
      if (who.vcpu) {
        numbers.insert(*who.vcpu);
      }
      tids.insert(who.tid);
      threads.push_back(thread_text(who));
    }
  }
  for (const std::uint32_t vcpu : selection.vcpus) {
    if (!numbers.contains(vcpu)) {
      return fail(
          ErrorKind::usage,
          fmt::format("no vCPU {}{}", vcpu, numbers.empty() ? ": no vCPU's number is known" : ""),
          numbers.empty() ? threads.empty() ? "" : "--tid with one of: " + list_of(threads)
                          : "--vcpu with one of: " + list_of(numbers));
    }
  }
  for (const std::uint32_t tid : selection.tids) {
    if (!tids.contains(tid)) {
      return fail(
          ErrorKind::usage,
          fmt::format("thread {} is no vCPU's{}", tid, threads.empty() ? ": no vCPU was seen" : ""),
          threads.empty() ? "" : "--tid with one of: " + list_of(threads));
    }
  }
  return {};
}

Result<void> check_wake(std::uint64_t wanted, std::uint64_t wakes) {
  if (wanted <= wakes) {
    return {};
  }
  return fail(ErrorKind::usage, fmt::format("no wake {}", wanted),
              wakes == 0 ? "there are no wakes" : fmt::format("--wake 1 to {}", wakes));
}

}  // namespace wakepath::cli
