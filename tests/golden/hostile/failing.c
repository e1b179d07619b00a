// SPDX-License-Identifier: GPL-2.0-or-later
// For LD_PRELOAD: lets one call fail, as a host without memory or room would.
//
// FAIL_MALLOC=N: the N-th allocation of the program finds no memory; FAIL_MALLOC_ON=1: all after it
// neither. They count from main() on, which calls signal() first.
// FAIL_WRITE=N: the N-th write to something else than the standard streams fails; FAIL_WRITE_HOW:
// with a number of errno.h, or 0 for a short write. FAIL_COUNT=FILE: writes down how many calls of
// both kinds there were.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

extern void* __libc_malloc(size_t bytes);
extern void* __libc_calloc(size_t count, size_t bytes);
extern void* __libc_realloc(void* old, size_t bytes);
extern void* __libc_memalign(size_t alignment, size_t bytes);

static atomic_long allocations, writes;
static long fail_malloc, fail_write;
static int fail_on, fail_how, count_to = -1;
static pid_t counted;
static int in_main;

__attribute__((constructor)) static void begin(void) {
  const char* text = getenv("FAIL_MALLOC");
  fail_malloc = text != NULL ? atol(text) : 0;
  text = getenv("FAIL_WRITE");
  fail_write = text != NULL ? atol(text) : 0;
  text = getenv("FAIL_WRITE_HOW");
  fail_how = text != NULL ? atoi(text) : EIO;
  fail_on = getenv("FAIL_MALLOC_ON") != NULL;
  text = getenv("FAIL_COUNT");
  if (text != NULL) {
    count_to = open(text, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  }
  counted = getpid();
}

__attribute__((destructor)) static void end(void) {
  if (count_to >= 0 && getpid() == counted) {
    dprintf(count_to, "%ld %ld\n", atomic_load(&allocations), atomic_load(&writes));
  }
}

sighandler_t signal(int number, sighandler_t handler) {
  in_main = 1;
  struct sigaction action = {.sa_handler = handler}, before;
  return sigaction(number, &action, &before) == 0 ? before.sa_handler : SIG_ERR;
}

static int no_memory(void) {
  if (!in_main) {
    return 0;
  }
  const long number = atomic_fetch_add(&allocations, 1) + 1;
  if (fail_malloc != 0 && (number == fail_malloc || (fail_on && number > fail_malloc))) {
    errno = ENOMEM;
    return 1;
  }
  return 0;
}

void* malloc(size_t bytes) { return no_memory() ? NULL : __libc_malloc(bytes); }
void* calloc(size_t count, size_t bytes) {
  return no_memory() ? NULL : __libc_calloc(count, bytes);
}
void* realloc(void* old, size_t bytes) { return no_memory() ? NULL : __libc_realloc(old, bytes); }
void* aligned_alloc(size_t alignment, size_t bytes) {
  return no_memory() ? NULL : __libc_memalign(alignment, bytes);
}

// How much of `bytes` may be written; -1: an error.
static ssize_t allowed(int fd, size_t bytes) {
  if (fd <= STDERR_FILENO || fd == count_to || bytes == 0) {
    return (ssize_t)bytes;
  }
  if (atomic_fetch_add(&writes, 1) + 1 != fail_write) {
    return (ssize_t)bytes;
  }
  if (fail_how == 0) {
    return (ssize_t)(bytes + 1) / 2;
  }
  errno = fail_how;
  return -1;
}

ssize_t write(int fd, const void* data, size_t bytes) {
  static ssize_t (*next)(int, const void*, size_t);
  if (next == NULL) {
    next = (ssize_t(*)(int, const void*, size_t))dlsym(RTLD_NEXT, "write");
  }
  const ssize_t most = allowed(fd, bytes);
  return most < 0 ? -1 : next(fd, data, (size_t)most);
}

ssize_t pwrite(int fd, const void* data, size_t bytes, off_t at) {
  static ssize_t (*next)(int, const void*, size_t, off_t);
  if (next == NULL) {
    next = (ssize_t(*)(int, const void*, size_t, off_t))dlsym(RTLD_NEXT, "pwrite");
  }
  const ssize_t most = allowed(fd, bytes);
  return most < 0 ? -1 : next(fd, data, (size_t)most, at);
}

ssize_t pwrite64(int fd, const void* data, size_t bytes, off_t at) {
  return pwrite(fd, data, bytes, at);
}
