// SPDX-License-Identifier: GPL-2.0-or-later
// What ran on CPUs that are kept free: one finding for each thing on each CPU.
#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string_view>

#include <fmt/format.h>

#include "audit/audit_facts.hpp"
#include "findings/culprit.hpp"
#include "interrupts/irq_words.hpp"
#include "util/duration.hpp"

namespace wakepath::audit {
namespace {

using Kind = Ran::Kind;

constexpr double kResidualTicks = 1.5;  // a second: with nohz_full the kernel keeps one
constexpr std::uint64_t kNsPerSecond = 1'000'000'000;

bool is_one_of(std::string_view text, std::span<const std::string_view> all) {
  return std::ranges::find(all, text) != all.end();
}

// Interrupts that each CPU has of its own; on ARM64 they pass through handlers as others do.
bool is_per_cpu_irq(const AuditFacts& facts, const Ran& ran) {
  if (interrupts::is_per_cpu_action(ran.name)) {
    return true;
  }
  if (facts.input.irqs == nullptr) {
    return false;
  }
  const auto& rows = facts.input.irqs->rows;
  return std::ranges::any_of(rows, [&](const interrupts::IrqRow& row) {
    return row.number == ran.number && row.kind == interrupts::IrqRow::Kind::per_cpu;
  });
}

// "migration/3" on CPU 3: every CPU has its own, and they run only when asked to.
bool is_own_kthread(std::string_view name, std::uint32_t cpu) {
  constexpr std::array<std::string_view, 11> kNames{
      "migration", "cpuhp",       "ksoftirqd", "rcuc",         "rcuog",   "rcuop",
      "ktimers",   "idle_inject", "watchdog",  "backlog_napi", "irq_work"};
  const std::size_t slash = name.rfind('/');
  return slash != std::string_view::npos && is_one_of(name.substr(0, slash), kNames) &&
         name.substr(slash + 1) == fmt::format("{}", cpu);
}

// The interrupt whose handler's thread this is: "irq/16-eth0", "irq/16-s-eth0"
// (kernel/irq/manage.c, setup_irq_thread). It follows its interrupt (irq_thread_check_affinity).
std::optional<std::uint32_t> irq_of_thread(std::string_view name) {
  constexpr std::string_view kPrefix = "irq/";
  if (!name.starts_with(kPrefix)) {
    return std::nullopt;
  }
  std::uint32_t irq = 0;
  const char* const end = name.data() + name.size();
  const auto [rest, error] = std::from_chars(name.data() + kPrefix.size(), end, irq);
  return error == std::errc{} && rest != end && *rest == '-' ? std::optional(irq) : std::nullopt;
}

// Goes through what ran on each CPU that is kept.
class ActivityRules {
 public:
  explicit ActivityRules(AuditFacts& facts) : facts_(facts), observed_(*facts.input.observed) {}

  std::vector<Finding> run() {
    for (const CpuSeen& seen : observed_.cpus) {
      if (facts_.kept.contains(seen.cpu)) {
        look_at(seen);
      }
    }
    return std::move(findings_);
  }

 private:
  // On a CPU that nobody isolated others may run, unless they delay a wake.
  bool matters(const CpuSeen& seen, const Ran& ran) const {
    return ran.delayed_wakes != 0 || facts_.isolated.contains(seen.cpu);
  }

  void look_at(const CpuSeen& seen) {
    // Interrupts first: what one of them asks for goes away with it.
    for (const Ran& ran : seen.ran) {
      if (ran.kind == Kind::irq && ran.count != 0 && matters(seen, ran) &&
          !is_per_cpu_irq(facts_, ran)) {
        irq(seen, ran);
      }
    }
    for (const Ran& ran : seen.ran) {
      if (!matters(seen, ran)) {
        continue;
      }
      switch (ran.kind) {
        case Kind::tick:
          tick(seen, ran);
          break;
        case Kind::timer:
          timer(seen, ran);
          break;
        case Kind::softirq:
          softirq(seen, ran);
          break;
        case Kind::work:
          work(seen, ran);
          break;
        case Kind::task:
        case Kind::kthread:
          thread(seen, ran);
          break;
        default:
          break;
      }
    }
  }

