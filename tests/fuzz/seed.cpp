// SPDX-License-Identifier: GPL-2.0-or-later
// Small dumps of every shape, as a start for the fuzzer.
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dump/chunk_file.hpp"
#include "dump/dump_format.hpp"
#include "dump/input.hpp"
#include "dump/writer.hpp"

namespace {

using wakepath::RecordView;
using wakepath::dump::DumpWriter;
using Record = std::vector<std::byte>;

template <typename T>
void append(Record& out, const T& value) {
  const auto bytes = std::as_bytes(std::span(&value, 1));
  out.insert(out.end(), bytes.begin(), bytes.end());
}

Record tick(std::uint64_t time_ns) {
  wp_tick tick{};
  tick.record = {WP_RECORD_TICK, 1, sizeof(wp_tick) + sizeof(wp_tick_cpu)};
  tick.time_ns = time_ns;
  Record out;
  append(out, tick);
  append(out, wp_tick_cpu{0, 0, time_ns, 0, 0});
  return out;
}

Record batch(std::uint64_t time_ns) {
  constexpr std::size_t kEvent = sizeof(wp_event) + sizeof(wp_wake);
  wp_batch batch{};
  batch.record = {WP_RECORD_BATCH, 2, sizeof(wp_batch) + 2 * kEvent};
  Record out;
  append(out, batch);
  for (std::uint64_t i = 0; i < 2; ++i) {
    append(out, wp_event{time_ns + i, WP_EVENT_WAKING, WP_CONTEXT_KNOWN, kEvent, 0});
    append(out, wp_wake{96, 0, 120, WP_TASK_VCPU_LOADED});
  }
  return out;
}

Record fact(std::uint32_t kind, std::uint64_t value, std::string_view text) {
  wp_fact fact{};
  fact.kind = kind;
  fact.value[0] = value;
  fact.record = {WP_RECORD_FACT, 1,
                 static_cast<__u32>((sizeof(fact) + 2 + text.size() + 7) / 8 * 8)};
  Record out;
  append(out, fact);
  append(out, static_cast<std::uint16_t>(text.size()));
  for (const char c : text) {
    out.push_back(static_cast<std::byte>(c));
  }
  out.resize(fact.record.size);
  return out;
}

// `seconds` chunks, each a second long.
bool write(const std::string& path, std::uint64_t seconds, bool close) {
  auto writer = DumpWriter::create({path, true}, wakepath::OutputFile::Kind::whole);
  if (!writer) {
    std::fprintf(stderr, "%s\n", writer.error().message.c_str());
    return false;
  }
  std::vector<Record> records = {fact(WP_FACT_HOST, 2, "6.1.0"), fact(WP_FACT_VCPU, 96, "vCPU")};
  for (std::uint64_t second = 1; second <= seconds; ++second) {
    records.push_back(tick(second * wakepath::dump::kWholeChunkNs));
    records.push_back(batch(second * wakepath::dump::kWholeChunkNs + 5));
  }
  for (const Record& record : records) {
    if (!(*writer)->record(*RecordView::at(record))) {
      return false;
    }
  }
  return !close || (*writer)->close().has_value();
}

std::string bytes_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void change(const std::string& from, const std::string& to, std::size_t keep, std::size_t flip) {
  std::string bytes = bytes_of(from);
  bytes.resize(std::min(bytes.size(), keep));
  if (flip < bytes.size()) {
    bytes[flip] = static_cast<char>(bytes[flip] ^ 1);
  }
  std::ofstream(to, std::ios::binary) << bytes;
}

// A zstd frame of one raw block, so that a fuzzer's changes reach the records themselves.
Record stored_frame(wakepath::Bytes raw) {
  Record out;
  append(out, std::uint32_t{0xfd2fb528});
  append(out, std::uint8_t{0xa0});  // single segment, content size in 4 bytes
  append(out, static_cast<std::uint32_t>(raw.size()));
  const auto block = static_cast<std::uint32_t>(raw.size() << 3U | 1U);
  for (unsigned shift = 0; shift < 24; shift += 8) {
    append(out, static_cast<std::uint8_t>(block >> shift));
  }
  out.insert(out.end(), raw.begin(), raw.end());
  return out;
}

// The dump in `bytes` again with its payloads stored plainly.
Record stored(const Record& bytes) {
  using namespace wakepath::dump;
  ChunkFile file(std::make_unique<MemoryInput>(bytes), Checks::all);
  Record out(bytes.begin(), bytes.begin() + sizeof(FileHeader));
  std::uint64_t at = sizeof(FileHeader);
  while (auto header = file.header_at(at)) {
    at = ChunkFile::end_of(at, *header);
    const auto payload = file.load(at - sizeof(ChunkHeader) - header->payload_bytes, *header);
    Record raw(payload->facts.begin(), payload->facts.end());
    raw.insert(raw.end(), payload->records.begin(), payload->records.end());
    const Record frame = stored_frame(raw);
    header->payload_bytes = static_cast<std::uint32_t>(frame.size());
    header->payload_crc = checksum(frame);
    header->crc = header_crc(*header);
    append(out, *header);
    out.insert(out.end(), frame.begin(), frame.end());
  }
  return out;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: %s DIRECTORY\n", argv[0]);
    return 2;
  }
  const std::string directory = std::string(argv[1]) + "/";
  std::filesystem::create_directories(directory);
  if (!write(directory + "empty.wkp", 0, true) || !write(directory + "unclosed.wkp", 2, false) ||
      !write(directory + "three.wkp", 3, true) || !write(directory + "twenty.wkp", 20, true)) {
    return 1;
  }
  constexpr std::size_t kAll = ~std::size_t{0};
  change(directory + "three.wkp", directory + "cut.wkp", 500, kAll);
  change(directory + "three.wkp", directory + "flipped-header.wkp", kAll, 9);
  change(directory + "three.wkp", directory + "flipped-chunk.wkp", kAll, 80);
  change(directory + "three.wkp", directory + "flipped-payload.wkp", kAll, 200);
  const std::string three = bytes_of(directory + "three.wkp");
  const auto view = std::as_bytes(std::span(three));
  const Record plain = stored(Record(view.begin(), view.end()));
  std::ofstream(directory + "stored.wkp", std::ios::binary)
      .write(reinterpret_cast<const char*>(plain.data()),
             static_cast<std::streamsize>(plain.size()));
  return 0;
}
