#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Each source is as clang-format writes it.
. "$(dirname "$0")/lib.bash"
need clang-format
files '*.cpp' '*.hpp' '*.h' '*.c' | xargs -0 -r clang-format --dry-run -Werror
