// SPDX-License-Identifier: GPL-2.0-or-later
// From lines of function_graph text to calls: which function runs in which, for each task, and when
// a CPU goes from one task to another. In bounded memory, whatever the lines hold.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "import/graph/functions.hpp"
#include "import/graph/line.hpp"
#include "import/line_reader.hpp"
#include "import/trace_event.hpp"
#include "util/seeded_hash.hpp"

namespace wakepath::foreign::graph {

// A call that is under way.
struct Frame {
  std::string_view name;  // as printed; empty where it is not known. Lives as long as the CallTree
  Role role{Role::other};
  bool leaf{false};
  bool activated{false};  // wake: it has woken somebody
  bool dequeued{false};   // schedule: the task goes to sleep
  bool seen{true};        // its begin was seen
  bool switched{false};   // its task was off the CPU since
  std::uint32_t cpu{};    // where it began
  std::uint32_t depth{};
  std::uint64_t line{};  // where it begins
  std::uint64_t time_ns{};
  std::uint64_t tag{};  // the visitor's; 0 at begin
};

struct Thread {
  std::string comm;  // as printed; empty: not known
  std::optional<std::uint32_t> tid;
  std::vector<Frame> stack;
};

// The innermost interrupt or softirq with its calls, or else the task's own calls. Never empty
// where the stack is not.
std::span<const Frame> innermost_context(std::span<const Frame> stack);
bool is_interrupt(Role role);

struct Where {
  std::uint64_t line{};
  std::uint32_t cpu{};
  std::uint64_t time_ns{};  // the trace's, or, where it has none, an axis that only orders
  bool timed{false};        // the trace's
};

class CallVisitor {
 public:
  CallVisitor() = default;
  CallVisitor(const CallVisitor&) = delete;
  CallVisitor& operator=(const CallVisitor&) = delete;
  virtual ~CallVisitor() = default;

  // The call is the last of the stack.
  virtual void enter(const Where& where, Thread& thread) = 0;
  // About to be taken off. One whose begin was not seen is there for this alone.
  virtual void leave(const Where& where, Thread& thread, std::optional<std::uint64_t> duration) = 0;
  // Taken off without its end: not seen, or lost.
  virtual void drop(const Where& where, Thread& thread) = 0;
  virtual void comment(const Where& where, Thread& thread, std::string_view text) = 0;
  // At the first line of the next thread. `sleeps`: the one before has gone to sleep.
  virtual void switched(const Where& where, Thread& before, Thread& next, bool sleeps) = 0;
  // The thread that has run on this CPU from the begin.
  virtual void named(std::uint32_t cpu, Thread& thread) = 0;
  virtual void lost(const TraceLoss& loss) = 0;
};

class CallTree {
 public:
  explicit CallTree(CallVisitor& visitor) : visitor_(visitor) {}

  void line(const foreign::Line& line);
  void finish();

  [[nodiscard]] bool timed() const { return timed_; }
  [[nodiscard]] std::uint64_t calls() const { return calls_; }
  [[nodiscard]] std::vector<std::string> problems() const;

 private:
  struct Cpu {
    std::uint32_t number{};
    std::uint64_t thread{};     // key; 0: not known which
    std::uint64_t switch_to{};  // key of the next, from its line until something is seen of it
    std::uint64_t switch_line{};
    std::uint64_t last_ns{};                 // of its last line
    std::uint64_t not_before{};              // what durations say of its next line
    std::uint64_t last_print{};              // what the last line says, to know it again
    std::optional<std::uint64_t> skip_from;  // line where a repeat began
    bool irq_mark{false};
  };
  struct Trouble {
    std::uint64_t count{};
    std::uint64_t first{};
    std::string text;  // of the first line
  };

  Cpu* cpu_of(const Line& line);
  bool repeated(Cpu& cpu, const Line& line);
  Where place(Cpu& cpu, const Line& line);
  Thread& current(Cpu& cpu, const Line& line, const Where& where);
  Thread& thread(std::uint64_t key);
  void know(Cpu& cpu, const Task& task);
  void switch_now(Cpu& cpu, const Where& where);
  void read_switch(Cpu& cpu, const Line& line);
  void enter(Cpu& cpu, const Line& line, const Where& where, Thread& thread);
  void leave(Cpu& cpu, const Line& line, const Where& where, Thread& thread);
  void drop_to(const Where& where, Thread& thread, std::size_t size);
  Frame frame(std::string_view name);
  void trouble(Trouble& trouble, std::string_view text = {});
  void unreadable(Trouble& trouble, std::string_view text);
  void forget_threads();

  CallVisitor& visitor_;
  std::map<std::uint32_t, Cpu> cpus_;  // in order: the same lines give the same events everywhere
  SeededMap<std::uint64_t, Thread> threads_;
  std::size_t most_threads_{1024};  // with more, what is not in use is forgotten
  SeededMap<std::string, Role> names_;
  std::uint64_t number_{0};  // of the line
  std::uint64_t calls_{0};
  std::uint64_t axis_{0};
  std::uint32_t bare_cpu_{0};  // of lines without a CPU
  bool bare_cpu_known_{false};
  bool bare_lines_{false};
  bool several_bare_{false};
  bool timed_{false};
  std::uint64_t skipped_{0};
  Trouble garbage_, cut_, repeats_, jumps_, mixed_;
  bool hole_said_{false};  // since the last line that could be read
};

}  // namespace wakepath::foreign::graph
