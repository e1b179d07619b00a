// SPDX-License-Identifier: GPL-2.0-or-later
// Names of threads that wake somebody before the trace shows a switch to them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "import/trace_event.hpp"
#include "util/seeded_hash.hpp"
#include "wakepath/facts.hpp"

namespace wakepath::foreign {

class FirstNames {
 public:
  // The name of the event's thread, where the stream needs it.
  std::optional<ThreadFact> look(const TraceEvent& event);

 private:
  static constexpr std::size_t kMostThreads = 100'000;  // the next ones have no name at first

  SeededSet<std::uint32_t> named_;
};

}  // namespace wakepath::foreign
