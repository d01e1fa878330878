/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lab/team.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/memory.h"

/* Before the memory itself lies its size. */
#define HEADER 64

void *team_memory(size_t count, size_t size)
{
    size_t bytes = HEADER + count * size;
    char *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        memory_exhausted(count, size);
    memcpy(memory, &bytes, sizeof bytes);
    return memory + HEADER;
}

void team_forget(void *memory)
{
    size_t bytes;
    if (memory == NULL)
        return;
    char *start = (char *)memory - HEADER;
    memcpy(&bytes, start, sizeof bytes);
    munmap(start, bytes);
}

/* One byte through a pipe; false at its end. */
static bool say(int file)
{
    ssize_t count;
    while ((count = write(file, "", 1)) < 0 && errno == EINTR)
        ;
    return count == 1;
}

static bool hear(int file)
{
    char byte;
    ssize_t count;
    while ((count = read(file, &byte, 1)) < 0 && errno == EINTR)
        ;
    return count == 1;
}

/* The life of a member begins: it keeps its own two pipe ends only. */
static void become_member(struct team *team, int32_t rank, pid_t parent, int ask, int answer)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(EXIT_FAILURE);
    signal(SIGINT, SIG_IGN); /* a terminal sends it to the whole group; rank 0 decides */
    signal(SIGTERM, SIG_DFL);
    for (int32_t i = 0; i < rank - 1; i++) {
        close(team->to[i]);
        close(team->from[i]);
    }
    team->rank = rank;
    team->ask = ask;
    team->answer = answer;
}

static bool start_member(struct team *team, int32_t rank)
{
    int down[2], up[2];
    pid_t parent = getpid();
    if (pipe2(down, O_CLOEXEC) != 0)
        return false;
    if (pipe2(up, O_CLOEXEC) != 0) {
        close(down[0]);
        close(down[1]);
        return false;
    }
    fflush(NULL); /* or a member would write our buffers once more */
    pid_t pid = fork();
    if (pid == 0) {
        close(down[1]);
        close(up[0]);
        become_member(team, rank, parent, up[1], down[0]);
        return true;
    }
    close(down[0]);
    close(up[1]);
    team->to[rank - 1] = down[1];
    team->from[rank - 1] = up[0];
    team->pids[rank - 1] = pid;
    return pid > 0;
}

bool team_start(struct team *team, int32_t size, struct fault *fault)
{
    size_t others = (size_t)size;
    *team = (struct team){.size = size,
                          .pids = memory_zeroed(others, sizeof(pid_t)),
                          .to = memory_zeroed(others, sizeof(int)),
                          .from = memory_zeroed(others, sizeof(int))};
    signal(SIGPIPE, SIG_IGN);
    for (int32_t rank = 1; rank < size; rank++) {
        if (!start_member(team, rank)) {
            fault_set(fault, "", "look at `ulimit -u`, or use a smaller -j",
                      "cannot start a process: %s", strerror(errno));
            team->size = rank;
            team_end(team);
            return false;
        }
        if (team->rank != 0)
            break;
    }
    return true;
}

/* How a member that does not answer has ended. */
static bool tell_death(struct team *team, int32_t rank, struct fault *fault)
{
    int status = 0;
    while (waitpid(team->pids[rank - 1], &status, 0) < 0 && errno == EINTR)
        ;
    team->pids[rank - 1] = 0;
    const char *hint = "go on with --resume; -j 1 may help if memory ran out";
    if (WIFSIGNALED(status))
        return fault_set(fault, "", hint, "worker %d was killed by signal %d (%s)", (int)rank,
                         WTERMSIG(status), strsignal(WTERMSIG(status)));
    return fault_set(fault, "", hint, "worker %d ended with exit status %d", (int)rank,
                     WEXITSTATUS(status));
}

bool team_meet(struct team *team, struct fault *fault)
{
    if (team->rank != 0) {
        if (!say(team->ask) || !hear(team->answer))
            _exit(EXIT_FAILURE);
        return true;
    }
    for (int32_t rank = 1; rank < team->size; rank++)
        if (!hear(team->from[rank - 1]))
            return tell_death(team, rank, fault);
    for (int32_t rank = 1; rank < team->size; rank++)
        if (!say(team->to[rank - 1]))
            return tell_death(team, rank, fault);
    return true;
}

void team_end(struct team *team)
{
    if (team->rank != 0)
        _exit(EXIT_SUCCESS);
    for (int32_t i = 0; i < team->size - 1; i++) {
        close(team->to[i]);
        close(team->from[i]);
        if (team->pids[i] > 0)
            while (waitpid(team->pids[i], NULL, 0) < 0 && errno == EINTR)
                ;
    }
    free(team->pids);
    free(team->to);
    free(team->from);
    *team = (struct team){.size = 1};
}
