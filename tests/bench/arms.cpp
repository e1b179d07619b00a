// SPDX-License-Identifier: GPL-2.0-or-later
#include "arms.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fcntl.h>
#include <unistd.h>

#include "util/fd.hpp"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#include "empty.skel.h"
#pragma GCC diagnostic pop

namespace wakepath::bench {

namespace {

namespace fs = std::filesystem;
using capture::PlannedEvent;
using capture::Via;

struct DestroySkeleton {
  void operator()(empty_bpf* skeleton) const { empty_bpf__destroy(skeleton); }
};
struct DestroyLink {
  void operator()(bpf_link* link) const { bpf_link__destroy(link); }
};

class Nothing final : public Arm {
 public:
  [[nodiscard]] std::string name() const override { return "nothing"; }
  Result<void> on() override { return {}; }
  void off() override {}
};

class Empty final : public Arm {
 public:
  Result<void> load(const capture::AttachPlan& plan) {
    skeleton_.reset(empty_bpf__open());
    if (!skeleton_) {
      return fail(ErrorKind::bug, "the empty programs can't be opened");
    }
    for (const PlannedEvent& event : plan.events) {
      if (!event.enabled) {
        continue;
      }
      const std::string tracepoint(event.tracepoint->name);
      const std::string program = (event.via == Via::raw_tp ? "raw_" : "") + tracepoint;
      bpf_program* found = bpf_object__find_program_by_name(skeleton_->obj, program.c_str());
      if (found == nullptr) {
        return fail(ErrorKind::bug, "tests/bench/empty.bpf.c has no " + program);
      }
      bpf_program__set_autoload(found, true);
      programs_.push_back({tracepoint, event.via == Via::kprobe ? event.function : "", found});
    }
    if (const int error = empty_bpf__load(skeleton_.get()); error != 0) {
      return fail(ErrorKind::unsupported,
                  std::string("the empty programs can't be loaded: ") + std::strerror(-error));
    }
    return {};
  }

  [[nodiscard]] std::string name() const override { return "empty"; }

  Result<void> on() override {
    for (const Program& entry : programs_) {
      Link link(entry.function.empty()
                    ? bpf_program__attach(entry.program)
                    : bpf_program__attach_kprobe(entry.program, false, entry.function.c_str()));
      if (!link) {
        return fail(ErrorKind::unsupported, "an empty program can't be attached to " + entry.name +
                                                ": " + std::strerror(errno));
      }
      links_.push_back(std::move(link));
    }
    return {};
  }

  void off() override { links_.clear(); }

  [[nodiscard]] std::vector<capture::ProgramRuns> runs() const override {
    std::vector<capture::ProgramRuns> runs;
    for (const Program& entry : programs_) {
      bpf_prog_info info{};
      std::uint32_t size = sizeof(info);
      if (bpf_obj_get_info_by_fd(bpf_program__fd(entry.program), &info, &size) == 0) {
        runs.push_back({entry.name, info.run_cnt, info.run_time_ns, info.recursion_misses});
      }
    }
    return runs;
  }

 private:
  using Link = std::unique_ptr<bpf_link, DestroyLink>;
  struct Program {
    std::string name;
    std::string function;  // of a probe
    bpf_program* program;
  };
  std::unique_ptr<empty_bpf, DestroySkeleton> skeleton_;
  std::vector<Program> programs_;
  std::vector<Link> links_;
};

class Wakepath final : public Arm {
 public:
  Wakepath(capture::BpfSession& session, std::uint32_t cpus) : session_(session), cpus_(cpus) {}

  [[nodiscard]] std::string name() const override { return "wakepath"; }

  Result<void> on() override {
    if (auto done = session_.attach(); !done) {
      return done;
    }
    session_.capture(true);
    return {};
  }

  void off() override { session_.detach(); }

  [[nodiscard]] Counted counted() const override {
    Counted sum;
    for (std::uint32_t cpu = 0; cpu < cpus_; ++cpu) {
      sum.events += session_.counts(cpu).written;
      sum.lost += session_.counts(cpu).failed;
    }
    return sum;
  }

  [[nodiscard]] std::vector<capture::ProgramRuns> runs() const override {
    return session_.program_runs();
  }

