#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
# In the traced host: runs wakepath on its own guest, once for each case, while ftrace records the same run, and leaves
# /out/NAME.{ndjson,trace,stats}. ftrace is on before wakepath attaches and until it has ended, so it sees whatever wakepath
# sees.
#
# usage: record.sh OUT DURATION CASE...    CASE: NAME:GUEST:VCPUS:LOAD
#   GUEST  a guest of wakepath's own, or none: the VMs that run on this host already
#   LOAD   idle, busy (CPU 0 never sleeps) or quiet (without ftrace: the run to measure ftrace's own cost against)
# $SAVE: leaves NAME.wkp too. $PERIOD: the guest's. No simple ratio to the host's tick (4 ms): with 7 ms a tick met every
# fourth wake in the same step, between the two tracers' readings of it.
set -eu

: "${TRACEFS:=/sys/kernel/tracing}" "${WAKEPATH:=wakepath}" "${PERIOD:=6937us}"

fail() { echo "record: $1" >&2; exit 1; }

# The events that make a wake. The second list holds events that not every kernel and architecture has.
needed='irq/irq_handler_entry irq/irq_handler_exit irq/softirq_raise irq/softirq_entry irq/softirq_exit
  timer/hrtimer_start timer/hrtimer_cancel timer/hrtimer_expire_entry timer/hrtimer_expire_exit
  timer/timer_expire_entry timer/timer_expire_exit
  workqueue/workqueue_queue_work workqueue/workqueue_execute_start workqueue/workqueue_execute_end
  sched/sched_switch sched/sched_waking sched/sched_wakeup sched/sched_migrate_task
  signal/signal_generate power/cpu_idle kvm/kvm_entry kvm/kvm_exit kvm/kvm_vcpu_wakeup kvm/kvm_userspace_exit'
optional='timer/hrtimer_init timer/hrtimer_setup ipi/ipi_raise ipi/ipi_entry ipi/ipi_exit ipi/ipi_send_cpu ipi/ipi_send_cpumask
  sched/sched_wakeup_new sched/sched_kthread_work_queue_work sched/sched_kthread_work_execute_start
  sched/sched_kthread_work_execute_end
  kvm/kvm_timer_update_irq kvm/kvm_timer_save_state kvm/kvm_timer_restore_state kvm/kvm_timer_hrtimer_expire
  kvm/vgic_update_irq_pending kvm/kvm_wfx_arm64 kvm/kvm_set_irq kprobes/vcpu_load kprobes/vcpu_kick
  irq_vectors/local_timer_entry irq_vectors/local_timer_exit irq_vectors/reschedule_entry irq_vectors/reschedule_exit
  irq_vectors/call_function_single_entry irq_vectors/call_function_single_exit
  irq_vectors/call_function_entry irq_vectors/call_function_exit irq_vectors/irq_work_entry irq_vectors/irq_work_exit'

# No tracepoint tells the sender of an interrupt to a vCPU that polls: vcpu_kick does. vcpu_load tells which thread runs a
# vCPU.
set_up_probes() {
  [ -e "$TRACEFS/kprobe_events" ] || return 0
  echo >"$TRACEFS/kprobe_events"
  # shellcheck disable=SC2016  # the kernel expands
  echo 'p:vcpu_load kvm_arch_vcpu_load vcpu=$arg1:x64' >>"$TRACEFS/kprobe_events"
  # From 6.17 on the first.
  # shellcheck disable=SC2016
  echo 'p:vcpu_kick __kvm_vcpu_kick vcpu=$arg1:x64' >>"$TRACEFS/kprobe_events" 2>/dev/null ||
    echo 'p:vcpu_kick kvm_vcpu_kick vcpu=$arg1:x64' >>"$TRACEFS/kprobe_events"
}

set_up() {
  echo 0 >"$TRACEFS/tracing_on"
  echo nop >"$TRACEFS/current_tracer"
  echo >"$TRACEFS/set_event"
  set_up_probes
  echo mono >"$TRACEFS/trace_clock"
  echo 1 >"$TRACEFS/options/irq-info"
  echo 0 >"$TRACEFS/options/overwrite"
  echo "${BUFFER_KB:-32768}" >"$TRACEFS/buffer_size_kb"
}

# As on a kernel that is not traced: the next user may take that for granted.
tidy_up() {
  [ ! -e "$TRACEFS/kprobe_events" ] || echo >"$TRACEFS/kprobe_events"
  echo local >"$TRACEFS/trace_clock"
  echo 1 >"$TRACEFS/options/overwrite"
  echo 1408 >"$TRACEFS/buffer_size_kb"
  echo 1 >"$TRACEFS/tracing_on"
}

switch_events() {  # 0|1
  local event
  for event in $needed $optional; do
    if [ -e "$TRACEFS/events/$event/enable" ]; then
      echo "$1" >"$TRACEFS/events/$event/enable"
    else
      case " $optional " in *[[:space:]]"$event"[[:space:]]*) ;; *) fail "this kernel has no event $event" ;; esac
    fi
  done
}

run() {  # CASE
  local name guest vcpus load hog='' cpu
  IFS=: read -r name guest vcpus load <<CASE
$1
CASE
  echo >"$TRACEFS/trace"
  [ "$load" = quiet ] || { switch_events 1; echo 1 >"$TRACEFS/tracing_on"; }
  if [ "$load" = busy ]; then
    # The vCPU may not run beside it, or it would not be its timer only that fires over another's head.
    taskset 1 sh -c 'while :; do :; done' &
    hog=$!
    set -- taskset 2
  else
    set --
  fi
  set -- "$@" "$WAKEPATH" live -d "$duration" --events full --exits --stats --format ndjson
  [ "$guest" = none ] || set -- "$@" --guest "$guest" --vcpus "$vcpus" --period "$PERIOD"
  [ -z "${SAVE:-}" ] || set -- "$@" --save "$out/$name.wkp"
  "$@" >"$out/$name.ndjson"
  echo 0 >"$TRACEFS/tracing_on"
  [ -z "$hog" ] || kill "$hog"
  switch_events 0
  [ "$load" != quiet ] || return 0
  for cpu in "$TRACEFS"/per_cpu/cpu*; do
    sed "s/^/${cpu##*/} /" "$cpu/stats"
  done >"$out/$name.stats"
  sed 's/^/clock /' "$TRACEFS/trace_clock" >>"$out/$name.stats"
  [ ! -e "$TRACEFS/kprobe_profile" ] || sed 's/^ */probe /' "$TRACEFS/kprobe_profile" >>"$out/$name.stats"
  # Not cat: busybox hands the file to sendfile, by which parts of it come twice.
  dd if="$TRACEFS/trace" bs=64k of="$out/$name.trace" 2>/dev/null
}

out=$1 duration=$2
shift 2
set_up
for case; do run "$case"; done
tidy_up
