// SPDX-License-Identifier: GPL-2.0-or-later
// Measures the cost of each arm on the events of one event set, in one process: the same reader
// drains the same rings at the same poll on the same CPU in every arm. For scripts/bench.
//
//   lateness   how late the embedded guest wakes, as it says itself (ARM64)
//   programs   what each BPF program takes (BPF_STATS_RUN_TIME), while the guest or a COMMAND runs
//   empty      empty programs alone, until it is killed
//   events     which events of the set this kernel has
//
// Prints tab-separated lines, a word for its kind first.
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <optional>
#include <vector>

#include <bpf/bpf.h>
#include <sched.h>
#include <spawn.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "arms.hpp"
#include "arms_arguments.hpp"
#include "capture/bpf/kernel_btf.hpp"
#include "capture/bpf/ring_size.hpp"
#include "guest/guest.hpp"
#include "host/host_facts.hpp"
#include "util/fd.hpp"

namespace {

using namespace wakepath;
using bench::Arguments;
using bench::Arm;
using bench::Mode;
using Arms = std::vector<std::unique_ptr<Arm>>;

constexpr long kPollNs = 20'000'000;        // live's default
constexpr long kCommandPollNs = 2'000'000;  // live's poll under load: no ring may fill
constexpr int kSettlePolls = 10;

int usage() {
  std::fputs(
      "usage: bench_arms lateness|programs|empty|events [--events SET] [--rounds N] [--wakes N]\n"
      "                  [--period-us N] [-- COMMAND..]   (a command: programs only)\n",
      stderr);
  return static_cast<int>(ErrorKind::usage);
}

Result<void> pin(pid_t tid, std::uint32_t cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  return ::sched_setaffinity(tid, sizeof(set), &set) == 0
             ? Result<void>{}
             : fail(ErrorKind::bug, "can't pin a thread to CPU " + std::to_string(cpu));
}

// One arm's turn: the steps that all arms share.
class Bench {
 public:
  static Result<std::unique_ptr<Bench>> open(const Arguments& arguments,
                                             const capture::AttachPlan& plan);

  Result<void> lateness();
  Result<void> programs();

 private:
  explicit Bench(const Arguments& arguments) : arguments_(arguments) {}

  Result<void> start_guest();
  Result<void> poll();
  Result<void> settle();
  Result<std::vector<std::int64_t>> latenesses();
  Result<void> turn(Arm& arm, std::uint64_t round);
  Result<void> run_command();

