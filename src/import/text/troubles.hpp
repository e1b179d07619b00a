// SPDX-License-Identifier: GPL-2.0-or-later
// What could not be read: each kind of trouble with its first line and how often; bounded, however
// much there is.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "import/line_reader.hpp"
#include "wakepath/abi.h"

namespace wakepath::foreign::text {

class Troubles {
 public:
  void unreadable(const Line& line) { note(line_, line); }
  void unreadable_event(const Line& line, wp_event_kind kind) { note(events_.at(kind), line); }
  void too_long(const Line& line) { note(long_, line); }
  void cpu_too_large(const Line& line) { note(cpu_, line); }
  void time_steps_back(const Line& line) { note(time_, line); }
  void time_jumps(const Line& line) { note(far_, line); }
  void raw(const Line& line) { note(raw_, line); }
  void ends_inside(const Line& line) { note(end_, line); }

  [[nodiscard]] bool has_cut_end() const { return end_.count != 0; }

  // No trouble: nothing of the trace is left out with them.
  void no_event(const Line& line) { note(no_event_, line); }
  void gap(const Line& line) { note(gap_, line); }

  // For a terminal, in order of the first lines.
  [[nodiscard]] std::vector<std::string> lines() const;
  [[nodiscard]] std::vector<std::string> remarks() const;

 private:
  struct Trouble {
    std::uint64_t first_line{};
    std::uint64_t count{};
    std::string excerpt;
  };
  struct Found;
  static void note(Trouble& trouble, const Line& line);
  static void say(std::vector<Found>& found, const Trouble& trouble, std::string_view what);
  static std::vector<std::string> sorted(std::vector<Found> found);

  Trouble line_, long_, cpu_, time_, far_, raw_, end_, no_event_, gap_;
  std::array<Trouble, WP_EVENT_KINDS> events_;
};

}  // namespace wakepath::foreign::text
