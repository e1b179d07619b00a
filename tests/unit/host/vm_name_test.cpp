// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/vm_name.hpp"

#include <gtest/gtest.h>

#include <unistd.h>

#include "host/host_facts.hpp"
#include "tree.hpp"

namespace wakepath::host {
namespace {

using namespace std::string_literals;
using ProcessTest = Tree;

TEST(QemuName, ReadsTheFormsOfTheOption) {
  EXPECT_EQ(qemu_name("qemu-system-aarch64\0-name\0guest=web1,debug-threads=on\0-m\0512\0"s),
            "web1");
  EXPECT_EQ(qemu_name("/usr/bin/qemu-system-x86_64\0-m\0512\0-name\0web1\0"s), "web1");
  EXPECT_EQ(qemu_name("/usr/libexec/qemu-kvm\0--name\0web1,process=x\0"s), "web1");
  EXPECT_EQ(qemu_name("kvm\0-name\0debug-threads=on,guest=web1"s), "web1");
  EXPECT_EQ(qemu_name("qemu\0-name\0a,,b,debug-threads=on\0"s), "a,b");
  EXPECT_EQ(qemu_name("qemu\0-name\0old\0-name\0guest=new\0"s), "new");
  EXPECT_EQ(qemu_name("qemu\0-name\0guest=a=b\0"s), "a=b");
}

TEST(QemuName, GivesNothingWhereNothingIsSaid) {
  EXPECT_EQ(qemu_name(""), "");
  EXPECT_EQ(qemu_name("qemu"), "");
  EXPECT_EQ(qemu_name("qemu\0-name\0"s), "");
  EXPECT_EQ(qemu_name("qemu\0-name"s), "");
  EXPECT_EQ(qemu_name("qemu\0-name=web1\0"s), "");
  EXPECT_EQ(qemu_name("qemu\0-name\0debug-threads=on\0"s), "");
  EXPECT_EQ(qemu_name("qemu\0-name\0,,\0"s), ",");
  EXPECT_EQ(qemu_name("qemu\0-name\0guest=\0"s), "");
  EXPECT_EQ(qemu_name("firecracker\0-name\0web1\0"s), "");
  EXPECT_EQ(qemu_name("\0\0\0"s), "");
}

TEST(QemuName, BoundsALongName) {
  EXPECT_EQ(qemu_name("qemu\0-name\0"s + std::string(100'000, 'x')).size(), 255U);
}

TEST(LibvirtName, ReadsScopesOfBothCgroupVersions) {
  EXPECT_EQ(libvirt_name("0::/machine.slice/machine-qemu\\x2d3\\x2dweb1.scope/libvirt/emulator\n"),
            "web1");
  EXPECT_EQ(
      libvirt_name(
          "3:cpuset:/\n1:name=systemd:/machine.slice/machine-qemu\\x2d12\\x2dweb\\x2d1.scope\n"),
      "web-1");
  EXPECT_EQ(libvirt_name("0::/machine.slice/machine-qemu\\x2dalice\\x2d3\\x2ddb.scope\n"), "db");
  EXPECT_EQ(libvirt_name("0::/machine.slice/machine-ch\\x2d1\\x2dvm.scope"), "vm");
  EXPECT_EQ(libvirt_name("4:cpu:/machine/qemu-5-web2.libvirt-qemu/emulator\n"), "web2");
  EXPECT_EQ(libvirt_name("4:cpu:/machine/web2.libvirt-qemu/emulator\n"), "web2");
}

TEST(LibvirtName, GivesNothingForOtherGroups) {
  EXPECT_EQ(libvirt_name(""), "");
  EXPECT_EQ(libvirt_name("0::/\n"), "");
  EXPECT_EQ(libvirt_name("0::/user.slice/user-0.slice/session-1.scope\n"), "");
  EXPECT_EQ(libvirt_name("0::/machine.slice/machine-.scope\n"), "");
  EXPECT_EQ(libvirt_name("0::/machine.slice/machine-qemu.scope\n"), "");
  EXPECT_EQ(libvirt_name("0::/machine.slice/machine-qemu\\x2d3.scope\n"), "");
  EXPECT_EQ(libvirt_name("0::/machine.slice/machine-qemu\\x2d3\\xZZ.scope\n"), "");
  EXPECT_EQ(libvirt_name("0::/machine.slice/machine-qemu\\x.scope\\x2\n"), "");
}

TEST_F(ProcessTest, ReadsAThread) {
  put_process("96", "95", "CPU 0/KVM");
  const auto thread = read_thread(root(), 96).value();
  EXPECT_EQ(thread.tgid, 95U);
  EXPECT_EQ(thread.comm, "CPU 0/KVM");
  EXPECT_FALSE(read_thread(root(), 97));
}

TEST_F(ProcessTest, AHostileNameCannotPoseAsAnotherField) {
  put("proc/96/comm", "x\nTgid:\t1\n");
  put("proc/96/status", "Name:\tx\\nTgid:\\t1\nUmask:\t0022\nTgid:\t95\n");
  const auto thread = read_thread(root(), 96).value();
  EXPECT_EQ(thread.tgid, 95U);
  EXPECT_EQ(thread.comm, "x\nTgid:\t1");
}

TEST_F(ProcessTest, SurvivesNonsense) {
  put("proc/5/comm", "");
  put("proc/5/status", "Tgid");
  EXPECT_FALSE(read_thread(root(), 5));
  put("proc/5/status", "\nTgid:\tabc\n");
  EXPECT_FALSE(read_thread(root(), 5));
  put("proc/5/status", "\nTgid:\t99999999999999\n");
  EXPECT_FALSE(read_thread(root(), 5));
}

TEST_F(ProcessTest, ReadsWhenAProcessStarted) {
  put_start("95", "a) S 1 (b", 4711);
  EXPECT_EQ(read_process_start(root(), 95), 4711U);
  EXPECT_EQ(read_process_start(root(), 96), std::nullopt);
  put("proc/97/stat", "97 (x");
  EXPECT_EQ(read_process_start(root(), 97), std::nullopt);
  put("proc/97/stat", "97 (x)");
  EXPECT_EQ(read_process_start(root(), 97), std::nullopt);
  EXPECT_EQ(start_ticks(47'119'999'999), 4711U);
}

TEST_F(ProcessTest, ReadsItsOwnNumber) {
  EXPECT_EQ(read_own_pid(root()), std::nullopt);
  link("proc/self", "4711");
  EXPECT_EQ(read_own_pid(root()), 4711U);
  EXPECT_EQ(read_own_pid("/"), static_cast<std::uint32_t>(::getpid()));
}

TEST_F(ProcessTest, NamesAVmOfKubeVirt) {
  put_process("95", "95", "qemu-kvm");
  put("proc/95/cgroup",
      "0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod26fbbddd_86b1.slice/"
      "cri-containerd-5fd3bbcc47a2.scope\n");
  put("proc/95/cmdline",
      "/usr/libexec/qemu-kvm\0-name\0guest=default_vmi-fedora,debug-threads=on\0-S\0"s);
  EXPECT_EQ(read_vm_name(root(), 95).value().name, "default_vmi-fedora");
}

TEST_F(ProcessTest, NamesAVmByQemuThenLibvirtThenComm) {
  put_process("95", "95", "qemu-system-aar");
  put_process("96", "95", "CPU 0/KVM");
  const auto by_comm = read_vm_name(root(), 96).value();
  EXPECT_EQ(by_comm.name, "qemu-system-aar");
  EXPECT_EQ(by_comm.tgid, 95U);

  put("proc/95/cgroup", "0::/machine.slice/machine-qemu\\x2d3\\x2dscoped.scope\n");
  EXPECT_EQ(read_vm_name(root(), 96).value().name, "scoped");

  put("proc/95/cmdline", "/usr/bin/qemu-system-aarch64\0-name\0guest=named\0"s);
  EXPECT_EQ(read_vm_name(root(), 96).value().name, "named");
  EXPECT_EQ(read_vm_name(root(), 95).value().name, "named");
  EXPECT_FALSE(read_vm_name(root(), 1));
}

}  // namespace
}  // namespace wakepath::host
