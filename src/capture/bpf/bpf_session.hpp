// SPDX-License-Identifier: GPL-2.0-or-later
// The BPF programs and maps of one capture: loaded, attached, detached, freed with this object.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "capture/bpf/attach_plan.hpp"
#include "capture/bpf/cpu_rings.hpp"
#include "capture/bpf/ring_size.hpp"
#include "util/cpu_set.hpp"

namespace wakepath::capture {

struct SessionOptions {
  std::uint32_t cpus_possible{};
  CpuSet cpus;  // those that get rings
  RingSizes ring_bytes;
  bool program_stats{false};
};

// Of one CPU, since the start.
struct EventCounts {
  std::uint64_t written{};
  std::uint64_t failed{};
  std::uint64_t skipped{};
  std::uint64_t names{};  // attempts to write a naming record; each is in written or failed too
};

struct ProgramRuns {
  std::string name;
  std::uint64_t runs{};         // with program_stats
  std::uint64_t run_time_ns{};  // with program_stats
  std::uint64_t misses{};       // did not run, because it interrupted itself
};

class BpfSession {
 public:
  // Loads what the plan enables, and makes the rings. Nothing is attached yet. Errors: unsupported
  // (the kernel refused a program), not_permitted.
  static Result<std::unique_ptr<BpfSession>> load(const AttachPlan& plan,
                                                  const SessionOptions& options);
  ~BpfSession();

  // The vCPU threads that are inside KVM_RUN now. They count as named from then on. Once before
  // attach().
  Result<std::vector<wp_vcpu>> look_around();
  // Our own process, as the kernel numbers it: in a container getpid() says something else. After
  // look_around().
  [[nodiscard]] std::uint32_t own_tgid() const;

  // As look_around(), of a host that is not traced: loads the iterator alone, attaches nothing.
  struct Around {
    std::vector<wp_vcpu> vcpus;
    std::uint32_t own_tgid{};
  };
  static Result<Around> look_only();

  // The programs then run, but leave everything out until capture(true).
  Result<void> attach();
  void capture(bool on);
  // Ends the capture. Returns when no program runs any more.
  void detach();
  // vCPUs, IRQ actions and functions are named again before their next event.
  void forget_names();

  [[nodiscard]] std::vector<CpuRings>& rings();
  // Of one CPU, as it is now.
  [[nodiscard]] EventCounts counts(std::uint32_t cpu) const;
  // Attempts to write naming records so far, all CPUs: written + failed + skipped - names() is the
  // number of program runs.
  [[nodiscard]] std::uint64_t names() const;
  // Sum over all programs; 0 where the kernel does not count.
  [[nodiscard]] std::uint64_t misses() const;
  [[nodiscard]] std::vector<ProgramRuns> program_runs() const;
  // Of all programs, as they count themselves: also where the kernel does not.
  [[nodiscard]] std::uint64_t runs() const;
  // Has the kernel count runs and their time from now on, or no longer. False: it does not.
  bool count_runs(bool on);

 private:
  struct Impl;
  explicit BpfSession(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace wakepath::capture
