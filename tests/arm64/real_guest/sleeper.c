// SPDX-License-Identifier: GPL-2.0-or-later
// In the guest. On CPU 0, sleeps to absolute times as cyclictest does; on CPU 1, a partner is woken
// through a pipe by each of these sleeps, so by an interrupt from vCPU 0. On SIGTERM each says how
// late it was.
//
// usage: sleeper PERIOD_US
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ns_per_s = 1000000000 };

static volatile sig_atomic_t ended;

static void end(int signal) {
  (void)signal;
  ended = 1;
}

static void stay_on(size_t cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  if (sched_setaffinity(0, sizeof set, &set) != 0) perror("sleeper: sched_setaffinity");
}

static int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * ns_per_s + time.tv_nsec;
}

static void sleep_until(int64_t due) {
  const struct timespec time = {.tv_sec = due / ns_per_s, .tv_nsec = due % ns_per_s};
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL) != 0 && !ended) {
  }
}

struct lateness {
  int64_t count, sum, worst;
};

static void add(struct lateness* all, int64_t late) {
  ++all->count;
  all->sum += late;
  if (late > all->worst) all->worst = late;
}

static void say(const char* who, const struct lateness* all) {
  printf("%s: %lld wakes, late by %lld us on average, %lld at worst\n", who, (long long)all->count,
         (long long)(all->sum / (all->count ? all->count : 1) / 1000),
         (long long)(all->worst / 1000));
  fflush(stdout);
}

static void partner(int from) {
  struct lateness all = {0};
  int64_t due;
  stay_on(1);
  while (read(from, &due, sizeof due) == (ssize_t)sizeof due) add(&all, now() - due);
  say("partner", &all);
}

int main(int argc, char** argv) {
  const int64_t period = argc == 2 ? atoll(argv[1]) * 1000 : 0;
  struct lateness all = {0};
  int ends[2];
  if (period <= 0 || pipe(ends) != 0) return 2;
  if (fork() == 0) {
    close(ends[1]);
    partner(ends[0]);
    return 0;
  }
  close(ends[0]);
  stay_on(0);
  signal(SIGTERM, end);
  for (int64_t due = now() + period; !ended; due += period) {
    // Periods that passed while the host held us up are skipped, or we would never sleep again.
    while (due < now()) due += period;
    sleep_until(due);
    add(&all, now() - due);
    if (write(ends[1], &due, sizeof due) != (ssize_t)sizeof due) return 1;
  }
  close(ends[1]);
  wait(NULL);
  say("sleeper", &all);
  return 0;
}
