#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# pyflakes over all of Python: names that are not defined, imports and variables that nothing uses.
. "$(dirname "$0")/lib.bash"
need pyflakes3
{
  scripts '^#!.*python3'
  files '*.py'
} | sort -zu | xargs -0 pyflakes3
