#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What a command writes: onto nothing that it reads, onto nothing that is there unless it is told to, and whole or not at
# all. A full disk is one of the test's own, as root; that part is left out elsewhere.
set -euo pipefail
cd "$(dirname "$0")"
: "${WAKEPATH:?the program under test}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() { echo "failed: $1: $(cat "$work/err")" >&2; exit 1; }
code() { local status=0; "$@" >"$work/out" 2>"$work/err" || status=$?; echo "$status"; }
says() { grep -qF -- "$1" "$work/err" || fail "it does not say '$1'"; }
files() { (cd "$work/dir" && echo *); }

mkdir "$work/dir"
cd "$work/dir"
python3 - "$OLDPWD/trace-text/ftrace-6.1-kworker.txt" trace.txt <<'PYTHON'
import re, sys
text = open(sys.argv[1]).read()
with open(sys.argv[2], "w") as out:  # one after the other, ten seconds apart
    for part in range(40):
        out.write(re.sub(r"( +)(\d+)(\.\d{6}:)", lambda m: f"{m[1]}{int(m[2]) + 10 * part}{m[3]}", text))
PYTHON
cp trace.txt "$work/trace"
ln -s trace.txt soft
ln trace.txt hard
mkfifo pipe
before=$(files)

# Never onto an input, by whatever name.
for force in '' --force; do
  for output in trace.txt ./trace.txt ../dir/trace.txt "$work/dir/trace.txt" soft hard /proc/self/fd/7; do
    for input in trace.txt soft hard /proc/self/fd/7; do
      [[ $(code "$WAKEPATH" import $force "$input" -o "$output" 7<trace.txt) == 2 ]] || fail "$input onto $output"
      says "can't be the output too"
    done
    for input in - /dev/stdin /dev/fd/0; do
      [[ $(code "$WAKEPATH" import $force "$input" -o "$output" <trace.txt 7<trace.txt) == 2 ]] || fail "$input onto $output"
    done
  done
  [[ $(code "$WAKEPATH" import $force trace.txt --kallsyms hard -o soft) == 2 ]] || fail "onto the names"
  [[ $(code "$WAKEPATH" import $force pipe -o pipe) == 2 ]] || fail "a pipe into itself"
done
for command in 'import trace.txt -o -' 'replay trace.txt' 'info trace.txt' 'audit trace.txt' 'replay - ' 'import --outline trace.txt'; do
  status=0
  # shellcheck disable=SC2086  # several words
  "$WAKEPATH" $command <trace.txt >>soft 2>"$work/err" || status=$?
  ((status == 2)) || fail "$command >> its input: exit code $status"
done
cmp trace.txt "$work/trace" || fail "the input is another one"
[[ $(files) == "$before" ]] || fail "files are left: $(files)"

# What is there is kept, and --force replaces it when the new one is whole.
echo precious >a.wkp
ln -s a.wkp link
ln -s nowhere dangling
for output in a.wkp link; do
  [[ $(code "$WAKEPATH" import trace.txt -o "$output") == 6 ]] || fail "it writes over $output"
  says --force
  [[ $(code "$WAKEPATH" record --without-kvm -d 1ms -o "$output") == 6 ]] || fail "it records over $output"
  says --force
  [[ $(code "$WAKEPATH" live --without-kvm -d 1ms --save "$output") == 6 ]] || fail "it saves over $output"
  says --force
  [[ $(code "$WAKEPATH" irqs --snapshot "$output") =~ ^[36]$ ]] || fail "a snapshot over $output"
done
[[ $(code "$WAKEPATH" import trace.txt -o dangling) == 6 ]] || fail "through a link to nothing"
[[ $(code "$WAKEPATH" import trace.txt -o .) == 6 ]] || fail "onto a directory"
[[ $(code "$WAKEPATH" import --force trace.txt -o .) == 6 ]] || fail "onto a directory by force"
for part in 1 8; do
  [[ $(code bash -c "ulimit -f $part; exec '$WAKEPATH' import --force trace.txt -o link") == 6 ]] || fail "a file that may not grow"
  [[ $(code bash -c "ulimit -f $part; exec '$WAKEPATH' import trace.txt -o new.wkp") == 6 ]] || fail "a file that may not grow"
  says 'nothing was written'
