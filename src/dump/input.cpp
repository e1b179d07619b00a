// SPDX-License-Identifier: GPL-2.0-or-later
#include "dump/input.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "util/escape.hpp"

namespace wakepath::dump {

Result<std::unique_ptr<Input>> FileInput::open(const std::string& path) {
  const auto cannot_read = [&path](const char* why) {
    return fail(ErrorKind::bad_input,
                fmt::format("cannot read {}: {}", escape_terminal(path), why));
  };
  Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!fd) {
    return cannot_read(std::strerror(errno));
  }
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) {
    return cannot_read(std::strerror(errno));
  }
  if (S_ISDIR(status.st_mode)) {
    return cannot_read(std::strerror(EISDIR));
  }
  if (!S_ISREG(status.st_mode)) {
    return cannot_read("a dump is read from a regular file");
  }
  return std::make_unique<FileInput>(std::move(fd), static_cast<std::uint64_t>(status.st_size));
}

std::unique_ptr<Input> FileInput::of(Fd fd) {
  struct stat status {};
  const bool known = ::fstat(fd.get(), &status) == 0;
  return std::make_unique<FileInput>(std::move(fd),
                                     known ? static_cast<std::uint64_t>(status.st_size) : 0);
}

bool FileInput::read(std::uint64_t offset, std::span<std::byte> out) {
  while (!out.empty()) {
    const ssize_t got = ::pread(fd_.get(), out.data(), out.size(), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got <= 0) {
      return false;
    }
    offset += static_cast<std::uint64_t>(got);
    out = out.subspan(static_cast<std::size_t>(got));
  }
  return true;
}

bool MemoryInput::read(std::uint64_t offset, std::span<std::byte> out) {
  if (offset > bytes_.size() || out.size() > bytes_.size() - offset) {
    return false;
  }
  std::ranges::copy(bytes_.subspan(static_cast<std::size_t>(offset), out.size()), out.begin());
  return true;
}

namespace {

constexpr std::size_t kStreamBytes = std::size_t{64} * 1024;  // at once, a pipe's size
// Released bytes are dropped when there are so many: each drop moves the bytes behind them.
constexpr std::uint64_t kDropBytes = std::uint64_t{1} << 20;

}  // namespace

bool StreamInput::reaches(std::uint64_t end) {
  while (size() < end && !ended_) {
    const std::size_t before = held_.size();
    held_.resize(before + kStreamBytes);
    const auto got = read_(std::span(held_).subspan(before));
    held_.resize(before + got.value_or(0));
    ended_ = got.value_or(0) == 0;
    if (!got) {
      trouble_ = got.error().message;
      interrupted_ = got.error().kind == ErrorKind::interrupted;
    }
  }
  return end <= size();
}

bool StreamInput::read(std::uint64_t offset, std::span<std::byte> out) {
  if (offset < begin_ || !reaches(offset + out.size())) {
    return false;
  }
  std::ranges::copy(Bytes(held_).subspan(static_cast<std::size_t>(offset - begin_), out.size()),
                    out.begin());
  return true;
}

void StreamInput::release(std::uint64_t offset) {
  const std::uint64_t until = std::min(offset, size());
  if (until > begin_ && until - begin_ >= kDropBytes) {
    held_.erase(held_.begin(), held_.begin() + static_cast<std::ptrdiff_t>(until - begin_));
    begin_ = until;
  }
}

}  // namespace wakepath::dump
