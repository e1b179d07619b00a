#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016  # the shell of each file expands these
# clang-tidy over src, include and tests. It reads the build's joined sources, for most of its work is the headers that
# they share. tidy.sh [JOBS]
. "$(dirname "$0")/lib.bash"
need clang-tidy
jobs=${1:-$(nproc)}
cmake --preset tidy >/dev/null
cmake --build --preset tidy -j "$jobs" >/dev/null
python3 - <<'PYTHON' |
import json

for unit in sorted({entry["file"] for entry in json.load(open("build-tidy/compile_commands.json"))}):
    if unit.endswith((".cpp", ".cxx")):
        print(unit, end="\0")
PYTHON
  xargs -0 -n 1 -P "$jobs" bash -c '
    checks=-bugprone-suspicious-include
    # CLI11 makes it take longer than all other checks together.
    [[ $0 != */src/cli/* ]] || checks+=,-performance-unnecessary-value-param
    # Tests are written to be read: there a copy more costs nothing, and an exception ends the test.
    [[ $0 != */build-tidy/tests/* ]] || checks+=,-performance-inefficient-*,-bugprone-exception-escape
    exec clang-tidy -p build-tidy --quiet --warnings-as-errors="*" --checks="$checks" \
      --extra-arg=-Wno-unknown-warning-option --extra-arg=-Wno-unused-command-line-argument "$0"'
