// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/output_plan.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/escape.hpp"
#include "util/fd.hpp"

namespace wakepath {

namespace {

using Status = struct stat;

bool is_standard_output(const std::string& path) {
  constexpr std::array<std::string_view, 5> kNames{"-", "/dev/stdout", "/dev/fd/1",
                                                   "/proc/self/fd/1", "/proc/thread-self/fd/1"};
  return std::ranges::find(kNames, path) != kNames.end();
}

std::optional<Status> status_of(const std::string& path) {
  Status status{};
  const int failed = path == "-" ? ::fstat(STDIN_FILENO, &status) : ::stat(path.c_str(), &status);
  return failed == 0 ? std::optional(status) : std::nullopt;
}

// A terminal or a socket may be read and written at once.
bool is_read(const Status& output, const std::vector<std::string>& inputs) {
  if (!S_ISREG(output.st_mode) && !S_ISFIFO(output.st_mode) && !S_ISBLK(output.st_mode)) {
    return false;
  }
  return std::ranges::any_of(inputs, [&](const std::string& input) {
    const auto read = input.empty() ? std::nullopt : status_of(input);
    return read && read->st_dev == output.st_dev && read->st_ino == output.st_ino;
  });
}

tl::unexpected<Error> is_the_input(const std::string& path) {
  return fail(ErrorKind::usage,
              (path == "-" ? std::string("standard output") : escape_terminal(path)) +
                  " is a file that is read, and can't be the output too",
              "an output with another name");
}

// A recorder holds a lock on what it writes. What can't be asked is not locked.
bool is_being_written(const std::string& path) {
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  return fd && ::flock(fd.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
}

std::string without_links(const std::string& path) {
  const std::unique_ptr<char, void (*)(void*)> real(::realpath(path.c_str(), nullptr), std::free);
  return real ? std::string(real.get()) : path;
}

Result<OutputPlace> standard_output(const OutputPlan& plan) {
  Status status{};
  if (::fstat(STDOUT_FILENO, &status) != 0) {
    return cannot_write("standard output", std::strerror(errno));
  }
  if (::isatty(STDOUT_FILENO) == 1) {
    return fail(ErrorKind::usage, "standard output is a terminal, and this is no text",
                "a file's name, or > FILE, or | wakepath replay -");
  }
  if (is_read(status, plan.inputs)) {
    return is_the_input("-");
  }
  return OutputPlace{OutputPlace::Kind::descriptor, "-"};
}

Result<OutputPlace> existing(const OutputPlan& plan, const Status& status) {
  const std::string& path = plan.path;
  if (is_read(status, plan.inputs)) {
    return is_the_input(path);
  }
  if (S_ISDIR(status.st_mode)) {
    return cannot_write(path, std::strerror(EISDIR));
  }
  if (S_ISFIFO(status.st_mode) || S_ISCHR(status.st_mode)) {
    return OutputPlace{OutputPlace::Kind::stream, path};
  }
  if (!S_ISREG(status.st_mode)) {
    return cannot_write(path, "it is neither a file nor a pipe");
  }
  if (is_being_written(path)) {
    return cannot_write(path, "another wakepath writes it just now");
  }
  if (!plan.force) {
    return is_there_already(path);
  }
  return OutputPlace{OutputPlace::Kind::file, without_links(path)};
}

}  // namespace

tl::unexpected<Error> cannot_write(const std::string& path, std::string_view why) {
  return fail(ErrorKind::bad_output,
              fmt::format("cannot write {}: {}", escape_terminal(path), why));
}

tl::unexpected<Error> is_there_already(const std::string& path) {
  return fail(ErrorKind::bad_output,
              escape_terminal(path) + " is there already, and is kept: --force replaces it",
              "another name, or --force");
}

Result<OutputPlace> find_place(const OutputPlan& plan) {
  if (is_standard_output(plan.path)) {
    return standard_output(plan);
  }
  if (const auto status = status_of(plan.path)) {
    return existing(plan, *status);
  }
  if (errno != ENOENT || plan.path.empty()) {
    return cannot_write(plan.path, std::strerror(errno));
  }
  Status link{};
  if (::lstat(plan.path.c_str(), &link) == 0) {
    return cannot_write(plan.path, "it is a link to what is not there");
  }
  return OutputPlace{OutputPlace::Kind::nothing, plan.path};
}

Result<void> check_output(const OutputPlan& plan) {
  WAKEPATH_TRY(const OutputPlace place, find_place(plan));
  if (place.kind == OutputPlace::Kind::nothing || place.kind == OutputPlace::Kind::file) {
    const std::size_t slash = place.path.rfind('/');
    const std::string directory =
        slash == std::string::npos ? "." : place.path.substr(0, slash + 1);
    if (::access(directory.c_str(), W_OK | X_OK) != 0) {
      return cannot_write(plan.path, std::strerror(errno));
    }
  }
  return {};
}

Result<void> check_standard_output(const std::vector<std::string>& inputs) {
  Status status{};
  if (::fstat(STDOUT_FILENO, &status) == 0 && is_read(status, inputs)) {
    return is_the_input("-");
  }
  return {};
}

}  // namespace wakepath
