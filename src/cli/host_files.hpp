// SPDX-License-Identifier: GPL-2.0-or-later
// A host's settings in a stream of records: written by who captures, read by who audits.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "host/tree_copy.hpp"
#include "wakepath/facts.hpp"
#include "wakepath/record.hpp"

namespace wakepath::cli {

// Of this host: what `irqs --snapshot` copies, as WP_FACT_HOST_FILE.
std::vector<Fact> read_host_files();
// The same below another root.
std::vector<Fact> host_files_of(const std::string& root);

// Passes records on, and writes the files that are among them to a tree of their own.
class HostFilesReader final : public RecordSink {
 public:
  explicit HostFilesReader(RecordSink& next) : next_(next) {}
  // Error: of `next`, or bad_output.
  Result<void> record(RecordView view) override;
  // nullptr: the stream held none. Lives as long as this.
  [[nodiscard]] const host::TreeCopy* tree() const { return tree_.get(); }

 private:
  Result<void> take(const Fact& fact);

  RecordSink& next_;
  std::unique_ptr<host::TreeCopy> tree_;
};

}  // namespace wakepath::cli
