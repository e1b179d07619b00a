#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Real-time threads that preempt others in the middle of a BPF program, and want the same program: its runs that the
# kernel leaves out are counted exactly, and chains say that they may touch one. For kernels that let programs be preempted: from 7.0
# on, with CONFIG_PREEMPT_RCU, which Debian's rt flavour has.
. "$(dirname "$0")/lib.bash"

aarch64-linux-gnu-gcc -O2 -static -pthread -o "$work/preempting" "$(dirname "$0")/preempting.c"
lab --with "$work/preempting" -- sh -c '
  preempting &
  wakepath live --guest timer --vcpus 4 -d 4s --events full --stats --format ndjson' >"$work/misses.ndjson"
expect "$work/misses.ndjson" --some-missed --accounted --misses-flagged
