#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016  # the guest's shell expands
# Causes that only some hosts have: a signal, an IPI from another vCPU, an LPI with and without a cached translation.
# Each of the two ways is half of the wakes.
. "$(dirname "$0")/lib.bash"

lab --icount -- sh -c '
  for guest in signal ipi lpi; do
    wakepath live --guest $guest -d 2s --exits --format ndjson >/out/$guest.ndjson || exit
  done'
cp "$lab_files"/lab-out/*.ndjson "$work"

# A real-time kernel runs a thread's timer in its softirq.
slept="timer(hrtimer_wakeup)$soft"

half() {  # GUEST PATH STAGES ARGS...
  local stages=(--stages "$3")
  [[ ! $soft ]] || stages=()
  expect "$work/$1.ndjson" --path "$2" --share 0.45 "${stages[@]}" --complete 0.99 --lost 0 --min-wakes 300 "${@:4}"
}
timer=timer_latency,irq_entry,timer_callback
task=$timer,task_delay,task_run
last=wake_delay,vcpu_entry

# The guest sleeps on, so it has nothing to report.
half signal "$slept>task(guest-signal)>vcpu" "$task,$last"
# A real-time kernel often wakes the vCPU onto the sender's CPU, where it does not sleep again in time.
[[ $soft ]] || half signal 'signal(guest-signal)>vcpu' "$last"

half ipi "$timer_path" "$timer,$last" --one-per-report
half ipi 'guest_ipi(CPU */KVM)>vcpu' "$last" --one-per-report

lpi=(--one-per-report --min-wakes 150)
half lpi "$slept>task(guest-device)>vcpu" "$task,$last" "${lpi[@]}"
half lpi "$slept>task(guest-device)>work(irqfd_inject)>vcpu" "$task,work_delay,work_run,$last" "${lpi[@]}"
