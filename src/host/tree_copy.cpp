// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/tree_copy.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/read_file.hpp"
#include "host/text.hpp"
#include "util/escape.hpp"

namespace wakepath::host {

namespace {

// A host with 20,000 threads has 60,000 files in up to 60,000 directories. Each costs an inode, a
// block and the time to make, read and remove it, however small it is; a directory twice that time.
constexpr std::size_t kMostTreeEntries = 200'000;
constexpr std::size_t kOfDirectory = 2;
constexpr std::size_t kMostBytes = std::size_t{768} << 20;
constexpr std::size_t kBlock = 4096;
constexpr std::size_t kInode = 1024;
constexpr std::size_t kLongestPath = 1024;
// A cgroup may lie some ten levels deep, a device behind bridges as well.
constexpr std::ptrdiff_t kDeepestPath = 32;
// Of the way to all files together.
constexpr std::size_t kMostSteps = 2'000'000;
constexpr int kDirectory = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

bool is_plain(std::string_view piece) {
  return !piece.empty() && piece != "." && piece != ".." &&
         piece.find('\0') == std::string_view::npos;
}

bool is_name(std::string_view name) {
  if (name.size() > kLongestPath || std::ranges::count(name, '/') >= kDeepestPath ||
      (!name.starts_with("proc/") && !name.starts_with("sys/") && name != "proc" &&
       name != "sys")) {
    return false;
  }
  for (std::string_view rest = name; !rest.empty();) {
    if (!is_plain(next_piece(rest, '/'))) {
      return false;
    }
  }
  return !name.ends_with('/');
}

// "a//b" is "a/b".
std::string without_empty_components(std::string_view name) {
  std::string folded;
  for (const char letter : name) {
    if (letter != '/' || !folded.ends_with('/')) {
      folded += letter;
    }
  }
  return folded;
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

bool is_regular_file(int directory, const std::string& name) {
  struct stat status {};
  return ::fstatat(directory, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 &&
         S_ISREG(status.st_mode);
}

tl::unexpected<Error> failed(const std::string& path) {
  return fail(ErrorKind::bad_output,
              fmt::format("cannot write {}: {}", escape_terminal(path), std::strerror(errno)),
              "TMPDIR=DIR, where there is room");
}

}  // namespace

std::string some_of(const std::vector<std::string>& names, std::size_t count) {
  constexpr std::size_t kLongest = 100;
  std::string text;
  for (const std::string& name : names) {
    text += text.empty() ? "" : ", ";
    text += name.substr(0, kLongest);
    text += name.size() > kLongest ? ".." : "";
  }
  if (count > names.size()) {
    text += fmt::format(" and {} more", count - names.size());
  }
  return text;
}

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
  WAKEPATH_TRY(PrivateDirectory root, PrivateDirectory::create(kMostBytes));
  return std::unique_ptr<TreeCopy>(new TreeCopy(std::move(root)));
}

bool TreeCopy::takes_room(std::size_t bytes, std::size_t entries) {
  const std::size_t whole = (bytes + kBlock - 1) / kBlock * kBlock + kInode;
  if (entries_ + entries > kMostTreeEntries || whole > kMostBytes - std::min(bytes_, kMostBytes)) {
    return false;
  }
  entries_ += entries;
  bytes_ += whole;
  return true;
}

bool TreeCopy::make_directory(int at, const std::string& name) {
  return takes_room(kBlock, kOfDirectory) && ::mkdirat(at, name.c_str(), 0700) == 0;
}

// Step by step, because no component may be a link. Most files have the way of the one before them.
int TreeCopy::parent_of(const std::string& name, std::string& last) {
  std::string_view rest = name;
  std::size_t deep = 0;
  int at = root_.descriptor().get();
  for (std::string_view piece = next_piece(rest, '/'); !rest.empty();
       piece = next_piece(rest, '/'), ++deep) {
    if (deep < way_.size() && way_[deep].name == piece) {
      at = way_[deep].fd.get();
      continue;
    }
    way_.resize(std::min(deep, way_.size()));
    if (++steps_ > kMostSteps) {
      return -1;
    }
    last = piece;
    Fd next(::openat(at, last.c_str(), kDirectory));
    if (!next && errno == ENOENT && make_directory(at, last)) {
      next = Fd(::openat(at, last.c_str(), kDirectory));
    }
    if (!next) {
      return -1;
    }
    at = next.get();
    way_.push_back({last, std::move(next)});
  }
  last = name.substr(name.rfind('/') + 1);
  return at;
}

void TreeCopy::leave_out(const std::string& name) {
  constexpr std::size_t kMostNames = 3;
  ++left_out_;
  if (left_out_names_.size() < kMostNames) {
    left_out_names_.push_back(name);
  }
}

Result<void> TreeCopy::file(const std::string& given, const std::string& content, unsigned mode) {
  const std::string name = without_empty_components(given);
  std::string last;
  if (!is_name(name) || !takes_room(content.size(), 1)) {
    leave_out(given);
    return {};
  }
  const int parent = parent_of(name, last);
  const Fd fd(parent >= 0 ? ::openat(parent, last.c_str(),
                                     O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                                     (mode & 0777U) | 0400U)
                          : -1);
  if (!fd) {
    // The name belongs to a link or a directory, or is below a file.
    if (errno != EEXIST || name == given || !is_regular_file(parent, last)) {
      leave_out(given);
    }
    return {};
  }
  for (std::string_view rest = content; !rest.empty();) {
    const ssize_t written = ::write(fd.get(), rest.data(), rest.size());
    if (written < 0 && errno != EINTR) {
      return failed(path());
    }
    rest.remove_prefix(written < 0 ? 0 : static_cast<std::size_t>(written));
  }
  return {};
}

Result<void> TreeCopy::link(const std::string& name, const std::string& target) {
  std::string last;
  if (!is_name(name) || !is_link_inside(name, target) || !takes_room(0, 1)) {
    leave_out(name);
    return {};
  }
  const int parent = parent_of(name, last);
  if (parent < 0 || ::symlinkat(target.c_str(), parent, last.c_str()) != 0) {
    leave_out(name);
  }
  return {};
}

Result<void> TreeCopy::directory(const std::string& name) {
  std::string last;
  if (!is_name(name) || parent_of(name + "/x", last) < 0) {
    leave_out(name);
  }
  return {};
}

}  // namespace wakepath::host
