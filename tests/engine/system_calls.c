/* Functions of the C library that change files, of which one fails or ends the process: number `at` of those below a
   folder. It is loaded before the C library (LD_PRELOAD), so that what Python, HDF5, zlib and others do passes through
   it. The count lies in memory that forked processes share, and outlives them. */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

enum { COUNT, FAIL, KILL, FULL };
/* What becomes of an operation. */
enum { GOES, FAILS, TEARS };

struct shared {
    long count;  /* operations so far */
    long at;     /* the one that fails, from 1 */
    int how;
    int error;   /* errno of it */
    int armed;
    char folder[PATH_MAX];
    char name[32];        /* what failed, and on which file */
    char path[PATH_MAX];
};

static struct shared *shared;
static int listing = -1; /* where operations are listed, a line each; -1 for nowhere */

int faults_prepare(void) {
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return shared == MAP_FAILED ? -1 : 0;
}

void faults_arm(const char *folder, long at, int how, int error) {
    snprintf(shared->folder, sizeof shared->folder, "%s/", folder);
    shared->count = 0;
    shared->at = at;
    shared->how = how;
    shared->error = error;
    shared->name[0] = shared->path[0] = 0;
    shared->armed = 1;
}

void faults_list(int file) { listing = file; }
long faults_disarm(void) { shared->armed = 0; return shared->count; }
const char *faults_name(void) { return shared->name; }
const char *faults_path(void) { return shared->path; }

/* Write the full path of what an operation is about; 0 where it is not known. */
static int full_path(int folder, const char *path, char *full) {
    char link[64];
    if (path && path[0] == '/')
        return snprintf(full, PATH_MAX, "%s", path) > 0;
    if (folder == AT_FDCWD) {
        if (!getcwd(full, PATH_MAX))
            return 0;
    } else {
        snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
        ssize_t length = readlink(link, full, PATH_MAX - 1);
        if (length < 0)
            return 0;
        full[length] = 0;
    }
    if (path) {
        size_t length = strlen(full);
        snprintf(full + length, PATH_MAX - length, "/%s", path);
    }
    return 1;
}

static int met(const char *name, int folder, const char *path, int makes_longer) {
    char full[PATH_MAX];
    if (!shared || shared == MAP_FAILED || !shared->armed)
        return GOES;
    int before = errno;
    int known = full_path(folder, path, full);
    errno = before;
    if (!known || strncmp(full, shared->folder, strlen(shared->folder)))
        return GOES;
    long number = __atomic_add_fetch(&shared->count, 1, __ATOMIC_SEQ_CST);
    if (listing >= 0)
        dprintf(listing, "%s %s\n", name, full + strlen(shared->folder));
    int is_hit = number == shared->at || (shared->how == FULL && number > shared->at && makes_longer);
    if (shared->how == COUNT || !is_hit)
        return GOES;
    if (!shared->name[0]) {
        snprintf(shared->name, sizeof shared->name, "%s", name);
        snprintf(shared->path, sizeof shared->path, "%s", full + strlen(shared->folder));
    }
    if (shared->how == KILL) {
        if (strstr(name, "write"))
            return TEARS;
        kill(getpid(), SIGKILL);
    }
    if (shared->how == FULL && !makes_longer)  /* room is made, or a name changed: that goes on a full disk */
        return GOES;
    errno = shared->error;
    return FAILS;
}

#define MEET(name, folder, path, makes_longer) \
    do { if (met(name, folder, path, makes_longer) == FAILS) return -1; } while (0)
#define CHANGES (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC)

static int opened(int folder, const char *path, int flags, mode_t mode) {
    if (flags & CHANGES)
        MEET("open", folder, path, (flags & O_CREAT) != 0);
    return (int)syscall(SYS_openat, folder, path, flags, mode);
}

#define MODE(flags) \
    mode_t mode = 0; \
    if ((flags) & (O_CREAT | O_TMPFILE)) { va_list rest; va_start(rest, flags); mode = va_arg(rest, mode_t); va_end(rest); }

int open(const char *path, int flags, ...) { MODE(flags) return opened(AT_FDCWD, path, flags, mode); }
int open64(const char *path, int flags, ...) { MODE(flags) return opened(AT_FDCWD, path, flags, mode); }
int openat(int folder, const char *path, int flags, ...) { MODE(flags) return opened(folder, path, flags, mode); }
int openat64(int folder, const char *path, int flags, ...) { MODE(flags) return opened(folder, path, flags, mode); }
int __open_2(const char *path, int flags) { return opened(AT_FDCWD, path, flags, 0); }
int __open64_2(const char *path, int flags) { return opened(AT_FDCWD, path, flags, 0); }
int creat(const char *path, mode_t mode) { return opened(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode); }
int creat64(const char *path, mode_t mode) { return creat(path, mode); }

