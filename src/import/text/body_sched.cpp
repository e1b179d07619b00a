// SPDX-License-Identifier: GPL-2.0-or-later
// A thread's name may hold anything, 15 bytes of it: so what follows a name is looked for from the
// line's end, and two names in a row are told apart by what must stand between them.
#include <algorithm>
#include <optional>

#include "import/text/bodies.hpp"
#include "import/text/event_line.hpp"
#include "import/text/fields.hpp"
#include "import/text/task_state.hpp"

namespace wakepath::foreign::text {

namespace {

constexpr std::size_t kLongestName = WP_COMM_BYTES - 1;

// Takes "KEYnumber" off the end of `text`.
template <typename T>
bool take_last(std::string_view& text, std::string_view key, T& out) {
  const std::size_t at = text.rfind(key);
  if (at == std::string_view::npos) {
    return false;
  }
  Fields fields(text.substr(at + key.size()));
  if (!fields.number(out) || !fields.at_end()) {
    return false;
  }
  text = text.substr(0, at);
  return true;
}

struct Task {
  std::string_view comm;
  std::uint32_t pid{};
  std::int32_t prio{};
};

// "comm=NAME pid=1 prio=120"
bool take_task(std::string_view text, Task& task) {
  if (!take_last(text, " prio=", task.prio) || !take_last(text, " pid=", task.pid) ||
      !text.starts_with("comm=")) {
    return false;
  }
  task.comm = text.substr(5);
  return task.comm.size() <= kLongestName;
}

// trace-cmd's plugin: "NAME:1 [120]"
bool take_plugin_task(std::string_view text, Task& task) {
  if (!text.ends_with(']')) {
    return false;
  }
  text.remove_suffix(1);
  if (!take_last(text, " [", task.prio) || !take_last(text, ":", task.pid)) {
    return false;
  }
  task.comm = text;
  return task.comm.size() <= kLongestName;
}

struct Switch {
  Task prev, next;
  TaskState state;
};

// prev_comm=NAME prev_pid=1 prev_prio=120 prev_state=S ==> next_comm=NAME next_pid=2 next_prio=120
bool kernel_switch(std::string_view text, Switch& out) {
  constexpr std::string_view kPid = " prev_pid=";
  if (!take_last(text, " next_prio=", out.next.prio) ||
      !take_last(text, " next_pid=", out.next.pid) || !text.starts_with("prev_comm=")) {
    return false;
  }
  text.remove_prefix(10);
  for (std::size_t at = text.find(kPid); at <= kLongestName; at = text.find(kPid, at + 1)) {
    Fields fields(text.substr(at + kPid.size()));
    std::string_view state;
    if (fields.number(out.prev.pid) && fields.skip(" prev_prio=") && fields.number(out.prev.prio) &&
        fields.skip(" prev_state=") && fields.word(state) && fields.skip(" ==> next_comm=")) {
      const auto known = parse_task_state(state);
      out.prev.comm = text.substr(0, at);
      out.next.comm = fields.rest();
      out.state = known.value_or(TaskState{});
      return known.has_value() && out.next.comm.size() <= kLongestName;
    }
  }
  return false;
}

// NAME:1 [120] S ==> NAME:2 [120]; `tid`, of the line's head, is the first one's number.
bool plugin_switch(std::string_view text, std::uint32_t tid, Switch& out) {
  constexpr std::string_view kArrow = " ==> ";
  for (std::size_t at = text.find(kArrow); at != std::string_view::npos;
       at = text.find(kArrow, at + 1)) {
    const std::size_t space = text.substr(0, at).rfind(' ');
    if (space == std::string_view::npos) {
      continue;
    }
    const auto state = parse_task_state(text.substr(space + 1, at - space - 1));
    if (state && take_plugin_task(text.substr(0, space), out.prev) &&
        (out.prev.pid == tid || tid == kEndedThread) &&
        take_plugin_task(text.substr(at + kArrow.size()), out.next)) {
      out.state = *state;
      return true;
    }
  }
  return false;
}

}  // namespace

// comm=NAME pid=15 prio=0 target_cpu=000, and on older kernels success=1 before the last
// trace-cmd's plugin, of sched_wakeup: NAME:15 [0] CPU:000
Body wake(std::string_view text, TraceEvent& event) {
  Task task;
  wp_wake wake{};
  std::uint32_t success = 1;
  if (take_last(text, " target_cpu=", wake.cpu)) {
    take_last(text, " success=", success);
    if (!take_task(text, task)) {
      return Body::unreadable;
    }
  } else if (take_last(text, " CPU:", wake.cpu)) {
    take_last(text, " success=", success);
    if (!take_plugin_task(text, task)) {
      return Body::unreadable;
    }
  } else {
    return Body::unreadable;
  }
  wake.tid = task.pid;
  wake.prio = task.prio;
  event.payload.wake = wake;
  event.other_comm = task.comm;
  return Body::event;
}

Body sched_switch(std::string_view text, TraceEvent& event) {
  Switch change;
  if (!kernel_switch(text, change) && !plugin_switch(text, event.tid, change)) {
    return Body::unreadable;
  }
  if (event.tid == kEndedThread) {
    event.tid = change.prev.pid;
  }
  wp_switch payload{};
  payload.next_tid = change.next.pid;
  payload.prev_state = change.state.bits;
  payload.next_prio = change.next.prio;
  payload.preempt = change.state.preempted ? 1 : 0;
  std::ranges::copy(change.next.comm, payload.next_comm);
  event.payload.sched_switch = payload;
  event.other_comm = change.next.comm;
  if (event.comm.empty() && change.prev.pid == event.tid) {
    event.comm = change.prev.comm;
  }
  return Body::event;
}

// comm=NAME pid=117 prio=120 orig_cpu=0 dest_cpu=1
Body migrate(std::string_view text, TraceEvent& event) {
  Task task;
  wp_migrate migrate{};
  std::uint32_t from = 0;
  if (!take_last(text, " dest_cpu=", migrate.cpu) || !take_last(text, " orig_cpu=", from) ||
      !take_task(text, task)) {
    return Body::unreadable;
  }
  migrate.tid = task.pid;
  event.payload.migrate = migrate;
  return Body::event;
}

// comm=NAME pid=117 prio=120, and from 6.15 on group_dead=false
Body task_exit(std::string_view text, TraceEvent& event) {
  for (const std::string_view dead : {" group_dead=true", " group_dead=false"}) {
    if (text.ends_with(dead)) {
      text.remove_suffix(dead.size());
    }
  }
  Task task;
  if (!take_task(text, task)) {
    return Body::unreadable;
  }
  event.payload.task_exit = {task.pid, task.pid == event.tid ? event.tgid : 0};
  return Body::event;
}

// sig=10 errno=0 code=-6 comm=NAME pid=132 grp=0 res=0
Body signal_generate(std::string_view text, TraceEvent& event) {
  Fields fields(text);
  wp_signal signal{};
  if (!fields.skip("sig=") || !fields.number(signal.number) || !fields.skip(" errno=") ||
      !fields.skip_past(" code=") || !fields.skip_past(" comm=")) {
    return Body::unreadable;
  }
  std::string_view rest = fields.rest();
  std::int32_t result = 0;
  if (!take_last(rest, " res=", result) || !take_last(rest, " grp=", signal.group) ||
      !take_last(rest, " pid=", signal.tid)) {
    return Body::unreadable;
  }
  event.payload.signal = signal;
  return Body::event;
}

// pid=132 oldcomm=NAME newcomm=NAME oom_score_adj=0
// Some kernels leave out the pid: then it can't be said whose name it is.
Body task_rename(std::string_view text, TraceEvent& event) {
  constexpr std::string_view kNew = " newcomm=";
  wp_rename rename{};
  std::int32_t score = 0;
  if (!take_last(text, " oom_score_adj=", score)) {
    return Body::unreadable;
  }
  Fields fields(text);
  const bool told = fields.skip("pid=");
  if (told && (!fields.number(rename.tid) || !fields.skip(" "))) {
    return Body::unreadable;
  }
  if (!fields.skip("oldcomm=")) {
    return Body::unreadable;
  }
  const std::string_view names = fields.rest();
  for (std::size_t at = names.find(kNew); at <= kLongestName; at = names.find(kNew, at + 1)) {
    const std::string_view name = names.substr(at + kNew.size());
    if (name.size() <= kLongestName) {
      std::ranges::copy(name, rename.comm);
      event.payload.rename = rename;
      return told ? Body::event : Body::unused;
    }
  }
  return Body::unreadable;
}

}  // namespace wakepath::foreign::text
