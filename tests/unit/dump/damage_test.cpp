// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <set>

#include "dump_fixture.hpp"

namespace wakepath::dump {
namespace {

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

// `got` is `original` with parts left out, each of which a gap stands for with the events that are
// missing there; after a gap facts may be repeated.
void expect_gaps_stand_for_what_is_missing(const std::vector<Record>& original,
                                           const std::vector<Record>& got) {
  std::set<Record> facts;
  std::copy_if(original.begin(), original.end(), std::inserter(facts, facts.end()), is_fact);
  std::size_t at = 0;
  for (std::size_t i = 0; i < got.size(); ++i) {
    if (!is_gap(got[i])) {
      ASSERT_LT(at, original.size());
      ASSERT_EQ(got[i], original[at]) << "record " << i;
      ++at;
      continue;
    }
    const std::uint64_t lost = lost_in(got[i]);
    while (i + 1 < got.size() && is_fact(got[i + 1])) {
      ASSERT_TRUE(facts.contains(got[i + 1]));
      ++i;
    }
    const auto resumed = i + 1 == got.size()
                             ? original.end()
                             : std::find(original.begin() + static_cast<std::ptrdiff_t>(at),
                                         original.end(), got[i + 1]);
    ASSERT_TRUE(i + 1 == got.size() || resumed != original.end());
    std::uint64_t missing = 0;
    for (auto each = original.begin() + static_cast<std::ptrdiff_t>(at); each != resumed; ++each) {
      missing += events_of(*each);
    }
    ASSERT_TRUE(lost == missing || lost == 0) << lost << " instead of " << missing;
    at = static_cast<std::size_t>(resumed - original.begin());
  }
  ASSERT_EQ(at, original.size());
}

TEST_F(DumpTest, EveryFlippedByteIsSaidAndCostsOneChunkAtMost) {
  const auto records = small_recording(4);
  const auto whole = write(records);
  const auto chunks = chunks_of(whole);
  for (std::size_t i = 0; i < whole.size(); ++i) {
    for (const auto mask : {std::byte{0x01}, std::byte{0x80}, std::byte{0xff}}) {
      auto bytes = whole;
      bytes[i] ^= mask;
      const auto replay = replay_bytes(bytes);
      ASSERT_TRUE(replay.opened) << "byte " << i << ": " << replay.opened.error().message;
      ASSERT_FALSE(replay.problems.empty()) << "byte " << i;
      ASSERT_EQ(replay.problems.size(), 1U) << "byte " << i << ": " << replay.text();
      ASSERT_NO_FATAL_FAILURE(expect_gaps_stand_for_what_is_missing(records, replay.records))
          << "byte " << i << ": " << replay.text();
      const bool in_header = i < sizeof(FileHeader);
      const bool in_closing = i >= chunks.back().first;
      EXPECT_EQ(std::any_of(replay.records.begin(), replay.records.end(), is_gap),
                !in_header && !in_closing)
          << "byte " << i;
      // In the middle of the file what is lost is known to the event.
      EXPECT_EQ(replay.info.lost_events, in_header || in_closing ? 0U : 6U) << "byte " << i;
    }
  }
}

TEST_F(DumpTest, CutAnywhereItReplaysUpToTheLastWholeChunkAndSaysSo) {
  const auto records = small_recording(4);
  const auto whole = write(records);
  const auto chunks = chunks_of(whole);
  for (std::size_t length = 0; length < whole.size(); ++length) {
    const auto replay = replay_bytes(Bytes(whole).first(length));
    if (length < sizeof(FileHeader)) {
      ASSERT_FALSE(replay.opened);
      EXPECT_EQ(replay.opened.error().kind, ErrorKind::bad_input);
      continue;
    }
    ASSERT_TRUE(replay.opened);
    std::size_t expected = 0;
    std::uint64_t events = 0;
    for (const auto& [offset, chunk] : chunks) {
      if (ChunkFile::end_of(offset, chunk) <= length) {
        expected += chunk.records;
        events += chunk.events;
      }
    }
    auto got = replay.records;
    const bool gap = !got.empty() && is_gap(got.back());
    ASSERT_EQ(gap, expected < records.size()) << "cut at " << length;
    if (gap) {
      EXPECT_EQ(lost_in(got.back()), 24 - events) << "cut at " << length;
      got.pop_back();
    }
    ASSERT_EQ(got.size(), expected) << "cut at " << length;
    EXPECT_TRUE(std::equal(got.begin(), got.end(), records.begin()));
    ASSERT_EQ(replay.problems.size(), 1U) << replay.text();
    EXPECT_TRUE(contains(replay.text(), "cut at offset " + std::to_string(length)))
        << replay.text();
    EXPECT_TRUE(replay.info.incomplete);
  }
}

TEST_F(DumpTest, AnUnclosedDumpCutAnywhereReplaysToo) {
  const auto records = small_recording(4);
  const auto whole = write(records, false);
  const auto chunks = chunks_of(whole);
  ASSERT_EQ(chunks.size(), 4U);
  for (std::size_t length = sizeof(FileHeader); length <= whole.size(); ++length) {
    const auto replay = replay_bytes(Bytes(whole).first(length));
    ASSERT_TRUE(replay.opened);
    EXPECT_TRUE(contains(replay.text(), "was not closed (INCOMPLETE)"));
    const bool at_boundary = length == sizeof(FileHeader) ||
                             std::any_of(chunks.begin(), chunks.end(), [length](const auto& each) {
                               return ChunkFile::end_of(each.first, each.second) == length;
                             });
    EXPECT_EQ(replay.problems.size(), at_boundary ? 1U : 2U) << length << replay.text();
    EXPECT_EQ(!replay.records.empty() && is_gap(replay.records.back()), !at_boundary) << length;
  }
}

TEST_F(DumpTest, NamesAreRightAtOnceAfterTheFirstChunkIsLost) {
  auto bytes = write(small_recording(4));
  bytes[sizeof(FileHeader) + sizeof(ChunkHeader) + 9] ^= std::byte{1};
  const auto replay = replay_bytes(bytes);
  ASSERT_GE(replay.records.size(), 3U);
  EXPECT_TRUE(is_gap(replay.records[0]));
  EXPECT_EQ(replay.records[1], fact(WP_FACT_HOST, 2, "6.1.0"));
  EXPECT_EQ(replay.records[2], fact(WP_FACT_VCPU, 96, "CPU 0/KVM"));
  EXPECT_EQ(replay.text(), "chunk 0 at offset 64 is damaged (checksum): 6 events not readable\n");
}

TEST_F(DumpTest, FactsOfADamagedChunkComeFromALaterOne) {
  auto bytes = write(small_recording(20));
  const auto chunks = chunks_of(bytes);
  bytes[chunks[1].first] ^= std::byte{1};  // late_symbol was named there
  const auto replay = replay_bytes(bytes);
  const auto gap = std::find_if(replay.records.begin(), replay.records.end(), is_gap);
  ASSERT_NE(gap, replay.records.end());
  EXPECT_EQ(*(gap + 3), fact(WP_FACT_SYMBOL, 0xffff0000, "late_symbol"));
}

TEST_F(DumpTest, FactsAreFoundBehindFurtherDamage) {
  auto bytes = write(small_recording(20));
  const auto chunks = chunks_of(bytes);
  bytes[chunks[0].first] ^= std::byte{1};
  bytes[chunks[1].first + 100] ^= std::byte{1};   // its facts too
  bytes[chunks[17].first + 100] ^= std::byte{1};  // and the next ones
  const auto replay = replay_bytes(bytes);
  ASSERT_EQ(replay.problems.size(), 2U) << replay.text();
  EXPECT_TRUE(contains(replay.text(),
                       "chunks 0 to 1 at offset 64 are damaged (header): 12 events not readable"))
      << replay.text();
  EXPECT_EQ(replay.records[1], fact(WP_FACT_HOST, 2, "6.1.0"));
}

TEST_F(DumpTest, ChunksThatWereTakenOutAreMissed) {
  const auto records = small_recording(5);
  auto bytes = write(records);
  const auto chunks = chunks_of(bytes);
  bytes.erase(bytes.begin() + static_cast<std::ptrdiff_t>(chunks[1].first),
              bytes.begin() + static_cast<std::ptrdiff_t>(chunks[3].first));
  const auto replay = replay_bytes(bytes);
  EXPECT_TRUE(contains(replay.text(), "chunks 1 to 2 at offset")) << replay.text();
  EXPECT_TRUE(contains(replay.text(), "are missing: 12 events not readable")) << replay.text();
  expect_gaps_stand_for_what_is_missing(records, replay.records);
}

TEST_F(DumpTest, BytesThatWerePutInAreSkipped) {
  const auto records = small_recording(3);
  auto bytes = write(records);
  const auto chunks = chunks_of(bytes);
  bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(chunks[1].first), 5, std::byte{0});
  const auto replay = replay_bytes(bytes);
  EXPECT_EQ(replay.records, records);
  EXPECT_TRUE(contains(replay.text(), "5 bytes at offset")) << replay.text();
  EXPECT_TRUE(contains(replay.text(), "nothing is lost")) << replay.text();
}

TEST_F(DumpTest, TheNextChunkIsFoundAcrossTheEdgesOfTheReadersWindow) {
  const auto records = small_recording(2);
  const auto bytes = write(records);
  const auto chunks = chunks_of(bytes);
  for (std::size_t inserted = 65'520; inserted < 65'550; ++inserted) {
    auto padded = bytes;
    padded.insert(padded.begin() + static_cast<std::ptrdiff_t>(chunks[1].first), inserted,
                  std::byte{0xf1});
    const auto replay = replay_bytes(padded);
    ASSERT_EQ(replay.records, records) << inserted;
    ASSERT_EQ(replay.problems.size(), 1U) << replay.text();
  }
}

TEST_F(DumpTest, AChunkThatComesTwiceIsTakenOnce) {
  const auto records = small_recording(3);
  auto bytes = write(records);
  const auto chunks = chunks_of(bytes);
  const Record twice(bytes.begin() + static_cast<std::ptrdiff_t>(chunks[0].first),
                     bytes.begin() + static_cast<std::ptrdiff_t>(chunks[1].first));
  bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(chunks[1].first), twice.begin(),
               twice.end());
  const auto replay = replay_bytes(bytes);
  EXPECT_EQ(replay.records, records);
  EXPECT_EQ(replay.problems.size(), 1U) << replay.text();
}