  static std::string figures(const Ran& ran) {
    std::string text = ran.count == 1
                           ? fmt::format("once, for {}", format_duration(ran.ns))
                           : fmt::format("{} times, {} in all, {} at the longest", ran.count,
                                         format_duration(ran.ns), format_duration(ran.longest_ns));
    if (ran.delayed_wakes != 0) {
      text += fmt::format("; delayed {} {} by {}, one by {}", ran.delayed_wakes,
                          ran.delayed_wakes == 1 ? "wake" : "wakes", format_duration(ran.delay_ns),
                          format_duration(ran.longest_delay_ns));
    }
    return text;
  }

  // The one culprit of the wakes' blame that this is, where nearly all of its blame is of this CPU:
  // only then what it gives without it is what mending this finding gives.
  const BlameRow* culprit(const Ran& ran) const {
    constexpr double kNearly = 0.9;
    const BlameRow* found = nullptr;
    for (const BlameRow& row : observed_.blame.rows) {
      const bool is_it =
          is_thread(ran.kind) ? row.kind == BlameKind::task && row.tid == ran.number
          : ran.kind == Kind::irq
              ? row.kind == BlameKind::hardirq && row.interrupt && row.interrupt->irq == ran.number
              : ran.kind == Kind::softirq && row.kind == BlameKind::softirq && row.what == ran.name;
      if (is_it && found != nullptr) {
        return nullptr;
      }
      found = is_it ? &row : found;
    }
    const auto nearly = [](std::uint64_t part, std::uint64_t whole) {
      return static_cast<double>(part) >= kNearly * static_cast<double>(whole);
    };
    const bool of_here =
        found != nullptr && nearly(ran.delay_ns, found->ns) && nearly(found->ns, ran.delay_ns);
    return of_here ? found : nullptr;
  }
  static bool is_thread(Kind kind) { return kind == Kind::task || kind == Kind::kthread; }

  void add_effect(Finding& found, const Ran& ran) const {
    const BlameRow* const row = culprit(ran);
    if (row == nullptr) {
      return;
    }
    const BlameGroup& all = observed_.blame;
    found.effect = {all.p50_ns, row->p50_without_ns, all.p99_ns, row->p99_without_ns, row->wakes};
    if (const std::string gain = findings::gain_text(found.effect); !gain.empty()) {
      found.text += fmt::format("; without it {}", gain);
    }
  }

  Finding& add(std::string_view rule, const CpuSeen& seen, const Ran& ran, Severity severity,
               std::string_view what) {
    Finding& found = findings_.emplace_back();
    const bool worse = severity == Severity::warning && ran.delayed_wakes != 0 &&
                       facts_.isolated.contains(seen.cpu);
    found.severity = worse ? Severity::error : severity;
    found.rule = rule;
    found.confidence = observed_.totals.cut ? Confidence::medium : Confidence::high;
    found.subject.cpus = std::to_string(seen.cpu);
    found.text = fmt::format("CPU {}: {} {}", seen.cpu, what, figures(ran));
    found.evidence = {{"name", ran.name},
                      {"count", ran.count},
                      {"ns", ran.ns},
                      {"longest_ns", ran.longest_ns},
                      {"delayed_wakes", ran.delayed_wakes},
                      {"delay_ns", ran.delay_ns},
                      {"longest_delay_ns", ran.longest_delay_ns}};
    if (const VcpuSeen* owner = owner_of(seen.cpu)) {
      found.subject.vm = owner->who.vm;
      found.subject.vm_pid = owner->who.vm_pid;
    }
    add_effect(found, ran);
    return found;
  }

  // The VM whose vCPUs have this CPU, if it is one alone.
  const VcpuSeen* owner_of(std::uint32_t cpu) const {
    const VcpuSeen* owner = nullptr;
    for (const VcpuSeen& vcpu : observed_.vcpus) {
      if (std::ranges::find(vcpu.cpus, cpu) == vcpu.cpus.end()) {
        continue;
      }
      if (owner != nullptr && owner->who.vm_pid != vcpu.who.vm_pid) {
        return nullptr;
      }
      owner = &vcpu;
    }
    return owner;
  }

