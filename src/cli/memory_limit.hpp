// SPDX-License-Identifier: GPL-2.0-or-later
// The memory that a command may use. The parts of a stream that may grow have bounds that follow
// from it; where those don't help, the command ends with one clear line.
#pragma once

#include <cstdint>
#include <new>
#include <utility>

#include <sys/resource.h>

#include "cli/exit_code.hpp"
#include "wakepath/result.hpp"

namespace wakepath::cli {

inline constexpr std::uint64_t kDefaultMemory = std::uint64_t{1} << 30U;
inline constexpr std::uint64_t kLeastMemory = std::uint64_t{64} << 20U;

class MemoryLimit {
 public:
  // From now on an allocation beyond `asked` fails, as one beyond a ulimit does.
  explicit MemoryLimit(std::uint64_t asked);
  ~MemoryLimit();  // the limit of before is back
  MemoryLimit(const MemoryLimit&) = delete;
  MemoryLimit& operator=(const MemoryLimit&) = delete;

  // Less than was asked for where a ulimit is smaller, or this host or a cgroup has less left.
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
  // That it was not enough, and what gives more. bad_input.
  [[nodiscard]] Error exceeded() const;

 private:
  std::uint64_t bytes_;
  enum class By : std::uint8_t { asked, ulimit, host };
  By by_{By::asked};
  bool set_{false};
  struct rlimit before_ {};
};

// `command` takes the number of bytes that it may use.
template <typename Command>
Result<ExitCode> within_memory(std::uint64_t asked, Command command) {
  const MemoryLimit limit(asked);
  try {
    return command(limit.bytes());
  } catch (const std::bad_alloc&) {
    return tl::unexpected(limit.exceeded());
  }
}

// For main: what cannot be caught elsewhere, as in a destructor, ends with a line too.
void end_clearly_without_memory();

}  // namespace wakepath::cli
