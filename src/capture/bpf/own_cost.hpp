// SPDX-License-Identifier: GPL-2.0-or-later
// What the capture itself takes of this host, told once a second.
#pragma once

#include <cstdint>

#include "capture/bpf/bpf_session.hpp"
#include "wakepath/record.hpp"

namespace wakepath::capture {

// The kernel counts the programs' time only while it is asked to, which makes every run dearer: so
// it is asked for the first second alone, and each run after it is taken to cost what those did.
// With --stats it counts all the time, and nothing is taken to be anything.
class OwnCost {
 public:
  explicit OwnCost(bool counted) : counted_(counted) {}

  // Before the rights to ask go: the kernel counts from here on.
  void ask(BpfSession& session) { looking_ = counted_ || session.count_runs(true); }
  void begin(std::uint64_t now_ns);
  // A CostFact, at most once a second; `last`: in any case.
  Result<void> say(BpfSession& session, std::uint64_t now_ns, bool last, RecordSink& sink);

 private:
  void look(BpfSession& session, std::uint64_t now_ns);

  bool counted_;        // all the time
  bool looking_{true};  // the mean is still being found
  std::uint64_t begin_ns_{0};
  std::uint64_t said_ns_{0};
  std::uint64_t reader_before_ns_{0};
  std::uint64_t run_ps_{0};  // mean, 0: not known
};

}  // namespace wakepath::capture
