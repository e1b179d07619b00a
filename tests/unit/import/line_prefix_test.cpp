// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/text/line_prefix.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace wakepath::foreign::text {
namespace {

const std::vector<std::string> kTrace{
    "       CPU 0/KVM-2046  [002] d... 500.000000: kvm_entry: vcpu 0",
    "          <idle>-0     [031] d.h. 500.000098: irq_handler_entry: irq=57 name=eth1",
    "     kworker/1:2-49    [001] .... 500.000100: workqueue_execute_end: work struct 0xffff1",
    "          <idle>-0     [002] d... 500.000104: cpu_idle: state=1 cpu_id=2",
};

// Each line of the trace behind what `before` gives for its number.
template <typename Before>
void expect_stripped(Before before) {
  std::string text;
  for (std::size_t i = 0; i < kTrace.size(); ++i) {
    text += before(i + 8) + kTrace[i] + "\n";
  }
  LinePrefix prefix(text);
  for (std::size_t i = 0; i < kTrace.size(); ++i) {
    const std::string line = before(i + 8) + kTrace[i];
    EXPECT_EQ(line.substr(prefix.length(line)), kTrace[i]) << line;
  }
}

TEST(LinePrefix, OfATraceAsItsToolPrintedIt) {
  expect_stripped([](std::size_t) { return std::string(); });
  std::string text;
  for (const std::string& line : kTrace) {
    text += line + "\n";
  }
  EXPECT_TRUE(LinePrefix(text).empty());
}

TEST(LinePrefix, BlanksQuotesAndNumbers) {
  expect_stripped([](std::size_t) { return std::string("    "); });
  expect_stripped([](std::size_t) { return std::string("> "); });
  expect_stripped([](std::size_t) { return std::string(">> > "); });
  expect_stripped(
      [](std::size_t i) { return (i < 10 ? "     " : "    ") + std::to_string(i) + "  "; });
  expect_stripped([](std::size_t i) { return std::to_string(i) + ":"; });
  expect_stripped([](std::size_t i) { return std::to_string(i) + ". "; });
  expect_stripped([](std::size_t i) { return "trace.txt:" + std::to_string(i) + ":"; });
  expect_stripped([](std::size_t) { return std::string("./host-7/trace_1.txt:"); });
  expect_stripped([](std::size_t) { return std::string("| "); });
  expect_stripped([](std::size_t) { return std::string("#  "); });
}

TEST(LinePrefix, LogsStampTheirLines) {
  expect_stripped([](std::size_t i) { return "[  102.0010" + std::to_string(i + 10) + "] "; });
  expect_stripped([](std::size_t i) {
    return "Nov 28 12:00:0" + std::to_string(i % 10) + " host kernel: [  102.001000] ";
  });
  expect_stripped([](std::size_t i) {
    return "2026-11-28T12:00:00.1234" + std::to_string(i + 10) + "+00:00 host kernel: ";
  });
  expect_stripped([](std::size_t) { return std::string("<4>[  102.001000] "); });
}

// A name may begin with what looks like a prefix: it stands in its columns.
TEST(LinePrefix, NamesAreNoPrefix) {
  const std::string text =
      "             > a-2046  [002] d... 500.000000: kvm_entry: vcpu 0\n"
      "             > b-2047  [002] d... 500.000010: kvm_entry: vcpu 0\n";
  LinePrefix prefix(text);
  EXPECT_EQ(prefix.length(text.substr(0, text.find('\n'))), 0U);
}

TEST(LinePrefix, ALineWithAnotherOneTeachesIt) {
  LinePrefix prefix("> " + kTrace[0] + "\n> " + kTrace[1] + "\n");
  EXPECT_EQ(prefix.length("> " + kTrace[2]), 2U);
  EXPECT_EQ(prefix.length(">> " + kTrace[2]), 3U);
  EXPECT_EQ(prefix.length("a remark"), 0U);
}

TEST(LinePrefix, NothingToLearnFrom) {
  EXPECT_TRUE(LinePrefix("").empty());
  EXPECT_TRUE(LinePrefix("no event\nat all\n").empty());
  EXPECT_TRUE(LinePrefix("no line ends").empty());
}

}  // namespace
}  // namespace wakepath::foreign::text
