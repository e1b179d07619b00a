// SPDX-License-Identifier: GPL-2.0-or-later
// Trace events through a pipe, from a process that may be anyone's by then: each frame is a length,
// a type and that many bytes, and the reader believes nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "import/trace_event.hpp"
#include "wakepath/record.hpp"

namespace wakepath::foreign {

// The end that writes. Errors: bad_output, where nobody reads any more.
class EventPipeWriter final : public TraceSink {
 public:
  explicit EventPipeWriter(int fd) : fd_(fd) {}

  Result<void> about(const TraceInfo& info) override;
  Result<void> event(const TraceEvent& event) override;
  Result<void> lost(const TraceLoss& loss) override;
  // A line of TraceReader::problems() or remarks().
  Result<void> problem(std::string_view text);
  Result<void> remark(std::string_view text);
  // Lines of function_graph text, which are there in place of events.
  Result<void> graph(std::string_view lines);
  // Nothing follows: the trace has been read to its end.
  Result<void> end();
  Result<void> flush();

 private:
  Result<void> frame(std::uint32_t type, std::string_view fixed,
                     std::initializer_list<std::string_view> rest);

  int fd_;
  std::string pending_;
};

// The end that reads: bytes as they come, cut anywhere.
class EventPipeParser {
 public:
  // Hands on what is whole in `bytes`, and keeps the rest. An error of the sink is passed on;
  // bad_input: this is not what an EventPipeWriter writes.
  Result<void> feed(Bytes bytes, TraceSink& sink);

  [[nodiscard]] bool ended() const { return ended_; }  // end() came
  [[nodiscard]] bool began() const { return began_; }  // about() came
  [[nodiscard]] std::uint64_t events() const { return events_; }
  [[nodiscard]] std::uint64_t lines() const { return lines_; }  // of function_graph text
  // That text, as far as it was not taken.
  [[nodiscard]] std::string take_graph() { return std::exchange(graph_, {}); }
  [[nodiscard]] const std::vector<std::string>& problems() const { return problems_; }
  [[nodiscard]] const std::vector<std::string>& remarks() const { return remarks_; }

 private:
  Result<void> frame(std::uint32_t type, Bytes body, TraceSink& sink);
  Result<void> about(Bytes body, TraceSink& sink);
  Result<void> event(Bytes body, TraceSink& sink);
  Result<void> lost(Bytes body, TraceSink& sink);

  std::vector<std::byte> kept_;
  bool began_{false}, ended_{false};
  std::uint64_t events_{0}, lines_{0};
  std::string graph_;
  std::vector<std::string> problems_, remarks_;
};

}  // namespace wakepath::foreign
