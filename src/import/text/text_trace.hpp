// SPDX-License-Identifier: GPL-2.0-or-later
// Reads the events of trace text: ftrace's `trace` and `trace_pipe`, trace-cmd report, perf script.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "import/byte_source.hpp"
#include "import/line_reader.hpp"
#include "import/text/event_line.hpp"
#include "import/text/look.hpp"
#include "import/text/losses.hpp"
#include "import/text/tracer.hpp"
#include "import/text/troubles.hpp"
#include "import/trace_reader.hpp"

namespace wakepath::foreign::text {

// Of perf's text, among its remarks.
inline constexpr std::string_view kForeignNames =
    "perf script names functions by the kernel of the machine where it runs: if that is not "
    "the traced one, the names of timers and work items are wrong";

class TextTrace final : public TraceReader {
 public:
  // Whatever the source holds: what is no trace is said as that, line by line.
  explicit TextTrace(std::unique_ptr<ByteSource> source);

  Result<bool> read(TraceSink& sink) override;
  [[nodiscard]] std::vector<std::string> problems() const override { return troubles_.lines(); }
  [[nodiscard]] bool is_truncated() const override { return troubles_.has_cut_end(); }
  [[nodiscard]] std::vector<std::string> remarks() const override;

 private:
  struct Cpu {
    std::uint64_t last_ns{0};
    bool behind{false};                  // time stepped back, and has not passed last_ns again
    std::optional<std::uint32_t> tid{};  // that it runs
    std::uint64_t open_ns{0};            // when it was last seen to take interrupts
  };

  struct Far {
    std::string text;
    std::uint64_t number{};
    std::uint64_t time_ns{};
  };

  void begin();
  Result<void> tell_about(std::string_view event_line, TraceSink& sink);
  Result<void> settle_far(std::optional<std::uint64_t> next_ns, TraceSink& sink);
  Result<void> line(const Line& line, TraceSink& sink);
  bool find_event(std::string_view line, EventLine& out);
  Result<void> event(const Line& line, const EventLine& head, TraceSink& sink);
  Result<void> other_line(const Line& line, TraceSink& sink);
  Result<void> no_event(const Line& line, TraceSink& sink);
  Result<void> hole(TraceSink& sink);
  Result<void> loss(const Line& line, const TraceLoss& loss, TraceSink& sink);
  bool in_order(const Line& line, const EventLine& head);
  bool settle_thread(TraceEvent& event);

  LineReader lines_;
  TextKind kind_{TextKind::ftrace};
  Form form_{Form::ftrace};
  std::vector<Cpu> cpus_;
  std::uint64_t newest_ns_{0};
  std::optional<Far> far_;
  TraceInfo info_;
  bool begun_{false};
  bool told_{false};  // what is known of the trace
  bool arm64_{false};
  bool gap_{false};  // since the last event somebody cut out others
  bool events_seen_{false};
  bool kvm_seen_{false};
  bool hole_said_{false};  // since the last event, for lines that can't be read
  Troubles troubles_;
  Losses losses_;
  Tracer tracer_;
};

}  // namespace wakepath::foreign::text
