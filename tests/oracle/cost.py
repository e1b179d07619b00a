# SPDX-License-Identifier: GPL-2.0-or-later
"""The cost of the two tracers for one event, so how far apart their stamps of it may be.

ftrace's probe runs first, because it was registered first: its stamp is taken before its own work, wakepath's after that
and before its own. So the two stamps of one event are ftrace's cost apart, plus wakepath's work before its clock read.
Both are measured in the instruction clock, where nothing else adds:
- wakepath: what the kernel itself counts for its programs (`--stats`), run time by runs;
- ftrace: the median total of the timer guest's wakes with ftrace recording and without it (wakepath runs in both), divided by
  the events that ftrace recorded inside such a wake.
"""

import bisect
import statistics

from ftrace import Unfit


def of_wakepath(captured):
    runs = sum(program["runs"] for program in captured.summary["programs"])
    if not runs:
        raise Unfit("wakepath's cost is not there: --stats is needed")
    return sum(program["run_time_ns"] for program in captured.summary["programs"]) / runs


def of_ftrace(events, wakes, traced, quiet):
    """events, wakes: ftrace's and the oracle's of the traced run; traced, quiet: wakepath's reports of both runs."""
    # Only wakes that stay on one CPU: the events of another take no time of them.
    counts = [sum(wake.begin <= event.ns <= wake.end and event.cpu == wake.hops[0].cpu for event in within(events, wake))
              for wake in wakes if len({hop.cpu for hop in wake.hops}) == 1]
    if not counts:
        raise Unfit("ftrace's cost can't be measured: no wake stays on its CPU")
    added = median_total(traced) - median_total(quiet)
    if added <= 0:
        raise Unfit(f"ftrace's cost can't be measured: it added {added} ns to a wake")
    return added / statistics.median(counts)


def within(events, wake):
    first = bisect.bisect_left(events, wake.begin, key=lambda event: event.ns)
    last = bisect.bisect_right(events, wake.end, key=lambda event: event.ns)
    return events[first:last]


def median_total(captured):
    totals = [wake["total_ns"] for wake in captured.wakes
              if wake["complete"] and len({hop["cpu"] for hop in wake["hops"]}) == 1]
    if not totals:
        raise Unfit("ftrace's cost can't be measured: no complete wake stays on its CPU")
    return statistics.median(totals)
