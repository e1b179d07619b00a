// SPDX-License-Identifier: GPL-2.0-or-later
#include "privilege/call_filter.hpp"

#include "privilege/rights.hpp"

#ifdef WAKEPATH_LIBSECCOMP
#include <array>
#include <cerrno>
#include <memory>
#include <span>

#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
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

class CallFilter {
 public:
  // Of the kernel's own the others are by default: a call of another architecture ends the process.
  CallFilter() : context_(::seccomp_init(SCMP_ACT_ALLOW)) {}

  void refuse(std::span<const CallName> calls) {
    for (const CallName call : calls) {
      refuse_with(EPERM, call, {});
    }
  }
  // Where these bits of an argument are so.
  void refuse_where(CallName call, unsigned argument, scmp_datum_t mask, scmp_datum_t bits) {
    const std::array where{scmp_arg_cmp{argument, SCMP_CMP_MASKED_EQ, mask, bits}};
    refuse_with(EPERM, call, where);
  }
  void refuse_with(unsigned error, CallName call, std::span<const scmp_arg_cmp> where) {
    const int number = context_ ? ::seccomp_syscall_resolve_name(call) : __NR_SCMP_ERROR;
    if (number != __NR_SCMP_ERROR) {  // older libraries do not know all
      whole_ = whole_ &&
               ::seccomp_rule_add_array(context_.get(), SCMP_ACT_ERRNO(error), number,
                                        static_cast<unsigned>(where.size()), where.data()) == 0;
    }
  }

  bool load() {
    if (!context_ || !whole_) {
      return false;
    }
    // All threads; a tree in place of a list. No program of a stranger runs here: without this some
    // kernels make every branch slower. Each of them is missing somewhere, and can be.
    ::seccomp_attr_set(context_.get(), SCMP_FLTATR_CTL_TSYNC, 1);
    ::seccomp_attr_set(context_.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2);
    ::seccomp_attr_set(context_.get(), SCMP_FLTATR_CTL_SSB, 1);
    return ::seccomp_load(context_.get()) == 0;
  }

 private:
  struct Release {
    void operator()(void* context) const { ::seccomp_release(context); }
  };
  std::unique_ptr<void, Release> context_;
  bool whole_{true};
};

void refuse_namespaces(CallFilter& filter) {
  for (const int flag : {CLONE_NEWNS, CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC, CLONE_NEWUSER,
                         CLONE_NEWPID, CLONE_NEWNET}) {
    const auto bits = static_cast<scmp_datum_t>(flag);
    filter.refuse_where("clone", 0, bits, bits);
  }
  // Its flags stand in memory, where no filter can read them; each libc then takes clone.
  filter.refuse_with(ENOSYS, "clone3", {});
}

// Characters that a shell would read once we have ended.
void refuse_typing(CallFilter& filter) {
  constexpr scmp_datum_t kAllBits = 0xffffffff;
  filter.refuse_where("ioctl", 1, kAllBits, TIOCSTI);
  filter.refuse_where("ioctl", 1, kAllBits, TIOCLINUX);
}

void refuse_opening_to_write(CallFilter& filter) {
  struct Call {
    CallName name;
    unsigned flags;
  };
  for (const Call call : {Call{"open", 1}, Call{"openat", 2}}) {
    filter.refuse_where(call.name, call.flags, O_ACCMODE, O_WRONLY);
    filter.refuse_where(call.name, call.flags, O_ACCMODE, O_RDWR);
    filter.refuse_where(call.name, call.flags, O_CREAT, O_CREAT);
    filter.refuse_where(call.name, call.flags, O_TRUNC, O_TRUNC);
  }
  filter.refuse_with(ENOSYS, "openat2", {});
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
  return filter.load();
}

#else

bool refuse(Refused what) {
  static_cast<void>(what);
  return false;
}

#endif

}  // namespace wakepath::privilege
