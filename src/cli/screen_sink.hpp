// SPDX-License-Identifier: GPL-2.0-or-later
// While the screen is there, results go to it; what is printed at the end is kept until then.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "screen/model.hpp"
#include "wakepath/sink.hpp"

namespace wakepath::cli {

class ScreenSink final : public Sink {
 public:
  // Both must outlive it. `page` gets no wakes: a summary has what it needs of them.
  ScreenSink(screen::Model& model, Sink& page) : model_(model), page_(page) {}

  Result<void> header(const Header& header) override {
    header_ = header;
    return model_.header(header);
  }
  Result<void> wake(const WakeChain& chain) override { return model_.wake(chain); }
  Result<void> loss(const Loss& loss) override {
    WAKEPATH_CHECK(model_.loss(loss));
    return page_.loss(loss);
  }
  Result<void> interval(const Interval& interval) override { return model_.interval(interval); }
  Result<void> notice(const std::string& text) override {
    constexpr std::size_t kMost = 1000;
    if (notices_.size() < kMost) {
      notices_.push_back(text);
    }
    return model_.notice(text);
  }
  Result<void> summary(const Summary& summary) override {
    if (header_) {
      WAKEPATH_CHECK(page_.header(*header_));
    }
    for (const std::string& text : notices_) {
      WAKEPATH_CHECK(page_.notice(text));
    }
    return page_.summary(summary);
  }

 private:
  screen::Model& model_;
  Sink& page_;
  std::optional<Header> header_;
  std::vector<std::string> notices_;
};

}  // namespace wakepath::cli
