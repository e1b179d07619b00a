# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# shellcheck disable=SC2034  # the tests read the variables
# For the tests in the ARM64 lab: `lab ARGS` runs scripts/arm64-lab on the kernel and the CPU under test.
#
# No test may depend on how fast the machine is. The instruction clock (--icount) alone judges lengths and shares of
# time. Plain mode judges wakes, paths, order, sums and losses. What has to happen first is waited for.
set -euo pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
program=${WAKEPATH:-$top/build/wakepath}
lab_files=${WAKEPATH_LAB_FILES:-$top/build}

fail() { echo "failed: $1" >&2; exit 1; }

lab_options=(${WAKEPATH_LAB_KERNEL:+--kernel "$WAKEPATH_LAB_KERNEL"} ${WAKEPATH_LAB_CPU:+--qemu "-cpu $WAKEPATH_LAB_CPU"})
lab() { "${LAB:-$top/scripts/arm64-lab}" "${lab_options[@]}" "$@"; }

expect() {  # FILE ARGS...
  python3 "$top/tests/check_ndjson.py" "$1" && python3 "$top/tests/expect.py" "$@"
}

residue() {  # FILE ARGS...
  python3 "$top/tests/check_ndjson.py" "$1" && python3 "$top/tests/residue.py" "$@"
}

timer_path='timer(kvm_bg_timer_expire)>vcpu'
timer_stages=timer_latency,irq_entry,timer_callback,wake_delay,vcpu_entry
# PREEMPT_RT runs the callbacks of most timers in a thread, with interrupts on: those miss some of the programs' runs.
soft='' complete=0.99
[[ ${WAKEPATH_LAB_KERNEL:-} != *-rt-* ]] || { soft='>task(ktimers/*)>softirq(HRTIMER)' complete=0.9; }
kworker_path="timer(timerfd_tmrproc)$soft>work(aio_poll_put_work)>vcpu"
kworker_stages=timer_latency,irq_entry,timer_callback,work_delay,work_run,wake_delay,vcpu_entry
