// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/private_directory.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/magic.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "host/memory_room.hpp"
#include "util/escape.hpp"

namespace wakepath::host {

namespace {

constexpr std::string_view kCopyPrefix = "wakepath-host-";
constexpr int kOpenDirectory = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

// A file system in memory makes and removes 100,000 small files in a second. ext4 takes a minute
// for them where as many were removed just before, for it looks at each of those again.
constexpr const char* kInMemory = "/dev/shm";

// Is it there, and is there so much more room that nobody misses it?
bool has_room_in_memory(std::uint64_t bytes) {
  struct statfs status {};
  if (::statfs(kInMemory, &status) != 0 || status.f_type != TMPFS_MAGIC ||
      ::access(kInMemory, W_OK | X_OK) != 0) {
    return false;
  }
  const auto block = static_cast<std::uint64_t>(status.f_bsize);
  return status.f_bavail * block >= bytes && memory_room("") / 2 >= bytes;
}

std::string temporary_place(std::uint64_t bytes) {
  const char* const chosen = std::getenv("TMPDIR");
  if (chosen != nullptr && *chosen != '\0') {
    return chosen;
  }
  return has_room_in_memory(bytes) ? kInMemory : "/tmp";
}

void remove_all(const std::string& path) {
  std::error_code error;
  std::filesystem::remove_all(path, error);
}

// Nobody holds it, and nobody else may have made it.
bool is_left_over(const Fd& directory) {
  struct stat status {};
  return directory && ::fstat(directory.get(), &status) == 0 && status.st_uid == ::geteuid() &&
         ::flock(directory.get(), LOCK_EX | LOCK_NB) == 0;
}

void sweep(const std::string& where) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(where, error)) {
    const std::string path = entry.path().string();
    if (entry.path().filename().string().starts_with(kCopyPrefix) &&
        is_left_over(Fd(::open(path.c_str(), kOpenDirectory)))) {
      remove_all(path);
    }
  }
}

tl::unexpected<Error> cannot_make(const std::string& path) {
  return fail(ErrorKind::bad_output,
              fmt::format("cannot write {}: {}", escape_terminal(path), std::strerror(errno)),
              "TMPDIR=DIR, where there is room");
}

}  // namespace

Result<PrivateDirectory> PrivateDirectory::create(std::uint64_t bytes) {
  const std::string where = temporary_place(bytes);
  sweep(kInMemory);  // what is left there costs memory
  if (where != kInMemory) {
    sweep(where);
  }
  // Another process may sweep it away before it is locked.
  for (int attempt = 0; attempt < 10; ++attempt) {
    std::string path = fmt::format("{}/{}XXXXXX", where, kCopyPrefix);
    if (::mkdtemp(path.data()) == nullptr) {
      return cannot_make(path);
    }
    Fd fd(::open(path.c_str(), kOpenDirectory));
    struct stat status {};
    if (fd && ::flock(fd.get(), LOCK_EX | LOCK_NB) == 0 && ::fstat(fd.get(), &status) == 0 &&
        status.st_nlink != 0) {
      return PrivateDirectory(std::move(path), std::move(fd));
    }
    remove_all(path);
  }
  return cannot_make(where);
}

PrivateDirectory::PrivateDirectory(PrivateDirectory&& other) noexcept
    : path_(std::exchange(other.path_, {})), fd_(std::move(other.fd_)) {}

PrivateDirectory::~PrivateDirectory() {
  if (!path_.empty()) {
    remove_all(path_);
  }
}

}  // namespace wakepath::host
