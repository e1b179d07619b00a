// SPDX-License-Identifier: GPL-2.0-or-later
#include "privilege/call_filter.hpp"

#include "privilege/rights.hpp"

#ifdef WAKEPATH_LIBSECCOMP
#include <array>
#include <cerrno>
#include <cstddef>
#include <span>

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace wakepath::privilege {

#ifdef WAKEPATH_LIBSECCOMP

namespace {

using CallName = const char*;

constexpr auto kOfNobody = std::to_array<CallName>({
    // networks
    "socket",
    "socketpair",
    "connect",
    "bind",
    "listen",
    "accept",
    "accept4",
    "socketcall",
    // other processes
    "process_vm_readv",
    "process_vm_writev",
    "process_madvise",
    "kcmp",
    "pidfd_getfd",
    // namespaces, mounts, the root
    "setns",
    "unshare",
    "mount",
    "umount",
    "umount2",
    "pivot_root",
    "chroot",
    "open_tree",
    "move_mount",
    "fsopen",
    "fsconfig",
    "fsmount",
    "fspick",
    "mount_setattr",
    "open_by_handle_at",
    "mknod",
    "mknodat",
    "swapon",
    "swapoff",
    "quotactl",
    "quotactl_fd",
    "acct",
    // the kernel
    "init_module",
    "finit_module",
    "delete_module",
    "kexec_load",
    "kexec_file_load",
    "reboot",
    "iopl",
    "ioperm",
    "modify_ldt",
    "syslog",
    "sethostname",
    "setdomainname",
    "settimeofday",
    "clock_settime",
    "clock_settime64",
    "clock_adjtime",
    "clock_adjtime64",
    "adjtimex",
    "stime",
    // what has had the most holes
    "keyctl",
    "add_key",
    "request_key",
    "userfaultfd",
    "io_uring_setup",
    "io_uring_enter",
    "io_uring_register",
    "vmsplice",
});
constexpr auto kOfCaptures = std::to_array<CallName>({"bpf", "perf_event_open"});
constexpr auto kPrograms = std::to_array<CallName>({"execve", "execveat"});
constexpr auto kChanges = std::to_array<CallName>({
    "creat",     "truncate",         "truncate64",   "ftruncate",    "ftruncate64", "unlink",
    "unlinkat",  "rename",           "renameat",     "renameat2",    "link",        "linkat",
    "symlink",   "symlinkat",        "mkdir",        "mkdirat",      "rmdir",       "chmod",
    "fchmod",    "fchmodat",         "fchmodat2",    "chown",        "chown32",     "fchown",
    "fchown32",  "fchownat",         "lchown",       "lchown32",     "setxattr",    "lsetxattr",
    "fsetxattr", "removexattr",      "lremovexattr", "fremovexattr", "utime",       "utimes",
    "utimensat", "utimensat_time64", "futimesat",    "fallocate",
});

// The kernel's program: one call after the other. libseccomp knows the calls' numbers here; its own
// filters it builds in memory, and where that is short, version 2.5 runs forever or uses what it
// has freed. A process out of memory has to end with a clear line, so nothing here allocates.
class CallFilter {
 public:
  CallFilter() {
    load(offsetof(seccomp_data, arch));
    add(BPF_JMP | BPF_JEQ | BPF_K, ::seccomp_arch_native(), 1, 0);
    add(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
    load(offsetof(seccomp_data, nr));
#ifdef __x86_64__
    constexpr std::uint32_t kFirstOfX32 = 0x40000000;  // other numbers for the same calls
    add(BPF_JMP | BPF_JGE | BPF_K, kFirstOfX32, 0, 1);
    add(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS);
#endif
  }

  void refuse(std::span<const CallName> calls) {
    for (const CallName call : calls) {
      refuse_with(EPERM, call);
    }
  }
  void refuse_with(std::uint32_t error, CallName call) {
    if (const int number = number_of(call); number != __NR_SCMP_ERROR) {
      add(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(number), 0, 1);
      add(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error);
    }
  }
  // Where one of these bits of an argument is set.
  void refuse_where_any(CallName call, unsigned argument, std::uint32_t bits) {
    refuse_where(call, argument, BPF_JSET, bits);
  }
  void refuse_where_equal(CallName call, unsigned argument, std::uint32_t value) {
    refuse_where(call, argument, BPF_JEQ, value);
  }

  // For all threads. No program of a stranger runs here: without the second flag some kernels make
  // every branch slower. Each of them is missing somewhere, and can be.
  bool install() {
    add(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    const sock_fprog program{static_cast<unsigned short>(count_), code_.data()};
    for (const unsigned long flags : {SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_SPEC_ALLOW,
                                      SECCOMP_FILTER_FLAG_TSYNC, 0UL}) {
      if (whole_ && ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program) == 0) {
        return true;
      }
    }
    return false;
  }

 private:
  // Older libraries, and other architectures, do not know all.
  static int number_of(CallName call) {
    const int number = ::seccomp_syscall_resolve_name(call);
    return number < 0 ? __NR_SCMP_ERROR : number;
  }
  void refuse_where(CallName call, unsigned argument, unsigned how, std::uint32_t value) {
    const int number = number_of(call);
    if (number == __NR_SCMP_ERROR) {
      return;
    }
    // Flags and requests are ints: the lower half, which comes first on each machine that we know.
    static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__);
    add(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(number), 0, 4);
    load(offsetof(seccomp_data, args) + argument * sizeof(__u64));
    add(BPF_JMP | how | BPF_K, value, 0, 1);
    add(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM);
    load(offsetof(seccomp_data, nr));
  }
  void load(std::size_t offset) {
    add(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset));
  }
  void add(unsigned code, std::uint32_t value, std::uint8_t yes = 0, std::uint8_t no = 0) {
    whole_ = whole_ && count_ < code_.size();
    if (whole_) {
      code_[count_++] = {static_cast<std::uint16_t>(code), yes, no, value};
    }
  }

  std::array<sock_filter, 512> code_{};
  std::size_t count_{0};
  bool whole_{true};
};

void refuse_namespaces(CallFilter& filter) {
  filter.refuse_where_any("clone", 0,
                          CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC |
                              CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET);
  // Its flags stand in memory, where no filter can read them; each libc then takes clone.
  filter.refuse_with(ENOSYS, "clone3");
}

// Characters that a shell would read once we have ended.
void refuse_typing(CallFilter& filter) {
  filter.refuse_where_equal("ioctl", 1, TIOCSTI);
  filter.refuse_where_equal("ioctl", 1, TIOCLINUX);
}

void refuse_opening_to_write(CallFilter& filter) {
  constexpr std::uint32_t kWrites = O_WRONLY | O_RDWR | O_CREAT | O_TRUNC;
  filter.refuse_where_any("open", 1, kWrites);
  filter.refuse_where_any("openat", 2, kWrites);
  filter.refuse_with(ENOSYS, "openat2");
}

}  // namespace

bool refuse(Refused what) {
  CallFilter filter;
  switch (what) {
    case Refused::of_readers:
      filter.refuse(kOfCaptures);
      [[fallthrough]];
    case Refused::of_captures:
      filter.refuse(kOfNobody);
      if (!kSanitized) {
        filter.refuse(std::to_array<CallName>({"ptrace"}));
      }
      refuse_namespaces(filter);
      refuse_typing(filter);
      break;
    case Refused::programs:
      if (!kSanitized) {
        filter.refuse(kPrograms);
      }
      break;
    case Refused::changes:
      filter.refuse(kChanges);
      refuse_opening_to_write(filter);
      break;
  }
  return filter.install();
}

#else

bool refuse(Refused what) {
  static_cast<void>(what);
  return false;
}

#endif

}  // namespace wakepath::privilege