  Arguments arguments_;
  CpuSet cpus_;
  std::unique_ptr<capture::BpfSession> session_;
  Arms arms_;  // may use the session
  std::unique_ptr<guest::Guest> guest_;
  std::vector<guest::Report> reports_;
  std::uint64_t sink_{};  // a sum of the bytes read, so that reading is not optimised away
};

Result<std::unique_ptr<Bench>> Bench::open(const Arguments& arguments,
                                           const capture::AttachPlan& plan) {
  std::unique_ptr<Bench> bench(new Bench(arguments));
  const auto cpus = host::read_cpus("/");
  if (!cpus) {
    return tl::unexpected(cpus.error());
  }
  const auto bytes = capture::ring_size(std::nullopt, cpus->online.list().size(),
                                        static_cast<std::size_t>(::getpagesize()));
  if (!bytes) {
    return tl::unexpected(bytes.error());
  }
  bench->cpus_ = cpus->online;
  auto session = capture::BpfSession::load(
      plan, {cpus->possible, cpus->online, *bytes, arguments.mode == Mode::programs});
  if (!session) {
    return tl::unexpected(session.error());
  }
  bench->session_ = std::move(*session);

  auto empty = bench::make_empty(plan);
  if (!empty) {
    return tl::unexpected(empty.error());
  }
  if (arguments.mode == Mode::lateness) {
    bench->arms_.push_back(bench::make_nothing());
  }
  bench->arms_.push_back(std::move(*empty));
  bench->arms_.push_back(bench::make_wakepath(*bench->session_, cpus->possible));
  if (arguments.mode == Mode::lateness) {
    auto ftrace = bench::make_ftrace(plan);
    if (!ftrace) {
      return tl::unexpected(ftrace.error());
    }
    bench->arms_.push_back(std::move(*ftrace));
  }
  return bench;
}

// The reader on the first CPU and the vCPU on the last one.
Result<void> Bench::start_guest() {
  if (arguments_.command !=
      nullptr) {  // the caller chooses the CPUs of the command and of the reader
    return session_->look_around().map([](const auto&) {});
  }
  const auto all = cpus_.list();
  if (auto done = pin(0, all.front()); !done) {
    return done;
  }
  auto made = guest::Guest::create(
      {guest::Workload::timer, std::chrono::microseconds(arguments_.period_us), 1});
  if (!made) {
    return tl::unexpected(made.error());
  }
  guest_ = std::move(*made);
  for (const std::int32_t tid : guest_->thread_ids()) {
    if (auto done = pin(tid, all.back()); !done) {
      return done;
    }
  }
  if (auto done = guest_->start(); !done) {
    return done;
  }
  return session_->look_around().map([](const auto&) {});
}

Result<void> Bench::poll() {
  const timespec time{0, arguments_.command != nullptr ? kCommandPollNs : kPollNs};
  ::nanosleep(&time, nullptr);
  for (capture::CpuRings& rings : session_->rings()) {
    const auto side = rings.side.drain(SIZE_MAX, [&](RecordView view) -> Result<void> {
      sink_ += view.bytes().size();
      return {};
    });
    if (!side) {
      return tl::unexpected(side.error());
    }
    if (rings.events) {
      const auto events = rings.events->drain(rings.events->head(), SIZE_MAX,
                                              [&](const capture::EventSpan& span) -> Result<void> {
                                                sink_ += span.bytes.size();
                                                return {};
                                              });
      if (!events) {
        return tl::unexpected(events.error());
      }
    }
  }
  if (guest_) {
    guest_->drain(reports_);
  }
  return {};
}

Result<void> Bench::settle() {
  for (int polls = 0; polls < kSettlePolls; ++polls) {
    if (auto done = poll(); !done) {
      return done;
    }
  }
  reports_.clear();
  return {};
}

// Of the next wakes, in ticks of the guest's counter.
Result<std::vector<std::int64_t>> Bench::latenesses() {
  const std::uint64_t polls_enough = 3 * arguments_.wakes * arguments_.period_us / 20'000 + 100;
  for (std::uint64_t polls = 0; reports_.size() < arguments_.wakes; ++polls) {
    if (polls > polls_enough) {
      return fail(ErrorKind::bug, "the guest wakes too seldom");
    }
    if (auto done = poll(); !done) {
      return tl::unexpected(done.error());
    }
  }
  std::vector<std::int64_t> ticks;
  for (const guest::Report& report : reports_) {
    if (!report.deadline_ticks || !report.now_ticks) {
      return fail(ErrorKind::unsupported, "only the ARM64 guest says how late it is");
    }
    ticks.push_back(static_cast<std::int64_t>(*report.now_ticks - *report.deadline_ticks));
  }
  return ticks;
}

Result<void> Bench::turn(Arm& arm, std::uint64_t round) {
  const bench::Counted before = arm.counted();
  auto done = arm.on();
  if (done) {
    done = settle();
  }
  Result<std::vector<std::int64_t>> late;
  if (done) {
    late = latenesses();
  }
  arm.off();
  if (!done || !late) {
    return tl::unexpected(!done ? done.error() : late.error());
  }
  if (auto rest = poll(); !rest) {
    return rest;
  }
  const bench::Counted after = arm.counted();
  std::sort(late->begin(), late->end());
  const auto at = [&](std::size_t percent) {
    return static_cast<long long>((*late)[(late->size() - 1) * percent / 100]);
  };
  std::printf("arm\t%s\t%llu\t%zu\t%lld\t%lld\t%lld\t%llu\t%llu\n", arm.name().c_str(),
              static_cast<unsigned long long>(round), late->size(), at(50), at(10), at(90),
              static_cast<unsigned long long>(after.events - before.events),
              static_cast<unsigned long long>(after.lost - before.lost));
  std::fflush(stdout);
  return {};
}

Result<void> Bench::lateness() {
  if (auto done = start_guest(); !done) {
    return done;
  }
  std::printf("counter_hz\t%llu\n",
              static_cast<unsigned long long>(guest_->counter_hz().value_or(0)));
  for (std::uint64_t round = 1; round <= arguments_.rounds; ++round) {
    for (const auto& arm : arms_) {
      if (auto done = turn(*arm, round); !done) {
        return done;
      }
    }
  }
  return guest_->stop();
}

// Runs it to its end, and reads meanwhile.
Result<void> Bench::run_command() {
  pid_t child = 0;
  if (const int error = ::posix_spawnp(&child, arguments_.command[0], nullptr, nullptr,
                                       arguments_.command, environ);
      error != 0) {
    return fail(ErrorKind::usage, std::string(arguments_.command[0]) + ": " + std::strerror(error));
  }
  Result<void> done;
  int status = 0;
  while (::waitpid(child, &status, WNOHANG) == 0) {
    if (done) {
      done = poll();
    }
  }
  return !done || status == 0 ? done : fail(ErrorKind::usage, "the command failed");
}

Result<void> Bench::programs() {
  if (auto done = start_guest(); !done) {
    return done;
  }
  for (std::uint64_t round = 1; round <= arguments_.rounds; ++round) {
    for (const auto& arm : arms_) {
      const auto before = arm->runs();
      auto done = arm->on();
      if (done) {
        done = arguments_.command != nullptr ? run_command() : latenesses().map([](const auto&) {});
      }
      arm->off();
      reports_.clear();
      if (!done) {
        return done;
      }
      const auto after = arm->runs();
      for (std::size_t at = 0; at < after.size(); ++at) {
        std::printf(
            "program\t%s\t%llu\t%s\t%llu\t%llu\n", arm->name().c_str(),
            static_cast<unsigned long long>(round), after[at].name.c_str(),
            static_cast<unsigned long long>(after[at].runs - before[at].runs),
            static_cast<unsigned long long>(after[at].run_time_ns - before[at].run_time_ns));
      }
      const bench::Counted counted = arm->counted();
      std::printf("counted\t%s\t%llu\t%llu\t%llu\n", arm->name().c_str(),
                  static_cast<unsigned long long>(round),
                  static_cast<unsigned long long>(counted.events),
                  static_cast<unsigned long long>(counted.lost));
      std::fflush(stdout);
    }
  }
  return guest_ ? guest_->stop() : Result<void>{};
}

Result<capture::AttachPlan> plan_of(const std::string& set) {
  const auto features = capture::probe_features();
  const auto events = capture::EventSet::parse(set);
  if (!features || !events) {
    return tl::unexpected(!features ? features.error() : events.error());
  }
  return capture::make_plan(*features, *events);
}

void print_events(const capture::AttachPlan& plan) {
  for (const capture::PlannedEvent& event : plan.events) {
    if (event.enabled) {
      std::printf("%s\t%.*s\n", event.via == capture::Via::kprobe ? "function" : "tracepoint",
                  static_cast<int>(event.tracepoint->name.size()), event.tracepoint->name.data());
    }
  }
}

Result<void> stay_empty(const capture::AttachPlan& plan) {
  auto empty = bench::make_empty(plan);
  if (!empty) {
    return tl::unexpected(empty.error());
  }
  if (auto done = (*empty)->on(); !done) {
    return done;
  }
  ::pause();
  return {};
}

Result<void> run(const Arguments& arguments) {
  const auto plan = plan_of(arguments.events);
  if (!plan) {
    return tl::unexpected(plan.error());
  }
  if (arguments.mode == Mode::events) {
    print_events(*plan);
    return {};
  }
  if (arguments.mode == Mode::empty) {
    return stay_empty(*plan);
  }
  auto bench = Bench::open(arguments, *plan);
  if (!bench) {
    return tl::unexpected(bench.error());
  }
  return arguments.mode == Mode::programs ? (*bench)->programs() : (*bench)->lateness();
}

}  // namespace

int main(int argc, char** argv) {
  const auto arguments = bench::parse(argc, argv);
  if (!arguments) {
    return usage();
  }
  const auto done = run(*arguments);
  if (!done) {
    std::fprintf(stderr, "bench_arms: %s%s%s\n", done.error().message.c_str(),
                 done.error().fix.empty() ? "" : "; ", done.error().fix.c_str());
    return static_cast<int>(done.error().kind);
  }
  return 0;
}
