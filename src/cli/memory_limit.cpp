// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/memory_limit.hpp"

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <limits>
#include <string_view>

#include <fmt/format.h>
#include <unistd.h>

#include "host/memory_room.hpp"

namespace wakepath::cli {

namespace {

// Their shadow memory counts too.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kLimits = false;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || \
    __has_feature(memory_sanitizer)
constexpr bool kLimits = false;
#else
constexpr bool kLimits = true;
#endif
#else
constexpr bool kLimits = true;
#endif

constexpr std::uint64_t kMega = std::uint64_t{1} << 20U;

// "1G", "256M"
std::string memory_text(std::uint64_t bytes) {
  constexpr std::uint64_t kGiga = kMega << 10U;
  return bytes % kGiga == 0   ? fmt::format("{}G", bytes / kGiga)
         : bytes % kMega == 0 ? fmt::format("{}M", bytes / kMega)
                              : fmt::format("{} bytes", bytes);
}

// What the program itself takes of its address space.
std::uint64_t mapped_bytes() {
  std::uint64_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  return pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

std::uint64_t left_of(decltype(RLIMIT_AS) resource, std::uint64_t used) {
  struct rlimit limit {};
  if (::getrlimit(resource, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) {
    return std::numeric_limits<std::uint64_t>::max();
  }
  return std::max<std::uint64_t>(limit.rlim_cur, used) - used;
}

[[noreturn]] void end_without_memory() {
  bool known = false;
  try {
    if (const auto error = std::current_exception()) {
      std::rethrow_exception(error);
    }
  } catch (const std::bad_alloc&) {
    known = true;
  } catch (...) {
    known = false;
  }
  if (!known) {
    std::abort();
  }
  constexpr std::string_view kText = "wakepath: not enough memory\n  try: --memory SIZE\n";
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, kText.data(), kText.size());
  ::_exit(static_cast<int>(ExitCode::bad_input));
}

// What the kernel would end us for, in this host's memory or a cgroup's. With less than the least
// the attempt is made all the same.
std::uint64_t left_in_memory() {
  const std::uint64_t room = host::memory_room("");
  return room == 0 ? std::numeric_limits<std::uint64_t>::max() : std::max(room, kLeastMemory);
}

}  // namespace

MemoryLimit::MemoryLimit(std::uint64_t asked) : bytes_(asked) {
  const std::uint64_t left = std::min(left_of(RLIMIT_AS, mapped_bytes()), left_of(RLIMIT_DATA, 0));
  if (left < bytes_) {
    by_ = By::ulimit;
    bytes_ = left;
  }
  const std::uint64_t room = kLimits ? left_in_memory() : bytes_;
  if (room < bytes_) {
    by_ = By::host;
    bytes_ = room;
  }
  if (kLimits && by_ != By::ulimit && ::getrlimit(RLIMIT_DATA, &before_) == 0) {
    struct rlimit limit = before_;
    limit.rlim_cur = bytes_;
    set_ = ::setrlimit(RLIMIT_DATA, &limit) == 0;
  }
}

MemoryLimit::~MemoryLimit() {
  if (set_) {
    ::setrlimit(RLIMIT_DATA, &before_);
  }
}

Error MemoryLimit::exceeded() const {
  if (by_ == By::host) {
    return {ErrorKind::bad_input,
            fmt::format("not enough memory: this needs more than the {}M that this host, or its "
                        "cgroup, has left",
                        bytes_ / kMega),
            "run it where there is more: recordings can be read on any machine"};
  }
  if (by_ == By::ulimit) {
    return {ErrorKind::bad_input,
            fmt::format("not enough memory: this needs more than the {}M that a ulimit leaves",
                        bytes_ / kMega),
            "ulimit -v unlimited; ulimit -d unlimited"};
  }
  return {ErrorKind::bad_input,
          fmt::format("not enough memory: this needs more than {}", memory_text(bytes_)),
          fmt::format("--memory {}", memory_text(2 * bytes_))};
}

void end_clearly_without_memory() { std::set_terminate(end_without_memory); }

}  // namespace wakepath::cli
