// SPDX-License-Identifier: GPL-2.0-or-later
// Kernel AIO without libaio: an owned context, and the one kind of request in use here.
#pragma once

#include <cstddef>

#include <linux/aio_abi.h>

#include "util/fd.hpp"
#include "wakepath/result.hpp"

namespace wakepath::guest {

// Its destructor cancels requests under way.
class AioContext {
 public:
  static Result<AioContext> create(unsigned requests);
  AioContext(AioContext&& other) noexcept;
  AioContext& operator=(AioContext&&) = delete;
  ~AioContext();

  [[nodiscard]] aio_context_t get() const { return context_; }

 private:
  explicit AioContext(aio_context_t context) : context_(context) {}
  aio_context_t context_{0};
};

// Signals the eventfd `signalled` when `watched` is readable; once. `data` comes back with it.
[[nodiscard]] iocb poll_for_input(const Fd& watched, const Fd& signalled, std::size_t data);

}  // namespace wakepath::guest
