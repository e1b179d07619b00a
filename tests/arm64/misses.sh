#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Real-time threads preempt others in the middle of a BPF program and want the same program. wakepath counts exactly the
# runs that the kernel leaves out, and chains say that they may touch one. For kernels that let programs be preempted: from
# 7.0 on, with CONFIG_PREEMPT_RCU, which Debian's rt flavour has.
. "$(dirname "$0")/lib.bash"

aarch64-linux-gnu-gcc -O2 -static -pthread -o "$work/preempting" "$(dirname "$0")/preempting.c"
lab --with "$work/preempting" -- sh -c '
  preempting &
  until grep -q "\"missed_program\"[],]" /out/misses.ndjson 2>/dev/null; do
    wakepath live --guest timer --vcpus 4 -d 4s --events full --stats --format ndjson >/out/misses.ndjson || exit
  done'
cp "$lab_files/lab-out/misses.ndjson" "$work"
expect "$work/misses.ndjson" --some-missed --accounted --misses-flagged
