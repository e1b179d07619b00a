// SPDX-License-Identifier: GPL-2.0-or-later
#include "dump/writer.hpp"

#include <fmt/format.h>
#include <zstd.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "dump/dump_format.hpp"
#include "dump/stored_facts.hpp"

namespace wakepath::dump {
namespace {

// Beyond it the files shrink little and the writer, which shares a CPU with the reader of the
// rings, costs twice as much.
constexpr int kLevel = 1;

struct FreeContext {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
};

Bytes bytes_of(const auto& object) { return std::as_bytes(std::span(&object, 1)); }

// Called when the chunk begins: the facts as they stand before its first record.
void add_facts(ChunkHeader& chunk, std::vector<std::byte>& raw, const FactStore& facts) {
  facts.append_to(raw);
  chunk.facts_bytes = static_cast<std::uint32_t>(raw.size());
  chunk.flags |= kChunkFacts | (facts.partial() ? kChunkFactsPartial : 0U);
}

}  // namespace

struct DumpWriter::Impl {
  Impl(OutputFile output, bool keeps_up)
      : file(std::move(output)), grows(keeps_up), context(ZSTD_createCCtx()) {}
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl() {
    if (!closed && totals.records == 0) {
      file.discard();
    }
  }

  Result<void> write_file_header(bool complete);
  void begin_chunk();
  [[nodiscard]] bool facts_are_due() const;
  Result<void> flush(std::uint32_t extra_flags = 0);
  Result<void> take(RecordView view);
  Result<Totals> close();

  OutputFile file;
  bool grows;
  std::unique_ptr<ZSTD_CCtx, FreeContext> context;
  FactStore facts{kMaxFactBytes};
  Totals totals;
  std::optional<Error> error;
  bool closed{false};

