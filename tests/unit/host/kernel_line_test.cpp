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
  EXPECT_EQ(cpus_of("N", 0), "unreadable");
  for (const char* bad : {"x", "5-3", "0-99999999999", "4096", "1-7:3/2", "1-7:1/0", "1-7:", "-"}) {
    const std::string read = cpus_of(bad);
    EXPECT_TRUE(read == "unreadable" || std::string_view(bad) == "1-7:") << bad << ": " << read;
  }
}

TEST(KernelLine, TellsIsolcpusFlags) {
  const auto plain = parse_isolcpus("2-3", 8).value();
  EXPECT_TRUE(plain.domain);
  EXPECT_FALSE(plain.managed_irq);
  const auto managed = parse_isolcpus("managed_irq,domain,2-N", 8).value();
  EXPECT_TRUE(managed.domain && managed.managed_irq);
  EXPECT_EQ(managed.cpus.text(), "2-7");
  EXPECT_FALSE(parse_isolcpus("nohz,2", 8).value().domain);
  EXPECT_FALSE(parse_isolcpus("nonsense,2", 8));
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
