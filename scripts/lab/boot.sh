# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154  # scripts/arm64-lab shares its variables with these files
# Runs the emulator and talks with scripts/lab/init over its control line:
#   host to guest: interrupt; guest to host: linux RELEASE VERSION CPUS, exit STATUS

lab_port() {  # NAME NUMBER
  printf '%s\n' -chardev "file,id=$1,path=$lab_work/$1" -device "virtserialport,chardev=$1,nr=$2"
}

lab_emulator() {
  # shellcheck disable=SC2054
  local -a machine=(
    -M "virt,virtualization=on,gic-version=3" -cpu cortex-a76 -smp "$lab_cpus" -m 2048
    -nodefaults -display none -no-reboot -monitor none
    -kernel "$lab_kernel_dir/vmlinuz" -initrd "$lab_work/initramfs"
    -append "console=ttyAMA0 rdinit=/init panic=-1 oops=panic $lab_append"
    -serial "file:$lab_console"
    -global virtio-mmio.force-legacy=off -device virtio-serial-device,max_ports=5
    -chardev stdio,id=control,signal=off -device "virtserialport,chardev=control,nr=1"
  )
  local -a ports extra
  mapfile -t ports < <(lab_port stdout 2; lab_port stderr 3; lab_port out 4)
  read -ra extra <<<"$lab_qemu"
  if [[ $lab_clock == icount ]]; then machine+=(-icount "shift=0,sleep=off"); else machine+=(-accel "tcg,thread=multi"); fi
  # A session of its own, so that the terminal's Ctrl-C reaches the guest's command and not the emulator.
  exec setsid setpriv --pdeathsig KILL qemu-system-aarch64 "${machine[@]}" "${ports[@]}" "${extra[@]}" 2>"$lab_work/qemu-stderr"
}

lab_last_words() {
  sed 's/^/  /' "$lab_work/qemu-stderr"
  [[ ! -s $lab_console ]] || tail -n 30 "$lab_console" | tr -d '\r' | sed 's/^/  /'
}

lab_boot() {  # sets lab_status to the command's exit status
  local line part='' word rc interrupts=0 booted=''
  rm -f "$lab_console"
  : >"$lab_work/qemu-stderr"
  coproc QEMU { lab_emulator {lab_lock}>&-; }
  # bash forgets both when the process ends, and its last output would be lost.
  local from to
  exec {from}<&"${QEMU[0]}" {to}>&"${QEMU[1]}"
  lab_emulator_pid=$QEMU_PID
  # Plain files as ports, and tail behind them: a slow reader never holds the traced host up, and nothing is lost at
  # power-off. Not in a function, whose children the terminal's Ctrl-C would reach.
  local follow=(tail -q -c +1 -f -s 0.05 "--pid=$QEMU_PID")
  : >"$lab_work/stdout"
  : >"$lab_work/stderr"
  "${follow[@]}" "$lab_work/stdout" {from}<&- {to}>&- {lab_lock}>&- &
  local out_pid=$!
  "${follow[@]}" "$lab_work/stderr" >&2 {from}<&- {to}>&- {lab_lock}>&- &
  lab_followers=("$out_pid" "$!")
  trap 'if [[ $booted ]] && ((interrupts++ == 0)); then echo interrupt >&"$to"; else exit 130; fi' INT

  lab_status=''
  local deadline=$((SECONDS + lab_timeout)) boot_deadline=$((SECONDS + 180)) release version cpus
  while :; do
    rc=0
    IFS= read -r -t 0.5 -u "$from" line || rc=$?
    # A read that ends in the middle of a line returns the line's beginning.
    line=$part$line part=''
    if ((rc == 0)) || [[ $rc == 1 && $line ]]; then
      read -r word line <<<"$line"
      case $word in
        linux) booted=$line; read -r release version cpus <<<"$line"
          lab_say "linux $release ($version), $cpus CPUs, $lab_clock" ;;
        exit) lab_status=$line ;;
      esac
    elif ((rc == 1)); then
      break
    elif part=$line; ! kill -0 "$out_pid" 2>/dev/null; then
      exit 141
    elif ((SECONDS >= deadline)); then
      lab_die "timed out after $lab_timeout s"
    elif [[ ! $booted ]] && ((SECONDS >= boot_deadline)); then
      lab_die "the ARM64 host did not come up in 180 s; the end of ${lab_console#"$PWD"/}:" "$(lab_last_words)"
    fi
  done
  trap - INT
  wait "${lab_followers[@]}" || true
  if [[ ! $lab_status ]]; then
    local what="the ARM64 host did not boot"
    [[ ! $booted ]] || what="the ARM64 host died while the command ran"
    lab_die "$what; the end of ${lab_console#"$PWD"/}:" "$(lab_last_words)"
  fi
  tar -x --no-same-owner -f "$lab_work/out" -C "$lab_out" || lab_die "the files in /out did not arrive whole"
  local core kept
  for core in "$lab_out"/core.*; do
    [[ -e $core ]] || continue
    # The next run empties /out.
    kept=$lab_files/lab-${core##*/}
    mv --backup=numbered "$core" "$kept"
    lab_say "crashed, and left ${kept#"$PWD"/}; the kernel's words are in ${lab_console#"$PWD"/}"
  done
}
