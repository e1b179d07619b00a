// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/bpf/bpf_log.hpp"

#include <array>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include <bpf/libbpf.h>

namespace wakepath::capture {

namespace {

thread_local BpfLog* current_log = nullptr;

__attribute__((format(printf, 2, 0))) int collect(libbpf_print_level level, const char* format,
                                                  va_list arguments) {
  if (current_log == nullptr || level == LIBBPF_DEBUG) {
    return 0;
  }
  va_list again;
  va_copy(again, arguments);
  const int size = std::vsnprintf(nullptr, 0, format, again);
  va_end(again);
  if (size > 0) {
    std::vector<char> text(static_cast<std::size_t>(size) + 1);
    std::vsnprintf(text.data(), text.size(), format, arguments);
    current_log->append(std::string(text.data(), static_cast<std::size_t>(size)));
  }
  return size;
}

}  // namespace

BpfLog::BpfLog() {
  current_log = this;
  libbpf_set_print(collect);
}

BpfLog::~BpfLog() { current_log = nullptr; }

void BpfLog::append(const std::string& text) {
  constexpr std::size_t most = std::size_t{4} << 20;
  if (std::getenv("WAKEPATH_DEBUG") != nullptr) {
    std::fputs(text.c_str(), stderr);
  }
  if (text_.size() < most) {
    text_ += text;
  }
}

std::string BpfLog::refused_program() const {
  constexpr std::string_view mark = "libbpf: prog '";
  const std::size_t at = text_.find(mark);
  if (at == std::string::npos) {
    return {};
  }
  const std::size_t begin = at + mark.size();
  return text_.substr(begin, text_.find('\'', begin) - begin);
}

std::string BpfLog::last_lines() const {
  // The verifier's reason is the last line before its statistics.
  const std::size_t stop = text_.find("\nprocessed ");
  const std::string_view text = std::string_view(text_).substr(0, stop);
  const std::size_t begin = text.find_last_of('\n');
  return std::string(begin == std::string_view::npos ? text : text.substr(begin + 1));
}

}  // namespace wakepath::capture
