// SPDX-License-Identifier: GPL-2.0-or-later
// The arms of a measurement, all attached to the same events: nothing, programs that do nothing,
// wakepath's own, ftrace. All exist from the start; one is on at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "capture/bpf/attach_plan.hpp"
#include "capture/bpf/bpf_session.hpp"

namespace wakepath::bench {

// An arm's counts since its creation. They prove that the arm was on.
struct Counted {
  std::uint64_t events{};
  std::uint64_t lost{};  // could not be stored; ftrace: overwritten, as nobody reads
};

class Arm {
 public:
  virtual ~Arm() = default;
  [[nodiscard]] virtual std::string name() const = 0;
  virtual Result<void> on() = 0;
  virtual void off() = 0;
  [[nodiscard]] virtual Counted counted() const { return {}; }
  // Where the kernel counts them (BPF_STATS_RUN_TIME).
  [[nodiscard]] virtual std::vector<capture::ProgramRuns> runs() const { return {}; }
};

std::unique_ptr<Arm> make_nothing();
Result<std::unique_ptr<Arm>> make_empty(const capture::AttachPlan& plan);
// `session` must outlive it; its rings are drained by the caller.
std::unique_ptr<Arm> make_wakepath(capture::BpfSession& session, std::uint32_t cpus);
// Error: unsupported, if tracefs is not mounted or has no such event.
Result<std::unique_ptr<Arm>> make_ftrace(const capture::AttachPlan& plan);

}  // namespace wakepath::bench