 private:
  capture::BpfSession& session_;
  std::uint32_t cpus_;
};

const fs::path kTracefs = "/sys/kernel/tracing";

// In one write, because tracefs takes a line at a time. It appends, because any other write empties
// kprobe_events.
Result<void> write_to(const fs::path& file, std::string_view text) {
  const Fd out(::open(file.c_str(), O_WRONLY | O_APPEND));
  if (out && ::write(out.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size())) {
    return {};
  }
  return fail(
      ErrorKind::unsupported,
      "can't write '" + std::string(text) + "' to " + file.string() + ": " + std::strerror(errno),
      "mount -t tracefs tracefs " + kTracefs.string());
}

// nullopt: no subsystem has an event of this name.
fs::path event_directory(const std::string& name) {
  std::error_code none;
  for (const auto& subsystem : fs::directory_iterator(kTracefs / "events", none)) {
    if (fs::exists(subsystem.path() / name / "enable", none)) {
      return subsystem.path() / name;
    }
  }
  return {};
}

class Ftrace final : public Arm {
 public:
  Ftrace() = default;
  Ftrace(const Ftrace&) = delete;
  Ftrace& operator=(const Ftrace&) = delete;
  ~Ftrace() override {
    off();
    if (!probe_.empty()) {
      static_cast<void>(write_to(kTracefs / "kprobe_events", "-:" + probe_));
    }
  }

  Result<void> find(const capture::AttachPlan& plan) {
    for (const PlannedEvent& event : plan.events) {
      if (!event.enabled) {
        continue;
      }
      const std::string name(event.tracepoint->name);
      if (event.via == Via::kprobe) {
        const std::string probe = "wakepath_bench/" + name;
        if (auto done = write_to(kTracefs / "kprobe_events", "p:" + probe + " " + event.function);
            !done) {
          return done;
        }
        probe_ = probe;
      }
      events_.push_back(event_directory(name));
      if (events_.back().empty()) {
        return fail(ErrorKind::unsupported, "ftrace has no event " + name,
                    "mount -t tracefs tracefs " + kTracefs.string());
      }
    }
    return {};
  }

  [[nodiscard]] std::string name() const override { return "ftrace"; }

  Result<void> on() override {
    const Counted before = stored();
    before_ = {before.events - counted_.events, before.lost - counted_.lost};
    for (const fs::path& event : events_) {
      if (auto done = write_to(event / "enable", "1"); !done) {
        return done;
      }
    }
    return {};
  }

  void off() override {
    for (const fs::path& event : events_) {
      static_cast<void>(write_to(event / "enable", "0"));
    }
    const Counted now = stored();
    counted_ = {now.events - before_.events, now.lost - before_.lost};
  }

  [[nodiscard]] Counted counted() const override { return counted_; }

 private:
  static Counted stored() {
    Counted sum;
    std::error_code none;
    for (const auto& cpu : fs::directory_iterator(kTracefs / "per_cpu", none)) {
      std::ifstream in(cpu.path() / "stats");
      for (std::string word; in >> word;) {
        std::uint64_t count = 0;
        if ((word == "entries:" || word == "overrun:") && in >> count) {
          sum.events += count;
          sum.lost += word == "overrun:" ? count : 0;
        }
      }
    }
    return sum;
  }

  std::vector<fs::path> events_;
  std::string probe_;
  Counted before_;
  Counted counted_;
};

}  // namespace

std::unique_ptr<Arm> make_nothing() { return std::make_unique<Nothing>(); }

Result<std::unique_ptr<Arm>> make_empty(const capture::AttachPlan& plan) {
  auto arm = std::make_unique<Empty>();
  if (auto done = arm->load(plan); !done) {
    return tl::unexpected(done.error());
  }
  return arm;
}

std::unique_ptr<Arm> make_wakepath(capture::BpfSession& session, std::uint32_t cpus) {
  return std::make_unique<Wakepath>(session, cpus);
}

Result<std::unique_ptr<Arm>> make_ftrace(const capture::AttachPlan& plan) {
  auto arm = std::make_unique<Ftrace>();
  if (auto done = arm->find(plan); !done) {
    return tl::unexpected(done.error());
  }
  return arm;
}

}  // namespace wakepath::bench
