/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What does it cost to account for power, to have operating points follow the load, and to watch
 * temperatures? Tasks per CPU second beside a machine that tells no power.
 *
 * A Poisson stream of random DAGs of up to 12 tasks (51 us on average) on 16 PEs of 4 kinds under
 * eft. Every figure is the best of some runs, each a process of its own; the accounts take turns,
 * so that what else the machine does meets all. CSV on stdout.
 *
 *   bench_power [ENGINE ACCOUNT JOBS]
 *
 * With arguments it runs that once, without a process of its own, and prints nothing. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/tick.h"
#include "sched/registry.h"
#include "sim/scenario_drawn.h"
#include "test/fixture.h"

enum { KINDS = 4, APPS = 16, PES = 16, ROUNDS = 5 };

enum account { NONE, METER, ONDEMAND, THERMAL, PLUGIN, ACCOUNTS };

static const char *const account_names[] = {"none", "meter", "ondemand", "thermal", "plugin"};

static void add_power(struct soc *soc, enum account account)
{
    static struct soc_opp opps[] = {{500, 800}, {750, 900}, {1000, 1000}};
    static const double keep[] = {0.99}, c_per_w[] = {0.1};
    static const int32_t caps[KINDS] = {1, 1, 1, 1};
    static const struct soc_heat sources[] = {
        {0, 0, c_per_w}, {1, 0, c_per_w}, {2, 0, c_per_w}, {3, 0, c_per_w}};
    static const struct soc_trip trips[] = {{1e6, 0, caps}};
    static const struct soc_thermal thermal = {
        20 * TICK_PER_US, 42, keep, sources, trips, 1, KINDS, 1};
    for (int32_t kind = 0; kind < KINDS; kind++) {
        soc->kinds[kind].opps = opps;
        soc->kinds[kind].opp_count = 3;
        soc->kinds[kind].opp = 2;
        soc->kinds[kind].power = (struct soc_power){1000, 100};
    }
    soc->has_power = true;
    if (account == ONDEMAND)
        soc->ondemand = (struct soc_ondemand){10 * TICK_PER_US, 0.8, 0.3};
    if (account == THERMAL) {
        soc->thermal = &thermal;
        soc->thermal_mode = SOC_THERMAL_THROTTLE;
    }
}

static double cpu_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* Tasks per CPU second of one run. */
static double run(const char *engine, enum account account, int32_t jobs)
{
    struct arena *arena = arena_create();
    struct random_stream stream = random_open(1, 0, RANDOM_TEST, 0, 0);
    struct soc *soc = fixture_soc(arena, KINDS, (int32_t[]){4, 4, 4, 4}, 8000);
    if (account != NONE)
        add_power(soc, account);
    struct app *apps[APPS];
    double shares[APPS], energy_uj[PES], engine_uj[PES];
    for (int32_t i = 0; i < APPS; i++) {
        apps[i] = fixture_random_app(arena, &stream, KINDS, 12, false);
        shares[i] = (i + 1.0) / APPS;
    }
    struct arrivals arrivals = {.kind = arrivals_find("poisson"), .mean_interarrival_us = 30};
    struct scenario_drawn drawn = {
        .seed = 1, .jobs = jobs, .arrivals = &arrivals, .app_share = shares, .app_count = APPS};
    struct scenario scenario = scenario_drawn(&drawn);
    struct world_setup setup = {.soc = soc,
                                .binds = fixture_bind(arena, soc, apps, APPS),
                                .bind_count = APPS,
                                .scenario = &scenario,
                                .engine = engine_find(engine),
                                .policy = sched_find("eft"),
                                .energy_uj = energy_uj,
                                .engine_energy_uj = account == PLUGIN ? engine_uj : NULL,
                                .seed = 1};
    struct world_result result;
    struct fault fault = FAULT_NONE;
    double start_s = cpu_s();
    if (!world_run(&setup, &result, &fault))
        abort();
    double rate = (double)result.tasks_done / (cpu_s() - start_s);
    arena_destroy(arena);
    return rate;
}

/* The same in a child; 0 if that fails. */
static double run_in_child(const char *engine, enum account account, int32_t jobs)
{
    int ends[2];
    double rate = 0.0;
    if (pipe(ends) != 0)
        return 0.0;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        rate = run(engine, account, jobs);
        _exit(write(ends[1], &rate, sizeof rate) == sizeof rate ? 0 : 1);
    }
    close(ends[1]);
    bool is_read = read(ends[0], &rate, sizeof rate) == sizeof rate;
    close(ends[0]);
    int status = 1;
    return waitpid(child, &status, 0) == child && status == 0 && is_read ? rate : 0.0;
}

static enum account find_account(const char *name)
{
    int account = 0;
    while (strcmp(account_names[account], name) != 0)
        account++;
    return (enum account)account;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *engine;
        int32_t jobs;
        int accounts;
    } engines[] = {{"heap", 100000, PLUGIN}, {"simgrid", 4000, ACCOUNTS}};
    if (argc == 4)
        return run(argv[1], find_account(argv[2]), atoi(argv[3])) > 0.0 ? 0 : 1;
    puts("engine,account,tasks_per_s,ratio");
    for (size_t e = 0; e < sizeof engines / sizeof *engines; e++) {
        double best[ACCOUNTS] = {0};
        for (int round = 0; round < ROUNDS; round++)
            for (int a = 0; a < engines[e].accounts; a++) {
                double rate = run_in_child(engines[e].engine, (enum account)a, engines[e].jobs);
                if (rate == 0.0)
                    return EXIT_FAILURE;
                best[a] = rate > best[a] ? rate : best[a];
            }
        for (int a = 0; a < engines[e].accounts; a++)
            printf("%s,%s,%.0f,%.3f\n", engines[e].engine, account_names[a], best[a],
                   best[a] / best[NONE]);
    }
    return EXIT_SUCCESS;
}
