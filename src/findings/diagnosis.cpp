// SPDX-License-Identifier: GPL-2.0-or-later
#include "findings/diagnosis.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "findings/culprit.hpp"
#include "util/cpu_set.hpp"
#include "util/duration.hpp"

namespace wakepath::findings {

namespace {

constexpr std::uint64_t kNeededForMedian = 2;
constexpr std::uint64_t kNeededForP99 = 100;

std::vector<Piece> pieces_of(const WakeChain& wake, const Usual& usual) {
  std::vector<Piece> pieces;
  for (const Stage& stage : wake.stages) {
    Piece piece;
    piece.wake = &wake;
    piece.stage = &stage;
    piece.usual_ns = usual.stage_p50_ns[static_cast<std::size_t>(stage.kind)];
    piece.user_exits = std::ranges::any_of(wake.marks, [&stage](const Mark& mark) {
      return mark.kind == MarkKind::user_exit && mark.at_ns >= stage.begin_ns &&
             mark.at_ns <= stage.end_ns;
    });
    std::uint64_t left = stage.end_ns - stage.begin_ns;
    for (const Blame& blame : stage.blame) {
      const std::uint64_t ns = std::min(left, blame.ns);
      piece.blame = &blame;
      piece.asleep = true;
      piece.kind = BlameKind::unexplained;
      piece.ns = std::min(ns, blame.asleep_ns);
      pieces.push_back(piece);
      piece.asleep = false;
      piece.kind = blame.kind;
      piece.ns = ns - piece.ns;
      pieces.push_back(piece);
      left -= ns;
    }
    piece.blame = nullptr;
    piece.kind = BlameKind::unexplained;
    piece.ns = left;
    pieces.push_back(piece);
  }
  std::erase_if(pieces, [](const Piece& piece) { return piece.ns == 0; });
  return pieces;
}

std::string list_stages(const std::vector<const Piece*>& pieces) {
  std::vector<std::string_view> names;
  for (const Piece* const piece : pieces) {
    if (const auto name = name_of(piece->stage->kind);
        std::ranges::find(names, name) == names.end()) {
      names.push_back(name);
    }
  }
  return fmt::format("{}", fmt::join(names, ", "));
}

Cause cause_of(const DiagnosisRule& rule, const std::vector<const Piece*>& pieces,
               const WakeChain& wake) {
  Cause cause{&rule, 0, {}};
  CpuSet cpus;
  for (const Piece* const piece : pieces) {
    cause.ns += piece->ns;
    cpus.add(piece->stage->cpu);
  }
  const Piece& longest =
      **std::ranges::max_element(pieces, {}, [](const Piece* piece) { return piece->ns; });
  Finding& finding = cause.finding;
  finding.rule = std::string(rule.name);
  finding.severity = Severity::info;
  finding.confidence = rule.confidence;
  finding.subject.vm = wake.who.vm == "?" ? std::string() : wake.who.vm;
  finding.subject.vm_pid = wake.who.vm_pid;
  finding.subject.vcpu = wake.who.vcpu;
  finding.subject.cpus = cpus.text();
  if (longest.kind == BlameKind::task) {
    finding.subject.tid = longest.blame->tid;
    finding.subject.comm = thread_of(longest.blame->what);
  }
  if (longest.blame != nullptr && longest.blame->interrupt) {
    finding.subject.irq = std::to_string(longest.blame->interrupt->irq);
    finding.subject.device = longest.blame->interrupt->device_or_address();
  }
  finding.text = rule.text(longest);
  finding.evidence = {
      {"ns", cause.ns},
      {"of_ns", wake.total_ns()},
      {"wake", wake.id},
      {"stages", list_stages(pieces)},
      {"settles", rule.settles.empty() ? FigureValue{} : FigureValue(std::string(rule.settles))}};
  if (rule.fix != nullptr) {
    finding.fixes = {rule.fix(longest)};
  }
  return cause;
}

bool is_alike(const Piece& a, const Piece& b) {
  const bool named = a.blame != nullptr && b.blame != nullptr;
  return a.kind == b.kind && a.stage->cpu == b.stage->cpu &&
         (!named || a.kind == BlameKind::self ||
          (a.blame->what == b.blame->what && a.blame->tid == b.blame->tid));
}

// All stages slow alike, in its own code: a slow clock, or an emulated CPU.
bool is_slow_everywhere(const WakeChain& wake, const Usual& usual) {
  std::size_t slow = 0;
  for (const Stage& stage : wake.stages) {
    const auto usual_ns = usual.stage_p50_ns[static_cast<std::size_t>(stage.kind)];
    std::uint64_t own = 0;
    for (const Blame& blame : stage.blame) {
      own += blame.kind == BlameKind::self ? blame.ns : 0;
    }
    if (!usual_ns || own < 2 * *usual_ns) {
      return false;
    }
    ++slow;
  }
  return slow >= 3;
}

// By how little halt polling missed it; empty: it did not poll, or by more than it polled.
std::string missed_poll(const WakeChain& wake) {
  constexpr std::uint64_t kLeastPolledNs = 5'000;  // less is the way to sleep
  if (!wake.polled_ns || !wake.blocked_ns || *wake.polled_ns < kLeastPolledNs ||
      *wake.blocked_ns > *wake.polled_ns) {
    return "";
  }
  return fmt::format(
      "Halt polling missed it by little: the vCPU polled for {} and slept, and was woken {} later. "
      "A window of {} would have met it (halt_poll_ns is its limit).",
      format_duration(*wake.polled_ns), format_duration(*wake.blocked_ns),
      format_duration(*wake.polled_ns + *wake.blocked_ns));
}

}  // namespace

Diagnosis diagnose(const WakeChain& wake, const Usual& usual) {
  Diagnosis out;
  std::vector<Piece> pieces = pieces_of(wake, usual);
  std::vector<bool> taken(pieces.size());
  for (const DiagnosisRule& rule : diagnosis_rules()) {
    bool any = false;
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      if (taken[i] || !rule.fits(pieces[i])) {
        continue;
      }
      // One cause a culprit, and no line twice.
      std::vector<const Piece*> same;
      for (std::size_t j = i; j < pieces.size(); ++j) {
        if (!taken[j] && rule.fits(pieces[j]) &&
            (is_alike(pieces[i], pieces[j]) || rule.text(pieces[i]) == rule.text(pieces[j]))) {
          taken[j] = true;
          same.push_back(&pieces[j]);
        }
      }
      out.causes.push_back(cause_of(rule, same, wake));
      any = true;
    }
    if (!any) {
      out.not_it.push_back(rule.about);
    }
  }
  std::ranges::stable_sort(out.causes, std::ranges::greater{}, &Cause::ns);
  for (const Piece& piece : pieces) {
    out.own_ns += piece.kind == BlameKind::self ? piece.ns : 0;
  }
  if (wake.flags.has(Flag::migrated)) {
    out.remarks.emplace_back(
        "The vCPU moved to another CPU on its way: pin it, or its caches go cold.");
  }
  if (wake.flags.has(Flag::halt_poll)) {
    out.remarks.emplace_back("Halt polling met the wake: the vCPU never slept.");
  }
  if (const std::string missed = missed_poll(wake); !missed.empty()) {
    out.remarks.push_back(missed);
  }
  if (wake.flags.has(Flag::restarted_timer)) {
    out.remarks.emplace_back(
        "Its timer had fired before in this sleep, too early by the guest's time.");
  }
  if (wake.flags.has(Flag::lossy) || wake.flags.has(Flag::missed_program)) {
    out.remarks.emplace_back(
        "Events were lost in its time: a step may be missing, and blame wrong.");
  }
  if (wake.flags.has(Flag::no_root) || wake.flags.has(Flag::cut)) {
    out.remarks.emplace_back(
        "What caused the wake was not seen: its total begins later than the wake.");
  }
  if (is_slow_everywhere(wake, usual)) {
    out.remarks.emplace_back(
        "Each stage took twice as long as usual in its own code: a low clock frequency, or an "
        "emulated CPU. cpupower frequency-info tells the first.");
  }
  return out;
}

