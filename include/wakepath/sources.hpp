// SPDX-License-Identifier: GPL-2.0-or-later
// Where records come from: a recording, or a trace of another tool. No privilege is needed.
//   auto input = wakepath::open_input("host7.wkp");
//   while (input && (*input)->pump(pipeline).value_or(false)) {}
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wakepath/record.hpp"
#include "wakepath/result.hpp"
#include "wakepath/sink.hpp"

namespace wakepath {

// A file or a pipe that is read as records.
class InputSource : public RecordSource {
 public:
  // "recording", "trace.dat", "perf.data", "function_graph text", "trace text".
  [[nodiscard]] virtual std::string_view kind() const = 0;
  // Did wakepath write it? Else it is a trace of another tool.
  [[nodiscard]] virtual bool is_recording() const = 0;
  // One line for each kind of damage, once pump() has returned false; escaped for a terminal.
  // Empty: all was read.
  [[nodiscard]] virtual std::vector<std::string> problems() const = 0;
  // Once pump() has returned false, or an error: does it end in the middle? It was cut, or its
  // writer was killed.
  [[nodiscard]] virtual bool is_truncated() const { return false; }
  // How much of it was read so far; nullopt: not known.
  [[nodiscard]] virtual std::optional<InputPart> part() const { return std::nullopt; }
  // Notes that are no damage: "CPU 1 lost 17 events" before the file was written.
  [[nodiscard]] virtual std::vector<std::string> remarks() const { return {}; }
};

struct InputOptions {
  // A copy of the traced host's /proc/kallsyms: names for the addresses in a trace. Empty: none.
  std::string kallsyms;
  // Can be read from when somebody asks for an end (an eventfd, a signalfd): reading then fails
  // with ErrorKind::interrupted, also where it waits for a pipe. It stays the caller's; -1: none.
  int stop_fd{-1};
};

// Finds out by looking which kind of input it is. "-" is standard input. Error: bad_input where
// nothing can be read; unsupported where a library or program that reads this kind is missing.
Result<std::unique_ptr<InputSource>> open_input(const std::string& path,
                                                const InputOptions& options = {});
// The same, but other kinds are refused. Error: bad_input.
Result<std::unique_ptr<InputSource>> open_recording(const std::string& path);
Result<std::unique_ptr<InputSource>> open_trace(const std::string& path,
                                                const InputOptions& options = {});

}  // namespace wakepath
