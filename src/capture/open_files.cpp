// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/open_files.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <sys/resource.h>

namespace wakepath::capture {

// Either backend: a ring or a buffer of each CPU and the map that it stands in, and counters. The
// rest are programs, links, files of /proc, the recording.
Result<void> allow_open_files(std::uint32_t cpus) {
  constexpr rlim_t kForEachCpu = 4;
  constexpr rlim_t kForTheRest = 512;
  const rlim_t needed = kForTheRest + kForEachCpu * cpus;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= needed) {
    return {};
  }
  // Above the hard limit only with CAP_SYS_RESOURCE.
  const rlimit raised{needed, std::max(needed, limit.rlim_max)};
  if (::setrlimit(RLIMIT_NOFILE, &raised) == 0) {
    return {};
  }
  return fail(ErrorKind::not_permitted,
              fmt::format("a capture of {} CPUs needs {} open files, and this process may have {}",
                          cpus, needed, limit.rlim_max),
              fmt::format("as root: ulimit -n {}; of a service: LimitNOFILE={}", needed, needed));
}

}  // namespace wakepath::capture