TEST_F(DumpTest, BytesAfterTheEndAreNamed) {
  const auto records = small_recording(2);
  auto bytes = write(records);
  const std::size_t end = bytes.size();
  bytes.resize(end + 7);
  const auto replay = replay_bytes(bytes);
  EXPECT_EQ(replay.records, records);
  EXPECT_EQ(replay.text(), "7 bytes after the dump's end, at offset " + std::to_string(end) +
                               ", are no part of it\n");
}

TEST_F(DumpTest, WithoutAHeaderTheChunksStillReplay) {
  const auto records = small_recording(3);
  auto bytes = write(records);
  std::fill_n(bytes.begin(), sizeof(FileHeader), std::byte{0});
  const auto replay = replay_bytes(bytes);
  ASSERT_TRUE(replay.opened);
  EXPECT_EQ(replay.records, records);
  EXPECT_EQ(replay.text(), "the header is damaged: read without it\n");
}

TEST_F(DumpTest, HeadersThatOverlapAreNoTrap) {
  auto bytes = write(small_recording(2));
  const auto first = chunks_of(bytes)[0];
  const auto at = static_cast<std::ptrdiff_t>(first.first);
  Record flood(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(sizeof(FileHeader)));
  ChunkHeader forged = first.second;
  forged.payload_bytes = 1024 * 1024;
  forged.crc = header_crc(forged);
  for (int i = 0; i < 20'000; ++i) {
    append(flood, forged);
  }
  flood.insert(flood.end(), bytes.begin() + at, bytes.end());
  const auto replay = replay_bytes(flood);
  EXPECT_LE(replay.problems.size(), 21U);
  EXPECT_FALSE(replay.problems.empty());
}

