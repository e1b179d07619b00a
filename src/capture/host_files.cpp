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
  const bool ready = reading_.valid() && (wait || reading_.wait_for(std::chrono::seconds(0)) ==
                                                      std::future_status::ready);
  return ready ? reading_.get() : std::vector<Fact>{};
}

}  // namespace wakepath::capture
