#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016  # the guest's shell expands
# A flight recorder beside `live`: two tasks take the vCPU's CPUs away at odd times. Each wake that they held up is in a recording
# that was kept, and its replay says of it what `live` said at the time. WAKEPATH_BREACH_SECONDS: for how long (default 12).
# The tasks come as often in all, however long it takes, so that every recording has room.
# Rings and --before are long, for the machine may give the emulator no time for a while.
. "$(dirname "$0")/lib.bash"

aarch64-linux-gnu-gcc -O2 -static -pthread -o "$work/hog" "$(dirname "$0")/provoked/provoke.c"
seconds=${WAKEPATH_BREACH_SECONDS:-12}
pause=$((seconds * 2000))
lab --timeout $((seconds * 20 + 600)) --with "$work/hog" -- sh -c '
  guest_demo timer 7000 600 2 >/dev/null &
  for cpu in 0 1; do
    hog -c $cpu -f 50 burst 900 $(('"$pause"' + cpu * '"$pause"' / 3)) &
  done
  wakepath live -d '"$seconds"'s --ring-size 16M --format ndjson --save /out/kept --on "blame(task(hog)) > 300us" \
    --before 2s --after 50ms --max-files 1000 \
    --exec "echo \$WAKEPATH_VM \$WAKEPATH_LATENCY_NS \$WAKEPATH_FILE >>/out/hooks" >/out/live.ndjson 2>/out/news
  ls -l /out/kept >/out/listing'
cp -r "$lab_files/lab-out/." "$work"
cat "$work/news"
python3 "$top/tests/check_ndjson.py" "$work/live.ndjson"
python3 - "$program" "$work" <<'PYTHON'
import glob
import json
import subprocess
import sys

program, work = sys.argv[1:]
# What tells of a wake's neighbours, and not of itself.
NEIGHBOURS = {"id", "blocked_ns"}


def wakes_of(lines):
    wakes = {}
    for line in map(json.loads, lines):
        if line["type"] == "wake":
            wakes[line["tid"], line["end_ns"]] = {key: value for key, value in line.items() if key not in NEIGHBOURS}
    return wakes


def stolen(wake):
    return sum(blame["ns"] for stage in wake["stages"] for blame in stage["blame"]
               if blame["kind"] == "task" and blame["what"] == "hog")


live = list(open(f"{work}/live.ndjson"))
summary = json.loads(live[-1])
assert summary["type"] == "summary" and summary["lost"] == 0, summary
told = {key: wake for key, wake in wakes_of(live).items() if wake["total_ns"] is not None and wake["complete"]}
slow = {key: wake for key, wake in told.items() if stolen(wake) > 300_000}
files = sorted(glob.glob(f"{work}/kept/*.wkp"))
kept, breaches = {}, {}  # each as often as it is in a recording: at the end of another's it may lack what followed it
for file in files:
    run = subprocess.run([program, "replay", file, "--format", "ndjson"], capture_output=True, text=True)
    assert run.returncode == 0 and not run.stderr, (file, run.returncode, run.stderr)
    lines = run.stdout.splitlines()
    assert json.loads(lines[-1])["lost"] == 0, (file, lines[-1])
    for key, wake in wakes_of(lines).items():
        kept.setdefault(key, []).append(wake)
    run = subprocess.run([program, "replay", file, "--breach", "--format", "ndjson"], capture_output=True, text=True)
    assert run.returncode == 0, (file, run.stderr)
    breaches.update(wakes_of(run.stdout.splitlines()))
missing = [key for key in slow if key not in kept]
assert not missing, (len(missing), missing[:3], files)
other = [(slow[key], kept[key]) for key in slow if slow[key] not in kept[key]]
assert not other, (len(other), other[0])
assert set(slow) <= set(breaches)
assert len(slow) >= 10, len(slow)
hooks = open(f"{work}/hooks").read().splitlines()
assert len(hooks) == len(files) and all(line.endswith(".wkp") for line in hooks), (hooks, files)
print(f"{len(slow)} breaches of {len(told)} wakes in {len(files)} recordings, each as it was told")
PYTHON
