// SPDX-License-Identifier: GPL-2.0-or-later
// What the records of ftrace do not hold and this host knows: whose vCPU a thread is, how its VM is
// called, which device an interrupt is of. Stands before and behind foreign::RecordMaker.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "capture/name_book.hpp"
#include "import/trace_event.hpp"
#include "util/seeded_hash.hpp"
#include "wakepath/record.hpp"

namespace wakepath::capture {

// Of threads by the kernel's numbers, read again now and then.
class ThreadBook {
 public:
  // `sees_all`: /proc numbers threads as the kernel does; else nothing is known of any.
  ThreadBook(std::string root, bool sees_all) : root_(std::move(root)), sees_all_(sees_all) {}

  struct Thread {
    std::uint32_t tgid{};
    std::string comm;
    std::uint64_t read_ns{};
  };
  // Null: not known. Valid until the next call.
  const Thread* find(std::uint32_t tid, std::uint64_t now_ns);

  [[nodiscard]] const std::string& root() const { return root_; }
  [[nodiscard]] bool sees_all() const { return sees_all_; }

 private:
  std::string root_;
  bool sees_all_;
  SeededMap<std::uint32_t, Thread> threads_;
};

// Adds process and name of the thread to what KVM's events tell.
class ThreadTeller final : public foreign::TraceSink {
 public:
  ThreadTeller(ThreadBook& threads, foreign::TraceSink& next) : threads_(threads), next_(next) {}

  Result<void> about(const foreign::TraceInfo& info) override { return next_.about(info); }
  Result<void> event(const foreign::TraceEvent& event) override;
  Result<void> lost(const foreign::TraceLoss& loss) override { return next_.lost(loss); }

 private:
  ThreadBook& threads_;
  foreign::TraceSink& next_;
};

// Puts this host's facts in the place of those that a trace can tell. What the capture itself has
// said at its start (host, events, buffers) is not said again.
class FactTeller final : public RecordSink {
 public:
  FactTeller(ThreadBook& threads, NameBook& names) : threads_(threads), names_(names) {}

  // Where records go from now on; must be set before any come.
  void send_to(RecordSink& sink) { to_ = &sink; }
  Result<void> record(RecordView view) override;
  // VMs and threads may be called otherwise by now.
  Result<void> renew(std::uint64_t now_ns);

 private:
  Result<void> vcpu(const VcpuFact& fact);

  ThreadBook& threads_;
  NameBook& names_;
  RecordSink* to_{nullptr};
  std::map<std::uint32_t, wp_vcpu> vcpus_;  // by tid
  std::uint64_t round_{0};
};

}  // namespace wakepath::capture
