// SPDX-License-Identifier: GPL-2.0-or-later
// A snapshot has only the identity and the CPUs of a process.
#include "host/snapshot.hpp"

#include <gtest/gtest.h>

namespace wakepath::host {
namespace {

using namespace std::string_literals;

TEST(Snapshot, OfAStatNoAddressIsKept) {
  std::string stat = "12 (a) b) S";
  for (int field = 4; field <= 52; ++field) {
    stat += " " + std::to_string(field * 1000);
  }
  const std::string kept = without_addresses(stat + "\n");
  EXPECT_EQ(kept.substr(0, 17), "12 (a) b) S 4000 ");
  EXPECT_NE(kept.find(" 25000 0 0 0 0 0 31000 32000 33000 34000 0 36000 "), std::string::npos)
      << kept;
  EXPECT_TRUE(kept.ends_with(" 44000 0 0 0 0 0 0 0 52000\n")) << kept;
  EXPECT_NE(kept.find(" 41000 "), std::string::npos) << "its scheduling class";
  EXPECT_EQ(without_addresses("no stat"), "");
}

TEST(Snapshot, OfAStatusItsNameAndItsCpusAreKept) {
  EXPECT_EQ(without_sizes("Name:\tqemu\nUid:\t0\nVmRSS:\t5 kB\nCpus_allowed:\tf\n"
                          "Cpus_allowed_list:\t0-3\nMems_allowed_list:\t0\nseccomp\n"),
            "Name:\tqemu\nCpus_allowed:\tf\nCpus_allowed_list:\t0-3\nMems_allowed_list:\t0\n");
}

TEST(Snapshot, OfACommandLineTheProgramAndTheVmsNameAreKept) {
  EXPECT_EQ(
      name_only(
          "qemu-system-aarch64\0-object\0secret,id=s,data=hunter2\0-name\0web1,process=x\0-m\0"
          "4G\0"s),
      "qemu-system-aarch64\0-name\0web1,process=x\0"s);
  EXPECT_EQ(name_only("vmm\0--password=x"s), "vmm\0"s);
}

}  // namespace
}  // namespace wakepath::host
