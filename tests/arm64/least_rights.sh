#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016  # the guest's shell expands
# A user without privilege, with CAP_BPF and CAP_PERFMON alone, captures what root does: that is what `setcap` is advised to give.
. "$(dirname "$0")/lib.bash"

aarch64-linux-gnu-gcc -O2 -static -o "$work/least_rights" "$(dirname "$0")/least_rights.c"
lab --icount --with "$work/least_rights" -- sh -c '
  chmod 666 /dev/kvm
  least_rights sh -c "grep -E \"^(Uid|Cap)\" /proc/self/status" >/out/rights.txt
  for guest in timer kworker; do
    least_rights wakepath live --guest $guest -d 1s --format ndjson >/out/$guest.ndjson 2>/out/$guest.err || exit
  done'
cp "$lab_files"/lab-out/* "$work"

# Bits 38 and 39 of linux/capability.h, and the user "nobody".
grep -q $'^Uid:\t65534' "$work/rights.txt" || fail "it runs as root"
grep -q $'^CapEff:\t000000c000000000$' "$work/rights.txt" || fail "it has other capabilities: $(grep CapEff "$work/rights.txt")"
for guest in timer kworker; do
  path=${guest}_path stages=${guest}_stages
  expect "$work/$guest.ndjson" --path "${!path}" --stages "${!stages}" --complete "$complete" --lost 0 --min-wakes 50
done
