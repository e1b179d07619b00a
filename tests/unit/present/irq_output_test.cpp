// SPDX-License-Identifier: GPL-2.0-or-later
#include <gmock/gmock.h>

#include "present/irq_ndjson.hpp"
#include "present/irq_table.hpp"
#include "present/view.hpp"

namespace wakepath::present {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

interrupts::IrqReport large(std::uint32_t cpus, std::uint32_t rows) {
  interrupts::IrqReport report;
  for (std::uint32_t cpu = 0; cpu < cpus; ++cpu) {
    report.cpus.push_back(cpu);
  }
  for (std::uint32_t irq = 0; irq < rows; ++irq) {
    interrupts::IrqRow row;
    row.label = std::to_string(irq);
    row.number = irq;
    row.total = irq / 8;
    if (*row.total != 0) {
      row.counts = {{irq % cpus, *row.total}};
    }
    row.pci = "0000:00:" + std::to_string(irq / 8) + ".0";
    report.rows.push_back(std::move(row));
  }
  return report;
}

constexpr std::size_t kNoBound = 100'000;

std::string table(const interrupts::IrqReport& report, IrqDetail detail,
                  std::size_t width = kNoBound) {
  fmt::memory_buffer out;
  irq_table(report, detail, width, out);
  return fmt::to_string(out);
}

std::string json(const interrupts::IrqReport& report) {
  fmt::memory_buffer out;
  irq_json(report, report.rows.at(0), out);
  return fmt::to_string(out);
}

TEST(IrqTable, ALargeHostFitsAScreenAndSaysWhatItLeavesOut) {
  const std::string text = table(large(256, 1200), IrqDetail::fitting);
  EXPECT_LE(std::ranges::count(text, '\n'), 40);
  EXPECT_THAT(text, HasSubstr("117 more that interrupt less."));
  EXPECT_THAT(text, HasSubstr("1 more that never interrupted."));
  EXPECT_THAT(text, HasSubstr("1200 interrupts"));
  EXPECT_EQ(std::ranges::count(table(large(256, 1200), IrqDetail::all), '\n'), 1201);
}

TEST(IrqTable, ANarrowPageLacksColumnsAndSaysWhich) {
  interrupts::IrqReport report = large(2, 1);
  report.rows[0].name = "virtio2-input.0";
  report.rows[0].names = {"eth1"};
  report.rows[0].chip = "ITS-MSI";
  report.rows[0].trigger = "Edge";
  report.rows[0].effective = "1";
  report.rows[0].device = "Virtio network device, of a name that is long";
  const std::string all = table(report, IrqDetail::all);
  const std::string wide = table(report, IrqDetail::all, 120);
  const std::string narrow = table(report, IrqDetail::all, 60);
  EXPECT_THAT(all, HasSubstr("CONTROLLER"));
  EXPECT_THAT(all, Not(HasSubstr("Left out")));
  EXPECT_THAT(wide, Not(HasSubstr("Left out")));
  EXPECT_THAT(narrow, Not(HasSubstr("CONTROLLER  ")));
  EXPECT_THAT(narrow, HasSubstr("virtio2-input.0"));
  EXPECT_THAT(narrow, HasSubstr("Left out, for want of room: CONTROLLER, ADDRESS"));
  for (const auto& [text, width] : {std::pair(wide, 120U), std::pair(narrow, 60U)}) {
    for (std::size_t at = 0; text.compare(at, 4, "Left") != 0 && at < text.size();) {
      const std::size_t end = text.find('\n', at);
      EXPECT_LE(columns_of(text.substr(at, end - at)), width) << text;
      at = end + 1;
    }
  }
}

TEST(IrqTable, HostileNamesAreEscaped) {
  interrupts::IrqReport report = large(2, 1);
  report.rows[0].name = report.rows[0].chip = report.rows[0].driver = "\x1b[2J";
  report.rows[0].names = {"\x1b]0;owned\x07"};
  report.rows[0].label = "\x1b[H";
  report.rows[0].vm = "\x9b";
  const std::string text = table(report, IrqDetail::all);
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
  EXPECT_THAT(text, HasSubstr("\\x1b[2J"));
}

TEST(IrqTable, NothingIsSaidToBeNothing) {
  EXPECT_EQ(table({}, IrqDetail::fitting), "No interrupt.\n");
}

TEST(IrqJson, CountsStandInTheirColumns) {
  interrupts::IrqReport report = large(40, 1);
  report.rows[0].counts = {{3, 5}, {39, 7}};
  report.rows[0].total = 12;
  std::string zeros;
  for (int i = 4; i < 39; ++i) {
    zeros += "0,";
  }
  EXPECT_THAT(json(report), HasSubstr("\"counts\":[0,0,0,5," + zeros + "7],"));
}

TEST(IrqJson, WhatIsNotKnownIsNull) {
  interrupts::IrqReport report = large(2, 1);
  report.rows[0].total.reset();
  const std::string text = json(report);
  EXPECT_THAT(text, HasSubstr("\"counts\":null"));
  EXPECT_THAT(text, HasSubstr("\"total\":null,\"rate\":null"));
  EXPECT_THAT(text, HasSubstr("\"affinity\":null,\"effective\":null,\"managed\":null"));
}

}  // namespace
}  // namespace wakepath::present
