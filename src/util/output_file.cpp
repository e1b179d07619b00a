// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/output_file.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/escape.hpp"

namespace wakepath {

namespace {

constexpr mode_t kOwnerAlone = 0600;

// The kernel kills a process that writes past RLIMIT_FSIZE unless it ignores SIGXFSZ, and that is
// for the program to decide, not for a library.
bool past_limit(std::uint64_t end) {
  struct rlimit limit {};
  return ::getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY &&
         end > limit.rlim_cur;
}

std::string directory_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

std::string link_in_proc(const Fd& fd) { return fmt::format("/proc/self/fd/{}", fd.get()); }

// Not onto what is there. Some file systems know one way alone.
bool move_to_free_name(const std::string& from, const std::string& to) {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) {
    return true;
  }
  if (errno != EINVAL && errno != ENOSYS) {
    return false;
  }
  return ::link(from.c_str(), to.c_str()) == 0 && ::unlink(from.c_str()) == 0;
}

// A name in it is on the medium, too.
void sync_directory(const std::string& path) {
  const Fd directory(::open(directory_of(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory) {
    ::fsync(directory.get());
  }
}

}  // namespace

Result<OutputFile> OutputFile::create(const OutputPlan& plan, Kind kind) {
  WAKEPATH_TRY(const OutputPlace place, find_place(plan));
  const bool replaces = place.kind == OutputPlace::Kind::file;
  const bool is_stream = !replaces && place.kind != OutputPlace::Kind::nothing;
  OutputFile file(is_stream ? Kind::stream : kind, plan.path);
  file.path_ = place.path;
  if (is_stream) {
    WAKEPATH_CHECK(file.open_stream(place));
  } else if (kind == Kind::whole) {
    file.replaces_ = replaces;
    WAKEPATH_CHECK(file.open_whole());
  } else {
    WAKEPATH_CHECK(file.open_growing(replaces));
  }
  file.done_ = false;
  return file;
}

OutputFile::~OutputFile() {
  const bool leaves_something = kind_ == Kind::stream || (kind_ == Kind::growing && size_ != 0);
  if (fd_ && !done_ && !leaves_something) {
    discard();
  }
}

Result<void> OutputFile::open_stream(const OutputPlace& place) {
  if (place.kind == OutputPlace::Kind::descriptor) {
    name_ = "standard output";
    fd_ = Fd(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0));
  } else {
    // It waits for a pipe's reader, as a shell's > does.
    fd_ = Fd(::open(path_.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY));
  }
  struct stat status {};
  if (!fd_ || ::fstat(fd_.get(), &status) != 0) {
    return failed(errno);
  }
  if (::isatty(fd_.get()) == 1) {
    return cannot_write(name_, "it is a terminal, and this is no text");
  }
  // Another file may have got the name meanwhile.
  if (place.kind != OutputPlace::Kind::descriptor && !S_ISFIFO(status.st_mode) &&
      !S_ISCHR(status.st_mode)) {
    return is_there_already(name_);
  }
  return {};
}

// A file without a name is gone with its process, whatever ends that. Not each file system has such
// files, and only /proc gives them a name.
Result<void> OutputFile::open_whole() {
  fd_ = Fd(::open(directory_of(path_).c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, kOwnerAlone));
  if (fd_ && ::access(link_in_proc(fd_).c_str(), F_OK) == 0) {
    return {};
  }
  std::string name = path_ + ".unfinished-XXXXXX";
  fd_ = Fd(::mkostemp(name.data(), O_CLOEXEC));
  if (!fd_) {
    return failed(errno);
  }
  unfinished_ = std::move(name);
  return {};
}

Result<void> OutputFile::open_growing(bool replaces) {
  if (replaces) {
    WAKEPATH_CHECK(move_old_away());
  }
  fd_ = Fd(::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY, kOwnerAlone));
  if (!fd_) {
    const int error = errno;
    move_old_back();
    return error == EEXIST ? Result<void>(is_there_already(name_)) : failed(error);
  }
  // Another recorder finds the lock, and leaves the file alone.
  ::flock(fd_.get(), LOCK_EX | LOCK_NB);
  return {};
}

Result<void> OutputFile::move_old_away() {
  std::string old = path_ + ".old";
  if (!move_to_free_name(path_, old)) {
    if (errno == EEXIST) {
      return fail(ErrorKind::bad_output,
                  fmt::format("{} is there already, of a recording that did not end, and is kept",
                              escape_terminal(old)),
                  "give it another name, or remove it");
    }
    return failed(errno);
  }
  old_ = std::move(old);
  return {};
}

void OutputFile::move_old_back() {
  if (!old_.empty() && move_to_free_name(old_, path_)) {
    old_.clear();
  }
}

Result<void> OutputFile::append(Piece piece) {
  if (const int error = write_at(size_, piece); error != 0) {
    // Where even that fails, a reader finds a cut piece and says so.
    [[maybe_unused]] const bool tidy =
        kind_ != Kind::stream && ::ftruncate(fd_.get(), static_cast<off_t>(size_)) == 0;
    return failed(error);
  }
  size_ += piece.size();
  return {};
}

