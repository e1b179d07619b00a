# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154  # scripts/arm64-lab shares its variables with these files
# Debian's arm64 packages of any suite, without root and without touching the machine's own apt state.

lab_cache=${XDG_CACHE_HOME:-$HOME/.cache}/wakepath/lab

lab_own_suite() {
  local VERSION_CODENAME=
  # shellcheck source=/dev/null
  . /etc/os-release
  [[ $VERSION_CODENAME ]] || lab_die "this system has no release name in /etc/os-release; name a suite: --kernel PACKAGE/SUITE"
  echo "$VERSION_CODENAME"
}

# The mirrors are those of this machine's own sources: apt resolves every format of source file for us.
lab_sources() {  # SUITE all|main
  local suite=$1 own uris mirror security keyring=/usr/share/keyrings/debian-archive-keyring.gpg
  own=$(lab_own_suite)
  uris=$(apt-get --print-uris update 2>/dev/null) || true
  mirror=$(sed -n "s,^'\(.*\)/dists/$own/InRelease'.*,\1,p" <<<"$uris" | head -n 1)
  security=$(sed -n "s,^'\(.*\)/dists/$own-security/InRelease'.*,\1,p" <<<"$uris" | head -n 1)
  [[ $mirror ]] || lab_die "apt's sources name no mirror for $own"
  local options="arch=arm64"
  [[ -r $keyring ]] && options+=" signed-by=$keyring"
  echo "deb [$options] $mirror $suite main"
  # sid has no security suite: its fixes are uploaded to sid itself.
  [[ $2 == main || $suite == sid || $suite == unstable || ! $security ]] ||
    echo "deb [$options] $security $suite-security main"
}

lab_apt() {  # SUITE COMMAND ARGS...
  local dir=$lab_cache/apt/$1
  shift
  "$1" -o Dir::Etc::SourceList="$dir/sources.list" -o Dir::Etc::SourceParts=/dev/null \
    -o Dir::State="$dir" -o Dir::State::Lists="$dir/lists" -o Dir::State::status=/dev/null -o Dir::Cache="$dir" \
    -o APT::Architecture=arm64 -o APT::Architectures::=arm64 -o APT::Sandbox::User="$(id -un)" \
    -o Acquire::Languages=none -qq "${@:2}"
}

lab_apt_update() {  # SUITE all|main
  local dir=$lab_cache/apt/$1
  mkdir -p "$dir/lists/partial" "$dir/archives/partial"
  lab_sources "$1" "$2" >"$dir/sources.list.new"
  mv "$dir/sources.list.new" "$dir/sources.list"
  # A suite may lack its security half. The requested package shows whether the suite serves us.
  lab_apt "$1" apt-get update >"$dir/log" 2>&1 || true
}

lab_package_field() {  # SUITE PACKAGE FIELD
  lab_apt "$1" apt-cache show --no-all-versions "$2" 2>/dev/null | sed -n "s/^$3: //p" | head -n 1
}

lab_unpack() {  # SUITE DIRECTORY PACKAGE... : contents into DIRECTORY
  local suite=$1 dir=$2 deb
  shift 2
  rm -rf "$dir"
  mkdir -p "$dir/debs"
  (cd "$dir/debs" && lab_apt "$suite" apt-get download "$@") >>"$lab_cache/apt/$suite/log" 2>&1 || return
  for deb in "$dir"/debs/*.deb; do
    dpkg-deb -x "$deb" "$dir" || return
  done
  rm -r "$dir/debs"
}

lab_apt_error() {  # SUITE
  local line
  if line=$(grep -m 1 '^[EW]: ' "$lab_cache/apt/$1/log" 2>/dev/null); then echo " (${line:3})"; fi
}