ssize_t write(int file, const void *content, size_t size) {
    int what = met("write", file, NULL, 1);
    if (what == FAILS)
        return -1;
    ssize_t written = syscall(SYS_write, file, content, what == TEARS ? size / 2 : size);
    if (what == TEARS)
        kill(getpid(), SIGKILL);
    return written;
}

ssize_t pwrite(int file, const void *content, size_t size, off_t place) {
    int what = met("pwrite", file, NULL, 1);
    if (what == FAILS)
        return -1;
    ssize_t written = syscall(SYS_pwrite64, file, content, what == TEARS ? size / 2 : size, place);
    if (what == TEARS)
        kill(getpid(), SIGKILL);
    return written;
}

ssize_t pwrite64(int file, const void *content, size_t size, off_t place) { return pwrite(file, content, size, place); }

ssize_t writev(int file, const struct iovec *parts, int number) {
    int what = met("writev", file, NULL, 1);
    if (what == FAILS)
        return -1;
    if (what == TEARS)
        kill(getpid(), SIGKILL);
    return syscall(SYS_writev, file, parts, number);
}

ssize_t sendfile(int out, int in, off_t *place, size_t size) {
    MEET("sendfile", out, NULL, 1);
    return syscall(SYS_sendfile, out, in, place, size);
}

ssize_t sendfile64(int out, int in, off_t *place, size_t size) { return sendfile(out, in, place, size); }

ssize_t copy_file_range(int in, off_t *from, int out, off_t *to, size_t size, unsigned flags) {
    MEET("copy_file_range", out, NULL, 1);
    return syscall(SYS_copy_file_range, in, from, out, to, size, flags);
}

int fsync(int file) { MEET("fsync", file, NULL, 0); return (int)syscall(SYS_fsync, file); }
int fdatasync(int file) { MEET("fdatasync", file, NULL, 0); return (int)syscall(SYS_fdatasync, file); }
int ftruncate(int file, off_t size) { MEET("ftruncate", file, NULL, 1); return (int)syscall(SYS_ftruncate, file, size); }
int ftruncate64(int file, off_t size) { return ftruncate(file, size); }
int truncate(const char *path, off_t size) { MEET("truncate", AT_FDCWD, path, 0); return (int)syscall(SYS_truncate, path, size); }
int truncate64(const char *path, off_t size) { return truncate(path, size); }

int renameat2(int one, const char *source, int other, const char *target, unsigned flags) {
    MEET("rename", other, target, 0);
    return (int)syscall(SYS_renameat2, one, source, other, target, flags);
}
int renameat(int one, const char *source, int other, const char *target) { return renameat2(one, source, other, target, 0); }
int rename(const char *source, const char *target) { return renameat2(AT_FDCWD, source, AT_FDCWD, target, 0); }

int unlinkat(int folder, const char *path, int flags) {
    MEET(flags & AT_REMOVEDIR ? "rmdir" : "unlink", folder, path, 0);
    return (int)syscall(SYS_unlinkat, folder, path, flags);
}
int unlink(const char *path) { return unlinkat(AT_FDCWD, path, 0); }
int rmdir(const char *path) { return unlinkat(AT_FDCWD, path, AT_REMOVEDIR); }
int remove(const char *path) {
    int status = unlink(path);
    return status && (errno == EISDIR || errno == EPERM) ? rmdir(path) : status;
}

int mkdirat(int folder, const char *path, mode_t mode) {
    MEET("mkdir", folder, path, 1);
    return (int)syscall(SYS_mkdirat, folder, path, mode);
}
int mkdir(const char *path, mode_t mode) { return mkdirat(AT_FDCWD, path, mode); }

int linkat(int one, const char *source, int other, const char *target, int flags) {
    MEET("link", other, target, 1);
    return (int)syscall(SYS_linkat, one, source, other, target, flags);
}
int link(const char *source, const char *target) { return linkat(AT_FDCWD, source, AT_FDCWD, target, 0); }
int symlink(const char *source, const char *target) {
    MEET("symlink", AT_FDCWD, target, 1);
    return (int)syscall(SYS_symlinkat, source, AT_FDCWD, target);
}
