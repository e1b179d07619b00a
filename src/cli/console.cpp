// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/console.hpp"

#include <algorithm>
#include <clocale>
#include <cstring>
#include <limits>

#include <langinfo.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "util/escape.hpp"

namespace wakepath::cli {

namespace {

// Of LC_ALL, LC_CTYPE and LANG. Where the locale can't be read, nothing is known against it.
bool has_utf8() {
  const locale_t locale = ::newlocale(LC_CTYPE_MASK, "", nullptr);
  if (locale == nullptr) {
    return true;
  }
  const bool utf8 = std::strcmp(::nl_langinfo_l(CODESET, locale), "UTF-8") == 0;
  ::freelocale(locale);
  return utf8;
}

}  // namespace

// The locale is a file, and is read before the rights go.
Console::Console(int out, int err)
    : fd_(out),
      ascii_(::isatty(out) == 1 && !has_utf8()),
      out_(out, "standard output"),
      err_(err, "standard error"),
      progress_(err, [this](const std::string& line) { say(line); }) {
  out_.on_write([this] { progress_.results_begin(fd_); });
  err_.on_write([this] { progress_.wipe(); });
}

bool Console::is_terminal() const { return ::isatty(fd_) == 1; }

std::size_t Console::columns() const {
  constexpr std::size_t kLeast = 80;
  winsize size{};
  const bool known = ::ioctl(fd_, TIOCGWINSZ, &size) == 0;
  return known ? std::max<std::size_t>(size.ws_col, kLeast) : kLeast;
}

std::size_t Console::line_width() const {
  return is_terminal() ? columns() : std::numeric_limits<std::size_t>::max();
}

void Console::say(const std::string& text) {
  fmt::format_to(fmt::appender(err_.buffer()), "wakepath: {}\n", escape_terminal(text));
  static_cast<void>(err_.flush());
}

ExitCode Console::report(const Error& error) {
  fmt::format_to(fmt::appender(err_.buffer()), "wakepath: {}\n", escape_terminal(error.message));
  if (!error.fix.empty()) {
    fmt::format_to(fmt::appender(err_.buffer()), "  try: {}\n", escape_terminal(error.fix));
  }
  static_cast<void>(err_.flush());
  return exit_code_of(error.kind);
}

}  // namespace wakepath::cli
