#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# wakepath irqs on made-up trees, run as an ordinary user. WAKEPATH_GOLDEN_UPDATE=1 writes the expected files anew: read
# the difference before you commit it.
set -euo pipefail
cd "$(dirname "$0")"
: "${WAKEPATH:?the program under test}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() { echo "failed: $1" >&2; exit 1; }
irqs() { "$WAKEPATH" irqs --pci-ids irqs/pci.ids --root "$@"; }
refused() {  # TEXT ARGS...
  local text=$1 status=0
  shift
  irqs "$@" >"$work/out" 2>"$work/err" || status=$?
  ((status == 2)) || fail "exit code $status, not 2: irqs $*"
  [[ ! -s $work/out ]] || fail "it printed something: irqs $*"
  grep -q -- "$text" "$work/err" || fail "no '$text' in the message: $(cat "$work/err")"
}
# wakepath must not die by a signal, or report a bug of its own.
survives() {  # ARGS...
  local status=0
  irqs "$@" >"$work/out" 2>"$work/err" || status=$?
  ((status == 0 || status == 2 || status == 5)) || fail "exit code $status: irqs $*: $(cat "$work/err")"
  ! grep -q $'[\x01-\x09\x0b-\x1f\x7f]' "$work/out" "$work/err" || fail "control characters: irqs $*"
}
survives_all() {  # TREE
  survives "$1"
  survives "$1" --all
  survives "$1" --device eth1
  survives "$1" --cpu 0
  survives "$1" --format ndjson
  head -n 12 "$work/out" >"$work/some"
  [[ ! -s $work/some ]] || python3 ../check_ndjson.py "$work/some"
}

# The output has the known facts of the VM, and no others.
bash irqs/note-tree.sh "$work/note"
irqs "$work/note" >"$work/expected.txt"
irqs "$work/note" --format ndjson >"$work/expected.ndjson"
irqs "$work/note" --device eth1 >"$work/eth1.txt"
python3 ../check_ndjson.py "$work/expected.ndjson"
for form in expected.txt expected.ndjson eth1.txt; do
  [[ ! ${WAKEPATH_GOLDEN_UPDATE:-} ]] || cp "$work/$form" "irqs/$form"
  diff -u "irqs/$form" "$work/$form"
done
(($(wc -l <"$work/expected.ndjson") == $(wc -l <irqs/note-interrupts.txt) - 1)) || fail "a row is missing"
! grep -q 'not known' "$work/expected.txt" || fail "a row is not explained"
cmp <(irqs "$work/note" --device virtio1) <(irqs "$work/note" --device 0000:03:00.0)
cmp <(irqs "$work/note" --device virtio1) <(irqs "$work/note" --device 03:00.0)
(($(irqs "$work/note" --device virtio1 --format ndjson | wc -l) == 4)) || fail "virtio1 has four interrupts"
refused 'eth9' "$work/note" --device eth9
refused 'CPU 4' "$work/note" --cpu 4
refused 'web1' "$work/note" --vm web1
refused 'nosuch' "$work/note" --driver nosuch
refused 'copy' "$work/note" -d 1s
refused 'copy' "$work/note" --watch

# Without /proc/interrupts wakepath reads /sys/kernel/irq; without both it prints a message.
mkdir -p "$work/sys/sys/kernel/irq/57"
for fact in chip_name=ITS-MSI hwirq=2097153 type=edge actions=virtio2-input.0 per_cpu_count=7,0,5; do
  echo "${fact#*=}" >"$work/sys/sys/kernel/irq/57/${fact%%=*}"
done
irqs "$work/sys" --format ndjson >"$work/out" 2>"$work/err"
grep -q '"counts":\[7,0,5\],"cpus":"0-2","total":12,.*"pci":"0000:04:00.0"' "$work/out" || fail "$(cat "$work/out")"
grep -q 'no IPIs' "$work/err" || fail "it does not say what is missing"
status=0
irqs "$work/nothing" >"$work/out" 2>"$work/err" || status=$?
((status == 5)) || fail "exit code $status without any tree"

# Hostile: each line and file may hold anything.
bash irqs/note-tree.sh "$work/bad"
printf '           CPU0       CPU1\n' >"$work/bad/proc/interrupts"
{
  printf ' 1:  18446744073709551615  1  GICv3 33 Level  saturated\n'
  printf ' 2:  99999999999999999999999999  1  GICv3 33 Level  more than 64 bits\n'
  printf ' 3:  1  2  ITS-MSI 99999999999999999999999999 Edge  virtio99999999999999999999-input\n'
  printf ' 4:  1  2  \e[2J\e[31mchip 5 Edge  \e]0;owned\a\xff\xfe/../../etc/passwd\n'
  printf ' 99999999999:  1  2  a 1 Edge  too large a number\n'
  printf ' 5:  1\n 6:\n:\n\n 7: x y z\n 57:  1  2  ITS-MSI 1 Edge  a,, b,  , ,\n 57:  1  2  twice\n'
  printf '\e[H:  1  2  \e[2J\n'
  head -c 100000 /dev/zero | tr '\0' '9'
} >>"$work/bad/proc/interrupts"
mkdir -p "$work/bad/sys/bus/pci/devices/0000:04:00.0/virtio2/net/"$'\e[2Jeth1' "$work/bad/sys/bus/virtio/devices"
printf '\e[2J' >"$work/bad/proc/irq/57/smp_affinity_list"
printf '0xfffffffffffffffffff' >"$work/bad/sys/bus/pci/devices/0000:04:00.0/vendor"
ln -s loop "$work/bad/sys/bus/virtio/devices/loop"
ln -s /nowhere/../virtio7 "$work/bad/sys/bus/virtio/devices/virtio7"
ln -s . "$work/bad/sys/bus/pci/devices/0000:04:00.0/self"
survives_all "$work/bad"
grep -q '"irq":2,.*"counts":null,.*"total":null' "$work/out" || fail "a count that can't be read is not null"

# Cut anywhere, and files that are directories.
size=$(stat -c %s "$work/note/proc/interrupts")
cp -r "$work/note" "$work/cut"
for ((at = 0; at < size; at += 97)); do
  head -c "$at" "$work/note/proc/interrupts" >"$work/cut/proc/interrupts"
  survives "$work/cut" --format ndjson
done
rm -r "$work/cut/proc/interrupts" "$work/cut/proc/irq"
mkdir "$work/cut/proc/interrupts"
touch "$work/cut/proc/irq"
survives_all "$work/cut"

# As many CPUs and as many interrupts as there may be.
python3 irqs/large-tree.py "$work/cpus" 4096 100
python3 irqs/large-tree.py "$work/irqs" 8 10000
survives_all "$work/cpus"
irqs "$work/cpus" --format ndjson >"$work/out"
python3 - "$work/out" <<'CHECK'
import json, sys
rows = [json.loads(line) for line in open(sys.argv[1])]
assert len(rows) == 100
for i, row in enumerate(rows):
    assert len(row["counts"]) == 4096 and row["counts"][i] == row["total"] == i * 7 + 1, i
CHECK
survives_all "$work/irqs"
lines=$(irqs "$work/irqs" | wc -l)
((lines <= 40)) || fail "$lines lines are more than a screen"
status=0
irqs "$work/irqs" --format ndjson >/dev/full 2>"$work/err" || status=$?
((status == 6)) || fail "exit code $status where the output can't be written"
(($(irqs "$work/irqs" --all | wc -l) == 10001)) || fail "--all leaves rows out"
(($(irqs "$work/irqs" --device 0000:00:01.0 | wc -l) == 9)) || fail "a device of eight queues has eight rows"
