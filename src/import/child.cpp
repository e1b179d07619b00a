// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/child.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <utility>

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "util/escape.hpp"

namespace wakepath::foreign {

namespace {

#if defined(__SANITIZE_ADDRESS__)
constexpr bool kAddressesAreShort = false;  // its shadow alone is 16 TB
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
constexpr bool kAddressesAreShort = false;
#else
constexpr bool kAddressesAreShort = true;
#endif
#else
constexpr bool kAddressesAreShort = true;
#endif

constexpr int kInput = 3, kOutput = 4, kAboveThese = 10;
constexpr uid_t kNobody = 65534;
constexpr int kNotPrepared = 126;

void limit(__rlimit_resource_t what, std::uint64_t most) {
  const rlimit value{most, most};
  ::setrlimit(what, &value);
}

// Async-signal-safe calls alone, as after any fork. False: the child can't run.
bool prepare(int input, int output, int errors, const ChildLimits& limits, pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) {
    return false;
  }
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
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
  if (kAddressesAreShort) {
    limit(RLIMIT_AS, limits.memory_bytes);
  }
  limit(RLIMIT_FSIZE, limits.file_bytes);
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

void become_nobody() {
  if (::geteuid() == 0 && ::setgroups(0, nullptr) == 0 &&
      ::setresgid(kNobody, kNobody, kNobody) == 0) {
    // Where it fails (a user namespace without that number) we stay who we are.
    if (::setresuid(kNobody, kNobody, kNobody) != 0) {
      return;
    }
  }
}

struct Pipe {
  Fd read, write;
};

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
    if (!prepare(input, pipe->write.get(), -1, limits, parent)) {
      ::_exit(kNotPrepared);
    }
    become_nobody();
    ::_exit(work(kInput, kOutput));
  }
  return Child(pid, std::move(pipe->read), Fd(), limits);
}

Result<Child> Child::execute(int input, const ChildLimits& limits,
                             const std::vector<std::string>& command) {
  auto pipe = make_pipe();
  if (!pipe) {
    return tl::unexpected(pipe.error());
  }
  Fd errors(::memfd_create("stderr", MFD_CLOEXEC));
  if (!errors) {
    return fail(ErrorKind::bug, "no memory for what a process of our own says (memfd_create)");
  }
  std::vector<char*> arguments;
  arguments.reserve(command.size() + 1);
  for (const std::string& argument : command) {
    arguments.push_back(const_cast<char*>(argument.c_str()));
  }
  arguments.push_back(nullptr);
  const char* path = std::getenv("PATH");
  std::string path_entry = "PATH=" + std::string(path == nullptr ? "/usr/bin:/bin" : path);
  std::string locale = "LC_ALL=C";
  std::string home = "HOME=/nonexistent";  // no settings of the user's
  const std::array<char*, 4> environment{path_entry.data(), locale.data(), home.data(), nullptr};

  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) {
    return fail(ErrorKind::bug, "no process of our own can be made (fork)");
  }
  if (pid == 0) {
    if (!prepare(input, pipe->write.get(), errors.get(), limits, parent)) {
      ::_exit(kNotPrepared);
    }
    ::execvpe(arguments[0], arguments.data(), environment.data());
    ::_exit(errno == ENOENT ? kNotFound : kNotPrepared);
  }
  return Child(pid, std::move(pipe->read), std::move(errors), limits);
}

Child::Child(Child&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      output_(std::move(other.output_)),
      errors_(std::move(other.errors_)),
      patience_(other.patience_),
      stop_fd_(other.stop_fd_),
      exit_code_(other.exit_code_) {}

Child& Child::operator=(Child&& other) noexcept {
  if (this != &other) {
    end();
    pid_ = std::exchange(other.pid_, -1);
    output_ = std::move(other.output_);
    errors_ = std::move(other.errors_);
    patience_ = other.patience_;
    stop_fd_ = other.stop_fd_;
    exit_code_ = other.exit_code_;
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
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU) {
    return "took too long";
  }
  if (WIFSIGNALED(status)) {
    return "was killed by signal " + std::to_string(WTERMSIG(status));
  }
  exit_code_ = WEXITSTATUS(status);
  return exit_code_ == 0 ? std::string() : "ended with code " + std::to_string(exit_code_);
}

std::string Child::complaint() const {
  std::array<char, 256> text{};
  const ssize_t bytes = errors_ ? ::pread(errors_.get(), text.data(), text.size(), 0) : 0;
  std::string_view all(text.data(), bytes > 0 ? static_cast<std::size_t>(bytes) : 0);
  while (all.starts_with('\n') || all.starts_with(' ')) {
    all.remove_prefix(1);
  }
  return escape_terminal(all.substr(0, all.find('\n')));
}

}  // namespace wakepath::foreign
