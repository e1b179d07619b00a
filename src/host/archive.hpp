// SPDX-License-Identifier: GPL-2.0-or-later
// A .tar.zst that is whole or not there, by libarchive.
#pragma once

#include <memory>
#include <string>

#include "wakepath/result.hpp"

namespace wakepath::host {

class Archive {
 public:
  // Writes beside `path`, for its owner alone, until finish(). Errors: bad_output; unsupported
  // where wakepath was built without libarchive.
  static Result<Archive> create(const std::string& path);
  Archive(Archive&&) noexcept;
  Archive& operator=(Archive&&) noexcept;
  ~Archive();  // what is not finished is removed

  // Names are relative, without "./" before them. `mode`: who may write says something in
  // /proc/irq.
  Result<void> file(const std::string& name, const std::string& content, unsigned mode);
  Result<void> link(const std::string& name, const std::string& target);
  Result<void> directory(const std::string& name);
  // All is on the medium, and at `path`.
  Result<void> finish();

 private:
  struct Impl;
  explicit Archive(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace wakepath::host
