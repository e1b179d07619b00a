// SPDX-License-Identifier: GPL-2.0-or-later
// A .tar.zst that is whole or not there, by libarchive.
#pragma once

#include <memory>
#include <string>

#include "host/snapshot.hpp"
#include "wakepath/result.hpp"

namespace wakepath::host {

class Archive final : public SnapshotSink {
 public:
  // Writes beside `path`, for its owner alone, until finish(). Errors: bad_output; unsupported
  // where wakepath was built without libarchive.
  static Result<std::unique_ptr<Archive>> create(const std::string& path);
  ~Archive() override;  // what is not finished is removed

  Result<void> file(const std::string& name, const std::string& content, unsigned mode) override;
  Result<void> link(const std::string& name, const std::string& target) override;
  Result<void> directory(const std::string& name) override;
  // All is on the medium, and at `path`.
  Result<void> finish();

 private:
  struct Impl;
  explicit Archive(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace wakepath::host