  void irq(const CpuSeen& seen, const Ran& ran) {
    facts_.seen_irqs.insert(ran.number);
    Finding& found = add("ran_irq", seen, ran, Severity::warning,
                         fmt::format("irq {} ({}) came", ran.number, named(ran.name)));
    found.evidence.emplace_back("irq", std::uint64_t{ran.number});
    found.subject.irq = std::to_string(ran.number);
    found.fixes = {move_irq(ran.number, ran.name, facts_)};
  }

  void tick(const CpuSeen& seen, const Ran& ran) {
    if (observed_.totals.duration_ns == 0) {
      return;
    }
    const double rate = static_cast<double>(ran.count) * static_cast<double>(kNsPerSecond) /
                        static_cast<double>(observed_.totals.duration_ns);
    const bool promised = facts_.input.settings != nullptr && facts_.input.settings->nohz_full &&
                          facts_.input.settings->nohz_full->contains(seen.cpu);
    if (rate <= kResidualTicks || !facts_.isolated.contains(seen.cpu)) {
      return;
    }
    Finding& found =
        add("ran_tick", seen, ran, promised ? Severity::warning : Severity::info,
            fmt::format("the tick came{}", promised ? ", in spite of nohz_full," : ""));
    found.fixes = {promised ? findings::find_tick_keeper(seen.cpu)
                            : findings::kernel_option("nohz_full=" + facts_.isolated.text())};
  }

  // Most timers belong to what runs there; the name of another one says where it comes from.
  void timer(const CpuSeen& seen, const Ran& ran) {
    if (ran.delayed_wakes != 0) {
      add("ran_timer", seen, ran, Severity::info, fmt::format("timer {} ran", named(ran.name)))
          .fixes = {findings::no_command("a timer runs on the CPU of the task that started it")};
    }
  }

  void softirq(const CpuSeen& seen, const Ran& ran) {
    constexpr std::array<std::string_view, 4> kKernels{"TIMER", "SCHED", "HRTIMER", "RCU"};
    const bool kernels = is_one_of(ran.name, kKernels);
    if (kernels && ran.delayed_wakes == 0) {
      return;
    }
    const bool told = ran.by_irq && facts_.seen_irqs.contains(*ran.by_irq);
    Finding& found =
        add("ran_softirq", seen, ran, kernels || told ? Severity::info : Severity::warning,
            fmt::format("softirq {}{} ran", ran.name,
                        ran.by_irq ? fmt::format(", raised by irq {},", *ran.by_irq) : ""));
    if (told) {
      found.fixes = {move_irq(*ran.by_irq, {}, facts_)};
    } else if (ran.name.starts_with("NET_")) {
      found.fixes = {findings::steer_packets(facts_.others)};
    } else {
      found.fixes = {findings::no_command("the kernel asks for it on that CPU: nothing moves it")};
    }
  }

  void work(const CpuSeen& seen, const Ran& ran) {
    if (ran.count == 0) {
      return;
    }
    // The kernel's own statistics of each CPU where something runs (mm/vmstat.c,
    // kernel/sched/psi.c).
    const bool statistics = ran.name == "vmstat_update";
    const bool pressure = ran.name == "psi_avgs_work";
    // It follows work that somebody waits for, which has a finding of its own (kernel/workqueue.c).
    const bool barrier = ran.name == "wq_barrier_func";
    const auto irq = irq_behind(seen, ran);
    const bool told = irq && facts_.seen_irqs.contains(*irq);
    Finding& found =
        add("ran_work", seen, ran,
            statistics || pressure || barrier || told ? Severity::info : Severity::warning,
            fmt::format("{} executed {}{}", named(ran.worker), named(ran.name),
                        ran.by.empty() ? "" : ", queued by " + ran.by + ","));
    found.evidence.emplace_back("worker", ran.worker);
    if (!ran.by.empty()) {
      found.evidence.emplace_back("queued_by", ran.by);
    }
    found.fixes = {statistics ? findings::sysctl("vm.stat_interval", "120")
                   : pressure ? findings::kernel_option("psi=0")
                              : work_fix(seen, ran)};
  }

  // The interrupt of this CPU that asked for the work, itself or by its thread.
  static std::optional<std::uint32_t> irq_behind(const CpuSeen& seen, const Ran& work) {
    if (work.by_cpu != seen.cpu) {
      return std::nullopt;
    }
    const auto asked = [&](const Ran& ran) {
      return work.by_tid != 0 && ran.kind == Kind::kthread && ran.number == work.by_tid;
    };
    const auto found = std::ranges::find_if(seen.ran, asked);
    return found == seen.ran.end() ? work.by_irq : irq_of_thread(found->name);
  }

