// SPDX-License-Identifier: GPL-2.0-or-later
// A process of our own that keeps the rights which we give up: it waits for one order, obeys, and
// ends. Where we end without an order it obeys `on_end`.
#pragma once

#include <functional>
#include <utility>

#include <sys/types.h>

#include "util/fd.hpp"
#include "wakepath/result.hpp"

namespace wakepath {

class NameKeeper {
 public:
  using Work = std::function<Result<void>()>;
  struct Orders {
    Work finish, discard, on_end;
  };

  // `file` (-1: none) alone of our files stays open in it. `begin` runs there first. No other
  // thread of ours may run. Error: bug, where no process can be made.
  static Result<NameKeeper> start(int file, const std::function<void()>& begin,
                                  const Orders& orders);
  NameKeeper(NameKeeper&& other) noexcept
      : pid_(std::exchange(other.pid_, -1)),
        orders_(std::move(other.orders_)),
        answer_(std::move(other.answer_)) {}
  NameKeeper& operator=(NameKeeper&&) = delete;
  NameKeeper(const NameKeeper&) = delete;
  NameKeeper& operator=(const NameKeeper&) = delete;
  ~NameKeeper() { end(); }

  // One of them, once. The error is the work's own; bad_output where it died.
  Result<void> finish() { return order('f'); }
  Result<void> discard() { return order('d'); }

 private:
  NameKeeper(pid_t pid, Fd orders, Fd answer)
      : pid_(pid), orders_(std::move(orders)), answer_(std::move(answer)) {}
  Result<void> order(char which);
  void end();

  pid_t pid_;
  Fd orders_, answer_;
};

}  // namespace wakepath
