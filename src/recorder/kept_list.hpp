// SPDX-License-Identifier: GPL-2.0-or-later
// Which of a recorder's recordings stay where there is room for some: the worst.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace wakepath::recorder {

struct KeptFile {
  std::string path;
  double times_limit{};  // the more, the longer it stays
  std::uint64_t bytes{};
};

class KeptList {
 public:
  KeptList(std::size_t most_files, std::uint64_t most_bytes)
      : most_files_(most_files), most_bytes_(most_bytes) {}

  // One more. Returns those that have to go, perhaps itself; of equals, the older ones.
  std::vector<KeptFile> add(KeptFile file);

  [[nodiscard]] const std::vector<KeptFile>& files() const { return files_; }  // the worst first
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

 private:
  std::size_t most_files_;
  std::uint64_t most_bytes_;
  std::vector<KeptFile> files_;
  std::uint64_t bytes_{0};
};

}  // namespace wakepath::recorder
