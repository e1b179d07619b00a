# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154  # scripts/arm64-lab shares its variables with these files
# Kernels and the user space of the lab, fetched once:
#   $lab_cache/kernels/REAL-PACKAGE_VERSION/{vmlinuz,modules/*.ko,modules.sought}
#   $lab_cache/names/PACKAGE@SUITE -> the kernel that this name meant when it was fetched
#   $lab_cache/busybox, programs/NAME/{bin,lib}/

# In the order of their dependencies. A module that a kernel has built in has no file.
lab_modules=(virtio_ring virtio virtio_mmio virtio_console)
# Added by --nested, for the host and for a guest of the same kernel.
lab_nested_modules=(
  virtio_pci_legacy_dev virtio_pci_modern_dev virtio_pci failover net_failover virtio_net virtio_blk
  tun tap vhost_iotlb vhost vhost_net
)
# Added by --devices.
lab_device_modules=(
  virtio_pci_legacy_dev virtio_pci_modern_dev virtio_pci failover net_failover virtio_net
  crct10dif_common crc-t10dif crc64 crc64-rocksoft t10-pi scsi_common scsi_mod sd_mod virtio_scsi
  pps_core ptp e1000e
)
lab_all_modules=("${lab_modules[@]}" "${lab_nested_modules[@]}" "${lab_device_modules[@]}")

lab_kernel() {  # PACKAGE[/SUITE] : prints the kernel's directory
  local package=${1%%/*} suite=
  [[ $1 == */* ]] && suite=${1#*/}
  [[ $package =~ ^linux-image-[a-z0-9.+-]+$ && $suite =~ ^[a-z]*$ ]] ||
    lab_die "--kernel takes linux-image-...[/SUITE], not '$1'"
  suite=${suite:-$(lab_own_suite)}
  local name=$lab_cache/names/$package@$suite
  lab_kernel_cached "$name" || lab_kernel_fetch "$package" "$suite" "$name"
  readlink -f "$name"
}

# A cache without a module of today's list has to be filled again.
lab_kernel_cached() {  # NAME
  [[ -e $1/vmlinuz && -e $1/modules.sought && $(<"$1/modules.sought") == "${lab_all_modules[*]}" ]]
}

# Sets `work`. For subshells: their end removes it and lets the next one in.
lab_fetch_begin() {
  exec {lab_fetch_lock}>"$lab_cache/.lock"
  flock "$lab_fetch_lock"
  work=$(mktemp -d "$lab_cache/fetch.XXXXXX")
  trap 'rm -rf "$work"' EXIT
}

lab_kernel_fetch() (  # PACKAGE SUITE NAME
  package=$1 suite=$2 name=$3
  lab_fetch_begin
  ! lab_kernel_cached "$name" || exit 0
  lab_say "fetching $package from $suite, once, into $lab_cache"
  mkdir -p "$lab_cache/kernels" "$lab_cache/names"
  # The security half of a release that is no longer supported can list packages that its mirror has dropped.
  for half in all main; do
    lab_apt_update "$suite" "$half"
    parts=$(lab_kernel_parts "$package" "$suite")
    # shellcheck disable=SC2086
    [[ ! $parts ]] || ! lab_unpack "$suite" "$work/root" $parts || break
    parts=''
  done
  [[ $parts ]] || lab_die "no kernel by the name of $package in $suite$(lab_apt_error "$suite")"

  real=${parts%%$'\n'*}
  dir=$lab_cache/kernels/${real}_$(lab_package_field "$suite" "$real" Version)
  mkdir -p "$work/kernel/modules"
  image=$(find "$work/root" -name 'vmlinuz*' -type f -print -quit)
  [[ $image ]] || lab_die "$real holds no kernel image"
  cp "$image" "$work/kernel/vmlinuz"
  lab_kernel_modules "$work/root" "$work/kernel/modules"
  if [[ -d $dir ]]; then
    cp -n "$work"/kernel/modules/* "$dir/modules/"
  else
    mv "$work/kernel" "$dir"
  fi
  echo "${lab_all_modules[*]}" >"$dir/modules.sought"
  ln -sfnr "$dir" "$name"
)

# A metapackage leads to the image, and from 7.x on the image leads to linux-binary and linux-modules.
lab_kernel_parts() {  # PACKAGE SUITE : prints the packages with contents, the image first
  local -a pending=("$1")
  local part
  while ((${#pending[@]})); do
    part=${pending[0]} pending=("${pending[@]:1}")
    [[ $part != *[0-9].[0-9]* ]] || [[ ! $(lab_package_field "$2" "$part" Version) ]] || echo "$part"
    mapfile -t -O "${#pending[@]}" pending < <(lab_package_field "$2" "$part" Depends | tr ',|' '\n' |
      sed -n 's/^ *\(linux-\(image\|binary\|modules\)-[^ ]*\).*/\1/p')
  done
}

lab_kernel_modules() {  # ROOT DIRECTORY
  local module file
  for module in "${lab_all_modules[@]}"; do
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
  [[ -x $lab_cache/busybox ]] || lab_busybox_fetch
  echo "$lab_cache/busybox"
}

lab_busybox_fetch() (
  lab_fetch_begin
  [[ ! -x $lab_cache/busybox ]] || exit 0
  suite=$(lab_own_suite)
  lab_say "fetching busybox-static from $suite, once, into $lab_cache"
  lab_apt_update "$suite" all
  lab_unpack "$suite" "$work/root" busybox-static || lab_die "no busybox-static in $suite$(lab_apt_error "$suite")"
  mv "$(find "$work/root" -name busybox -type f -perm -100 -print -quit)" "$lab_cache/busybox"
)
