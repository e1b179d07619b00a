// SPDX-License-Identifier: GPL-2.0-or-later
// function_graph text as a trace.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "import/graph/calls.hpp"
#include "import/graph/events.hpp"
#include "import/graph/outline.hpp"
#include "import/line_reader.hpp"
#include "import/trace_reader.hpp"

namespace wakepath::foreign::graph {

// The wakes that such a trace shows.
class OutlineReader {
 public:
  explicit OutlineReader(std::unique_ptr<ByteSource> source)
      : lines_(std::move(source)), calls_(outline_) {}

  // The next wakes, none or some; nullopt: nothing follows.
  Result<std::optional<std::vector<OutlineWake>>> read();
  [[nodiscard]] std::vector<std::string> problems() const;
  // Is there anything of a function graph in what was read?
  [[nodiscard]] bool found_calls() const { return calls_.calls() > 0; }

 private:
  LineReader lines_;
  GraphOutline outline_;
  CallTree calls_;
  bool ended_{false};
};

class GraphReader final : public TraceReader {
 public:
  explicit GraphReader(std::unique_ptr<ByteSource> source)
      : lines_(std::move(source)), calls_(events_) {}

  Result<bool> read(TraceSink& sink) override;
  [[nodiscard]] std::vector<std::string> problems() const override;
  [[nodiscard]] bool is_truncated() const override { return lines_.ended_inside(); }
  [[nodiscard]] std::vector<std::string> remarks() const override;

 private:
  Result<void> hand_on(TraceSink& sink, bool all);

  LineReader lines_;
  GraphEvents events_;
  CallTree calls_;
  bool told_{false};
};

}  // namespace wakepath::foreign::graph
