// SPDX-License-Identifier: GPL-2.0-or-later
#include "dump/output_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "util/escape.hpp"

namespace wakepath::dump {
namespace {

tl::unexpected<Error> cannot_write(const std::string& path, std::string_view why) {
  return fail(ErrorKind::bad_output,
              fmt::format("cannot write {}: {}", escape_terminal(path), why));
}

// The kernel kills a process that writes past RLIMIT_FSIZE unless it ignores SIGXFSZ, and that is
// for the program to decide, not for a library.
bool past_limit(std::uint64_t end) {
  struct rlimit limit {};
  return ::getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY &&
         end > limit.rlim_cur;
}

}  // namespace

OutputFile::OutputFile(Fd fd, std::string path, bool regular)
    : fd_(std::move(fd)), path_(std::move(path)), regular_(regular) {}

Result<OutputFile> OutputFile::create(const std::string& path) {
  // O_NONBLOCK: a pipe without a reader is refused instead of waited for. No O_TRUNC: first see
  // what it is.
  Fd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0644));
  if (!fd) {
    return cannot_write(path,
                        errno == ENXIO ? "it is a pipe or has no device" : std::strerror(errno));
  }
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) {
    return cannot_write(path, std::strerror(errno));
  }
  const bool regular = S_ISREG(status.st_mode);
  const bool seekable_device = S_ISCHR(status.st_mode) && ::lseek(fd.get(), 0, SEEK_SET) == 0;
  if (!regular && !seekable_device) {
    return cannot_write(path, "a dump needs a regular file");
  }
  if (regular && ::ftruncate(fd.get(), 0) != 0) {
    return cannot_write(path, std::strerror(errno));
  }
  return OutputFile(std::move(fd), path, regular);
}

Result<void> OutputFile::append(Bytes piece) {
  if (const int error = write_at(size_, piece); error != 0) {
    // Where even that fails, a reader finds a cut chunk and says so.
    [[maybe_unused]] const bool tidy =
        regular_ && ::ftruncate(fd_.get(), static_cast<off_t>(size_)) == 0;
    return failed(error);
  }
  size_ += piece.size();
  return {};
}

Result<void> OutputFile::replace(std::uint64_t offset, Bytes bytes) {
  if (const int error = write_at(offset, bytes); error != 0) {
    return failed(error);
  }
  return {};
}

Result<void> OutputFile::sync() {
  if (regular_ && ::fdatasync(fd_.get()) != 0) {
    return failed(errno);
  }
  return {};
}

int OutputFile::write_at(std::uint64_t offset, Bytes bytes) const {
  if (regular_ && past_limit(offset + bytes.size())) {
    return EFBIG;
  }
  while (!bytes.empty()) {
    const ssize_t written =
        ::pwrite(fd_.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) {
      continue;
    }
    if (written <= 0) {
      return written < 0 ? errno : EIO;
    }
    offset += static_cast<std::uint64_t>(written);
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return 0;
}

tl::unexpected<Error> OutputFile::failed(int error) const {
  return cannot_write(path_, std::strerror(error));
}

}  // namespace wakepath::dump
