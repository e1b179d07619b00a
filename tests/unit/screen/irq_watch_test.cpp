// SPDX-License-Identifier: GPL-2.0-or-later
#include "screen/irq_watch.hpp"

#include <gtest/gtest.h>

namespace wakepath::screen {
namespace {

using interrupts::IrqReport;
using interrupts::IrqRow;

IrqRow irq(std::string label, std::string name, std::vector<host::CpuCount> counts, double rate) {
  IrqRow row;
  row.label = std::move(label);
  row.name = std::move(name);
  row.counts = std::move(counts);
  row.total = 0;
  for (const host::CpuCount& one : row.counts) {
    row.total = *row.total + one.count;
  }
  row.rate = rate;
  row.affinity = "0-3";
  row.effective = "0";
  return row;
}

IrqReport report_of(std::vector<IrqRow> rows) {
  IrqReport report;
  report.cpus = {0, 1, 2, 3};
  report.rows = std::move(rows);
  return report;
}

constexpr std::uint64_t kSecond = 1'000'000'000;

struct Watched : ::testing::Test {
  IrqWatch watch;
  WatchScreen screen{"wakepath irqs", IrqWatch::help(), false};

  // Two looks, a second apart: one went elsewhere, one is new, one is gone.
  void look_twice() {
    screen.show(watch.look(
        report_of({irq("57", "eth1-rx-1", {{0, 1'000}}, 0), irq("58", "gone-soon", {{1, 5}}, 0),
                   irq("60", "\x1b[2Jvirtio", {{2, 9}}, 0)}),
        0, 0));
    IrqRow moved = irq("57", "eth1-rx-1", {{0, 1'200}, {2, 100}}, 300);
    moved.effective = "2";
    moved.affinity = "2-3";
    moved.names = {"eth1"};
    moved.driver = "virtio_net";
    moved.device = "Virtio network device";
    screen.show(watch.look(report_of({std::move(moved), irq("60", "\x1b[2Jvirtio", {{2, 9}}, 0),
                                      irq("61", "fresh", {{3, 4'000}}, 4'000)}),
                           1, kSecond));
  }
  std::string drawn(std::string_view keys, Size size = {80, 24}) {
    for (const Key& key : keys_of(keys)) {
      EXPECT_TRUE(screen.key(key));
    }
    return screen.draw(size).text();
  }
};

}  // namespace

TEST_F(Watched, ShowsRatesOfEachCpuAndWhatChanged) {
  look_twice();
  EXPECT_EQ(drawn("j"), R"(wakepath irqs  3 interrupts of 4 CPUs   running 00:01
4.3k/s in all
────────────────────────────────────────────────────────────────────────────────
     irq     /s▼   count by CPU             goes to  what
      61    4.0k    4.0k                    0        fresh
>     57     300    1.3k 0:200 2:100        2        eth1 eth1-rx-1
      60       0       9                    0        \x1b[2Jvirtio






────────────────────────────────────────────────────────────────────────────────
 irq 57  eth1 eth1-rx-1
 is     virtio_net: Virtio network device
 goes   to 2, may go to 2-3
 rates  0:200 2:100
 counts 0:1.2k 2:100
── changes, newest first ───────────────────────────────────────────────────────
 +00:01  irq 58 (gone-soon) is gone
 +00:01  irq 61 (fresh) is new
 +00:01  irq 57 (eth1 eth1-rx-1) may go to 2-3 now, before to 0-3
↑↓ move  s sort  / filter  space pause  ? help  q quit
)");
}

TEST_F(Watched, SortsAndFilters) {
  look_twice();
  const std::string by_rate = drawn("");
  EXPECT_LT(by_rate.find("fresh"), by_rate.find("eth1"));
  const std::string by_number = drawn("ss");
  EXPECT_GT(by_number.find("4.0k     4.0k"), by_number.find("virtio"));
  const std::string one = drawn("/ETH1<enter>");
  EXPECT_EQ(one.find("\n      60"), std::string::npos);
  EXPECT_NE(one.find("only /ETH1"), std::string::npos);
  EXPECT_NE(drawn("/x").find("nothing matches the filter"), std::string::npos);
  EXPECT_NE(drawn("<esc>").find(R"(\x1b[2Jvirtio)"), std::string::npos);
}

TEST_F(Watched, KeepsTheChosenLineWhileOthersComeAndGo) {
  look_twice();
  EXPECT_NE(drawn("j").find(">     57"), std::string::npos);
  screen.show(watch.look(report_of({irq("9", "first", {{0, 1}}, 9'000),
                                    irq("57", "eth1-rx-1", {{0, 1'200}, {2, 100}}, 0)}),
                         1, 2 * kSecond));
  EXPECT_NE(drawn("").find(">     57"), std::string::npos);
}

TEST_F(Watched, PausesHelpsAndQuits) {
  look_twice();
  EXPECT_NE(drawn(" ").find("PAUSED"), std::string::npos);
  screen.show(watch.look(report_of({irq("9", "later", {{0, 1}}, 1)}), 1, 2 * kSecond));
  EXPECT_EQ(drawn("").find("later"), std::string::npos);
  EXPECT_NE(drawn(" ").find("later"), std::string::npos);
  EXPECT_NE(drawn("?").find("wakepath irqs move"), std::string::npos);
  EXPECT_FALSE(screen.key({KeyKind::character, U'q', {}}));
  EXPECT_FALSE(screen.key({KeyKind::interrupt, 0, {}}));
}

TEST_F(Watched, SaysWhereItsTerminalIsTooSmall) {
  look_twice();
  EXPECT_NE(drawn("", {40, 10}).find("takes 80x24"), std::string::npos);
}

}  // namespace wakepath::screen
