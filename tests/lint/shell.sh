#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# All shell scripts through shellcheck, each with the files that it sources.
. "$(dirname "$0")/lib.bash"
need shellcheck
scripts '^#!.*(bash|sh)( |$)' | xargs -0 shellcheck --check-sourced
