// SPDX-License-Identifier: GPL-2.0-or-later
#include "screen/terminal/terminal.hpp"

#include <array>
#include <clocale>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <cwchar>
#include <string>
#include <utility>

#include <fcntl.h>
#include <langinfo.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define NCURSES_WIDECHAR 1
#define NCURSES_NOMACROS 1
#include <curses.h>

#include "screen/terminal/terminal_guard.hpp"
#include "util/utf8.hpp"

namespace wakepath::screen {

namespace {

constexpr int kCtrlC = 3;
constexpr int kCtrlL = 12;
constexpr int kCtrlZ = 26;
constexpr int kEscape = 27;
constexpr int kDelete = 127;

struct CloseFile {
  // NOLINTNEXTLINE(cppcoreguidelines-owning-memory): this is its owner's
  void operator()(FILE* file) const { static_cast<void>(std::fclose(file)); }
};
using File = std::unique_ptr<FILE, CloseFile>;

// A stream of its own, so that ncurses closes nobody else's.
File file_of(int fd, const char* mode) {
  FILE* const file = fd < 0 ? nullptr : ::fdopen(fd, mode);
  if (file == nullptr && fd >= 0) {
    ::close(fd);
  }
  return File(file);
}

std::string capability(const char* name) {
  const char* const text = ::tigetstr(name);
  return text == nullptr || reinterpret_cast<std::intptr_t>(text) == -1 ? "" : text;
}

// What takes back all that a screen sets, as text for a signal handler.
std::string undo_text() {
  constexpr std::string_view kNoMouse = "\x1b[?1000l\x1b[?1002l\x1b[?1006l";
  std::string text = ::tigetstr("kmous") != nullptr ? std::string(kNoMouse) : std::string();
  for (const char* const name : {"sgr0", "rmkx", "cnorm", "rmcup"}) {
    text += capability(name);
  }
  return text + "\r\n";
}

std::optional<KeyKind> kind_of(wint_t code) {
  using Known = std::pair<wint_t, KeyKind>;
  constexpr std::array kKnown{
      Known{KEY_UP, KeyKind::up},         Known{KEY_DOWN, KeyKind::down},
      Known{KEY_LEFT, KeyKind::left},     Known{KEY_RIGHT, KeyKind::right},
      Known{KEY_PPAGE, KeyKind::page_up}, Known{KEY_NPAGE, KeyKind::page_down},
      Known{KEY_HOME, KeyKind::home},     Known{KEY_END, KeyKind::end},
      Known{KEY_ENTER, KeyKind::enter},   Known{KEY_BACKSPACE, KeyKind::backspace}};
  for (const Known& one : kKnown) {
    if (one.first == code) {
      return one.second;
    }
  }
  return std::nullopt;
}

std::optional<Key> mouse_key() {
  MEVENT event{};
  if (::getmouse(&event) != OK || event.x < 0 || event.y < 0) {
    return std::nullopt;
  }
  const At at{static_cast<std::size_t>(event.y), static_cast<std::size_t>(event.x)};
  if ((event.bstate & BUTTON4_PRESSED) != 0) {
    return Key{KeyKind::wheel_up, 0, at};
  }
  if ((event.bstate & BUTTON5_PRESSED) != 0) {
    return Key{KeyKind::wheel_down, 0, at};
  }
  return Key{KeyKind::click, 0, at};
}

}  // namespace

struct Terminal::Curses {
  File out, in;
  termios before{};
  SCREEN* screen{};
  std::unique_ptr<TerminalGuard> guard;
  bool ascii{false};
  bool colors{false};
  Size size{};
  std::array<attr_t, kStyles> attributes{};
  std::array<short, kStyles> pairs{};

  void choose_styles(bool color) {
    const auto set = [this](Style style, attr_t attribute, short pair) {
      attributes[static_cast<std::size_t>(style)] = attribute;
      pairs[static_cast<std::size_t>(style)] = colors ? pair : short{0};
    };
    colors = color && ::has_colors() && ::start_color() == OK;
    if (colors) {
      ::use_default_colors();
      short pair = 0;
      for (const int paint : {COLOR_GREEN, COLOR_YELLOW, COLOR_RED, COLOR_CYAN}) {
        ::init_pair(++pair, static_cast<short>(paint), -1);
      }
    }
    set(Style::bold, A_BOLD, 0);
    set(Style::dim, A_DIM, 0);
    set(Style::good, A_BOLD, 1);
    set(Style::warning, A_BOLD, 2);
    set(Style::bad, A_BOLD, 3);
    set(Style::bar, A_NORMAL, 4);
    set(Style::title, colors ? A_NORMAL : A_DIM, 4);
    set(Style::selected, A_REVERSE, 0);
  }

