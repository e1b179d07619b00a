// SPDX-License-Identifier: GPL-2.0-or-later
// Records out of a dump file. A dump is hostile input: every length is checked, damage costs the
// chunk that it hit and nothing more, and is said.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "wakepath/record.hpp"

namespace wakepath::dump {

struct DumpInfo {
  std::uint32_t version{};
  bool incomplete{};  // was not closed: a crash, a kill, a full disk, or cut
  std::uint64_t file_bytes{};
  std::uint64_t read_bytes{};  // so far
  std::uint64_t chunks{};      // read so far
  std::uint64_t records{};
  std::uint64_t events{};
  std::uint64_t damaged_chunks{};
  std::uint64_t lost_events{};  // in damaged and missing parts, as far as that can be known
  std::uint64_t first_ns{};     // times that the chunks read so far name; 0: none
  std::uint64_t last_ns{};
};

class Input;
enum class Checks : std::uint8_t;

class DumpSource final : public RecordSource {
 public:
  // Error: bad_input where it can't be opened, is no dump, or has a newer format version.
  static Result<std::unique_ptr<DumpSource>> open(const std::string& path);
  // The same over bytes from elsewhere; `name` stands in messages.
  static Result<std::unique_ptr<DumpSource>> over(std::unique_ptr<Input> input, Checks checks,
                                                  const std::string& name);
  DumpSource(const DumpSource&) = delete;
  DumpSource& operator=(const DumpSource&) = delete;
  ~DumpSource() override;

  // Asked now and then, also inside a chunk: once it says yes, pump() fails with `interrupted`.
  void stop_when(std::function<bool()> stopped);
  // One chunk. Where some are damaged or missing: a WP_RECORD_GAP and the next repeated facts
  // instead.
  Result<bool> pump(RecordSink& sink) override;

  [[nodiscard]] const DumpInfo& info() const;
  // One line for each kind of damage met so far, with offsets. Empty: the dump is whole. Known once
  // pump() has returned false.
  [[nodiscard]] const std::vector<std::string>& problems() const;

 private:
  struct Impl;
  explicit DumpSource(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace wakepath::dump
