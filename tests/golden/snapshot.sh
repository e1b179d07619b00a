#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A snapshot of this machine, unpacked, gives the same interrupts as this machine. Only its owner can read it, it is
# complete or does not exist, and it has no secret of a process.
set -euo pipefail
program=${WAKEPATH:?}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "failed: $1" >&2; exit 1; }

rows() {  # ARGS...: without the counts, which grow
  "$program" irqs --format ndjson "$@" |
    sed -E 's/"counts":(\[[^]]*\]|null)/"counts":0/; s/"total":[^,]*/"total":0/'
}

(secret=hunter2-env exec -a hunter2-argument sleep 60) &
sleeper=$!
trap 'kill $sleeper; rm -rf "$work"' EXIT
rows >"$work/before"
"$program" irqs --snapshot "$work/host.tar.zst" 2>"$work/said"
rows >"$work/after"
grep -q ' files' "$work/said" || fail "does not say how much: $(cat "$work/said")"
[[ $(stat -c %a "$work/host.tar.zst") == 600 ]] || fail "others may read it"
mkdir "$work/copy"
tar -C "$work/copy" -xf "$work/host.tar.zst"
rows --root "$work/copy" >"$work/rows"
[[ -s $work/rows ]] || fail "the copy shows nothing"
# An interrupt may have moved meanwhile.
cmp -s "$work/before" "$work/after" || cp "$work/rows" "$work/before"
diff "$work/before" "$work/rows" || fail "the copy shows other interrupts"
[[ $(cat "$work/copy/proc/$sleeper/task/$sleeper/comm") == sleep ]] || fail "a thread is missing"
! grep -rqa hunter2 "$work/copy" || fail "a command line or an environment is in it"

# A host with a device that was given to a VM: the same rows, and only the name and the CPUs of the VM.
bash "$(dirname "$0")/irqs/note-tree.sh" "$work/note"
vm=$work/note/proc/4711
mkdir -p "$vm/fd" "$vm/task/4711" "$work/note/sys/kernel/iommu_groups/12"
ln -s anon_inode:kvm-vm "$vm/fd/11"
ln -s /dev/vfio/12 "$vm/fd/12"
ln -s /srv/hunter2.img "$vm/fd/13"
printf 'qemu-system-aarch64\0-object\0secret,data=hunter2\0-name\0guest=web1\0' >"$vm/cmdline"
printf 'qemu\n' >"$vm/comm"
printf 'CPU 0/KVM\n' >"$vm/task/4711/comm"
printf 'Name:\tqemu\nTgid:\t4711\nPid:\t4711\nVmRSS:\t5 kB\nCpus_allowed_list:\t2-3\n' | tee "$vm/status" >"$vm/task/4711/status"
given=$(echo "$work"/note/sys/bus/pci/devices/*:04:00.0)
ln -sfn ../../../../kernel/iommu_groups/12 "$given/iommu_group"
"$program" irqs --root "$work/note" --format ndjson >"$work/expected"
grep -q '"vm":"web1"' "$work/expected" || fail "no device is the VM's"
"$program" irqs --root "$work/note" --snapshot "$work/note.tar.zst" 2>"$work/said"
mkdir "$work/unpacked"
tar -C "$work/unpacked" -xf "$work/note.tar.zst"
"$program" irqs --root "$work/unpacked" --format ndjson | diff "$work/expected" - || fail "the tree's copy shows others"
! grep -rqa hunter2 "$work/unpacked" || fail "a command line is in the tree's copy"
! find "$work/unpacked" -lname '*hunter2*' | grep -q . || fail "an open file is in it"

# A refused or stopped snapshot leaves nothing behind, and does not touch an older file.
code() { local status=0; "$@" 2>"$work/error" || status=$?; echo "$status"; }
[[ $(code "$program" irqs --snapshot "$work/none/x") == 6 ]] || fail "a directory that is not there"
[[ $(code "$program" irqs --snapshot "$work/x" --device eth1) == 2 ]] || fail "filters are taken"
[[ $(code "$program" irqs --snapshot "$work/x" --root "$work/none") == 2 ]] || fail "of nothing"
[[ $(code bash -c "ulimit -f 1; exec '$program' irqs --snapshot '$work/host.tar.zst'") == 6 ]] || fail "no room"
tar -tf "$work/host.tar.zst" >/dev/null || fail "the old one is harmed"
[[ -z $(find "$work" -maxdepth 1 -name '*unfinished*') && ! -e $work/x ]] || fail "something is left"
