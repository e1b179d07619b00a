// SPDX-License-Identifier: GPL-2.0-or-later
// Writes records to a dump, and passes them on.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "dump/writer.hpp"
#include "wakepath/record.hpp"

namespace wakepath::cli {

class SavingTee final : public RecordSink {
 public:
  // `next` may be null.
  SavingTee(std::unique_ptr<dump::DumpWriter> writer, std::string path, RecordSink* next)
      : writer_(std::move(writer)), path_(std::move(path)), next_(next) {}

  // Errors are those of `next` alone: a full disk must not keep the wakes from being shown.
  Result<void> record(RecordView view) override;
  [[nodiscard]] bool failed() const { return failure_.has_value(); }
  // Error: bad_output; it says how much of the dump can be replayed all the same.
  Result<dump::Totals> close();
  // Nothing was recorded that is worth a file: all is as it was before.
  void discard() { writer_.reset(); }

 private:
  // What is left of it after a failure.
  [[nodiscard]] std::string rest_text();

  std::unique_ptr<dump::DumpWriter> writer_;
  std::string path_;
  RecordSink* next_;
  std::optional<Error> failure_;
};

// "host7.wkp: 12345 events, 1.2 MB"
std::string saved_text(const std::string& path, const dump::Totals& totals);

}  // namespace wakepath::cli
