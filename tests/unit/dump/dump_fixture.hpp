// SPDX-License-Identifier: GPL-2.0-or-later
// Made-up records, a place for files, and a sink that remembers what it was given.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "dump/chunk_file.hpp"
#include "dump/dump_format.hpp"
#include "dump/input.hpp"
#include "dump/reader.hpp"
#include "dump/writer.hpp"
#include "support/temporary_directory.hpp"

namespace wakepath::dump {

using Record = std::vector<std::byte>;

template <typename T>
void append(Record& out, const T& value) {
  const auto bytes = std::as_bytes(std::span(&value, 1));
  out.insert(out.end(), bytes.begin(), bytes.end());
}

inline Record tick(std::uint64_t time_ns) {
  wp_tick tick{};
  tick.record = {WP_RECORD_TICK, 0, sizeof(wp_tick)};
  tick.time_ns = time_ns;
  Record out;
  append(out, tick);
  return out;
}

inline Record batch(std::uint32_t cpu, std::uint64_t time_ns, std::uint16_t events) {
  Record out;
  wp_batch batch{};
  batch.record = {
      WP_RECORD_BATCH, events,
      static_cast<__u32>(sizeof(wp_batch) + events * (sizeof(wp_event) + sizeof(wp_irq)))};
  batch.cpu = cpu;
  append(out, batch);
  for (std::uint16_t i = 0; i < events; ++i) {
    append(out, wp_event{time_ns + i, WP_EVENT_IRQ_ENTRY, 0, sizeof(wp_event) + sizeof(wp_irq), 0});
    append(out, wp_irq{13, 0, time_ns * 2654435761U});
  }
  return out;
}

inline Record fact(std::uint32_t kind, std::uint64_t value, std::string_view text) {
  Record out;
  wp_fact fact{};
  fact.kind = kind;
  fact.value[0] = value;
  fact.record = {WP_RECORD_FACT, 1,
                 static_cast<__u32>((sizeof(fact) + 2 + text.size() + 7) / 8 * 8)};
  append(out, fact);
  append(out, static_cast<std::uint16_t>(text.size()));
  for (const char c : text) {
    out.push_back(static_cast<std::byte>(c));
  }
  out.resize(fact.record.size);
  return out;
}

inline bool is_gap(const Record& record) { return load<wp_record>(record).type == WP_RECORD_GAP; }
inline bool is_fact(const Record& record) { return load<wp_record>(record).type == WP_RECORD_FACT; }
inline std::uint64_t lost_in(const Record& gap) { return load<wp_gap>(gap).lost_events; }
inline std::uint32_t events_of(const Record& record) { return events_in(*RecordView::at(record)); }

class Collector final : public RecordSink {
 public:
  Result<void> record(RecordView view) override {
    records.emplace_back(view.bytes().begin(), view.bytes().end());
    return {};
  }
  std::vector<Record> records;
};

struct Replay {
  Result<void> opened;
  std::vector<Record> records;
  std::vector<std::string> problems;
  DumpInfo info;

  [[nodiscard]] std::string text() const {
    std::string out;
    for (const auto& line : problems) {
      out += line + "\n";
    }
    return out;
  }
};

inline Replay drain(Result<std::unique_ptr<DumpSource>> source) {
  Replay replay;
  if (!source) {
    replay.opened = tl::unexpected(source.error());
    return replay;
  }
  Collector sink;
  while ((*source)->pump(sink).value()) {
  }
  EXPECT_FALSE((*source)->pump(sink).value());
  replay.records = std::move(sink.records);
  replay.problems = (*source)->problems();
  replay.info = (*source)->info();
  return replay;
}

// As a pipe gives them: in small and uneven pieces, forward only.
inline std::unique_ptr<StreamInput> stream_of(Bytes bytes) {
  return std::make_unique<StreamInput>(
      [bytes, piece = std::size_t{1}](std::span<std::byte> out) mutable -> Result<std::size_t> {
        piece = piece % 4093 * 3 + 1;
        const std::size_t given = std::min({piece, bytes.size(), out.size()});
        std::copy_n(bytes.begin(), given, out.begin());
        bytes = bytes.subspan(given);
        return given;
      });
}

// The same records and problems must come out of a file and out of a pipe.
inline Replay replay_bytes(Bytes bytes, Checks checks = Checks::all) {
  Replay whole = drain(DumpSource::over(std::make_unique<MemoryInput>(bytes), checks, "test"));
  const Replay piped = drain(DumpSource::over(stream_of(bytes), checks, "test"));
  EXPECT_EQ(whole.opened.has_value(), piped.opened.has_value());
  if (!whole.opened && !piped.opened) {
    EXPECT_EQ(whole.opened.error().message, piped.opened.error().message);
  }
  EXPECT_EQ(whole.records, piped.records);
  EXPECT_EQ(whole.problems, piped.problems);
  EXPECT_EQ(whole.info.file_bytes, piped.opened ? piped.info.file_bytes : whole.info.file_bytes);
  EXPECT_EQ(whole.info.lost_events, piped.info.lost_events);
  return whole;
}

// Where each chunk of a whole dump stands.
inline std::vector<std::pair<std::uint64_t, ChunkHeader>> chunks_of(Bytes bytes) {
  std::vector<std::pair<std::uint64_t, ChunkHeader>> out;
  ChunkFile file(std::make_unique<MemoryInput>(bytes), Checks::all);
  for (std::uint64_t at = sizeof(FileHeader); at < bytes.size();) {
    const auto header = file.header_at(at);
    if (!header) {
      ADD_FAILURE() << "no chunk at " << at;
      break;
    }
    out.emplace_back(at, *header);
    at = ChunkFile::end_of(at, *header);
  }
  return out;
}

class DumpTest : public ::testing::Test {
 protected:
  [[nodiscard]] std::string path(const std::string& name = "test.wkp") const {
    return directory_.path() + "/" + name;
  }

  [[nodiscard]] Record bytes_of(const std::string& file) const {
    std::ifstream in(file, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    Record out(text.size());
    std::memcpy(out.data(), text.data(), text.size());
    return out;
  }

  // The file's bytes.
  Record write(const std::vector<Record>& records, bool close = true) {
    {
      auto writer = DumpWriter::create({path(), true},
                                       close ? OutputFile::Kind::whole : OutputFile::Kind::growing)
                        .value();
      for (const Record& record : records) {
        EXPECT_TRUE(writer->record(*RecordView::at(record)));
      }
      if (close) {
        EXPECT_TRUE(writer->close());
      }
    }
    return bytes_of(path());
  }

 private:
  testing::TemporaryDirectory directory_;
};

// Host and vCPU named first, then `seconds` chunks of a second each with 3 batches of 2 events.
inline std::vector<Record> small_recording(std::uint64_t seconds) {
  std::vector<Record> records;
  records.push_back(tick(1'000'000'000));
  records.push_back(fact(WP_FACT_HOST, 2, "6.1.0"));
  records.push_back(fact(WP_FACT_VCPU, 96, "CPU 0/KVM"));
  for (std::uint64_t second = 1; second <= seconds; ++second) {
    const std::uint64_t begin = second * 1'000'000'000;
    for (const std::uint32_t i : {0U, 1U, 2U}) {
      records.push_back(batch(i % 2, begin + std::uint64_t{i} * 1000, 2));
    }
    if (second == 2) {
      records.push_back(fact(WP_FACT_SYMBOL, 0xffff0000, "late_symbol"));
    }
    records.push_back(tick(begin + 1'000'000'000));
  }
  return records;
}

}  // namespace wakepath::dump
