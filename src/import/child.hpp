// SPDX-License-Identifier: GPL-2.0-or-later
// A process of our own that reads what may be hostile with code that is not made for that: what it
// does wrong ends with it. Libraries that read traces may crash, loop, or allocate without end.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "util/fd.hpp"
#include "wakepath/result.hpp"

namespace wakepath::foreign {

struct ChildLimits {
  std::uint64_t memory_bytes{std::uint64_t{2} << 30U};  // address space; not with ASan
  std::uint64_t cpu_seconds{3600};
  std::uint64_t file_bytes{std::uint64_t{16} << 30U};  // the largest file that run()'s may write
  // How long nothing may come: unpacking a large file takes its time before the first event.
  std::chrono::milliseconds patience{std::chrono::minutes(5)};
  // Where execute() looks for its program: not where a user's PATH leads, for the user may be root.
  std::string path{"/usr/local/bin:/usr/bin:/bin"};
  // InputOptions's; no limit, but it ends the wait too.
  int stop_fd{-1};
};

class Child {
 public:
  // Runs `work(input, output)` in a fork, whose exit code it returns: output is the pipe's end. The
  // child has these two files alone, no terminal, no capability, no way to get one, where we are
  // root nobody's user id, and where we may its own network, which is none; it is killed when we
  // end. Where it would have to stay root it does not run (kStaysRoot). No other thread of ours may
  // run: the fork's memory would be as that one left it. Error: bug, where no process can be made.
  static Result<Child> run(int input, const ChildLimits& limits,
                           const std::function<int(int input, int output)>& work);
  // Runs a program likewise, with its stdout as the pipe and `input` as fd 3 (its name:
  // /proc/self/fd/3, where is_readable_by_child() says so), and LC_ALL=C. It writes files of 64 KiB
  // at most, and starts no process unless it is a script. What it writes to stderr is kept, the
  // first of it.
  static Result<Child> execute(int input, const ChildLimits& limits,
                               const std::vector<std::string>& command);

  Child(Child&& other) noexcept;
  Child& operator=(Child&& other) noexcept;
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child();

  // What it writes comes from here.
  [[nodiscard]] int output() const { return output_.get(); }
  // yes: something can be read there, or it has closed its end; no: nothing came, for as long as
  // the limits say.
  enum class Ready : std::uint8_t { yes, interrupted, no };
  // Does somebody ask for an end?
  [[nodiscard]] bool is_to_stop() const;
  [[nodiscard]] Ready wait() const;

  // Ends it where it still runs, and waits for it. Nothing: it returned 0. Else how it ended: "was
  // killed by signal 11", "ended with code 3".
  std::string end();
  [[nodiscard]] int exit_code() const { return exit_code_; }  // after end(); -1: killed
  // The first line that a program wrote to stderr, escaped for a terminal. After end().
  [[nodiscard]] const std::string& complaint() const { return complaint_; }

  static constexpr int kNotFound = 127;   // exit code: execute() found no such program
  static constexpr int kStaysRoot = 125;  // exit code: it would have run as root

 private:
  Child(pid_t pid, Fd output, Fd errors, const ChildLimits& limits)
      : pid_(pid),
        output_(std::move(output)),
        errors_(std::move(errors)),
        patience_(limits.patience),
        stop_fd_(limits.stop_fd) {}

  pid_t pid_{-1};
  Fd output_, errors_;
  std::chrono::milliseconds patience_;
  int stop_fd_;
  int exit_code_{-1};
  std::string complaint_;
};

// May a child open this file of ours by its name in /proc? It may be root's alone.
bool is_readable_by_child(int file);

}  // namespace wakepath::foreign
