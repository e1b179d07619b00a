// SPDX-License-Identifier: GPL-2.0-or-later
// Waits for slow wakes in a capture, and keeps the stream around each as a recording.
//
//   records --> window (the last seconds) --> the rings' reader goes on
//                  | a breach: what went before, then what comes
//                  v
//               DumpSink
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "analysis/trigger.hpp"
#include "recorder/dump_sink.hpp"
#include "recorder/stream_window.hpp"
#include "wakepath/record.hpp"
#include "wakepath/wake_chain.hpp"

namespace wakepath::recorder {

struct RecorderOptions {
  std::vector<analysis::Trigger> triggers;
  std::uint64_t before_ns{2'000'000'000};
  std::uint64_t after_ns{500'000'000};
  std::uint64_t every_ns{0};  // between the begins of two recordings; 0: as they come
  std::size_t memory_bytes{std::size_t{256} << 20U};
  std::uint64_t most_dump_bytes{std::uint64_t{256} << 20U};
};

class FlightRecorder final : public RecordSink {
 public:
  // `next` gets every record, and calls wake() for the wakes in them. CLOCK_REALTIME comes from
  // `now`, for what is no wake. All must outlive it.
  static Result<std::unique_ptr<FlightRecorder>> create(RecorderOptions options, DumpSink& dumps,
                                                        RecordSink& next,
                                                        std::function<std::uint64_t()> now);

  // Errors: those of `next`; bug.
  Result<void> record(RecordView view) override;
  void wake(const WakeChain& chain);
  // Somebody wants this wake, whether or not it meets a condition: it is kept as one that does, and
  // of too many it stays the longest. False: the window has passed its begin.
  [[nodiscard]] bool keep_wake(const WakeChain& chain);
  // Somebody wants what is there now.
  void signalled() { signalled_ = true; }
  // The recording of this number can't be written: if it is the one that is made, the next breach
  // begins another.
  void give_up(std::uint64_t number) {
    if (number == number_) {
      open_.reset();
      opened_ns_.reset();
    }
  }
  // Nothing follows.
  Result<void> finish();

  // A recording is being made.
  [[nodiscard]] bool is_open() const { return open_.has_value(); }
  [[nodiscard]] std::uint64_t breaches() const { return breaches_; }
  // Breaches of which no recording was made, because one was made shortly before (--every).
  [[nodiscard]] std::uint64_t left_out() const { return left_out_; }
  [[nodiscard]] std::size_t bytes() const { return window_.bytes(); }

 private:
  struct Open {
    DumpReason reason;
    std::uint64_t begin_ns{};
    std::uint64_t until_ns{};
    std::uint64_t bytes{};
    std::size_t file_chunks{};  // of the host's files, that it has
  };

  FlightRecorder(RecorderOptions options, StreamWindow window, DumpSink& dumps, RecordSink& next,
                 std::function<std::uint64_t()> now);
  void keep(Result<void> result) {
    if (status_ && !result) {
      status_ = std::move(result);
    }
  }
  Result<void> hold(RecordView view);
  void send(const StreamChunkPtr& chunk);
  void look_for_losses();
  void breach(DumpReason reason, bool wanted = false);
  Result<void> open(const DumpReason& reason);
  Result<void> send_files();
  Result<void> close();

  RecorderOptions options_;
  StreamWindow window_;
  DumpSink& dumps_;
  RecordSink& next_;
  std::function<std::uint64_t()> now_;
  std::optional<Open> open_;
  std::optional<std::uint64_t> opened_ns_;  // when the last recording was begun
  std::uint64_t lost_{0};                   // told by a breach
  std::uint64_t breaches_{0};
  std::uint64_t left_out_{0};
  std::uint64_t number_{0};  // of the last recording
  bool signalled_{false};
  Result<void> status_;
};

}  // namespace wakepath::recorder
