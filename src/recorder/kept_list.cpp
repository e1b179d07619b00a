// SPDX-License-Identifier: GPL-2.0-or-later
#include "recorder/kept_list.hpp"

#include <algorithm>
#include <utility>

namespace wakepath::recorder {

std::vector<KeptFile> KeptList::add(KeptFile file) {
  const auto at = std::ranges::find_if(
      files_, [&](const KeptFile& one) { return one.times_limit <= file.times_limit; });
  bytes_ += file.bytes;
  files_.insert(at, std::move(file));
  std::vector<KeptFile> gone;
  // One stays, however large it is.
  while (files_.size() > most_files_ || (bytes_ > most_bytes_ && files_.size() > 1)) {
    bytes_ -= files_.back().bytes;
    gone.push_back(std::move(files_.back()));
    files_.pop_back();
  }
  return gone;
}

}  // namespace wakepath::recorder
