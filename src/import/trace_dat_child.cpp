// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/trace_dat_child.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include <fcntl.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <event-parse.h>

#include "import/event_pipe.hpp"
#include "import/tep_events.hpp"
#include "import/tep_graph.hpp"
#include "util/fd.hpp"

// As in trace-cmd.h, which is no C++ up to 3.1 (tracefs.h in it gives an int for an enum).
struct tracecmd_input;
extern "C" {
tracecmd_input* tracecmd_open_fd(int fd, int flags);
void tracecmd_close(tracecmd_input* handle);
tep_handle* tracecmd_get_tep(tracecmd_input* handle);
int tracecmd_buffer_instances(tracecmd_input* handle);
int tracecmd_iterate_events(tracecmd_input* handle, cpu_set_t* cpus, int cpu_size,
                            int (*callback)(tracecmd_input*, tep_record*, int, void*),
                            void* callback_data);
tep_record* tracecmd_peek_data(tracecmd_input* handle, int cpu);
// In the library since 3.0, but in no header: one without them does too.
[[gnu::weak]] const char* tracecmd_get_uname(tracecmd_input* handle);
[[gnu::weak]] const char* tracecmd_get_trace_clock(tracecmd_input* handle);
}

namespace wakepath::foreign {

namespace {

constexpr int kNoPlugins = 1;  // TRACECMD_FL_LOAD_NO_PLUGINS: they are found in the user's home

constexpr int kHighestOwnFd = 1023;
// init_cpu_zfile(), lib/trace-cmd/trace-input.c: where compressed data of each CPU is unpacked to.
constexpr std::string_view kTemporary = "/tmp/trace_cpu_data";

// The library removes its temporary files when it closes. Async-signal-safe.
void remove_temporary_files() {
  for (int fd = 5; fd <= kHighestOwnFd; ++fd) {
    std::array<char, 32> link{};
    std::array<char, 64> path{};
    char digits[12];
    std::size_t count = 0;
    for (int rest = fd; rest > 0; rest /= 10) {
      digits[count++] = static_cast<char>('0' + rest % 10);
    }
    constexpr std::string_view kOwn = "/proc/self/fd/";
    std::memcpy(link.data(), kOwn.data(), kOwn.size());
    for (std::size_t i = 0; i < count; ++i) {
      link[kOwn.size() + i] = digits[count - 1 - i];
    }
    const ssize_t length = ::readlink(link.data(), path.data(), path.size() - 1);
    if (length > 0 && std::memcmp(path.data(), kTemporary.data(), kTemporary.size()) == 0) {
      ::unlink(path.data());
    }
  }
}

void die(int signal) {
  remove_temporary_files();
  ::signal(signal, SIG_DFL);
  ::raise(signal);
}

// `stack`: for a handler that runs because there is none left.
void die_cleanly(std::span<std::byte> stack) {
  stack_t alternate{};
  alternate.ss_sp = stack.data();
  alternate.ss_size = stack.size();
  ::sigaltstack(&alternate, nullptr);
  struct sigaction action {};
  action.sa_handler = die;
  action.sa_flags = static_cast<int>(SA_RESETHAND | SA_NODEFER | SA_ONSTACK);
  for (const int signal : {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL, SIGXCPU, SIGXFSZ, SIGTERM}) {
    ::sigaction(signal, &action, nullptr);
  }
}

bool is_version_6(int file) {
  std::array<char, 12> start{};
  return ::pread(file, start.data(), start.size(), 0) == static_cast<ssize_t>(start.size()) &&
         std::memcmp(start.data() + 10, "6", 2) == 0;
}

// Whether the library opens it, tried where a crash does no harm: it does crash on what is cut off.
bool opens(int file) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::_exit(::tracecmd_open_fd(file, kNoPlugins) != nullptr ? 0 : 1);
  }
  int status = 1;
  const bool ended = pid > 0 && ::waitpid(pid, &status, 0) == pid;
  return ::lseek(file, 0, SEEK_SET) == 0 && ended && status == 0;
}

