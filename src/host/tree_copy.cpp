// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/tree_copy.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string_view>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/read_file.hpp"
#include "host/text.hpp"
#include "util/escape.hpp"

namespace wakepath::host {

namespace {

// A host with hundreds of CPUs and thousands of threads has some ten thousand files.
constexpr std::size_t kMostTreeEntries = 1'000'000;
constexpr std::size_t kMostBytes = std::size_t{512} << 20;
constexpr std::size_t kLongestPath = 1024;
constexpr int kDirectory = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

bool is_plain(std::string_view piece) {
  return !piece.empty() && piece != "." && piece != ".." &&
         piece.find('\0') == std::string_view::npos;
}

bool is_name(std::string_view name) {
  if (name.size() > kLongestPath || (!name.starts_with("proc/") && !name.starts_with("sys/") &&
                                     name != "proc" && name != "sys")) {
    return false;
  }
  for (std::string_view rest = name; !rest.empty();) {
    if (!is_plain(next_piece(rest, '/'))) {
      return false;
    }
  }
  return !name.ends_with('/');
}

// "proc/12/fd/3": never opened.
bool is_open_file(std::string_view name) {
  std::string_view rest = name;
  const bool proc = next_piece(rest, '/') == "proc";
  const bool pid = all_digits(next_piece(rest, '/'));
  return proc && pid && next_piece(rest, '/') == "fd" && all_digits(rest);
}

// A process with such a link uses this VFIO group.
bool is_vfio_group(std::string_view target) {
  constexpr std::string_view kGroups = "/dev/vfio/";
  return target.starts_with(kGroups) && all_digits(target.substr(kGroups.size()));
}

tl::unexpected<Error> failed(const std::string& path) {
  return fail(ErrorKind::bad_output,
              fmt::format("cannot write {}: {}", escape_terminal(path), std::strerror(errno)),
              "TMPDIR=DIR, where there is room");
}

}  // namespace

bool is_link_inside(const std::string& name, const std::string& target) {
  if (is_open_file(name) && is_vfio_group(target)) {
    return true;
  }
  if (target.empty() || target.starts_with('/') || target.size() > kLongestPath) {
    return false;
  }
  auto deep = std::ranges::count(name, '/');
  bool climbs = true;
  for (std::string_view rest = target; !rest.empty();) {
    const std::string_view piece = next_piece(rest, '/');
    if (piece == "..") {
      if (!climbs || --deep < 0) {
        return false;
      }
      continue;
    }
    climbs = false;
    if (!is_plain(piece)) {
      return false;
    }
  }
  return true;
}

Result<std::unique_ptr<TreeCopy>> TreeCopy::create() {
  const char* const chosen = std::getenv("TMPDIR");
  std::string path =
      std::string(chosen == nullptr || *chosen == '\0' ? "/tmp" : chosen) + "/wakepath-host-XXXXXX";
  if (::mkdtemp(path.data()) == nullptr) {
    return failed(path);
  }
  return std::unique_ptr<TreeCopy>(new TreeCopy(std::move(path)));
}

TreeCopy::~TreeCopy() {
  std::error_code error;
  std::filesystem::remove_all(path_, error);
}

// Step by step, because no component may be a link.
Fd TreeCopy::parent_of(const std::string& name, std::string& last) {
  Fd at(::open(path_.c_str(), kDirectory));
  std::string_view rest = name;
  for (std::string_view piece = next_piece(rest, '/'); at && !rest.empty();
       piece = next_piece(rest, '/')) {
    last = piece;
    entries_ += ::mkdirat(at.get(), last.c_str(), 0700) == 0 ? 1U : 0U;
    at = Fd(::openat(at.get(), last.c_str(), kDirectory));
  }
  last = name.substr(name.rfind('/') + 1);
  return at;
}

Result<void> TreeCopy::file(const std::string& name, const std::string& content, unsigned mode) {
  std::string last;
  if (!is_name(name) || ++entries_ > kMostTreeEntries || content.size() > kMostBytes - bytes_) {
    ++left_out_;
    return {};
  }
  bytes_ += content.size();
  const Fd parent = parent_of(name, last);
  const Fd fd(parent ? ::openat(parent.get(), last.c_str(),
                                O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                                (mode & 0777U) | 0400U)
                     : -1);
  if (!fd) {
    ++left_out_;  // the name belongs to a link or a directory, or is below a file
    return {};
  }
  for (std::string_view rest = content; !rest.empty();) {
    const ssize_t written = ::write(fd.get(), rest.data(), rest.size());
    if (written < 0 && errno != EINTR) {
      return failed(path_);
    }
    rest.remove_prefix(written < 0 ? 0 : static_cast<std::size_t>(written));
  }
  return {};
}

Result<void> TreeCopy::link(const std::string& name, const std::string& target) {
  std::string last;
  if (!is_name(name) || !is_link_inside(name, target) || ++entries_ > kMostTreeEntries) {
    ++left_out_;
    return {};
  }
  const Fd parent = parent_of(name, last);
  if (!parent || ::symlinkat(target.c_str(), parent.get(), last.c_str()) != 0) {
    ++left_out_;
  }
  return {};
}

Result<void> TreeCopy::directory(const std::string& name) {
  std::string last;
  if (!is_name(name) || ++entries_ > kMostTreeEntries || !parent_of(name + "/x", last)) {
    ++left_out_;
  }
  return {};
}

}  // namespace wakepath::host
