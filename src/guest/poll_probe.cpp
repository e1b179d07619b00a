// SPDX-License-Identifier: GPL-2.0-or-later
#include "guest/poll_probe.hpp"

#include <array>
#include <cstdint>

#include <fcntl.h>
#include <linux/aio_abi.h>
#include <poll.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "guest/aio_context.hpp"
#include "guest/thread.hpp"
#include "util/fd.hpp"

namespace wakepath::guest {
namespace {

// One poll on a pipe, made ready by this thread: has its eventfd been signalled when write()
// returns? A kworker of this CPU can't have run by then, for a real-time thread goes first.
bool signalled_late() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) {
    return false;
  }
  const Fd reader(ends[0]);
  const Fd writer(ends[1]);
  const Fd signal(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  const auto context = AioContext::create(1);
  if (!signal || !context) {
    return false;
  }
  iocb request = poll_for_input(reader, signal, 0);
  iocb* requests = &request;
  if (::syscall(SYS_io_submit, context->get(), 1L, &requests) != 1) {
    return false;
  }
  const char byte = 0;
  std::uint64_t count = 0;
  return ::write(writer.get(), &byte, 1) == 1 &&
         ::read(signal.get(), &count, sizeof(count)) != sizeof(count);
}

}  // namespace

bool aio_poll_signals_from_work() {
  constexpr int tries = 4;
  bool late = false;
  // In a thread of its own, so that the priority ends with the thread.
  auto probe = start_thread("guest-probe", [&late](const std::stop_token&) {
    sched_param priority{};
    priority.sched_priority = 1;
    ::sched_setscheduler(0, SCHED_FIFO, &priority);
    for (int attempt = 0; attempt < tries && !late; ++attempt) {
      late = signalled_late();
    }
  });
  if (!probe) {
    return false;
  }
  probe->join();
  return late;
}

}  // namespace wakepath::guest
