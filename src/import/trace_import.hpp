// SPDX-License-Identifier: GPL-2.0-or-later
// A foreign trace as a source of records: makes records of what its reader tells.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "import/name_table.hpp"
#include "import/trace_reader.hpp"
#include "wakepath/sources.hpp"

namespace wakepath::foreign {

class TraceImport final : public InputSource {
 public:
  // `kind` must outlive it. `ahead` reads the same a first time, to learn what `reader` tells late;
  // null: it can be read once.
  TraceImport(std::string_view kind, std::unique_ptr<TraceReader> reader, NameTable::NameOf name_of,
              std::unique_ptr<TraceReader> ahead = nullptr);
  ~TraceImport() override;

  // What part() tells; it grows with what the reader reads.
  void count_in(std::shared_ptr<const InputPart> part);
  // RecordMaker::wait_at_most
  void wait_at_most(std::uint64_t ns);
  Result<bool> pump(RecordSink& sink) override;
  [[nodiscard]] std::string_view kind() const override;
  [[nodiscard]] bool is_recording() const override { return false; }
  [[nodiscard]] bool is_truncated() const override;
  [[nodiscard]] std::optional<InputPart> part() const override;
  [[nodiscard]] std::vector<std::string> problems() const override;
  [[nodiscard]] std::vector<std::string> remarks() const override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace wakepath::foreign
