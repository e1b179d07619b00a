// SPDX-License-Identifier: GPL-2.0-or-later
// Turns what the kernel side names (a vCPU thread, an irqaction, a function) into facts, which go
// into the stream before the record that names it. Looks at no other batches than those.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>

#include "host/host_facts.hpp"
#include "wakepath/facts.hpp"
#include "wakepath/record.hpp"

namespace wakepath::capture {

class NameBook {
 public:
  // `guest_tgid`: the process whose VM is our embedded guest; 0: none.
  explicit NameBook(std::uint32_t guest_tgid) : guest_tgid_(guest_tgid) {}

  // Reads the kernel's symbols: some 100 ms, so before programs are attached. Error: why there are
  // none.
  Result<void> read_symbols();

  // `batch` has WP_BATCH_NAMES.
  Result<void> batch(RecordView batch, RecordSink& sink);
  Result<void> vcpu(const wp_vcpu& vcpu, RecordSink& sink);

 private:
  Result<void> function(std::uint64_t address, RecordSink& sink);
  static Result<void> irq(const wp_irq_name& name, RecordSink& sink);
  std::optional<std::string> symbol(std::uint64_t address);
  [[nodiscard]] std::optional<std::string> vm_name(std::uint32_t tgid) const;

  std::uint32_t guest_tgid_;
  std::optional<host::Symbols> symbols_;
  std::chrono::steady_clock::time_point symbols_read_;
  std::unordered_map<std::uint32_t, std::string> vms_;  // name by key
};

// The fact as a record, to `sink`.
Result<void> send(const Fact& fact, RecordSink& sink);

}  // namespace wakepath::capture
