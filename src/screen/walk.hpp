// SPDX-License-Identifier: GPL-2.0-or-later
// A recording that is played: its records are read no further than it takes to show what happened
// up to a moment. Memory is that of one chunk of the file, whatever its length.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <variant>
#include <vector>

#include "screen/screen.hpp"
#include "wakepath/pipeline.hpp"
#include "wakepath/record.hpp"

namespace wakepath::screen {

class Walk final : private RecordSink, private Sink {
 public:
  // Both must outlive the walk. The screen's model is to be new.
  Walk(RecordSource& source, Screen& screen, PipelineOptions options);
  ~Walk() override;

  // Shows what happened up to this moment from the begin on. `go_on` is asked now and then: false
  // stops on the way there. Errors: those of the source, which is at its end then; what was read
  // stays shown.
  Result<void> advance(std::uint64_t to_ns, const std::function<bool()>& go_on);
  // The same up to the end of the next wake.
  Result<void> step(const std::function<bool()>& go_on);
  [[nodiscard]] std::uint64_t at_ns() const { return at_ns_; }
  // All has been shown.
  [[nodiscard]] bool ended() const { return finished_ && waiting_.empty(); }
  [[nodiscard]] std::optional<std::uint64_t> begin_ns() const { return begin_ns_; }

 private:
  using Told = std::variant<WakeChain, Loss, Interval, Summary>;
  struct Waiting {
    std::uint64_t at_ns{};
    Told told;
  };

  Result<void> record(RecordView view) override;
  Result<void> header(const Header& header) override;
  Result<void> wake(const WakeChain& chain) override;
  Result<void> loss(const Loss& loss) override;
  Result<void> interval(const Interval& interval) override;
  Result<void> notice(const std::string& text) override;
  Result<void> summary(const Summary& summary) override;

  // Some more of the stream; false: there is none.
  Result<bool> read();
  void put(std::uint64_t at_ns, Told told);
  void show_first();
  [[nodiscard]] std::uint64_t moment(std::uint64_t from_begin_ns) const;

  RecordSource& source_;
  Screen& screen_;
  std::unique_ptr<Pipeline> pipeline_;
  std::deque<std::vector<std::byte>> records_;  // of the last look at the source
  std::deque<Waiting> waiting_;                 // read, and not shown
  std::optional<std::uint64_t> begin_ns_;
  std::uint64_t latest_ns_{0};  // of what was read
  std::uint64_t at_ns_{0};
  bool source_ended_{false}, finished_{false};
};

}  // namespace wakepath::screen
