// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/vm_check.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wakepath::cli {
namespace {

using ::testing::HasSubstr;

const std::vector<VcpuIdentity> kVcpus{
    {"qemu", 95, 0, 96}, {"qemu", 195, 0, 196}, {"qemu", 195, 1, 197}, {"?", {}, {}, 300}};

Selection by_vm(std::string vm) {
  Selection selection;
  selection.vms = {std::move(vm)};
  return selection;
}

TEST(VmCheck, NamesAndProcessIds) {
  EXPECT_TRUE(check_vms(Selection(), {"qemu"}, kVcpus, false));
  EXPECT_TRUE(check_vms(by_vm("qemu"), {"qemu"}, kVcpus, false));
  EXPECT_TRUE(check_vms(by_vm("195"), {"qemu"}, kVcpus, false));
  const auto none = check_vms(by_vm("196"), {"qemu"}, kVcpus, false);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().kind, ErrorKind::usage);
  EXPECT_THAT(none.error().fix, HasSubstr("qemu, 195, 95"));
}

TEST(VmCheck, WhereNoVmIsKnown) {
  const std::vector<VcpuIdentity> unknown{{"?", {}, 0, 96}};
  const auto of_trace = check_vms(by_vm("web"), {}, unknown, false);
  ASSERT_FALSE(of_trace);
  EXPECT_THAT(of_trace.error().fix, HasSubstr("--tid with one of: 96 (vCPU 0)"));
  EXPECT_THAT(check_vms(by_vm("web"), {}, {}, true).error().fix, HasSubstr("start the VM"));
  EXPECT_EQ(check_vms(by_vm("web"), {}, {}, false).error().fix, "");
}

TEST(VmCheck, NumbersOfVcpusAndThreads) {
  Selection selection;
  selection.vcpus = {1};
  EXPECT_TRUE(check_vcpus(selection, kVcpus));
  selection.vms = {"95"};
  EXPECT_THAT(check_vcpus(selection, kVcpus).error().fix, HasSubstr("--vcpu with one of: 0"));
  selection.vcpus = {};
  selection.tids = {196};
  const auto other_vm = check_vcpus(selection, kVcpus);
  ASSERT_FALSE(other_vm);
  EXPECT_EQ(other_vm.error().kind, ErrorKind::usage);
  EXPECT_EQ(other_vm.error().message, "thread 196 is no vCPU's");
  EXPECT_THAT(other_vm.error().fix, HasSubstr("--tid with one of: 96 (qemu vCPU 0)"));
  selection.vms = {};
  EXPECT_TRUE(check_vcpus(selection, kVcpus));
  selection.tids = {300};
  EXPECT_TRUE(check_vcpus(selection, kVcpus));
  selection.tids = {1};
  EXPECT_THAT(check_vcpus(selection, {}).error().message, HasSubstr("no vCPU was seen"));
}

}  // namespace
}  // namespace wakepath::cli
