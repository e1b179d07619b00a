// SPDX-License-Identifier: GPL-2.0-or-later
// What a kill leaves of a recording.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dump_fixture.hpp"

namespace wakepath::dump {
namespace {

// The time up to which the file can be replayed now.
std::uint64_t replayable_until(const std::string& path) {
  return drain(DumpSource::open(path)).info.last_ns;
}

TEST_F(DumpTest, AKillCostsLessThanATenthOfASecond) {
  constexpr std::uint64_t kPollNs = 20'000'000;
  auto writer = DumpWriter::create({path()}, OutputFile::Kind::growing).value();
  const std::uint64_t begin = 5'000'000'000;
  for (std::uint64_t now = begin; now < begin + 3'000'000'000; now += kPollNs) {
    // Killed here, before the round is written: what was captured since the last one is gone too.
    if (now > begin + 100'000'000) {
      ASSERT_LE(now - replayable_until(path()), 100'000'000U) << now - begin;
    }
    ASSERT_TRUE(writer->record(*RecordView::at(tick(now))));
    ASSERT_TRUE(writer->record(*RecordView::at(batch(0, now + 1, 2))));
  }
  ASSERT_TRUE(writer->close());
}

// Not with each of the small chunks: a host may have a megabyte of them.
TEST_F(DumpTest, AGrowingOneRepeatsItsFactsAsSeldomAsAWholeOne) {
  auto writer = DumpWriter::create({path()}, OutputFile::Kind::growing).value();
  ASSERT_TRUE(writer->record(*RecordView::at(fact(WP_FACT_HOST, 2, "6.1.0"))));
  for (std::uint64_t ms = 1000; ms < 41'000; ms += 20) {
    ASSERT_TRUE(writer->record(*RecordView::at(tick(ms * 1'000'000))));
  }
  ASSERT_TRUE(writer->close());
  std::vector<std::uint64_t> at_ms;
  for (const auto& [offset, chunk] : chunks_of(bytes_of(path()))) {
    if ((chunk.flags & kChunkFacts) != 0 && (chunk.flags & kChunkClosing) == 0) {
      at_ms.push_back(chunk.first_ns / 1'000'000);
    }
  }
  EXPECT_EQ(at_ms, (std::vector<std::uint64_t>{1080, 17'100, 33'120}));
}

TEST_F(DumpTest, MuchInAShortTimeBringsTheFactsToo) {
  auto writer = DumpWriter::create({path()}, OutputFile::Kind::growing).value();
  for (std::uint64_t i = 0; i < 12'000; ++i) {
    ASSERT_TRUE(writer->record(*RecordView::at(batch(0, 5'000'000'000 + i, 30))));
  }
  ASSERT_TRUE(writer->close());
  std::size_t with_facts = 0;
  for (const auto& [offset, chunk] : chunks_of(bytes_of(path()))) {
    with_facts += (chunk.flags & kChunkFacts) != 0 ? 1 : 0;
  }
  EXPECT_EQ(with_facts, 4U);  // the second, two of 11 MiB, the closing one
}

// A file made of other records may be nothing but facts, and ticks as far apart as it likes.
TEST_F(DumpTest, RepeatedFactsAreNeverMoreThanTheRecordsBetweenThem) {
  std::vector<Record> records;
  for (std::uint64_t i = 0; i < 2'000; ++i) {
    records.push_back(fact(WP_FACT_SYMBOL, i, "some_symbol_of_some_length"));
  }
  for (std::uint64_t second = 1; second <= 2'000; ++second) {
    records.push_back(tick(second * 1'000'000'000));
  }
  for (const auto kind : {OutputFile::Kind::whole, OutputFile::Kind::growing}) {
    auto writer = DumpWriter::create({path(), true}, kind).value();
    for (const Record& record : records) {
      ASSERT_TRUE(writer->record(*RecordView::at(record)));
    }
    ASSERT_TRUE(writer->close());
    std::size_t with_facts = 0;
    std::size_t chunks = 0;
    for (const auto& [offset, chunk] : chunks_of(bytes_of(path()))) {
      with_facts += (chunk.flags & kChunkFacts) != 0 ? 1 : 0;
      ++chunks;
    }
    EXPECT_LE(with_facts, 3U);
    if (kind == OutputFile::Kind::whole) {
      EXPECT_LT(chunks, 300U) << "no chunk for each empty second";
    }
  }
}

// Bytes in a pipe can't be changed: the closing chunk tells.
TEST_F(DumpTest, AStreamIsWholeWithoutItsTotals) {
  const auto records = small_recording(3);
  ASSERT_EQ(::mkfifo(path("pipe").c_str(), 0600), 0);
  const Fd reader(::open(path("pipe").c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  ASSERT_TRUE(reader);
  auto writer = DumpWriter::create({path("pipe")}, OutputFile::Kind::growing).value();
  EXPECT_EQ(writer->kind(), OutputFile::Kind::stream);
  for (const Record& record : records) {
    ASSERT_TRUE(writer->record(*RecordView::at(record)));
  }
  const auto totals = writer->close().value();
  Record bytes(totals.bytes + 1);
  ASSERT_EQ(::read(reader.get(), bytes.data(), bytes.size()), static_cast<ssize_t>(totals.bytes));
  bytes.resize(totals.bytes);
  const auto replay = replay_bytes(bytes);
  EXPECT_EQ(replay.records, records);
  EXPECT_EQ(replay.text(), "");
  EXPECT_FALSE(replay.info.incomplete);
}

}  // namespace
}  // namespace wakepath::dump
