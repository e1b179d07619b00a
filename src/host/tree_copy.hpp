// SPDX-License-Identifier: GPL-2.0-or-later
// A tree of /proc and /sys of another machine, written out below a directory of its own, to be read
// as `--root`. What it is made of is hostile: no name and no link leads out of it, and it has
// bounds.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "host/snapshot.hpp"
#include "util/fd.hpp"
#include "wakepath/result.hpp"

namespace wakepath::host {

class TreeCopy final : public SnapshotSink {
 public:
  // In $TMPDIR or /tmp, for its owner alone. Error: bad_output.
  static Result<std::unique_ptr<TreeCopy>> create();
  ~TreeCopy() override;  // removes it

  // Without a slash at its end.
  [[nodiscard]] const std::string& path() const { return path_; }

  // What would lie outside, or passes the bounds, is left out without an error. Error: bad_output.
  Result<void> file(const std::string& name, const std::string& content, unsigned mode) override;
  Result<void> link(const std::string& name, const std::string& target) override;
  Result<void> directory(const std::string& name) override;

  [[nodiscard]] std::size_t left_out() const { return left_out_; }

 private:
  explicit TreeCopy(std::string path) : path_(std::move(path)) {}

  // The directory that `name` lies in, made where it is not there; no Fd: it must not be.
  Fd parent_of(const std::string& name, std::string& last);

  std::string path_;
  std::size_t entries_{0};
  std::size_t bytes_{0};
  std::size_t left_out_{0};
};

// May `target` stand in a link that is called `name`? It must lead to something below the tree's
// root, whatever links there are on the way: ".." stands at its beginning alone, and not more often
// than there are directories to leave. Or to a vfio group, which is no directory.
bool is_link_inside(const std::string& name, const std::string& target);

}  // namespace wakepath::host
