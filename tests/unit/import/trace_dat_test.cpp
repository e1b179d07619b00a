// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/trace_dat.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <random>

#include <sys/mman.h>
#include <unistd.h>

#include "import/trace_dat_file.hpp"
#include "support/damaged_stream.hpp"

namespace wakepath::foreign {
namespace {

using test::format_text;
using test::KeptEvents;
using test::RawRecord;
using test::TraceDatFile;
using ::testing::HasSubstr;

Fd file_of(const std::string& bytes) {
  Fd file(::memfd_create("trace.dat", MFD_CLOEXEC));
  EXPECT_EQ(static_cast<ssize_t>(bytes.size()), ::write(file.get(), bytes.data(), bytes.size()));
  EXPECT_EQ(0, ::lseek(file.get(), 0, SEEK_SET));
  return file;
}

TraceDatFile small_trace() {
  TraceDatFile file;
  file.format("power",
              format_text("cpu_idle", 23, {{"u32 state", 8, 4, 0}, {"u32 cpu_id", 12, 4, 0}},
                          R"("state=%u cpu_id=%u", REC->state, REC->cpu_id)"));
  file.format("timer", format_text("hrtimer_expire_entry", 13,
                                   {{"void * hrtimer", 8, 8, 0},
                                    {"s64 now", 16, 8, 1},
                                    {"void * function", 24, 8, 0}},
                                   R"("hrtimer=%p function=%ps now=%llu", REC->hrtimer, )"
                                   R"(REC->function, REC->now)"));
  file.record(0, 100, RawRecord(23, 1, 0, 16).put(8, 1));
  file.record(1, 250, RawRecord(23, 1, 812, 16).put(8, 2));
  file.record(
      0, 200,
      RawRecord(13, 9, 812, 32).put(8, std::uint64_t{77}).put(24, std::uint64_t{0xffff1000}));
  return file;
}

// A call within a call on CPU 1, an event between, a call whose begin came before, then another
// task.
TraceDatFile graph_trace() {
  TraceDatFile file = small_trace();
  file.format("ftrace", format_text("funcgraph_entry", 11,
                                    {{"unsigned long func", 8, 8, 0}, {"int depth", 16, 4, 1}}));
  file.format("ftrace", format_text("funcgraph_exit", 10,
                                    {{"unsigned long func", 8, 8, 0},
                                     {"int depth", 16, 4, 1},
                                     {"unsigned int overrun", 20, 4, 0},
                                     {"unsigned long long calltime", 24, 8, 0},
                                     {"unsigned long long rettime", 32, 8, 0}}));
  const auto entry = [](std::int32_t tid, std::uint64_t function, std::uint32_t depth) {
    return RawRecord(11, 0, tid, 20).put(8, function).put(16, depth);
  };
  const auto exit = [](std::int32_t tid, std::uint64_t function, std::uint32_t depth,
                       std::uint64_t took) {
    return RawRecord(10, 0, tid, 40)
        .put(8, function)
        .put(16, depth)
        .put(24, std::uint64_t{5000})
        .put(32, 5000 + took);
  };
  file.record(1, 100, entry(812, 0xffff1000, 0));
  file.record(1, 100, entry(812, 0x10, 1));
  file.record(1, 1234, exit(812, 0x10, 1, 1234));
  file.record(1, 100, RawRecord(23, 1, 812, 16).put(8, 2).put(12, 1));
  file.record(1, 100, exit(812, 0xffff1000, 0, 98'765));
  file.record(1, 100, exit(812, 0xffff1000, 3, 1));
  file.record(1, 100, entry(0, 0x10, 0));
  return file;
}

struct ReadFile {
  KeptEvents kept;
  std::optional<Error> error;
  std::vector<std::string> problems;
};

std::unique_ptr<ReadFile> read_trace_dat(const std::string& bytes, std::size_t most = 1'000'000) {
  auto outcome = std::make_unique<ReadFile>();
  outcome->kept.most = most;
  ChildLimits limits;
  limits.cpu_seconds = 300;
  limits.patience = std::chrono::minutes(20);
  auto reader = open_trace_dat(file_of(bytes), limits);
  if (!reader) {
    outcome->error = reader.error();
    return outcome;
  }
  while (true) {
    const auto more = (*reader)->read(outcome->kept);
    if (!more) {
      outcome->error = more.error();
    }
    if (!more || !*more) {
      break;
    }
  }
  outcome->problems = (*reader)->problems();
  return outcome;
}

TEST(TraceDat, IsKnownByItsBeginning) {
  const std::string bytes = small_trace().bytes();
  EXPECT_TRUE(is_trace_dat(std::as_bytes(std::span(bytes)).first(16)));
  EXPECT_FALSE(is_trace_dat(std::as_bytes(std::span(bytes)).first(9)));
  EXPECT_FALSE(is_trace_dat(std::as_bytes(std::span("# tracer: nop"))));
}

#ifdef WAKEPATH_LIBTRACECMD

std::size_t temporary_files() {
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/tmp")) {
    count += entry.path().filename().string().starts_with("trace_cpu_data") ? 1u : 0u;
  }
  return count;
}

TEST(TraceDat, EventsOfAllCpusInOrder) {
  TraceDatFile file = small_trace();
  file.lost(1, 17);
  const auto outcome = read_trace_dat(file.bytes());
  ASSERT_FALSE(outcome->error) << outcome->error->message;
  EXPECT_TRUE(outcome->problems.empty()) << outcome->problems.front();
  const TraceInfo& info = outcome->kept.info;
  EXPECT_EQ("trace.dat", info.form);
  EXPECT_EQ(TraceClock::monotonic, info.clock);
  EXPECT_EQ("4.14.0-test", info.release);
  EXPECT_EQ("aarch64", info.arch);
  EXPECT_EQ(2u, info.cpus);

  const auto& events = outcome->kept.events;
  ASSERT_EQ(3u, events.size());
  EXPECT_EQ(TraceDatFile::kBegin + 100, events[0].event.time_ns);
  EXPECT_EQ(0u, events[0].event.cpu);
  EXPECT_EQ(WP_EVENT_CPU_IDLE, events[0].event.kind);
  EXPECT_EQ(TraceDatFile::kBegin + 250, events[1].event.time_ns);
  EXPECT_EQ(1u, events[1].event.cpu);
  EXPECT_EQ("CPU 0/KVM", events[1].comm);
  EXPECT_EQ(TraceDatFile::kBegin + 300, events[2].event.time_ns);
  EXPECT_EQ("kvm_bg_timer_expire", events[2].name);
  EXPECT_EQ(WP_CONTEXT_KNOWN | WP_CONTEXT_HARDIRQ, events[2].event.context);
  ASSERT_EQ(1u, outcome->kept.losses.size());
  EXPECT_EQ(1u, outcome->kept.losses[0].cpu);
  EXPECT_EQ(17u, outcome->kept.losses[0].events);
}

TEST(TraceDat, WhatIsCutOffIsSaidAndTheRestUsed) {
  const std::string bytes = small_trace().bytes();
  const auto outcome = read_trace_dat(bytes.substr(0, bytes.size() - 4096));
  ASSERT_FALSE(outcome->error) << outcome->error->message;
  EXPECT_EQ(2u, outcome->kept.events.size());
  ASSERT_FALSE(outcome->problems.empty());
  EXPECT_THAT(outcome->problems[0], HasSubstr("cut off"));
}

TEST(TraceDat, WhatCanNotBeReadAtAllIsAnError) {
  const std::string bytes = small_trace().bytes();
  for (const std::size_t size : {std::size_t{0}, std::size_t{20}, std::size_t{300}}) {
    const auto outcome = read_trace_dat(bytes.substr(0, size));
    ASSERT_TRUE(outcome->error);
    EXPECT_EQ(ErrorKind::bad_input, outcome->error->kind);
    EXPECT_TRUE(outcome->kept.events.empty());
  }
}

TEST(TraceDat, RecordsWithoutAFormatAreCounted) {
  TraceDatFile file = small_trace();
  file.record(1, 10, RawRecord(99, 0, 0, 16));
  const auto outcome = read_trace_dat(file.bytes());
  EXPECT_EQ(3u, outcome->kept.events.size());
  ASSERT_EQ(1u, outcome->problems.size());
  EXPECT_THAT(outcome->problems[0], HasSubstr("1 record of events whose format the file lacks"));
}

TEST(TraceDat, AnErrorOfTheSinkEndsTheReading) {
  const auto outcome = read_trace_dat(small_trace().bytes(), 1);
  ASSERT_TRUE(outcome->error);
  EXPECT_EQ(ErrorKind::bad_output, outcome->error->kind);
}

std::string graph_text(const std::string& bytes) {
  auto text = open_trace_dat_graph(file_of(bytes));
  if (!text || *text == nullptr) {
    return "none";
  }
  std::string all;
  std::array<char, 7> piece{};
  for (;;) {
    const auto got = (*text)->read(piece);
    if (!got || *got == 0) {
      EXPECT_TRUE(got);
      return all;
    }
    all.append(piece.data(), *got);
  }
}

TEST(TraceDat, CallsAreToldAsText) {
  TraceDatFile file = graph_trace();
  file.lost(1, 17);
  EXPECT_EQ(
      "1.000000100 | 0) <idle>-0 |  |  /* cpu_idle: state=1 cpu_id=0 */\n"
      "CPU:1 [LOST 17 EVENTS]\n"
      "1.000000250 | 1) CPU 0/KVM-812 |  |  /* cpu_idle: state=2 cpu_id=0 */\n"
      "1.000000300 | 0) CPU 0/KVM-812 |  |  /* hrtimer_expire_entry: hrtimer=0x4d "
      "function=kvm_bg_timer_expire now=0 */\n"
      "1.000000350 | 1) CPU 0/KVM-812 |  |  kvm_bg_timer_expire() {\n"
      "1.000000450 | 1) CPU 0/KVM-812 | 1.234 us |    0x10();\n"
      "1.000001784 | 1) CPU 0/KVM-812 |  |  /* cpu_idle: state=2 cpu_id=1 */\n"
      "1.000001884 | 1) CPU 0/KVM-812 | 98.765 us |  } /* kvm_bg_timer_expire */\n"
      "1.000001984 | 1) CPU 0/KVM-812 | 0.001 us |        } /* kvm_bg_timer_expire */\n"
      "1.000002084 | 1) <idle>-0 |  |  0x10() {\n",
      graph_text(file.bytes()));
  EXPECT_EQ("none", graph_text(small_trace().bytes()));
}

// What the text does not hold is not lost on the way: the file's clock, release and nanoseconds.
TEST(TraceDat, EventsOfCallsHaveTheFilesHeader) {
  TraceDatFile file = graph_trace();
  file.lost(1, 17);
  file.record(0, 50, RawRecord(99, 0, 0, 16));
  const auto outcome = read_trace_dat(file.bytes());
  ASSERT_FALSE(outcome->error) << outcome->error->message;
  const TraceInfo& info = outcome->kept.info;
  EXPECT_EQ("trace.dat of function_graph", info.form);
  EXPECT_EQ(TraceClock::monotonic, info.clock);
  EXPECT_EQ(1u, info.resolution_ns);
  EXPECT_EQ("4.14.0-test", info.release);
  EXPECT_EQ("aarch64", info.arch);
  ASSERT_EQ(1u, outcome->kept.losses.size());
  EXPECT_EQ(17u, outcome->kept.losses[0].events);
  ASSERT_FALSE(outcome->kept.events.empty());
  const auto& last = outcome->kept.events.back();
  EXPECT_EQ(WP_EVENT_SWITCH, last.event.kind);
  EXPECT_EQ(TraceDatFile::kBegin + 2084, last.event.time_ns);
  EXPECT_EQ("CPU 0/KVM", last.comm);
  EXPECT_THAT(outcome->problems,
              ::testing::Contains(HasSubstr("1 record of events whose format the file lacks")));
}

// The library crashes on some of these: its process ends, not ours, and nothing is left behind.
TEST(TraceDat, NoDamageReachesUs) {
  const std::array<std::string, 2> good{small_trace().bytes(), graph_trace().bytes()};
  std::mt19937 random(20261128);
  const std::size_t before = temporary_files();
  for (std::uint32_t run = 0; run < wakepath::testing::damage_runs(); ++run) {
    std::string bad = good[run % good.size()];
    for (unsigned flips = 1 + random() % 8; flips > 0; --flips) {
      bad[random() % 2000] = static_cast<char>(random());
    }
    const auto outcome = read_trace_dat(bad);
    if (outcome->error) {
      EXPECT_EQ(ErrorKind::bad_input, outcome->error->kind);
    }
    EXPECT_LE(outcome->kept.events.size(), 4096u);
  }
  EXPECT_EQ(before, temporary_files());
}

#endif

}  // namespace
}  // namespace wakepath::foreign