// Version 6 has its data last, and the library opens no file that lacks some of it: a copy that is
// long enough, with nothing in the rest, tells what is there. Version 7 ends with its index,
// without which nothing can be found.
Fd lengthened(int file) {
  struct stat known {};
  Fd copy(::open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (!copy || ::fstat(file, &known) != 0 || ::lseek(file, 0, SEEK_SET) != 0) {
    return {};
  }
  for (off_t left = known.st_size; left > 0;) {
    const ssize_t sent = ::sendfile(copy.get(), file, nullptr, static_cast<std::size_t>(left));
    if (sent <= 0) {
      return {};
    }
    left -= sent;
  }
  constexpr off_t kMostMissing = off_t{1} << 30;
  if (::ftruncate(copy.get(), known.st_size + kMostMissing) != 0 ||
      ::lseek(copy.get(), 0, SEEK_SET) != 0) {
    return {};
  }
  return copy;
}

struct Close {
  void operator()(tracecmd_input* handle) const { ::tracecmd_close(handle); }
};
using Input = std::unique_ptr<tracecmd_input, Close>;

std::string_view text_or_empty(const char* text) {
  return text == nullptr ? std::string_view{} : std::string_view(text);
}

// "Linux (none) 6.1.0-50-cloud-arm64 aarch64": system, node, release, machine.
void take_uname(std::string_view uname, TraceInfo& info) {
  const std::size_t last = uname.rfind(' ');
  if (last == std::string_view::npos) {
    return;
  }
  const std::string_view front = uname.substr(0, last);
  const std::size_t before = front.rfind(' ');
  if (before != std::string_view::npos) {
    info.arch = uname.substr(last + 1);
    info.release = front.substr(before + 1);
  }
}

constexpr std::uint64_t kLookedAt = 100'000;
constexpr unsigned kLookSeconds = 60;
constexpr std::size_t kGraphAtOnce = std::size_t{32} * 1024;

class Sender {
 public:
  Sender(tracecmd_input& input, tep_handle& tep, EventPipeWriter& out)
      : input_(input),
        tep_(tep),
        out_(out),
        events_(tep, static_cast<std::uint32_t>(std::max(::tep_get_cpus(&tep), 0)), name_in(tep)),
        calls_(tep, name_in(tep)) {}

  bool send();

 private:
  static TepEvents::FunctionName name_in(tep_handle& tep) {
    return [&tep](std::uint64_t address) {
      return std::string(text_or_empty(::tep_find_function(&tep, address)));
    };
  }
  // Among the first records, looked at where a crash or a loop does no harm: what comes before it
  // is still to be used.
  bool has_calls();
  bool about();
  bool record(tep_record& record);
  bool in_graph(tep_record& record);
  bool say_what_is_left();
  static int each(tracecmd_input* /*input*/, tep_record* record, int /*cpu*/, void* self) {
    return static_cast<Sender*>(self)->record(*record) ? 0 : 1;
  }
  static int look(tracecmd_input* /*input*/, tep_record* record, int /*cpu*/, void* self) {
    auto& me = *static_cast<Sender*>(self);
    me.as_graph_ = record->data != nullptr && me.calls_.is_call(*record);
    return me.as_graph_ || ++me.looked_at_ == kLookedAt ? 1 : 0;
  }

  tracecmd_input& input_;
  tep_handle& tep_;
  EventPipeWriter& out_;
  TepEvents events_;
  TepGraph calls_;
  bool as_graph_{false};
  std::string graph_text_;
  std::uint64_t looked_at_{}, graph_{}, unknown_{}, damaged_{}, lost_{};
};

bool Sender::has_calls() {
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::alarm(kLookSeconds);
    ::tracecmd_iterate_events(&input_, nullptr, 0, look, this);
    ::_exit(as_graph_ ? 0 : 1);
  }
  int status = 1;
  as_graph_ = pid > 0 && ::waitpid(pid, &status, 0) == pid && status == 0;
  return as_graph_;
}

bool Sender::about() {
  TraceInfo info;
  info.form = has_calls() ? kGraphInTraceDat : kTraceDat;
  if (tracecmd_get_trace_clock != nullptr) {
    info.clock_name = text_or_empty(::tracecmd_get_trace_clock(&input_));
  }
  info.clock = trace_clock(info.clock_name);
  info.resolution_ns = 1;
  if (tracecmd_get_uname != nullptr) {
    take_uname(text_or_empty(::tracecmd_get_uname(&input_)), info);
  }
  if (const int cpus = ::tep_get_cpus(&tep_); cpus > 0) {
    info.cpus = static_cast<std::uint32_t>(cpus);
  }
  return out_.about(info).has_value();
}

