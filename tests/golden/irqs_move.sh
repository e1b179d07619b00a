#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# wakepath irqs move on a made-up tree: the planned writes, and the refusals before any write. tests/arm64/irqs.sh shows
# that it moves.
set -euo pipefail
cd "$(dirname "$0")"
: "${WAKEPATH:?the program under test}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tree=$work/tree

fail() { echo "failed: $1" >&2; exit 1; }
move() { "$WAKEPATH" irqs move --root "$tree" "$@"; }
refused() {  # EXIT-CODE TEXT ARGS...
  local code=$1 text=$2 status=0
  shift 2
  move "$@" >"$work/out" 2>"$work/err" || status=$?
  ((status == code)) || fail "exit code $status, not $code: irqs move $*: $(cat "$work/err")"
  [[ ! -s $work/out ]] || fail "it printed something: irqs move $*"
  grep -q -- "$text" "$work/err" || fail "no '$text' in the message: $(cat "$work/err")"
  ! grep -q $'[\x01-\x09\x0b-\x1f\x7f]' "$work/err" || fail "control characters: irqs move $*"
}
put() {
  mkdir -p "$(dirname "$tree/$1")"
  printf '%s\n' "$2" >"$tree/$1"
}

bash irqs/note-tree.sh "$tree"
put sys/devices/system/cpu/possible 0-7
put sys/devices/system/cpu/online 0-3
for irq in 55 56 57 58; do
  put "proc/irq/$irq/smp_affinity_list" 0-3
  put "proc/irq/$irq/effective_affinity_list" 0
done
find "$tree" -type f -exec sha256sum {} + | sort >"$work/before"

diff -u - <(move --device eth1 --cpu 1-3 --spread --dry-run) <<EXPECTED
IRQ  NAME              DEVICE  MAY GO TO  GOES TO
 56  virtio2-config    eth1    0-3 -> 1   0
 57  virtio2-input.0   eth1    0-3 -> 1   0
 58  virtio2-output.0  eth1    0-3 -> 1   0
Nothing is done. Without --dry-run:
  echo 1 >$tree/proc/irq/56/smp_affinity_list
  echo 1 >$tree/proc/irq/57/smp_affinity_list
  echo 1 >$tree/proc/irq/58/smp_affinity_list
EXPECTED
diff -u - <(move 57 --cpu 1,3 --dry-run --format ndjson) <<'EXPECTED'
{"type":"irq_move","irq":57,"name":"virtio2-input.0","user_name":"eth1","queue":"input.0","asked":"1,3","written":false,"error":null,"affinity_before":"0-3","effective_before":"0","affinity":null,"effective":null,"came":null,"waited_ns":0,"undo":null}
EXPECTED
move --device 04:00.0 --cpu 2 --dry-run --format ndjson | python3 ../check_ndjson.py
# A copy that is a file: the commands are for the host that it is of.
tar -C "$tree" -czf "$work/host.tgz" proc sys
diff <(move --device eth1 --cpu 1-3 --dry-run | sed "s|$tree||") \
  <("$WAKEPATH" irqs move --root "$work/host.tgz" --device eth1 --cpu 1-3 --dry-run) || fail "an archive is planned otherwise"

refused 2 'is a copy' 57 --cpu 2
tree=$work/host.tgz refused 2 'is a copy' 57 --cpu 2
refused 2 "no IRQ '999'" 999 --cpu 0
refused 2 "no IRQ ' 57'" ' 57' --cpu 0
refused 2 'no IRQ' $'\e[2J' --cpu 0
refused 2 'no device' --device eth9 --cpu 0
refused 2 'no CPU 8' 57 --cpu 0,8
refused 2 'CPU 4 is offline' 57 --cpu 3-4
refused 2 'no CPU list' 57 --cpu x
refused 2 'no CPU to move it to' 57 --cpu ''
refused 2 'required' 57
refused 2 'required' --cpu 1
refused 2 'excludes' 57 --device eth1 --cpu 1
refused 2 'requires' 57 --cpu 1 --spread
refused 2 'unit is missing' 57 --cpu 1 --wait 5
refused 3 'sent by a CPU' IPI0 --cpu 0
refused 3 'each CPU has its own' "$(awk '$NF == "arch_timer" { sub(":", "", $1); print $1 }' "$tree/proc/interrupts")" --cpu 0
refused 5 "the way back" 54 --cpu 0 --dry-run
# The other files can be written; so the mode of this one shows that it can't.
chmod 444 "$tree/proc/irq/58/smp_affinity_list"
refused 3 'managed' 58 --cpu 0
refused 3 'IRQ 58' --device eth1 --cpu 0
chmod 644 "$tree/proc/irq/58/smp_affinity_list"
status=0
"$WAKEPATH" irqs --root "$tree" move 57 --cpu 1 >"$work/out" 2>"$work/err" || status=$?
if ((status != 2)) || ! grep -q "before 'move'" "$work/err"; then fail "an option before 'move': $status, $(cat "$work/err")"; fi

mkdir "$tree/proc/412"
echo irqbalance >"$tree/proc/412/comm"
move 57 --cpu 1 --dry-run >"$work/out" 2>"$work/err"
grep -q 'irqbalance is running (process 412)' "$work/err" || fail "it does not see irqbalance"
rm -r "$tree/proc/412"

rm -r "$tree/sys/devices/system/cpu"
refused 3 'names no CPU' 57 --cpu 0
put sys/devices/system/cpu/possible 0-7
put sys/devices/system/cpu/online 0-3
find "$tree" -type f -exec sha256sum {} + | sort | diff "$work/before" - || fail "it wrote to the tree"

"$WAKEPATH" irqs move --help >"$work/help"
"$WAKEPATH" irqs --help | grep -q 'irqs move --help' || fail "the help of irqs does not lead to that of move"
for option in --device --cpu --spread --wait --dry-run --root --format; do
  grep -q -- "$option" "$work/help" || fail "the help does not name $option"
done
