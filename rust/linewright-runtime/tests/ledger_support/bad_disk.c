/* Loaded before libc: a disk that fails as the file named by BAD_DISK says, one word and a number.
   "eio N": N syncs fail; "stall MS": each sync takes MS longer; "short P": P of 100 writes are cut short,
   the rest of such a write fails as a full disk would. Only files with ".ledger" in their name. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int syncs_failed[4096];
static unsigned seed = 1;

static int asked(const char *word) {
  char text[64] = "";
  const char *path = getenv("BAD_DISK");
  FILE *file = path ? fopen(path, "r") : NULL;
  if (!file) return 0;
  size_t got = fread(text, 1, sizeof text - 1, file);
  text[got] = 0;
  fclose(file);
  size_t length = strlen(word);
  return strncmp(text, word, length) ? 0 : atoi(text + length);
}

static int ledger(int fd) {
  char link[64], name[1024];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t got = readlink(link, name, sizeof name - 1);
  if (got <= 0) return 0;
  name[got] = 0;
  return strstr(name, ".ledger") != NULL;
}

static void tell(const char *what, int fd) {
  const char *path = getenv("BAD_DISK_LOG");
  FILE *file = path ? fopen(path, "a") : NULL;
  if (!file) return;
  fprintf(file, "%s %d\n", what, fd);
  fclose(file);
}

static int sync_with(const char *name, int fd) {
  int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
  if (!ledger(fd)) return real(fd);
  if (fd < 4096 && syncs_failed[fd]) tell("retried", fd);
  int stall_ms = asked("stall ");
  if (stall_ms) { tell("stalled", fd); usleep(stall_ms * 1000u); }
  if (asked("eio ") && (int)(rand_r(&seed) % 100) < asked("eio ")) {
    if (fd < 4096) syncs_failed[fd] = 1;
    tell("failed", fd);
    errno = EIO;
    return -1;
  }
  return real(fd);
}

int fsync(int fd) { return sync_with("fsync", fd); }
int fdatasync(int fd) { return sync_with("fdatasync", fd); }

int close(int fd) {
  if (fd >= 0 && fd < 4096) syncs_failed[fd] = 0;
  int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "close");
  return real(fd);
}

static ssize_t cut(int fd, size_t count) {
  int percent = asked("short ");
  if (!percent || count < 2 || !ledger(fd) || (int)(rand_r(&seed) % 100) >= percent) return (ssize_t)count;
  tell("short", fd);
  return (ssize_t)(count / 2);
}

ssize_t pwrite64(int fd, const void *data, size_t count, off64_t at) {
  ssize_t (*real)(int, const void *, size_t, off64_t) = (ssize_t (*)(int, const void *, size_t, off64_t))dlsym(RTLD_NEXT, "pwrite64");
  return real(fd, data, (size_t)cut(fd, count), at);
}

ssize_t pwrite(int fd, const void *data, size_t count, off_t at) {
  ssize_t (*real)(int, const void *, size_t, off_t) = (ssize_t (*)(int, const void *, size_t, off_t))dlsym(RTLD_NEXT, "pwrite");
  return real(fd, data, (size_t)cut(fd, count), at);
}
