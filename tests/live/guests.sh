#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Each workload of the embedded guest gives one wake for each that the guest reports, on its own path.
. "$(dirname "$0")/lib.bash"
need_live

# KVM on x86_64 takes PIC and IOAPIC lines through a kworker of its own, and may not show guest entry.
run() {  # WORKLOAD PATH STAGES [SHARE]
  "$WAKEPATH" live --guest "$1" -d 1s --format ndjson >"$work/$1.ndjson"
  python3 "$tests/check_ndjson.py" "$work/$1.ndjson"
  python3 "$tests/expect.py" "$work/$1.ndjson" --path "$2" --stages "$3" --plain --share "${4:-0.9}" --min-wakes 20 --lost 0
}
head='timer_latency,irq_entry,timer_callback'
case $(uname -m) in
  x86_64)
    tail='wake_delay'
    "$WAKEPATH" live --guest irqfd -d 300ms --format ndjson | grep -q '"ends_at":"kvm_entry"' && tail='wake_delay,vcpu_entry'
    run timer 'timer(pit_timer_fn)>work(pit_do_work)>vcpu' "$head,work_delay,work_run,$tail"
    run irqfd 'timer(timerfd_tmrproc)>work(irqfd_inject)>vcpu' "$head,work_delay,work_run,$tail"
    run kworker 'timer(timerfd_tmrproc)>work(aio_poll_put_work)>work(irqfd_inject)>vcpu' \
      "$head,work_delay,work_run,work_delay,work_run,$tail"
    # Half of them; the other half's root is the signal.
    run signal 'timer(hrtimer_wakeup)>task(guest-signal)>vcpu' "$head,task_delay,task_run,$tail" 0.4
    run device 'timer(hrtimer_wakeup)>task(guest-device)>work(irqfd_inject)>vcpu' \
      "$head,task_delay,task_run,work_delay,work_run,$tail"
    ;;
  aarch64)
    run timer 'timer(kvm_bg_timer_expire)>vcpu' "$head,wake_delay,vcpu_entry"
    run kworker 'timer(timerfd_tmrproc)>work(aio_poll_put_work)>vcpu' "$head,work_delay,work_run,wake_delay,vcpu_entry"
    ;;
  *) fail "no expectation for $(uname -m)" ;;
esac
