// SPDX-License-Identifier: GPL-2.0-or-later
#include "dump_fixture.hpp"

namespace wakepath::dump {
namespace {

TEST_F(DumpTest, GivesBackExactlyWhatWasRecorded) {
  const auto records = small_recording(40);
  const auto bytes = write(records);
  const auto replay = drain(DumpSource::open(path()));
  EXPECT_EQ(replay.records, records);
  EXPECT_EQ(replay.text(), "");
  EXPECT_FALSE(replay.info.incomplete);
  EXPECT_EQ(replay.info.version, 1U);
  EXPECT_EQ(replay.info.records, records.size());
  EXPECT_EQ(replay.info.events, 40U * 6);
  EXPECT_EQ(replay.info.file_bytes, bytes.size());
  EXPECT_EQ(replay.info.first_ns, 1'000'000'000U);
  EXPECT_EQ(replay.info.last_ns, 41'000'000'000U);
  EXPECT_EQ(replay.info.damaged_chunks, 0U);
}

TEST_F(DumpTest, HoldsAnEmptyRecording) {
  write({});
  const auto replay = drain(DumpSource::open(path()));
  EXPECT_TRUE(replay.records.empty());
  EXPECT_EQ(replay.text(), "");
}

TEST_F(DumpTest, CountsWhatItWrote) {
  const auto records = small_recording(3);
  auto writer = DumpWriter::create({path()}, OutputFile::Kind::whole).value();
  for (const Record& record : records) {
    ASSERT_TRUE(writer->record(*RecordView::at(record)));
  }
  const auto totals = writer->close().value();
  EXPECT_EQ(totals.records, records.size());
  EXPECT_EQ(totals.events, 18U);
  EXPECT_EQ(totals.chunks, 4U);  // three of a second each, and the closing one
  EXPECT_EQ(totals.bytes, bytes_of(path()).size());
  EXPECT_EQ(writer->close().value().bytes, totals.bytes);
  EXPECT_FALSE(writer->record(*RecordView::at(records.front())));
}

TEST_F(DumpTest, EndsAChunkWhenASecondHasPassed) {
  std::vector<Record> records;
  for (std::uint64_t ms = 0; ms <= 5000; ms += 100) {
    records.push_back(tick(10'000'000'000 + ms * 1'000'000));
  }
  const auto chunks = chunks_of(write(records));
  ASSERT_EQ(chunks.size(), 6U);
  EXPECT_EQ(chunks[0].second.first_ns, 10'000'000'000U);
  EXPECT_EQ(chunks[0].second.last_ns, 11'000'000'000U);
  EXPECT_EQ(chunks[1].second.last_ns, 12'000'000'000U);
}

TEST_F(DumpTest, EndsAChunkAtItsSize) {
  std::vector<Record> records;
  for (std::uint64_t i = 0; i < 2000; ++i) {
    records.push_back(batch(0, 5'000'000'000 + i, 30));
  }
  const auto bytes = write(records);
  for (const auto& [offset, chunk] : chunks_of(bytes)) {
    EXPECT_LE(chunk.raw_bytes - chunk.facts_bytes, kChunkRecordBytes);
  }
  EXPECT_EQ(chunks_of(bytes).size(), 9U);
  EXPECT_EQ(replay_bytes(bytes).records, records);
}

TEST_F(DumpTest, TakesRecordsOfEveryKindAndSize) {
  std::vector<Record> records = {fact(77, 3, "of a kind to come"), fact(WP_FACT_NOTICE, 1, "note")};
  Record largest(WP_MAX_BATCH);
  const wp_record head{99, 7, WP_MAX_BATCH};
  std::memcpy(largest.data(), &head, sizeof(head));
  for (int i = 0; i < 9; ++i) {
    records.push_back(largest);
  }
  Record smallest;
  append(smallest, wp_record{100, 0, 8});
  records.push_back(smallest);
  const auto replay = replay_bytes(write(records));
  EXPECT_EQ(replay.records, records);
  EXPECT_EQ(replay.text(), "");
}

TEST_F(DumpTest, RepeatsTheLatestFactsInEverySixteenthChunkAndAtTheEnd) {
  auto records = small_recording(20);
  records.push_back(fact(WP_FACT_VCPU, 96, "renamed"));
  records.push_back(fact(WP_FACT_NOTICE, 1, "said once"));
  const auto bytes = write(records);
  std::vector<std::uint64_t> with_facts;
  for (const auto& [offset, chunk] : chunks_of(bytes)) {
    if ((chunk.flags & kChunkFacts) != 0) {
      with_facts.push_back(chunk.sequence);
    }
  }
  EXPECT_EQ(with_facts, (std::vector<std::uint64_t>{1, 17, 21}));

  const auto [offset, closing] = chunks_of(bytes).back();
  EXPECT_EQ(closing.flags, kChunkFacts | kChunkClosing);
  ChunkFile file(std::make_unique<MemoryInput>(bytes), Checks::all);
  const auto payload = file.load(offset, closing).value();
  std::vector<Record> facts;
  for (Bytes rest = payload.facts; !rest.empty();) {
    const auto view = *RecordView::at(rest);
    facts.emplace_back(view.bytes().begin(), view.bytes().end());
    rest = rest.subspan(view.bytes().size());
  }
  EXPECT_EQ(facts,
            (std::vector<Record>{fact(WP_FACT_HOST, 2, "6.1.0"), fact(WP_FACT_VCPU, 96, "renamed"),
                                 fact(WP_FACT_SYMBOL, 0xffff0000, "late_symbol")}));
  EXPECT_TRUE(payload.records.empty());
}

TEST_F(DumpTest, RepeatsNoMoreFactsThanItsLimit) {
  std::vector<Record> records;
  for (std::uint64_t i = 0; i < 30'000; ++i) {
    records.push_back(fact(WP_FACT_SYMBOL, i, "some_symbol_of_some_length"));
  }
  const auto bytes = write(records);
  for (const auto& [offset, chunk] : chunks_of(bytes)) {
    EXPECT_LE(chunk.facts_bytes, kMaxFactBytes);
  }
  EXPECT_NE(chunks_of(bytes).back().second.flags & kChunkFactsPartial, 0U);
  EXPECT_EQ(replay_bytes(bytes).records, records);
}

TEST_F(DumpTest, SameRecordsSameBytes) {
  EXPECT_EQ(write(small_recording(5)), write(small_recording(5)));
}

class Refusing final : public RecordSink {
 public:
  Result<void> record(RecordView) override { return fail(ErrorKind::bad_output, "enough"); }
};

TEST_F(DumpTest, PassesTheSinksErrorOnAndEnds) {
  write(small_recording(3));
  auto source = DumpSource::open(path()).value();
  Refusing sink;
  EXPECT_EQ(source->pump(sink).error().message, "enough");
  EXPECT_FALSE(source->pump(sink).value());
}

}  // namespace
}  // namespace wakepath::dump
