// SPDX-License-Identifier: GPL-2.0-or-later
// A trace as its tool printed it, of one that went through mail, a web page, grep or a log: without
// what stands before each line and behind it, and without the page's marks. The lines keep their
// numbers.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "import/byte_source.hpp"
#include "import/line_reader.hpp"
#include "import/text/line_prefix.hpp"

namespace wakepath::foreign::text {

// How lines of a text differ from those of a tool.
struct Dress {
  LinePrefix prefix;
  bool page{false};     // "&lt;idle&gt;", "<br>", a no-break space
  bool colours{false};  // of a terminal
  bool tabs{false};     // for spaces
  bool dollar{false};   // cat -A and less: a mark at each line's end

  [[nodiscard]] bool none() const {
    return prefix.empty() && !page && !colours && !tabs && !dollar;
  }
};

// Is there a line that tells an event, or that names ftrace's tracer, whatever stands before it?
bool has_events(std::string_view first_bytes);

Dress dress_of(std::string_view first_bytes);

class CleanLines final : public ByteSource {
 public:
  CleanLines(std::unique_ptr<ByteSource> source, Dress dress);
  Result<std::size_t> read(std::span<char> out) override;
  [[nodiscard]] bool waits(int milliseconds) const override;

 private:
  void clean(const Line& line);

  LineReader lines_;
  Dress dress_;
  std::string line_;   // being cleaned
  std::string ready_;  // lines to hand over
  std::size_t given_{0};
};

}  // namespace wakepath::foreign::text
