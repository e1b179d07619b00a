// SPDX-License-Identifier: GPL-2.0-or-later
// Reads the host on a thread of its own while the rings are drained.
#pragma once

#include <chrono>
#include <csignal>
#include <future>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

namespace wakepath::capture {

// Until when a reading is waited for. None: it is not waited for.
using Deadline = std::optional<std::chrono::steady_clock::time_point>;

// When a capture ends, its readings of the host are waited for until then, and not longer: the
// recording is worth more than they are.
inline Deadline last_deadline() {
  return std::chrono::steady_clock::now() + std::chrono::seconds(10);
}

template <typename T>
bool is_read(const std::future<T>& reading, Deadline until) {
  return reading.wait_until(until.value_or(std::chrono::steady_clock::time_point{})) ==
         std::future_status::ready;
}

// `read` owns all that it touches. Signals are for the thread that drains: they end its sleep. An
// invalid future where there is no thread to be had.
template <typename Read>
auto read_in_background(Read&& read) -> std::future<decltype(read())> {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  std::packaged_task<decltype(read())()> task(std::forward<Read>(read));
  auto reading = task.get_future();
  try {
    // A file of /proc may block for as long as it likes: nobody has to wait for its end.
    std::thread(std::move(task)).detach();
  } catch (const std::system_error&) {
    reading = {};  // all else goes on without it
  }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return reading;
}

}  // namespace wakepath::capture
