// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/read_file.hpp"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace wakepath::host {
namespace {

constexpr std::size_t kStep = std::size_t{64} * 1024;

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) {
    return {};
  }
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

}  // namespace

Fd open_to_read(const std::string& path) {
  return Fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
}

// A tree from somebody else may have pipes and devices where files are expected.
std::optional<std::string> read_file(const std::string& path, std::size_t most) {
  const Fd fd = open_to_read(path);
  struct stat status {};
  if (!fd || ::fstat(fd.get(), &status) != 0 || !S_ISREG(status.st_mode)) {
    return std::nullopt;
  }
  return read_open_file(fd, most);
}

std::optional<std::string> read_open_file(const Fd& fd, std::size_t most) {
  if (!fd) {
    return std::nullopt;
  }
  std::string text;
  std::size_t used = 0;
  while (used < most) {
    if (text.size() - used < kStep) {
      text.resize(std::min(most, std::max(used + kStep, used * 2)));
    }
    const ssize_t got = ::read(fd.get(), text.data() + used, text.size() - used);
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got < 0) {
      return std::nullopt;
    }
    if (got == 0) {
      break;
    }
    used += static_cast<std::size_t>(got);
  }
  text.resize(used);
  return text;
}

std::optional<std::string> read_line(const std::string& path) {
  const auto text = read_file(path);
  if (!text) {
    return std::nullopt;
  }
  return std::string(trimmed(std::string_view(*text).substr(0, text->find('\n'))));
}

bool is_of_proc(const std::string& path) {
  struct statfs status {};
  return ::statfs(path.c_str(), &status) == 0 && status.f_type == PROC_SUPER_MAGIC;
}

std::string without_end_slash(std::string root) {
  while (root.ends_with('/')) {
    root.pop_back();
  }
  return root;
}

std::string_view next_piece(std::string_view& rest, char separator) {
  const std::size_t end = std::min(rest.find(separator), rest.size());
  const std::string_view piece = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return piece;
}

}  // namespace wakepath::host
