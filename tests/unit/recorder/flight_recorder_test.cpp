// SPDX-License-Identifier: GPL-2.0-or-later
// A recording of a real host runs through the recorder; what it keeps is replayed.
#include "recorder/flight_recorder.hpp"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "dump/reader.hpp"
#include "record/tally.hpp"
#include "recorder/dump_files.hpp"
#include "support/recording_sink.hpp"
#include "support/temporary_directory.hpp"

namespace wakepath::recorder {
namespace {

using testing::Recording;
using testing::RecordingSink;
using testing::TemporaryDirectory;

constexpr const char* kHost = WAKEPATH_GOLDEN_DIR "/audit/recorded.wkp";

struct Kept {
  std::vector<std::string> files;
  std::vector<std::string> let_go;
  std::vector<std::string> failed;
};

struct Outcome {
  Recording live;  // as it was told at the time
  Kept kept;
  std::uint64_t breaches{};
  std::uint64_t left_out{};
  std::size_t most_bytes{};
  std::optional<WakeChain> wanted;
  bool held{};  // it was
};

// A wake that somebody chooses when a later one is told.
struct Wanted {
  std::uint64_t id{0};  // 0: none
  std::uint64_t when_told{0};
};

// A reader that is a round behind: what a tick counts comes after the next tick, which says so.
class Behind final : public RecordSink {
 public:
  explicit Behind(RecordSink& to) : to_(to) {}

  Result<void> record(RecordView view) override {
    if (view.type() == WP_RECORD_BATCH) {
      waiting_.emplace_back(view.bytes().begin(), view.bytes().end());
      return {};
    }
    if (view.type() != WP_RECORD_TICK) {
      return to_.record(view);
    }
    std::vector<std::byte> tick(view.bytes().begin(), view.bytes().end());
    for (std::size_t i = 0; i < view.count(); ++i) {
      std::byte* const at = tick.data() + sizeof(wp_tick) + i * sizeof(wp_tick_cpu);
      wp_tick_cpu cpu{};
      std::memcpy(&cpu, at, sizeof(cpu));
      cpu.handed = handed_[cpu.cpu];
      std::memcpy(at, &cpu, sizeof(cpu));
    }
    WAKEPATH_CHECK(to_.record(*RecordView::at(tick)));
    return hand_on();
  }
  Result<void> hand_on() {
    for (const std::vector<std::byte>& bytes : std::exchange(waiting_, {})) {
      handed_[load<wp_batch>(bytes).cpu] += load<wp_record>(bytes).count;
      WAKEPATH_CHECK(to_.record(*RecordView::at(bytes)));
    }
    return {};
  }

 private:
  RecordSink& to_;
  std::vector<std::vector<std::byte>> waiting_;
  std::map<std::uint32_t, std::uint32_t> handed_;
};

Outcome run(const RecorderOptions& options, const std::string& directory,
            std::size_t most_files = 1000, std::uint64_t signal_at_ns = 0,
            const Wanted& wanted = {}, bool behind = false) {
  Outcome out;
  DumpFiles files(directory, KeptList(most_files, std::uint64_t{1} << 40U),
                  [&](const StoreNews& news) {
                    (news.kind == StoreNews::Kind::kept     ? out.kept.files
                     : news.kind == StoreNews::Kind::let_go ? out.kept.let_go
                                                            : out.kept.failed)
                        .push_back(news.path);
                  });
  RecordingSink sink(out.live);
  FlightRecorder* recorder = nullptr;
  PipelineOptions pipeline_options;
  pipeline_options.wake_told = [&](const WakeChain& chain) {
    recorder->wake(chain);
    if (chain.id == wanted.id) {
      out.wanted = chain;
    }
    if (out.wanted && chain.id == wanted.when_told) {
      out.held = recorder->keep_wake(*out.wanted);
    }
  };
  Pipeline pipeline(pipeline_options, sink);
  auto made = FlightRecorder::create(options, files, pipeline, [] { return 0; });
  EXPECT_TRUE(made);
  recorder = made->get();
  auto source = dump::DumpSource::open(kHost);
  EXPECT_TRUE(source);
  struct Feed final : RecordSink {
    explicit Feed(FlightRecorder& to, Outcome& out, std::uint64_t at)
        : to_(to), out_(out), at_(at) {}
    Result<void> record(RecordView view) override {
      if (at_ != 0 && view.type() == WP_RECORD_TICK && load<wp_tick>(view.bytes()).time_ns >= at_) {
        at_ = 0;
        to_.signalled();
      }
      auto done = to_.record(view);
      out_.most_bytes = std::max(out_.most_bytes, to_.bytes());
      return done;
    }
    FlightRecorder& to_;
    Outcome& out_;
    std::uint64_t at_;
  } feed(*recorder, out, signal_at_ns);
  Behind late(feed);
  while (true) {
    auto more = (*source)->pump(behind ? static_cast<RecordSink&>(late) : feed);
    EXPECT_TRUE(more);
    if (!more || !*more) {
      break;
    }
  }
  EXPECT_TRUE(late.hand_on());
  EXPECT_TRUE(pipeline.finish());
  EXPECT_TRUE(recorder->finish());
  out.breaches = recorder->breaches();
  out.left_out = recorder->left_out();
  return out;
}

struct Replayed {
  explicit Replayed(const std::string& path);

