/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A library to preload into hetsoc that makes the n-th call of a sort fail, as the system would:
 *
 *   LD_PRELOAD=libsaboteur.so SABOTEUR=SORT:N[+] SABOTEUR_LOG=FILE hetsoc ...
 *
 * The calls are those of hetsoc's own code, and those that SQLite makes to the system; they are
 * counted over all processes of the run. With `+` all later ones fail as well; 0 fails none. With
 * SABOTEUR_TIMES=K only the first K calls that the same functions lead to count: the thousandth
 * node of a tree has the same fate as the first. The log gets "failed CALL" for the first one that
 * fails, and "calls COUNT" at the end. */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <spawn.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

enum sort { ALLOC, OPEN, FULL, TORN, CLOSE, NAME, PROCESS, WRITE, SQL, SORT_COUNT };

static const char *const sort_names[SORT_COUNT] = {
    [ALLOC] = "alloc",     /* memory, for buffers of streams too */
    [OPEN] = "open",       /* files, folders */
    [FULL] = "full",       /* a file that can be made, but not filled */
    [TORN] = "torn",       /* a file that can be opened, but not read */
    [CLOSE] = "close",     /* flushing, syncing and closing what was written */
    [NAME] = "name",       /* making folders, renaming, locking */
    [PROCESS] = "process", /* processes, threads, pipes, mapped memory */
    [WRITE] = "write",     /* into a pipe */
    [SQL] = "sql",         /* what SQLite asks of the system */
};

/* Longer than any run that a test spoils; SIGALRM then says that one hangs. */
enum { PATIENCE_S = 60 };

static int sort = SORT_COUNT;
static long first;
static bool goes_on;
static const char *log_path;
static long *count; /* shared with all processes of the run */
static uintptr_t text_begin, text_end;

/* How functions lead to a call, as a number, and how often they have. */
struct way {
    uint64_t name; /* 0: none yet */
    long times;
};

enum { WAY_COUNT = 1 << 16, WAY_FRAMES = 12 };

static struct way *ways; /* [WAY_COUNT] by name modulo WAY_COUNT or behind; shared as well */
static long times_max;   /* 0: any number */

#define REAL(name) (__extension__(__typeof__(&name)) dlsym(RTLD_NEXT, #name))
#define CALLER     ((uintptr_t)__builtin_return_address(0))

