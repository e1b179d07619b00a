// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/stale_instances.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <system_error>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

namespace wakepath::capture {

namespace {

std::string instances_of(const std::string& root) { return root + "/instances"; }

}  // namespace

std::string tracefs_root() {
  for (const char* const root : {"/sys/kernel/tracing", "/sys/kernel/debug/tracing"}) {
    if (::access(instances_of(root).c_str(), W_OK | X_OK) == 0) {
      return root;
    }
  }
  return {};
}

Fd lock_instance(const std::string& directory) {
  Fd fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return fd && ::flock(fd.get(), LOCK_EX | LOCK_NB) == 0 ? std::move(fd) : Fd();
}

InstancesLock::InstancesLock(const std::string& root)
    : fd_(::open(instances_of(root).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
  // A start needs milliseconds. Whoever holds it longer is stopped or stuck.
  constexpr auto kWait = std::chrono::milliseconds(5);
  constexpr int kAttempts = 2000;
  for (int i = 0;
       fd_ && ::flock(fd_.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK && i < kAttempts;
       ++i) {
    std::this_thread::sleep_for(kWait);
  }
}

std::vector<std::string> stale_instances(const std::string& root) {
  std::vector<std::string> stale;
  std::error_code error;
  for (std::filesystem::directory_iterator it(instances_of(root), error), end; !error && it != end;
       it.increment(error)) {
    // Nobody has one locked whose process is no more.
    if (it->path().filename().string().starts_with(kOurInstances) &&
        lock_instance(it->path().string())) {
      stale.push_back(it->path().string());
    }
  }
  std::ranges::sort(stale);
  return stale;
}

std::size_t remove_stale_instances(const std::string& root) {
  std::size_t removed = 0;
  for (const std::string& directory : stale_instances(root)) {
    const Fd lock = lock_instance(directory);
    removed += lock && ::rmdir(directory.c_str()) == 0 ? 1U : 0U;
  }
  return removed;
}

}  // namespace wakepath::capture
