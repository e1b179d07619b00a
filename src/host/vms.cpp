// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/vms.hpp"

#include <algorithm>
#include <filesystem>

#include "host/host_facts.hpp"
#include "host/read_file.hpp"
#include "host/text.hpp"

namespace wakepath::host {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostFiles = 65'536;

std::optional<std::uint32_t> pid_of(const fs::path& path) {
  return whole_number<std::uint32_t>(path.filename().string());
}

// false: it is no VM, or this user can't read its open files.
bool read_open_files(const fs::path& process, Vm& vm) {
  std::error_code error;
  bool is_vm = false;
  std::size_t seen = 0;
  for (fs::directory_iterator it(process / "fd", error), end;
       !error && it != end && ++seen < kMostFiles; it.increment(error)) {
    std::error_code unread;
    const std::string target = fs::read_symlink(it->path(), unread).string();
    is_vm = is_vm || target == "anon_inode:kvm-vm";
    if (target.starts_with("/dev/vfio/") && target != "/dev/vfio/vfio") {
      vm.vfio.push_back(target);
    }
  }
  return is_vm;
}

void add_allowed(const fs::path& thread, CpuSet& cpus) {
  constexpr std::string_view kLabel = "\nCpus_allowed_list:";
  const auto status = read_file((thread / "status").string());
  const std::size_t at = status ? status->find(kLabel) : std::string::npos;
  if (at == std::string::npos) {
    return;
  }
  std::string_view list = std::string_view(*status).substr(at + kLabel.size());
  list = list.substr(0, list.find('\n'));
  list.remove_prefix(std::min(list.find_first_not_of(" \t"), list.size()));
  if (const auto set = CpuSet::parse(list)) {
    for (const std::uint32_t cpu : set->list()) {
      cpus.add(cpu);
    }
  }
}

// QEMU calls a vCPU's thread "CPU 0/KVM". Of other VMMs all threads count.
CpuSet vcpu_cpus(const fs::path& process) {
  CpuSet vcpus;
  CpuSet all;
  std::error_code error;
  std::size_t seen = 0;
  for (fs::directory_iterator it(process / "task", error), end;
       !error && it != end && ++seen < kMostFiles; it.increment(error)) {
    const auto comm = read_line((it->path() / "comm").string());
    add_allowed(it->path(), comm && comm->ends_with("/KVM") ? vcpus : all);
  }
  return vcpus.empty() ? all : vcpus;
}

}  // namespace

std::vector<Vm> read_vms(const std::string& root) {
  std::vector<Vm> vms;
  std::error_code error;
  std::error_code not_one;
  for (fs::directory_iterator it(root + "/proc", error), end; !error && it != end;
       it.increment(error)) {
    const auto pid = pid_of(it->path());
    Vm vm;
    if (!pid || !it->is_directory(not_one) || !read_open_files(it->path(), vm)) {
      continue;
    }
    const auto name = read_vm_name(root, *pid);
    vm.pid = *pid;
    vm.name = name ? name->name : "";
    vm.cpus = vcpu_cpus(it->path());
    vms.push_back(std::move(vm));
  }
  std::ranges::sort(vms, {}, &Vm::pid);
  return vms;
}

}  // namespace wakepath::host
