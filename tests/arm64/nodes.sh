#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016  # the guest's shell expands
# Two NUMA nodes: each CPU's events go to the rings of its own node, and none is lost or read twice.
. "$(dirname "$0")/lib.bash"

memory() { echo "-object memory-backend-ram,id=m$1,size=1G -numa node,nodeid=$1,memdev=m$1,cpus=$1,cpus=$(($1 + 2))"; }

lab --icount --cpus 4 --qemu "-m 2048 $(memory 0) $(memory 1)" -- sh -c '
  set -- /sys/devices/system/cpu/cpu*/node1
  test $# = 2 || exit 20
  for cpu in 0 1 2 3; do while :; do usleep 3000; done & taskset -p $((1 << cpu)) $! >/dev/null; done
  wakepath record --events full --guest timer --vcpus 4 --period 10ms -d 1s -o /out/nodes.wkp --stats >/dev/null &&
  wakepath replay --format ndjson /out/nodes.wkp >/out/nodes.ndjson'
cp "$lab_files/lab-out/nodes.ndjson" "$work"
expect "$work/nodes.ndjson" --path "$timer_path" --stages "$timer_stages" --min-wakes 300

# Wakes whose way led over both nodes are told to have done so, and no others. Node 0 has CPUs 0 and 2.
said=$(python3 - "$program" "$lab_files/lab-out/nodes.wkp" "$work/nodes.ndjson" <<'PYTHON'
import json, re, subprocess, sys

program, recording, lines = sys.argv[1:]
wakes = [wake for wake in map(json.loads, open(lines, encoding="utf-8")) if wake["type"] == "wake"]
seen = set()
for wake in wakes:
    nodes = {stage["cpu"] % 2 for stage in wake["stages"]}
    if len(nodes) in seen:
        continue
    seen.add(len(nodes))
    told = subprocess.run([program, "explain", "--wake", str(wake["id"]), recording], capture_output=True, text=True, check=True).stdout
    way = re.search(r"Its way led over (\d+) NUMA nodes", told)
    if (int(way[1]) if way else 1) != len(nodes):
        print(f"wake {wake['id']}, over {len(nodes)} nodes: {told}")
if seen != {1, 2}:
    print(f"wakes over so many nodes: {seen}")
PYTHON
)
[[ ! $said ]] || fail "$said"
