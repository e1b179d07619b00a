# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash

lab_quote() {  # ARGS... for the guest's shell, which knows no $'..'
  local arg
  for arg; do printf " '%s'" "${arg//\'/\'\\\'\'}"; done
}

# Not compressed: unpacking costs the emulated CPU more than the emulator needs to load it.
lab_initramfs() {  # IMAGE KERNEL-DIRECTORY BUSYBOX QEMU-DIRECTORY|'' FILES-DIRECTORY COMMAND ARGS...
  local image=$1 kernel=$2 busybox=$3 qemu=$4 files=$5 root
  local -a modules=("${lab_modules[@]}")
  shift 5
  root=$(dirname "$image")/root
  mkdir -p "$root"/{bin,dev,lab,out,proc,root,run,sys,tmp}
  cp -L "$busybox" "$root/bin/busybox"
  cp "$lab_dir/init" "$root/init"
  chmod 755 "$root/init"
  cp -r "$kernel/modules" "$root/lab/modules"
  cp -r "$files" "$root/lab/bin"
  if [[ $qemu ]]; then
    modules+=("${lab_nested_modules[@]}")
    cp "$kernel/vmlinuz" "$root/lab/vmlinuz"
    cp -r "$qemu" "$root/lib"
    mv "$root/lib/qemu-system-aarch64" "$root/lab/bin/"
  fi
  printf '%s\n' "${modules[@]}" >"$root/lab/modules/order"
  printf 'exec%s\n' "$(lab_quote "$@")" >"$root/lab/command"
  (cd "$root" && find . | cpio --quiet -o -H newc -R 0:0) >"$image" || lab_die "could not write the initramfs"
  rm -rf "$root"
}
