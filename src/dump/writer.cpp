// SPDX-License-Identifier: GPL-2.0-or-later
#include "dump/writer.hpp"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "dump/chunk_packer.hpp"
#include "dump/dump_format.hpp"
#include "dump/stored_facts.hpp"

namespace wakepath::dump {
namespace {

Bytes bytes_of(const auto& object) { return std::as_bytes(std::span(&object, 1)); }

}  // namespace

struct DumpWriter::Impl {
  Impl(OutputFile output, bool keeps_up, ChunkPacker packs)
      : file(std::move(output)), grows(keeps_up), packer(std::move(packs)) {}
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl() {
    if (!closed && totals.records == 0) {
      file.discard();
    }
  }

  Result<void> write_file_header(bool complete);
  void begin_chunk();
  void repeat_facts();
  [[nodiscard]] bool facts_are_due() const;
  [[nodiscard]] bool long_since_facts(std::uint64_t now_ns) const;
  Result<void> flush(std::uint32_t extra_flags = 0);
  Result<void> append(std::span<std::byte> chunk);
  Result<void> take(RecordView view);
  Result<void> take_chunk(std::span<const std::byte> chunk, Bytes chunk_facts);
  Result<Totals> close();
  // After an error nothing is written any more.
  Result<void> guarded(const auto& work) {
    if (error) {
      return tl::unexpected(*error);
    }
    if (closed) {
      return fail(ErrorKind::bug, "a record came after the dump was closed");
    }
    Result<void> done = work();
    if (!done) {
      error = done.error();
    }
    return done;
  }

  OutputFile file;
  bool grows;
  ChunkPacker packer;
  FactStore facts{kMaxFactBytes};
  Totals totals;
  std::optional<Error> error;
  bool closed{false};

  std::vector<std::byte> placed;
  std::uint64_t facts_ns{0};  // when they were repeated last
  std::uint64_t facts_chunk{0};
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

// A growing dump has many small chunks, and a host may have many facts.
bool DumpWriter::Impl::facts_are_due() const {
  return totals.chunks == 1 || (totals.chunks != 0 && long_since_facts(packer.start_ns()));
}

// No more is repeated than stands between. Else a file of many facts, and ticks far apart, would be
// written as a thousand times its size.
bool DumpWriter::Impl::long_since_facts(std::uint64_t now_ns) const {
  if (bytes_since_facts < facts.bytes()) {
    return false;
  }
  if (!grows) {
    return totals.chunks >= facts_chunk + kFactsEvery;
  }
  return now_ns >= facts_ns + kFactsEvery * kWholeChunkNs ||
         bytes_since_facts >= kFactsEvery * kChunkRecordBytes;
}

void DumpWriter::Impl::begin_chunk() {
  packer.begin();
  if (facts_are_due()) {
    repeat_facts();
  }
}

// The facts as they stand before the first record of the chunk.
void DumpWriter::Impl::repeat_facts() {
  packer.add_facts(facts);
  facts_ns = packer.start_ns();
  facts_chunk = totals.chunks;
  bytes_since_facts = 0;
}

Result<void> DumpWriter::Impl::append(std::span<std::byte> chunk) {
  place_chunk(chunk, {totals.chunks, totals.records, totals.events});
  WAKEPATH_CHECK(file.append(chunk));
  const auto header = load<ChunkHeader>(chunk);
  totals.chunks += 1;
  totals.records += header.records;
  totals.events += header.events;
  totals.bytes = file.size();
  return {};
}

Result<void> DumpWriter::Impl::flush(std::uint32_t extra_flags) {
  WAKEPATH_TRY(const std::span<std::byte> chunk, packer.pack(extra_flags));
  return append(chunk);
}

Result<void> DumpWriter::Impl::take(RecordView view) {
  if (packer.is_open() && !packer.has_room(view)) {
    WAKEPATH_CHECK(flush());
  }
  if (!packer.is_open()) {
    begin_chunk();
  }
  bytes_since_facts += view.bytes().size();
  if (view.type() == WP_RECORD_FACT) {
    facts.keep(view);
  }
  return packer.add(view) ? flush() : Result<void>{};
}

Result<void> DumpWriter::Impl::take_chunk(std::span<const std::byte> chunk, Bytes chunk_facts) {
  if (packer.is_open()) {
    WAKEPATH_CHECK(flush());
  }
  // Packed records can't have facts put before them: those make a chunk of their own.
  const auto header = load<ChunkHeader>(chunk);
  if (totals.chunks == 1 || long_since_facts(header.first_ns)) {
    packer.begin();
    repeat_facts();
    facts_ns = header.first_ns;
    WAKEPATH_CHECK(flush());
  }
  bytes_since_facts += header.raw_bytes;
  while (const auto fact = RecordView::at(chunk_facts)) {
    facts.keep(*fact);
    chunk_facts = chunk_facts.subspan(fact->bytes().size());
  }
  placed.assign(chunk.begin(), chunk.end());
  return append(placed);
}

Result<Totals> DumpWriter::Impl::close() {
  if (packer.is_open()) {
    WAKEPATH_CHECK(flush());
  }
  packer.begin();
  packer.add_facts(facts);
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
  const bool grows = kind == OutputFile::Kind::growing;
  WAKEPATH_TRY(ChunkPacker packer, grows ? ChunkPacker::create(kGrowingChunkNs)
                                         : ChunkPacker::create(kWholeChunkNs, kWholeChunkLeast));
  auto impl = std::make_unique<Impl>(std::move(file), grows, std::move(packer));
  if (auto done = impl->write_file_header(false); !done) {
    return tl::unexpected(done.error());
  }
  return std::unique_ptr<DumpWriter>(new DumpWriter(std::move(impl)));
}

Result<void> DumpWriter::keep_rights_for_names(const std::function<void()>& begin) {
  return impl_->file.keep_rights_for_names(begin);
}

Result<void> DumpWriter::record(RecordView view) {
  return impl_->guarded([&] { return impl_->take(view); });
}

Result<void> DumpWriter::chunk(std::span<const std::byte> chunk, Bytes facts) {
  return impl_->guarded([&] { return impl_->take_chunk(chunk, facts); });
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
