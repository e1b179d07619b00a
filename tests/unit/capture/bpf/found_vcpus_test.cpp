// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/bpf/found_vcpus.hpp"

#include <gtest/gtest.h>

#include "wakepath/abi.h"

namespace wakepath::capture {
namespace {

wp_vcpu vcpu(std::uint32_t tid, std::uint64_t address, std::uint32_t state) {
  wp_vcpu found{};
  found.tid = tid;
  found.vcpu = address;
  found.state = state;
  return found;
}

TEST(FoundVcpus, OneThatHasLeftKvmRunSinceIsKept) {
  const auto all =
      merge_found_vcpus({vcpu(5, 0x100, WP_VCPU_ASLEEP), vcpu(6, 0x200, WP_VCPU_ON_CPU)},
                        {vcpu(5, 0x100, WP_VCPU_WAITING), vcpu(7, 0x300, WP_VCPU_ASLEEP)});
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0].tid, 6U);
  EXPECT_EQ(all[0].state, 0U) << "it is not where it was";
  EXPECT_EQ(all[1].tid, 5U);
  EXPECT_EQ(all[1].state, WP_VCPU_WAITING) << "as it is now";
  EXPECT_EQ(all[2].tid, 7U);
}

TEST(FoundVcpus, AThreadThatRunsAnotherVcpuNowIsThatOneLast) {
  const auto all =
      merge_found_vcpus({vcpu(5, 0x100, WP_VCPU_ON_CPU)}, {vcpu(5, 0x200, WP_VCPU_ON_CPU)});
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].vcpu, 0x100U);
  EXPECT_EQ(all[1].vcpu, 0x200U);
}

}  // namespace
}  // namespace wakepath::capture