  void modes() const {
    ::raw();  // Ctrl-Z and Ctrl-C come as keys
    ::noecho();
    ::nonl();
    ::curs_set(0);
    ::keypad(stdscr, TRUE);
    ::nodelay(stdscr, TRUE);
    ::set_escdelay(25);
    ::mousemask(BUTTON1_PRESSED | BUTTON4_PRESSED | BUTTON5_PRESSED, nullptr);
    ::mouseinterval(0);
  }
};

Terminal::Terminal(std::unique_ptr<Curses> curses) : curses_(std::move(curses)) {}

Result<std::unique_ptr<Terminal>> Terminal::open(bool color) {
  auto curses = std::make_unique<Curses>();
  std::setlocale(LC_CTYPE, "");
  curses->ascii = std::strcmp(::nl_langinfo(CODESET), "UTF-8") != 0;
  curses->out = file_of(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3), "w");
  curses->in =
      file_of(::isatty(STDIN_FILENO) == 1 ? ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
                                          : ::open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC),
              "r");
  if (!curses->out || !curses->in || ::isatty(::fileno(curses->out.get())) != 1 ||
      ::tcgetattr(::fileno(curses->in.get()), &curses->before) != 0) {
    return fail(ErrorKind::unsupported, "the screen needs a terminal");
  }
  curses->screen = ::newterm(nullptr, curses->out.get(), curses->in.get());
  if (curses->screen == nullptr) {
    const char* const kind = std::getenv("TERM");
    return fail(ErrorKind::unsupported,
                "this terminal's kind is not known: TERM=" + std::string(kind ? kind : ""),
                "TERM=xterm");
  }
  curses->modes();
  curses->choose_styles(color);
  curses->guard =
      std::make_unique<TerminalGuard>(::fileno(curses->out.get()), curses->before, undo_text());
  return std::unique_ptr<Terminal>(new Terminal(std::move(curses)));
}

Terminal::~Terminal() {
  ::endwin();
  curses_->guard.reset();
  ::tcsetattr(::fileno(curses_->in.get()), TCSADRAIN, &curses_->before);
  ::delscreen(curses_->screen);
}

bool Terminal::ascii() const { return curses_->ascii; }

int Terminal::descriptor() const { return ::fileno(curses_->in.get()); }

Size Terminal::size() {
  winsize now{};
  if (::ioctl(::fileno(curses_->out.get()), TIOCGWINSZ, &now) == 0 && now.ws_col != 0 &&
      now.ws_row != 0) {
    const Size size{now.ws_col, now.ws_row};
    if (size != curses_->size) {
      curses_->size = size;
      ::resizeterm(now.ws_row, now.ws_col);
      ::clearok(curscr, TRUE);
    }
  }
  return curses_->size;
}

void Terminal::show(const Cells& cells) {
  ::werase(stdscr);
  for (std::size_t row = 0; row < cells.size().rows; ++row) {
    for (std::size_t column = 0; column < cells.size().columns; ++column) {
      const Cell& cell = cells.at({row, column});
      if (cell.text.empty() || (cell.text == " " && cell.style == Style::plain)) {
        continue;
      }
      const auto style = static_cast<std::size_t>(cell.style);
      const auto code = static_cast<wchar_t>(next_code_point(cell.text).value);
      const bool wide =
          column + 1 < cells.size().columns && cells.at({row, column + 1}).text.empty();
      // The C library may not know the glyph, or take it for wider than it is.
      const bool fits = ::wcwidth(code) == (wide ? 2 : 1);
      const std::array<wchar_t, 2> text{fits ? code : L'?', L'\0'};
      cchar_t glyph{};
      ::setcchar(&glyph, text.data(), curses_->attributes[style], curses_->pairs[style], nullptr);
      ::mvwadd_wch(stdscr, static_cast<int>(row), static_cast<int>(column), &glyph);
    }
  }
  ::wrefresh(stdscr);
}

void Terminal::redraw() {
  curses_->modes();
  ::clearok(curscr, TRUE);
}

void Terminal::stop() {
  ::endwin();
  ::tcsetattr(::fileno(curses_->in.get()), TCSADRAIN, &curses_->before);
  ::raise(SIGSTOP);  // to this thread: by the process it might go on for a moment
  // Here again.
  ::reset_prog_mode();
  ::refresh();
  redraw();
}

std::optional<Key> Terminal::key() {
  wint_t code{};
  const int kind = ::get_wch(&code);
  if (kind == ERR) {
    return std::nullopt;
  }
  if (kind == KEY_CODE_YES) {
    if (code == KEY_MOUSE) {
      return mouse_key();
    }
    const auto known = kind_of(code);
    return known ? std::optional(Key{*known, 0, {}}) : key();
  }
  switch (code) {
    case '\r':
    case '\n':
      return Key{KeyKind::enter, 0, {}};
    case kEscape:
      return Key{KeyKind::escape, 0, {}};
    case '\b':
    case kDelete:
      return Key{KeyKind::backspace, 0, {}};
    case kCtrlC:
      return Key{KeyKind::interrupt, 0, {}};
    case kCtrlZ:
      stop();
      return key();
    case kCtrlL:
      redraw();
      return key();
    default:
      return Key{KeyKind::character, static_cast<char32_t>(code), {}};
  }
}

bool Terminal::closed() const {
  termios now{};
  return ::tcgetattr(::fileno(curses_->in.get()), &now) != 0;
}

void Terminal::put_back_mode() const {
  ::tcflush(::fileno(curses_->in.get()), TCOFLUSH);
  ::tcsetattr(::fileno(curses_->in.get()), TCSANOW, &curses_->before);
}

}  // namespace wakepath::screen
