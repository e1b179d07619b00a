#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A snapshot of this machine, unpacked, gives the same interrupts as this machine. Only its owner can read it, it is
# complete or does not exist, and it has no secret of a process.
set -euo pipefail
program=${WAKEPATH:?}
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "failed: $1" >&2; exit 1; }

rows() {  # ARGS...: without the counts, which grow
  "$program" irqs --format ndjson "$@" |
    sed -E 's/"counts":(\[[^]]*\]|null)/"counts":0/; s/"total":[^,]*/"total":0/'
}

(secret=hunter2-env exec -a hunter2-argument sleep 600) &
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

# The archive itself is a root too, packed or not, from a file or a pipe.
for from in "$work/host.tar.zst" - "$work/host.tar"; do
  [[ $from != *.tar ]] || tar -C "$work/copy" -cf "$from" proc sys
  rows --root "$from" <"$work/host.tar.zst" | diff "$work/rows" - || fail "--root $from shows other interrupts"
done
"$program" audit --root "$work/copy" --fail-at never --all >"$work/audit"
"$program" audit --root "$work/host.tar.zst" --fail-at never --all | diff "$work/audit" - || fail "audit --root of an archive"
tar -C "$work" -czf "$work/deep.tgz" --transform 's,^copy,./a/b,' copy
rows --root "$work/deep.tgz" | diff "$work/rows" - || fail "an archive with folders above proc"
gzip -c "$work/copy/proc/interrupts" | rows --root - | cut -d, -f1-3 >"$work/alone"
rows --root "$work/copy" | cut -d, -f1-3 | diff - "$work/alone" || fail "a packed /proc/interrupts"

# A hostile archive: nothing is written outside, and what is left out is said.
python3 archives.py "$work/archives" "$work/outside"
# Root is nobody by then, and must find them.
chmod 711 "$work"
mkdir -m 1777 "$work/outside" "$work/unpacks"
for archive in "$work"/archives/*; do
  for command in irqs audit; do
    status=0
    (ulimit -t 60 && TMPDIR=$work/unpacks exec "$program" "$command" --root "$archive") >"$work/out" 2>"$work/err" || status=$?
    expected=5
    [[ $archive != *links* ]] || expected=$([[ $command == irqs ]] && echo 0 || echo 1)
    ((status == expected)) || fail "exit code $status: $command --root $archive: $(cat "$work/err")"
    ! grep -q $'[\x01-\x09\x0b-\x1f\x7f]' "$work/out" "$work/err" || fail "control characters: $archive"
    ! grep -q "$work/unpacks" "$work/out" "$work/err" || fail "the copy's name is told: $(cat "$work/err")"
    ! grep -q 'root:' "$work/out" || fail "a file of this host is shown"
  done
done
[[ -z $(ls -A "$work/outside") && -z $(ls -A "$work/unpacks") ]] || fail "files were left behind"

# A host with a device that was given to a VM: the same rows, and only the name and the CPUs of the VM.
bash irqs/note-tree.sh "$work/note"
vm=$work/note/proc/4711
mkdir -p "$vm/fd" "$vm/task/4711" "$work/note/sys/kernel/iommu_groups/12"
ln -s anon_inode:kvm-vm "$vm/fd/11"
ln -s /dev/vfio/12 "$vm/fd/12"
ln -s /srv/hunter2.img "$vm/fd/13"
printf 'qemu-system-aarch64\0-object\0secret,data=hunter2\0-name\0guest=web1\0' >"$vm/cmdline"
printf 'qemu\n' >"$vm/comm"
printf 'CPU 0/KVM\n' >"$vm/task/4711/comm"
printf 'Name:\tqemu\nTgid:\t4711\nPid:\t4711\nVmRSS:\t5 kB\nCpus_allowed_list:\t2-3\n' | tee "$vm/status" >"$vm/task/4711/status"
# The root of its hierarchy is no unsound name.
mkdir -p "$work/note/sys/fs/cgroup/cpuset"
printf '4:cpuset:/\n0::/\n' >"$vm/cgroup"
echo 0-3 | tee "$work/note/sys/fs/cgroup/cpuset.cpus.effective" >"$work/note/sys/fs/cgroup/cpuset/cpuset.effective_cpus"
given=$(echo "$work"/note/sys/bus/pci/devices/*:04:00.0)
ln -sfn ../../../../kernel/iommu_groups/12 "$given/iommu_group"
"$program" irqs --root "$work/note" --format ndjson >"$work/expected"
grep -q '"vm":"web1"' "$work/expected" || fail "no device is the VM's"
"$program" irqs --root "$work/note" --snapshot "$work/note.tar.zst" 2>"$work/said"
[[ $(tar -tf "$work/note.tar.zst" | grep 'sys/fs/cgroup' | sort | tr '\n' ' ') == \
  'sys/fs/cgroup/cpuset.cpus.effective sys/fs/cgroup/cpuset/cpuset.effective_cpus ' ]] || fail "other cgroups"
"$program" audit --root "$work/note.tar.zst" --fail-at never >/dev/null 2>"$work/said" || fail "$(cat "$work/said")"
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
[[ $(code "$program" irqs --root "$work/host.tar" --snapshot "$work/x") == 2 ]] || fail "a snapshot of a file"
grep -q 'is a file: a snapshot copies a directory' "$work/error" || fail "it does not say why"
[[ $(code bash -c "ulimit -f 1; exec '$program' irqs --force --snapshot '$work/host.tar.zst'") == 6 ]] || fail "no room"
tar -tf "$work/host.tar.zst" >/dev/null || fail "the old one is harmed"
[[ -z $(find "$work" -maxdepth 1 -name '*unfinished*') && ! -e $work/x ]] || fail "something is left"
