// SPDX-License-Identifier: GPL-2.0-or-later
// What libbpf says while an object of this class lives, instead of on stderr. libbpf's callback
// takes no context, so there is one at a time in a thread.
#pragma once

#include <string>

namespace wakepath::capture {

class BpfLog {
 public:
  BpfLog();
  BpfLog(const BpfLog&) = delete;
  BpfLog& operator=(const BpfLog&) = delete;
  ~BpfLog();

  // The whole of it goes to stderr where WAKEPATH_DEBUG is set; here its last lines that say
  // something.
  [[nodiscard]] std::string last_lines() const;
  // The program that the kernel refused, empty where libbpf named none.
  [[nodiscard]] std::string refused_program() const;
  void append(const std::string& text);

 private:
  std::string text_;
};

}  // namespace wakepath::capture
