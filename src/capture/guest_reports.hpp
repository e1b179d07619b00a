// SPDX-License-Identifier: GPL-2.0-or-later
// What the embedded guest reports, as records; its counter brought onto the host's clock.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "capture/name_book.hpp"
#include "guest/guest.hpp"
#include "wakepath/record.hpp"

namespace wakepath::capture {

// A host counter value on CLOCK_MONOTONIC, from the clock pair before it and the one after it: the
// clock is slewed, so the counter's nominal frequency alone would be wrong by up to 500 ns in a
// millisecond. `before` may be missing: then `hz` serves. Pure.
std::uint64_t counter_to_ns(std::uint64_t counter, const std::optional<guest::ClockPair>& before,
                            const guest::ClockPair& after, std::uint64_t hz);

class GuestReports {
 public:
  // `guest` must outlive this.
  explicit GuestReports(guest::Guest& guest);

  // Hands what was reported since the last call to `sink`. `names` knows the vCPU threads by the
  // kernel's numbers.
  Result<void> drain(const NameBook& names, RecordSink& sink);

 private:
  guest::Guest& guest_;
  std::optional<guest::ClockPair> before_;
  std::vector<guest::Report> reports_;
};

}  // namespace wakepath::capture
