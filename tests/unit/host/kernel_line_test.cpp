// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/kernel_line.hpp"

#include <gtest/gtest.h>

namespace wakepath::host {
namespace {

std::string cpus_of(std::string_view text, std::uint32_t possible = 8) {
  const auto cpus = parse_kernel_cpus(text, possible);
  return cpus ? cpus->text() : "unreadable";
}

TEST(KernelLine, TellsOptionsFromWhatIsInits) {
  auto options = parse_kernel_line("a=1 b \"c=two words\" d=\"x y\" a=2 =e -- f=3\n");
  EXPECT_EQ(options["a"], "2");
  EXPECT_EQ(options["c"], "two words");
  EXPECT_EQ(options["d"], "x y");
  EXPECT_TRUE(options.contains("b"));
  EXPECT_FALSE(options.contains("f"));
}

TEST(KernelLine, ReadsListsAsTheKernelDoes) {
  EXPECT_EQ(cpus_of("1,3-4"), "1,3-4");
  EXPECT_EQ(cpus_of("4-N"), "4-7");
  EXPECT_EQ(cpus_of("all"), "0-7");
  EXPECT_EQ(cpus_of("0-7:1/2"), "0,2,4,6");
  EXPECT_EQ(cpus_of("0-7:2/4"), "0-1,4-5");
  EXPECT_EQ(cpus_of(""), "");
  EXPECT_EQ(cpus_of("ALL"), "0-7");
  EXPECT_EQ(cpus_of("all:1/4"), "0,4");
  EXPECT_EQ(cpus_of("N"), "7");
  EXPECT_EQ(cpus_of("0,N"), "0,7");
  EXPECT_EQ(cpus_of(" 1, 3-4,,6,"), "1,3-4,6");
  EXPECT_EQ(cpus_of("6-100"), "6-7") << "there are no others";
  for (const char* bad : {"x", "5-3", "0-99999999999", "4096", "1-7:3/2", "1-7:1/0", "1-7:", "-",
                          "2-", "n", "1-7:1", "1-7/2", "1;2", "0x3", "allx"}) {
    EXPECT_EQ(cpus_of(bad), "unreadable") << bad;
  }
}

// Where nobody says how many CPUs there are, a list comes out as it was given.
TEST(KernelLine, ListsMayGoUpToTheLastCpu) {
  for (const char* list : {"4-N", "0-N", "1,3-N", "N", "0,N", "0-N:2/4", "4-N:1/2", "1-3,8-N:3/8",
                           "2-5", "0-31:1/2"}) {
    const auto cpus = parse_kernel_cpus(list, 0);
    ASSERT_TRUE(cpus) << list;
    const auto again = parse_kernel_cpus(kernel_list(*cpus), 0);
    ASSERT_TRUE(again) << kernel_list(*cpus);
    EXPECT_EQ(again->list(), cpus->list()) << list;
    EXPECT_LT(kernel_list(*cpus).size(), 64U) << kernel_list(*cpus);
  }
  EXPECT_EQ(kernel_list(*parse_kernel_cpus("4-N", 0)), "4-N");
  EXPECT_EQ(kernel_list(*parse_kernel_cpus("all", 0)), "0-N");
  EXPECT_EQ(kernel_list(*parse_kernel_cpus("0-N:2/4", 0)), "0-N:2/4");
  EXPECT_EQ(highest_named("1,4-N:1/99"), 4U);
  EXPECT_EQ(highest_named("0-7"), 7U);
  EXPECT_FALSE(highest_named("N"));
}

TEST(KernelLine, TellsIsolcpusFlags) {
  const auto plain = parse_isolcpus("2-3", 8).value();
  EXPECT_TRUE(plain.domain);
  EXPECT_FALSE(plain.managed_irq);
  const auto managed = parse_isolcpus("managed_irq,domain,2-N", 8).value();
  EXPECT_TRUE(managed.domain && managed.managed_irq);
  EXPECT_EQ(managed.cpus.text(), "2-7");
  EXPECT_FALSE(parse_isolcpus("nohz,2", 8).value().domain);
  EXPECT_EQ(parse_isolcpus("nonsense,2", 8).value().cpus.text(), "2");
  EXPECT_TRUE(parse_isolcpus("nonsense,2", 8).value().domain);
  EXPECT_FALSE(parse_isolcpus("non-sense,2", 8));
  EXPECT_EQ(parse_isolcpus("all", 8).value().cpus.text(), "0-7");
  EXPECT_TRUE(parse_isolcpus("managed_irq,domain,", 8).value().cpus.empty());
}

TEST(KernelLine, ReadsAndWritesMasks) {
  EXPECT_EQ(parse_cpu_mask("5").value().text(), "0,2");
  EXPECT_EQ(parse_cpu_mask("1,00000000").value().text(), "32");
  EXPECT_FALSE(parse_cpu_mask(""));
  EXPECT_FALSE(parse_cpu_mask("xyz"));
  EXPECT_FALSE(parse_cpu_mask(std::string(2000, 'f')));
  for (const char* mask : {"0", "f", "1,00000000", "ffffffff", "80000000,00000001"}) {
    EXPECT_EQ(cpu_mask(parse_cpu_mask(mask).value()), mask);
  }
}

}  // namespace
}  // namespace wakepath::host
