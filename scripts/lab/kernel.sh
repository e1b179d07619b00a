# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Kernels and the user space of the lab, fetched once:
#   $lab_cache/kernels/REAL-PACKAGE_VERSION/{vmlinuz,modules/*.ko}
#   $lab_cache/names/PACKAGE@SUITE -> the kernel that this name meant when it was fetched
#   $lab_cache/busybox

# In the order in which they need each other; what a kernel has built in is not there as a file.
lab_modules=(virtio_ring virtio virtio_mmio virtio_console)

lab_kernel() {  # PACKAGE[/SUITE] : prints the kernel's directory
  local package=${1%%/*} suite=
  [[ $1 == */* ]] && suite=${1#*/}
  [[ $package =~ ^linux-image-[a-z0-9.+-]+$ && $suite =~ ^[a-z]*$ ]] ||
    lab_die "--kernel takes linux-image-...[/SUITE], not '$1'"
  suite=${suite:-$(lab_own_suite)}
  local name=$lab_cache/names/$package@$suite
  [[ -e $name/vmlinuz ]] || lab_kernel_fetch "$package" "$suite" "$name"
  readlink -f "$name"
}

lab_kernel_fetch() {  # PACKAGE SUITE NAME
  local package=$1 suite=$2 name=$3
  lab_say "fetching $package from $suite, once, into $lab_cache"
  lab_apt_update "$suite"
  local -a parts=() pending=("$package")
  local part depends
  # A metapackage leads to the image, and since 7.x the image to linux-binary and linux-modules.
  while ((${#pending[@]})); do
    part=${pending[0]} pending=("${pending[@]:1}")
    parts+=("$part")
    depends=$(lab_package_field "$suite" "$part" Depends)
    mapfile -t -O "${#pending[@]}" pending < <(tr ',|' '\n' <<<"$depends" |
      sed -n 's/^ *\(linux-\(image\|binary\|modules\)-[^ ]*\).*/\1/p')
  done
  local version real
  version=$(lab_package_field "$suite" "$package" Version)
  [[ $version ]] || lab_die "no package $package in $suite$(lab_update_error "$suite")"
  real=$(printf '%s\n' "${parts[@]}" | grep '^linux-image-.*[0-9]\.[0-9]' | head -n 1) ||
    lab_die "$package in $suite leads to no kernel"

  mkdir -p "$lab_cache/kernels" "$lab_cache/names"
  local dir=$lab_cache/kernels/${real}_$version work
  if [[ ! -d $dir ]]; then
    work=$(mktemp -d "$lab_cache/fetch.XXXXXX")
    lab_unpack "$suite" "$work/root" "${parts[@]}"
    mkdir -p "$work/kernel/modules"
    cp "$work"/root/boot/vmlinuz-* "$work/kernel/vmlinuz" 2>/dev/null ||
      cp "$work"/root/usr/lib/modules/*/vmlinuz "$work/kernel/vmlinuz" 2>/dev/null ||
      lab_die "$real holds no kernel image"
    lab_kernel_modules "$work/root" "$work/kernel/modules"
    mv -T "$work/kernel" "$dir" 2>/dev/null || [[ -d $dir ]] || lab_die "could not write $dir"
    rm -rf "$work"
  fi
  ln -sfnr "$dir" "$name"
}

lab_kernel_modules() {  # ROOT DIRECTORY
  local module file
  for module in "${lab_modules[@]}"; do
    file=$(find "$1" -name "$module.ko*" -print -quit)
    case $file in
      '') ;;
      *.xz) xz -dc "$file" >"$2/$module.ko" ;;
      *.zst) zstd -qdc "$file" >"$2/$module.ko" ;;
      *) cp "$file" "$2/" ;;
    esac
  done
}

lab_busybox() {  # prints its path
  local busybox=$lab_cache/busybox suite work
  if [[ ! -x $busybox ]]; then
    suite=$(lab_own_suite)
    lab_say "fetching busybox-static from $suite, once, into $lab_cache"
    lab_apt_update "$suite"
    work=$(mktemp -d "$lab_cache/fetch.XXXXXX")
    lab_unpack "$suite" "$work/root" busybox-static
    mv "$(find "$work/root" -name busybox -type f -perm -100 -print -quit)" "$busybox"
    rm -rf "$work"
  fi
  echo "$busybox"
}

lab_update_error() {  # SUITE
  local line
  line=$(grep -m 1 '^[EW]: ' "$lab_cache/apt/$1/update.log" 2>/dev/null) && echo " (${line:3})"
}
