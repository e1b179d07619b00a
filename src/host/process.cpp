// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <string_view>

#include <unistd.h>

#include "host/host_facts.hpp"
#include "host/read_file.hpp"
#include "host/text.hpp"
#include "host/vm_name.hpp"

namespace wakepath::host {
namespace {

constexpr std::size_t kLongestCommandLine = std::size_t{2} * 1024 * 1024;  // ARG_MAX of Linux

std::string in_proc(const std::string& root, std::uint32_t pid, const char* file) {
  return fmt::format("{}/proc/{}/{}", root, pid, file);
}

std::optional<std::uint32_t> number_after(std::string_view text, std::string_view label) {
  const std::size_t at = text.find(label);
  if (at == std::string_view::npos) {
    return std::nullopt;
  }
  text.remove_prefix(at + label.size());
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
  std::uint32_t value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && stop != text.data() ? std::optional(value) : std::nullopt;
}

}  // namespace

std::optional<Process> read_thread(const std::string& root, std::uint32_t tid) {
  auto comm = read_file(in_proc(root, tid, "comm"));
  const auto status = read_file(in_proc(root, tid, "status"));
  if (!comm || !status) {
    return std::nullopt;
  }
  // A name may itself hold newlines; in `status` the kernel escapes them, so no name can pose as
  // Tgid.
  const auto tgid = number_after(*status, "\nTgid:");
  if (!tgid) {
    return std::nullopt;
  }
  if (comm->ends_with('\n')) {
    comm->pop_back();
  }
  return Process{*tgid, std::move(*comm)};
}

bool is_irqbalance(const std::string& root, std::uint32_t pid) {
  constexpr std::string_view kName = "irqbalance";
  constexpr std::string_view kReplaced = " (deleted)";  // d_path(), fs/d_path.c
  // A snapshot has some of these files for each thread alone.
  const auto text = [&](const char* file) {
    auto of_process = read_file(in_proc(root, pid, file));
    return of_process ? of_process
                      : read_file(fmt::format("{}/proc/{}/task/{}/{}", root, pid, pid, file));
  };
  if (text("comm") != std::string(kName) + '\n') {
    return false;
  }
  std::error_code unknown;
  std::string program =
      std::filesystem::read_symlink(in_proc(root, pid, "exe"), unknown).filename().string();
  if (program.ends_with(kReplaced)) {
    program.resize(program.size() - kReplaced.size());
  }
  const bool of_root = number_after(text("status").value_or(""), "\nUid:").value_or(0) == 0;
  return of_root && (unknown || program == kName);
}

std::optional<std::uint32_t> find_irqbalance(const std::string& root) {
  std::error_code error;
  std::error_code not_one;
  for (std::filesystem::directory_iterator it(root + "/proc", error), end; !error && it != end;
       it.increment(error)) {
    const auto pid = whole_number<std::uint32_t>(it->path().filename().string());
    if (pid && it->is_directory(not_one) && is_irqbalance(root, *pid)) {
      return pid;
    }
  }
  return std::nullopt;
}

std::optional<std::uint64_t> read_process_start(const std::string& root, std::uint32_t pid) {
  constexpr int kStartTime = 22;  // proc(5), /proc/pid/stat
  constexpr int kFirstAfterName = 3;
  const auto stat = read_file(in_proc(root, pid, "stat"));
  if (!stat) {
    return std::nullopt;
  }
  // The name in parentheses may contain blanks and parentheses.
  const std::size_t end = stat->rfind(')');
  if (end == std::string::npos) {
    return std::nullopt;
  }
  std::string_view rest = std::string_view(*stat).substr(std::min(end + 2, stat->size()));
  for (int field = kFirstAfterName; field < kStartTime; ++field) {
    next_piece(rest, ' ');
  }
  const std::string_view text = next_piece(rest, ' ');
  std::uint64_t ticks = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), ticks);
  return error == std::errc{} && stop != text.data() ? std::optional(ticks) : std::nullopt;
}

std::uint64_t start_ticks(std::uint64_t start_ns) {
  constexpr std::uint64_t kNsPerSecond = 1'000'000'000;
  // USER_HZ divides a second on every architecture with KVM, so this equals the kernel's
  // nsec_to_clock_t() (kernel/time/time.c).
  return start_ns / (kNsPerSecond / static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK)));
}

std::optional<std::uint32_t> read_own_pid(const std::string& root) {
  std::array<char, 32> link{};
  const ssize_t length = ::readlink((root + "/proc/self").c_str(), link.data(), link.size());
  return length > 0 ? number_after({link.data(), static_cast<std::size_t>(length)}, "")
                    : std::nullopt;
}

std::optional<VmName> read_vm_name(const std::string& root, std::uint32_t pid) {
  const auto thread = read_thread(root, pid);
  if (!thread) {
    return std::nullopt;
  }
  const std::uint32_t tgid = thread->tgid;
  const auto cmdline = read_file(in_proc(root, tgid, "cmdline"), kLongestCommandLine);
  if (std::string name = qemu_name(cmdline.value_or("")); !name.empty()) {
    return VmName{std::move(name), tgid};
  }
  const auto cgroup = read_file(in_proc(root, tgid, "cgroup"));
  if (std::string name = libvirt_name(cgroup.value_or("")); !name.empty()) {
    return VmName{std::move(name), tgid};
  }
  const auto leader = read_thread(root, tgid);
  return VmName{leader ? leader->comm : thread->comm, tgid};
}

}  // namespace wakepath::host
