// SPDX-License-Identifier: GPL-2.0-or-later
// What the host's /proc and /sys say when the capture begins, for whoever judges it later.
#pragma once

#include <functional>
#include <future>
#include <vector>

#include "capture/background.hpp"
#include "wakepath/facts.hpp"

namespace wakepath::capture {

class HostFiles {
 public:
  // Called once, on a thread of its own. HostFileFact and notices.
  using Read = std::function<std::vector<Fact>()>;

  // Nothing is read where `read` is empty.
  void begin(const Read& read);
  // What has been read; all of it once. Where it is not read by `until`, a notice in its place.
  [[nodiscard]] std::vector<Fact> news(Deadline until);

 private:
  std::future<std::vector<Fact>> reading_;
};

}  // namespace wakepath::capture
