// SPDX-License-Identifier: GPL-2.0-or-later
// Of a stream's results the notices, said to the user: for commands that make something else of the
// wakes.
#pragma once

#include <string>

#include "cli/console.hpp"
#include "wakepath/sink.hpp"

namespace wakepath::cli {

class NoticesOnly : public Sink {
 public:
  explicit NoticesOnly(Console& console) : console_(console) {}

  Result<void> header(const Header& header) override {
    untimed_ = header.trace && header.trace->untimed;
    return {};
  }
  Result<void> notice(const std::string& text) override {
    console_.say(text);
    return {};
  }

  [[nodiscard]] bool untimed() const { return untimed_; }

 private:
  Console& console_;
  bool untimed_{false};
};

}  // namespace wakepath::cli
