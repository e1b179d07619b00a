#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Inputs in the form in which people have them. Each folder of cases/ is a case:
#   run         one line: the arguments of wakepath, which runs in that folder (the shell expands them)
#   expected    its standard output, then its standard error, then "exit code N"
#   the input, under any name; bytes that are made at the time of the test come from cases/NAME/make DIRECTORY
# WAKEPATH_GOLDEN_UPDATE=1 writes the expected files anew: read the difference before you commit it.
set -euo pipefail
cd "$(dirname "$0")/cases"
: "${WAKEPATH:?the program under test}"
made=$(mktemp -d)
trap 'rm -rf "$made"' EXIT
export WAKEPATH made

failed=0
for folder in "${@:-*}"; do
  for run in ${folder%/}/run; do
    name=${run%/run}
    rm -rf "${made:?}"/*
    [[ ! -x $name/make ]] || "$name/make" "$made"
    status=0
    (cd "$name" && eval "timeout 300 \"\$WAKEPATH\" $(<run)") >"$made/.out" 2>"$made/.err" || status=$?
    # What is made lies in another place each time.
    { cat "$made/.out" "$made/.err"; echo "exit code $status"; } | sed "s|$made|MADE|g" >"$made/.all"
    [[ ! ${WAKEPATH_GOLDEN_UPDATE:-} ]] || cp "$made/.all" "$name/expected"
    diff -u "$name/expected" "$made/.all" || { echo "failed: $name"; failed=1; }
  done
done
exit "$failed"
