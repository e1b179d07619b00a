// SPDX-License-Identifier: GPL-2.0-or-later
// A host's settings in a stream of records: written by who captures, read by who audits.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "host/tree_copy.hpp"
#include "wakepath/facts.hpp"
#include "wakepath/record.hpp"

namespace wakepath::host {

// Of this host: what `irqs --snapshot` copies, as WP_FACT_HOST_FILE.
std::vector<Fact> read_tree_facts();
// The same below another root.
std::vector<Fact> tree_facts(const std::string& root);

// Passes records on, and writes the files that are among them to a tree of their own.
class TreeFactsReader final : public RecordSink {
 public:
  explicit TreeFactsReader(RecordSink& next) : next_(next) {}
  // Error: of `next`, or bad_output.
  Result<void> record(RecordView view) override;
  // nullptr: the stream held none. Lives as long as this.
  [[nodiscard]] const TreeCopy* tree() const { return tree_.get(); }
  // Files and links that are not in it: unsound, or a record of them is missing.
  [[nodiscard]] std::size_t left_out() const;

 private:
  Result<void> take(const Fact& fact);
  Result<void> take_file(const Fact& fact);

  RecordSink& next_;
  std::unique_ptr<TreeCopy> tree_;
  // The one whose records come.
  struct File {
    std::string name;
    std::uint64_t records{};  // 0: not told
    std::uint64_t next{};     // the one that is due
    std::string content{};    // so far
    bool broken{};
    bool whole{};

    [[nodiscard]] bool is_incomplete() const { return !name.empty() && !whole; }
  };
  File file_;
  std::size_t incomplete_{0};
};

}  // namespace wakepath::host
