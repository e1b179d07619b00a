// SPDX-License-Identifier: GPL-2.0-or-later
// A host's settings in a stream of records: a capture writes them, an audit reads them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "host/tree_copy.hpp"
#include "wakepath/facts.hpp"
#include "wakepath/record.hpp"

namespace wakepath::host {

// This host's files, the same as `irqs --snapshot` copies, as HostFileFact.
std::vector<Fact> read_tree_facts();
// The same below another root.
std::vector<Fact> tree_facts(const std::string& root);

// Passes records on, and writes the files in them to a tree of their own.
class TreeFactsReader final : public RecordSink {
 public:
  explicit TreeFactsReader(RecordSink& next) : next_(next) {}
  // Error: of `next`, or bad_output.
  Result<void> record(RecordView view) override;
  // nullptr: the stream had no files. It lives as long as this object.
  [[nodiscard]] const TreeCopy* tree() const { return tree_.get(); }
  // Number of files and links left out: they are unsound, or a record is missing.
  [[nodiscard]] std::size_t left_out() const;
  // The first few names of these. Hostile.
  [[nodiscard]] std::vector<std::string> left_out_names() const;

 private:
  Result<void> take(const HostFileFact& fact);
  Result<void> take_file(const HostFileFact& fact);

  RecordSink& next_;
  std::unique_ptr<TreeCopy> tree_;
  // The file whose records are coming.
  struct File {
    std::string name;
    std::uint64_t records{};  // 0: not told
    std::uint64_t next{};     // the number of the next record
    std::string content{};    // so far
    bool broken{};
    bool whole{};

    [[nodiscard]] bool is_incomplete() const { return !name.empty() && !whole; }
  };
  File file_;
  std::size_t incomplete_{0};
  std::string first_incomplete_;
};

}  // namespace wakepath::host
