// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/byte_source.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
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

Result<Fd> FdBytes::open_file(const std::string& path) {
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
  return fd;
}

FdBytes::FdBytes(Fd fd, std::string name, int stop_fd, std::shared_ptr<InputPart> part)
    : fd_(std::move(fd)), name_(std::move(name)), stop_fd_(stop_fd), part_(std::move(part)) {
  struct stat status {};
  is_file_ = ::fstat(fd_.get(), &status) == 0 && S_ISREG(status.st_mode);
  if (is_file_ && part_) {
    part_->of_bytes = static_cast<std::uint64_t>(status.st_size);
  }
}

Result<std::size_t> FdBytes::read(std::span<char> out) {
  for (;;) {
    if (stop_fd_ >= 0) {
      std::array<pollfd, 2> ready{pollfd{stop_fd_, POLLIN, 0}, pollfd{fd_.get(), POLLIN, 0}};
      if (::poll(ready.data(), ready.size(), -1) < 0) {
        continue;  // a signal: the next look finds what it asks for
      }
      if (ready[0].revents != 0) {
        return fail(ErrorKind::interrupted, "interrupted");
      }
    }
    const ssize_t got = ::read(fd_.get(), out.data(), out.size());
    if (got >= 0) {
      if (part_) {
        part_->read_bytes += static_cast<std::uint64_t>(got);
      }
      return static_cast<std::size_t>(got);
    }
    if (errno != EINTR) {
      return unreadable(name_, errno);
    }
  }
}

bool FdBytes::waits(int milliseconds) const {
  if (is_file_) {
    return false;
  }
  std::array<pollfd, 2> ready{pollfd{fd_.get(), POLLIN, 0}, pollfd{stop_fd_, POLLIN, 0}};
  return ::poll(ready.data(), ready.size(), milliseconds) == 0;
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
    while (filled < most && !settles(filled)) {
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

bool PeekedBytes::settles(std::size_t filled) {
  constexpr std::chrono::milliseconds kPause{100};
  constexpr std::chrono::milliseconds kLongest{500};
  if (settled_ || filled == 0 || !tells_) {
    return settled_;
  }
  const Clock::time_point now = Clock::now();
  since_ = since_.value_or(now);
  const bool late = now - *since_ >= kLongest;
  if (!source_->waits(0) && !late) {
    return false;
  }
  settled_ = tells_(std::string_view(seen_).substr(0, filled)) &&
             (late || source_->waits(static_cast<int>(kPause.count())));
  return settled_;
}

bool PeekedBytes::waits(int milliseconds) const {
  return given_ == seen_.size() && !error_ && source_->waits(milliseconds);
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