  ChunkHeader chunk{};
  bool chunk_open{false};
  std::vector<std::byte> raw;
  std::vector<std::byte> packed;
  std::uint64_t last_tick_ns{0};
  std::uint64_t chunk_start_ns{0};
  std::uint64_t facts_ns{0};  // when they were repeated last
  std::size_t bytes_since_facts{0};
};

Result<void> DumpWriter::Impl::write_file_header(bool complete) {
  FileHeader header{};
  header.magic = kFileMagic;
  header.version = kVersion;
  header.abi_version = WP_ABI_VERSION;
  header.flags = complete ? 0 : kIncomplete;
  if (complete) {
    header.chunks = totals.chunks;
    header.records = totals.records;
    header.events = totals.events;
    header.file_bytes = file.size();
  }
  header.crc = header_crc(header);
  return complete ? file.replace(0, bytes_of(header)) : file.append(bytes_of(header));
}

void DumpWriter::Impl::begin_chunk() {
  chunk = ChunkHeader{};
  chunk.magic = kChunkMagic;
  chunk.sequence = totals.chunks;
  chunk.records_before = totals.records;
  chunk.events_before = totals.events;
  raw.clear();
  chunk_start_ns = last_tick_ns;
  chunk_open = true;
}

// A growing dump has many small chunks, and a host may have many facts.
bool DumpWriter::Impl::facts_are_due() const {
  if (!grows) {
    return chunk.sequence % kFactsEvery == 1;
  }
  return chunk.sequence == 1 ||
         (chunk.sequence != 0 && (chunk_start_ns >= facts_ns + kFactsEvery * kWholeChunkNs ||
                                  bytes_since_facts >= kFactsEvery * kChunkRecordBytes));
}

Result<void> DumpWriter::Impl::flush(std::uint32_t extra_flags) {
  packed.resize(sizeof(ChunkHeader) + ZSTD_compressBound(raw.size()));
  std::size_t bytes = 0;
  if (!raw.empty()) {
    bytes = ZSTD_compressCCtx(context.get(), packed.data() + sizeof(ChunkHeader),
                              packed.size() - sizeof(ChunkHeader), raw.data(), raw.size(), kLevel);
    if (ZSTD_isError(bytes) != 0) {
      return fail(ErrorKind::bug, fmt::format("zstd: {}", ZSTD_getErrorName(bytes)));
    }
  }
  packed.resize(sizeof(ChunkHeader) + bytes);
  chunk.flags |= extra_flags;
  chunk.raw_bytes = static_cast<std::uint32_t>(raw.size());
  chunk.payload_bytes = static_cast<std::uint32_t>(bytes);
  chunk.payload_crc = checksum(Bytes(packed).subspan(sizeof(ChunkHeader)));
  chunk.crc = header_crc(chunk);
  std::ranges::copy(bytes_of(chunk), packed.begin());
  if (auto done = file.append(packed); !done) {
    return done;
  }
  totals.chunks += 1;
  totals.records += chunk.records;
  totals.events += chunk.events;
  totals.bytes = file.size();
  chunk_open = false;
  return {};
}

Result<void> DumpWriter::Impl::take(RecordView view) {
  if (chunk_open && raw.size() - chunk.facts_bytes + view.bytes().size() > kChunkRecordBytes) {
    if (auto done = flush(); !done) {
      return done;
    }
  }
  if (!chunk_open) {
    begin_chunk();
    if (facts_are_due()) {
      add_facts(chunk, raw, facts);
      facts_ns = chunk_start_ns;
      bytes_since_facts = 0;
    }
  }
  bytes_since_facts += view.bytes().size();
  raw.insert(raw.end(), view.bytes().begin(), view.bytes().end());
  chunk.records += 1;
  chunk.events += events_in(view);
  if (const std::uint64_t time = time_of(view); time != 0) {
    chunk.first_ns = chunk.first_ns == 0 ? time : std::min(chunk.first_ns, time);
    chunk.last_ns = std::max(chunk.last_ns, time);
  }
  if (view.type() == WP_RECORD_FACT) {
    facts.keep(view);
  }
  if (view.type() == WP_RECORD_TICK) {
    last_tick_ns = time_of(view);
    chunk_start_ns = chunk_start_ns == 0 ? last_tick_ns : chunk_start_ns;
    if (last_tick_ns >= chunk_start_ns &&
        last_tick_ns - chunk_start_ns >= (grows ? kGrowingChunkNs : kWholeChunkNs)) {
      return flush();
    }
  }
  return {};
}

Result<Totals> DumpWriter::Impl::close() {
  if (chunk_open) {
    if (auto done = flush(); !done) {
      return tl::unexpected(done.error());
    }
  }
  begin_chunk();
  add_facts(chunk, raw, facts);
  auto done = flush(kChunkClosing)
                  .and_then([this] { return file.sync(); })
                  .and_then([this] { return write_file_header(true); })
                  .and_then([this] { return file.finish(); });
  if (!done) {
    return tl::unexpected(done.error());
  }
  return totals;
}

DumpWriter::DumpWriter(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
DumpWriter::~DumpWriter() = default;

Result<std::unique_ptr<DumpWriter>> DumpWriter::create(const OutputPlan& plan,
                                                       OutputFile::Kind kind) {
  WAKEPATH_TRY(OutputFile file, OutputFile::create(plan, kind));
  auto impl = std::make_unique<Impl>(std::move(file), kind == OutputFile::Kind::growing);
  if (!impl->context) {
    return fail(ErrorKind::bug, "zstd: no memory");
  }
  if (auto done = impl->write_file_header(false); !done) {
    return tl::unexpected(done.error());
  }
  return std::unique_ptr<DumpWriter>(new DumpWriter(std::move(impl)));
}

Result<void> DumpWriter::keep_rights_for_names(const std::function<void()>& begin) {
  return impl_->file.keep_rights_for_names(begin);
}

Result<void> DumpWriter::record(RecordView view) {
  if (impl_->error) {
    return tl::unexpected(*impl_->error);
  }
  if (impl_->closed) {
    return fail(ErrorKind::bug, "a record came after the dump was closed");
  }
  auto done = impl_->take(view);
  if (!done) {
    impl_->error = done.error();
  }
  return done;
}

Result<Totals> DumpWriter::close() {
  if (impl_->error) {
    return tl::unexpected(*impl_->error);
  }
  if (impl_->closed) {
    return impl_->totals;
  }
  auto totals = impl_->close();
  if (totals) {
    impl_->closed = true;
  } else {
    impl_->error = totals.error();
  }
  return totals;
}

OutputFile::Kind DumpWriter::kind() const { return impl_->file.kind(); }

std::string DumpWriter::old() const { return impl_->file.old(); }

}  // namespace wakepath::dump
