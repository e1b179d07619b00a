// SPDX-License-Identifier: GPL-2.0-or-later
// What `--root` names: a directory with /proc and /sys in it, or a file in its place: a tar archive
// of one, packed or not, as `irqs --snapshot` writes it, or a /proc/interrupts alone.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "host/tree_copy.hpp"
#include "wakepath/result.hpp"

namespace wakepath::host {

class GivenRoot {
 public:
  // "-" is standard input. Files are from anywhere: what they unpack to has bounds, and stands
  // below a directory of its own until this object goes. Errors: bad_input (it is none of these;
  // a file without a line that names CPUs is "no /proc/interrupts"), bad_output, unsupported
  // (built without libarchive). Asks `go_on` now and then; false stops (bad_input). `opened` runs
  // before the first byte is read, so that a program can give up its rights there.
  using Opened = std::function<void(bool is_file)>;
  static Result<GivenRoot> open(
      const std::string& given, const std::function<bool()>& go_on,
      const Opened& opened = [](bool /*is_file*/) {});

  // Without a slash at its end: empty for "/".
  [[nodiscard]] const std::string& path() const { return path_; }
  // It was a file.
  [[nodiscard]] bool is_file() const { return copy_ != nullptr; }
  // The error with the name that was given, where it names the copy.
  [[nodiscard]] Error told(Error error) const;
  // For people: what of it could not be used; empty: all was.
  [[nodiscard]] const std::string& problem() const { return problem_; }

 private:
  std::string path_, given_;
  std::unique_ptr<TreeCopy> copy_;
  std::string problem_;
};

}  // namespace wakepath::host
