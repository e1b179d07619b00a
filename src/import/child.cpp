// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/child.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "privilege/rights.hpp"
#include "util/escape.hpp"

namespace wakepath::foreign {

namespace {

constexpr int kInput = 3, kOutput = 4, kAboveThese = 10;
constexpr int kNotPrepared = 126;
constexpr std::uint64_t kMostWritten = std::uint64_t{64} * 1024;  // of a file, by a program

void limit(__rlimit_resource_t what, std::uint64_t most) {
  const rlimit value{most, most};
  ::setrlimit(what, &value);
}

// Async-signal-safe calls alone, as after any fork. False: the child can't run.
bool prepare(int input, int output, int errors, const ChildLimits& limits) {
  privilege::gain_nothing();
  const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  const int high_null = ::fcntl(null, F_DUPFD, kAboveThese);
  const int high_input = ::fcntl(input, F_DUPFD, kAboveThese);
  const int high_output = ::fcntl(output, F_DUPFD, kAboveThese);
  const int high_errors = errors < 0 ? high_null : ::fcntl(errors, F_DUPFD, kAboveThese);
  if (high_null < 0 || high_input < 0 || high_output < 0 || high_errors < 0) {
    return false;
  }
  const bool program = errors >= 0;
  ::dup2(high_null, 0);
  ::dup2(program ? high_output : high_null, 1);
  ::dup2(high_errors, 2);
  ::dup2(high_input, kInput);
  ::dup2(program ? high_null : high_output, kOutput);
  ::closefrom(kOutput + 1);
  if (!privilege::kSanitized) {  // its shadow alone is 16 TB
    limit(RLIMIT_AS, limits.memory_bytes);
  }
  limit(RLIMIT_CORE, 0);
  // One second more for a handler of the first signal.
  const rlimit cpu{limits.cpu_seconds, limits.cpu_seconds + 1};
  ::setrlimit(RLIMIT_CPU, &cpu);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  for (const int signal : {SIGTERM, SIGPIPE, SIGHUP}) {
    ::signal(signal, SIG_DFL);
  }
  ::signal(SIGINT, SIG_IGN);  // Ctrl-C is for our parent, whose end is ours
  return true;
}

// An own network has no device that is up. Only root may make one; else a filter of ours stands in
// the way already.
int give_up_rights(pid_t parent) {
  ::unshare(CLONE_NEWNET);
  if (!privilege::become_nobody()) {
    return Child::kStaysRoot;
  }
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // a change of the user forgets it
  return ::getppid() == parent ? 0 : kNotPrepared;
}

// Of Debian, perf is a program; elsewhere it may be a script that starts the kernel's own.
bool is_script(const std::string& path) {
  std::array<char, 2> begin{};
  const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  return ::read(file.get(), begin.data(), begin.size()) == 2 && begin[0] == '#' && begin[1] == '!';
}

// Empty: it is in none of these directories.
std::string find_program(std::string_view directories, const std::string& name) {
  while (!directories.empty()) {
    const std::size_t end = std::min(directories.find(':'), directories.size());
    std::string path = std::string(directories.substr(0, end)) + "/" + name;
    if (::access(path.c_str(), X_OK) == 0) {
      return path;
    }
    directories.remove_prefix(std::min(end + 1, directories.size()));
  }
  return {};
}

struct Pipe {
  Fd read, write;
};

std::string first_line(const Fd& errors) {
  std::array<char, 256> text{};
  const ssize_t bytes = errors ? ::read(errors.get(), text.data(), text.size()) : 0;
  std::string_view all(text.data(), bytes > 0 ? static_cast<std::size_t>(bytes) : 0);
  while (all.starts_with('\n') || all.starts_with(' ')) {
    all.remove_prefix(1);
  }
  return escape_terminal(all.substr(0, all.find('\n')));
}

Result<Pipe> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    return fail(ErrorKind::bug, "no pipe to a process of our own can be made");
  }
  // Fewer switches between the two; where that much is not allowed it stays small.
  ::fcntl(ends[1], F_SETPIPE_SZ, 1 << 20);
  return Pipe{Fd(ends[0]), Fd(ends[1])};
}

}  // namespace

Result<Child> Child::run(int input, const ChildLimits& limits,
                         const std::function<int(int input, int output)>& work) {
  auto pipe = make_pipe();
  if (!pipe) {
    return tl::unexpected(pipe.error());
  }
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) {
    return fail(ErrorKind::bug, "no process of our own can be made (fork)");
  }
  if (pid == 0) {
    if (!prepare(input, pipe->write.get(), -1, limits)) {
      ::_exit(kNotPrepared);
    }
    limit(RLIMIT_FSIZE, limits.file_bytes);
    const int refused = give_up_rights(parent);
    ::_exit(refused == 0 ? work(kInput, kOutput) : refused);
  }
  return Child(pid, std::move(pipe->read), Fd(), limits);
}

