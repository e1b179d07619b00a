// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/console.hpp"

#include <algorithm>
#include <clocale>
#include <cstring>
#include <limits>

#include <langinfo.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "present/bars.hpp"
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

std::size_t columns_of_terminal(int fd) {
  constexpr std::size_t kLeast = 80;
  winsize size{};
  const bool known = ::ioctl(fd, TIOCGWINSZ, &size) == 0;
  return known ? std::max<std::size_t>(size.ws_col, kLeast) : kLeast;
}

}  // namespace

// The locale is a file, and is read before the rights go.
Console::Console(int out, int err)
    : fd_(out),
      err_fd_(err),
      ascii_(::isatty(out) == 1 && !has_utf8()),
      out_(out, "standard output"),
      err_(err, "standard error"),
      progress_(err, [this](const std::string& line) { say(line); }) {
  out_.on_write([this] { progress_.results_begin(fd_); });
  err_.on_write([this] { progress_.wipe(); });
}

bool Console::is_terminal() const { return ::isatty(fd_) == 1; }

std::size_t Console::columns() const { return columns_of_terminal(fd_); }

std::size_t Console::line_width() const {
  return is_terminal() ? columns() : std::numeric_limits<std::size_t>::max();
}

void Console::say(const std::string& text) {
  constexpr std::size_t kIndent = 2;
  const std::string line = fmt::format("wakepath: {}\n", escape_terminal(text));
  const bool on_terminal = ::isatty(err_fd_) == 1;
  fmt::format_to(
      fmt::appender(err_.buffer()), "{}",
      on_terminal ? present::wrapped(line, columns_of_terminal(err_fd_), kIndent) : line);
  static_cast<void>(err_.flush());
}

ExitCode Console::report(const Error& error) {
  say(error.message);
  if (!error.fix.empty()) {
    fmt::format_to(fmt::appender(err_.buffer()), "  try: {}\n", escape_terminal(error.fix));
  }
  static_cast<void>(err_.flush());
  return exit_code_of(error.kind);
}

}  // namespace wakepath::cli
