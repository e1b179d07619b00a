// SPDX-License-Identifier: GPL-2.0-or-later
#include "screen/walk.hpp"

#include <algorithm>
#include <utility>

#include "util/saturated.hpp"

namespace wakepath::screen {

Walk::Walk(RecordSource& source, Screen& screen, PipelineOptions options)
    : source_(source),
      screen_(screen),
      pipeline_(std::make_unique<Pipeline>(std::move(options), static_cast<Sink&>(*this))) {}

Walk::~Walk() = default;

Result<void> Walk::record(RecordView view) {
  records_.emplace_back(view.bytes().begin(), view.bytes().end());
  return {};
}

void Walk::put(std::uint64_t at_ns, Told told) {
  begin_ns_ = begin_ns_ ? begin_ns_ : std::optional(at_ns);
  latest_ns_ = std::max(latest_ns_, at_ns);
  waiting_.push_back({latest_ns_, std::move(told)});
  // However much one record sets free, it is not all held: the first of it is shown early.
  constexpr std::size_t kMostWaiting = 65'536;
  if (waiting_.size() > kMostWaiting) {
    show_first();
  }
}

Result<void> Walk::header(const Header& header) {
  begin_ns_ = header.begin_ns;
  latest_ns_ = header.begin_ns.value_or(0);
  return screen_.model().header(header);
}

Result<void> Walk::wake(const WakeChain& chain) {
  put(chain.flags.has(Flag::untimed) ? latest_ns_ : chain.end_ns, chain);
  return {};
}

Result<void> Walk::loss(const Loss& loss) {
  put(loss.end_ns.value_or(loss.begin_ns.value_or(latest_ns_)), loss);
  return {};
}

Result<void> Walk::interval(const Interval& interval) {
  put(interval.end_ns, interval);
  return {};
}

Result<void> Walk::notice(const std::string& text) { return screen_.model().notice(text); }

Result<void> Walk::summary(const Summary& summary) {
  put(latest_ns_, summary);
  return {};
}

Result<bool> Walk::read() {
  if (!records_.empty()) {
    const std::vector<std::byte> bytes = std::move(records_.front());
    records_.pop_front();
    if (const auto view = RecordView::at(bytes)) {
      WAKEPATH_CHECK(pipeline_->record(*view));
    }
    return true;
  }
  if (!source_ended_) {
    auto more = source_.pump(*this);
    source_ended_ = !more || !*more;
    if (!more) {
      return tl::unexpected(more.error());
    }
    return true;
  }
  if (!finished_) {
    finished_ = true;
    WAKEPATH_CHECK(pipeline_->finish());
    return true;
  }
  return false;
}

void Walk::show_first() {
  const Waiting first = std::move(waiting_.front());
  waiting_.pop_front();
  Model& model = screen_.model();
  struct Show {
    Model& model;
    Result<void> operator()(const WakeChain& chain) const { return model.wake(chain); }
    Result<void> operator()(const Loss& loss) const { return model.loss(loss); }
    Result<void> operator()(const Interval& interval) const { return model.interval(interval); }
    Result<void> operator()(const Summary& summary) const { return model.summary(summary); }
  };
  static_cast<void>(std::visit(Show{model}, first.told));  // the model fails in nothing
}

std::uint64_t Walk::moment(std::uint64_t from_begin_ns) const {
  return saturated_sum(begin_ns_.value_or(0), from_begin_ns);
}

Result<void> Walk::advance(std::uint64_t to_ns, const std::function<bool()>& go_on) {
  Result<void> result;
  bool there = true;
  while (!begin_ns_ || latest_ns_ <= moment(to_ns)) {
    there = go_on();
    if (!there) {
      break;
    }
    auto more = read();
    if (!more && result) {
      result = tl::unexpected(more.error());
    }
    if (more && !*more) {
      break;
    }
  }
  const std::uint64_t to = there ? moment(to_ns) : std::min(moment(to_ns), latest_ns_);
  while (!waiting_.empty() && waiting_.front().at_ns <= to) {
    show_first();
  }
  const std::uint64_t last = ended() ? std::min(to, latest_ns_) : to;
  if (begin_ns_) {
    screen_.model().advance(last);
    at_ns_ = std::max(at_ns_, last - std::min(last, *begin_ns_));
  }
  return result;
}

Result<void> Walk::step(const std::function<bool()>& go_on) {
  const auto is_wake = [](const Waiting& one) {
    return std::holds_alternative<WakeChain>(one.told);
  };
  Result<void> result;
  while (std::ranges::none_of(waiting_, is_wake) && go_on()) {
    auto more = read();
    if (!more && result) {
      result = tl::unexpected(more.error());
    }
    if (more && !*more) {
      break;
    }
  }
  const auto next = std::ranges::find_if(waiting_, is_wake);
  const std::uint64_t to = next != waiting_.end() ? next->at_ns : latest_ns_;
  const auto told = advance(to - std::min(to, begin_ns_.value_or(0)), go_on);
  return result ? told : result;
}

}  // namespace wakepath::screen
