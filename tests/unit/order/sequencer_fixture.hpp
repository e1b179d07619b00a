// SPDX-License-Identifier: GPL-2.0-or-later
// A sequencer that writes down what it tells.
#pragma once

#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "order/event_sequencer.hpp"

namespace wakepath::order::testing {

class Told final : public SequencedSink {
 public:
  void loss(const LossInterval& loss) override {
    const char* kind = loss.kind == LossInterval::Kind::lost   ? "lost"
                       : loss.kind == LossInterval::Kind::late ? "late"
                                                               : "missed";
    lines.push_back(
        fmt::format("{} {} cpu {} {}..{}", kind, loss.lost ? fmt::to_string(*loss.lost) : "?",
                    loss.cpu ? fmt::to_string(*loss.cpu) : "*", loss.begin_ns, loss.end_ns));
    all.push_back(lines.back());
  }
  void event(const Event& event) override {
    events.push_back(event.time_ns);
    cpus.push_back(event.cpu);
    all.push_back(fmt::format("event {}", event.time_ns));
  }
  void guest_report(const wp_guest_report& report) override {
    all.push_back(fmt::format("report {}", report.time_ns));
  }
  void advanced_to(std::uint64_t time_ns) override { advanced.push_back(time_ns); }

  std::vector<std::string> lines;  // losses
  std::vector<std::uint64_t> events;
  std::vector<std::uint32_t> cpus;
  std::vector<std::uint64_t> advanced;
  std::vector<std::string> all;
};

class SequencerTest : public ::testing::Test {
 protected:
  struct Totals {
    std::uint32_t cpu;
    std::uint64_t written;
    std::uint64_t failed;
  };

  void tick(std::uint64_t time_ns, std::initializer_list<Totals> cpus = {},
            std::uint64_t missed = 0) {
    record::Tick tick{time_ns, missed, 0, {}};
    for (const Totals& of : cpus) {
      tick.cpus.push_back({of.cpu, 0, of.written, of.failed, 0});
    }
    sequencer.tick(std::move(tick));
  }

  void event(std::uint32_t cpu, std::uint64_t time_ns, std::uint64_t failed = 0) {
    record::Batch batch;
    batch.cpu = cpu;
    batch.failed = failed;
    batch.declared = 1;
    batch.last_ns = time_ns;
    Event event{};
    event.time_ns = time_ns;
    event.cpu = cpu;
    event.kind = WP_EVENT_CPU_IDLE;
    batch.events.push_back(event);
    sequencer.batch(batch);
  }

  Told told;
  EventSequencer sequencer{told};
};

}  // namespace wakepath::order::testing
