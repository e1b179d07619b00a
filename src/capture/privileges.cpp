// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/privileges.hpp"

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>

#include <bpf/bpf.h>
#include <fmt/format.h>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "util/fd.hpp"
#include "util/shell_word.hpp"

namespace wakepath::capture {

namespace {

bool exists(const char* path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

std::string release() {
  utsname names{};
  ::uname(&names);
  return names.release;
}

}  // namespace

Privileges read_privileges() {
  // Not by /proc, which may not be there.
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> sets{};
  ::syscall(SYS_capget, &header, sets.data());
  const auto has = [&sets](unsigned capability) {
    return (sets[CAP_TO_INDEX(capability)].effective & CAP_TO_MASK(capability)) != 0;
  };
  const bool admin = has(CAP_SYS_ADMIN);
  return {admin || has(CAP_BPF), admin || has(CAP_PERFMON), admin, has(CAP_SYSLOG)};
}

std::optional<std::string> read_lockdown() {
  std::ifstream file("/sys/kernel/security/lockdown");
  std::string text;
  if (!std::getline(file, text)) {
    return std::nullopt;
  }
  const std::size_t begin = text.find('[');
  const std::size_t end = text.find(']');
  if (begin == std::string::npos || end == std::string::npos || end < begin) {
    return std::nullopt;
  }
  return text.substr(begin + 1, end - begin - 1);
}

std::optional<long long> read_number(const std::string& path) {
  std::ifstream file(path);
  long long value = 0;
  if (file >> value) {
    return value;
  }
  return std::nullopt;
}

std::string permission_fix(std::string_view more) {
  std::error_code unknown;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", unknown);
  return fmt::format("run as root, or: setcap {}{}{}+ep {}", kCapabilities, more.empty() ? "" : ",",
                     more, unknown ? "wakepath" : file_word(program.string()));
}

Result<void> need_kvm() {
  if (exists("/dev/kvm") || exists("/sys/class/misc/kvm")) {
    return {};
  }
#if defined(__aarch64__)
  return fail(
      ErrorKind::unsupported, "no KVM on this host: there is no /dev/kvm",
      "the kernel must start at EL2 (firmware or hypervisor setting) and have CONFIG_KVM=y; "
      "dmesg | grep -i kvm says which");
#else
  if (exists(("/lib/modules/" + release() + "/kernel/arch/x86/kvm").c_str())) {
    return fail(ErrorKind::unsupported, "KVM is not loaded: there is no /dev/kvm",
                Command{"modprobe kvm_intel || modprobe kvm_amd"});
  }
  return fail(ErrorKind::unsupported, "no KVM on this host: there is no /dev/kvm",
              "KVM is not enabled in this kernel, or virtualization is off in the firmware");
#endif
}

Result<void> need_permission() {
  const Privileges mine = read_privileges();
  if (!mine.bpf || !mine.perfmon) {
    return fail(
        ErrorKind::not_permitted,
        std::string("this needs CAP_BPF and CAP_PERFMON; missing: ") + (mine.bpf ? "CAP_PERFMON"
                                                                        : mine.perfmon ? "CAP_BPF"
                                                                                       : "both"),
        permission_fix());
  }
  if (read_lockdown() == "confidentiality") {
    return fail(ErrorKind::not_permitted,
                "the kernel is locked down (confidentiality): BPF may not read kernel memory",
                "boot with lockdown=integrity, or without lockdown=");
  }
  return {};
}

Result<void> need_ring_buffer() {
  LIBBPF_OPTS(bpf_map_create_opts, options);
  const auto page = static_cast<std::uint32_t>(::getpagesize());
  const Fd ring(bpf_map_create(BPF_MAP_TYPE_RINGBUF, "wp_probe", 0, 0, page, &options));
  if (ring) {
    return {};
  }
  if (errno == EPERM) {
    return fail(ErrorKind::not_permitted,
                "the kernel refused to create a BPF map although the capabilities are there (a "
                "container, a user namespace, or a security policy)",
                "run on the host itself, in the initial user namespace");
  }
  if (errno == ENOMEM) {
    return fail(ErrorKind::unsupported, "the kernel has no memory for a ring buffer of one page",
                "raise the memory limit (ulimit -l, or the cgroup's memory.max)");
  }
  return fail(ErrorKind::unsupported,
              "kernel " + release() + " has no BPF ring buffer (" + std::strerror(errno) + ")",
              "run Linux 5.8 or later");
}

}  // namespace wakepath::capture
