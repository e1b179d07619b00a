// SPDX-License-Identifier: GPL-2.0-or-later
// A file of records: a recording of wakepath's own, or a foreign trace.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "dump/reader.hpp"
#include "import/byte_source.hpp"
#include "import/trace_import.hpp"
#include "wakepath/record.hpp"

namespace wakepath::cli {

struct StreamFileOptions {
  std::string kallsyms;  // a file as /proc/kallsyms, for addresses in a trace; empty: none
};

// "-" is standard input. Error: bad_input.
Result<std::unique_ptr<foreign::PeekedBytes>> open_bytes(const std::string& path);

class StreamFile final : public RecordSource {
 public:
  // "-" is standard input. Error: bad_input.
  static Result<std::unique_ptr<StreamFile>> open(const std::string& path,
                                                  const StreamFileOptions& options = {});

  Result<bool> pump(RecordSink& sink) override;
  // What could not be read, once pump() has returned false.
  [[nodiscard]] std::vector<std::string> problems() const;
  // What is worth saying, and no damage.
  [[nodiscard]] std::vector<std::string> remarks() const;
  // What the output calls it: "dump" or "import".
  [[nodiscard]] const char* source() const { return dump_ ? "dump" : "import"; }
  [[nodiscard]] bool is_dump() const { return dump_ != nullptr; }

 private:
  StreamFile() = default;

  std::unique_ptr<dump::DumpSource> dump_;  // one of the two
  std::unique_ptr<foreign::TraceImport> trace_;
};

}  // namespace wakepath::cli
