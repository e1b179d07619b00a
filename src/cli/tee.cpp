// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/tee.hpp"

#include <fmt/format.h>

#include "dump/reader.hpp"

namespace wakepath::cli {

namespace {

class Discard final : public RecordSink {
 public:
  Result<void> record(RecordView /*view*/) override { return {}; }
};

// Reads the file back: only the file can tell how much of it is on the disk.
std::string what_is_left(const std::string& path) {
  auto source = dump::DumpSource::open(path);
  if (!source) {
    return "nothing of it can be replayed";
  }
  Discard discard;
  while (true) {
    auto more = (*source)->pump(discard);
    if (!more || !*more) {
      break;
    }
  }
  return fmt::format("its first {} events can be replayed (marked INCOMPLETE)",
                     (*source)->info().events);
}

}  // namespace

std::string SavingTee::rest_text() {
  const auto kind = writer_->kind();
  const std::string old = writer_->old();
  writer_.reset();
  switch (kind) {
    case OutputFile::Kind::whole:
      return "nothing was written";
    case OutputFile::Kind::stream:
      return "what was written before can be replayed";
    case OutputFile::Kind::growing:
      break;
  }
  return what_is_left(path_) + (old.empty() ? "" : "; what was there before is " + old);
}

Result<void> SavingTee::record(RecordView view) {
  if (writer_ && !failure_) {
    if (auto written = writer_->record(view); !written) {
      failure_ = written.error();
    }
  }
  return next_ != nullptr ? next_->record(view) : Result<void>{};
}

Result<dump::Totals> SavingTee::close() {
  Result<dump::Totals> totals;
  if (!failure_) {
    totals = writer_->close();
    if (totals) {
      return totals;
    }
    failure_ = totals.error();
  }
  return fail(ErrorKind::bad_output, fmt::format("{}; {}", failure_->message, rest_text()),
              failure_->fix);
}

std::string saved_text(const std::string& path, const dump::Totals& totals) {
  const double bytes = static_cast<double>(totals.bytes);
  const std::string size =
      bytes < 1e6 ? fmt::format("{:.1f} kB", bytes / 1e3) : fmt::format("{:.1f} MB", bytes / 1e6);
  return fmt::format("{}: {} events, {}", path == "-" ? "to standard output" : path, totals.events,
                     size);
}

}  // namespace wakepath::cli
