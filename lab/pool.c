/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lab/pool.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/memory.h"

/* How often a wish to kill and the time limit are looked at. */
enum { POLL_MS = 200 };

/* A process that runs a trial. */
struct child {
    pid_t pid;
    int32_t trial;
    int pipe; /* read end: the row, then end of file */
    double deadline_s;
    bool is_late; /* it was killed because of that */
};

/* The processes of a run; polls[i] watches children[i]. */
struct crew {
    const struct pool *pool;
    struct child *children; /* [pool->jobs] */
    struct pollfd *polls;
    int32_t count;
};

static int stop_wishes(const struct pool *pool)
{
    return pool->stop == NULL ? 0 : (int)*pool->stop;
}

static double clock_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static bool write_all(int file, const void *bytes, size_t size)
{
    const char *rest = bytes;
    while (size > 0) {
        ssize_t written = write(file, rest, size);
        if (written < 0 && errno != EINTR)
            return false;
        if (written > 0) {
            rest += written;
            size -= (size_t)written;
        }
    }
    return true;
}

/* Reads up to `size` bytes, until end of file. */
static size_t read_all(int file, void *bytes, size_t size)
{
    size_t count = 0;
    while (count < size) {
        ssize_t got = read(file, (char *)bytes + count, size - count);
        if (got == 0 || (got < 0 && errno != EINTR))
            break;
        if (got > 0)
            count += (size_t)got;
    }
    return count;
}

/* The life of a child: never returns, leaves the parent's streams alone. */
static _Noreturn void child_main(const struct pool *pool, int32_t trial, int out, pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(EXIT_FAILURE);
    signal(SIGINT, SIG_IGN); /* a terminal sends it to the whole group */
    const rlim_t bytes = (rlim_t)pool->memory_limit_bytes;
    if (bytes > 0)
        setrlimit(RLIMIT_AS, &(struct rlimit){bytes, bytes});
    struct trial_row row;
    struct arena *arena = arena_create();
    const char *stem = NULL;
    if (pool->trace_dir != NULL)
        stem = arena_printf(arena, "%s/%d", pool->trace_dir, (int)trial);
    trial_run(pool->points, pool->experiment, trial, stem, &row);
    _exit(write_all(out, &row, sizeof row) ? EXIT_SUCCESS : EXIT_FAILURE);
}

/* Forks a child for a trial; false and errno if that is not possible. */
static bool crew_start(struct crew *crew, int32_t trial)
{
    int ends[2];
    pid_t parent = getpid();
    if (pipe2(ends, O_CLOEXEC) != 0)
        return false;
    fflush(NULL); /* or a child that calls exit() would write our buffers once more */
    pid_t pid = fork();
    if (pid == 0) {
        close(ends[0]);
        child_main(crew->pool, trial, ends[1], parent);
    }
    int error = errno;
    close(ends[1]);
    if (pid < 0) {
        close(ends[0]);
        errno = error;
        return false;
    }
    const double limit_s = crew->pool->time_limit_s;
    crew->children[crew->count] = (struct child){
        .pid = pid,
        .trial = trial,
        .pipe = ends[0],
        .deadline_s = limit_s > 0 ? clock_s() + limit_s : INFINITY,
    };
    crew->polls[crew->count] = (struct pollfd){.fd = ends[0], .events = POLLIN};
    crew->count++;
    return true;
}

/* A row for a child that died before it could give one. */
static void row_of_death(struct trial_row *row, const struct pool *pool, const struct child *child,
                         int status)
{
    const char *hint = "the other trials are not affected; -j 1 may help if memory ran out";
    trial_row_clear(row, child->trial, child->trial % pool->points->replicates);
    row->status = child->is_late ? TRIAL_TIMEOUT : TRIAL_CRASHED;
    if (child->is_late)
        fault_set(&row->fault, "", "raise time_limit_s; running again tries it again",
                  "it took longer than %g s and was killed", pool->time_limit_s);
    else if (WIFSIGNALED(status))
        fault_set(&row->fault, "", hint, "its process was killed by signal %d (%s)",
                  WTERMSIG(status), strsignal(WTERMSIG(status)));
    else if (WEXITSTATUS(status) == MEMORY_EXHAUSTED)
        fault_set(&row->fault, "", "-j 1 or a larger memory_limit_mib may help",
                  "its process ran out of memory");
    else
        fault_set(&row->fault, "", hint, "its process ended with exit status %d and no result",
                  WEXITSTATUS(status));
}

/* Takes the row of child `i`, waits for the process and forgets it. */
static void crew_finish(struct crew *crew, int32_t i)
{
    const struct pool *pool = crew->pool;
    struct child child = crew->children[i];
    struct trial_row row;
    size_t got = read_all(child.pipe, &row, sizeof row);
    close(child.pipe);
    int status = 0;
    while (waitpid(child.pid, &status, 0) < 0 && errno == EINTR)
        ;
    crew->count--;
    crew->children[i] = crew->children[crew->count];
    crew->polls[i] = crew->polls[crew->count];
    bool whole = got == sizeof row && row.trial == child.trial && WIFEXITED(status) &&
                 WEXITSTATUS(status) == EXIT_SUCCESS;
    if (!whole && stop_wishes(pool) >= 2)
        return;
    if (!whole)
        row_of_death(&row, pool, &child, status);
    pool->on_row(pool->context, &row);
}

/* Kills the children whose time is over, or all if the user wishes so. */
static void crew_cut(struct crew *crew)
{
    bool all = stop_wishes(crew->pool) >= 2;
    double now_s = clock_s();
    for (int32_t i = 0; i < crew->count; i++) {
        struct child *child = &crew->children[i];
        child->is_late = child->is_late || now_s > child->deadline_s;
        if (all || child->is_late)
            kill(child->pid, SIGKILL);
    }
}

/* Waits until a child has said or done something, and takes its row. */
static void crew_wait(struct crew *crew)
{
    int ready = poll(crew->polls, (nfds_t)crew->count, POLL_MS);
    crew_cut(crew);
    if (ready <= 0)
        return;
    for (int32_t i = crew->count - 1; i >= 0; i--)
        if (crew->polls[i].revents != 0)
            crew_finish(crew, i);
}

/* The next wanted place at or after `place`. */
static int64_t next_place(const struct pool *pool, int64_t place, int64_t total)
{
    while (place < total && pool->is_wanted != NULL &&
           !pool->is_wanted(pool->context, points_trial(pool->points, place), place))
        place++;
    return place;
}

bool pool_run(const struct pool *pool, struct fault *fault)
{
    assert(pool->jobs >= 1);
    const int64_t total = (int64_t)pool->points->count * pool->points->replicates;
    struct crew crew = {.pool = pool};
    crew.children = memory_zeroed((size_t)pool->jobs, sizeof *crew.children);
    crew.polls = memory_zeroed((size_t)pool->jobs, sizeof *crew.polls);
    bool ok = true;
    int64_t place = next_place(pool, 0, total);
    while (crew.count > 0 || (ok && place < total && stop_wishes(pool) == 0)) {
        while (ok && place < total && crew.count < pool->jobs && stop_wishes(pool) == 0) {
            if (crew_start(&crew, points_trial(pool->points, place)))
                place = next_place(pool, place + 1, total);
            else if (crew.count > 0)
                break; /* too many processes now: try again when one has ended */
            else
                ok = fault_set(fault, "", "look at `ulimit -u` and at the free memory",
                               "cannot start a process: %s", strerror(errno));
        }
        if (crew.count > 0)
            crew_wait(&crew);
    }
    free(crew.children);
    free(crew.polls);
    return ok;
}
