// SPDX-License-Identifier: GPL-2.0-or-later
// Turns what the kernel side names (a vCPU thread, an irqaction, a function) into facts, which go
// into the stream before the record that names it. Looks at no other batches than those.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "capture/background.hpp"
#include "capture/irq_book.hpp"
#include "capture/vm_book.hpp"
#include "host/host_facts.hpp"
#include "wakepath/facts.hpp"
#include "wakepath/record.hpp"

namespace wakepath::capture {

class NameBook {
 public:
  explicit NameBook(const VmBook::Options& vms, IrqBook::Read irqs = {})
      : guest_tgid_(vms.guest_tgid), vms_(vms), irqs_(std::move(irqs)) {}

  // For a kernel that does not tell functions' names itself (Features::names_functions): some 100
  // ms, so before programs are attached. Error: why there are none.
  Result<void> read_symbols();

  // `batch` has WP_BATCH_NAMES.
  Result<void> batch(RecordView batch, RecordSink& sink);
  // `since_ns` 0: it was there before the capture.
  Result<void> vcpu(const wp_vcpu& vcpu, std::uint64_t since_ns, RecordSink& sink);
  Result<void> action(const wp_irq_name& action, RecordSink& sink);
  // What has become known of the interrupts since; with `until`, after what is being read.
  Result<void> irq_news(Deadline until, RecordSink& sink);
  // The embedded guest's vCPU thread, by the number that the kernel has for it.
  [[nodiscard]] std::optional<std::uint32_t> guest_thread(std::uint32_t vcpu) const;

 private:
  Result<void> function(const wp_function& function, RecordSink& sink);
  std::optional<std::string> symbol(std::uint64_t address);

  std::uint32_t guest_tgid_;
  std::optional<host::Symbols> symbols_;
  std::chrono::steady_clock::time_point symbols_read_;
  VmBook vms_;
  IrqBook irqs_;
  std::map<std::uint32_t, VcpuFact> vcpus_;  // by tid, as last said
  std::map<std::uint32_t, std::uint32_t> guest_threads_;
};

// The fact as a record, to `sink`.
Result<void> send(const Fact& fact, RecordSink& sink);

}  // namespace wakepath::capture
