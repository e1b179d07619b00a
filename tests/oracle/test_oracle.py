#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The oracle itself: it agrees with what was right, and notices each thing that is made wrong."""

import copy
import pathlib
import unittest

import compare
import ftrace
import oracle
import report
from wakes import Wakes

FIXTURES = pathlib.Path(__file__).resolve().parent / "fixtures"
# 1 us of rounding and twice the two tracers' cost, as measured on 6.1.
SLACK_NS = 3700


def lines_of(rows):
    """(us, cpu, 'comm-tid', flags, event and its text) each."""
    head = [f"# entries-in-buffer/entries-written: {len(rows)}/{len(rows)}   #P:2"]
    for us, cpu, task, flags, text in rows:
        comm, _, tid = task.rpartition("-")
        head.append(f"{comm:>16}-{tid:<7} [{cpu:03d}] {flags} {us // 10**6:5d}.{us % 10**6:06d}: {text}")
    return head


def wakes_of(*rows):
    return Wakes(ftrace.read_trace(lines_of(rows))).read()


def waking(comm, pid, cpu=0):
    return f"sched_waking: comm={comm} pid={pid} prio=120 target_cpu={cpu:03d}"


def wakeup(comm, pid, cpu=0):
    return f"sched_wakeup: comm={comm} pid={pid} prio=120 target_cpu={cpu:03d}"


def switch(prev, prev_pid, state, following, next_pid):
    return (f"sched_switch: prev_comm={prev} prev_pid={prev_pid} prev_prio=120 prev_state={state} ==> "
            f"next_comm={following} next_pid={next_pid} next_prio=120")


VCPU, IDLE = "CPU 0/KVM-96", "<idle>-0"
ENTRY = "kvm_entry: PC: 0x40000084"
SLEEP = [
    (100, 1, VCPU, "d....", ENTRY),
    (200, 1, VCPU, ".....", "kvm_wfx_arm64: guest executed wfi at: 0x40000084"),
    (210, 1, VCPU, "d....", switch("CPU 0/KVM", 96, "S", "swapper/1", 0)),
]
RUN = [
    (1010, 1, IDLE, "d....", switch("swapper/1", 0, "R", "CPU 0/KVM", 96)),
    (1015, 1, VCPU, ".....", "kvm_vcpu_wakeup: wait time 800000 ns, polling valid"),
    (1020, 1, VCPU, "d....", ENTRY),
]


