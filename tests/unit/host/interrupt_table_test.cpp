// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/interrupt_table.hpp"

#include <gmock/gmock.h>

#include "tree.hpp"

namespace wakepath::host {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

using InterruptTableTest = Tree;

const std::vector<std::uint32_t> kTwo{0, 1};

TEST(ParseInterrupt, ReadsEachKernelsForm) {
  struct Case {
    const char* line;
    const char* chip;
    std::optional<std::uint64_t> hwirq;
    const char* trigger;
    std::vector<std::string> actions;
  };
  const std::vector<Case> cases{
      {"  2:  1020348  924296     GICv3  27 Level     arch_timer",
       "GICv3",
       27,
       "Level",
       {"arch_timer"}},
      {" 44:  1  0   ITS-MSI 16384 Edge      aerdrv, PCIe PME, pciehp",
       "ITS-MSI",
       16384,
       "Edge",
       {"aerdrv", "PCIe PME", "pciehp"}},
      {" 12:  0  0     GICv3  27 Level     kvm guest vtimer",
       "GICv3",
       27,
       "Level",
       {"kvm guest vtimer"}},
      {" 28:  0  0 PCI-MSIX-0000:00:01.0   0-edge      virtio0-config",
       "PCI-MSIX-0000:00:01.0",
       0,
       "edge",
       {"virtio0-config"}},
      {"  0:  0  0   IO-APIC-edge      timer", "IO-APIC", std::nullopt, "edge", {"timer"}},
      {"  9:  0  0  Intel GPIO  12 Edge      button", "Intel GPIO", 12, "Edge", {"button"}},
      {"  5:  0  0     GICv3  40 Level     ", "GICv3", 40, "Level", {}},
  };
  for (const Case& one : cases) {
    const auto row = parse_interrupt(one.line, kTwo);
    ASSERT_TRUE(row) << one.line;
    EXPECT_EQ(row->chip, one.chip) << one.line;
    EXPECT_EQ(row->hwirq, one.hwirq) << one.line;
    EXPECT_EQ(row->trigger, one.trigger) << one.line;
    EXPECT_EQ(row->actions, one.actions) << one.line;
  }
}

TEST(ParseInterrupt, CountsByTheNamesOfTheColumns) {
  const auto row = parse_interrupt(" 57:          0     186776  GICv3 33 Level x", {2, 7});
  ASSERT_TRUE(row);
  EXPECT_THAT(row->counts, ElementsAre(CpuCount{7, 186776}));
  EXPECT_EQ(row->total, 186776U);
  EXPECT_TRUE(row->by_cpu);
}

TEST(ParseInterrupt, KeepsWhatTheKernelSaysOfRowsWithoutNumber) {
  const auto row =
      parse_interrupt("IPI0:     35739      68329       Rescheduling interrupts", kTwo);
  ASSERT_TRUE(row);
  EXPECT_FALSE(row->number);
  EXPECT_EQ(row->text, "Rescheduling interrupts");
  EXPECT_EQ(row->total, 104068U);
}

TEST(ParseInterrupt, ACountOfTheWholeHostIsNoCpus) {
  const auto row = parse_interrupt("ERR:          3", kTwo);
  ASSERT_TRUE(row);
  EXPECT_FALSE(row->by_cpu);
  EXPECT_EQ(row->total, 3U);
  EXPECT_THAT(row->counts, IsEmpty());
  EXPECT_FALSE(parse_interrupt("Err:          3", {0})->by_cpu);
}

TEST(ParseInterrupt, WhatCanNotBeReadIsNotKnown) {
  for (const char* line :
       {" 1:  99999999999999999999  1  GICv3 33 Level x",
        " 1:  18446744073709551615  1  GICv3 33 Level x", " 1:  1", " 1:", "LOC: 1"}) {
    const auto row = parse_interrupt(line, kTwo);
    ASSERT_TRUE(row) << line;
    EXPECT_FALSE(row->total) << line;
    EXPECT_THAT(row->counts, IsEmpty()) << line;
  }
  for (const char* line : {"", ":", "no row", " 99999999999: 1 2", "a b: 1 2"}) {
    EXPECT_FALSE(parse_interrupt(line, kTwo)) << line;
  }
}

TEST_F(InterruptTableTest, ReadsAHostWithCpusOffline) {
  put("proc/interrupts",
      "           CPU0       CPU3\n 14:          4          5     GICv3  33 Level  x\n");
  const auto table = read_interrupts(root()).value();
  EXPECT_THAT(table.cpus, ElementsAre(0, 3));
  ASSERT_EQ(table.rows.size(), 1U);
  EXPECT_THAT(table.rows[0].counts, ElementsAre(CpuCount{0, 4}, CpuCount{3, 5}));
  EXPECT_FALSE(table.cut);
}

TEST_F(InterruptTableTest, WithoutAHeaderThereIsNoTable) {
  for (const char* header : {"", "CPU0 CPU0\n", "CPU0 what\n", "CPU99999\n", "$ grep CPU0 x\n"}) {
    put("proc/interrupts",
        std::string(header) + " 14:          4          5     GICv3  33 Level  x\n");
    const auto table = read_interrupts(root());
    ASSERT_FALSE(table) << header;
    EXPECT_EQ(table.error().kind, ErrorKind::bad_input);
    EXPECT_NE(table.error().message.find("no /proc/interrupts"), std::string::npos);
  }
}

// Each form gives the same two rows, whatever stands around them.
TEST_F(InterruptTableTest, WhatSomebodyCopiedReadsTheSame) {
  const std::string row14 = " 14:          4          5     GICv3  33 Level     eth0\n";
  const std::string row15 = "LOC:          6          7   Local timer interrupts\n";
  const std::string header = "           CPU0       CPU1\n";
  const std::vector<std::string> forms{
      header + row14 + row15,
      "root@host:~# cat /proc/interrupts\n" + header + row14 + row15 + "root@host:~#\n",
      "[user@host ~]$ cat /proc/interrupts\n" + header + row14 + row15 + "[user@host ~]$ uptime\n",
      "cat /proc/interrupts" + header + row14 + row15,
      "```\n" + header + row14 + row15 + "```\nIt is slow: 5 times.\n",
      "> " + header + "> " + row14 + "> " + row15 + ">\n> Why?\n",
      ">> > " + header + ">> > " + row14 + ">> > " + row15,
      "1:" + header + "2:" + row14 + "3:" + row15,
      "     1\t" + header + "     2\t" + row14 + "     3\t" + row15,
      "  1 " + header + "  2 " + row14 + "  3 " + row15,
      "    " + header + "    " + row14 + "    " + row15,
      "CPU0 CPU1 " + row14 + row15,
      "\n\n   CPU0\n   CPU1\n" + row14 + row15,
      header + " 14:  4\n   5     GICv3  33 Level     eth0\n" + row15,
      header + " 14:  4  5     GICv3  33 Level\n   eth0\n" + row15,
      header + " 14:\n  4  5     GICv3  33 Level     eth0\n" + row15,
      header + row14 + row15 + "\n" + header + " 14:  9 9 GICv3 33 Level x\n",
      "  \xc2\xa0         CPU0\xc2\xa0      CPU1\n" + row14 + row15,
  };
  for (const std::string& form : forms) {
    put("proc/interrupts", form);
    const auto table = read_interrupts(root());
    ASSERT_TRUE(table) << form;
    EXPECT_THAT(table->cpus, ElementsAre(0, 1)) << form;
    ASSERT_GE(table->rows.size(), 2U) << form;
    EXPECT_THAT(table->rows[0].counts, ElementsAre(CpuCount{0, 4}, CpuCount{1, 5})) << form;
    EXPECT_THAT(table->rows[0].actions, ElementsAre("eth0")) << form;
    EXPECT_EQ(table->rows[1].total, 13U) << form;
    EXPECT_EQ(table->rows[1].text, "Local timer interrupts") << form;
    EXPECT_EQ(table->rows.size(), 2U) << form;
  }
}

TEST_F(InterruptTableTest, ALineWithoutEndIsCut) {
  put("proc/interrupts", "CPU0\n 1:  1 a 1 Edge x\n 2: " + std::string(std::size_t{4} << 20U, 'x'));
  const auto table = read_interrupts(root()).value();
  EXPECT_TRUE(table.cut);
  EXPECT_EQ(table.rows.size(), 1U);
}

TEST_F(InterruptTableTest, SaysThatThereIsNone) {
  EXPECT_EQ(read_interrupts(root()).error().kind, ErrorKind::bad_input);
}

}  // namespace
}  // namespace wakepath::host
