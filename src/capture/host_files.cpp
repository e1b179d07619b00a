// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/host_files.hpp"

namespace wakepath::capture {

void HostFiles::begin(const Read& read) {
  if (read) {
    reading_ = read_in_background(read);
  }
}

std::vector<Fact> HostFiles::news(Deadline until) {
  if (!reading_.valid()) {
    return {};
  }
  if (is_read(reading_, until)) {
    return reading_.get();
  }
  if (!until) {
    return {};
  }
  return {
      NoticeFact{WP_ADVICE_OTHER, 0,
                 "the host's settings could not be read in time, and are not in the recording"}};
}

}  // namespace wakepath::capture
