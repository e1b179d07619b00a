// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/name_keeper.hpp"

#include <array>
#include <cerrno>
#include <string>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "util/own_process.hpp"

namespace wakepath {

namespace {

// An answer: the kind of the error as a byte, its message, a NUL, its fix. Nothing wrong: one byte.
constexpr char kDone = '\0';

ssize_t write_some(int fd, const char* from, std::size_t bytes) {
  ssize_t written = 0;
  do {
    written = ::write(fd, from, bytes);
  } while (written < 0 && errno == EINTR);
  return written;
}

ssize_t read_some(int fd, char* to, std::size_t most) {
  ssize_t got = 0;
  do {
    got = ::read(fd, to, most);
  } while (got < 0 && errno == EINTR);
  return got;
}

std::string answer_of(const Result<void>& done) {
  if (done) {
    return {kDone};
  }
  const Error& error = done.error();
  return static_cast<char>(error.kind) + error.message + '\0' + error.fix;
}

void obey(int from, int to, const NameKeeper::Orders& orders) {
  char which = 0;
  const ssize_t got = read_some(from, &which, 1);
  const NameKeeper::Work& work = got != 1       ? orders.on_end
                                 : which == 'f' ? orders.finish
                                                : orders.discard;
  const std::string answer = answer_of(work());
  [[maybe_unused]] const ssize_t written = write_some(to, answer.data(), answer.size());
}

struct KeeperPipe {
  Fd read, write;
};

KeeperPipe keeper_pipe() {
  std::array<int, 2> ends{-1, -1};
  return ::pipe2(ends.data(), O_CLOEXEC) == 0 ? KeeperPipe{Fd(ends[0]), Fd(ends[1])} : KeeperPipe{};
}

}  // namespace

Result<NameKeeper> NameKeeper::start(int file, const std::function<void()>& begin,
                                     const Orders& orders) {
  KeeperPipe to = keeper_pipe();
  KeeperPipe from = keeper_pipe();
  const pid_t pid = to.read && from.read ? ::fork() : -1;
  if (pid < 0) {
    return fail(ErrorKind::bug, "no process of our own can be made (fork)");
  }
  if (pid == 0) {
    leave_signals_to_parent();
    ::prctl(PR_SET_NAME, "wakepath-names", 0, 0, 0);
    close_all_but(std::array{file, to.read.get(), from.write.get()});
    begin();
    obey(to.read.get(), from.write.get(), orders);
    ::_exit(0);
  }
  return NameKeeper(pid, std::move(to.write), std::move(from.read));
}

Result<void> NameKeeper::order(char which) {
  if (write_some(orders_.get(), &which, 1) != 1) {
    end();
    return fail(ErrorKind::bad_output, "the process that gives the file its name has died");
  }
  std::string answer;
  std::array<char, 512> piece{};
  for (ssize_t got = 0; (got = read_some(answer_.get(), piece.data(), piece.size())) > 0;) {
    answer.append(piece.data(), static_cast<std::size_t>(got));
  }
  end();
  if (answer.empty()) {
    return fail(ErrorKind::bad_output, "the process that gives the file its name has died");
  }
  if (answer == std::string{kDone}) {
    return {};
  }
  const std::size_t behind = answer.find('\0', 1);
  return fail(static_cast<ErrorKind>(static_cast<unsigned char>(answer.front())),
              answer.substr(1, behind - 1),
              behind == std::string::npos ? std::string() : answer.substr(behind + 1));
}

void NameKeeper::end() {
  orders_.reset();
  if (pid_ > 0) {
    while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
  }
  answer_.reset();
}

}  // namespace wakepath