Usual usual_of(const WakeChain& wake, const std::vector<LatencyRow>& rows) {
  const auto is_its = [&wake](const LatencyRow& row) {
    const bool thread = !row.tid || *row.tid == wake.who.tid;
    const bool vm = !row.vm_pid || row.vm_pid == wake.who.vm_pid;
    return row.vm == wake.who.vm && row.vcpu == wake.who.vcpu && row.path == wake.path && thread &&
           vm;
  };
  const auto is_all = [](const LatencyRow& row) { return row.vm == "*" && row.path == "*"; };
  const bool own = std::ranges::any_of(rows, is_its);
  Usual usual;
  for (const LatencyRow& row : rows) {
    if (!(own ? is_its(row) : is_all(row)) || row.count < kNeededForMedian) {
      continue;
    }
    if (row.stage.starts_with("total") && row.count > usual.wakes) {
      usual.wakes = row.count;
      usual.p50_ns = row.p50_ns;
      usual.p99_ns = row.count >= kNeededForP99 ? std::optional(row.p99_ns) : std::nullopt;
    }
    for (std::size_t kind = 0; kind < kStageKinds; ++kind) {
      if (row.stage == name_of(static_cast<StageKind>(kind))) {
        usual.stage_p50_ns[kind] = row.p50_ns;
      }
    }
  }
  return usual;
}

}  // namespace wakepath::findings
