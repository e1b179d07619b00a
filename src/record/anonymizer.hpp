// SPDX-License-Identifier: GPL-2.0-or-later
// Hands records on without the names that tell whose host it was: of VMs, threads and devices, the
// command line, and what the host's /proc and /sys said. Times, numbers of threads, CPUs and
// interrupts, the kernel's release and its functions stay.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "record/name_aliases.hpp"
#include "record/name_places.hpp"
#include "wakepath/facts.hpp"
#include "wakepath/record.hpp"

namespace wakepath::record {

class Anonymizer final : public RecordSink {
 public:
  explicit Anonymizer(RecordSink& next) : next_(next) {}
  // Error: bad_input where an event is of a kind that this version does not know, for it may hold
  // a name.
  Result<void> record(RecordView view) override;

  // After that error.
  [[nodiscard]] bool refused() const { return refused_; }
  [[nodiscard]] const NameAliases& names() const { return names_; }
  [[nodiscard]] std::uint64_t host_files() const { return host_files_; }            // left out
  [[nodiscard]] std::uint64_t unknown_records() const { return unknown_records_; }  // left out

 private:
  Result<void> batch(RecordView view);
  Result<void> fact(RecordView view);
  void rename(const NamePlace& place, std::size_t field);

  RecordSink& next_;
  NameAliases names_;
  std::vector<std::byte> bytes_;
  bool refused_{false};
  std::uint64_t host_files_{0};
  std::uint64_t unknown_records_{0};
};

}  // namespace wakepath::record
