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
#include "base/ranks.h"

/* What all members of a rank know of the ranks, once their first is among them. */
struct team_ranks {
    int32_t own, count;
};

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

/* One word through a pipe; false at its end. */
static bool say(int file, bool word)
{
    ssize_t count;
    while ((count = write(file, &word, sizeof word)) < 0 && errno == EINTR)
        ;
    return count == sizeof word;
}

static bool hear(int file, bool *word)
{
    ssize_t count;
    while ((count = read(file, word, sizeof *word)) < 0 && errno == EINTR)
        ;
    return count == sizeof *word;
}

/* The life of a member begins: it keeps its own two pipe ends only. */
static void become_member(struct team *team, int32_t local, pid_t parent, int ask, int answer)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(EXIT_FAILURE);
    signal(SIGINT, SIG_IGN); /* terminals and job managers send them to all; rank 0 decides */
    signal(SIGTERM, SIG_IGN);
    for (int32_t i = 0; i < local - 1; i++) {
        close(team->to[i]);
        close(team->from[i]);
    }
    team->local = local;
    team->ask = ask;
    team->answer = answer;
}

static bool start_member(struct team *team, int32_t local)
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
        become_member(team, local, parent, up[1], down[0]);
        return true;
    }
    close(down[0]);
    close(up[1]);
    team->to[local - 1] = down[1];
    team->from[local - 1] = up[0];
    team->pids[local - 1] = pid;
    return pid > 0;
}

bool team_start(struct team *team, int32_t locals, struct fault *fault)
{
    size_t others = (size_t)locals;
    *team = (struct team){.size = locals,
                          .locals = locals,
                          .pids = memory_zeroed(others, sizeof(pid_t)),
                          .to = memory_zeroed(others, sizeof(int)),
                          .from = memory_zeroed(others, sizeof(int)),
                          .ranks = team_memory(1, sizeof(struct team_ranks))};
    signal(SIGPIPE, SIG_IGN);
    for (int32_t local = 1; local < locals; local++) {
        if (!start_member(team, local)) {
            fault_set(fault, "", "look at `ulimit -u`, or use a smaller -j",
                      "cannot start a process: %s", strerror(errno));
            team->locals = local;
            team_end(team);
            return false;
        }
        if (team->local != 0)
            break;
    }
    return true;
}

/* How a member that does not answer has ended; one that only cannot be talked to ends now. */
static bool tell_death(struct team *team, int32_t local, struct fault *fault)
{
    int status = 0;
    close(team->to[local - 1]);
    team->to[local - 1] = -1;
    while (waitpid(team->pids[local - 1], &status, 0) < 0 && errno == EINTR)
        ;
    team->pids[local - 1] = 0;
    const char *hint = "go on with --resume; -j 1 may help if memory ran out";
    if (WIFSIGNALED(status))
        return fault_set(fault, "", hint, "worker %d was killed by signal %d (%s)", (int)local,
                         WTERMSIG(status), strsignal(WTERMSIG(status)));
    return fault_set(fault, "", hint, "worker %d ended with exit status %d", (int)local,
                     WEXITSTATUS(status));
}

/* Hears from all members of the rank. */
static bool hear_locals(struct team *team, struct fault *fault)
{
    bool all_ok = true, ok;
    for (int32_t local = 1; local < team->locals; local++) {
        if (!hear(team->from[local - 1], &ok))
            return tell_death(team, local, fault);
        all_ok = all_ok && ok;
    }
    return all_ok;
}

bool team_meet(struct team *team, bool ok, const struct team_slots *slots, int32_t slots_count,
               struct fault *fault)
{
    if (team->local != 0) {
        if (!say(team->ask, ok) || !hear(team->answer, &ok))
            _exit(EXIT_FAILURE);
        return ok;
    }
    ok = hear_locals(team, fault) && ok;
    ok = ranks_dissenter(ok) < 0;
    for (int32_t i = 0; ok && i < slots_count; i++)
        ranks_exchange(slots[i].memory, slots[i].first, slots[i].step, slots[i].count,
                       slots[i].size);
    for (int32_t local = 1; local < team->locals; local++)
        if (!say(team->to[local - 1], ok))
            return tell_death(team, local, fault);
    return ok;
}

/* Whether all ranks begin with the same. */
static bool check_start(const char *start, struct fault *fault)
{
    size_t size = strlen(start) + 1;
    char *starts = memory_zeroed((size_t)ranks_count(), size);
    memcpy(starts + (size_t)ranks_own() * size, start, size);
    ranks_exchange(starts, 0, 1, ranks_count(), size);
    bool same = true;
    for (int32_t i = 0; i < ranks_count(); i++)
        same = same && memcmp(starts + (size_t)i * size, start, size) == 0;
    free(starts);
    if (!same && ranks_own() == 0)
        fault_set(fault, "--mpi", "give all ranks the same files and the same hetsoc",
                  "not all ranks begin with the same");
    return same;
}

bool team_join(struct team *team, const char *start, struct fault *fault)
{
    bool ok = true;
    if (team->local == 0) {
        *team->ranks = (struct team_ranks){ranks_own(), ranks_count()};
        ok = check_start(start, fault);
    }
    ok = team_meet(team, ok, NULL, 0, fault);
    team->rank = team->local * team->ranks->count + team->ranks->own;
    team->size = team->locals * team->ranks->count;
    return ok;
}

void team_end(struct team *team)
{
    if (team->local != 0)
        _exit(EXIT_SUCCESS);
    for (int32_t i = 0; i < team->locals - 1; i++) {
        close(team->to[i]);
        close(team->from[i]);
        if (team->pids[i] > 0)
            while (waitpid(team->pids[i], NULL, 0) < 0 && errno == EINTR)
                ;
    }
    free(team->pids);
    free(team->to);
    free(team->from);
    team_forget(team->ranks);
    *team = (struct team){.size = 1, .locals = 1};
}
