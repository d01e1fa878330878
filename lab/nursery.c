/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lab/nursery.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"

/* A row is written at once, so that children can share a pipe. */
static_assert(sizeof(struct trial_row) <= PIPE_BUF, "a row may be torn");

/* Rows of this trial say why no process could be started. */
enum { NO_TRIAL = -1 };

/* A process that runs a trial. */
struct child {
    pid_t pid;
    int32_t trial;
    double deadline_s;
    bool is_late; /* it was killed because of that */
};

/* The nursery's own side. */
struct ward {
    const struct points *points;
    const struct experiment *experiment;
    const char *parts_dir;
    int orders, rows;
    int deaths; /* SIGCHLD */
    sigset_t inherited;
    struct child *children;
    size_t count, capacity;
};

static bool write_all(int file, const void *bytes, size_t size)
{
    ssize_t written;
    while ((written = write(file, bytes, size)) < 0 && errno == EINTR)
        ;
    return written == (ssize_t)size;
}

/* Reads `size` bytes; false at the end of file. */
static bool read_all(int file, void *bytes, size_t size)
{
    size_t count = 0;
    while (count < size) {
        ssize_t got = read(file, (char *)bytes + count, size - count);
        if (got == 0 || (got < 0 && errno != EINTR))
            return false;
        if (got > 0)
            count += (size_t)got;
    }
    return true;
}

/* Makes the calling process, just forked, die with `parent`. */
static void die_with(pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(EXIT_FAILURE);
}

/* ---- in a child ---- */

static _Noreturn void child_main(const struct ward *ward, int32_t trial, pid_t parent)
{
    die_with(parent);
    sigprocmask(SIG_SETMASK, &ward->inherited, NULL);
    const rlim_t bytes = (rlim_t)ward->experiment->memory_limit_bytes;
    if (bytes > 0)
        setrlimit(RLIMIT_AS, &(struct rlimit){bytes, bytes});
    struct trial_row row;
    struct arena *arena = arena_create();
    const char *stem = NULL;
    if (ward->parts_dir != NULL)
        stem = arena_printf(arena, "%s/%d", ward->parts_dir, (int)trial);
    trial_run(ward->points, ward->experiment, trial, stem, &row);
    _exit(write_all(ward->rows, &row, sizeof row) ? EXIT_SUCCESS : EXIT_FAILURE);
}

/* ---- in the nursery ---- */

/* Sends a row of the nursery's own. If that cannot be, the nursery ends, and its children with it:
 * that much who asked can see. */
static void send_row(const struct ward *ward, const struct trial_row *row)
{
    if (!write_all(ward->rows, row, sizeof *row))
        _exit(EXIT_FAILURE);
}

/* A row for a child that died. */
static void tell_death(const struct ward *ward, const struct child *child, int status)
{
    const char *hint = "the other trials are not affected; -j 1 may help if memory ran out";
    struct trial_row row;
    trial_row_clear(&row, child->trial, child->trial % ward->points->replicates);
    row.status = child->is_late ? TRIAL_TIMEOUT : TRIAL_CRASHED;
    if (child->is_late)
        fault_set(&row.fault, "", "raise time_limit_s; running again tries it again",
                  "it took longer than %g s and was killed", ward->experiment->time_limit_s);
    else if (WIFSIGNALED(status))
        fault_set(&row.fault, "", hint, "its process was killed by signal %d (%s)",
                  WTERMSIG(status), strsignal(WTERMSIG(status)));
    else if (WEXITSTATUS(status) == MEMORY_EXHAUSTED)
        fault_set(&row.fault, "", "-j 1 or a larger memory_limit_mib may help",
                  "its process ran out of memory");
    else
        fault_set(&row.fault, "", hint, "its process ended with exit status %d and no result",
                  WEXITSTATUS(status));
    send_row(ward, &row);
}

/* Forgets the children that have ended. */
static void bury_children(struct ward *ward)
{
    struct signalfd_siginfo news;
    int status;
    pid_t pid;
    while (read(ward->deaths, &news, sizeof news) > 0)
        ;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        size_t i = 0;
        while (i < ward->count && ward->children[i].pid != pid)
            i++;
        assert(i < ward->count);
        if (!WIFEXITED(status) || WEXITSTATUS(status) != EXIT_SUCCESS)
            tell_death(ward, &ward->children[i], status);
        ward->children[i] = ward->children[--ward->count];
    }
}

/* Kills the children whose time is over. Returns the ms until the next is late, -1 for never. */
static int cut_children(struct ward *ward)
{
    double now_s = clock_s(), next_s = INFINITY;
    for (size_t i = 0; i < ward->count; i++) {
        struct child *child = &ward->children[i];
        if (child->is_late)
            continue;
        if (now_s > child->deadline_s) {
            child->is_late = true;
            kill(child->pid, SIGKILL);
        } else {
            next_s = fmin(next_s, child->deadline_s);
        }
    }
    return isinf(next_s) ? -1 : (int)fmin(ceil(1e3 * (next_s - now_s)) + 1, INT_MAX);
}

/* Waits until a child has ended; false if the program ends first. */
static bool wait_for_death(struct ward *ward)
{
    struct pollfd polls[] = {{.fd = ward->orders}, {.fd = ward->deaths, .events = POLLIN}};
    poll(polls, 2, cut_children(ward));
    bury_children(ward);
    return (polls[0].revents & POLLHUP) == 0;
}

