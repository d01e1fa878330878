/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test/spawn.h"

#include <check.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ARGUMENT_LIMIT = 32 };

static char *binary(void)
{
    char *path = getenv("HETSOC_BINARY");
    ck_assert_msg(path != NULL, "HETSOC_BINARY is not set; run by meson test");
    return path;
}

/* Starts a program with words that are separated by single spaces. */
static pid_t start(struct scratch *scratch, char *program, const char *arguments)
{
    char *argv[ARGUMENT_LIMIT + 1] = {program};
    char *rest = arena_string(scratch->arena, arguments);
    for (int i = 1; rest != NULL; i++) {
        ck_assert_int_lt(i, ARGUMENT_LIMIT);
        argv[i] = strsep(&rest, " ");
    }
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addchdir_np(&actions, scratch->folder);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 1, ".stdout", O_WRONLY | O_CREAT | O_TRUNC, 0666);
    posix_spawn_file_actions_addopen(&actions, 2, ".stderr", O_WRONLY | O_CREAT | O_TRUNC, 0666);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    pid_t pid;
    ck_assert_int_eq(posix_spawnp(&pid, program, &actions, &attributes, argv, environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return pid;
}

pid_t spawn_start(struct scratch *scratch, const char *arguments)
{
    return start(scratch, binary(), arguments);
}

pid_t spawn_start_ranks(struct scratch *scratch, int ranks, const char *arguments)
{
    /* --allow-run-as-root is fine for others, too */
    return start(scratch, "mpirun",
                 arena_printf(scratch->arena, "--allow-run-as-root --oversubscribe -n %d %s %s",
                              ranks, binary(), arguments));
}

struct spawned spawn_wait(struct scratch *scratch, pid_t pid)
{
    int status;
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    return (struct spawned){
        .status = WIFEXITED(status) ? WEXITSTATUS(status) : -1,
        .out = scratch_read(scratch, ".stdout"),
        .err = scratch_read(scratch, ".stderr"),
    };
}

struct spawned spawn_hetsoc(struct scratch *scratch, const char *arguments)
{
    return spawn_wait(scratch, spawn_start(scratch, arguments));
}

void spawn_check(const struct spawned *spawned, const char *arguments, int status)
{
    ck_assert_msg(spawned->status == status, "%s ended with %d:\n%s%s", arguments, spawned->status,
                  spawned->err, spawned->out);
}

struct spawned spawn_expect(struct scratch *scratch, const char *arguments, int status)
{
    struct spawned spawned = spawn_hetsoc(scratch, arguments);
    spawn_check(&spawned, arguments, status);
    return spawned;
}

const char *spawn_stable(struct scratch *scratch, const char *csv)
{
    static const char *const names[] = {"decide_us_mean", "wall_s", "tasks_per_s"};
    bool hidden[64] = {false};
    char *text = arena_string(scratch->arena, csv);
    char *kept = arena_string(scratch->arena, csv), *end = kept;
    int hidden_count = 0;
    for (bool header = true; *text != '\0'; header = false) {
        char *line = strsep(&text, "\n");
        for (int column = 0; line != NULL; column++) {
            const char *cell = strsep(&line, ",");
            ck_assert_int_lt(column, 64);
            for (int i = 0; header && i < 3; i++)
                hidden[column] = hidden[column] || strcmp(cell, names[i]) == 0;
            hidden_count += header && hidden[column];
            if (!hidden[column])
                end = stpcpy(stpcpy(end, cell), ",");
        }
        end = stpcpy(end, "\n");
    }
    ck_assert_int_eq(hidden_count, 3);
    return kept;
}

const char *spawn_trials(struct scratch *scratch, const char *dir)
{
    const char *csv = scratch_read(scratch, arena_printf(scratch->arena, "%s/trials.csv", dir));
    ck_assert_msg(csv != NULL, "%s has no trials.csv", dir);
    return spawn_stable(scratch, csv);
}
