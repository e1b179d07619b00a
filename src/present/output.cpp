// SPDX-License-Identifier: GPL-2.0-or-later
#include "present/output.hpp"

#include <cerrno>
#include <cstring>

#include <poll.h>
#include <unistd.h>

namespace wakepath::present {

Result<void> Output::commit() {
  if (buffer_.size() >= kFlushBytes) {
    return flush();
  }
  return {};
}

Result<void> Output::flush() {
  if (before_ && !closed_ && buffer_.size() != 0) {
    before_();
  }
  std::size_t done = 0;
  while (!closed_ && done < buffer_.size()) {
    const ssize_t written = ::write(fd_, buffer_.data() + done, buffer_.size() - done);
    if (written >= 0) {
      done += static_cast<std::size_t>(written);
      continue;
    }
    const int error = errno;
    if (error == EINTR) {
      continue;
    }
    if (error == EAGAIN || error == EWOULDBLOCK) {
      // Somebody else made our descriptor non-blocking: a terminal is shared with other processes.
      pollfd wait{fd_, POLLOUT, 0};
      ::poll(&wait, 1, 1000);
      continue;
    }
    buffer_.clear();
    if (error == EPIPE) {
      closed_ = true;
      return {};
    }
    return fail(ErrorKind::bad_output,
                fmt::format("can't write to {}: {}", name_, std::strerror(error)));
  }
  buffer_.clear();
  return {};
}

}  // namespace wakepath::present
