// SPDX-License-Identifier: GPL-2.0-or-later
// A tracing instance of our own (instances/wakepath-PID): its buffers and events are nobody else's.
//
// It is locked (flock on its directory) while we live, so that one that a killed run left behind is
// told from one in use, whatever PID namespace that is in: stale_instances.hpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "capture/tracefs/library.hpp"
#include "util/fd.hpp"
#include "wakepath/result.hpp"

namespace wakepath::capture {

// Where tracefs is mounted. Errors: unsupported (no tracefs), not_permitted (lockdown, rights).
Result<std::string> find_tracefs();

class TracefsInstance {
 public:
  // Removes what killed runs left, then makes one of ours: not tracing, clock mono, buffers of
  // `ring_bytes` for each CPU. Errors as find_tracefs().
  static Result<TracefsInstance> create(std::size_t ring_bytes);
  ~TracefsInstance();  // removes it; all files in it must be closed
  TracefsInstance(TracefsInstance&&) noexcept = default;
  TracefsInstance& operator=(TracefsInstance&&) noexcept = delete;

  Result<void> enable(const std::string& system, const std::string& event);
  // Error: bug, where the kernel refuses.
  Result<void> tracing(bool on);
  // The buffer of a CPU, in pages, not blocking; an empty Fd: that CPU has none.
  [[nodiscard]] Fd open_pages(std::uint32_t cpu) const;

  // Events that did not get into the CPU's buffer, or out of it before it was overwritten.
  [[nodiscard]] std::uint64_t lost(std::uint32_t cpu) const;

 private:
  struct Free {
    void operator()(tracefs_instance* instance) const { ::tracefs_instance_free(instance); }
  };
  TracefsInstance() = default;
  Result<void> set_up(std::size_t ring_bytes);

  std::unique_ptr<tracefs_instance, Free> instance_;
  Fd lock_;
};

}  // namespace wakepath::capture
