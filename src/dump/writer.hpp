// SPDX-License-Identifier: GPL-2.0-or-later
// Streams records to a dump file (docs/dump-format.md) in bounded memory.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

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
  // Creates (or truncates) the file; it carries the INCOMPLETE mark until close(). Error:
  // bad_output.
  static Result<std::unique_ptr<DumpWriter>> create(const std::string& path);
  DumpWriter(const DumpWriter&) = delete;
  DumpWriter& operator=(const DumpWriter&) = delete;
  ~DumpWriter() override;  // without close(): what was flushed stays readable, marked INCOMPLETE

  // Error: bad_output (full disk, ...): the file then ends with its last whole chunk.
  Result<void> record(RecordView view) override;
  // Writes what is buffered, and takes the INCOMPLETE mark away.
  Result<Totals> close();

 private:
  struct Impl;
  explicit DumpWriter(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace wakepath::dump
