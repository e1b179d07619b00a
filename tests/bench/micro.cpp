// SPDX-License-Identifier: GPL-2.0-or-later
// The cost of each part on the way from a record to a result, by event or value (Google Benchmark).
#include <benchmark/benchmark.h>
#include <malloc.h>

#include <filesystem>

#include "analysis/histogram.hpp"
#include "dump/reader.hpp"
#include "dump/writer.hpp"
#include "order/event_sequencer.hpp"
#include "reconstruct/reconstructor.hpp"
#include "record/decoder.hpp"
#include "synthetic_host.hpp"
#include "wakepath/facts.hpp"
#include "wakepath/pipeline.hpp"

namespace wakepath::bench {
namespace {

void count_events(benchmark::State& state, std::uint64_t events) {
  state.SetItemsProcessed(static_cast<std::int64_t>(events) * state.iterations());
}

struct Nothing final : order::SequencedSink, reconstruct::ChainListener, Sink, RecordSink {
  std::uint64_t seen{0};

  void loss(const order::LossInterval&) override { ++seen; }
  void event(const Event&) override { ++seen; }
  void guest_report(const wp_guest_report&) override { ++seen; }
  void advanced_to(std::uint64_t) override {}
  void wake(WakeChain&&) override { ++seen; }
  void delivery(Delivery&&) override { ++seen; }
  Result<void> header(const Header&) override { return {}; }
  Result<void> wake(const WakeChain&) override { return ++seen, Result<void>{}; }
  Result<void> delivery(const Delivery&) override { return {}; }
  Result<void> loss(const Loss&) override { return {}; }
  Result<void> interval(const Interval&) override { return {}; }
  Result<void> notice(const std::string&) override { return {}; }
  Result<void> summary(const Summary&) override { return {}; }
  Result<void> record(RecordView) override { return ++seen, Result<void>{}; }
};

const Capture& usual() {
  static const Capture capture = capture_of({8, 32, 100'000});
  return capture;
}

void Decoder(benchmark::State& state) {
  record::Batch batch;
  for (auto _ : state) {
    for_each_record(usual(), [&](RecordView view) {
      if (view.type() == WP_RECORD_BATCH) {
        benchmark::DoNotOptimize(record::decode_batch(view, batch));
      }
    });
  }
  count_events(state, usual().events);
}
BENCHMARK(Decoder)->Unit(benchmark::kMillisecond);

void Sequencer(benchmark::State& state) {
  Nothing nothing;
  record::Batch batch;
  for (auto _ : state) {
    order::EventSequencer sequencer(nothing);
    sequencer.hold_back(WP_HOLD_BACK_NS);
    for_each_record(usual(), [&](RecordView view) {
      if (view.type() == WP_RECORD_BATCH && record::decode_batch(view, batch)) {
        sequencer.batch(batch);
      } else if (view.type() == WP_RECORD_TICK) {
        sequencer.tick(*record::decode_tick(view));
      }
    });
    sequencer.finish();
  }
  count_events(state, usual().events);
}
BENCHMARK(Sequencer)->Unit(benchmark::kMillisecond);

// All of its events in order, and the facts.
struct Ordered final : order::SequencedSink {
  std::vector<Event> events;
  reconstruct::FactStore facts;

  Ordered() {
    order::EventSequencer sequencer(*this);
    record::Batch batch;
    for_each_record(usual(), [&](RecordView view) {
      if (view.type() == WP_RECORD_BATCH && record::decode_batch(view, batch)) {
        sequencer.batch(batch);
      } else if (view.type() == WP_RECORD_TICK) {
        sequencer.tick(*record::decode_tick(view));
      } else if (const auto fact = decode_fact(view)) {
        facts.add(*fact);
      }
    });
    sequencer.finish();
  }
  void loss(const order::LossInterval&) override {}
  void event(const Event& event) override { events.push_back(event); }
  void guest_report(const wp_guest_report&) override {}
  void advanced_to(std::uint64_t) override {}
};

void Reconstructor(benchmark::State& state) {
  Ordered ordered;
  Nothing nothing;
  for (auto _ : state) {
    reconstruct::Reconstructor reconstructor(ordered.facts, nothing);
    for (const Event& event : ordered.events) {
      reconstructor.event(event);
    }
  }
  count_events(state, ordered.events.size());
}
BENCHMARK(Reconstructor)->Unit(benchmark::kMillisecond);

void Histogram(benchmark::State& state) {
  analysis::Histogram histogram;
  std::uint64_t value = 12'345;
  for (auto _ : state) {
    value = value * 6364136223846793005U + 1442695040888963407U;
    histogram.add(value >> 44U);
  }
  count_events(state, 1);
}
BENCHMARK(Histogram);

void DumpWriter(benchmark::State& state) {
  const auto path = std::filesystem::temp_directory_path() / "wakepath-bench.wkp";
  for (auto _ : state) {
    std::filesystem::remove(path);
    auto writer = dump::DumpWriter::create({path.string()}, OutputFile::Kind::growing).value();
    for_each_record(usual(), [&](RecordView view) { static_cast<void>(writer->record(view)); });
    const auto totals = writer->close().value();
    state.counters["bytes_an_event"] =
        static_cast<double>(totals.bytes) / static_cast<double>(totals.events);
  }
  std::filesystem::remove(path);
  count_events(state, usual().events);
}
BENCHMARK(DumpWriter)->Unit(benchmark::kMillisecond);

void DumpReader(benchmark::State& state) {
  const auto path = std::filesystem::temp_directory_path() / "wakepath-bench.wkp";
  std::filesystem::remove(path);
  auto writer = dump::DumpWriter::create({path.string()}, OutputFile::Kind::growing).value();
  for_each_record(usual(), [&](RecordView view) { static_cast<void>(writer->record(view)); });
  static_cast<void>(writer->close());
  Nothing nothing;
  for (auto _ : state) {
    auto source = dump::DumpSource::open(path.string()).value();
    while (source->pump(nothing).value()) {
    }
  }
  std::filesystem::remove(path);
  count_events(state, usual().events);
}
BENCHMARK(DumpReader)->Unit(benchmark::kMillisecond);

// Time an event, and heap, as the host grows: CPUs, vCPUs.
void WholePipeline(benchmark::State& state) {
  const Capture capture = capture_of({static_cast<std::uint32_t>(state.range(0)),
                                      static_cast<std::uint32_t>(state.range(1)), 400'000});
  Nothing nothing;
  for (auto _ : state) {
    const auto before = mallinfo2();
    Pipeline pipeline({}, nothing);
    for_each_record(capture, [&](RecordView view) { static_cast<void>(pipeline.record(view)); });
    const auto after = mallinfo2();
    static_cast<void>(pipeline.finish());
    state.counters["heap_KiB"] =
        static_cast<double>(after.uordblks + after.hblkhd - before.uordblks - before.hblkhd) / 1024;
  }
  count_events(state, capture.events);
}
BENCHMARK(WholePipeline)
    ->Args({2, 1})
    ->Args({2, 64})
    ->Args({2, 4096})
    ->Args({64, 64})
    ->Args({64, 4096})
    ->Args({512, 1})
    ->Args({512, 4096})
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace wakepath::bench

BENCHMARK_MAIN();
