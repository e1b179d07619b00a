# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154  # scripts/arm64-lab shares its variables with these files
# Programs of Debian's arm64 packages with their libraries, which --nested and --devices put into the host.

lab_programs() {  # NAME PROGRAM... : prints the directory, with bin/ and lib/; NAME is a set of packages
  [[ -d $lab_cache/programs/$1 ]] || lab_programs_fetch "$@"
  echo "$lab_cache/programs/$1"
}

lab_programs_fetch() (  # NAME PROGRAM...
  name=$1
  lab_fetch_begin
  [[ ! -d $lab_cache/programs/$name ]] || exit 0
  case $name in
    qemu) wanted=(qemu-system-arm) ;;
    devices) wanted=(pciutils ethtool) ;;
  esac
  suite=$(lab_own_suite)
  lab_say "fetching ${wanted[*]} from $suite, once, into $lab_cache"
  lab_apt_update "$suite" all
  mapfile -t libraries < <(lab_apt "$suite" apt-cache depends --recurse --important "${wanted[@]}" |
    grep -Ex '(lib|zlib).*' | sort -u)
  lab_unpack "$suite" "$work/root" "${wanted[@]}" "${libraries[@]}" ||
    lab_die "no ${wanted[*]} in $suite$(lab_apt_error "$suite")"
  mkdir -p "$work/programs"/{bin,lib} "$lab_cache/programs"
  for program in "${@:2}"; do
    cp "$(find "$work/root" -path "*bin/$program" -type f -print -quit)" "$work/programs/bin/"
    lab_libraries "$work/root" "$work/programs/lib" "$work/programs/bin/$program"
  done
  mv "$work/programs" "$lab_cache/programs/$name"
)

# The packages hold three times as much as the program needs.
lab_libraries() {  # ROOT DIRECTORY PROGRAM : copies the shared libraries that PROGRAM is linked with
  local -a pending=("$3")
  local name file
  while ((${#pending[@]})); do
    while read -r name; do
      [[ ! -e $2/$name ]] || continue
      file=$(find "$1" -name "$name" -print -quit)
      [[ $file ]] || lab_die "${3##*/} needs $name, which none of its packages holds"
      cp -L "$file" "$2/$name"
      pending+=("$2/$name")
    done < <(aarch64-linux-gnu-readelf -d "${pending[0]}" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p')
    pending=("${pending[@]:1}")
  done
}
