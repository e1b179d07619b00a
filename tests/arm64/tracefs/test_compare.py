#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The comparison notices each difference between two recordings of one run."""
import copy
import unittest

import compare

PERIOD_NS = 10_000_000


def wake(number):
    begin = number * PERIOD_NS
    ends = [begin + 1000, begin + 3000, begin + 9000]
    stages = [{"name": name, "begin_ns": end - 1000, "end_ns": end, "cpu": 0, "actor": name}
              for name, end in zip(("timer_latency", "irq_entry", "wake_delay"), ends)]
    return {"tid": 5, "complete": True, "path": "timer(f)>vcpu", "begin_ns": begin, "end_ns": ends[-1], "stages": stages,
            "root": {"kind": "timer", "irq": 13, "irq_name": "arch_timer", "function": "f", "cpu": 0},
            "hops": [{"kind": "timer", "name": "f", "cpu": 0, "tid": None}]}


class Compared(unittest.TestCase):
    def compared(self, change=None, wakes=200):
        bpf = [wake(number) for number in range(wakes)]
        tracefs = copy.deepcopy(bpf)
        for each in bpf:
            for stage in each["stages"][1:]:
                stage["end_ns"] += 500
        if change:
            change(bpf, tracefs)
        return compare.Comparison().run({5: bpf}, {5: tracefs}, 0, wakes * PERIOD_NS)

    def later(self, by_ns, wakes, stage=1):
        def change(bpf, _):
            for each in bpf[:wakes]:
                each["stages"][stage]["end_ns"] += by_ns
        return self.compared(change)

    def test_the_cost_of_the_first(self):
        found = self.compared()
        self.assertEqual((found.compared, found.wrong, found.between, max(found.apart)), (400, [], [], 500))

    def test_something_between_the_two_readings(self):
        found = self.later(20_000, wakes=2)
        self.assertEqual((found.wrong, len(found.between)), ([], 4))

    def test_too_often(self):
        self.assertEqual(len(self.later(20_000, wakes=7).wrong), 1)

    def test_too_far(self):
        self.assertEqual(len(self.later(3_000_000, wakes=1).wrong), 2)

    def test_the_wrong_one_is_later(self):
        self.assertEqual(len(self.later(-20_000, wakes=1).wrong), 2)

    def test_two_boundaries_of_one_wake(self):
        def change(bpf, _):
            for stage in bpf[0]["stages"][:2]:
                stage["end_ns"] += 20_000
        self.assertEqual(len(self.compared(change).wrong), 4)

    def test_another_shape(self):
        def change(bpf, _):
            bpf[0]["hops"][0]["cpu"] = 1
        self.assertEqual(len(self.compared(change).wrong), 2)

    def test_a_wake_that_one_alone_tells(self):
        self.assertEqual(len(self.compared(lambda bpf, tracefs: tracefs.pop(7)).wrong), 1)
        self.assertEqual(len(self.compared(lambda bpf, tracefs: bpf.pop(7)).wrong), 1)


if __name__ == "__main__":
    unittest.main()
