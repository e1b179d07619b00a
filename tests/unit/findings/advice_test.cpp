// SPDX-License-Identifier: GPL-2.0-or-later
#include "findings/advice.hpp"

#include <gtest/gtest.h>

namespace wakepath::findings {
namespace {

CpuSet cpu_set(std::string_view list) { return CpuSet::parse(list).value(); }

TEST(Advice, WordsOfAShellAreQuoted) {
  EXPECT_EQ(shell_word("web1"), "web1");
  EXPECT_EQ(shell_word(""), "''");
  EXPECT_EQ(shell_word("-x"), "'-x'");
  EXPECT_EQ(shell_word("$(reboot); it's"), "'$(reboot); it'\\''s'");
}

TEST(Advice, WithoutACpuLeftItSaysSo) {
  for (const Fix& fix : {pin_threads({{7, "0"}}, {}), move_irqs({{57, "0"}}, {}),
                         move_unbound_work({}, cpu_set("0-3")), steer_packets({})}) {
    EXPECT_EQ(fix.command, "");
    EXPECT_NE(fix.note.find("none is left"), std::string::npos) << fix.note;
  }
}

TEST(Advice, TheWayBackIsGivenWhereAllOfItIsKnown) {
  const CpuSet to = cpu_set("0-1");
  EXPECT_EQ(pin_threads({{7, "2"}}, to).command, "taskset -cp 0-1 7");
  EXPECT_EQ(pin_threads({{7, "2"}}, to).undo, "taskset -cp 2 7");
  const Fix two = pin_threads({{7, "2"}, {8, "3-4"}}, to);
  EXPECT_EQ(two.command, "for tid in 7 8; do taskset -cp 0-1 $tid; done");
  EXPECT_EQ(two.undo, "taskset -cp 2 7; taskset -cp 3-4 8");
  EXPECT_EQ(pin_threads({{7, "2"}, {8}}, to).undo, "");
  const Fix irqs = move_irqs({{57, "5"}, {58, "6"}}, to);
  EXPECT_EQ(irqs.command, "for irq in 57 58; do echo 0-1 >/proc/irq/$irq/smp_affinity_list; done");
  EXPECT_EQ(irqs.undo,
            "echo 5 >/proc/irq/57/smp_affinity_list; echo 6 >/proc/irq/58/smp_affinity_list");
  EXPECT_EQ(move_unbound_work(cpu_set("0-3"), cpu_set("0-7")).undo,
            "echo ff >/sys/devices/virtual/workqueue/cpumask");
  EXPECT_EQ(halt_polling(0).undo, "");
  EXPECT_EQ(halt_polling(0, 200000).undo, "echo 200000 >/sys/module/kvm/parameters/halt_poll_ns");
}

TEST(Advice, AVmIsNamedToVirshAloneWhereVirshKnowsIt) {
  const Fix both = in_turn(pin_vcpu({"a b", 95, true}, 0, {96, "0-3"}, 4),
                           pin_vcpu({"a b", 95, false}, 1, {97, "0-3"}, 5));
  EXPECT_EQ(both.command, "virsh vcpupin 'a b' 0 4; taskset -cp 5 97");
  EXPECT_EQ(both.undo, "virsh vcpupin 'a b' 0 0-3; taskset -cp 0-3 97");
  EXPECT_EQ(in_turn(both, pin_vcpu({"a b", 95, true}, 1, {97}, 5)).undo, "");
  EXPECT_EQ(move_memory({"web1", 95, true}, cpu_set("0-1"), cpu_set("1")).command,
            "virsh numatune web1 --mode strict --nodeset 1");
  EXPECT_EQ(move_memory({"web1", 95, false}, cpu_set("0-1"), cpu_set("1")).command,
            "migratepages 95 0 1");
}

TEST(Advice, VirshMovesTheEmulatorAndNoIothread) {
  const CpuSet to = cpu_set("0-3");
  const VmTarget web1{"web1", 95, true};
  EXPECT_EQ(pin_emulator(web1, {{95, "4"}}, {}, to).command, "virsh emulatorpin web1 0-3");
  EXPECT_EQ(pin_emulator(web1, {{95, "4"}}, {}, to).undo, "virsh emulatorpin web1 4");
  EXPECT_EQ(pin_emulator(web1, {{95, "4"}, {99, "5"}}, {}, to).undo, "");
  EXPECT_EQ(pin_emulator(web1, {{95, "4"}}, {{98, "4"}}, to).command,
            "virsh emulatorpin web1 0-3; taskset -cp 0-3 98");
  EXPECT_EQ(pin_emulator(web1, {}, {{98, "4"}}, to).command, "taskset -cp 0-3 98");
  EXPECT_EQ(pin_emulator({"web1", 95, false}, {{95, "4"}}, {{98, "4"}}, to).command,
            "for tid in 95 98; do taskset -cp 0-3 $tid; done");
}

TEST(Advice, AnOptionOfTheKernelHasNoCommand) {
  const Fix fix = isolate(cpu_set("2-3"));
  EXPECT_EQ(fix.command, "");
  EXPECT_EQ(fix.note.find("isolcpus=domain,managed_irq,2-3 on the kernel's command line"), 0U);
}

TEST(Advice, AProgramsPathIsQuoted) {
  const Fix grant = grant_capabilities("cap_bpf", "/opt/a b/wakepath");
  EXPECT_EQ(grant.command, "setcap cap_bpf+ep '/opt/a b/wakepath'");
  EXPECT_EQ(grant.undo, "setcap -r '/opt/a b/wakepath'");
  EXPECT_NE(grant.note.find("cap_sys_admin beside them brings --stats"), std::string::npos);
}

}  // namespace
}  // namespace wakepath::findings
