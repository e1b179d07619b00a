// SPDX-License-Identifier: GPL-2.0-or-later
// A file that a command makes. It grows by whole pieces: a piece that can't be written to its end
// leaves no trace. Whatever happens, what was there before is not lost.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>

#include "util/fd.hpp"
#include "util/name_keeper.hpp"
#include "util/output_plan.hpp"

namespace wakepath {

class OutputFile {
 public:
  enum class Kind : std::uint8_t {
    // Made of something else, which can be done again: it stands at its name when it is whole, and
    // before that nowhere.
    whole,
    // What it holds comes once: it stands at its name from the begin on, and what was there stands
    // beside it, as NAME.old, until it is whole.
    growing,
    // A pipe, a character device, standard output: what was written can't be changed. create()
    // finds that out.
    stream,
  };

  // Its owner alone may read it. Errors: as find_place().
  static Result<OutputFile> create(const OutputPlan& plan, Kind kind);
  OutputFile(OutputFile&&) noexcept = default;
  OutputFile& operator=(OutputFile&&) = delete;
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;
  // Without finish(): a whole one leaves nothing, nor a growing one into which nothing was written.
  // Else a growing one stays, and NAME.old too.
  ~OutputFile();

  // For a process that gives up its rights, and would not be allowed to name, rename and remove the
  // file then: one of our own does that. `begin` runs there first. Before the first thread.
  Result<void> keep_rights_for_names(const std::function<void()>& begin);

  using Piece = std::span<const std::byte>;
  Result<void> append(Piece piece);
  // Bytes that are already there, or behind them. A stream keeps what it has.
  Result<void> replace(std::uint64_t offset, Piece piece);
  // Of a whole one: what was written, as much as is there.
  Result<std::size_t> read(std::uint64_t offset, std::span<std::byte> to) const;
  // Onto the medium.
  Result<void> sync();
  // Nothing follows: it is whole, on the medium and at its name.
  Result<void> finish();
  // It is not wanted. All is as it was before.
  void discard();

  [[nodiscard]] Kind kind() const { return kind_; }
  [[nodiscard]] std::uint64_t size() const { return size_; }
  // The name of what was there before, as long as it stands there. Empty: there is none.
  [[nodiscard]] const std::string& old() const { return old_; }

 private:
  OutputFile(Kind kind, std::string name) : kind_(kind), name_(std::move(name)) {}
  Result<void> open_stream(const OutputPlace& place);
  Result<void> open_whole();
  Result<void> open_growing(bool replaces);
  Result<void> move_old_away();
  void move_old_back();
  Result<void> finish_name();
  void discard_name();
  // What the destructor does, where nobody is left to call it.
  void leave_name();
  // Gives the file without a name one.
  [[nodiscard]] bool link_to(const std::string& path) const;
  Result<void> take_name();
  // 0, or the errno of what failed.
  [[nodiscard]] int write_at(std::uint64_t offset, Piece piece) const;
  [[nodiscard]] tl::unexpected<Error> failed(int error) const;

  Kind kind_;
  std::string name_;        // for messages
  std::string path_;        // where it is to stand
  std::string unfinished_;  // its name until then; empty: none
  std::string old_;
  Fd fd_;
  std::optional<NameKeeper> keeper_;
  bool replaces_{false};
  bool done_{true};
  std::uint64_t size_{0};
};

}  // namespace wakepath
