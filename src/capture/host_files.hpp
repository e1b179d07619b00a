// SPDX-License-Identifier: GPL-2.0-or-later
// What the host's /proc and /sys say when the capture begins, for whoever judges it later.
#pragma once

#include <functional>
#include <future>
#include <vector>

#include "wakepath/facts.hpp"

namespace wakepath::capture {

class HostFiles {
 public:
  // Called once, on a thread of its own. WP_FACT_HOST_FILE and notices.
  using Read = std::function<std::vector<Fact>()>;

  // Nothing is read where `read` is empty.
  void begin(const Read& read);
  // What has been read since; all of it once. `wait`: until it has been.
  [[nodiscard]] std::vector<Fact> news(bool wait);

 private:
  std::future<std::vector<Fact>> reading_;
};

}  // namespace wakepath::capture
