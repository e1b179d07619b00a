# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# What --nested puts into the host: an arm64 QEMU with its libraries, for a guest with Linux in it.

lab_qemu() {  # prints the directory
  [[ -d $lab_cache/qemu ]] || lab_qemu_fetch
  echo "$lab_cache/qemu"
}

lab_qemu_fetch() (
  lab_fetch_begin
  [[ ! -d $lab_cache/qemu ]] || exit 0
  suite=$(lab_own_suite)
  lab_say "fetching qemu-system-arm from $suite, once, into $lab_cache"
  lab_apt_update "$suite" all
  mapfile -t packages < <(lab_apt "$suite" apt-cache depends --recurse --important qemu-system-arm |
    grep -Ex 'qemu-system-arm|(lib|zlib).*' | sort -u)
  lab_unpack "$suite" "$work/root" qemu-system-arm "${packages[@]}" ||
    lab_die "no qemu-system-arm in $suite$(lab_apt_error "$suite")"
  mkdir "$work/qemu"
  cp "$work/root/usr/bin/qemu-system-aarch64" "$work/qemu/"
  lab_libraries "$work/root" "$work/qemu" "$work/qemu/qemu-system-aarch64"
  mv "$work/qemu" "$lab_cache/qemu"
)

# The packages hold three times what the program needs.
lab_libraries() {  # ROOT DIRECTORY PROGRAM : copies the shared libraries that PROGRAM is linked with
  local -a pending=("$3")
  local name file
  while ((${#pending[@]})); do
    while read -r name; do
      [[ ! -e $2/$name ]] || continue
      file=$(find "$1" -name "$name" -print -quit)
      [[ $file ]] || lab_die "qemu-system-arm needs $name, which none of its packages holds"
      cp -L "$file" "$2/$name"
      pending+=("$2/$name")
    done < <(aarch64-linux-gnu-readelf -d "${pending[0]}" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p')
    pending=("${pending[@]:1}")
  done
}