bool Sender::in_graph(tep_record& record) {
  if (calls_.is_call(record)) {
    if (!calls_.call(record, ::tracecmd_peek_data(&input_, record.cpu), graph_text_)) {
      ++damaged_;
    }
  } else {
    calls_.event(record, graph_text_);
  }
  if (graph_text_.size() < kGraphAtOnce) {
    return true;
  }
  return out_.graph(std::exchange(graph_text_, {})).has_value();
}

bool Sender::record(tep_record& record) {
  if (record.cpu < 0 || record.cpu >= WP_MAX_CPUS || record.size < 0 || record.data == nullptr) {
    ++damaged_;
    return true;
  }
  const auto cpu = static_cast<std::uint32_t>(record.cpu);
  if (record.missed_events != 0) {
    TraceLoss loss{cpu, {}};
    if (record.missed_events > 0) {
      loss.events = static_cast<std::uint64_t>(record.missed_events);
    }
    ++lost_;
    if (as_graph_) {
      TepGraph::lost(loss, graph_text_);
    } else if (!out_.lost(loss)) {
      return false;
    }
  }
  const Bytes bytes(static_cast<const std::byte*>(record.data),
                    static_cast<std::size_t>(record.size));
  TraceEvent event;
  if (as_graph_ && calls_.is_call(record)) {
    return in_graph(record);
  }
  switch (events_.read(bytes, record.ts, cpu, event)) {
    case TepEvents::Kind::used:
      return as_graph_ ? in_graph(record) : out_.event(event).has_value();
    case TepEvents::Kind::function_graph:
      ++graph_;
      break;
    case TepEvents::Kind::unknown:
      ++unknown_;
      break;
    case TepEvents::Kind::damaged:
      ++damaged_;
      break;
    case TepEvents::Kind::left_out:
      break;
  }
  return true;
}

std::string records(std::uint64_t count, const char* what) {
  return std::to_string(count) + (count == 1 ? " record " : " records ") + what;
}

bool Sender::say_what_is_left() {
  Result<void> said;
  if (lost_ != 0) {
    said = out_.remark("it says of " + records(lost_, "that events before it were lost"));
  }
  if (said && graph_ != 0) {
    said = out_.remark(records(graph_,
                               "of function_graph left out; what trace-cmd report prints "
                               "of them can be imported"));
  }
  if (const int instances = ::tracecmd_buffer_instances(&input_); said && instances > 0) {
    said = out_.remark("of the buffer instances only the main one is read; left out: " +
                       std::to_string(instances));
  }
  if (said && unknown_ != 0) {
    said = out_.problem(records(unknown_, "of events whose format the file lacks"));
  }
  if (said && damaged_ != 0) {
    said = out_.problem(records(damaged_, "shorter than their format says, or of no CPU"));
  }
  return said.has_value();
}

bool Sender::send() {
  if (!about()) {
    return false;
  }
  if (::tracecmd_iterate_events(&input_, nullptr, 0, each, this) < 0) {
    static_cast<void>(out_.problem("libtracecmd gave up reading"));
  }
  if (!out_.graph(graph_text_)) {
    return false;
  }
  return say_what_is_left() && out_.end().has_value();
}

}  // namespace

int send_trace_dat(int file, int output) {
  std::array<std::byte, 65536> stack{};
  die_cleanly(stack);
  EventPipeWriter out(output);
  const Fd longer = is_version_6(file) && !opens(file) ? lengthened(file) : Fd();
  const Input input(::tracecmd_open_fd(longer ? longer.get() : file, kNoPlugins));
  if (!input) {
    static_cast<void>(out.problem("libtracecmd can't open it: it is cut off or damaged"));
    static_cast<void>(out.flush());
    return 1;
  }
  remove_temporary_files();
  if (longer && !out.problem("the file is cut off: it ends before its data does")) {
    return 1;
  }
  tep_handle* tep = ::tracecmd_get_tep(input.get());
  return tep != nullptr && Sender(*input, *tep, out).send() ? 0 : 1;
}

}  // namespace wakepath::foreign
