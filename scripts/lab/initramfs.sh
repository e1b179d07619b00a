# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154  # scripts/arm64-lab shares its variables with these files

lab_quote() {  # ARGS... for the guest's shell, which knows no $'..'
  local arg
  for arg; do printf " '%s'" "${arg//\'/\'\\\'\'}"; done
}

# Not compressed: unpacking costs the emulated CPU more than the emulator needs to load it.
lab_initramfs() {  # IMAGE KERNEL-DIRECTORY BUSYBOX FILES-DIRECTORY COMMAND ARGS... ; $lab_nested and $lab_devices name more
  local image=$1 kernel=$2 busybox=$3 files=$4 root directory
  local -a modules=("${lab_modules[@]}")
  shift 4
  root=$(dirname "$image")/root
  mkdir -p "$root"/{bin,dev,lab,out,proc,root,run,sys,tmp}
  cp -L "$busybox" "$root/bin/busybox"
  cp "$lab_dir/init" "$root/init"
  chmod 755 "$root/init"
  cp -r "$kernel/modules" "$root/lab/modules"
  cp -r "$files" "$root/lab/bin"
  for directory in "$lab_nested" "$lab_devices"; do
    [[ $directory ]] || continue
    cp -r "$directory/lib" "$root/"
    cp "$directory"/bin/* "$root/lab/bin/"
  done
  if [[ $lab_nested ]]; then
    modules+=("${lab_nested_modules[@]}")
    cp "$kernel/vmlinuz" "$root/lab/vmlinuz"
  fi
  [[ ! $lab_devices ]] || modules+=("${lab_device_modules[@]}")
  printf '%s\n' "${modules[@]}" >"$root/lab/modules/order"
  printf 'exec%s\n' "$(lab_quote "$@")" >"$root/lab/command"
  (cd "$root" && find . | cpio --quiet -o -H newc -R 0:0) >"$image" || lab_die "could not write the initramfs"
  rm -rf "$root"
}
