#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Rings of one page on a busy host: nothing is lost without being counted, and no chain hides a loss.
. "$(dirname "$0")/lib.bash"

lab -- sh -c '
  sh -c "while :; do echo; done | cat >/dev/null" &
  wakepath live --guest kworker -d 4s --ring-size 4K --events full --stats --format ndjson' >"$work/loss.ndjson"
expect "$work/loss.ndjson" --some-lost --accounted --loss-flagged
