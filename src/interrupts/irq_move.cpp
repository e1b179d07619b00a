// SPDX-License-Identifier: GPL-2.0-or-later
#include "interrupts/irq_move.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <map>
#include <string_view>

#include <fmt/format.h>

namespace wakepath::interrupts {
namespace {

constexpr const char* kKeepOff =
    "isolcpus=managed_irq,LIST on the kernel's command line keeps managed interrupts off CPUs";

Result<void> check_cpus(const CpuSet& wanted, const host::Cpus& cpus) {
  if (wanted.empty()) {
    return fail(ErrorKind::usage, "no CPU to move it to", "--cpu 0-3,8");
  }
  for (const std::uint32_t cpu : wanted.list()) {
    if (cpus.online.contains(cpu)) {
      continue;
    }
    if (cpu >= cpus.possible) {
      return fail(ErrorKind::usage, fmt::format("there is no CPU {} here", cpu),
                  "one of " + cpus.online.text());
    }
    return fail(ErrorKind::usage, fmt::format("CPU {} is offline, no interrupt can go there", cpu),
                fmt::format("one of {}; or echo 1 >/sys/devices/system/cpu/cpu{}/online",
                            cpus.online.text(), cpu));
  }
  return {};
}

Result<void> check_movable(const IrqRow& row) {
  const auto nobody = [&](const char* why, const char* fix = "") {
    return fail(ErrorKind::unsupported, irq_text(row) + " can't be moved: " + why, fix);
  };
  switch (row.kind) {
    case IrqRow::Kind::ipi:
      return nobody("it is sent by a CPU to another one");
    case IrqRow::Kind::error:
      return nobody("it is a count of errors");
    case IrqRow::Kind::per_cpu:
      return nobody("each CPU has its own");
    case IrqRow::Kind::device:
      break;
  }
  if (row.managed == true) {
    return nobody("it is managed, the kernel alone chooses its CPUs", kKeepOff);
  }
  if (row.movable == false) {
    return nobody("the kernel gives nobody the right to");
  }
  if (row.affinity.empty()) {
    return fail(ErrorKind::bad_input,
                fmt::format("can't read /proc/irq/{}/smp_affinity_list: nobody would know the way "
                            "back",
                            row.label));
  }
  return {};
}

Result<std::vector<IrqRow>> rows_of(IrqReport report, const MoveWanted& wanted) {
  if (!wanted.irq.empty()) {
    std::erase_if(report.rows, [&](const IrqRow& row) { return row.label != wanted.irq; });
    if (report.rows.empty()) {
      return fail(ErrorKind::usage, "no IRQ '" + wanted.irq + "' here",
                  "wakepath irqs --all lists them");
    }
    return std::move(report.rows);
  }
  IrqSelection selection;
  selection.devices = {wanted.device};
  if (auto selected = select(report, selection); !selected) {
    return tl::unexpected(selected.error());
  }
  if (report.rows.empty()) {
    return fail(ErrorKind::usage, "device '" + wanted.device + "' has no interrupt here");
  }
  return std::move(report.rows);
}

// Does it carry data? Other interrupts tell of a change of link or settings, or of commands.
bool is_queue(const IrqRow& row) {
  constexpr std::array<std::string_view, 3> kVirtio{"config", "control", "event"};
  constexpr std::array<std::string_view, 3> kMlx5{"async", "cmd", "pages"};
  const std::string_view queue = row.queue;
  const bool admin = row.name.starts_with("nvme") && queue == "0";
  return !queue.empty() && !admin && std::ranges::find(kVirtio, queue) == kVirtio.end() &&
         std::ranges::none_of(kMlx5, [&](auto word) { return queue.starts_with(word); });
}

// "input.3" -> "input.": queues that are counted together.
std::string kind_of(const std::string& queue) {
  return queue.substr(0, queue.find_last_not_of("0123456789") + 1);
}

void spread(std::vector<IrqMove>& moves, const std::vector<std::uint32_t>& cpus) {
  // Where no interrupt of a device names a queue, all of them are taken for queues.
  const bool named =
      std::ranges::any_of(moves, [](const IrqMove& move) { return is_queue(move.row); });
  std::map<std::string, std::size_t> counted;
  for (IrqMove& move : moves) {
    std::size_t turn = 0;
    if (!named || is_queue(move.row)) {
      turn = counted[named ? kind_of(move.row.queue) : std::string{}]++;
    }
    move.cpus = {};
    move.cpus.add(cpus[turn % cpus.size()]);
  }
}

bool lies_in(std::string_view list, const CpuSet& cpus) {
  const auto set = CpuSet::parse(list);
  return set && !set->empty() &&
         std::ranges::all_of(set->list(), [&](std::uint32_t cpu) { return cpus.contains(cpu); });
}

}  // namespace

std::string irq_text(const IrqRow& row) {
  return (row.number ? "IRQ " : "") + row.label + (row.name.empty() ? "" : " (" + row.name + ")");
}

Result<std::vector<IrqMove>> plan_moves(IrqReport report, const MoveWanted& wanted,
                                        const host::Cpus& cpus) {
  auto rows = rows_of(std::move(report), wanted);
  if (!rows) {
    return tl::unexpected(rows.error());
  }
  if (auto good = check_cpus(wanted.cpus, cpus); !good) {
    return tl::unexpected(good.error());
  }
  std::vector<IrqMove> moves;
  for (IrqRow& row : *rows) {
    if (auto movable = check_movable(row); !movable) {
      return tl::unexpected(movable.error());
    }
    moves.push_back({std::move(row), wanted.cpus});
  }
  if (wanted.spread) {
    spread(moves, wanted.cpus.list());
  }
  return moves;
}

Error open_refused(const IrqRow& row, int error, const std::string& again) {
  const std::string file = fmt::format("/proc/irq/{}/smp_affinity_list", row.label);
  switch (error) {
    case EACCES:
    case EPERM:
      return {ErrorKind::not_permitted, "only root may write " + file, "sudo " + again};
    case EROFS:
      return {ErrorKind::not_permitted, file + " is read-only here, as in a container",
              "run it on the host itself"};
    case ENOENT:
      return {ErrorKind::usage, irq_text(row) + " is gone: there is no " + file, ""};
    default:
      return {ErrorKind::unsupported, fmt::format("can't write {}: {}", file, std::strerror(error)),
              ""};
  }
}

Error write_refused(const IrqRow& row, int error) {
  const auto refused = [&](const char* name, const char* why, const char* fix = "") {
    return Error{ErrorKind::unsupported,
                 fmt::format("the kernel does not move {} ({}): {}", irq_text(row), name, why),
                 fix};
  };
  switch (error) {
    case EIO:
    case EPERM:  // since 6.12; the file was open already, so it is not that we may not
      return refused(error == EIO ? "EIO" : "EPERM",
                     "it is managed, as queues of disks often are, or kept where it is, or its "
                     "controller can't move any; the kernel does not say which",
                     kKeepOff);
    case EINVAL:
      return refused("EINVAL", "its controller takes none of these CPUs");
    case ENOSPC:
      return refused("ENOSPC", "these CPUs have no interrupt vector left",
                     "other CPUs, or fewer queues");
    case EBUSY:
      return refused("EBUSY", "the move before this one ends with its next interrupt",
                     "once more, later");
    default:
      return refused(std::strerror(error), "the kernel does not say why");
  }
}

std::optional<std::vector<host::CpuCount>> came_since(
    const std::optional<std::vector<host::CpuCount>>& before,
    const std::optional<std::vector<host::CpuCount>>& now) {
  if (!before || !now) {
    return std::nullopt;
  }
  std::vector<host::CpuCount> came;
  for (const host::CpuCount& one : *now) {
    const auto earlier = std::ranges::find(*before, one.cpu, &host::CpuCount::cpu);
    const std::uint64_t start = earlier == before->end() ? 0 : earlier->count;
    if (one.count > start) {
      came.push_back({one.cpu, one.count - start});
    }
  }
  return came;
}

bool came_as_asked(const MoveOutcome& outcome) {
  return outcome.came && std::ranges::any_of(*outcome.came, [&](const host::CpuCount& one) {
           return outcome.move.cpus.contains(one.cpu);
         });
}

MoveJudgement judge(const MoveOutcome& outcome) {
  const std::string irq = irq_text(outcome.move.row);
  const std::string asked = outcome.move.cpus.text();
  if (!outcome.written) {
    return {};
  }
  const auto now = CpuSet::parse(outcome.affinity);
  if (!now || now->text() != asked) {
    return {true, fmt::format("{} was sent to CPU {}, and may go to {}", irq, asked,
                              outcome.affinity.empty() ? "?" : outcome.affinity)};
  }
  const bool inside = lies_in(outcome.effective, outcome.move.cpus);
  std::uint64_t elsewhere = 0;
  CpuSet there;
  for (const host::CpuCount& one : outcome.came.value_or(std::vector<host::CpuCount>{})) {
    if (!outcome.move.cpus.contains(one.cpu)) {
      elsewhere += one.count;
      there.add(one.cpu);
    }
  }
  if (!inside && !outcome.effective.empty() && elsewhere == 0 && !came_as_asked(outcome)) {
    return {false, fmt::format("{} still goes to CPU {}: where a controller moves an interrupt "
                               "only when it comes, that is so until the next one",
                               irq, outcome.effective)};
  }
  if (!inside && !outcome.effective.empty()) {
    return {true,
            fmt::format("{} was sent to CPU {}, and goes to {}", irq, asked, outcome.effective)};
  }
  // Some controllers move an interrupt only when it comes: that one still goes to the old CPU.
  if (!came_as_asked(outcome) && elsewhere != 0) {
    return {
        elsewhere > 1 || outcome.effective.empty(),
        fmt::format("{} was sent to CPU {}, and came to {} since then", irq, asked, there.text())};
  }
  return {};
}

}  // namespace wakepath::interrupts
