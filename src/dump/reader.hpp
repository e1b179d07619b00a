// SPDX-License-Identifier: GPL-2.0-or-later
// Records out of a dump file. A dump is hostile input: every length is checked, damage costs the chunk
// that it hit and nothing more, and is said.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "wakepath/record.hpp"

namespace wakepath::dump {

struct DumpInfo {
  std::uint32_t version{};
  bool incomplete{};          // was not closed: a crash, a kill, a full disk, or cut
  std::uint64_t file_bytes{};
  std::uint64_t chunks{};     // read so far
  std::uint64_t records{};
  std::uint64_t events{};
  std::uint64_t damaged_chunks{};
};

class DumpSource final : public RecordSource {
 public:
  // Error: bad_input where it can't be opened, is no dump, or has a newer format version.
  static Result<std::unique_ptr<DumpSource>> open(const std::string& path);
  ~DumpSource() override;

  // One chunk. A damaged one gives a WP_RECORD_GAP instead.
  Result<bool> pump(RecordSink& sink) override;

  [[nodiscard]] const DumpInfo& info() const;
  // One line for each kind of damage met so far, with offsets. Empty: the dump is whole. Known once pump()
  // has returned false.
  [[nodiscard]] const std::vector<std::string>& problems() const;

 private:
  struct Impl;
  explicit DumpSource(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace wakepath::dump
