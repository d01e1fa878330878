/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/launch.h"

#include <errno.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

#include "base/ranks.h"
#include "base/schema.h"
#include "cli/command.h"

enum { JOBS_LIMIT = 4096 };

enum { KEY_SET = 1000, KEY_MPI };

static const struct argp_option option_list[] = {
    {"output", 'o', "DIR", 0, "write results into DIR (default: out/NAME)", 0},
    {"jobs", 'j', "N", 0,
     "use N processes at once (default: the processors there are; with --mpi 1 for each rank)", 0},
    {"set", KEY_SET, "KEY=VALUE", 0,
     "change a key of the experiment, e.g. workload.jobs=100; may be repeated", 0},
    {"mpi", KEY_MPI, NULL, 0,
     "share the work with the other ranks that mpirun has started (docs/cluster.md)", 0},
    {"quiet", 'q', NULL, 0, "print errors only", 0},
    {0},
};

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    struct launch *launch = state->input;
    int64_t jobs;
    switch (key) {
    case 'o':
        if (*text == '\0')
            argp_error(state, "-o takes a folder");
        launch->output = text;
        return 0;
    case 'j':
        if (!schema_parse_int(text, &jobs) || jobs < 1 || jobs > JOBS_LIMIT)
            argp_error(state, "-j takes a number from 1 to %d, not `%s`", JOBS_LIMIT, text);
        launch->jobs = (int32_t)jobs;
        return 0;
    case 'q':
        launch->quiet = true;
        return 0;
    case KEY_SET:
        if (strchr(text, '=') == NULL)
            argp_error(state, "--set takes KEY=VALUE, not `%s`", text);
        words_add(&launch->sets, text);
        return 0;
    case KEY_MPI:
        launch->mpi = true;
        return 0;
    case ARGP_KEY_ARG:
        if (launch->experiment != NULL)
            argp_error(state, "one experiment at a time, not also `%s`", text);
        launch->experiment = text;
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "which experiment?");
        return EINVAL;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

const struct argp launch_argp = {.options = option_list, .parser = parse_option};

void launch_init(struct launch *launch)
{
    *launch = (struct launch){.arena = arena_create()};
}

static int32_t processor_count(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0)
        return CPU_COUNT(&set);
    long count = sysconf(_SC_NPROCESSORS_ONLN);
    return count > 0 ? (int32_t)count : 1;
}

int32_t launch_jobs(const struct launch *launch)
{
    if (launch->jobs > 0)
        return launch->jobs;
    return launch->mpi ? 1 : processor_count();
}

const char *launch_output(const struct launch *launch, const char *name)
{
    return launch->output != NULL ? launch->output : arena_printf(launch->arena, "out/%s", name);
}

bool launch_join(struct launch *launch, bool ok, struct fault *fault)
{
    if (!launch->mpi || launch->has_joined)
        return ok;
    launch->has_joined = true;
    if (!ranks_start(fault))
        return false;
    int32_t dissenter = ranks_dissenter(ok);
    if (dissenter >= 0 && dissenter != ranks_own())
        *fault = FAULT_NONE;
    return dissenter < 0;
}

/* How often the user wished to stop, and how much a signal counts; signal handlers can reach
 * nothing else. */
static volatile sig_atomic_t stop_wishes, stop_weight;

static void on_signal(int signal_number)
{
    (void)signal_number;
    stop_wishes = stop_wishes + stop_weight;
}

const volatile sig_atomic_t *launch_stop(void)
{
    const struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    stop_weight = ranks_count() > 1 ? 2 : 1;
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    return &stop_wishes;
}

int launch_finish(struct launch *launch, bool ok, const struct fault *fault)
{
    if (fault_is_set(fault))
        fault_print(fault, stderr);
    ranks_finish();
    words_finish(&launch->sets);
    arena_destroy(launch->arena);
    return ok ? EXIT_DONE : EXIT_FAULT;
}
