// SPDX-License-Identifier: GPL-2.0-or-later
#include "screen/terminal/display.hpp"

#include <condition_variable>
#include <csignal>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "screen/terminal/terminal.hpp"
#include "screen/terminal/terminal_guard.hpp"
#include "util/fd.hpp"

namespace wakepath::screen {

namespace {

void ring(const Fd& bell) {
  constexpr std::uint64_t kOne = 1;
  [[maybe_unused]] const ssize_t written = ::write(bell.get(), &kOne, sizeof(kOne));
}

void silence(const Fd& bell) {
  std::uint64_t count = 0;
  [[maybe_unused]] const ssize_t got = ::read(bell.get(), &count, sizeof(count));
}

Fd make_bell() { return Fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)); }

}  // namespace

// Of both threads. The terminal is the second one's alone.
struct Display::Shared {
  std::unique_ptr<Terminal> terminal;
  bool ascii{false};
  Fd to_display{make_bell()};
  Fd to_program{make_bell()};
  std::mutex lock;
  std::condition_variable done;
  std::optional<Cells> newest;
  std::vector<Key> keys;
  Size size{};
  bool changed{true};
  bool closed{false};
  bool ending{false};
  bool ended{true};  // its thread; it has not begun

  void run();
  bool look();
  void take_input();
};

// Resizes and stops are looked for this often; keys and cells come at once.
constexpr int kLookMs = 50;

void Display::Shared::take_input() {
  std::vector<Key> fresh;
  while (const auto one = terminal->key()) {
    fresh.push_back(*one);
  }
  const bool gone = fresh.empty() && terminal->closed();
  const std::lock_guard hold(lock);
  keys.insert(keys.end(), fresh.begin(), fresh.end());
  closed = closed || gone;
  if (!fresh.empty() || gone) {
    ring(to_program);
  }
}

// False: the end.
bool Display::Shared::look() {
  std::optional<Cells> cells;
  {
    const std::lock_guard hold(lock);
    if (ending) {
      return false;
    }
    cells = std::exchange(newest, std::nullopt);
  }
  if (TerminalGuard::take_stop()) {
    terminal->stop();
  }
  const bool again = TerminalGuard::take_continue();
  if (again) {
    terminal->redraw();
  }
  const Size now = terminal->size();
  const Size drawn{std::min(now.columns, kMostSize.columns), std::min(now.rows, kMostSize.rows)};
  if (cells && cells->size() == drawn) {
    terminal->show(*cells);
  }
  const std::lock_guard hold(lock);
  if (now != size || again) {
    size = now;
    changed = true;
    ring(to_program);
  }
  return true;
}

void Display::Shared::run() {
  while (look()) {
    pollfd waits[] = {{terminal->descriptor(), POLLIN, 0}, {to_display.get(), POLLIN, 0}};
    ::poll(waits, 2, kLookMs);
    silence(to_display);
    if (waits[0].revents != 0) {
      take_input();
      if ((waits[0].revents & POLLIN) == 0) {
        ::poll(nullptr, 0, kLookMs);  // it is gone, and would be so over and over
      }
    }
  }
  {
    const std::lock_guard hold(lock);
    ended = true;
  }
  done.notify_all();
}

Display::Display(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}

Result<std::unique_ptr<Display>> Display::open(bool color) {
  auto shared = std::make_shared<Shared>();
  WAKEPATH_TRY(shared->terminal, Terminal::open(color));
  shared->ascii = shared->terminal->ascii();
  shared->size = shared->terminal->size();
  return std::unique_ptr<Display>(new Display(std::move(shared)));
}

// Signals are for the thread that ends the program.
void Display::start() {
  sigset_t all{}, before{};
  ::sigfillset(&all);
  for (const int crash : {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT}) {
    ::sigdelset(&all, crash);
  }
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  shared_->ended = false;
  std::thread([shared = shared_] { shared->run(); }).detach();
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

// Where the terminal takes nothing any more, its thread hangs in a write: it is left there.
Display::~Display() {
  constexpr std::chrono::milliseconds kPatience{500};
  std::unique_lock hold(shared_->lock);
  shared_->ending = true;
  ring(shared_->to_display);
  if (shared_->done.wait_for(hold, kPatience, [this] { return shared_->ended; })) {
    hold.unlock();
    shared_->terminal.reset();
    return;
  }
  shared_->terminal->put_back_mode();
  hold.unlock();
  new std::shared_ptr<Shared>(shared_);  // NOLINT: nothing may run its destructor
}

bool Display::built() { return true; }

bool Display::ascii() const { return shared_->ascii; }

Size Display::size() const {
  const std::lock_guard hold(shared_->lock);
  return shared_->size;
}

void Display::show(Cells cells) {
  {
    const std::lock_guard hold(shared_->lock);
    shared_->newest = std::move(cells);
  }
  ring(shared_->to_display);
}

std::vector<Key> Display::take_keys() {
  silence(shared_->to_program);
  const std::lock_guard hold(shared_->lock);
  return std::exchange(shared_->keys, {});
}

bool Display::take_change() {
  const std::lock_guard hold(shared_->lock);
  return std::exchange(shared_->changed, false);
}

bool Display::closed() const {
  const std::lock_guard hold(shared_->lock);
  return shared_->closed;
}

int Display::descriptor() const { return shared_->to_program.get(); }

}  // namespace wakepath::screen
