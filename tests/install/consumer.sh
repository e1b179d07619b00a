#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Installs to a prefix of its own, then: each public header compiles by itself, and examples/slowest builds by CMake and by
# pkg-config and prints what it should. WAKEPATH_GOLDEN_UPDATE=1 writes the expected file anew: read the difference.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
: "${BUILD:?the tree that was built}" "${CXX:=g++}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "failed: $1" >&2; exit 1; }

prefix=$work/prefix
cmake --install "$BUILD" --prefix "$prefix" >"$work/install.log"
[[ $("$prefix/bin/wakepath" --version) == wakepath\ * ]] || fail "the program that was installed does not run"
for file in man/man1/wakepath.1 doc/wakepath/{LICENSE,ndjson.schema.json} wakepath/wakepath{.sql,-macros.json}; do
  [[ -s $prefix/share/$file ]] || fail "share/$file is not installed"
done

headers=0
for header in "$prefix"/include/wakepath/*.{h,hpp}; do
  printf '#include "%s"\n' "$header" |
    "$CXX" -x c++ -std=c++20 -Wall -Wextra -Wpedantic -Werror -fsyntax-only -I "$prefix/include" - ||
    fail "$(basename "$header") does not compile by itself"
  headers=$((headers + 1))
done
((headers > 5)) || fail "no public headers are installed"

recording=$top/tests/golden/lab-kworker/kworker.wkp
expect() {  # PROGRAM
  "$1" "$recording" >"$work/said.txt" || fail "$1: exit code $?"
  [[ ! ${WAKEPATH_GOLDEN_UPDATE:-} ]] || cp "$work/said.txt" "$here/slowest.txt"
  diff -u "$here/slowest.txt" "$work/said.txt" || fail "$1 says something else"
  ! "$1" "$work/nothing.wkp" 2>/dev/null || fail "$1 reads what is not there"
}

cmake -S "$top/examples/slowest" -B "$work/cmake" -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_CXX_COMPILER="$CXX" >"$work/configure.log"
cmake --build "$work/cmake" >"$work/build.log" || { cat "$work/build.log"; fail "the consumer does not build by CMake"; }
expect "$work/cmake/slowest"

pc=$(dirname "$(find "$prefix" -name wakepath.pc)")
read -ra flags <<<"$(PKG_CONFIG_PATH=$pc pkg-config --cflags --libs wakepath)"
"$CXX" -std=c++20 "$top/examples/slowest/slowest.cpp" "${flags[@]}" -o "$work/slowest"
expect "$work/slowest"

# The capture links too; without root or tracing it says why it can't.
cat >"$work/live.cpp" <<'CPP'
#include <wakepath/live.hpp>
int main() { return wakepath::open_live({.events = "nosuch"}) ? 1 : 0; }
CPP
read -ra flags <<<"$(PKG_CONFIG_PATH=$pc pkg-config --cflags --libs wakepath-capture)"
"$CXX" -std=c++20 "$work/live.cpp" "${flags[@]}" -o "$work/live"
"$work/live" || fail "an event that does not exist is no error"