TEST_F(DumpTest, ManyDamagedPlacesGiveFewLines) {
  auto bytes = write(small_recording(100));
  const auto chunks = chunks_of(bytes);
  for (std::size_t i = 0; i < 100; i += 2) {
    bytes[chunks[i].first + 100] ^= std::byte{1};
  }
  const auto replay = replay_bytes(bytes);
  ASSERT_EQ(replay.problems.size(), 21U);
  EXPECT_EQ(replay.problems.back(), "and 30 more damaged places");
  EXPECT_EQ(replay.info.damaged_chunks, 50U);
  EXPECT_EQ(replay.info.lost_events, 300U);
}

TEST_F(DumpTest, AMalformedRecordInAWholeChunkCostsTheRestOfIt) {
  const auto records = small_recording(2);
  auto bytes = write(records);
  const auto [offset, header] = chunks_of(bytes)[1];
  ChunkFile file(std::make_unique<MemoryInput>(bytes), Checks::all);
  const auto payload = file.load(offset, header).value();
  Record raw(payload.facts.begin(), payload.facts.end());
  raw.insert(raw.end(), payload.records.begin(), payload.records.end());
  const std::uint32_t wrong = 4;  // size of the second batch
  std::memcpy(raw.data() + header.facts_bytes + records[3].size() + 4, &wrong, sizeof(wrong));

  Record forged(ZSTD_compressBound(raw.size()));
  forged.resize(ZSTD_compress(forged.data(), forged.size(), raw.data(), raw.size(), 1));
  ChunkHeader chunk = header;
  chunk.payload_bytes = static_cast<std::uint32_t>(forged.size());
  chunk.payload_crc = checksum(forged);
  chunk.crc = header_crc(chunk);
  Record out(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(offset));
  append(out, chunk);
  out.insert(out.end(), forged.begin(), forged.end());
  out.insert(out.end(),
             bytes.begin() + static_cast<std::ptrdiff_t>(ChunkFile::end_of(offset, header)),
             bytes.end());

  const auto replay = replay_bytes(out);
  ASSERT_TRUE(is_gap(replay.records.back()));
  EXPECT_EQ(lost_in(replay.records.back()), 4U);
  EXPECT_EQ(replay.records.size(), 8U + 1U);
  EXPECT_EQ(replay.text(), "chunk 1 at offset " + std::to_string(offset) +
                               " is damaged (record 1): 4 events not readable\n");
}

TEST_F(DumpTest, SizesThatAreTooLargeAreRefused) {
  auto bytes = write(small_recording(1));
  const auto [offset, header] = chunks_of(bytes)[0];
  for (const std::uint32_t raw_bytes : {0xffffffffU, 16U * 1024 * 1024 + 8, header.raw_bytes + 8}) {
    ChunkHeader forged = header;
    forged.raw_bytes = raw_bytes;
    forged.crc = header_crc(forged);
    auto out = bytes;
    std::memcpy(out.data() + offset, &forged, sizeof(forged));
    const auto replay = replay_bytes(out);
    ASSERT_TRUE(replay.opened);
    EXPECT_TRUE(contains(replay.text(), "chunk 0 at offset 64 is damaged")) << replay.text();
  }
}

}  // namespace
}  // namespace wakepath::dump
