// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/byte_source.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/escape.hpp"

namespace wakepath::foreign {

namespace {

tl::unexpected<Error> unreadable(const std::string& name, int error) {
  return fail(ErrorKind::bad_input,
              fmt::format("cannot read {}: {}", escape_terminal(name), std::strerror(error)));
}

std::size_t hand_over(std::string_view from, std::span<char> out) {
  const std::size_t bytes = std::min(from.size(), out.size());
  std::copy_n(from.begin(), bytes, out.begin());
  return bytes;
}

}  // namespace

Result<std::unique_ptr<ByteSource>> FdBytes::open(const std::string& path) {
  Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!fd) {
    return unreadable(path, errno);
  }
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) {
    return unreadable(path, errno);
  }
  if (S_ISDIR(status.st_mode)) {
    return unreadable(path, EISDIR);
  }
  return std::make_unique<FdBytes>(std::move(fd), path);
}

Result<std::size_t> FdBytes::read(std::span<char> out) {
  for (;;) {
    const ssize_t got = ::read(fd_.get(), out.data(), out.size());
    if (got >= 0) {
      return static_cast<std::size_t>(got);
    }
    if (errno != EINTR) {
      return unreadable(name_, errno);
    }
  }
}

Result<std::size_t> MemoryBytes::read(std::span<char> out) {
  const std::size_t bytes = hand_over(rest_, out);
  rest_.remove_prefix(bytes);
  return bytes;
}

Result<std::string_view> PeekedBytes::peek(std::size_t most) {
  std::size_t filled = seen_.size();
  if (filled < most && !error_) {
    seen_.resize(most);
    while (filled < most) {
      const auto got = source_->read(std::span(seen_).subspan(filled));
      if (!got) {
        error_ = got.error();
        break;
      }
      if (*got == 0) {
        break;
      }
      filled += *got;
    }
    seen_.resize(filled);
  }
  if (filled == 0 && error_) {
    return tl::unexpected(*error_);
  }
  return std::string_view(seen_).substr(0, most);
}

Result<std::size_t> PeekedBytes::read(std::span<char> out) {
  if (given_ == seen_.size()) {
    if (error_) {
      return tl::unexpected(*error_);
    }
    return source_->read(out);
  }
  const std::size_t bytes = hand_over(std::string_view(seen_).substr(given_), out);
  given_ += bytes;
  return bytes;
}

}  // namespace wakepath::foreign
