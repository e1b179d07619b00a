#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The oracle itself: it agrees with a right recording, and notices each thing that is made wrong."""

import copy
import pathlib
import sys
import types
import unittest

import compare
import ftrace
import oracle
import report
from wakes import Wakes
from written import EARLY, IDLE, SLACK_NS, lines_of, waking

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import residue  # noqa: E402

FIXTURES = pathlib.Path(__file__).resolve().parent / "fixtures"


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

    def test_a_recording_says_how_far_two_stamps_are_apart(self):
        near = self.verdict("busy-6.1", slack=None).apart_ns
        self.assertLess(near, 1_000_000)

        def change(captured):
            captured.wakes[1]["stages"][-1]["begin_ns"] += 5_000_000
        self.assertGreater(self.verdict("busy-6.1", change, slack=None).apart_ns, 5_000_000 - near)

    def test_it_says_the_same_of_the_switches_to_sleep(self):
        sleeps = {7: [1_000_000, 3_000_000]}
        captured = types.SimpleNamespace(wakes=[{"tid": 7, "end_ns": 900_000, "ran_ns": ran} for ran in (100_000, None, 350_000)]
                                         + [{"tid": 8, "end_ns": 0, "ran_ns": 9_000}])
        self.assertEqual(compare.sleeps_apart(sleeps, captured), 250_000)
        captured.wakes[0]["ran_ns"] += 30_000_000
        self.assertEqual(compare.sleeps_apart(sleeps, captured), 250_000, "another sleep")

    def test_the_guests_reading_lies_between_two_ends(self):
        wakes = [{"tid": 7, "begin_ns": end - 10, "end_ns": end} for end in (1_000_000, 2_000_000)]
        for ns, wrong in ((0, 0), (900_000, 0), (-5_000, 1), (1_005_000, 1)):
            self.assertEqual(len(list(residue.out_of_order([(ns, wakes[0])], wakes))), wrong, ns)

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
        # An interrupt of this CPU, whole or not.
        start = (10, 0, IDLE, ".....", "workqueue_execute_start: work struct 00000000abcd: function f")
        leave = (18, 0, IDLE, "d.h..", "irq_handler_exit: irq=13 ret=handled")
        entry = (12, 0, IDLE, "d.h..", "irq_handler_entry: irq=13 name=arch_timer")
        self.assertTrue(interleaved((asleep, start, entry, leave, after), 10000, 20000))
        self.assertFalse(interleaved((asleep, start, entry, after), 10000, 20000))
        self.assertFalse(interleaved((asleep, start, leave, after), 10000, 20000))
        # Its end as near to wakepath's reading as the text rounds.
        self.assertTrue(interleaved((asleep, start, entry, leave, after), 10000, 18600))
        self.assertTrue(interleaved((asleep, start, entry, leave, after), 10000, 17400))
        self.assertFalse(interleaved((asleep, start, entry, leave, after), 10000, 16600))
        # Its beginning as near to ftrace's; the next interrupt; none that is as long as they are apart.
        at_once = (10, 0, IDLE, "d.h..", "irq_handler_entry: irq=13 name=arch_timer")
        self.assertTrue(interleaved((asleep, start, at_once, leave, after), 10000, 19000))
        late = [(ns, *entry[1:]) if event is entry else (ns + 1, *leave[1:]) for event, ns in ((entry, 60), (leave, 60))]
        self.assertFalse(interleaved((asleep, start, *late, (70, *after[1:])), 10000, 60000))
        self.assertFalse(interleaved((asleep, start, *late, (70, *after[1:])), 10000, 63000))
        # Another CPU's turn, and then an interrupt.
        self.assertTrue(interleaved((asleep, start, (12, 1, IDLE, "d.h..", waking("y", 6)), *late), 10000, 60000))
        work = (14, 0, IDLE, ".....", "workqueue_execute_end: work struct 00000000abcd: function f")
        early = (13, 0, IDLE, "d.h..", "irq_handler_exit: irq=13 ret=handled")
        again = (16, 0, IDLE, "d.h..", "irq_handler_entry: irq=13 name=arch_timer")
        self.assertTrue(interleaved((asleep, start, entry, early, again, leave, after), 10000, 20000))
        self.assertFalse(interleaved((asleep, start, entry, early, work, again, leave, after), 10000, 20000))

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
        wake = next(iter(Wakes(ftrace.read_trace(lines_of(EARLY))).read()))
        for length, noticed in ((1000, False), (10000, True)):
            wake.stages[0] = ("poll_exit", wake.stages[1][1] - length, wake.stages[1][1])
            other = {"stages": [{"name": "vcpu_entry", "begin_ns": wake.stages[1][1], "end_ns": wake.end}]}
            mine, theirs = comparison.stage_names(wake, other)
            self.assertEqual(mine != theirs, noticed)

    def test_a_wake_called_cut_that_is_not(self):
        def change(captured):
            captured.wakes[2]["flags"].append("cut")
        self.wrong(change, "says cut")

    def test_a_poll_that_only_one_can_tell(self):
        def poll(root):
            wake = next(iter(Wakes(ftrace.read_trace(lines_of(EARLY))).read()))
            wake.flags, wake.root = {"halt_poll"}, root
            return wake
        for mine, theirs, untold in (("unknown", "task", True), ("task", "unknown", True), ("task", "irq", False),
                                     ("unknown", "unknown", False)):
            other = {"flags": ["halt_poll"], "root": {"kind": theirs}}
            self.assertEqual(compare.Comparison.untold(poll(mine), other), untold)
            self.assertFalse(compare.Comparison.untold(poll(mine), {"flags": [], "root": {"kind": theirs}}))

    def test_nothing_compared_is_no_success(self):
        verdict = self.verdict("kworker-6.1", lambda captured: [wake["flags"].append("lossy") for wake in captured.wakes])
        self.assertEqual(verdict.disagreements, [])
        self.assertEqual(len(list(oracle.complaints(verdict, 1))), 2)

    def test_too_often_something_between_the_two_readings(self):
        verdict = compare.Verdict(compared=100, boundaries=1000, interleaved=10)
        self.assertEqual(list(oracle.complaints(verdict, 1)), [])
        verdict.interleaved += 1
        self.assertEqual(len(list(oracle.complaints(verdict, 1))), 1)

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


if __name__ == "__main__":
    unittest.main()
