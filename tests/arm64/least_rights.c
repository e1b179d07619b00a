// SPDX-License-Identifier: GPL-2.0-or-later
// Runs a program as a user without privilege, with CAP_BPF and CAP_PERFMON alone, as a file with
// `setcap cap_bpf,cap_perfmon+ep` would have them: least_rights PROGRAM ARGS...
#include <linux/capability.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char** argv) {
  const unsigned int kept[] = {CAP_BPF, CAP_PERFMON};
  const uid_t nobody = 65534;
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct data[2] = {{0}};
  size_t i;

  if (argc < 2 || prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0 || setgid(nobody) != 0 ||
      setuid(nobody) != 0) {
    perror("least_rights");
    return 1;
  }
  for (i = 0; i < sizeof(kept) / sizeof(*kept); i++) {
    const unsigned int bit = 1U << (kept[i] % 32);

    data[kept[i] / 32].effective |= bit;
    data[kept[i] / 32].permitted |= bit;
    data[kept[i] / 32].inheritable |= bit;
  }
  if (syscall(SYS_capset, &header, data) != 0) {
    perror("least_rights: capset");
    return 1;
  }
  for (i = 0; i < sizeof(kept) / sizeof(*kept); i++) {
    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, kept[i], 0, 0) != 0) {
      perror("least_rights: ambient");
      return 1;
    }
  }
  execvp(argv[1], argv + 1);
  perror(argv[1]);
  return 1;
}