Result<Child> Child::execute(int input, const ChildLimits& limits,
                             const std::vector<std::string>& command) {
  auto pipe = make_pipe();
  if (!pipe) {
    return tl::unexpected(pipe.error());
  }
  auto errors = make_pipe();
  if (!errors) {
    return tl::unexpected(errors.error());
  }
  // Only its beginning is read: what finds no room is thrown away.
  ::fcntl(errors->read.get(), F_SETFL, O_NONBLOCK);
  ::fcntl(errors->write.get(), F_SETFL, O_NONBLOCK);
  const std::string program = find_program(limits.path, command.front());
  const bool script = is_script(program);
  std::vector<char*> arguments;
  arguments.reserve(command.size() + 1);
  for (const std::string& argument : command) {
    arguments.push_back(const_cast<char*>(argument.c_str()));
  }
  arguments.push_back(nullptr);
  std::string path_entry = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
  std::string locale = "LC_ALL=C";
  std::string home = "HOME=/nonexistent";  // no settings of the user's
  const std::array<char*, 4> environment{path_entry.data(), locale.data(), home.data(), nullptr};

  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) {
    return fail(ErrorKind::bug, "no process of our own can be made (fork)");
  }
  if (pid == 0) {
    if (!prepare(input, pipe->write.get(), errors->write.get(), limits)) {
      ::_exit(kNotPrepared);
    }
    if (const int refused = give_up_rights(parent); refused != 0) {
      ::_exit(refused);
    }
    // perf takes a copy of its vDSO in /tmp, and removes it. What is longer can't be written.
    limit(RLIMIT_FSIZE, kMostWritten);
    ::signal(SIGXFSZ, SIG_IGN);
    if (!script) {
      limit(RLIMIT_NPROC, 0);  // of the user's, who has one: this one
    }
    ::execve(program.c_str(), arguments.data(), environment.data());
    ::_exit(errno == ENOENT ? kNotFound : kNotPrepared);
  }
  return Child(pid, std::move(pipe->read), std::move(errors->read), limits);
}

Child::Child(Child&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      output_(std::move(other.output_)),
      errors_(std::move(other.errors_)),
      patience_(other.patience_),
      stop_fd_(other.stop_fd_),
      exit_code_(other.exit_code_),
      complaint_(std::move(other.complaint_)) {}

Child& Child::operator=(Child&& other) noexcept {
  if (this != &other) {
    end();
    pid_ = std::exchange(other.pid_, -1);
    output_ = std::move(other.output_);
    errors_ = std::move(other.errors_);
    patience_ = other.patience_;
    stop_fd_ = other.stop_fd_;
    exit_code_ = other.exit_code_;
    complaint_ = std::move(other.complaint_);
  }
  return *this;
}

Child::~Child() { end(); }

Child::Ready Child::wait() const {
  std::array<pollfd, 2> ready{pollfd{output_.get(), POLLIN, 0}, pollfd{stop_fd_, POLLIN, 0}};
  const int count = ::poll(ready.data(), ready.size(), static_cast<int>(patience_.count()));
  if (count < 0 || ready[1].revents != 0) {
    return Ready::interrupted;
  }
  return count > 0 ? Ready::yes : Ready::no;
}

bool Child::is_to_stop() const {
  pollfd stop{stop_fd_, POLLIN, 0};
  return ::poll(&stop, 1, 0) > 0;
}

std::string Child::end() {
  if (pid_ < 0) {
    return {};
  }
  // It notices at its next write; a second to clean up in for one that does not. A user
  // who asked for an end waits for it, so it gets less then.
  output_.reset();
  const int patient_tries = is_to_stop() ? 5 : 100;
  int status = 0;
  pid_t gone = 0;
  for (int tries = 0; tries < 200 && gone == 0; ++tries) {
    gone = ::waitpid(pid_, &status, WNOHANG);
    if (gone == 0) {
      if (tries == patient_tries) {
        ::kill(pid_, SIGTERM);
      }
      const timespec while_it_ends{0, 10'000'000};
      ::nanosleep(&while_it_ends, nullptr);
    }
  }
  if (gone == 0) {
    ::kill(pid_, SIGKILL);
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
  }
  pid_ = -1;
  complaint_ = first_line(errors_);
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU) {
    return "took too long";
  }
  if (WIFSIGNALED(status)) {
    return "was killed by signal " + std::to_string(WTERMSIG(status));
  }
  exit_code_ = WEXITSTATUS(status);
  if (exit_code_ == kStaysRoot) {
    return "would have to run as root: here root can't become another user";
  }
  return exit_code_ == 0 ? std::string() : "ended with code " + std::to_string(exit_code_);
}

bool is_readable_by_child(int file) {
  struct stat status {};
  if (::geteuid() == 0) {  // it will be nobody
    return ::fstat(file, &status) == 0 && (status.st_mode & S_IROTH) != 0;
  }
  const std::string name = "/proc/self/fd/" + std::to_string(file);
  return Fd(::open(name.c_str(), O_RDONLY | O_CLOEXEC)) ? true : false;
}

}  // namespace wakepath::foreign