  Recording recording;
  record::Tally tally;
  bool damaged{};
};

Replayed::Replayed(const std::string& path) {
  RecordingSink sink(recording);
  Pipeline pipeline({}, sink);
  struct Both final : RecordSink {
    Both(RecordSink& a, RecordSink& b) : a_(a), b_(b) {}
    Result<void> record(RecordView view) override {
      WAKEPATH_CHECK(a_.record(view));
      return b_.record(view);
    }
    RecordSink& a_;
    RecordSink& b_;
  } both(pipeline, tally);
  auto source = dump::DumpSource::open(path);
  EXPECT_TRUE(source) << path;
  while (source) {
    auto more = (*source)->pump(both);
    if (!more || !*more) {
      break;
    }
  }
  damaged = !source || !(*source)->problems().empty();
  EXPECT_TRUE(pipeline.finish());
}

RecorderOptions options_of(std::initializer_list<const char*> conditions, std::uint64_t before_ms,
                           std::uint64_t after_ms) {
  RecorderOptions options;
  for (const char* text : conditions) {
    options.triggers.push_back(*analysis::Trigger::parse(text));
  }
  options.before_ns = before_ms * 1'000'000;
  options.after_ns = after_ms * 1'000'000;
  return options;
}

// Without what depends on its neighbours: how long it slept, and its number.
std::string as_told(WakeChain chain) {
  chain.id = 0;
  chain.blocked_ns.reset();
  chain.realtime_ns.reset();
  return testing::text_of(chain);
}

using Key = std::pair<std::uint32_t, std::uint64_t>;

std::set<std::pair<Key, std::string>> wakes_of(const Recording& recording) {
  std::set<std::pair<Key, std::string>> wakes;
  for (const WakeChain& chain : recording.wakes) {
    wakes.emplace(Key(chain.who.tid, chain.end_ns), as_told(chain));
  }
  return wakes;
}

TEST(FlightRecorder, KeepsEachBreachAsItWasTold) {
  for (const auto& [before, after] :
       {std::pair(500U, 100U), std::pair(200U, 0U), std::pair(2000U, 500U)}) {
    const TemporaryDirectory directory;
    const auto options = options_of({"total > 1ms"}, before, after);
    const Outcome out = run(options, directory.path());
    EXPECT_GE(out.kept.files.size(), 1U) << before;
    EXPECT_TRUE(out.kept.failed.empty());
    // At the end of another one's recording a wake may stand with a part of what followed it.
    std::set<std::pair<Key, std::string>> kept;
    std::size_t with_settings = 0;
    for (const std::string& path : out.kept.files) {
      const Replayed one(path);
      EXPECT_FALSE(one.damaged) << path;
      EXPECT_EQ(one.tally.lost(), 0U);
      EXPECT_EQ(one.recording.summary().lost, 0U) << path;
      EXPECT_TRUE(one.recording.losses.empty());
      ASSERT_TRUE(one.tally.trigger());
      EXPECT_EQ(one.tally.trigger()->conditions, std::vector<std::string>{"total > 1ms"});
      EXPECT_FALSE(one.tally.breaches().empty());
      // They come when the host has been read; the recorder does not wait for it.
      with_settings += one.tally.host_files() == 621 ? 1U : 0U;
      kept.merge(wakes_of(one.recording));
    }
    EXPECT_GT(with_settings, 0U);
    std::size_t slow = 0;
    for (const WakeChain& chain : out.live.wakes) {
      if (!options.triggers[0].met_by(chain)) {
        continue;
      }
      ++slow;
      EXPECT_TRUE(kept.contains({Key(chain.who.tid, chain.end_ns), as_told(chain)}))
          << as_told(chain);
    }
    EXPECT_GT(slow, 3U);
    EXPECT_EQ(slow, out.breaches);
  }
}

TEST(FlightRecorder, WaitsForWhatAReaderThatIsBehindHasNotBroughtYet) {
  const TemporaryDirectory directory;
  const Outcome out = run(options_of({"total > 1ms"}, 200, 0), directory.path(), 1000, 0, {}, true);
  EXPECT_GE(out.kept.files.size(), 2U);
  for (const std::string& file : out.kept.files) {
    EXPECT_EQ(Replayed(file).recording.summary().lost, 0U) << file;
  }
}

TEST(FlightRecorder, KeepsTheWorstFiles) {
  const TemporaryDirectory directory;
  const Outcome all = run(options_of({"total > 1ms"}, 50, 0), directory.path());
  const TemporaryDirectory other;
  const Outcome few = run(options_of({"total > 1ms"}, 50, 0), other.path(), 2);
  EXPECT_EQ(few.kept.let_go.size(), all.kept.files.size() - 2);
  std::size_t there = 0;
  for (const auto& entry : std::filesystem::directory_iterator(other.path())) {
    there += entry.is_regular_file() ? 1U : 0U;
  }
  EXPECT_EQ(there, 2U);
}

TEST(FlightRecorder, KeepsWhatIsThereAtASignal) {
  const TemporaryDirectory directory;
  const Replayed source(kHost);
  const std::uint64_t middle = *source.tally.first_ns() + 2'000'000'000;
  const Outcome out = run(options_of({"signal"}, 300, 100), directory.path(), 10, middle);
  ASSERT_EQ(out.kept.files.size(), 1U);
  const Replayed one(out.kept.files[0]);
  EXPECT_FALSE(one.damaged);
  EXPECT_EQ(one.recording.summary().lost, 0U);
  const std::uint64_t span = *one.tally.last_ns() - *one.tally.first_ns();
  EXPECT_GE(span, 400'000'000U);
  EXPECT_LT(span, 2'000'000'000U);
  EXPECT_EQ(one.tally.breaches().at(0).kind, BreachFact::Kind::signal);
}

TEST(FlightRecorder, KeepsTheWakeThatSomebodyChose) {
  const TemporaryDirectory directory;
  // Of a second or so before, and whatever --every says.
  auto options = options_of({"total > 1s"}, 300, 100);
  options.every_ns = 60'000'000'000;
  const Replayed source(kHost);
  const auto& wakes = source.recording.wakes;
  const std::size_t at = wakes.size() / 3;
  const auto later = std::ranges::find_if(
      wakes.begin() + static_cast<std::ptrdiff_t>(at), wakes.end(),
      [&](const WakeChain& one) { return one.end_ns > wakes[at].end_ns + 700'000'000; });
  ASSERT_NE(later, wakes.end());
  const Outcome out = run(options, directory.path(), 10, 0, {wakes[at].id, later->id});
  EXPECT_TRUE(out.held);
  ASSERT_EQ(out.kept.files.size(), 1U);
  const Replayed one(out.kept.files[0]);
  EXPECT_FALSE(one.damaged);
  EXPECT_EQ(one.recording.summary().lost, 0U);
  ASSERT_EQ(one.tally.breaches().size(), 1U);
  EXPECT_EQ(one.tally.breaches()[0].kind, BreachFact::Kind::wake);
  EXPECT_EQ(one.tally.breaches()[0].begin_ns, wakes[at].begin_ns);
  EXPECT_EQ(one.tally.breaches()[0].tid, wakes[at].who.tid);
  EXPECT_TRUE(wakes_of(one.recording)
                  .contains({Key(wakes[at].who.tid, wakes[at].end_ns), as_told(wakes[at])}));
  // --breach finds it by a condition.
  ASSERT_TRUE(one.tally.trigger());
  ASSERT_EQ(one.tally.trigger()->conditions.size(), 2U);
  const auto condition = analysis::Trigger::parse(one.tally.trigger()->conditions[1]);
  ASSERT_TRUE(condition);
  EXPECT_TRUE(condition->met_by(wakes[at]));
  EXPECT_EQ(one.tally.trigger()->conditions[1], one.tally.breaches()[0].condition);
}

TEST(FlightRecorder, SaysThatTheWindowHasPassedAWake) {
  const TemporaryDirectory directory;
  auto options = options_of({"total > 1s"}, 0, 0);
  options.memory_bytes = 60'000;  // holds a part of a second
  const Replayed source(kHost);
  const auto& wakes = source.recording.wakes;
  const Outcome out = run(options, directory.path(), 10, 0, {wakes.front().id, wakes.back().id});
  EXPECT_TRUE(out.wanted);
  EXPECT_FALSE(out.held);
  EXPECT_TRUE(out.kept.files.empty());
  EXPECT_EQ(out.breaches, 0U);
}

TEST(FlightRecorder, BeginsNoMoreThanOneRecordingInTheTimeGiven) {
  const TemporaryDirectory directory;
  auto options = options_of({"total > 1ms"}, 50, 0);
  options.every_ns = 60'000'000'000;
  const Outcome out = run(options, directory.path());
  EXPECT_EQ(out.kept.files.size(), 1U);
  EXPECT_GT(out.left_out, 0U);
}

TEST(FlightRecorder, KeepsToItsMemory) {
  const TemporaryDirectory directory;
  auto options = options_of({"total > 1s"}, 60'000, 0);
  options.memory_bytes = 60'000;
  const Outcome out = run(options, directory.path());
  EXPECT_TRUE(out.kept.files.empty());
  // The host's settings are held whole, and a chunk comes on top before others go.
  EXPECT_LT(out.most_bytes, 200'000U);
}

}  // namespace
}  // namespace wakepath::recorder