done
echo 'no trace' >none.txt
[[ $(code "$WAKEPATH" import --force none.txt -o link) == 5 ]] || fail "what is no trace"
[[ $(cat a.wkp) == precious && ! -e nowhere && ! -e new.wkp ]] || fail "something was touched"
[[ $(files) == 'a.wkp dangling hard link none.txt pipe soft trace.txt' ]] || fail "files are left: $(files)"
[[ $(code "$WAKEPATH" import --force trace.txt -o link) == 0 ]] || fail "--force"
[[ -L link && $(stat -c %a a.wkp) == 600 ]] || fail "not the file that the link names, or others may read it"
[[ $(code "$WAKEPATH" replay a.wkp) == 0 ]] || fail "a replaced recording"

# Standard output and pipes get the same.
"$WAKEPATH" replay --format ndjson a.wkp >"$work/expected"
"$WAKEPATH" import trace.txt -o - 2>"$work/err" | "$WAKEPATH" replay --format ndjson - | cmp - "$work/expected" || fail "-o -"
"$WAKEPATH" import trace.txt -o /dev/stdout 2>"$work/err" | "$WAKEPATH" replay --format ndjson - | cmp - "$work/expected" || fail "-o /dev/stdout"
"$WAKEPATH" import trace.txt -o - >redirected 2>"$work/err"
"$WAKEPATH" replay --format ndjson redirected | cmp - "$work/expected" || fail "-o - >FILE"
"$WAKEPATH" replay --format ndjson pipe >"$work/piped" &
reader=$!
[[ $(code "$WAKEPATH" import trace.txt -o pipe) == 0 ]] || fail "-o PIPE"
wait "$reader" || fail "replay of a pipe: exit code $?"
cmp "$work/piped" "$work/expected" || fail "-o PIPE"
[[ -p pipe ]] || fail "the pipe is gone"
[[ $(code "$WAKEPATH" import trace.txt -o /dev/null) == 0 && -c /dev/null ]] || fail "-o /dev/null"
[[ $(code "$WAKEPATH" import trace.txt -o /dev/full) == 6 ]] || fail "-o /dev/full"
[[ $(code "$WAKEPATH" live --without-kvm -d 1ms --save -) == 2 ]] || fail "--save - among the wakes"
rm -f redirected none.txt

# Ended from outside in the middle, with an input that goes on: nothing is left, and what was there is there.
cp a.wkp "$work/a"
for signal in INT TERM HUP KILL; do
  for output in a.wkp new.wkp; do
    before=$(files)
    mkfifo "$work/feed"
    # It has read the first part when the second one has found room.
    "$WAKEPATH" import --force - -o "$output" <"$work/feed" >"$work/out" 2>"$work/err" &
    importer=$!
    exec 8>"$work/feed"
    for _ in {1..4}; do head -c 150000 trace.txt >&8; done
    kill -"$signal" "$importer"
    status=0
    wait "$importer" 2>/dev/null || status=$?
    exec 8>&-
    rm "$work/feed"
    ((status != 0)) || fail "an import that is ended by $signal passes"
    [[ $(files) == "$before" ]] || fail "left after $signal: $(files)"
    cmp a.wkp "$work/a" || fail "$signal harms what was there"
  done
done

# A full disk.
if ((EUID == 0)) && unshare -m true 2>/dev/null; then
  mkdir "$work/small"
  # shellcheck disable=SC2016  # for the shell in there
  unshare -m bash -c 'mount -t tmpfs -o size=40k none "$0" && cd "$0" && head -c 30000 /dev/urandom >old.wkp && cksum old.wkp >sum
    for output in old.wkp new.wkp; do
      status=0
      "$WAKEPATH" import --force "$1" -o $output || status=$?
      ((status == 6)) || { echo "exit code $status"; exit 1; }
    done
    cksum old.wkp | cmp - sum && [[ $(echo *) == "old.wkp sum" ]] || { echo "left: $(echo *)"; exit 1; }
  ' "$work/small" "$work/dir/trace.txt" >"$work/out" 2>"$work/err" || fail "a full disk: $(cat "$work/out")"
  says 'No space left on device; nothing was written'
else
  echo "not as root: the full disk is left out"
fi
