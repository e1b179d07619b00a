// SPDX-License-Identifier: GPL-2.0-or-later
// A foreign trace as a source of records: finds out by looking what kind of trace it is, and makes
// records of what its reader tells.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "import/byte_source.hpp"
#include "import/name_table.hpp"
#include "import/trace_reader.hpp"
#include "wakepath/record.hpp"

namespace wakepath::foreign {

// The text of function_graph that `bytes` are or, for a trace.dat of that tracer, are made to;
// null: they have no calls. `path` as below. Error: bad_input, where they can't be read.
Result<std::unique_ptr<ByteSource>> open_graph(std::unique_ptr<PeekedBytes> bytes,
                                               const std::string& path);

class TraceImport final : public RecordSource {
 public:
  // `path` is for messages, and for readers that open the file themselves. Error: bad_input where
  // the bytes are no trace that is known, with what to do about it.
  static Result<std::unique_ptr<TraceImport>> open(std::unique_ptr<ByteSource> bytes,
                                                   const std::string& path,
                                                   NameTable::NameOf name_of);
  TraceImport(std::unique_ptr<TraceReader> reader, NameTable::NameOf name_of);
  TraceImport(const TraceImport&) = delete;
  TraceImport& operator=(const TraceImport&) = delete;
  ~TraceImport() override;

  Result<bool> pump(RecordSink& sink) override;
  // As TraceReader's.
  [[nodiscard]] std::vector<std::string> problems() const;
  [[nodiscard]] std::vector<std::string> remarks() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace wakepath::foreign
