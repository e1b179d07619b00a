// SPDX-License-Identifier: GPL-2.0-or-later
// Threads that come and go on every CPU, and real-time ones that do so at any moment over them:
// where the kernel lets a BPF program be preempted, the program at sched_process_exit is then
// wanted again on its CPU before it has ended, and misses that run.
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static void* nothing(void* unused) { return unused; }

// A thread that begins and exits, with the scheduling class of its maker.
static void come_and_go(void) {
  pthread_t thread;

  if (pthread_create(&thread, NULL, nothing, NULL) == 0) {
    pthread_join(thread, NULL);
  }
}

static void run_on(long cpu, int priority) {
  struct sched_param param = {.sched_priority = priority};
  unsigned int seed = (unsigned int)cpu;
  cpu_set_t cpus;

  CPU_ZERO(&cpus);
  CPU_SET((size_t)cpu, &cpus);
  if (sched_setaffinity(0, sizeof(cpus), &cpus) != 0 ||
      (priority != 0 && sched_setscheduler(0, SCHED_FIFO, &param) != 0)) {
    perror("preempting");
    exit(1);
  }
  for (;;) {
    come_and_go();
    if (priority != 0) {
      const struct timespec pause = {0, 50000 + rand_r(&seed) % 100000};

      nanosleep(&pause, NULL);
    }
  }
}

int main(void) {
  const long cpus = sysconf(_SC_NPROCESSORS_ONLN);

  for (long cpu = 0; cpu < cpus; ++cpu) {
    if (fork() == 0) {
      run_on(cpu, 0);
    }
    if (fork() == 0) {
      run_on(cpu, 50);
    }
  }
  pause();
  return 0;
}
