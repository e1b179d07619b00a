// SPDX-License-Identifier: GPL-2.0-or-later
// Screens of `irqs --watch` and `audit --watch` without a terminal, at three sizes, of looks at a
// made-up host. watch/NAME has the expected text; WAKEPATH_GOLDEN_UPDATE=1 writes it anew.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "screen/audit_watch.hpp"
#include "screen/irq_watch.hpp"

namespace wakepath::testing {

namespace {

namespace fs = std::filesystem;
using screen::WatchScreen;

constexpr std::uint64_t kNsInSecond = 1'000'000'000;
// The end of a name that clears a terminal, turns text around, and is wider than its columns.
constexpr std::string_view kHostileName = "\x1b[2J\u202eexe.\u4e2d\u6587\u4e2d\u6587";

// A host with 96 CPUs and a device with a queue for each of the first 70.
interrupts::IrqReport irqs_at(std::uint64_t look) {
  constexpr std::uint32_t kCpus = 96;
  constexpr std::uint32_t kQueues = 70;
  interrupts::IrqReport report;
  for (std::uint32_t cpu = 0; cpu < kCpus; ++cpu) {
    report.cpus.push_back(cpu);
  }
  const auto add = [&](std::string label, std::string name, std::uint32_t cpu, std::uint64_t rate) {
    interrupts::IrqRow row;
    row.label = std::move(label);
    row.name = std::move(name);
    row.counts = {{cpu, 1000 + rate * look}};
    row.total = row.counts.front().count;
    row.rate = look == 0 ? 0 : static_cast<double>(rate);
    row.affinity = "0-95";
    row.effective = std::to_string(cpu);
    report.rows.push_back(std::move(row));
    return &report.rows.back();
  };
  for (std::uint32_t queue = 0; queue < kQueues; ++queue) {
    interrupts::IrqRow& row =
        *add(std::to_string(40 + queue), fmt::format("mlx5_comp{}@pci:0000:04:00.0", queue), queue,
             std::uint64_t{queue} * queue * 37 % 100'000);
    row.names = {fmt::format("eth1-{}", queue)};
    row.driver = "mlx5_core";
    row.device = "Mellanox Technologies MT27800 Family [ConnectX-5]";
    row.managed = true;
  }
  report.rows.front().effective = look < 2 ? "0" : "95";
  add("200", std::string(kHostileName), 3, 12);
  add("IPI0", "Rescheduling interrupts", 1, 250'000)->kind = interrupts::IrqRow::Kind::ipi;
  if (look != 0) {
    constexpr std::uint64_t kEach = 10'000'000'000;
    interrupts::IrqRow& spread = *add("201", "everywhere", 0, 0);
    spread.counts.clear();
    for (std::uint32_t cpu = 0; cpu < kCpus; ++cpu) {
      spread.counts.push_back({cpu, look * (kEach + cpu * 1'000'000ULL)});
    }
    spread.driver = "genirq";
    spread.about = "comes to each CPU";
    spread.total = kCpus * kEach * look;
    spread.rate = look == 1 ? 0 : static_cast<double>(kCpus * kEach);
  }
  return report;
}

Finding found(std::string_view rule, std::uint32_t cpu, std::string name, std::uint64_t count,
              Severity severity) {
  Finding finding;
  finding.rule = rule;
  finding.severity = severity;
  finding.subject.cpus = std::to_string(cpu);
  finding.text = fmt::format("CPU {}: {} ran {} times", cpu, name, count);
  finding.evidence = {{"name", std::move(name)},
                      {"count", count},
                      {"ns", count * 1'500},
                      {"longest_ns", std::uint64_t{40'000}},
                      {"worker", std::string("kworker/2:1")},
                      {"delayed_wakes", count / 100}};
  return finding;
}

// As many findings as a bad host has; each look has others.
audit::AuditReport audit_at(std::uint64_t look, bool lately) {
  constexpr std::uint32_t kCpus = 64;
  audit::AuditReport report;
  CpuSet kept_free;
  for (std::uint32_t cpu = 2; cpu < kCpus; ++cpu) {
    kept_free.add(cpu);
    if (look == 0 || (lately && cpu % 3 == look % 3)) {
      continue;
    }
    const std::uint64_t count = (cpu * 131ULL % 1'000 + 1) * (lately ? 1 : look);
    switch (cpu % 5) {
      case 0:
        report.findings.push_back(
            found("ran_irq", cpu, fmt::format("mlx5_comp{}@pci", cpu), count, Severity::error));
        report.findings.back().subject.irq = std::to_string(40 + cpu);
        report.findings.back().fixes = {
            {fmt::format("wakepath irqs move {} --cpu 0-1", 40 + cpu), "", ""}};
        break;
      case 1:
        report.findings.push_back(
            found("ran_task", cpu, std::string(kHostileName), count, Severity::warning));
        report.findings.back().subject.tid = 4'000 + cpu;
        break;
      case 2:
        report.findings.push_back(found("ran_tick", cpu, "tick", count, Severity::warning));
        break;
      case 3:
        report.findings.push_back(found("ran_softirq", cpu, "RCU", count, Severity::info));
        break;
      default:
        report.findings.push_back(
            found("ran_work", cpu, "vmstat_update", count, Severity::warning));
        break;
    }
  }
  Finding setting;
  setting.rule = "irq_affinity";
  setting.severity = Severity::info;
  setting.text = "irq 58 may go to isolated CPUs 2-63";
  setting.fixes = {{"", "", "nothing moves it"}};
  report.findings.push_back(setting);
  std::ranges::stable_sort(report.findings, std::greater{}, &Finding::severity);
  report.isolated = kept_free;
  report.vcpu_cpus = kept_free;
  report.observed = audit::ObservedTotals{(lately ? 2 : 2 * look) * kNsInSecond, 1'234'567 * look,
                                          look == 2 ? 17ULL : 0, 0, false};
  return report;
}

std::string drawn(WatchScreen& screen, screen::Size size, std::string_view keys = {}) {
  for (const screen::Key& key : screen::keys_of(keys)) {
    EXPECT_TRUE(screen.key(key));
  }
  return fmt::format("== {}x{}{}{}\n{}", size.columns, size.rows, keys.empty() ? "" : " after ",
                     keys, screen.draw(size).text());
}

// What both are shown with. Each starts with the first look.
template <typename Look>
std::string screens_of(std::string title, std::vector<std::string> help, const Look& look_at) {
  constexpr screen::Size kSmall{80, 24};
  constexpr screen::Size kLarge{200, 50};
  constexpr screen::Size kLargest{300, 100};
  WatchScreen screen(title, help, false);
  WatchScreen letters(std::move(title), std::move(help), true);
  std::string text;
  for (std::uint64_t look = 0; look < 3; ++look) {
    const screen::WatchLook one = look_at(look);
    screen.show(one);
    letters.show(one);
    if (look == 0) {
      text += drawn(screen, kSmall);
    }
  }
  for (const screen::Size size : {kSmall, kLarge, kLargest}) {
    text += drawn(screen, size);
  }
  text += drawn(screen, kSmall, "<end>");
  text += drawn(screen, kLarge, "s<pgup>");
  text += drawn(screen, kSmall, "<home>/5<enter>");
  text += drawn(screen, kSmall, "<esc>?");
  text += drawn(letters, kSmall, "jj ");
  static_cast<void>(drawn(screen, kSmall, "?jj"));
  text += "== styles\n" + screen.draw(kSmall).styles();
  return text;
}

void expect_golden(const std::string& name, const std::string& text) {
  const fs::path path = fs::path(WAKEPATH_GOLDEN_DIR) / "watch" / name;
  if (std::getenv("WAKEPATH_GOLDEN_UPDATE") != nullptr) {
    std::ofstream(path, std::ios::binary) << text;
  }
  std::ifstream file(path, std::ios::binary);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), text);
}

}  // namespace

TEST(WatchCells, OfInterruptsAreAsExpected) {
  screen::IrqWatch watch;
  expect_golden("irqs", screens_of("wakepath irqs", screen::IrqWatch::help(), [&](auto look) {
                  return watch.look(irqs_at(look), look == 0 ? 0 : 1, look * kNsInSecond);
                }));
}

TEST(WatchCells, OfTheAuditAreAsExpected) {
  screen::AuditWatch watch;
  expect_golden("audit", screens_of("wakepath audit", screen::AuditWatch::help(), [&](auto look) {
                  return watch.look(audit_at(look, true), audit_at(look, false),
                                    2 * look * kNsInSecond);
                }));
}

}  // namespace wakepath::testing
