// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/host_files.hpp"

#include <chrono>

#include "capture/background.hpp"

namespace wakepath::capture {

void HostFiles::begin(const Read& read) {
  if (read) {
    reading_ = read_in_background(read);
  }
}

std::vector<Fact> HostFiles::news(bool wait) {
  if (!reading_.valid()) {
    return {};
  }
  if (reading_.wait_for(wait ? kPatience : std::chrono::seconds(0)) == std::future_status::ready) {
    return reading_.get();
  }
  if (!wait) {
    return {};
  }
  return {{WP_FACT_NOTICE,
           {WP_ADVICE_OTHER},
           {"the host's settings could not be read in time, and are not in the recording"}}};
}

}  // namespace wakepath::capture
