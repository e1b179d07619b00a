// SPDX-License-Identifier: GPL-2.0-or-later
// Makes the stream that a reader of the rings would have made: ticks before drains, rings one after
// another.
#include <algorithm>
#include <cstring>
#include <map>

#include "support/scenario.hpp"

namespace wakepath::testing {

namespace {

constexpr std::uint64_t kMargin = 1'000'000;  // of the ticks before and after the events

class Stream {
 public:
  explicit Stream(bool last_cpu_first) : last_cpu_first_(last_cpu_first) {}

  void fact(const Fact& fact) { records_.push_back(encode(fact)); }

  void event(std::uint32_t cpu, const RecordBytes& bytes) {
    Cpu& from = cpus_[cpu];
    ++from.written;
    wp_batch head{};
    head.record = {WP_RECORD_BATCH, 1, static_cast<std::uint32_t>(sizeof(head) + bytes.size())};
    head.cpu = cpu;
    head.failed = from.failed;
    RecordBytes record(head.record.size);
    std::memcpy(record.data(), &head, sizeof(head));
    std::copy(bytes.begin(), bytes.end(), record.begin() + sizeof(head));
    from.ring.push_back(std::move(record));
  }

  void report(const wp_guest_report& report) {
    RecordBytes record(sizeof(report));
    std::memcpy(record.data(), &report, sizeof(report));
    reports_.push_back(std::move(record));
  }

  void lost(std::uint32_t cpu, std::uint64_t count) { cpus_[cpu].failed += count; }
  void hidden(std::uint32_t cpu, std::uint64_t count) { cpus_[cpu].written += count; }
  void missed(std::uint64_t count) { missed_ += count; }

  void gap(std::uint64_t count) {
    drain();
    const wp_gap gap{{WP_RECORD_GAP, 0, sizeof(wp_gap)}, count};
    RecordBytes record(sizeof(gap));
    std::memcpy(record.data(), &gap, sizeof(gap));
    records_.push_back(std::move(record));
  }

  void tick(std::uint64_t time_ns, std::uint32_t flags) {
    wp_tick head{};
    const std::size_t size = sizeof(head) + cpus_.size() * sizeof(wp_tick_cpu);
    head.record = {WP_RECORD_TICK, static_cast<std::uint16_t>(cpus_.size()),
                   static_cast<std::uint32_t>(size)};
    head.time_ns = time_ns;
    head.missed = missed_;
    head.flags = flags;
    RecordBytes record(size);
    std::memcpy(record.data(), &head, sizeof(head));
    std::size_t at = sizeof(head);
    for (const auto& [number, cpu] : cpus_) {
      const wp_tick_cpu totals{number, 0, cpu.written, cpu.failed, 0};
      std::memcpy(record.data() + at, &totals, sizeof(totals));
      at += sizeof(totals);
    }
    records_.push_back(std::move(record));
    drain();
  }

  void drain() {
    const auto empty = [&](Cpu& cpu) {
      std::move(cpu.ring.begin(), cpu.ring.end(), std::back_inserter(records_));
      cpu.ring.clear();
    };
    if (last_cpu_first_) {
      std::for_each(cpus_.rbegin(), cpus_.rend(), [&](auto& cpu) { empty(cpu.second); });
    } else {
      std::for_each(cpus_.begin(), cpus_.end(), [&](auto& cpu) { empty(cpu.second); });
    }
    std::move(reports_.begin(), reports_.end(), std::back_inserter(records_));
    reports_.clear();
  }

  std::vector<RecordBytes> take() { return std::move(records_); }

 private:
  struct Cpu {
    std::uint64_t written{0};
    std::uint64_t failed{0};
    std::vector<RecordBytes> ring;
  };

  bool last_cpu_first_;
  std::map<std::uint32_t, Cpu> cpus_;
  std::vector<RecordBytes> reports_;
  std::uint64_t missed_{0};
  std::vector<RecordBytes> records_;
};

}  // namespace

std::vector<RecordBytes> Scenario::records(const Damage& damage) const {
  Stream stream(damage.last_cpu_first);
  std::uint64_t first = UINT64_MAX;
  std::uint64_t last = 0;
  for (const Step& step : steps_) {
    if (const auto* event = std::get_if<EventStep>(&step)) {
      first = std::min(first, event->time_ns);
      last = std::max(last, event->time_ns);
    } else if (const auto* tick = std::get_if<TickStep>(&step)) {
      last = std::max(last, tick->time_ns);
    }
  }
  for (const Fact& fact : facts_) {
    stream.fact(fact);
  }
  stream.tick(begin_ns_.value_or(first > kMargin ? first - kMargin : first),
              WP_TICK_FIRST | WP_TICK_ALL);
  std::uint64_t period = 0;
  std::uint64_t next_poll = UINT64_MAX;
  for (const Step& step : steps_) {
    if (const auto* event = std::get_if<EventStep>(&step)) {
      if (period != 0 && next_poll == UINT64_MAX) {
        next_poll = event->time_ns + period;
      }
      while (period != 0 && event->time_ns >= next_poll) {
        stream.tick(next_poll, 0);
        next_poll += period;
      }
      if (!damage.hits(event->number)) {
        stream.event(event->cpu, event->bytes);
      } else if (damage.how == Damage::How::told) {
        stream.lost(event->cpu, 1);
      } else {
        stream.hidden(event->cpu, 1);
      }
    } else if (const auto* tick = std::get_if<TickStep>(&step)) {
      stream.tick(tick->time_ns, 0);
    } else if (const auto* report = std::get_if<ReportStep>(&step)) {
      stream.report(report->report);
    } else if (const auto* poll = std::get_if<PollStep>(&step)) {
      period = poll->period_ns;
    } else if (const auto* count = std::get_if<CountStep>(&step)) {
      switch (count->what) {
        case CountStep::What::lost:
          stream.lost(count->cpu, count->count);
          break;
        case CountStep::What::hidden:
          stream.hidden(count->cpu, count->count);
          break;
        case CountStep::What::missed:
          stream.missed(count->count);
          break;
        case CountStep::What::gap:
          stream.gap(count->count);
          break;
      }
    }
  }
  const std::uint64_t end = end_ns_.value_or(last + kMargin);
  stream.tick(end, 0);
  stream.tick(end, WP_TICK_LAST | WP_TICK_ALL);
  return stream.take();
}

}  // namespace wakepath::testing
