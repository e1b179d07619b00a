// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/tick_writer.hpp"

#include <algorithm>
#include <cstring>

namespace wakepath::record {

namespace {

// The record must not exceed WP_MAX_BATCH. With more CPUs than this it becomes several ticks.
constexpr std::size_t kCpusInTick = 2046;
static_assert(sizeof(wp_tick) + kCpusInTick * sizeof(wp_tick_cpu) <= WP_MAX_BATCH);

}  // namespace

void TickWriter::add_cpus(std::uint32_t cpus) {
  for (auto cpu = static_cast<std::uint32_t>(before_.size()); cpu < cpus; ++cpu) {
    before_.push_back({cpu, 0, 0, 0, 0});
  }
}

Result<void> TickWriter::write_first(std::uint64_t now_ns, RecordSink& sink) {
  last_ns_ = now_ns;
  listed_.clear();
  for (std::uint32_t cpu = 0; cpu < before_.size(); ++cpu) {
    before_[cpu] = {cpu, 0, 0, 0, 0};
    listed_.push_back(before_[cpu]);
  }
  return send(now_ns, 0, WP_TICK_FIRST | WP_TICK_ALL, sink);
}

Result<void> TickWriter::write(std::uint64_t now_ns, std::uint64_t missed,
                               const std::function<wp_tick_cpu(std::uint32_t)>& totals,
                               std::uint32_t flags, RecordSink& sink) {
  listed_.clear();
  for (std::uint32_t cpu = 0; cpu < before_.size(); ++cpu) {
    const wp_tick_cpu now = totals(cpu);
    wp_tick_cpu& last = before_[cpu];
    const bool changed = now.written != last.written || now.failed != last.failed ||
                         now.skipped != last.skipped || now.handed != last.handed;
    last = now;
    if (changed || (flags & WP_TICK_ALL) != 0) {
      listed_.push_back(now);
    }
  }
  return send(now_ns, missed, flags, sink);
}

Result<void> TickWriter::send(std::uint64_t now_ns, std::uint64_t missed, std::uint32_t flags,
                              RecordSink& sink) {
  std::size_t at = 0;
  do {
    const std::size_t count = std::min(kCpusInTick, listed_.size() - at);
    const bool rest = at + count < listed_.size();
    wp_tick tick{};
    bytes_.resize(sizeof(tick) + count * sizeof(wp_tick_cpu));
    tick.record = {WP_RECORD_TICK, static_cast<std::uint16_t>(count),
                   static_cast<std::uint32_t>(bytes_.size())};
    // Only the last part tells the new time, the runs missed up to it and that all CPUs are listed.
    // None of these holds before the last part.
    tick.time_ns = rest ? last_ns_ : now_ns;
    tick.missed = rest ? last_missed_ : missed;
    tick.flags = rest ? flags & WP_TICK_FIRST : flags;
    tick.number = ++number_;
    std::memcpy(bytes_.data(), &tick, sizeof(tick));
    if (count > 0) {
      std::memcpy(bytes_.data() + sizeof(tick), &listed_[at], count * sizeof(wp_tick_cpu));
    }
    if (auto done = sink.record(*RecordView::at(bytes_)); !done) {
      return done;
    }
    at += count;
  } while (at < listed_.size());
  last_ns_ = now_ns;
  last_missed_ = missed;
  return {};
}

}  // namespace wakepath::record
