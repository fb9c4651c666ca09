/* Loaded before libc: what a process does to the files of the folder TRACED_FOLDER is appended to the file
   TRACE, in the order in which it was done. Syncs are told and cost nothing: who rebuilds the disk from the
   trace decides what they were worth. Without the two only that: syncs cost nothing.

   A step is one letter and, little endian, u64 file, u64 number, u64 length, and so many bytes:
   C made (name), M folder made (name), W written (number = offset; bytes), T length set (number), S synced,
   D folder synced, R renamed (from, 0, to), U removed (name), L a process loaded this. A file is its inode, a
   new one with each C and M; TRACED_FOLDER itself is 1. With KILLED_AFTER=N the process is gone after so many steps, with -N before so many syncs, exit 9. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

/* One step at a time, the deed and what is told of it: so the order is that of the disk. */
static pthread_mutex_t order = PTHREAD_MUTEX_INITIALIZER;
static int trace = -1;
static long steps, syncs, killed_after;
static char folder[1024];

#define REAL(name, type) \
  static __typeof__(type) *real; \
  if (!real) real = (__typeof__(type) *)dlsym(RTLD_NEXT, name)

static ssize_t real_write(int fd, const void *data, size_t count) {
  REAL("write", ssize_t (int, const void *, size_t));
  return real(fd, data, count);
}

static void put(const void *data, size_t count) {
  while (count) {
    ssize_t done = real_write(trace, data, count);
    if (done <= 0) abort();
    data = (const char *)data + done;
    count -= (size_t)done;
  }
}

static void tell(char what, uint64_t file, uint64_t number, const void *data, uint64_t length) {
  unsigned char head[25];
  int kept = errno;
  head[0] = (unsigned char)what;
  memcpy(head + 1, &file, 8);
  memcpy(head + 9, &number, 8);
  memcpy(head + 17, &length, 8);
  put(head, sizeof head);
  put(data, length);
  if (++steps == killed_after) _exit(9);
  errno = kept;
}

__attribute__((constructor)) static void start(void) {
  const char *from = getenv("TRACED_FOLDER"), *to = getenv("TRACE");
  if (!from || !to) return;
  int (*real)(const char *, int, ...) = (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, "open64");
  snprintf(folder, sizeof folder, "%s/", from);
  trace = real(to, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (trace < 0) abort();
  const char *after = getenv("KILLED_AFTER");
  killed_after = after ? atol(after) : 0;
  tell('L', 0, 0, "", 0);
}

/* Name within the folder, or nothing. */
static const char *within(const char *path) {
  size_t length = strlen(folder);
  return trace >= 0 && !strncmp(path, folder, length) ? path + length : NULL;
}

/* Inode of a file or folder within the folder; 1 for the folder itself, 0 for any other. */
static uint64_t file_of(int fd) {
  char link[64], path[1200];
  struct stat facts;
  if (trace < 0) return 0;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t got = readlink(link, path, sizeof path - 2);
  if (got <= 0 || fstat(fd, &facts)) return 0;
  path[got] = 0;
  if (S_ISDIR(facts.st_mode) && !strcmp(strcat(path, "/"), folder)) return 1;
  return within(path) ? (uint64_t)facts.st_ino : 0;
}

static int opened(int (*real)(const char *, int, ...), const char *path, int flags, mode_t mode) {
  const char *name = within(path);
  if (!name || !(flags & (O_CREAT | O_TRUNC))) return real(path, flags, mode);
  pthread_mutex_lock(&order);
  int is_new = access(path, F_OK) != 0;
  int fd = real(path, flags, mode);
  uint64_t file = fd < 0 ? 0 : file_of(fd);
  if (file && is_new) tell('C', file, 0, name, strlen(name));
  else if (file && flags & O_TRUNC) tell('T', file, 0, "", 0);
  pthread_mutex_unlock(&order);
  return fd;
}

#define OPEN(name) \
  int name(const char *path, int flags, ...) { \
    REAL(#name, int (const char *, int, ...)); \
    va_list rest; \
    va_start(rest, flags); \
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0; \
    va_end(rest); \
    return opened(real, path, flags, mode); \
  }
OPEN(open)
OPEN(open64)

ssize_t write(int fd, const void *data, size_t count) {
  uint64_t file = file_of(fd);
  if (!file) return real_write(fd, data, count);
  pthread_mutex_lock(&order);
  ssize_t done = real_write(fd, data, count);
  if (done > 0) tell('W', file, (uint64_t)(lseek(fd, 0, SEEK_CUR) - done), data, (uint64_t)done);
  pthread_mutex_unlock(&order);
  return done;
}

#define PWRITE(name) \
  ssize_t name(int fd, const void *data, size_t count, off64_t at) { \
    REAL(#name, ssize_t (int, const void *, size_t, off64_t)); \
    uint64_t file = file_of(fd); \
    if (!file) return real(fd, data, count, at); \
    pthread_mutex_lock(&order); \
    ssize_t done = real(fd, data, count, at); \
    if (done > 0) tell('W', file, (uint64_t)at, data, (uint64_t)done); \
    pthread_mutex_unlock(&order); \
    return done; \
  }
PWRITE(pwrite)
PWRITE(pwrite64)

#define TRUNCATE(name) \
  int name(int fd, off64_t length) { \
    REAL(#name, int (int, off64_t)); \
    uint64_t file = file_of(fd); \
    pthread_mutex_lock(&order); \
    int done = real(fd, length); \
    if (file && !done) tell('T', file, (uint64_t)length, "", 0); \
    pthread_mutex_unlock(&order); \
    return done; \
  }
TRUNCATE(ftruncate)
TRUNCATE(ftruncate64)

static int synced(int fd) {
  uint64_t file = file_of(fd);
  struct stat facts;
  pthread_mutex_lock(&order);
  if (file && ++syncs == -killed_after) _exit(9);
  if (file) tell(!fstat(fd, &facts) && S_ISDIR(facts.st_mode) ? 'D' : 'S', file, 0, "", 0);
  pthread_mutex_unlock(&order);
  return 0;
}

int fsync(int fd) { return synced(fd); }
int fdatasync(int fd) { return synced(fd); }

int mkdir(const char *path, mode_t mode) {
  REAL("mkdir", int (const char *, mode_t));
  const char *name = within(path);
  struct stat facts;
  pthread_mutex_lock(&order);
  int done = real(path, mode);
  if (name && !done && !stat(path, &facts)) tell('M', (uint64_t)facts.st_ino, 0, name, strlen(name));
  pthread_mutex_unlock(&order);
  return done;
}

int unlink(const char *path) {
  REAL("unlink", int (const char *));
  const char *name = within(path);
  pthread_mutex_lock(&order);
  int done = real(path);
  if (name && !done) tell('U', 0, 0, name, strlen(name));
  pthread_mutex_unlock(&order);
  return done;
}

int rename(const char *from, const char *to) {
  REAL("rename", int (const char *, const char *));
  const char *old = within(from), *new = within(to);
  char both[2048];
  pthread_mutex_lock(&order);
  int done = real(from, to);
  if (old && new && !done) {
    int length = snprintf(both, sizeof both, "%s%c%s", old, 0, new);
    tell('R', 0, 0, both, (uint64_t)length);
  }
  pthread_mutex_unlock(&order);
  return done;
}