Result<void> OutputFile::replace(std::uint64_t offset, Piece piece) {
  if (kind_ == Kind::stream) {
    return {};
  }
  if (const int error = write_at(offset, piece); error != 0) {
    return failed(error);
  }
  size_ = std::max(size_, offset + piece.size());
  return {};
}

Result<std::size_t> OutputFile::read(std::uint64_t offset, std::span<std::byte> to) const {
  std::size_t done = 0;
  while (done < to.size()) {
    const ssize_t got =
        ::pread(fd_.get(), to.data() + done, to.size() - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno != EINTR) {
      return failed(errno);
    }
    if (got == 0) {
      break;
    }
    done += got < 0 ? 0 : static_cast<std::size_t>(got);
  }
  return done;
}

Result<void> OutputFile::sync() {
  if (kind_ != Kind::stream && ::fdatasync(fd_.get()) != 0) {
    return failed(errno);
  }
  return {};
}

bool OutputFile::link_to(const std::string& path) const {
  return ::linkat(AT_FDCWD, link_in_proc(fd_).c_str(), AT_FDCWD, path.c_str(), AT_SYMLINK_FOLLOW) ==
         0;
}

Result<void> OutputFile::take_name() {
  if (!replaces_) {
    if (unfinished_.empty() ? link_to(path_) : move_to_free_name(unfinished_, path_)) {
      unfinished_.clear();
      return {};
    }
    return errno == EEXIST ? Result<void>(is_there_already(name_)) : failed(errno);
  }
  if (unfinished_.empty()) {
    // Only a name can take another one's place.
    std::string name;
    for (int tries = 0; tries < 100; ++tries) {
      name = fmt::format("{}.unfinished-{}-{}", path_, ::getpid(), tries);
      if (link_to(name)) {
        unfinished_ = std::move(name);
        break;
      }
      if (errno != EEXIST) {
        break;
      }
    }
    if (unfinished_.empty()) {
      return failed(errno);
    }
  }
  if (::rename(unfinished_.c_str(), path_.c_str()) != 0) {
    return failed(errno);
  }
  unfinished_.clear();
  return {};
}

Result<void> OutputFile::finish() {
  WAKEPATH_CHECK(sync());
  if (keeper_) {
    const Result<void> named = keeper_->finish();
    keeper_.reset();
    done_ = true;
    WAKEPATH_CHECK(named);
  } else {
    WAKEPATH_CHECK(finish_name());
  }
  old_.clear();
  return {};
}

Result<void> OutputFile::finish_name() {
  if (kind_ == Kind::whole) {
    WAKEPATH_CHECK(take_name());
  }
  if (kind_ != Kind::stream) {
    sync_directory(path_);
  }
  done_ = true;
  if (!old_.empty()) {
    ::unlink(old_.c_str());
    old_.clear();
  }
  return {};
}

void OutputFile::discard() {
  done_ = true;
  if (keeper_) {
    static_cast<void>(keeper_->discard());
    keeper_.reset();
  } else {
    discard_name();
  }
}

void OutputFile::discard_name() {
  if (kind_ == Kind::growing) {
    ::unlink(path_.c_str());
    move_old_back();
  }
  if (!unfinished_.empty()) {
    ::unlink(unfinished_.c_str());
    unfinished_.clear();
  }
}

void OutputFile::leave_name() {
  struct stat status {};
  if (kind_ == Kind::whole || (::fstat(fd_.get(), &status) == 0 && status.st_size == 0)) {
    discard_name();
  }
}

Result<void> OutputFile::keep_rights_for_names(const std::function<void()>& begin) {
  if (kind_ == Kind::stream) {
    return {};
  }
  const NameKeeper::Orders orders{[this] {
                                    Result<void> named = finish_name();
                                    if (!named) {
                                      leave_name();
                                    }
                                    return named;
                                  },
                                  [this]() -> Result<void> {
                                    discard_name();
                                    return {};
                                  },
                                  [this]() -> Result<void> {
                                    leave_name();
                                    return {};
                                  }};
  WAKEPATH_TRY(NameKeeper keeper, NameKeeper::start(fd_.get(), begin, orders));
  keeper_.emplace(std::move(keeper));
  return {};
}

int OutputFile::write_at(std::uint64_t offset, Piece piece) const {
  if (kind_ != Kind::stream && past_limit(offset + piece.size())) {
    return EFBIG;
  }
  while (!piece.empty()) {
    const ssize_t written = kind_ == Kind::stream ? ::write(fd_.get(), piece.data(), piece.size())
                                                  : ::pwrite(fd_.get(), piece.data(), piece.size(),
                                                             static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) {
      continue;
    }
    if (written < 0 && kind_ == Kind::stream && errno == EAGAIN) {
      // Somebody else made the descriptor non-blocking.
      pollfd wait{fd_.get(), POLLOUT, 0};
      ::poll(&wait, 1, 1000);
      continue;
    }
    if (written <= 0) {
      return written < 0 ? errno : EIO;
    }
    offset += static_cast<std::uint64_t>(written);
    piece = piece.subspan(static_cast<std::size_t>(written));
  }
  return 0;
}

tl::unexpected<Error> OutputFile::failed(int error) const {
  return cannot_write(name_, error == EPIPE ? "nobody reads it any more" : std::strerror(error));
}

}  // namespace wakepath
