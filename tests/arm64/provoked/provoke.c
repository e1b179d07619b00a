// SPDX-License-Identifier: GPL-2.0-or-later
// Makes a host's vCPUs late, each time by one cause. For the ARM64 lab alone.
//
// usage: provoke [-c CPU] [-f PRIORITY | -n NICE] WHAT ARGS...
//   exec COMMAND ARGS...    runs COMMAND with that affinity and that priority
//   burst BUSY_US PAUSE_US  has the CPU for BUSY_US, sleeps for PAUSE_US, again and again
//   work PROGRAMS PAUSE_US FILE
//                           loads so many BPF programs, each with 255 functions, and when FILE is
//                           there lets one go after the other: the kernel frees it in a work item
//   files NUMBER PAUSE_US   opens so many files and closes them: RCU frees them later
//   timers NUMBER PERIOD_US lets so many timers expire in one interrupt, again and again
//   console PAUSE_US        writes long lines to the kernel's log, and so to its console
//   bounce TID PAUSE_US     lets TID run on CPU 0 alone, then on CPU 1 alone, again and again
//   spin BUSY_US PAUSE_US   a virtual machine whose guest spins, then waits for its VMM
//   vmm PERIOD_US SLOW_US [TAKE_US]
//                           a virtual machine that its timer wakes, and that leaves to its VMM with
//                           it, for the VMM has the interrupt controller; it takes SLOW_US for it.
//                           TAKE_US: its memory is taken away so often
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/bpf_common.h>
#include <linux/kvm.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static void die(const char* what) {
  perror(what);
  exit(1);
}

// In the instruction clock, where an instruction takes a ns: to read the clock takes the emulator
// much longer than these two.
static void spin(long us) {
  long turns = us * 500;

  if (turns != 0) {
    __asm__ volatile("1: subs %0, %0, #1\n b.ne 1b\n" : "+r"(turns) : : "cc");
  }
}

static void pause_us(long us) {
  const struct timespec time = {us / 1000000, us % 1000000 * 1000};

  if (us != 0) {
    nanosleep(&time, NULL);
  }
}

static void move_to(pid_t tid, long cpu) {
  cpu_set_t cpus;

  CPU_ZERO(&cpus);
  CPU_SET((size_t)cpu, &cpus);
  if (sched_setaffinity(tid, sizeof(cpus), &cpus) != 0) {
    die("sched_setaffinity");
  }
}

static const struct rlimit no_limit = {RLIM_INFINITY, RLIM_INFINITY};

// One that calls 255 functions, which return.
static int load_program(void) {
  enum { functions = 255, calls = functions + 2 };
  static struct bpf_insn code[calls + 2 * functions];
  const struct bpf_insn zero = {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0};
  const struct bpf_insn leave = {.code = BPF_JMP | BPF_EXIT};
  union bpf_attr attr = {.prog_type = BPF_PROG_TYPE_SOCKET_FILTER,
                         .insns = (uint64_t)code,
                         .insn_cnt = calls + 2 * functions,
                         .license = (uint64_t) "GPL"};

  for (int i = 0; i < functions; ++i) {
    code[i] = (struct bpf_insn){
        .code = BPF_JMP | BPF_CALL, .src_reg = BPF_PSEUDO_CALL, .imm = calls + 2 * i - i - 1};
    code[calls + 2 * i] = zero;
    code[calls + 2 * i + 1] = leave;
  }
  code[functions] = zero;
  code[functions + 1] = leave;
  return (int)syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));
}

static void work(long programs, long us, const char* file) {
  int* const program = calloc((size_t)programs, sizeof(int));

  setrlimit(RLIMIT_MEMLOCK, &no_limit);
  for (long i = 0; i < programs; ++i) {
    if ((program[i] = load_program()) < 0) {
      die("bpf");
    }
  }
  while (access(file, F_OK) != 0) {
    pause_us(10000);
  }
  for (long i = 0; i < programs; ++i) {
    close(program[i]);
    pause_us(us);
  }
}

static void files(long number, long us) {
  const struct rlimit enough = {(rlim_t)number + 100, (rlim_t)number + 100};

  setrlimit(RLIMIT_NOFILE, &enough);
  for (;;) {
    for (long i = 0; i < number; ++i) {
      eventfd(0, 0);
    }
    for (int i = 3; i < number + 3; ++i) {
      close(i);
    }
    pause_us(us);
  }
}

