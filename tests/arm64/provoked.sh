#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016  # the guest's shell expands
# Makes a vCPU late by one cause after the other, each in a run of its own, and holds what wakepath says against the cause:
# the first finding of the first page, and the first cause of `explain --worst`. Beside what a finding foretells without its
# culprit stands what was measured without it.
. "$(dirname "$0")/lib.bash"

# NAME ! CPUS ! TIME ! SETUP ! GUEST ! CAUSE ! FINDING ! RULE. The host has so many CPUs: in the instruction clock, where each
# run repeats, one CPU of two stands still while the other has its turn. TIME, SETUP, GUEST and CAUSE are for provoked/host.sh,
# FINDING and RULE for provoked/judge.py. A NAME that ends in .gone is that without the cause. Of `moves` nothing is wanted: the
# turn of the other CPU may come first there. Of `pool_busy` the slowest wake may be one whose interrupt the same kworker held off;
# its finding is met by a busy pool alone, for a kworker has an item's name only where it does that item before the wake's own. Of
# `softirq_flood` it may be one behind the task that brings the softirqs about.
table() {
  cat <<'TABLE'
quiet!1!60s!!exec guest_demo timer 10000 600!!-!
rt_hog!1!4s!!exec guest_demo timer 5000 600!on_last -f 50 burst 3000 4300!hog \(tid \d+, real-time priority 50\) on CPU 0 !behind_real_time
rt_hog.gone!1!4s!!exec guest_demo timer 5000 600!!-!
cfs_hog!1!4s!!-n 10 exec guest_demo timer 5000 600!on_last burst 4000 1000!hog \(tid \d+, nice 0\) on CPU 0 !run_queue
cfs_hog.gone!1!4s!!-n 10 exec guest_demo timer 5000 600!!!
work_behind_fifo!1!4s!!exec guest_demo kworker 5000 600!on_last -f 50 burst 3000 4300!hog \(tid \d+, real-time priority 50\) on CPU 0 !work_behind_real_time|behind_real_time
work_behind_fifo.gone!1!4s!!exec guest_demo kworker 5000 600!!-!
pool_busy!1!1s!rm -f /tmp/go; on_last work 25 36000 /tmp/go & sleep 0.5!exec guest_demo kworker 5000 600!: >/tmp/go!kworker/0:\d+: bpf_prog_free_deferred \(tid \d+, nice 0\) on CPU 0 !work_pool_busy|irq_held_off
pool_busy.gone!1!1s!!exec guest_demo kworker 5000 600!!-!
timer_flood!1!1s!!exec guest_demo timer 5000 600!on_last timers 400 7300!interrupt arch_timer(: posix_timer_fn)? \(irq \d+\) on CPU 0 !timer_callback_first
softirq_flood!1!1s!!exec guest_demo timer 5000 600!on_last -n 19 files 20000 2000!softirq RCU on CPU 0 !softirq|run_queue
masked!1!1s!!exec guest_demo timer 5000 600!on_last console 300!hog \(tid \d+, nice 0\) on CPU 0 !irq_held_off|run_queue
masked.gone!1!1s!!exec guest_demo timer 5000 600!!-!
two_vcpus!1!4s!!-f 1 exec guest_demo timer 5000 600!on_last -f 1 spin 3000 4300!CPU 0/KVM \(tid \d+, real-time priority 1\) on CPU 0 !other_vcpu
two_vcpus.gone!1!4s!!-f 1 exec guest_demo timer 5000 600!!-!
cpu_max!1!4s!!exec guest_demo timer 1000 600!limit "1000 50000" $(pidof guest_demo)!CPU bandwidth limit on CPU 0 !held_by_limit
cpu_max.gone!1!4s!!exec guest_demo timer 1000 600!!-!
rt_throttling!1!4s!!-f 2 exec guest_demo timer 5000 600!throttle 100000 50000; on_last -f 1 burst 1000 0!real-time throttling on CPU 0 !held_by_limit
rt_throttling.gone!1!4s!!-f 2 exec guest_demo timer 5000 600!!-!
moves!2!3s!!exec guest_demo timer 5000 600!exec provoke -c 0 bounce $(vcpu) 1700!!
vmm_slow!1!4s!!vmm 5000 500!!VMM in user space on CPU 0 !vmm_in_the_way
vmm_slow.gone!1!4s!!vmm 5000 0!!-!
faults!1!1s!!vmm 5000 0 1000!!\S+ vCPU 0 left its guest at once after \d+ of \d+ wakes, for memory that was not mapped!
polls_150_0!2!500ms!put /sys/module/kvm/parameters/halt_poll_ns 0!exec guest_demo timer 150 600!!!
polls_150_100000!2!500ms!put /sys/module/kvm/parameters/halt_poll_ns 100000!exec guest_demo timer 150 600!!!
polls_150_200000!2!500ms!put /sys/module/kvm/parameters/halt_poll_ns 200000!exec guest_demo timer 150 600!!!
polls_150_400000!2!500ms!put /sys/module/kvm/parameters/halt_poll_ns 400000!exec guest_demo timer 150 600!!!
polls_350_0!2!500ms!put /sys/module/kvm/parameters/halt_poll_ns 0!exec guest_demo timer 350 600!!!
polls_350_200000!2!500ms!put /sys/module/kvm/parameters/halt_poll_ns 200000!exec guest_demo timer 350 600!!!
polls_350_400000!2!500ms!put /sys/module/kvm/parameters/halt_poll_ns 400000!exec guest_demo timer 350 600!!!
polls_350_800000!2!500ms!put /sys/module/kvm/parameters/halt_poll_ns 800000!exec guest_demo timer 350 600!!!
TABLE
}

# HOST!CPUS: the rows of a host of so many CPUs.
of_host() { table | awk -F ! -v cpus="$1" '$2 == cpus'; }

aarch64-linux-gnu-gcc -O2 -static -pthread -o "$work/provoke" "$(dirname "$0")/provoked/provoke.c"
cp "$(dirname "$0")/provoked/host.sh" "$work"
mkdir "$work/out"
for cpus in $(table | cut -d ! -f 2 | sort -u); do
  of_host "$cpus" | cut -d ! -f 1,3-6 >"$work/rows"
  lab --icount --cpus "$cpus" --timeout 1800 --append printk.devkmsg=on \
    --with "$work/provoke" --with "$work/host.sh" --with "$work/rows" -- sh -c 'host.sh </lab/bin/rows'
  cp "$lab_files"/lab-out/*.wkp "$work/out"
done
table | cut -d ! -f 1,7- | python3 "$(dirname "$0")/provoked/judge.py" "$program" "$work/out"