class Recordings(unittest.TestCase):
    def verdict(self, name, change=None, slack=SLACK_NS):
        events, mine, captured = oracle.read_case(FIXTURES, name)
        if change:
            change(captured)
        return compare.Comparison(captured, slack, mine.holes, events).run(mine.wakes, mine.deliveries)

    def wrong(self, change, expected, name="kworker-6.1", slack=SLACK_NS):
        found = self.verdict(name, change, slack).disagreements
        self.assertTrue(found, "not noticed")
        for disagreement in found:
            self.assertIn("disagreement", compare.side_by_side(*disagreement))
        self.assertIn(expected, "; ".join(text for problems, _, _ in found for text in problems))

    def test_agrees_with_what_was_right(self):
        for name, wakes in (("kworker-6.1", 4), ("timer-5.10", 6), ("device-7.2", 4)):
            verdict = self.verdict(name)
            self.assertEqual((verdict.disagreements, verdict.compared, verdict.cut, verdict.lossy), ([], wakes, 0, 0), name)
            self.assertLess(verdict.worst_ns, 1200)

    def test_plain_recordings_agree_in_order_and_path(self):
        verdict = self.verdict("busy-6.1", slack=None)
        self.assertEqual((verdict.disagreements, verdict.compared, verdict.boundaries), ([], 4, 0))

    def test_a_path_of_another_wake(self):
        def change(captured):
            captured.wakes[1]["path"] = "timer(kvm_bg_timer_expire)>vcpu"
        self.wrong(change, "path: timer(timerfd_tmrproc)>work(aio_poll_put_work)>vcpu by ftrace, "
                           "timer(kvm_bg_timer_expire)>vcpu by wakepath")
        self.wrong(change, "path", slack=None)

    def test_two_wakes_swapped(self):
        def change(captured):
            first, second = captured.wakes[:2]
            first["hops"], second["hops"] = second["hops"], first["hops"]
        self.wrong(change, "hop timer timerfd_tmrproc")

    def test_a_wake_dropped(self):
        self.wrong(lambda captured: captured.wakes.pop(2), "wakepath has no such wake")

    def test_a_wake_invented(self):
        def change(captured):
            captured.wakes.append(copy.deepcopy(captured.wakes[1]))
        self.wrong(change, "ftrace shows no such wake")

    def test_a_boundary_moved_by_5_us(self):
        for index in range(1, 7):
            for by in (5000, -5000):
                def change(captured, index=index, by=by):
                    captured.wakes[1]["stages"][index]["begin_ns"] += by
                self.wrong(change, "begin of " + ("irq_entry", "timer_callback", "work_delay", "work_run", "wake_delay",
                                                  "vcpu_entry")[index - 1])

    def test_another_cpus_turn_between_two_readings(self):
        def interleaved(rows, mine, theirs):
            comparison = compare.Comparison(None, SLACK_NS, events=ftrace.read_trace(lines_of(rows)))
            return comparison.interleaved(mine, theirs)

        asleep, awake = ((1, 1, IDLE, "d....", f"cpu_idle: state={state} cpu_id=1") for state in (1, 4294967295))
        here = (10, 0, IDLE, "d.h..", "irq_handler_entry: irq=13 name=arch_timer")
        after = (21, 0, IDLE, "d.h..", waking("x", 5))
        self.assertTrue(interleaved((awake, here, after), 10000, 20000))
        self.assertFalse(interleaved((awake, here, after), 10000, 23000))
        self.assertFalse(interleaved((awake, here, after), 10000, 9000))
        self.assertFalse(interleaved((asleep, here, after), 10000, 20000))
        self.assertTrue(interleaved((asleep, here, (12, 1, IDLE, "d.h..", waking("y", 6)), after), 10000, 20000))

    def test_the_end_moved_by_5_us(self):
        def change(captured):
            captured.wakes[1]["end_ns"] += 5000
        self.wrong(change, "end")

    def test_an_expiry_moved_by_a_nanosecond(self):
        def change(captured):
            captured.wakes[-1]["root"]["expiry_ns"] += 1
        self.wrong(change, "expiry", "timer-5.10")

    def test_a_begin_that_is_not_the_expiry(self):
        def change(captured):
            captured.wakes[-1]["stages"][0]["begin_ns"] -= 1
        self.wrong(change, "begin of timer_latency", "timer-5.10")

    def test_a_hop_on_another_cpu_of_another_name_or_of_another_thread(self):
        for key, value in (("cpu", 0), ("name", "vmstat_update"), ("tid", 1)):
            def change(captured, key=key, value=value):
                captured.wakes[0]["hops"][1][key] = value
            self.wrong(change, "hops", slack=None)

    def test_a_root_of_another_kind(self):
        def change(captured):
            captured.wakes[0]["root"]["kind"] = "irq"
        self.wrong(change, "root kind", slack=None)

    def test_another_vcpu_or_thread(self):
        def other_vcpu(captured):
            captured.wakes[0]["vcpu"] ^= 1
        self.wrong(other_vcpu, "vCPU", "timer-5.10")

        def other_thread(captured):
            captured.wakes[0]["tid"] += 1
        self.wrong(other_thread, "no such wake", "timer-5.10")

    def test_a_stage_left_out(self):
        def change(captured):
            del captured.wakes[0]["stages"][1]
        self.wrong(change, "stages", slack=None)

    def test_a_stage_that_is_too_long_to_be_seen_by_one_only(self):
        comparison = compare.Comparison(report.Report({"begin_ns": 0}, [], [], {}), SLACK_NS)
        wake = next(iter(Wakes(ftrace.read_trace(lines_of(Chains.EARLY))).read()))
        for length, noticed in ((1000, False), (10000, True)):
            wake.stages[0] = ("poll_exit", wake.stages[1][1] - length, wake.stages[1][1])
            other = {"stages": [{"name": "vcpu_entry", "begin_ns": wake.stages[1][1], "end_ns": wake.end}]}
            mine, theirs = comparison.stage_names(wake, other)
            self.assertEqual(mine != theirs, noticed)

    def test_a_wake_called_cut_that_is_not(self):
        def change(captured):
            captured.wakes[2]["flags"].append("cut")
        self.wrong(change, "says cut")

    def test_nothing_compared_is_no_success(self):
        verdict = self.verdict("kworker-6.1", lambda captured: [wake["flags"].append("lossy") for wake in captured.wakes])
        self.assertEqual(verdict.disagreements, [])
        self.assertEqual(len(list(oracle.complaints(verdict, 1))), 2)

    def test_what_begins_before_the_capture_may_be_missing(self):
        def change(captured):
            captured.header["begin_ns"] = captured.wakes[0]["end_ns"] - 1
            captured.wakes.pop(0)
        verdict = self.verdict("kworker-6.1", change)
        self.assertEqual((verdict.disagreements, verdict.cut, verdict.compared), ([], 1, 3))


