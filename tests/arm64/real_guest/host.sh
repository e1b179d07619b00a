#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
# In the lab's host: boots a guest with Linux in it under QEMU and has the oracle's record.sh trace it under each load.
# The guest's network is the host's too (by proxy ARP), so the packets that the host's card receives reach the guest by vhost;
# the guest's disk is a disk of the host. Left in /out, beside what record.sh
# leaves: threads ("tid comm" of each of QEMU's) and serial.log.
#
# usage: host.sh DURATION LOAD...
set -eu

fail() {
  echo "host.sh: $1" >&2
  [ ! -f /out/serial.log ] || tail -n 30 /out/serial.log >&2
  exit 1
}

network() {  # once QEMU has made its end
  ip link set lo up
  ip address add 10.0.2.15/24 dev eth0
  ip link set eth0 up
  until ip link set tap0 up 2>/dev/null; do
    kill -0 "$guest" || fail "QEMU ended"
    sleep 0.1
  done
  ip route add 10.0.2.16/32 dev tap0
  echo 1 >/proc/sys/net/ipv4/ip_forward
  echo 1 >/proc/sys/net/ipv4/conf/eth0/proxy_arp
  echo 1 >/proc/sys/net/ipv4/conf/tap0/proxy_arp
}

image() {
  mkdir -p image/bin image/dev image/proc image/sys
  cp /bin/busybox /lab/bin/sleeper image/bin/
  cp /lab/bin/guest_init image/init
  cp -r /lab/modules image/modules
  (cd image && find . | cpio -o -H newc >../image.cpio 2>/dev/null)
  rm -r image
}

start() {
  mkfifo serial.in
  qemu-system-aarch64 -name real,debug-threads=on -M virt,gic-version=3 -cpu host -accel kvm -smp 2 -m 256 \
    -nodefaults -display none -no-reboot -kernel /lab/vmlinuz -initrd image.cpio \
    -append "console=ttyAMA0 quiet panic=-1" -chardev stdio,id=serial,signal=off -serial chardev:serial \
    -object iothread,id=disk -drive file=/dev/vda,format=raw,if=none,id=vda,cache=none,aio=native \
    -device virtio-blk-pci,drive=vda,iothread=disk \
    -netdev tap,id=net,ifname=tap0,script=no,downscript=no,vhost=on -device virtio-net-pci,netdev=net,romfile= \
    <serial.in >/out/serial.log 2>&1 &
  guest=$!
  exec 4>serial.in
}

wait_for() {  # TEXT
  tries=0
  until grep -q "$1" /out/serial.log; do
    tries=$((tries + 1))
    [ $tries -lt 600 ] || fail "the guest did not say '$1'"
    kill -0 "$guest" || fail "the guest ended before it said '$1'"
    sleep 0.2
  done
}

duration=$1
shift
image
start
network
wait_for 'under none'
for task in /proc/"$guest"/task/*; do
  echo "${task##*/} $(cat "$task/comm")"
done >/out/threads
for load; do
  echo "$load" >&4
  wait_for "under $load"
  SAVE=yes record.sh /out "$duration" "$load:none:0:idle"
done
echo end >&4
wait "$guest"
