#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
# Records one run for each line of its standard input, NAME!TIME!SETUP!GUEST!CAUSE, as /out/NAME.wkp: SETUP is done before, GUEST
# is the virtual machine, as provoke takes it, CAUSE makes its vCPU late from the recording's begin on. The vCPU and what disturbs
# it are on the host's last CPU, what records on its first: behind all others, for where there is one CPU it is the same.
last=$(($(nproc) - 1))

on_last() {  # [-f PRIORITY | -n NICE] WHAT ARGS... of provoke
  exec provoke -c $last "$@"
}
vcpu() {  # prints the thread of the vCPU
  grep -l "^CPU 0/KVM" /proc/[0-9]*/task/*/comm 2>/dev/null | head -n 1 | cut -d / -f 5
}
put() { echo "$2" >"$1"; }  # FILE VALUE
limit() {  # CPU.MAX PROCESS
  [ -d /sys/fs/cgroup/limited ] || {
    mount -t cgroup2 none /sys/fs/cgroup
    put /sys/fs/cgroup/cgroup.subtree_control +cpu
    mkdir /sys/fs/cgroup/limited
  }
  put /sys/fs/cgroup/limited/cpu.max "$1"
  put /sys/fs/cgroup/limited/cgroup.procs "$2"
}
throttle() {  # OF_US US : real time may have US of each OF_US
  put /proc/sys/kernel/sched_rt_runtime_us "$2"
  put /proc/sys/kernel/sched_rt_period_us "$1"
}
restore() {
  put /proc/sys/kernel/sched_rt_period_us 1000000
  put /proc/sys/kernel/sched_rt_runtime_us 950000
  put /sys/module/kvm/parameters/halt_poll_ns 500000
}
wait_for() {  # COMMAND...
  tries=0
  until "$@" >/dev/null; do
    tries=$((tries + 1))
    [ $tries -lt 3000 ] || { echo "waited in vain: $*" >&2; return 1; }
    sleep 0.01
  done
}
has_vcpu() { [ "$(vcpu)" ]; }
has_begun() { [ -s "$1" ]; }

end_cause() {
  [ ! "$cause" ] || kill -9 "$cause"
  killall -9 provoke
} 2>/dev/null

run() {  # NAME TIME SETUP GUEST CAUSE
  eval "$3"
  (eval "on_last $4") >/dev/null 2>&1 &
  guest=$!
  wait_for has_vcpu || return
  provoke -c 0 -n 19 exec wakepath record -d "$2" --poll 200ms --exits -o "/out/$1.wkp" >/dev/null 2>"/out/$1.err" &
  recording=$!
  wait_for has_begun "/out/$1.wkp"
  cause=
  [ ! "$5" ] || { (eval "$5") >"/out/$1.cause" 2>&1 & cause=$!; }
  # A cause that leaves no time for wakepath is over after this at the latest.
  (sleep 10; end_cause) &
  guard=$!
  wait $recording || echo "$1 was not recorded: $(cat "/out/$1.err")" >&2
  kill -9 $guard 2>/dev/null
  end_cause
  kill -9 "$guest" 2>/dev/null  # where provoke is the guest too, it has ended
  wait
  restore
  echo "$1, at $(cut -d " " -f 1 /proc/uptime) s" | tee /dev/kmsg >&2
}

ifconfig lo up
restore
while IFS=! read -r name time setup guest cause; do
  run "$name" "$time" "$setup" "$guest" "$cause" </dev/null
done
