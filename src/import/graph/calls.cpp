// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/graph/calls.hpp"

#include <algorithm>
#include <utility>

namespace wakepath::foreign::graph {

namespace {

constexpr std::size_t kNames = 65536;
// The kernel (seq_file) prints some hundred lines again where its page was too small. If more seem
// to be repeated, the clock jumped.
constexpr std::uint64_t kLongestRepeat = 10'000;
constexpr std::uint64_t kIdle = std::uint64_t{1} << 32U;
constexpr std::uint64_t kUnknown = std::uint64_t{2} << 32U;

std::uint64_t key_of(const Task& task, std::uint32_t cpu) {
  return task.tid == 0 ? kIdle | cpu : task.tid;
}

// Of what a repeated line has in common with the first one. The end of a call may have a name the
// second time.
std::uint64_t print_of(const Line& line) {
  std::size_t print = std::hash<std::uint64_t>{}(line.time_ns.value_or(0));
  const auto mix = [&print](std::uint64_t value) {
    print = (print ^ std::hash<std::uint64_t>{}(value)) * 0x9e3779b97f4a7c15U;
  };
  mix(static_cast<std::uint64_t>(line.kind));
  mix(line.depth);
  mix(line.duration_ns.value_or(0));
  mix(line.task ? line.task->tid : 0);
  if (line.kind != LineKind::leave) {
    mix(std::hash<std::string_view>{}(line.function));
    mix(std::hash<std::string_view>{}(line.text));
  }
  return print;
}

}  // namespace

bool is_interrupt(Role role) {
  return role == Role::interrupt || role == Role::vector || role == Role::ipi ||
         role == Role::irq_handler;
}

std::span<const Frame> innermost_context(std::span<const Frame> stack) {
  std::size_t begin = stack.size();
  while (begin > 0) {
    const Role role = stack[--begin].role;
    if (is_interrupt(role) || role == Role::softirqs) {
      break;
    }
  }
  return stack.subspan(begin);
}

void CallTree::line(const foreign::Line& from) {
  number_ = from.number;
  const Line line = parse_line(from.text);
  if (line.kind == LineKind::nothing) {
    return;
  }
  if (from.cut || !from.ended || line.kind == LineKind::unknown) {
    unreadable(from.ended ? garbage_ : cut_, from.text);
    return;
  }
  Cpu* cpu = cpu_of(line);
  if (cpu == nullptr) {
    unreadable(several_bare_ ? mixed_ : garbage_, from.text);
    return;
  }
  hole_said_ = false;
  if (line.kind == LineKind::lost) {
    cpu->switch_to = 0;
    Thread& thread = threads_[cpu->thread == 0 ? kUnknown | cpu->number : cpu->thread];
    drop_to(Where{number_, cpu->number, cpu->last_ns, false}, thread, 0);
    visitor_.lost(TraceLoss{line.cpu, line.lost_count});
    return;
  }
  if (repeated(*cpu, line)) {
    ++skipped_;
    return;
  }
  if (line.kind == LineKind::switched) {
    read_switch(*cpu, line);
    return;
  }
  ++calls_;
  const Where where = place(*cpu, line);
  Thread& thread = current(*cpu, line, where);
  switch (line.kind) {
    case LineKind::enter:
    case LineKind::leaf:
      enter(*cpu, line, where, thread);
      break;
    case LineKind::leave:
      leave(*cpu, line, where, thread);
      break;
    case LineKind::comment:
      visitor_.comment(where, thread, line.text);
      break;
    default:
      cpu->irq_mark = line.kind == LineKind::irq_begin;
      break;
  }
}

void CallTree::finish() {
  for (auto& [number, cpu] : cpus_) {
    if (cpu.switch_to != 0) {
      switch_now(cpu, Where{number_, number, std::max(cpu.last_ns, cpu.not_before), timed_});
    }
  }
}

CallTree::Cpu* CallTree::cpu_of(const Line& line) {
  std::uint32_t number = bare_cpu_;
  if (line.cpu) {
    number = *line.cpu;
    if (line.kind == LineKind::switched) {
      // Without funcgraph-cpu, the switches alone tell the CPU.
      several_bare_ = several_bare_ || (bare_lines_ && bare_cpu_known_ && bare_cpu_ != number);
      bare_cpu_ = number;
      bare_cpu_known_ = true;
    }
  } else {
    bare_lines_ = true;
    if (several_bare_) {
      return nullptr;
    }
  }
  if (const auto found = cpus_.find(number); found != cpus_.end()) {
    return &found->second;
  }
  if (number >= WP_MAX_CPUS) {
    return nullptr;
  }
  Cpu& cpu = cpus_[number];
  cpu.number = number;
  return &cpu;
}

bool CallTree::repeated(Cpu& cpu, const Line& line) {
  if (!line.time_ns) {
    return cpu.skip_from.has_value();
  }
  timed_ = true;
  if (!cpu.skip_from) {
    if (*line.time_ns >= cpu.last_ns) {
      cpu.last_print = print_of(line);
      return false;
    }
    cpu.skip_from = number_;
    cpu.switch_to = 0;  // it stands at the begin of what is printed again
    trouble(repeats_);
    return true;
  }
  if (number_ - *cpu.skip_from > kLongestRepeat) {
    trouble(jumps_);
    visitor_.lost(TraceLoss{cpu.number, std::nullopt});
    cpu.last_ns = 0;
    cpu.not_before = 0;
  } else if (*line.time_ns == cpu.last_ns && print_of(line) == cpu.last_print) {
    cpu.skip_from.reset();
    return true;
  } else if (*line.time_ns <= cpu.last_ns) {
    return true;
  }
  cpu.skip_from.reset();
  cpu.last_print = print_of(line);
  return false;
}

Where CallTree::place(Cpu& cpu, const Line& line) {
  Where where;
  where.line = number_;
  where.cpu = cpu.number;
  where.timed = line.time_ns.has_value();
  if (where.timed) {
    cpu.last_ns = *line.time_ns;
    where.time_ns = std::max(cpu.last_ns, cpu.not_before);
  } else {
    // In the order of the lines, which is that of the events; on each CPU what durations say.
    axis_ = std::max(axis_ + 1, cpu.not_before);
    where.time_ns = axis_;
    cpu.last_ns = axis_;
  }
  cpu.not_before = where.time_ns;
  return where;
}

Thread& CallTree::thread(std::uint64_t key) {
  if (threads_.size() >= most_threads_ && !threads_.contains(key)) {
    forget_threads();
  }
  return threads_[key];
}

// Each CPU keeps some in use, so it is done again only after as many new ones as are kept.
void CallTree::forget_threads() {
  SeededSet<std::uint64_t> in_use;
  for (const auto& [number, cpu] : cpus_) {
    for (const std::uint64_t key : {cpu.thread, cpu.switch_to, kUnknown | number}) {
      in_use.insert(key);
    }
  }
  std::erase_if(threads_, [&in_use](const auto& entry) { return !in_use.contains(entry.first); });
  most_threads_ = std::max(most_threads_, 2 * threads_.size());
}

// The thread that has run on this CPU since the trace began.
void CallTree::know(Cpu& cpu, const Task& task) {
  const std::uint64_t key = key_of(task, cpu.number);
  Thread known = std::move(threads_[kUnknown | cpu.number]);
  threads_.erase(kUnknown | cpu.number);
  known.comm = task.comm;
  known.tid = task.tid;
  Thread& thread = this->thread(key);
  thread = std::move(known);
  cpu.thread = key;
  visitor_.named(cpu.number, thread);
}

Thread& CallTree::current(Cpu& cpu, const Line& line, const Where& where) {
  if (line.task && cpu.thread == 0) {
    know(cpu, *line.task);
  }
  if (line.task && cpu.switch_to == 0 && key_of(*line.task, cpu.number) != cpu.thread) {
    cpu.switch_to = key_of(*line.task, cpu.number);
    cpu.switch_line = number_;
    Thread& next = thread(cpu.switch_to);
    next.comm = line.task->comm;
    next.tid = line.task->tid;
  }
  if (cpu.switch_to != 0) {
    switch_now(cpu, where);
  }
  return thread(cpu.thread == 0 ? kUnknown | cpu.number : cpu.thread);
}

void CallTree::read_switch(Cpu& cpu, const Line& line) {
  const Where where{number_, cpu.number, std::max(cpu.last_ns, cpu.not_before), false};
  if (cpu.switch_to != 0) {
    switch_now(cpu, where);
  }
  if (cpu.thread == 0) {
    know(cpu, *line.task);
  }
  const std::uint64_t key = key_of(*line.next, cpu.number);
  Thread& next = thread(key);
  next.comm = line.next->comm;
  next.tid = line.next->tid;
  cpu.switch_to = key;
  cpu.switch_line = number_;
}

void CallTree::switch_now(Cpu& cpu, const Where& where) {
  const std::uint64_t key = std::exchange(cpu.switch_to, 0);
  if (key == cpu.thread) {
    return;
  }
  thread(key);  // first, because it may make room
  Thread& before = threads_[cpu.thread];
  Thread& next = threads_[key];
  cpu.thread = key;
  cpu.irq_mark = false;
  const bool sleeps = std::any_of(before.stack.begin(), before.stack.end(),
                                  [](const Frame& frame) { return frame.dequeued; });
  for (Frame& frame : before.stack) {
    frame.switched = true;
    frame.dequeued = false;  // what it does when it is back is another switch
  }
  Where at = where;
  at.line = cpu.switch_line;
  visitor_.switched(at, before, next, sleeps);
}

Frame CallTree::frame(std::string_view name) {
  Frame frame;
  auto found = names_.find(name);
  if (found == names_.end()) {
    const Role role = role_of(base_name(name));
    if (names_.size() >= kNames) {
      frame.role = role;
      return frame;
    }
    found = names_.emplace(name, role).first;
  }
  frame.name = found->first;
  frame.role = found->second;
  return frame;
}

void CallTree::drop_to(const Where& where, Thread& thread, std::size_t size) {
  while (thread.stack.size() > size) {
    visitor_.drop(where, thread);
    thread.stack.pop_back();
  }
}

void CallTree::enter(Cpu& cpu, const Line& line, const Where& where, Thread& thread) {
  while (!thread.stack.empty() && thread.stack.back().depth >= line.depth) {
    drop_to(where, thread, thread.stack.size() - 1);
  }
  Frame call = frame(line.function);
  call.cpu = cpu.number;
  call.depth = line.depth;
  call.line = number_;
  call.time_ns = where.time_ns;
  call.leaf = line.kind == LineKind::leaf;
  if (std::exchange(cpu.irq_mark, false) && call.role == Role::other) {
    call.role = Role::interrupt;
  }
  for (auto outer = thread.stack.rbegin(); outer != thread.stack.rend(); ++outer) {
    if (call.role == Role::enqueue && outer->role == Role::wake) {
      outer->activated = true;
      break;
    }
    if (call.role == Role::dequeue && outer->role == Role::schedule) {
      outer->dequeued = true;
    } else if (call.role != Role::enqueue) {
      break;
    }
  }
  thread.stack.push_back(call);
  visitor_.enter(where, thread);
  if (call.leaf) {
    Where end = where;
    end.time_ns += line.duration_ns.value_or(0);
    cpu.not_before = end.time_ns;
    visitor_.leave(end, thread, line.duration_ns);
    thread.stack.pop_back();
  }
}

void CallTree::leave(Cpu& cpu, const Line& line, const Where& where, Thread& thread) {
  std::vector<Frame>& stack = thread.stack;
  while (!stack.empty() && stack.back().depth > line.depth) {
    drop_to(where, thread, stack.size() - 1);
  }
  if (!stack.empty() && stack.back().depth == line.depth && !line.function.empty() &&
      stack.back().name != line.function) {
    drop_to(where, thread, stack.size() - 1);
  }
  const bool seen = !stack.empty() && stack.back().depth == line.depth;
  if (!seen) {
    if (line.function.empty()) {
      return;
    }
    Frame call = frame(line.function);
    call.cpu = cpu.number;
    call.depth = line.depth;
    call.line = number_;
    call.time_ns = where.time_ns;
    call.seen = false;
    stack.push_back(call);
  }
  Where end = where;
  if (!where.timed && seen && stack.back().cpu == cpu.number && line.duration_ns) {
    end.time_ns = std::max(end.time_ns, stack.back().time_ns + *line.duration_ns);
    axis_ = std::max(axis_, end.time_ns);
    cpu.last_ns = end.time_ns;
  }
  cpu.not_before = end.time_ns;
  visitor_.leave(end, thread, line.duration_ns);
  stack.pop_back();
}

}  // namespace wakepath::foreign::graph
