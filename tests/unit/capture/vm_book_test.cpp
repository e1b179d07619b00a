// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/vm_book.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <string>

#include "../host/tree.hpp"

namespace wakepath::capture {
namespace {

using namespace std::string_literals;

class VmBookTest : public host::Tree {
 protected:
  // A QEMU that started `start` clock ticks after boot; `name` empty: without -name.
  void put_qemu(std::uint32_t pid, unsigned start, const std::string& name) const {
    const std::string number = std::to_string(pid);
    put_process(number, number, "qemu-system-aar");
    put_start(number, "qemu-system-aar", start);
    put("proc/" + number + "/cmdline",
        "qemu-system-aarch64\0"s + (name.empty() ? "" : "-name\0guest="s + name + "\0"s));
  }
  [[nodiscard]] VmBook book(bool sees_all = true, std::uint32_t guest = 0) const {
    return VmBook({guest, sees_all, root()});
  }

  static void name_process(wp_vcpu& vcpu, std::string comm) {
    comm.resize(sizeof(vcpu.process_comm));
    std::memcpy(vcpu.process_comm, comm.data(), comm.size());
  }

  static wp_vcpu vcpu(std::uint32_t pid, unsigned start, std::uint64_t kvm) {
    wp_vcpu vcpu{};
    vcpu.tid = pid + 1;
    vcpu.tgid = pid;
    vcpu.kvm = kvm;
    vcpu.process_start_ns = start * 10'000'000ULL + 1234;
    name_process(vcpu, "qemu-system-aar");
    return vcpu;
  }
};

TEST_F(VmBookTest, SaysANameOnce) {
  put_qemu(95, 100, "web1");
  VmBook vms = book();
  const auto first = vms.vm(vcpu(95, 100, 0x1000), 5);
  ASSERT_TRUE(first.fact);
  EXPECT_EQ(first.fact->key, first.key);
  EXPECT_EQ(first.fact->tgid, 95U);
  EXPECT_EQ(first.fact->since_ns, 5U);
  EXPECT_EQ(first.fact->name, "web1");
  const auto second = vms.vm(vcpu(95, 100, 0x1000), 6);
  EXPECT_EQ(second.key, first.key);
  EXPECT_FALSE(second.fact);
}

TEST_F(VmBookTest, NeverAsksAnotherProcessThatHasTheNumber) {
  put_qemu(95, 100, "web1");
  VmBook vms = book();
  EXPECT_EQ(vms.vm(vcpu(95, 99, 0x1000), 0).fact->name, "qemu-system-aar");
}

TEST_F(VmBookTest, AProcessWithoutANameHasItsNumber) {
  VmBook vms = book();
  wp_vcpu nameless = vcpu(95, 100, 0x1000);
  nameless.process_comm[0] = '\0';
  EXPECT_EQ(vms.vm(nameless, 0).fact->name, "pid 95");
}

TEST_F(VmBookTest, TellsVmsOfOneNameApart) {
  put_qemu(95, 100, "");
  put_qemu(195, 200, "");
  VmBook vms = book();
  const auto first = vms.vm(vcpu(95, 100, 0x1000), 0);
  const auto second = vms.vm(vcpu(195, 200, 0x2000), 0);
  const auto third = vms.vm(vcpu(195, 200, 0x3000), 0);
  EXPECT_EQ(first.fact->name, "qemu-system-aar");
  EXPECT_EQ(second.fact->name, "qemu-system-aar (pid 195)");
  EXPECT_EQ(third.fact->name, "qemu-system-aar (pid 195, VM 2)");
  EXPECT_NE(first.key, second.key);
  EXPECT_NE(second.key, third.key);
}

TEST_F(VmBookTest, AVmThatWasStartedAgainKeepsItsName) {
  put_qemu(95, 100, "web1");
  VmBook vms = book();
  const auto before = vms.vm(vcpu(95, 100, 0x1000), 0);
  std::filesystem::remove_all(root() + "/proc/95");
  put_qemu(96, 300, "web1");
  const auto after = vms.vm(vcpu(96, 300, 0x1000), 9);  // the same address
  EXPECT_NE(before.key, after.key);
  EXPECT_EQ(after.fact->name, "web1");
}

TEST_F(VmBookTest, InAnotherPidNamespaceItSaysWhatTheKernelSays) {
  put_qemu(95, 100, "of-the-container");
  VmBook vms = book(false);
  EXPECT_EQ(vms.vm(vcpu(95, 555, 0x1000), 0).fact->name, "qemu-system-aar");
  EXPECT_EQ(vms.vm(vcpu(95, 100, 0x1000), 0).fact->name, "of-the-container");
  EXPECT_EQ(vms.vm(vcpu(96, 555, 0x1000), 0).fact->name, "qemu-system-aar (pid 96)")
      << "the first may well be there, where we can't see it";
}

TEST_F(VmBookTest, LooksAgainInEachRoundAndWhereTheProcessHasAnotherName) {
  put_qemu(95, 100, "web1");
  VmBook vms = book();
  wp_vcpu seen = vcpu(95, 100, 0x1000);
  const std::uint32_t key = vms.vm(seen, 0).key;
  put_qemu(95, 100, "web2");
  EXPECT_FALSE(vms.vm(seen, 1).fact);
  seen.round = 1;
  const auto renamed = vms.vm(seen, 2);
  ASSERT_TRUE(renamed.fact);
  EXPECT_EQ(renamed.key, key);
  EXPECT_EQ(renamed.fact->since_ns, 2U);
  EXPECT_EQ(renamed.fact->name, "web2");
  put_qemu(95, 100, "web3");
  name_process(seen, "after exec");
  EXPECT_EQ(vms.vm(seen, 3).fact->name, "web3");
}

TEST_F(VmBookTest, TheEmbeddedGuestIsTheOneOfOurProcess) {
  VmBook vms = book(true, 95);
  EXPECT_EQ(vms.vm(vcpu(95, 100, 0x1000), 0).fact->name, "guest");
  EXPECT_NE(vms.vm(vcpu(96, 100, 0x2000), 0).fact->name, "guest");
}

}  // namespace
}  // namespace wakepath::capture
