// SPDX-License-Identifier: GPL-2.0-or-later
#include "recorder/flight_recorder.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "recorder/bytes.hpp"
#include "util/duration.hpp"

namespace wakepath::recorder {

namespace {

// A wake is told so long after its end at most (reconstruct::kShowAfterNs and the hold-back), and
// may have begun long before.
constexpr std::uint64_t kToldLateNs = 1'000'000'000;
constexpr std::uint64_t kLongestWakeNs = 4'000'000'000;
// How long after its time a recording waits for what was counted by then.
constexpr std::uint64_t kLongestTailNs = 60'000'000'000;

BreachFact breach_by(const WakeChain& chain, std::string condition, std::string measured) {
  return {BreachFact::Kind::wake, chain.end_ns, chain.begin_ns, chain.who.tid,      chain.who.vcpu,
          std::move(condition),   chain.who.vm, chain.path,     std::move(measured)};
}

}  // namespace

Result<std::unique_ptr<FlightRecorder>> FlightRecorder::create(RecorderOptions options,
                                                               DumpSink& dumps, RecordSink& next,
                                                               std::function<std::uint64_t()> now) {
  WAKEPATH_TRY(
      StreamWindow window,
      StreamWindow::create(options.before_ns + kToldLateNs + kLongestWakeNs, options.memory_bytes));
  return std::unique_ptr<FlightRecorder>(
      new FlightRecorder(std::move(options), std::move(window), dumps, next, std::move(now)));
}

FlightRecorder::FlightRecorder(RecorderOptions options, StreamWindow window, DumpSink& dumps,
                               RecordSink& next, std::function<std::uint64_t()> now)
    : options_(std::move(options)),
      window_(std::move(window)),
      dumps_(dumps),
      next_(next),
      now_(std::move(now)) {}

Result<void> FlightRecorder::record(RecordView view) {
  const bool is_tick = view.type() == WP_RECORD_TICK;
  // A recording ends before a tick: what the tick counts comes after it. A reader that is short of
  // CPU time may not have brought all yet that the tick before counts; without that a replay would
  // have a loss at its end.
  if (is_tick && open_) {
    const std::uint64_t now = window_.now_ns();
    const bool whole = now >= open_->until_ns && window_.all_came_by(view);
    const bool late = now >= open_->until_ns + kLongestTailNs;
    const bool full = open_->bytes >= options_.most_dump_bytes;
    open_->reason.cut = open_->reason.cut || ((full || late) && !whole);
    if (whole || late || full) {
      WAKEPATH_CHECK(close());
    }
  }
  WAKEPATH_CHECK(hold(view));
  WAKEPATH_CHECK(next_.record(view));
  if (is_tick) {
    look_for_losses();
    if (std::exchange(signalled_, false)) {
      DumpReason reason;
      reason.breach.kind = BreachFact::Kind::signal;
      reason.breach.at_ns = window_.now_ns();
      reason.breach.condition = "signal";
      reason.times_limit = std::numeric_limits<double>::max();
      reason.realtime_ns = now_();
      breach(std::move(reason));
    }
  }
  return status_;
}

Result<void> FlightRecorder::hold(RecordView view) {
  WAKEPATH_TRY(const auto ended, window_.record(view));
  for (const StreamChunkPtr& chunk : ended) {
    send(chunk);
  }
  return {};
}

void FlightRecorder::send(const StreamChunkPtr& chunk) {
  if (chunk && open_) {
    open_->bytes += chunk->packed.size();
    dumps_.chunk(chunk);
  }
}

void FlightRecorder::look_for_losses() {
  const std::uint64_t lost = window_.lost() - std::min(window_.lost(), lost_);
  for (const analysis::Trigger& trigger : options_.triggers) {
    const auto met = trigger.met_by_loss(lost);
    if (!met) {
      continue;
    }
    lost_ = window_.lost();
    DumpReason reason;
    reason.breach.kind = BreachFact::Kind::lost;
    reason.breach.at_ns = window_.now_ns();
    reason.breach.condition = trigger.text();
    reason.breach.measured = met->measured;
    reason.times_limit = met->times_limit;
    reason.realtime_ns = now_();
    breach(std::move(reason));
    return;
  }
}

void FlightRecorder::wake(const WakeChain& chain) {
  std::optional<DumpReason> worst;
  for (const analysis::Trigger& trigger : options_.triggers) {
    auto met = trigger.met_by(chain);
    if (!met || (worst && worst->times_limit >= met->times_limit)) {
      continue;
    }
    worst.emplace();
    worst->breach = breach_by(chain, trigger.text(), std::move(met->measured));
    worst->times_limit = met->times_limit;
  }
  if (worst) {
    worst->realtime_ns = chain.realtime_ns ? *chain.realtime_ns : now_();
    breach(*std::move(worst));
  }
}

bool FlightRecorder::keep_wake(const WakeChain& chain) {
  const bool shares = open_ && open_->begin_ns <= chain.begin_ns;
  if (!shares && !window_.holds(chain.begin_ns)) {
    return false;
  }
  DumpReason reason;
  // As a condition that it meets, which --breach finds it by.
  reason.breach = breach_by(chain, "total >= " + exact_duration(chain.total_ns()),
                            "total " + format_duration(chain.total_ns()));
  reason.times_limit = std::numeric_limits<double>::max();
  reason.realtime_ns = chain.realtime_ns ? *chain.realtime_ns : now_();
  breach(std::move(reason), true);
  return true;
}

void FlightRecorder::breach(DumpReason reason, bool wanted) {
  ++breaches_;
  reason.breaches = 1;
  const std::vector<std::byte> fact = encode(reason.breach);
  keep(hold(*RecordView::at(fact)));
  const std::uint64_t begin_ns =
      reason.breach.begin_ns != 0 ? reason.breach.begin_ns : reason.breach.at_ns;
  if (open_ && begin_ns >= open_->begin_ns) {
    open_->until_ns = std::max(open_->until_ns, reason.breach.at_ns + options_.after_ns);
    const std::uint64_t breaches = open_->reason.breaches + 1;
    if (reason.times_limit > open_->reason.times_limit) {
      reason.cut = open_->reason.cut;
      open_->reason = std::move(reason);
    }
    open_->reason.breaches = breaches;
    open_->reason.number = number_;
    return;
  }
  // It began before the recording that is being made: it gets one of its own, which overlaps.
  if (open_) {
    keep(close());
  } else if (!wanted && reason.breach.kind != BreachFact::Kind::signal && options_.every_ns != 0 &&
             opened_ns_ && window_.now_ns() < *opened_ns_ + options_.every_ns) {
    ++left_out_;
    return;
  }
  keep(open(reason));
}

Result<void> FlightRecorder::open(const DumpReason& reason) {
  const std::uint64_t begin_ns =
      reason.breach.begin_ns != 0 ? reason.breach.begin_ns : reason.breach.at_ns;
  const Opening opening = window_.open_since(begin_ns - std::min(begin_ns, options_.before_ns));
  open_ = Open{reason, opening.begin_ns, reason.breach.at_ns + options_.after_ns, 0, 0};
  open_->reason.number = ++number_;
  open_->reason.cut = opening.begin_ns > begin_ns;
  opened_ns_ = window_.now_ns();
  dumps_.begin(open_->reason);
  TriggerFact trigger{options_.before_ns, options_.after_ns, {}};
  for (const analysis::Trigger& one : options_.triggers) {
    trigger.conditions.push_back(one.text());
  }
  // Of a wake that somebody wanted, which need not meet any of these.
  if (reason.breach.kind == BreachFact::Kind::wake &&
      std::ranges::find(trigger.conditions, reason.breach.condition) == trigger.conditions.end()) {
    trigger.conditions.push_back(reason.breach.condition);
  }
  std::vector<std::byte> records = encode(trigger);
  for (const std::vector<std::byte>& more : {encode(reason.breach), opening.records}) {
    append(records, more);
  }
  dumps_.records(records);
  WAKEPATH_CHECK(send_files());
  for (const StreamChunkPtr& chunk : opening.chunks) {
    send(chunk);
  }
  return {};
}

Result<void> FlightRecorder::send_files() {
  WAKEPATH_TRY(const auto chunks, window_.files_beyond(open_->file_chunks));
  for (const StreamChunkPtr& chunk : chunks) {
    send(chunk);
  }
  open_->file_chunks += chunks.size();
  return {};
}

Result<void> FlightRecorder::close() {
  WAKEPATH_TRY(const StreamChunkPtr rest, window_.flush());
  send(rest);
  WAKEPATH_CHECK(send_files());
  dumps_.end(open_->reason);
  open_.reset();
  return {};
}

Result<void> FlightRecorder::finish() {
  if (open_) {
    WAKEPATH_CHECK(close());
  }
  return status_;
}

}  // namespace wakepath::recorder