  Fix work_fix(const CpuSeen& seen, const Ran& ran) const {
    if (ran.worker.starts_with("kworker/u")) {
      const auto* const settings = facts_.input.settings;
      return findings::move_unbound_work(
          facts_.others,
          settings == nullptr ? CpuSet{} : settings->workqueue_cpus.value_or(CpuSet{}));
    }
    if (const auto irq = irq_behind(seen, ran)) {
      return move_irq(*irq, {}, facts_);
    }
    // Its kworker has to run there: the task that asks for it can be moved.
    return ran.by_tid == 0
               ? findings::no_command("the kernel queues it for that CPU: nothing moves it")
           : ran.by_cpu == seen.cpu
               ? findings::pin_threads({pinned_now(ran.by_tid, facts_)}, facts_.others)
               : findings::show_task(ran.by_tid, "end what asks for it: its work has to run there");
  }

  // A thread that is pinned there, as the settings have it; null: not among them.
  const host::Thread* pinned(std::uint32_t tid) const {
    if (facts_.input.settings == nullptr) {
      return nullptr;
    }
    const auto& all = facts_.settings().threads.pinned;
    const auto found = std::ranges::find(all, tid, &host::Thread::tid);
    return found == all.end() ? nullptr : &*found;
  }

  // Has a CPU without vCPUs for itself, and uses it all the time.
  bool polls(const CpuSeen& seen, const Ran& ran) const {
    constexpr std::uint64_t kMost = 10;
    return ran.kind == Kind::task && owner_of(seen.cpu) == nullptr &&
           !facts_.vcpu_cpus.contains(seen.cpu) &&
           ran.ns / (kMost - 1) >= observed_.totals.duration_ns / kMost;
  }

  void thread(const CpuSeen& seen, const Ran& ran) {
    const host::Thread* const known = pinned(ran.number);
    const std::string name = ran.name.empty() && known != nullptr ? known->comm : ran.name;
    // The findings of its work items say what a kworker does.
    const auto& self = facts_.input.self;
    if (ran.number == 0 || std::ranges::find(self, ran.number) != self.end() ||
        name.starts_with("kworker/") || is_own_kthread(name, seen.cpu) || polls(seen, ran)) {
      return;
    }
    facts_.seen_tids.insert(ran.number);
    const bool kernel = ran.kind == Kind::kthread;
    const auto irq = irq_of_thread(kernel ? std::string_view{name} : std::string_view{});
    const bool told = irq && facts_.seen_irqs.contains(*irq);
    Finding& found = add("ran_task", seen, ran, told ? Severity::info : Severity::warning,
                         fmt::format("{}{} (tid {}) ran", kernel ? "kernel thread " : "",
                                     name.empty() ? "a thread" : name, ran.number));
    found.evidence.emplace_back("tid", std::uint64_t{ran.number});
    found.subject.tid = ran.number;
    found.subject.comm = name;
    found.fixes = {irq ? move_irq(*irq, {}, facts_)
                       : findings::pin_threads({pinned_now(ran.number, facts_)}, facts_.others)};
  }

  static std::string_view named(std::string_view name) { return name.empty() ? "?" : name; }

  AuditFacts& facts_;
  const Observed& observed_;
  std::vector<Finding> findings_;
};

}  // namespace

std::span<const ObservedRule> observed_rules() {
  using enum Severity;
  static constexpr std::array kRules{
      ObservedRule{"ran_irq", "irq_handler_entry", error},
      ObservedRule{"ran_task", "sched_switch", error},
      ObservedRule{"ran_work", "workqueue_execute_start", error},
      ObservedRule{"ran_softirq", "softirq_entry", error},
      ObservedRule{"ran_tick", "hrtimer_expire_entry", error},
      ObservedRule{"ran_timer", "hrtimer_expire_entry", info},
  };
  return kRules;
}

std::vector<Finding> judge_observed(AuditFacts& facts) { return ActivityRules(facts).run(); }

}  // namespace wakepath::audit
