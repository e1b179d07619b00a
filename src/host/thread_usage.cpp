// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/thread_usage.hpp"

#include <algorithm>
#include <charconv>
#include <string_view>

#include <fmt/format.h>

#include "host/read_file.hpp"

namespace wakepath::host {
namespace {

std::optional<std::uint64_t> number(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
  std::uint64_t value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && stop != text.data() ? std::optional(value) : std::nullopt;
}

// Of /proc/pid/stat, as proc(5) counts: 3 is the first after the name.
std::optional<std::uint64_t> stat_field(std::string_view stat, int wanted) {
  const std::size_t end = stat.rfind(')');
  if (end == std::string_view::npos || end + 2 > stat.size()) {
    return std::nullopt;
  }
  std::string_view rest = stat.substr(end + 2);
  for (int field = 3; field < wanted; ++field) {
    next_piece(rest, ' ');
  }
  return number(next_piece(rest, ' '));
}

}  // namespace

std::optional<ThreadUsage> read_thread_usage(const std::string& root,
                                             const ThreadOfProcess& thread) {
  constexpr int kUserTime = 14;
  constexpr int kSystemTime = 15;
  constexpr int kGuestTime = 43;
  constexpr std::string_view kVoluntary = "\nvoluntary_ctxt_switches:";
  const std::string directory = fmt::format("{}/proc/{}/task/{}/", root, thread.tgid, thread.tid);
  const auto stat = read_file(directory + "stat");
  const auto status = read_file(directory + "status");
  if (!stat || !status) {
    return std::nullopt;
  }
  const auto user = stat_field(*stat, kUserTime);
  const auto system = stat_field(*stat, kSystemTime);
  const auto guest = stat_field(*stat, kGuestTime);
  const std::size_t at = status->find(kVoluntary);
  if (!user || !system || !guest || at == std::string::npos) {
    return std::nullopt;
  }
  const auto blocked = number(std::string_view(*status).substr(at + kVoluntary.size()));
  if (!blocked) {
    return std::nullopt;
  }
  // The kernel counts a guest's time as the user's too (account_guest_time,
  // kernel/sched/cputime.c).
  ThreadUsage usage{*user - std::min(*user, *guest), *guest, *system, *blocked, {}, {}};
  if (const auto sched = read_file(directory + "schedstat")) {
    std::string_view rest = *sched;
    usage.run_ns = number(next_piece(rest, ' '));
    usage.wait_ns = number(next_piece(rest, ' '));
  }
  return usage;
}

}  // namespace wakepath::host
