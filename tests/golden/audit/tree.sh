#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# usage: tree.sh DIR good|bad|twins
# A made-up host of 8 CPUs and two NUMA nodes that keeps 4-7 for VM web1. Good: every setting serves that. Bad: every
# setting works against it. Twins: as bad, with another VM of that name.
set -euo pipefail
root=${1:?usage: tree.sh DIR good|bad|twins}
kind=${2:?usage: tree.sh DIR good|bad|twins}

put() {
  mkdir -p "$root/$(dirname "$1")"
  printf '%s\n' "$2" >"$root/$1"
}
# The value for this kind of host.
put2() {
  if [[ $kind == good ]]; then put "$1" "$2"; else put "$1" "$3"; fi
}

thread() {  # PID TID COMM CPUS POLICY
  local dir=proc/$1/task/$2
  put "$dir/comm" "$3"
  put "$dir/stat" "$2 ($3) S 1 1 1 0 -1 4194560 1 0 0 0 5 6 0 0 20 0 3 0 77 1000 200 0 0 0 0 0 0 0 0 0 0 0 0 0 17 4 $5 0 0 0"
  put "$dir/status" "Name:	x
Tgid:	$1
Cpus_allowed_list:	$4
Mems_allowed_list:	0-1
voluntary_ctxt_switches:	9"
  [[ $1 != "$2" ]] || cp "$root/$dir/"* "$root/proc/$1/"
}

put proc/sys/kernel/osrelease 6.12.0-made-up
put proc/sys/kernel/arch aarch64
put sys/devices/system/cpu/possible 0-7
put sys/devices/system/cpu/online 0-7
put sys/devices/system/cpu/isolated 4-7
put2 sys/devices/system/cpu/nohz_full 4-7 ' (null)'
put2 proc/cmdline 'isolcpus=managed_irq,domain,4-7 nohz_full=4-7 rcu_nocbs=4-7' \
  'isolcpus=4-7 "rcu_nocbs=4-N:1/2" kvm-arm.wfi_trap_policy=notrap -- nohz_full=4-7'
put2 proc/irq/default_smp_affinity 0f ff
put2 sys/devices/virtual/workqueue/cpumask 0f ff
put2 proc/sys/kernel/sched_rt_runtime_us -1 950000
put proc/sys/kernel/sched_rt_period_us 1000000
put2 proc/sys/kernel/timer_migration 1 0
put2 proc/sys/kernel/numa_balancing 0 1
put2 sys/module/kvm/parameters/halt_poll_ns 200000 0
put2 sys/kernel/mm/ksm/run 0 1
put sys/kernel/mm/ksm/pages_sharing 4711
put2 sys/kernel/mm/transparent_hugepage/enabled 'always [madvise] never' '[always] madvise never'
put2 sys/kernel/mm/transparent_hugepage/defrag 'always defer [madvise] never' '[always] defer madvise never'
put sys/devices/system/node/online 0-1
put sys/devices/system/node/node0/cpulist 0-3
put sys/devices/system/node/node1/cpulist 4-7
put sys/devices/system/cpu/cpuidle/current_governor menu
for cpu in 4 5 6 7; do
  for state in 0,WFI,1,0 1,cpu-sleep,350,1; do
    IFS=, read -r number name latency off <<<"$state"
    dir=sys/devices/system/cpu/cpu$cpu/cpuidle/state$number
    put "$dir/name" "$name"
    put "$dir/latency" "$latency"
    put2 "$dir/disable" "$off" 0
  done
done

put proc/interrupts '           CPU0       CPU1       CPU4       CPU5
 13:        100        100        100        100     GICv3  27 Level     arch_timer
 57:       1000          0          0         42   ITS-MSI 2097153 Edge      virtio2-input.0
 58:          0         77          0          0   ITS-MSI 2097154 Edge      virtio2-output.0'
for irq in 13,0-7,0-7 57,0-7,5 58,0-3,1; do
  IFS=, read -r number allowed effective <<<"$irq"
  put "proc/irq/$number/smp_affinity_list" "$allowed"
  put2 "proc/irq/$number/effective_affinity_list" "${effective/5/0}" "$effective"
done

mkdir -p "$root/proc/95/fd"
ln -s anon_inode:kvm-vm "$root/proc/95/fd/7"
printf 'qemu-system-aarch64\0-name\0guest=web1\0' >"$root/proc/95/cmdline"
put proc/95/cgroup '0::/machine.slice/machine-qemu\x2d1\x2dweb1.scope'
policy='0 0'
[[ $kind == good ]] || policy='50 1'
emulator=0-3
[[ $kind == good ]] || emulator=4-7
thread 95 95 qemu-system-aar $emulator '0 0'
thread 95 96 'CPU 0/KVM' 4 "$policy"
if [[ $kind == good ]]; then thread 95 97 'CPU 1/KVM' 5 "$policy"; else thread 95 97 'CPU 1/KVM' 4 "$policy"; fi
thread 1 1 systemd 0-3 '0 0'
mkdir -p "$root/proc/1/fd"
if [[ $kind == twins ]]; then
  cp -r "$root/proc/95" "$root/proc/195"
  rm -r "$root/proc/195/task"
  put proc/195/cgroup '0::/machine.slice/machine-qemu\x2d2\x2dweb1.scope'
  thread 195 195 qemu-system-aar $emulator '0 0'
  thread 195 196 'CPU 0/KVM' 4 "$policy"
fi
if [[ $kind != good ]]; then
  thread 200 200 irqbalance 0-3 '0 0'
  printf 'PATH=/bin\0IRQBALANCE_BANNED_CPULIST=6-7\0' >"$root/proc/200/environ"
  thread 300 300 backup 4-5 '0 0'
fi
