#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The oracle's reading of traces that a person wrote: cases that no recording holds."""

import unittest

import compare
import ftrace
import report
from wakes import Wakes
from written import EARLY, ENTRY, IDLE, RUN, SLACK_NS, SLEEP, VCPU, lines_of, switch, wakes_of, waking, wakeup


class Chains(unittest.TestCase):
    """Cases that the recordings don't hold."""

    def one(self, *rows):
        wakes = wakes_of(*rows)
        self.assertEqual(len(wakes), 1, wakes)
        return wakes[0]

    def test_an_interrupt_and_not_the_task_below_it(self):
        wake = self.one(
            *SLEEP,
            (1000, 0, "victim-7", "d.h..", "irq_handler_entry: irq=57 name=vfio-msix[3](0000:01:00.0)"),
            (1002, 0, "victim-7", "d.h..", waking("CPU 0/KVM", 96, 1)), *RUN)
        self.assertEqual(wake.path, r"irq(vfio-msix[*]\x28*:*:*.*\x29)>vcpu")
        self.assertEqual([name for name, _, _ in wake.stages], ["irq_entry", "wake_delay", "vcpu_entry"])

    def test_an_expiry_inside_an_interrupt_already_entered(self):
        timer = "hrtimer=00000000aa function=kvm_bg_timer_expire"
        wake = self.one(
            *SLEEP,
            (220, 1, VCPU, "d....", f"hrtimer_start: {timer} expires=995000 softexpires=995000 mode=ABS|HARD"),
            (980, 1, IDLE, "d.h..", "irq_handler_entry: irq=13 name=arch_timer"),
            (998, 1, IDLE, "d.h..", f"hrtimer_expire_entry: {timer} now=997000"),
            (1000, 1, IDLE, "d.h..", waking("CPU 0/KVM", 96, 1)), *RUN)
        self.assertEqual(wake.stages[:2], [("timer_latency", 995000, 998000), ("timer_callback", 998000, 1000000)])

    def test_a_packet_through_ksoftirqd_and_a_vhost_worker(self):
        wake = self.one(
            *SLEEP,
            (900, 0, IDLE, "d.h..", "irq_handler_entry: irq=57 name=virtio2-input.0"),
            (902, 0, IDLE, "d.h..", "softirq_raise: vec=3 [action=NET_RX]"),
            (903, 0, IDLE, "d.h..", "irq_handler_exit: irq=57 ret=handled"),
            (905, 0, IDLE, "d....", switch("swapper/0", 0, "R", "ksoftirqd/0", 12)),
            (910, 0, "ksoftirqd/0-12", "..s..", "softirq_entry: vec=3 [action=NET_RX]"),
            (920, 0, "ksoftirqd/0-12", "d.s..", waking("vhost-95", 120)),
            (925, 0, "ksoftirqd/0-12", "..s..", "softirq_exit: vec=3 [action=NET_RX]"),
            (930, 0, "ksoftirqd/0-12", "d....", switch("ksoftirqd/0", 12, "S", "vhost-95", 120)),
            (1000, 0, "vhost-95-120", "d....", waking("CPU 0/KVM", 96, 1)), *RUN)
        self.assertEqual(wake.path, "irq(virtio*-input.*)>task(ksoftirqd/*)>softirq(NET_RX)>task(vhost-*)>vcpu")
        self.assertEqual([name for name, _, _ in wake.stages], [
            "irq_entry", "softirq_delay", "softirq_run", "task_delay", "task_run", "wake_delay", "vcpu_entry"])

    def test_an_interrupt_with_a_thread(self):
        wake = self.one(
            *SLEEP,
            (900, 0, IDLE, "d.h..", "irq_handler_entry: irq=26 name=virtio0-req.1"),
            (902, 0, IDLE, "d.h..", "irq_handler_exit: irq=26 ret=handled"),
            (903, 0, IDLE, "d.h..", waking("irq/26-virtio0-", 70)),
            (910, 0, IDLE, "d....", switch("swapper/0", 0, "R", "irq/26-virtio0-", 70)),
            (1000, 0, "irq/26-virtio0--70", "d....", waking("CPU 0/KVM", 96, 1)), *RUN)
        self.assertEqual(wake.path, "irq(virtio*-req.*)>task(irq/*-virtio*-)>vcpu")
        self.assertEqual(wake.stages[:2], [("irq_entry", 900000, 903000), ("task_delay", 903000, 910000)])

    def test_a_task_that_ran_before_the_vcpu_slept_is_the_root(self):
        wake = self.one(
            (50, 0, IDLE, "d.h..", "irq_handler_entry: irq=57 name=virtio2-input.0"),
            (55, 0, IDLE, "d.h..", waking("vhost-95", 120)),
            (56, 0, IDLE, "d.h..", "irq_handler_exit: irq=57 ret=handled"),
            (60, 0, IDLE, "d....", switch("swapper/0", 0, "R", "vhost-95", 120)), *SLEEP,
            (1000, 0, "vhost-95-120", "d....", waking("CPU 0/KVM", 96, 1)), *RUN)
        self.assertEqual((wake.path, wake.begin), ("task(vhost-*)>vcpu", 1000000))

    def test_another_vcpu_is_not_followed_back(self):
        wake = self.one(
            (50, 0, "CPU 1/KVM-97", "d....", ENTRY), *SLEEP,
            (1000, 0, "CPU 1/KVM-97", "d....", waking("CPU 0/KVM", 96, 1)), *RUN)
        self.assertEqual((wake.path, wake.root), ("guest_ipi(CPU */KVM)>vcpu", "guest_ipi"))

    def test_a_signal(self):
        wake = self.one(
            *SLEEP,
            (1000, 0, "killer-7", "d....", waking("CPU 0/KVM", 96, 1)),
            (1001, 0, "killer-7", "d....", "signal_generate: sig=10 errno=0 code=-6 comm=CPU 0/KVM pid=96 grp=0 res=0"), *RUN)
        self.assertEqual((wake.path, wake.root), ("signal(killer)>vcpu", "signal"))

    def test_halt_polling_that_the_guests_timer_ended(self):
        wake = self.one(
            *SLEEP[:2],
            (210, 1, VCPU, "d.h..", "irq_handler_entry: irq=27 name=kvm guest vtimer"),
            (212, 1, VCPU, "d.h..", "kvm_timer_update_irq: VCPU: 0, IRQ 27, level 1"),
            (214, 1, VCPU, "d.h..", "irq_handler_exit: irq=27 ret=handled"),
            (220, 1, VCPU, ".....", "kvm_vcpu_wakeup: poll time 12000 ns, polling valid"),
            (230, 1, VCPU, "d....", ENTRY))
        self.assertEqual((wake.path, wake.vcpu, wake.flags), ("irq(kvm guest vtimer)>vcpu", 0, {"halt_poll"}))
        self.assertEqual(wake.stages, [("poll_exit", 210000, 220000), ("vcpu_entry", 220000, 230000)])

    def test_halt_polling_that_something_else_ended(self):
        wake = self.one(*SLEEP[:2], (220, 1, VCPU, ".....", "kvm_vcpu_wakeup: poll time 12000 ns, polling valid"),
                        (230, 1, VCPU, "d....", ENTRY))
        self.assertEqual((wake.path, wake.stages), ("unknown>vcpu", [("vcpu_entry", 220000, 230000)]))

    KICK = "vcpu_kick: (kvm_vcpu_kick+0x0/0x90) vcpu=0xffff000012340000"
    LOAD = "vcpu_load: (kvm_arch_vcpu_load+0x0/0x1c0) vcpu=0xffff000012340000"

    def test_halt_polling_that_a_kick_ended(self):
        wake = self.one(
            (90, 1, VCPU, "d....", self.LOAD), *SLEEP[:2], (215, 0, "vhost-95-99", ".....", self.KICK),
            (217, 0, "other-8", ".....", self.KICK),
            (220, 1, VCPU, ".....", "kvm_vcpu_wakeup: poll time 12000 ns, polling valid"), (230, 1, VCPU, "d....", ENTRY))
        self.assertEqual((wake.path, wake.flags), ("task(vhost-*)>vcpu", {"halt_poll"}))
        self.assertEqual(wake.stages, [("poll_exit", 215000, 220000), ("vcpu_entry", 220000, 230000)])

    def test_a_kick_that_is_told_after_the_poll_that_it_ended(self):
        wake = self.one(
            (90, 1, VCPU, "d....", self.LOAD), *SLEEP[:2],
            (220, 1, VCPU, ".....", "kvm_vcpu_wakeup: poll time 12000 ns, polling valid"),
            (222, 0, "vhost-95-99", ".....", self.KICK), (230, 1, VCPU, "d....", ENTRY))
        self.assertEqual((wake.path, wake.stages),
                         ("task(vhost-*)>vcpu", [("poll_exit", 220000, 220000), ("vcpu_entry", 220000, 230000)]))

    def test_a_kick_that_came_before_the_poll(self):
        first, second = (203, 0, "vhost-95-99", ".....", self.KICK), (216, 0, "other-8", ".....", self.KICK)
        left = (204, 1, VCPU, ".....", "kvm_exit: TRAP: HSR_EC: 0x0001 (WFx), PC: 0x40000084")
        for lasted, rows, path in ((0, (first, left, second), "task(vhost-*)>vcpu"), (0, (left, second), "unknown>vcpu"),
                                   (12000, (first, left, second), "unknown>vcpu"), (12000, (first, left), "task(vhost-*)>vcpu"),
                                   (12000, (left, second), "task(other)>vcpu")):
            wake = self.one(
                (90, 1, VCPU, "d....", self.LOAD), *SLEEP[:1], *rows,
                (220, 1, VCPU, ".....", f"kvm_vcpu_wakeup: poll time {lasted} ns, polling valid"),
                (230, 1, VCPU, "d....", ENTRY))
            self.assertEqual(wake.path, path)

    def test_a_kick_that_is_told_too_late(self):
        for us, after_entry in ((241, False), (232, True)):
            entry, kick = (230 if after_entry else 250, 1, VCPU, "d....", ENTRY), (us, 0, "vhost-95-99", ".....", self.KICK)
            wake = self.one(
                (90, 1, VCPU, "d....", self.LOAD), *SLEEP[:2],
                (220, 1, VCPU, ".....", "kvm_vcpu_wakeup: poll time 12000 ns, polling valid"),
                *((entry, kick) if after_entry else (kick, entry)))
            self.assertEqual(wake.path, "unknown>vcpu")

    def test_a_kick_that_the_guest_has_seen_to(self):
        wake = self.one(
            (90, 1, VCPU, "d....", self.LOAD), (95, 0, "vhost-95-99", ".....", self.KICK), *SLEEP[:2],
            (220, 1, VCPU, ".....", "kvm_vcpu_wakeup: poll time 12000 ns, polling valid"), (230, 1, VCPU, "d....", ENTRY))
        self.assertEqual(wake.path, "unknown>vcpu")

    def test_a_vcpu_that_kicks_itself(self):
        wake = self.one(
            (90, 1, VCPU, "d....", self.LOAD), *SLEEP[:2], (205, 1, VCPU, ".....", self.KICK),
            (220, 1, VCPU, ".....", "kvm_vcpu_wakeup: poll time 0 ns, polling valid"), (230, 1, VCPU, "d....", ENTRY))
        self.assertEqual(wake.path, "unknown>vcpu")

    def test_halt_polling_that_began_with_the_timer_fired(self):
        wake = self.one(
            SLEEP[0], (150, 1, VCPU, ".....", "kvm_exit: TRAP: HSR_EC: 0x0001 (WFx), PC: 0x40000084"),
            *self.vtimer(160), SLEEP[1],
            (220, 1, VCPU, ".....", "kvm_vcpu_wakeup: poll time 12000 ns, polling valid"), (230, 1, VCPU, "d....", ENTRY))
        self.assertEqual((wake.path, wake.begin), ("irq(kvm guest vtimer)>vcpu", 160000))

    @staticmethod
    def vtimer(us):
        return ((us, 1, VCPU, "d.h..", "irq_handler_entry: irq=12 name=kvm guest vtimer"),
                (us + 2, 1, VCPU, "d.h..", "kvm_timer_update_irq: VCPU: 0, IRQ 27, level 1"),
                (us + 4, 1, VCPU, "d.h..", "irq_handler_exit: irq=12 ret=handled"))

    @staticmethod
    def saved(us, cval, ctl=1):
        return (us, 1, VCPU, "d....", f"kvm_timer_save_state:    CTL: 0x{ctl:06x} CVAL: {cval:#18x} arch_timer_ctx_index: 1")

    def read_armed(self, *rows):
        armed = (  # CVAL counts 16 ns, and begins with CLOCK_MONOTONIC here
            (10, 1, VCPU, "d....", ENTRY), self.saved(20, 100000 // 16),
            (21, 1, VCPU, "d....", "hrtimer_start: hrtimer=00000000aa function=kvm_bg_timer_expire expires=100000 softexpires=100000"))
        mine = Wakes(ftrace.read_trace(lines_of([*armed, *rows])))
        self.assertEqual(mine.read(), [])
        return mine

    def deliveries_of(self, *rows):
        return [(one.stages, one.flags) for one in self.read_armed(*rows).deliveries if not one.again]

    def test_deliveries_are_held_against_wakepaths(self):
        mine = self.read_armed(
            SLEEP[0], self.saved(200, 250000 // 16), (205, 1, VCPU, ".....", "kvm_userspace_exit: reason KVM_EXIT_MMIO (6)"),
            (300, 1, VCPU, ".....", "kvm_timer_update_irq: VCPU: 0, IRQ 27, level 1"), (310, 1, VCPU, "d....", ENTRY))

        def told():
            return {"tid": 96, "vcpu": 0, "begin_ns": 250000, "end_ns": 310500, "flags": [], "stages": [
                {"name": "deschedule", "begin_ns": 250000, "end_ns": 300500, "cpu": 1},
                {"name": "vcpu_entry", "begin_ns": 300500, "end_ns": 310500, "cpu": 1}]}

        def problems(lines, slack=SLACK_NS):
            captured = report.Report({"begin_ns": 0}, [], lines, {"duration_ns": 10**9})
            found = compare.Comparison(captured, slack, events=mine.events).run([], mine.deliveries).disagreements
            for disagreement in found:
                compare.side_by_side(*disagreement)
            return "; ".join(text for texts, _, _ in found for text in texts)

        self.assertEqual(problems([told()]), "")
        self.assertEqual(problems([]), "wakepath has no such delivery")
        self.assertEqual(problems([told(), told()]), "ftrace shows no such delivery")
        wrong = told()
        wrong["stages"][0]["begin_ns"] += 5000
        self.assertIn("begin of deschedule", problems([wrong]))
        self.assertEqual(problems([wrong], None), "")
        self.assertIn("preempted", problems([told() | {"flags": ["preempted"]}], None))
        self.assertIn("vCPU", problems([told() | {"vcpu": 1}], None))
        wrong["stages"][0]["name"] = "irq_entry"
        self.assertIn("stages", problems([wrong], None))

    def test_a_timer_that_fired_in_the_guest(self):
        self.assertEqual(
            self.deliveries_of(SLEEP[0], *self.vtimer(200),
                               (210, 1, VCPU, ".....", "kvm_exit: IRQ: HSR_EC: 0x0000 (UNKNOWN), PC: 0x40000084"),
                               (220, 1, VCPU, "d....", ENTRY), self.saved(300, 190000 // 16)),
            [([("irq_entry", 200000, 202000), ("vcpu_entry", 202000, 220000)], set())])

    def test_a_timer_that_fired_while_the_vcpu_was_preempted_and_counts_once(self):
        load = "kvm_timer_update_irq: VCPU: 0, IRQ 27, level 1"
        self.assertEqual(
            self.deliveries_of(
                SLEEP[0], (200, 1, VCPU, "d....", switch("CPU 0/KVM", 96, "R", "hog", 9)), self.saved(201, 250000 // 16),
                (300, 1, "hog-9", "d....", switch("hog", 9, "R", "CPU 0/KVM", 96)), (303, 1, VCPU, ".....", load),
                (310, 1, VCPU, "d....", ENTRY),
                # The guest acknowledges before it sets the timer anew, and goes to user space with the level still raised.
                *self.vtimer(320), (330, 1, VCPU, "d....", ENTRY), self.saved(340, 250000 // 16, ctl=5),
                (345, 1, VCPU, ".....", "kvm_userspace_exit: reason KVM_EXIT_MMIO (6)"), (350, 1, VCPU, ".....", load),
                (360, 1, VCPU, "d....", ENTRY)),
            [([("deschedule", 250000, 300000), ("vcpu_entry", 300000, 310000)], {"preempted"})])

    def test_a_deadline_between_sched_in_and_load_was_not_descheduled(self):
        load = "kvm_timer_update_irq: VCPU: 0, IRQ 27, level 1"
        self.assertEqual(
            self.deliveries_of(
                SLEEP[0], (200, 1, VCPU, "d....", switch("CPU 0/KVM", 96, "R", "hog", 9)), self.saved(201, 301000 // 16),
                (300, 1, "hog-9", "d....", switch("hog", 9, "R", "CPU 0/KVM", 96)), (303, 1, VCPU, ".....", load),
                (310, 1, VCPU, "d....", ENTRY)),
            [([("vcpu_entry", 301000 // 16 * 16, 310000)], set())])

    def test_a_poll_that_finds_a_deadline_passed_is_its_delivery(self):
        self.assertEqual(
            self.deliveries_of(
                SLEEP[0], (150, 1, VCPU, ".....", "kvm_exit: TRAP: HSR_EC: 0x0001 (WFx), PC: 0x40000084"),
                (200, 1, VCPU, "d....", switch("CPU 0/KVM", 96, "R", "hog", 9)), self.saved(201, 250000 // 16),
                (300, 1, "hog-9", "d....", switch("hog", 9, "R", "CPU 0/KVM", 96)),
                (303, 1, VCPU, ".....", "kvm_timer_update_irq: VCPU: 0, IRQ 27, level 1"),
                (310, 1, VCPU, ".....", "kvm_wfx_arm64: guest executed wfi at: 0x40000084"),
                (312, 1, VCPU, ".....", "kvm_vcpu_wakeup: poll time 1000 ns, polling valid"), (320, 1, VCPU, "d....", ENTRY)),
            [([("deschedule", 250000, 300000), ("vcpu_entry", 300000, 320000)], {"preempted"})])

    def test_a_timer_that_fired_in_user_space(self):
        self.assertEqual(
            self.deliveries_of(
                SLEEP[0], self.saved(200, 250000 // 16), (205, 1, VCPU, ".....", "kvm_userspace_exit: reason KVM_EXIT_MMIO (6)"),
                (300, 1, VCPU, ".....", "kvm_timer_update_irq: VCPU: 0, IRQ 27, level 1"), (310, 1, VCPU, "d....", ENTRY)),
            [([("deschedule", 250000, 300000), ("vcpu_entry", 300000, 310000)], set())])

    def test_woken_before_it_was_asleep(self):
        wake = self.one(*EARLY)
        self.assertEqual(wake.stages, [("poll_exit", 205000, 220000), ("vcpu_entry", 220000, 230000)])

    def test_woken_so_late_in_its_way_to_sleep_that_it_is_switched_all_the_same(self):
        wake = self.one(
            *SLEEP[:2], (205, 0, "dev-7", "d....", waking("CPU 0/KVM", 96, 1)), SLEEP[2],
            (215, 1, IDLE, "d....", wakeup("CPU 0/KVM", 96, 1)), *RUN)
        self.assertEqual(wake.stages, [("wake_delay", 205000, 1010000), ("vcpu_entry", 1010000, 1020000)])

    def test_woken_for_what_its_poll_had_seen_already(self):
        wake = self.one(
            *SLEEP[:2], (220, 1, VCPU, ".....", "kvm_vcpu_wakeup: poll time 12000 ns, polling valid"),
            (221, 0, "dev-7", "d....", waking("CPU 0/KVM", 96, 1)), (230, 1, VCPU, "d....", ENTRY))
        self.assertEqual((wake.path, wake.stages), ("task(dev)>vcpu", [("vcpu_entry", 221000, 230000)]))

    def test_blocked_again_before_guest_entry(self):
        first, second = wakes_of(
            *SLEEP, (300, 0, "dev-7", "d....", waking("CPU 0/KVM", 96, 1)), (301, 0, "dev-7", "d....", wakeup("CPU 0/KVM", 96, 1)),
            (310, 1, IDLE, "d....", switch("swapper/1", 0, "R", "CPU 0/KVM", 96)),
            (320, 1, VCPU, "d....", switch("CPU 0/KVM", 96, "S", "swapper/1", 0)),
            (1000, 0, "dev-7", "d....", waking("CPU 0/KVM", 96, 1)), *RUN)
        self.assertEqual((first.ends_at, first.end), ("sched_in", 310000))
        self.assertIn("reblocked", first.flags)
        self.assertEqual((second.ends_at, second.end), ("kvm_entry", 1020000))

    def test_waits_for_something_else_on_its_way_to_the_guest(self):
        wake = self.one(
            *SLEEP, (300, 0, "dev-7", "d....", waking("CPU 0/KVM", 96, 1)), (301, 0, "dev-7", "d....", wakeup("CPU 0/KVM", 96, 1)),
            (310, 1, IDLE, "d....", switch("swapper/1", 0, "R", "CPU 0/KVM", 96)),
            (320, 1, VCPU, "d....", switch("CPU 0/KVM", 96, "D", "swapper/1", 0)),
            (1000, 0, "dev-7", "d....", waking("CPU 0/KVM", 96, 1)), *RUN)
        self.assertEqual(wake.stages, [("wake_delay", 300000, 310000), ("vcpu_entry", 310000, 1020000)])
        self.assertIn("preempted", wake.flags)

    def test_a_vcpu_thread_that_sleeps_in_user_space_is_no_wake(self):
        self.assertEqual(wakes_of(
            *SLEEP[:1], (150, 1, VCPU, ".....", "kvm_userspace_exit: reason KVM_EXIT_MMIO (6)"), SLEEP[2],
            (1000, 0, "dev-7", "d....", waking("CPU 0/KVM", 96, 1)), RUN[0], RUN[2]), [])

    def test_a_name_that_looks_like_a_line(self):
        name = "x pid=5 prio=1"
        wake = self.one(*SLEEP, (1000, 0, f"{name}-7", "d....", waking("CPU 0/KVM", 96, 1)), *RUN)
        self.assertEqual(wake.hops[0].name, name)


if __name__ == "__main__":
    unittest.main()