static void start_child(struct ward *ward, int32_t trial)
{
    pid_t parent = getpid(), pid;
    while ((pid = fork()) < 0 && ward->count > 0)
        if (!wait_for_death(ward)) /* there are too many processes now */
            return;
    if (pid == 0)
        child_main(ward, trial, parent);
    if (pid < 0) {
        struct trial_row row;
        trial_row_clear(&row, NO_TRIAL, 0);
        fault_set(&row.fault, "", "look at `ulimit -u` and at the free memory",
                  "cannot start a process: %s", strerror(errno));
        send_row(ward, &row);
        return;
    }
    const double limit_s = ward->experiment->time_limit_s;
    ward->children =
        memory_grow(ward->children, &ward->capacity, ward->count + 1, sizeof *ward->children);
    ward->children[ward->count++] = (struct child){
        .pid = pid,
        .trial = trial,
        .deadline_s = limit_s > 0 ? clock_s() + limit_s : INFINITY,
    };
}

static _Noreturn void nursery_main(struct ward *ward)
{
    sigset_t child_signal;
    sigemptyset(&child_signal);
    sigaddset(&child_signal, SIGCHLD);
    sigprocmask(SIG_BLOCK, &child_signal, &ward->inherited);
    ward->deaths = signalfd(-1, &child_signal, SFD_NONBLOCK | SFD_CLOEXEC);
    if (ward->deaths < 0)
        _exit(EXIT_FAILURE);
    for (;;) {
        struct pollfd polls[] = {{.fd = ward->orders, .events = POLLIN},
                                 {.fd = ward->deaths, .events = POLLIN}};
        int32_t trial;
        if (poll(polls, 2, cut_children(ward)) <= 0)
            continue;
        if (polls[1].revents != 0)
            bury_children(ward);
        if (polls[0].revents == 0)
            continue;
        if (!read_all(ward->orders, &trial, sizeof trial))
            break;
        start_child(ward, trial);
    }
    for (size_t i = 0; i < ward->count; i++)
        kill(ward->children[i].pid, SIGKILL);
    while (wait(NULL) > 0)
        ;
    _exit(EXIT_SUCCESS);
}

/* ---- in the program ---- */

bool nursery_start(struct nursery *nursery, const struct points *points,
                   const struct experiment *experiment, const char *parts_dir, struct fault *fault)
{
    static const char hint[] = "look at `ulimit -u` and at the free memory";
    int down[2], up[2];
    pid_t parent = getpid();
    *nursery = (struct nursery){.orders = -1, .rows = -1};
    if (pipe2(down, O_CLOEXEC) != 0)
        return fault_set(fault, "", hint, "cannot make a pipe: %s", strerror(errno));
    if (pipe2(up, O_CLOEXEC) != 0) {
        close(down[0]);
        close(down[1]);
        return fault_set(fault, "", hint, "cannot make a pipe: %s", strerror(errno));
    }
    fflush(NULL); /* or a child that calls exit() would write our buffers once more */
    signal(SIGPIPE, SIG_IGN);
    pid_t pid = fork();
    if (pid == 0) {
        die_with(parent);
        signal(SIGINT, SIG_IGN);
        signal(SIGTERM, SIG_IGN);
        close(down[1]);
        close(up[0]);
        nursery_main(&(struct ward){.points = points,
                                    .experiment = experiment,
                                    .parts_dir = parts_dir,
                                    .orders = down[0],
                                    .rows = up[1]});
    }
    int error = errno;
    close(down[0]);
    close(up[1]);
    *nursery = (struct nursery){.pid = pid, .orders = down[1], .rows = up[0]};
    if (pid > 0)
        return true;
    nursery_end(nursery);
    return fault_set(fault, "", hint, "cannot start a process: %s", strerror(error));
}

void nursery_ask(struct nursery *nursery, int32_t trial)
{
    if (nursery->orders >= 0 && !write_all(nursery->orders, &trial, sizeof trial)) {
        close(nursery->orders); /* ends it, if it is not dead already; nursery_take says so */
        nursery->orders = -1;
    }
}

bool nursery_take(struct nursery *nursery, struct trial_row *row, struct fault *fault)
{
    if (read_all(nursery->rows, row, sizeof *row)) {
        if (row->trial != NO_TRIAL)
            return true;
        *fault = row->fault;
        return false;
    }
    int status = 0;
    while (waitpid(nursery->pid, &status, 0) < 0 && errno == EINTR)
        ;
    nursery->pid = 0;
    return fault_set(fault, "", "the same command again runs what is missing",
                     "the process that starts trials has died%s%s", WIFSIGNALED(status) ? ": " : "",
                     WIFSIGNALED(status) ? strsignal(WTERMSIG(status)) : "");
}

void nursery_end(struct nursery *nursery)
{
    if (nursery->orders >= 0)
        close(nursery->orders);
    if (nursery->rows >= 0)
        close(nursery->rows);
    if (nursery->pid > 0)
        while (waitpid(nursery->pid, NULL, 0) < 0 && errno == EINTR)
            ;
    *nursery = (struct nursery){.orders = -1, .rows = -1};
}
