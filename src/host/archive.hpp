// SPDX-License-Identifier: GPL-2.0-or-later
// Writes a .tar.zst with libarchive. The file is whole or does not exist.
#pragma once

#include <memory>
#include <string>

#include "host/snapshot.hpp"
#include "util/output_plan.hpp"
#include "wakepath/result.hpp"

namespace wakepath::host {

class Archive final : public SnapshotSink {
 public:
  // Errors: as OutputFile::create(); unsupported where wakepath was built without libarchive.
  static Result<std::unique_ptr<Archive>> create(const OutputPlan& plan);
  ~Archive() override;  // an unfinished one leaves nothing

  Result<void> file(const std::string& name, const std::string& content, unsigned mode) override;
  Result<void> link(const std::string& name, const std::string& target) override;
  Result<void> directory(const std::string& name) override;
  // Afterwards all of it is on the medium, at its name.
  Result<void> finish();

 private:
  struct Impl;
  explicit Archive(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace wakepath::host