static void timers(long number, long us) {
  const struct rlimit enough = {(rlim_t)number + 100, (rlim_t)number + 100};
  struct itimerspec at = {.it_interval = {us / 1000000, us % 1000000 * 1000}};
  // Ignored: then the kernel itself sets the timer anew.
  struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN};

  signal(SIGRTMIN, SIG_IGN);
  setrlimit(RLIMIT_SIGPENDING, &enough);
  clock_gettime(CLOCK_MONOTONIC, &at.it_value);
  // Far enough that all are set by then.
  at.it_value.tv_sec += at.it_value.tv_nsec >= 900000000;
  at.it_value.tv_nsec = (at.it_value.tv_nsec + 100000000) % 1000000000;
  for (long i = 0; i < number; ++i) {
    timer_t timer;

    if (timer_create(CLOCK_MONOTONIC, &event, &timer) != 0 ||
        timer_settime(timer, TIMER_ABSTIME, &at, NULL) != 0) {
      die("timer_create");
    }
  }
  pause();
}

static void console(long us) {
  const int log = open("/dev/kmsg", O_WRONLY);
  char line[960];

  memset(line, 'x', sizeof(line));
  memcpy(line, "<3>", 3);
  for (;;) {
    if (write(log, line, sizeof(line)) < 0) {
      die("/dev/kmsg");
    }
    pause_us(us);
  }
}

// x0: ticks of the virtual timer between two wakes; 0: x1 turns of a loop between two calls of the
// VMM. x4: where nothing is, so that a store goes to the VMM.
__asm__(
    ".section .rodata\n"
    ".balign 4\n"
    ".global guest_begin, guest_end\n"
    "guest_begin:\n"
    "  cbz x0, 3f\n"
    "1: mrs x8, cntvct_el0\n"
    "  add x8, x8, x0\n"
    "  msr cntv_cval_el0, x8\n"
    "  mov x9, #1\n"
    "  msr cntv_ctl_el0, x9\n"
    "  isb\n"
    "2: wfi\n"
    "  isb\n"
    "  mrs x9, cntv_ctl_el0\n"
    "  tbz x9, #2, 2b\n"
    "  b 1b\n"
    "3: mov x9, x1\n"
    "4: subs x9, x9, #1\n"
    "  b.ne 4b\n"
    "  str x9, [x4]\n"
    "  b 3b\n"
    "guest_end:\n"
    ".text\n");
extern const char guest_begin[], guest_end[];

static const uint64_t kMemory = 0x40000000, kMemoryBytes = 2 << 20, kNothing = 0x10000000;

static void set_register(int vcpu, uint64_t id, uint64_t value) {
  const struct kvm_one_reg reg = {KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM_CORE | id,
                                  (uint64_t)&value};

  if (ioctl(vcpu, KVM_SET_ONE_REG, &reg) != 0) {
    die("KVM_SET_ONE_REG");
  }
}
#define CORE(field) KVM_REG_ARM_CORE_REG(field)

struct machine {
  int vcpu;
  struct kvm_run* run;
  void* memory;
};

static struct machine make_machine(uint64_t ticks, uint64_t turns) {
  const int kvm = open("/dev/kvm", O_RDWR), vm = ioctl(kvm, KVM_CREATE_VM, 0);
  // Shared: what is taken away is not lost, and comes back by a fault.
  const int file = memfd_create("guest", 0);
  struct machine machine;
  struct kvm_vcpu_init init;

