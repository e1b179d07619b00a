// SPDX-License-Identifier: GPL-2.0-or-later
#include "present/page_cells.hpp"

#include <algorithm>
#include <functional>

#include <fmt/format.h>

#include "analysis/histogram.hpp"
#include "findings/culprit.hpp"
#include "present/view.hpp"
#include "util/duration.hpp"
#include "util/escape.hpp"

namespace wakepath::present {

namespace {

std::string vcpu_text(const LatencyRow& row) {
  const std::string vm = row.vm == "?" ? "unknown VM" : escape_terminal(row.vm);
  return vm + vm_suffix(row.vm_pid, row.tid) + (row.vcpu ? fmt::format(" vCPU {}", *row.vcpu) : "");
}

// "500us": the bounds are 1, 2 or 5 and zeros.
std::string bound(std::uint64_t ns) {
  constexpr std::uint64_t kMicro = 1'000;
  constexpr std::uint64_t kMilli = 1'000'000;
  constexpr std::uint64_t kSecond = 1'000'000'000;
  return ns < kMicro    ? fmt::format("{}ns", ns)
         : ns < kMilli  ? fmt::format("{}us", ns / kMicro)
         : ns < kSecond ? fmt::format("{}ms", ns / kMilli)
                        : fmt::format("{}s", ns / kSecond);
}

}  // namespace

std::string quantile_cell(const LatencyRow& row, double q, std::uint64_t ns, bool& marked) {
  const bool carried = row.count >= analysis::needed_for_quantile(q);
  marked = marked || !carried;
  return carried ? format_duration(ns) : std::string("*");
}

std::string key_cell(const LatencyRow& row, Ranking by) {
  switch (by) {
    case Ranking::vm:
    case Ranking::vcpu:
      return vcpu_text(row);
    case Ranking::stage:
      return stage_label(row.stage);
    case Ranking::path:
    case Ranking::root:
    case Ranking::cpu:
      break;
  }
  return escape_terminal(row.path);
}

std::string culprit_cell(const BlameRow& row) {
  switch (row.kind) {
    case BlameKind::task:
      return escape_terminal(row.what);
    case BlameKind::hardirq:
      return "irq " + escape_terminal(row.what);
    default:
      return escape_terminal(findings::culprit_name(row));
  }
}

const LatencyRow* stage_row(const Summary& summary, StageKind stage) {
  const auto found = std::ranges::find_if(summary.latency, [stage](const LatencyRow& row) {
    return row.vm == "*" && row.path == "*" && row.stage == name_of(stage);
  });
  return found == summary.latency.end() ? nullptr : &*found;
}

std::string most_share(const BlameGroup& group) {
  return group.rows.empty()
             ? ""
             : fmt::format(" {:.0f}%",
                           static_cast<double>(group.rows.front().ns) * 100 /
                               static_cast<double>(std::max<std::uint64_t>(group.ns, 1)));
}

std::vector<const BlameGroup*> stages_by_time(const Summary& summary) {
  std::vector<const BlameGroup*> stages;
  for (const BlameGroup& group : summary.blame) {
    if (group.stage) {
      stages.push_back(&group);
    }
  }
  std::ranges::stable_sort(stages, std::ranges::greater{},
                           [](const BlameGroup* group) { return group->ns; });
  return stages;
}

std::string spread_cell(const SpreadRow& row) {
  return !row.below_ns      ? ">=" + bound(row.from_ns)
         : row.from_ns == 0 ? "<" + bound(*row.below_ns)
                            : fmt::format("{}-{}", bound(row.from_ns), bound(*row.below_ns));
}

std::string vms_cell(const InterruptLoad& load) {
  constexpr std::size_t kShown = 3;
  constexpr std::size_t kColumns = 16;
  std::string text;
  for (std::size_t i = 0; i < std::min(kShown, load.vms.size()); ++i) {
    const std::string& vm = load.vms[i].vm;
    text += (i == 0 ? "" : ", ") + (vm == "?" ? vm : shorten(escape_terminal(vm), kColumns)) +
            vm_suffix(load.vms[i].vm_pid, load.vms[i].tid);
  }
  return text + (load.vms.size() > kShown ? ", …" : "");
}

}  // namespace wakepath::present