class Unfit(unittest.TestCase):
    def setUp(self):
        self.trace = (FIXTURES / "timer-5.10.trace").read_text().splitlines()
        self.stats = (FIXTURES / "timer-5.10.stats").read_text().splitlines()

    def refused(self, call, *args):
        with self.assertRaises(ftrace.Unfit):
            call(*args)

    def test_as_it_was(self):
        ftrace.check_stats(self.stats)
        self.assertEqual(Wakes(ftrace.read_trace(self.trace)).holes, [])

    def test_buffers_that_lost(self):
        for key in ("overrun", "commit overrun", "dropped events"):
            self.refused(ftrace.check_stats, [line.replace(f" {key}: 0", f" {key}: 1") for line in self.stats])

    def test_another_clock_or_none(self):
        self.refused(ftrace.check_stats, [line.replace("[mono]", "mono").replace("local", "[local]") for line in self.stats])
        self.refused(ftrace.check_stats, [line for line in self.stats if not line.startswith("clock")])
        self.refused(ftrace.check_stats, [line for line in self.stats if line.startswith("clock")])

    def test_lines_that_are_missing(self):
        self.refused(ftrace.read_trace, self.trace[:-1])
        self.refused(ftrace.read_trace, [line for line in self.trace if "entries" not in line])
        self.refused(ftrace.read_trace, self.trace + ["CPU:1 [LOST 12 EVENTS]"])

    def test_lines_that_are_no_events(self):
        self.refused(ftrace.read_trace, self.trace + [" => kvm_vcpu_block"])

    def test_events_that_never_came(self):
        for name in ("hrtimer_start", "sched_waking"):
            rest = [line for line in self.trace if f" {name}: " not in line]
            count = sum(not line.startswith("#") for line in rest)
            self.refused(ftrace.check_kinds, ftrace.read_trace([line.replace("285/285", f"{count}/{count}") for line in rest]))

    def test_a_switch_that_was_not_traced(self):
        switches = [number for number, line in enumerate(self.trace) if " sched_switch: " in line and "[000]" in line]
        lost = [line.replace("285/285", "284/284") for number, line in enumerate(self.trace) if number != switches[4]]
        mine = Wakes(ftrace.read_trace(lost))
        mine.read()
        self.assertEqual(len(mine.holes), 1)


class Chains(unittest.TestCase):
    """What the recordings don't hold."""

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

    def test_a_kick_that_is_told_after_the_guest_was_entered(self):
        for exits, path in ((), "task(vhost-*)>vcpu"), (((231, 1, VCPU, ".....", "kvm_exit: IRQ"),), "unknown>vcpu"):
            wake = self.one(
                (90, 1, VCPU, "d....", self.LOAD), *SLEEP[:2],
                (220, 1, VCPU, ".....", "kvm_vcpu_wakeup: poll time 12000 ns, polling valid"), (230, 1, VCPU, "d....", ENTRY),
                *exits, (232, 0, "vhost-95-99", ".....", self.KICK))
            self.assertEqual(wake.path, path)
            self.assertEqual(wake.stages[-1], ("vcpu_entry", 220000, 230000))

    def test_a_kick_that_came_before_the_poll(self):
        for lasted, path in ((0, "task(vhost-*)>vcpu"), (12000, "task(other)>vcpu")):
            wake = self.one(
                (90, 1, VCPU, "d....", self.LOAD), *SLEEP[:2], (203, 0, "vhost-95-99", ".....", self.KICK),
                (216, 0, "other-8", ".....", self.KICK),
                (220, 1, VCPU, ".....", f"kvm_vcpu_wakeup: poll time {lasted} ns, polling valid"),
                (230, 1, VCPU, "d....", ENTRY))
            self.assertEqual(wake.path, path)

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

    EARLY = (
        *SLEEP[:2],
        (205, 0, "dev-7", "d....", waking("CPU 0/KVM", 96, 1)), (206, 0, "dev-7", "d....", wakeup("CPU 0/KVM", 96, 1)),
        (220, 1, VCPU, ".....", "kvm_vcpu_wakeup: wait time 12000 ns, polling valid"), (230, 1, VCPU, "d....", ENTRY))

    def test_woken_before_it_was_asleep(self):
        wake = self.one(*self.EARLY)
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
