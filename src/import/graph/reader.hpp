// SPDX-License-Identifier: GPL-2.0-or-later
// function_graph text as a trace.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "import/graph/calls.hpp"
#include "import/graph/events.hpp"
#include "import/graph/outline.hpp"
#include "import/trace_reader.hpp"

namespace wakepath::foreign::graph {

// Fills the front of `out` with what follows, and gives how much that was; 0: nothing follows.
using ReadBytes = std::function<Result<std::size_t>(std::span<char> out)>;

// Bytes to lines, in bounded memory: what goes beyond 16 KB in a line is left out.
class Lines {
 public:
  explicit Lines(ReadBytes read) : read_(std::move(read)) {}
  // Valid until the next call. nullopt: nothing follows.
  Result<std::optional<std::string_view>> next();

 private:
  Result<bool> fill();

  ReadBytes read_;
  std::vector<char> buffer_;
  std::size_t begin_{0};
  std::size_t end_{0};
  bool skipping_{false};  // the rest of a line that was too long
  bool ended_{false};
};

// The wakes that such a trace shows.
class OutlineReader {
 public:
  explicit OutlineReader(ReadBytes read) : lines_(std::move(read)), calls_(outline_) {}

  // The next wakes, none or some; nullopt: nothing follows.
  Result<std::optional<std::vector<OutlineWake>>> read();
  [[nodiscard]] std::vector<std::string> problems() const { return calls_.problems(); }
  // Is there anything of a function graph in what was read?
  [[nodiscard]] bool found_calls() const { return calls_.calls() > 0; }

 private:
  Lines lines_;
  GraphOutline outline_;
  CallTree calls_;
  bool ended_{false};
};

class GraphReader final : public TraceReader {
 public:
  explicit GraphReader(ReadBytes read) : lines_(std::move(read)), calls_(events_) {}

  Result<bool> read(TraceSink& sink) override;
  [[nodiscard]] std::vector<std::string> problems() const override;
  [[nodiscard]] std::vector<std::string> remarks() const override;

 private:
  Result<void> hand_on(TraceSink& sink, bool all);

  Lines lines_;
  GraphEvents events_;
  CallTree calls_;
  bool told_{false};
};

}  // namespace wakepath::foreign::graph
