// SPDX-License-Identifier: GPL-2.0-or-later
#include "recorder/hook_process.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <climits>

#include "util/own_process.hpp"

namespace wakepath::recorder {

namespace {

// An order is a text of WAKEPATH_... variables, each with a NUL behind it, filled up to this size:
// a pipe takes it whole or not at all, and holds 16 of them.
constexpr std::size_t kOrderBytes = PIPE_BUF;
// Of any one value but the file's path.
constexpr std::size_t kMostOfValue = 400;

bool read_order(int from, std::array<char, kOrderBytes>& order) {
  std::size_t got = 0;
  while (got < order.size()) {
    const ssize_t more = ::read(from, order.data() + got, order.size() - got);
    if (more < 0 && errno == EINTR) {
      continue;
    }
    if (more <= 0) {
      return false;
    }
    got += static_cast<std::size_t>(more);
  }
  return true;
}

[[noreturn]] void become(const std::string& command, std::array<char, kOrderBytes>& order) {
  take_signals_again();
  std::vector<char*> environment;
  for (char** one = ::environ; *one != nullptr; ++one) {
    environment.push_back(*one);
  }
  for (char* at = order.data(); at < order.data() + order.size() && *at != '\0';
       at += std::string_view(at).size() + 1) {
    environment.push_back(at);
  }
  environment.push_back(nullptr);
  std::string shell = "sh";
  std::string option = "-c";
  std::string text = command;
  std::array<char*, 4> arguments{shell.data(), option.data(), text.data(), nullptr};
  ::execve("/bin/sh", arguments.data(), environment.data());
  ::_exit(127);
}

void obey_all(int from, const std::string& command) {
  std::array<char, kOrderBytes> order{};
  while (read_order(from, order)) {
    order.back() = '\0';
    const pid_t pid = ::fork();
    if (pid == 0) {
      ::close(from);
      become(command, order);
    }
    while (pid > 0 && ::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
}

std::string variable(std::string_view name, const std::string& value) {
  std::string text = fmt::format("WAKEPATH_{}={}", name, value);
  std::ranges::replace(text, '\0', '?');
  return text + '\0';
}

}  // namespace

Result<HookProcess> HookProcess::start(const std::string& command) {
  std::array<int, 2> ends{-1, -1};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    return fail(ErrorKind::bug, "no pipe can be made for --exec");
  }
  Fd from(ends[0]);
  Fd to(ends[1]);
  ::fcntl(to.get(), F_SETFL, O_NONBLOCK);
  const pid_t pid = ::fork();
  if (pid < 0) {
    return fail(ErrorKind::bug, "no process of our own can be made for --exec (fork)");
  }
  if (pid == 0) {
    leave_signals_to_parent();
    ::prctl(PR_SET_NAME, "wakepath-exec", 0, 0, 0);
    // What the command prints must not get into a recording on standard output.
    ::dup2(STDERR_FILENO, STDOUT_FILENO);
    close_all_but(std::array{STDOUT_FILENO, STDERR_FILENO, from.get()});
    obey_all(from.get(), command);
    ::_exit(0);
  }
  return HookProcess(std::move(to));
}

bool HookProcess::run(const std::string& path, const DumpReason& reason) {
  const BreachFact& breach = reason.breach;
  const bool wake = breach.kind == BreachFact::Kind::wake;
  const auto cut = [](const std::string& text) { return text.substr(0, kMostOfValue); };
  if (path.size() > kOrderBytes / 2) {
    return false;
  }
  std::string order = variable("FILE", path);
  order += variable("VM", cut(breach.vm));
  order += variable("VCPU", breach.vcpu ? std::to_string(*breach.vcpu) : "");
  order += variable("PATH", cut(breach.path));
  order += variable("LATENCY_NS", wake ? std::to_string(breach.at_ns - breach.begin_ns) : "");
  order += variable("VERDICT",
                    cut(breach.measured.empty() ? breach.condition
                                                : breach.measured + " (" + breach.condition + ")"));
  order.resize(kOrderBytes, '\0');
  ssize_t written = 0;
  do {
    written = ::write(orders_.get(), order.data(), order.size());
  } while (written < 0 && errno == EINTR);
  return written == static_cast<ssize_t>(order.size());
}

}  // namespace wakepath::recorder
