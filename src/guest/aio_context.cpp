// SPDX-License-Identifier: GPL-2.0-or-later
#include "guest/aio_context.hpp"

#include <cerrno>
#include <cstdint>
#include <utility>

#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "guest/vm.hpp"

namespace wakepath::guest {

Result<AioContext> AioContext::create(unsigned requests) {
  aio_context_t context = 0;
  if (::syscall(SYS_io_setup, requests, &context) < 0) {
    return system_error(ErrorKind::unsupported, "io_setup (kernel AIO) failed", errno);
  }
  return AioContext(context);
}

AioContext::AioContext(AioContext&& other) noexcept : context_(std::exchange(other.context_, 0)) {}

AioContext::~AioContext() {
  if (context_ != 0) {
    ::syscall(SYS_io_destroy, context_);
  }
}

iocb poll_for_input(const Fd& watched, const Fd& signalled, std::size_t data) {
  iocb request{};
  request.aio_data = data;
  request.aio_lio_opcode = IOCB_CMD_POLL;
  request.aio_fildes = static_cast<std::uint32_t>(watched.get());
  request.aio_buf = POLLIN;
  request.aio_flags = IOCB_FLAG_RESFD;
  request.aio_resfd = static_cast<std::uint32_t>(signalled.get());
  return request;
}

}  // namespace wakepath::guest
