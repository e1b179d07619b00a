// SPDX-License-Identifier: GPL-2.0-or-later
// Writes the wakes of a stream in a form of other tools. A new form is a file of its own with a
// class that derives from Exporter, and a row in exporter.cpp.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "util/output_plan.hpp"
#include "wakepath/pipeline.hpp"
#include "wakepath/sink.hpp"

namespace wakepath::analysis {
class StreamObserver;
}

namespace wakepath::exports {

enum class Format : std::uint8_t { csv, sqlite, folded, perfetto };

struct FormatName {
  const char* name;
  Format format;
  const char* about;  // as --help shows it
};
// Those that this wakepath can write.
const std::vector<FormatName>& formats();

// A sink of what a Pipeline tells, in the order of Sink's calls: header, results, summary. Then
// finish(). Without that nothing stands at the output's name, or what stood there before.
class Exporter : public Sink {
 public:
  // For a process that gives up its rights next. Before the first thread. See
  // OutputFile::keep_rights_for_names().
  virtual Result<void> keep_rights_for_names(const std::function<void()>& begin) = 0;
  // Looks on at the events themselves. Null: wakes are enough.
  virtual analysis::StreamObserver* observer() { return nullptr; }
  // Before the first record: only this time is wanted, of the events too.
  virtual void within(const TimeSpan& /*span*/) {}
  // Before the first record: a wake that takes longer is slow. Never called: no wake is.
  virtual void target(std::uint64_t /*ns*/) {}
  // Before the first record: what is written is to be compressed, where its format knows of that.
  virtual void compress() {}
  // Nothing follows: it is whole, and at its name. Gives what was written, in words: "12 wakes, 3.4
  // MB". Error: bad_output.
  virtual Result<std::string> finish() = 0;
};

// Opens the output. What is read, and with what rights, begins after that. Errors: as
// OutputFile::create(); usage, where the format can't go there.
Result<std::unique_ptr<Exporter>> make_exporter(Format format, const OutputPlan& plan);

}  // namespace wakepath::exports
