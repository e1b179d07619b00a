// SPDX-License-Identifier: GPL-2.0-or-later
// The parts of the page, each drawn into an area of the cells.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "screen/cells.hpp"
#include "screen/model.hpp"
#include "screen/rows.hpp"
#include "screen/screen.hpp"
#include "screen/state.hpp"

namespace wakepath::screen {

struct Area {
  std::size_t row{}, column{}, height{}, width{};
};

struct Page {
  const Model& model;
  State& state;
  const std::optional<Playback>& playback;
  const std::string& title;
  bool ascii;
  const std::vector<Row>& rows;
  const std::vector<KeptWake>& wakes;
  // Where the table stands, for the mouse.
  std::size_t first_row{0};
  std::size_t shown_rows{1};
};

Cells draw_page(Page& page, Size size);

// Says so where it is; false: it is not.
bool draw_too_small(Size size, Cells& cells);
void draw_top(const Page& page, Cells& cells);
void draw_verdict(const Page& page, Cells& cells);
void draw_keys(const Page& page, Cells& cells);
std::vector<std::string> lines_of(std::string_view text);
void draw_rule(std::size_t row, std::size_t width, std::string_view text, Cells& cells);

// Rows, or wakes, with a header.
void draw_table(Page& page, const Area& area, Cells& cells);
// The chosen row, or wake: its stages, who held it up, why, and what to try.
void draw_detail(const Page& page, const Area& area, Cells& cells);
// Steps of a wake, why it was slow, help.
void draw_text(Page& page, const Area& area, Cells& cells);

void draw_heat(const Page& page, const Area& area, Cells& cells);
void draw_findings(const Page& page, const Area& area, Cells& cells);
void draw_slowest(const Page& page, const Area& area, Cells& cells);
void draw_cpus(const Page& page, const Area& area, Cells& cells);
void draw_interrupts(const Page& page, const Area& area, Cells& cells);

// "kworker/u130:2", "irq eth1", "idle exit", "self": for a narrow column.
std::string short_culprit(const BlameRow& row);
// "prod/db-0:2".
std::string short_who(const Model& model, const VcpuIdentity& who);
// "14:02:11.482", or "+1.234s" from the begin on.
std::string when_text(const Model& model, const WakeChain& wake);
// Upright bars of the last minute, `columns` of them, where `full_ns` takes all.
std::string sparkline(const Model& model, const std::vector<const Minute*>& minutes,
                      std::size_t columns, std::uint64_t full_ns);
std::uint64_t longest_of(const std::vector<const Minute*>& minutes, const Model& model,
                         std::size_t column, std::size_t columns);
// "last 60s", "last 940ms".
std::string minute_text(const Model& model);
std::vector<const Minute*> minutes_of(const Row& row);
std::vector<std::string> help_lines(bool playback);

}  // namespace wakepath::screen
