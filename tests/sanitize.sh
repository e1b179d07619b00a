#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The unit and golden tests under AddressSanitizer and UndefinedBehaviorSanitizer, in build-asan/: sanitize.sh [JOBS].
# Left out (CMakePresets.json): tests that start the program hundreds of times for what lies around it, files and rights.
set -euo pipefail
cd "$(dirname "$0")/.."
jobs=${1:-$(nproc)}
cmake --preset asan
cmake --build --preset asan -j "$jobs"
# What is looked for here needs fewer of the damaged streams and traces.
export WAKEPATH_DAMAGE_RUNS=${WAKEPATH_DAMAGE_RUNS:-4} WAKEPATH_CUTS=${WAKEPATH_CUTS:-12} WAKEPATH_CTEST_BUILD=0
export WAKEPATH_HOSTILE_RUNS=${WAKEPATH_HOSTILE_RUNS:-40} WAKEPATH_SIGNAL_RUNS=${WAKEPATH_SIGNAL_RUNS:-8}
ctest --preset asan -j "$jobs"