  if (vm < 0 || ftruncate(file, (off_t)kMemoryBytes) != 0) {
    die("a virtual machine");
  }
  machine.memory = mmap(NULL, kMemoryBytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  memcpy(machine.memory, guest_begin, (uintptr_t)guest_end - (uintptr_t)guest_begin);
  const struct kvm_userspace_memory_region region = {.guest_phys_addr = kMemory,
                                                     .memory_size = kMemoryBytes,
                                                     .userspace_addr = (uint64_t)machine.memory};
  if (ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region) != 0 ||
      (machine.vcpu = ioctl(vm, KVM_CREATE_VCPU, 0)) < 0 ||
      ioctl(vm, KVM_ARM_PREFERRED_TARGET, &init) != 0 ||
      ioctl(machine.vcpu, KVM_ARM_VCPU_INIT, &init) != 0) {
    die("a virtual CPU");
  }
  machine.run = mmap(NULL, (size_t)ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0), PROT_READ | PROT_WRITE,
                     MAP_SHARED, machine.vcpu, 0);
  if (machine.run == MAP_FAILED) {
    die("kvm_run");
  }
  set_register(machine.vcpu, CORE(regs.pc), kMemory);
  set_register(machine.vcpu, CORE(regs.regs[0]), ticks);
  set_register(machine.vcpu, CORE(regs.regs[1]), turns);
  set_register(machine.vcpu, CORE(regs.regs[4]), kNothing);
  return machine;
}

static void be_vcpu(struct machine machine, long slow_us, long wait_us) {
  prctl(PR_SET_NAME, "CPU 0/KVM");
  for (;;) {
    ioctl(machine.vcpu, KVM_RUN, 0);
    spin(slow_us);
    pause_us(wait_us);
  }
}

static uint64_t counter_hz(void) {
  uint64_t hz;

  __asm__("mrs %0, cntfrq_el0" : "=r"(hz));
  return hz;
}

struct vmm {
  struct machine machine;
  long slow_us;
};

static void* vcpu_thread(void* argument) {
  const struct vmm* const vmm = argument;

  be_vcpu(vmm->machine, vmm->slow_us, 0);
  return NULL;
}

static void vmm(uint64_t period_us, long slow_us, long take_us) {
  struct vmm vmm = {make_machine(period_us * counter_hz() / 1000000, 0), slow_us};
  pthread_t thread;

  if (pthread_create(&thread, NULL, vcpu_thread, &vmm) != 0) {
    die("pthread_create");
  }
  while (take_us != 0) {
    madvise(vmm.machine.memory, kMemoryBytes, MADV_DONTNEED);
    pause_us(take_us);
  }
  pthread_join(thread, NULL);
}

int main(int argc, char** argv) {
  long cpu = -1, priority = 0, a, b, c;
  int option;

  while ((option = getopt(argc, argv, "+c:f:n:")) != -1) {
    switch (option) {
      case 'c':
        cpu = atol(optarg);
        break;
      case 'f':
        priority = atol(optarg);
        break;
      case 'n':
        setpriority(PRIO_PROCESS, 0, (int)atol(optarg));
        break;
      default:
        return 2;
    }
  }
  argv += optind;
  argc -= optind;
  if (argc < 2) {
    return 2;
  }
  if (cpu >= 0) {
    move_to(0, cpu);
  }
  if (priority != 0) {
    const struct sched_param param = {.sched_priority = (int)priority};

    if (sched_setscheduler(0, SCHED_FIFO, &param) != 0) {
      die("sched_setscheduler");
    }
  }
  prctl(PR_SET_NAME, "hog");
  prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
  if (strcmp(argv[0], "exec") == 0) {
    execvp(argv[1], argv + 1);
    die(argv[1]);
  }
  a = atol(argv[1]);
  b = argc > 2 ? atol(argv[2]) : 0;
  c = argc > 3 ? atol(argv[3]) : 0;
  if (strcmp(argv[0], "burst") == 0) {
    for (;;) {
      spin(a);
      pause_us(b);
    }
  } else if (strcmp(argv[0], "work") == 0) {
    work(a, b, argc > 3 ? argv[3] : "/");
  } else if (strcmp(argv[0], "files") == 0) {
    files(a, b);
  } else if (strcmp(argv[0], "timers") == 0) {
    timers(a, b);
  } else if (strcmp(argv[0], "console") == 0) {
    console(a);
  } else if (strcmp(argv[0], "bounce") == 0) {
    for (long turn = 0;; turn = !turn) {
      move_to((pid_t)a, turn);
      pause_us(b);
    }
  } else if (strcmp(argv[0], "spin") == 0) {
    // Two instructions a turn, of 1 ns each in the instruction clock.
    be_vcpu(make_machine(0, (uint64_t)a * 500), 0, b);
  } else if (strcmp(argv[0], "vmm") == 0) {
    vmm((uint64_t)a, b, c);
  }
  return 2;
}