static void say(const char *word, const char *call, long number)
{
    char line[128];
    int file = REAL(open64)(log_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    int length = call != NULL ? snprintf(line, sizeof line, "%s %s\n", word, call)
                              : snprintf(line, sizeof line, "%s %ld\n", word, number);
    if (REAL(write)(file, line, (size_t)length) != length)
        abort();
    close(file);
}

/* The way that leads here (FNV-1a of return addresses in the program). */
static uint64_t name_way(void)
{
    void *frames[WAY_FRAMES];
    uint64_t name = UINT64_C(14695981039346656037);
    int depth = backtrace(frames, WAY_FRAMES);
    for (int i = 0; i < depth; i++)
        if ((uintptr_t)frames[i] >= text_begin && (uintptr_t)frames[i] < text_end)
            name = (name ^ ((uintptr_t)frames[i] - text_begin)) * UINT64_C(1099511628211);
    return name | 1;
}

/* Whether the way to this call has been taken so often that it does not count any more. */
static bool is_worn(void)
{
    if (times_max == 0)
        return false;
    uint64_t name = name_way();
    for (uint64_t i = name;; i++) {
        struct way *way = &ways[i % WAY_COUNT];
        uint64_t none = 0;
        if (__atomic_compare_exchange_n(&way->name, &none, name, false, __ATOMIC_RELAXED,
                                        __ATOMIC_RELAXED) ||
            none == name)
            return __atomic_add_fetch(&way->times, 1, __ATOMIC_RELAXED) > times_max;
    }
}

/* Whether this call is to fail. */
static bool spoils(enum sort of, const char *call)
{
    if ((int)of != sort)
        return false;
    if (is_worn())
        return goes_on && first > 0 && __atomic_load_n(count, __ATOMIC_RELAXED) >= first;
    long number = __atomic_add_fetch(count, 1, __ATOMIC_RELAXED);
    if (number == first)
        say("failed", call, 0);
    return first > 0 && (number == first || (goes_on && number > first));
}

static bool is_ours(uintptr_t caller)
{
    return caller >= text_begin && caller < text_end;
}

/* In a function that stands for one of the system. */
#define FAILS(of, call) (is_ours(CALLER) && spoils(of, call))

/* ---- what SQLite calls ---- */

static int sql_open(const char *path, int flags, int mode)
{
    if (spoils(SQL, "open of SQLite")) {
        errno = EACCES;
        return -1;
    }
    return REAL(open64)(path, flags, mode);
}

static ssize_t sql_pread(int file, void *bytes, size_t size, off64_t at)
{
    if (spoils(SQL, "pread of SQLite")) {
        errno = EIO;
        return -1;
    }
    return REAL(pread64)(file, bytes, size, at);
}

static ssize_t sql_pwrite(int file, const void *bytes, size_t size, off64_t at)
{
    if (spoils(SQL, "pwrite of SQLite")) {
        errno = ENOSPC;
        return -1;
    }
    return REAL(pwrite64)(file, bytes, size, at);
}

static int sql_truncate(int file, off64_t size)
{
    if (spoils(SQL, "ftruncate of SQLite")) {
        errno = EIO;
        return -1;
    }
    return REAL(ftruncate64)(file, size);
}

static void *sql_map(void *address, size_t size, int protection, int flags, int file, off64_t at)
{
    if (spoils(SQL, "mmap of SQLite")) {
        errno = ENOMEM;
        return MAP_FAILED;
    }
    return REAL(mmap64)(address, size, protection, flags, file, at);
}

static void watch_sqlite(void)
{
    sqlite3_initialize();
    sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
    vfs->xSetSystemCall(vfs, "open", (sqlite3_syscall_ptr)sql_open);
    vfs->xSetSystemCall(vfs, "pread", (sqlite3_syscall_ptr)sql_pread);
    vfs->xSetSystemCall(vfs, "pread64", (sqlite3_syscall_ptr)sql_pread);
    vfs->xSetSystemCall(vfs, "pwrite", (sqlite3_syscall_ptr)sql_pwrite);
    vfs->xSetSystemCall(vfs, "pwrite64", (sqlite3_syscall_ptr)sql_pwrite);
    vfs->xSetSystemCall(vfs, "ftruncate", (sqlite3_syscall_ptr)sql_truncate);
    vfs->xSetSystemCall(vfs, "mmap", (sqlite3_syscall_ptr)sql_map);
}

/* ---- begin and end ---- */

static int find_program(struct dl_phdr_info *object, size_t size, void *context)
{
    (void)size;
    (void)context;
    for (int i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &object->dlpi_phdr[i];
        if (part->p_type == PT_LOAD && (part->p_flags & PF_X) != 0) {
            text_begin = object->dlpi_addr + part->p_vaddr;
            text_end = text_begin + part->p_memsz;
        }
    }
    return 1; /* the program comes first */
}

__attribute__((constructor)) static void begin(void)
{
    const char *plan = getenv("SABOTEUR");
    log_path = getenv("SABOTEUR_LOG");
    count = mmap64(NULL, sizeof *count, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ways = mmap64(NULL, WAY_COUNT * sizeof *ways, PROT_READ | PROT_WRITE,
                  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (plan == NULL || log_path == NULL || count == MAP_FAILED || ways == MAP_FAILED)
        abort();
    const char *times = getenv("SABOTEUR_TIMES");
    if (times != NULL)
        times_max = strtol(times, NULL, 10);
    void *frame;
    backtrace(&frame, 1); /* loads what it needs, which allocates */
    size_t length = strcspn(plan, ":");
    for (int i = 0; i < SORT_COUNT; i++)
        if (strlen(sort_names[i]) == length && strncmp(plan, sort_names[i], length) == 0)
            sort = i;
    if (sort == SORT_COUNT || plan[length] == '\0')
        abort();
    char *end;
    first = strtol(plan + length + 1, &end, 10);
    goes_on = *end == '+';
    unsetenv("LD_PRELOAD"); /* gnuplot shall work */
    dl_iterate_phdr(find_program, NULL);
    if (sort == SQL)
        watch_sqlite();
    alarm(PATIENCE_S);
}

__attribute__((destructor)) static void end(void)
{
    say("calls", NULL, __atomic_load_n(count, __ATOMIC_RELAXED));
}

/* ---- memory ---- */

/* These have names of their own in libc: dlsym, which allocates, cannot ask for them. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t number, size_t size);
void *__libc_realloc(void *old, size_t size);

static void *no_memory(void)
{
    errno = ENOMEM;
    return NULL;
}

void *malloc(size_t size)
{
    return FAILS(ALLOC, "malloc") ? no_memory() : __libc_malloc(size);
}

void *calloc(size_t number, size_t size)
{
    return FAILS(ALLOC, "calloc") ? no_memory() : __libc_calloc(number, size);
}

void *realloc(void *old, size_t size)
{
    return FAILS(ALLOC, "realloc") ? no_memory() : __libc_realloc(old, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return FAILS(ALLOC, "aligned_alloc") ? no_memory() : REAL(aligned_alloc)(alignment, size);
}

char *strdup(const char *text)
{
    return FAILS(ALLOC, "strdup") ? no_memory() : REAL(strdup)(text);
}

FILE *open_memstream(char **text, size_t *size)
{
    return FAILS(ALLOC, "open_memstream") ? no_memory() : REAL(open_memstream)(text, size);
}

FILE *fopencookie(void *cookie, const char *mode, cookie_io_functions_t calls)
{
    return FAILS(ALLOC, "fopencookie") ? no_memory() : REAL(fopencookie)(cookie, mode, calls);
}

/* ---- files ---- */

/* Has reads from a descriptor fail with EBADF, or writes to it with ENOSPC. */
static void ruin(int file, bool is_read)
{
    char same[32];
    snprintf(same, sizeof same, "/proc/self/fd/%d", file);
    int bad = REAL(open64)(is_read ? same : "/dev/full", O_WRONLY);
    if (bad < 0 || dup3(bad, file, O_CLOEXEC) < 0 || REAL(close)(bad) != 0)
        abort();
}

/* What becomes of a file that has just been opened. */
static void perhaps_ruin(int file, bool is_read, uintptr_t caller, const char *call)
{
    if (file >= 0 && is_ours(caller) && spoils(is_read ? TORN : FULL, call))
        ruin(file, is_read);
}

FILE *fopen64(const char *path, const char *mode)
{
    if (FAILS(OPEN, "fopen")) {
        errno = EMFILE;
        return NULL;
    }
    FILE *stream = REAL(fopen64)(path, mode);
    if (stream != NULL)
        perhaps_ruin(fileno(stream), mode[0] == 'r', CALLER, "fopen");
    return stream;
}

int open64(const char *path, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    int mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(arguments, int) : 0;
    va_end(arguments);
    if (FAILS(OPEN, "open")) {
        errno = EMFILE;
        return -1;
    }
    int file = REAL(open64)(path, flags, mode);
    if ((flags & O_DIRECTORY) == 0)
        perhaps_ruin(file, (flags & O_ACCMODE) == O_RDONLY, CALLER, "open");
    return file;
}

FILE *fdopen(int file, const char *mode)
{
    if (FAILS(OPEN, "fdopen")) {
        errno = ENOMEM;
        return NULL;
    }
    return REAL(fdopen)(file, mode);
}

DIR *opendir(const char *path)
{
    if (FAILS(OPEN, "opendir")) {
        errno = EMFILE;
        return NULL;
    }
    return REAL(opendir)(path);
}

int mkstemp64(char *pattern)
{
    if (FAILS(OPEN, "mkstemp")) {
        errno = EROFS;
        return -1;
    }
    return REAL(mkstemp64)(pattern);
}

int memfd_create(const char *name, unsigned flags)
{
    if (FAILS(OPEN, "memfd_create")) {
        errno = EMFILE;
        return -1;
    }
    int file = REAL(memfd_create)(name, flags);
    perhaps_ruin(file, false, CALLER, "memfd_create");
    return file;
}

/* Fails with EIO after the work is done, as a disk in trouble does. */
#define DONE_BUT(of, call, failure, work)                                                          \
    do {                                                                                           \
        bool fails = FAILS(of, call);                                                              \
        __typeof__(work) result = work;                                                            \
        if (fails)                                                                                 \
            errno = EIO;                                                                           \
        return fails ? (failure) : result;                                                         \
    } while (0)

int fclose(FILE *stream)
{
    DONE_BUT(CLOSE, "fclose", EOF, REAL(fclose)(stream));
}

int fflush(FILE *stream)
{
    if (FAILS(CLOSE, "fflush") && stream != NULL) {
        stream->_flags |= 0x20; /* _IO_ERR_SEEN: what ferror() asks */
        errno = EIO;
        return EOF;
    }
    return REAL(fflush)(stream);
}

int fsync(int file)
{
    DONE_BUT(CLOSE, "fsync", -1, REAL(fsync)(file));
}

int close(int file)
{
    DONE_BUT(CLOSE, "close", -1, REAL(close)(file));
}

ssize_t write(int file, const void *bytes, size_t size)
{
    if (FAILS(WRITE, "write")) {
        errno = EPIPE;
        return -1;
    }
    return REAL(write)(file, bytes, size);
}

/* ---- names ---- */

static int refuse(int error)
{
    errno = error;
    return -1;
}

int rename(const char *from, const char *to)
{
    return FAILS(NAME, "rename") ? refuse(EXDEV) : REAL(rename)(from, to);
}

int mkdir(const char *path, mode_t mode)
{
    return FAILS(NAME, "mkdir") ? refuse(EACCES) : REAL(mkdir)(path, mode);
}

int unlink(const char *path)
{
    return FAILS(NAME, "unlink") ? refuse(EACCES) : REAL(unlink)(path);
}

int rmdir(const char *path)
{
    return FAILS(NAME, "rmdir") ? refuse(EBUSY) : REAL(rmdir)(path);
}

int flock(int file, int operation)
{
    return FAILS(NAME, "flock") ? refuse(ENOLCK) : REAL(flock)(file, operation);
}

char *realpath(const char *path, char *resolved)
{
    if (FAILS(NAME, "realpath")) {
        errno = EACCES;
        return NULL;
    }
    return REAL(realpath)(path, resolved);
}

/* ---- processes ---- */

pid_t fork(void)
{
    return FAILS(PROCESS, "fork") ? refuse(EAGAIN) : REAL(fork)();
}

int pipe2(int ends[2], int flags)
{
    return FAILS(PROCESS, "pipe2") ? refuse(EMFILE) : REAL(pipe2)(ends, flags);
}

int signalfd(int file, const sigset_t *signals, int flags)
{
    return FAILS(PROCESS, "signalfd") ? refuse(EMFILE) : REAL(signalfd)(file, signals, flags);
}

int posix_spawnp(pid_t *pid, const char *program, const posix_spawn_file_actions_t *actions,
                 const posix_spawnattr_t *attributes, char *const argv[], char *const envp[])
{
    return FAILS(PROCESS, "posix_spawnp")
               ? EAGAIN
               : REAL(posix_spawnp)(pid, program, actions, attributes, argv, envp);
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*work)(void *),
                   void *context)
{
    return FAILS(PROCESS, "pthread_create")
               ? EAGAIN
               : REAL(pthread_create)(thread, attributes, work, context);
}

void *mmap64(void *address, size_t size, int protection, int flags, int file, off64_t at)
{
    if (FAILS(PROCESS, "mmap")) {
        errno = ENOMEM;
        return MAP_FAILED;
    }
    return REAL(mmap64)(address, size, protection, flags, file, at);
}
