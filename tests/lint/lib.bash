# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# For the lint tests, which run at the top of the tree.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

need() {  # TOOL
  type -P "$1" >/dev/null || { echo "skipped: no $1 here: run scripts/setup"; exit 77; }
}

files() {  # PATTERNS... : the tree's own files, each ended by a zero byte
  # A checkout that belongs to somebody else is the normal case in CI. What is new counts too.
  git -c safe.directory='*' ls-files -z --cached --others --exclude-standard -- "$@" |
    while IFS= read -rd '' file; do [[ ! -f $file ]] || printf '%s\0' "$file"; done
}

scripts() {  # PATTERN : the files whose first line matches it
  # shellcheck disable=SC2016  # it is awk that expands
  files . | xargs -0 awk -v pattern="$1" 'FNR == 1 { if ($0 ~ pattern) printf "%s%c", FILENAME, 0; nextfile }'
}
