// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/vcpu_name.hpp"

#include <gtest/gtest.h>

namespace wakepath::foreign {
namespace {

TEST(VcpuName, EachVmmsNameHasItsNumber) {
  EXPECT_EQ(vcpu_number("CPU 0/KVM"), 0U);
  EXPECT_EQ(vcpu_number("CPU 127/KVM"), 127U);
  EXPECT_EQ(vcpu_number("CPU 0/K"), 0U) << "cut by function_graph";
  EXPECT_EQ(vcpu_number("CPU 10/"), 10U) << "cut by function_graph";
  EXPECT_EQ(vcpu_number("fc_vcpu 3"), 3U);
  EXPECT_EQ(vcpu_number("vcpu12"), 12U);
  EXPECT_EQ(vcpu_number("crosvm_vcpu1"), 1U);
  EXPECT_EQ(vcpu_number("kvm-vcpu-2"), 2U);
}

TEST(VcpuName, OtherThreadsHaveNone) {
  for (const char* name :
       {"CPU 0/TCG", "CPU 0", "CPU /KVM", "CPU 0/KVMX", "CPU x/KVM", "CPU 0/KV", "vcpu", "vcpux",
        "nvcpu0", "vcpu0x", "fc_vcpu", "fc_api", "kvm-pit/12", "qemu-system-x86", ""}) {
    EXPECT_FALSE(vcpu_number(name)) << name;
  }
}

}  // namespace
}  // namespace wakepath::foreign
