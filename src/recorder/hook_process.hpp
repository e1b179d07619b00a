// SPDX-License-Identifier: GPL-2.0-or-later
// A user's command for each recording that is kept (--exec). A process of its own runs it, with the
// rights that we were started with, one at a time: the capture never waits for it.
#pragma once

#include <string>

#include "recorder/dump_sink.hpp"
#include "util/fd.hpp"
#include "wakepath/result.hpp"

namespace wakepath::recorder {

class HookProcess {
 public:
  // `command`: for /bin/sh -c. No other thread of ours may run, and no right is given up yet.
  // The process ends with the last copy of the pipe to it.
  static Result<HookProcess> start(const std::string& command);

  // In the environment of the command: WAKEPATH_FILE, _VM, _VCPU, _PATH, _LATENCY_NS, _VERDICT.
  // False: so many wait already that it is not run for this one, or the path is too long.
  bool run(const std::string& path, const DumpReason& reason);
  [[nodiscard]] int descriptor() const { return orders_.get(); }

 private:
  explicit HookProcess(Fd orders) : orders_(std::move(orders)) {}

  Fd orders_;
};

}  // namespace wakepath::recorder
