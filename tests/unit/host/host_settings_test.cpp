// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/host_settings.hpp"

#include <gtest/gtest.h>

#include "tree.hpp"

namespace wakepath::host {
namespace {

class SettingsTest : public Tree {
 protected:
  void put_thread(const std::string& pid, const std::string& tid, const std::string& comm,
                  const std::string& cpus, const std::string& flags = "4194560",
                  const std::string& policy = "0") const {
    const std::string task = "proc/" + pid + "/task/" + tid + "/";
    put(task + "comm", comm + "\n");
    put(task + "stat", tid + " (" + comm + ") S 1 1 1 0 -1 " + flags +
                           " 1 0 0 0 5 6 0 0 20 0 3 0 77 1000 200 0 0 0 0 0 0 0 0 0 0 0 0 0 17 4 "
                           "50 " +
                           policy + " 0 0 0\n");
    put(task + "status",
        "Name:\tx\nTgid:\t" + pid + "\nCpus_allowed_list:\t" + cpus + "\nMems_allowed_list:\t0\n");
    put_process(pid, pid, comm);
  }
  void put_cpus() const {
    put("sys/devices/system/cpu/possible", "0-3\n");
    put("sys/devices/system/cpu/online", "0-3\n");
  }
};

TEST_F(SettingsTest, WhatIsMissingIsUnknown) {
  const HostSettings settings = read_settings(root());
  EXPECT_FALSE(settings.online || settings.isolated || settings.nohz_full || settings.rcu_nocbs);
  EXPECT_FALSE(settings.irq_default || settings.workqueue_cpus || settings.ksm_run);
  EXPECT_FALSE(settings.timer_migration || settings.halt_poll_ns || settings.wfi_trap_policy);
  EXPECT_FALSE(settings.threads.seen);
  EXPECT_TRUE(everywhere(settings).empty());
}

TEST_F(SettingsTest, TheCommandLineTellsWhatSysfsLacks) {
  put_cpus();
  put("proc/cmdline", "isolcpus=managed_irq,domain,2-3 nohz_full=3 rcu_nocbs=2-N\n");
  const HostSettings settings = read_settings(root());
  EXPECT_EQ(settings.isolated->text(), "2-3");
  EXPECT_EQ(settings.nohz_full->text(), "3");
  EXPECT_EQ(settings.rcu_nocbs->text(), "2-3");
  EXPECT_EQ(settings.managed_irq->text(), "2-3");
  EXPECT_EQ(settings.wfi_trap_policy, "");
  EXPECT_EQ(everywhere(settings).text(), "0-1");
}

TEST_F(SettingsTest, AnIsolatedCpusetIsolatesToo) {
  put_cpus();
  put("sys/devices/system/cpu/isolated", "\n");
  put("sys/fs/cgroup/cpuset.cpus.isolated", "2\n");
  EXPECT_EQ(read_settings(root()).isolated->text(), "2");
}

TEST_F(SettingsTest, TellsTheThreadsOfAVmAndThoseThatArePinned) {
  put_cpus();
  put("sys/devices/system/cpu/isolated", "2-3\n");
  link("proc/95/fd/7", "anon_inode:kvm-vm");
  put_thread("95", "95", "qemu-system-aar", "0-1");
  put_thread("95", "96", "CPU 0/KVM", "2", "4194560", "1");
  put_thread("95", "97", "IO iothread1", "0-1");
  put("proc/95/cgroup", "0::/machine.slice/machine-qemu\\x2d1\\x2dweb1.scope\n");
  put("sys/fs/cgroup/machine.slice/machine-qemu\\x2d1\\x2dweb1.scope/cpuset.cpus.effective",
      "0-2\n");
  put_thread("2", "98", "vhost-95", "0-1", "2097216");
  put_thread("300", "300", "pinned", "3");
  put_thread("301", "301", "free", "0-1");
  put_thread("302", "302", "kthread", "3", "2097216");
  const HostSettings settings = read_settings(root());
  ASSERT_EQ(settings.threads.vms.size(), 1U);
  const VmThreads& vm = settings.threads.vms[0];
  EXPECT_EQ(vm.name, "web1");
  EXPECT_TRUE(vm.libvirt);
  EXPECT_EQ(vm.cpuset->text(), "0-2");
  ASSERT_EQ(vm.threads.size(), 4U);
  EXPECT_EQ(vm.threads[1].role, VmRole::vcpu);
  EXPECT_TRUE(is_real_time(vm.threads[1].thread));
  EXPECT_EQ(vm.threads[2].role, VmRole::iothread);
  EXPECT_EQ(vm.threads[3].role, VmRole::vhost);
  ASSERT_EQ(settings.threads.pinned.size(), 1U);
  EXPECT_EQ(settings.threads.pinned[0].comm, "pinned");
  EXPECT_EQ(pinned_vcpu_cpus(settings).text(), "2");
}

TEST_F(SettingsTest, AVcpusNameMakesAVmOnlyWhereFilesAreHidden) {
  put_cpus();
  put_thread("95", "96", "CPU 0/KVM", "2");
  put_thread("97", "98", "vcpu-manager", "2");
  put("proc/97/fd/0", "");
  const HostSettings settings = read_settings(root());
  ASSERT_EQ(settings.threads.vms.size(), 1U);
  EXPECT_EQ(settings.threads.vms[0].pid, 95U);
}

TEST_F(SettingsTest, ReadsWhatIrqbalanceIsTold) {
  put_cpus();
  put_thread("200", "200", "irqbalance", "0-3");
  EXPECT_FALSE(read_settings(root()).threads.irqbalance->banned);
  put("proc/200/environ", std::string("A=b\0IRQBALANCE_BANNED_CPUS=c\0", 29));
  EXPECT_EQ(read_settings(root()).threads.irqbalance->banned->text(), "2-3");
}

}  // namespace
}  // namespace wakepath::host
