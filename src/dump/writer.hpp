// SPDX-License-Identifier: GPL-2.0-or-later
// Streams records to a dump file (docs/dump-format.md) in bounded memory.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "util/output_file.hpp"
#include "wakepath/record.hpp"

namespace wakepath::dump {

struct Totals {
  std::uint64_t chunks{};
  std::uint64_t records{};
  std::uint64_t events{};
  std::uint64_t bytes{};  // of the file
};

class DumpWriter final : public RecordSink {
 public:
  // It carries the INCOMPLETE mark until close(). A growing one is written so often that a kill
  // costs less than 100 ms of stream time. Errors: OutputFile::create()'s.
  static Result<std::unique_ptr<DumpWriter>> create(const OutputPlan& plan, OutputFile::Kind kind);
  DumpWriter(const DumpWriter&) = delete;
  DumpWriter& operator=(const DumpWriter&) = delete;
  // Without close(): what was flushed of a growing one stays readable, marked INCOMPLETE. One
  // without records goes.
  ~DumpWriter() override;

  // OutputFile's.
  Result<void> keep_rights_for_names(const std::function<void()>& begin);

  // Error: bad_output (full disk, ...): the file then ends with its last whole chunk.
  Result<void> record(RecordView view) override;
  // A whole chunk of ChunkPacker's, and the facts that it holds, unpacked. Errors: record()'s.
  Result<void> chunk(std::span<const std::byte> chunk, Bytes facts);
  // Writes what is buffered, and takes the INCOMPLETE mark away. A stream keeps the mark: there the
  // closing chunk tells that it is whole.
  Result<Totals> close();

  [[nodiscard]] OutputFile::Kind kind() const;
  // OutputFile::old()
  [[nodiscard]] std::string old() const;

 private:
  struct Impl;
  explicit DumpWriter(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace wakepath::dump
