#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016  # the guest's shell expands
# The host is suspended twice while wakepath captures: nothing is lost, wakes are complete before and afterwards, and each time one
# lasts as long as the host slept and says that it was frozen; kernels before 6.1 do not tell that from any other sleep. Then somebody sets the host's clock: wakes have the new time of day
# from then on. The emulator's CPUs have no idle state in which CLOCK_MONOTONIC stands still.
. "$(dirname "$0")/lib.bash"

asleep=5 # seconds
jump_days=100
lab --append no_console_suspend -- sh -c '
  has_wakes() {  # NUMBER: waits for so many more
    local wanted=$(($(grep -c "\"type\":\"wake\"" /out/live.ndjson) + $1))
    until [ "$(grep -c "\"type\":\"wake\"" /out/live.ndjson)" -ge "$wanted" ]; do kill -0 $capture || exit 40; sleep 0.05; done
  }
  alarm=/sys/class/rtc/rtc0/wakealarm

  wakepath live --guest timer --vcpus 2 --ring-size 16M --format ndjson >/out/live.ndjson 2>/out/live.err & capture=$!
  for _ in 1 2; do
    has_wakes 50
    echo 0 >$alarm && echo +'$asleep' >$alarm && echo freeze >/sys/power/state || exit 41
  done
  has_wakes 50
  date -s @$(($(date +%s) + '$((jump_days * 86400))')) >/dev/null
  sleep 2
  has_wakes 50
  kill -INT $capture
  wait $capture || exit 42
  dmesg | grep -c "suspend exit" >/out/times'
cp "$lab_files"/lab-out/* "$work"

(($(cat "$work/times") == 2)) || fail "the host was not suspended twice"
expect "$work/live.ndjson" --plain --complete 0.9 --lost 0 --min-wakes 150
python3 - "$work/live.ndjson" $asleep $jump_days <<'PYTHON'
import datetime
import json
import sys

lines = [json.loads(line) for line in open(sys.argv[1])]
kernel = next(line["kernel"] for line in lines if line["type"] == "header")
tells_frozen = tuple(int(number) for number in kernel.split(".")[:2]) >= (6, 1)  # TASK_FROZEN
by_begin = sorted((line for line in lines if line["type"] == "wake"), key=lambda wake: wake["begin_ns"])
times_frozen, thawed = 0, 0
for wake in by_begin:
    if (wake["total_ns"] or 0) < (int(sys.argv[2]) - 1) * 1_000_000_000:
        continue
    held = sum(blame["ns"] for stage in wake["stages"] for blame in stage["blame"]
               if blame["what"] == ("freezer" if tells_frozen else "asleep"))
    assert held > 0.8 * wake["total_ns"], wake
    print(f"a vCPU was frozen on its way: {wake['total_ns']} ns, {held} ns of it told")
    times_frozen += wake["begin_ns"] > thawed
    thawed = max(thawed, wake["end_ns"])
assert times_frozen == 2, f"vCPUs were frozen on their way {times_frozen} times"
times = [datetime.datetime.fromisoformat(wake["time"][:19]) for wake in by_begin]
assert (times[-1] - times[0]).days == int(sys.argv[3]) and times == sorted(times), (times[0], times[-1])
assert all(wake["complete"] for wake in by_begin[-20:-5]), "the last wakes are not complete"
PYTHON
