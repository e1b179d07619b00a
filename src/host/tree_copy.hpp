// SPDX-License-Identifier: GPL-2.0-or-later
// Writes another machine's /proc and /sys below a directory of its own, to be read as `--root`. The
// source is hostile: no name and no link leads out of the directory, and its size has bounds.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "host/private_directory.hpp"
#include "host/snapshot.hpp"
#include "util/fd.hpp"
#include "wakepath/result.hpp"

namespace wakepath::host {

class TreeCopy final : public SnapshotSink {
 public:
  // In a PrivateDirectory. Error: bad_output.
  static Result<std::unique_ptr<TreeCopy>> create();

  // Without a slash at its end.
  [[nodiscard]] const std::string& path() const { return root_.path(); }

  // Leaves out, without an error, names that lead outside or pass the bounds. Error: bad_output.
  // A file's name may have empty components, as the first snapshots wrote them
  // (".../cpuset//cpus"): it means the file without them, and is nothing new where that is there.
  Result<void> file(const std::string& name, const std::string& content, unsigned mode) override;
  Result<void> link(const std::string& name, const std::string& target) override;
  Result<void> directory(const std::string& name) override;

  [[nodiscard]] std::size_t left_out() const { return left_out_; }
  // The first few names of these. Hostile.
  [[nodiscard]] const std::vector<std::string>& left_out_names() const { return left_out_names_; }

 private:
  explicit TreeCopy(PrivateDirectory root) : root_(std::move(root)) {}

  // The directory of `name`, created if it does not exist. -1: the name is not allowed.
  int parent_of(const std::string& name, std::string& last);
  bool make_directory(int at, const std::string& name);
  void leave_out(const std::string& name);
  // Blocks for `bytes` of content and an inode; `entries` of the most that there may be.
  bool takes_room(std::size_t bytes, std::size_t entries);

  struct Step {
    std::string name;
    Fd fd;
  };
  PrivateDirectory root_;
  std::vector<Step> way_;  // to the directory that was asked for last
  std::size_t steps_{0};
  std::size_t entries_{0};
  std::size_t bytes_{0};
  std::size_t left_out_{0};
  std::vector<std::string> left_out_names_;
};

// "a, b and 3 more": some names, of `count`. Hostile.
std::string some_of(const std::vector<std::string>& names, std::size_t count);

// May a link `name` have this `target`? It must lead to a place below the tree's root, whatever
// links are on the way: ".." may stand only at its beginning, at most once for each directory above
// `name`. A vfio group is allowed too, for it is no directory.
bool is_link_inside(const std::string& name, const std::string& target);

}  // namespace wakepath::host
