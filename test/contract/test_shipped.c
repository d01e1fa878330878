/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every scheduler on every shipped machine, with all the shipped apps that it can run, without and
 * with noise: what it decides is legal, needs no memory and is the same again, and every job ends.
 * What is added to a registry or a shelf is tried unasked. */
#include "lab/library.h"
#include "lab/trial.h"
#include "sched/registry.h"
#include "test/judge.h"
#include "test/scratch.h"
#include "test/suite.h"

enum { JOBS = 10 };

/* ---- counts allocations: the linker sends the program's here (test/meson.build) ---- */

static int64_t allocations;

void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);

void *__wrap_calloc(size_t count, size_t size)
{
    allocations++;
    return __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    allocations++;
    return __real_realloc(old, size);
}

int64_t judge_allocations(void)
{
    return allocations;
}

/* ---- everything that is shipped, as experiments ---- */

static struct scratch scratch;

static void set_up(void)
{
    scratch_init(&scratch);
}

static void tear_down(void)
{
    scratch_finish(&scratch);
}

/* An experiment with these apps on a machine; false if it cannot run one of them. */
static bool expand(struct points *points, struct experiment *experiment, const char *platform,
                   const char *apps, const char *schedulers)
{
    struct fault fault = FAULT_NONE;
    const char *text = arena_printf(
        scratch.arena,
        "name: shipped\nplatform: %s\n"
        "workload: {name: all, apps: [%s], jobs: %d, arrivals: {kind: poisson, "
        "mean_interarrival_us: 80}}\n"
        "schedulers: [%s]\nbaseline: eft\nengine: heap\n"
        "noise: [none, {name: ln50, exec: {dist: lognormal, sigma: 0.5}},\n"
        "  {name: slow, exec: {dist: normal, sigma: 0.3}, slowdown: {gap_us: 300, length_us: 200,\n"
        "    factor: 2.5}}]\n",
        platform, apps, suite_cases(JOBS), schedulers);
    const char *path = scratch_write(&scratch, "shipped.yaml", text);
    if (!experiment_load(experiment, scratch.arena, path, NULL, 0, &fault))
        ck_abort_msg("%s: %s", fault.where, fault.what);
    return points_expand(points, experiment, &fault);
}

static const char *add_name(const char *list, const char *name)
{
    return arena_printf(scratch.arena, "%s%s%s", list, list[0] == '\0' ? "" : ", ", name);
}

/* Writes an app for the PE kinds of a machine, in case no shipped one runs there: own.yaml. */
static void write_own_app(const char *platform)
{
    struct fault fault = FAULT_NONE;
    struct soc soc;
    const char *path =
        library_find(scratch.arena, LIBRARY_PLATFORMS, platform, scratch.folder, "test", &fault);
    if (path == NULL || !soc_load(&soc, scratch.arena, path, &fault))
        ck_abort_msg("%s: %s", fault.where, fault.what);
    const char *costs = "";
    for (int32_t kind = 0; kind < soc.kind_count; kind++)
        costs = add_name(costs, arena_printf(scratch.arena, "%s: %d", soc.kinds[kind].name,
                                             (int)(20 + 7 * kind)));
    scratch_write(&scratch, "own.yaml",
                  arena_printf(scratch.arena,
                               "format: 1\napp: own\nsummary: for any machine\n"
                               "kinds: {all: {%s}}\n"
                               "tasks: [{name: a, kind: all}, {name: b, kind: all},\n"
                               "  {name: c, kind: all}, {name: d, kind: all}]\n"
                               "edges: [{from: a, to: b, bytes: 9}, {from: a, to: c, bytes: 5},\n"
                               "  {from: b, to: d, bytes: 3}, {from: c, to: d, bytes: 7}]\n",
                               costs));
}

/* The trials of all schedulers on a machine. */
static void expand_all(struct points *points, struct experiment *experiment, const char *platform)
{
    int app_count;
    const char **names = library_list(scratch.arena, LIBRARY_APPS, &app_count);
    const char *apps = "own", *schedulers = "";
    write_own_app(platform);
    for (int i = 0; i < app_count; i++)
        if (expand(points, experiment, platform, names[i], "eft"))
            apps = add_name(apps, names[i]);
    for (int i = 0; sched_registry[i] != NULL; i++)
        schedulers = add_name(schedulers, sched_registry[i]->name);
    ck_assert(expand(points, experiment, platform, apps, schedulers));
}

static struct judgement judge_trial(struct points *points, const struct experiment *experiment,
                                    int32_t trial, const struct policy_kind *policy)
{
    struct policy_kind judged = judge_over(policy);
    points->list[trial].policy = &judged;
    struct trial_row row;
    trial_run(points, experiment, trial, NULL, &row);
    points->list[trial].policy = policy;
    ck_assert_msg(row.status == TRIAL_DONE, "%s: %s", policy->name, row.fault.what);
    struct judgement judgement = judge_read();
    ck_assert_int_eq(row.metrics.jobs_done, points->list[trial].jobs);
    ck_assert_int_eq(row.metrics.tasks_done + row.metrics.tasks_skipped, judgement.arrived_tasks);
    return judgement;
}

START_TEST(every_scheduler_keeps_the_contract_on_every_machine_under_every_noise)
{
    int platform_count;
    const char **platforms = library_list(scratch.arena, LIBRARY_PLATFORMS, &platform_count);
    const char *platform = platforms[_i];
    struct points points;
    struct experiment experiment;
    expand_all(&points, &experiment, platform);
    for (int32_t trial = 0; trial < points.count; trial++) {
        const struct policy_kind *policy = points.list[trial].policy;
        struct judgement first = judge_trial(&points, &experiment, trial, policy);
        ck_assert_msg(first.allocations == 0, "%s on %s allocates while it decides", policy->name,
                      platform);
        ck_assert_msg(first.ready_left == 0 || policy->discipline == POLICY_PLAN ||
                          policy->discipline == POLICY_PLAN_WC,
                      "%s on %s leaves tasks ready", policy->name, platform);
        ck_assert_int_ge(first.decisions, points.list[trial].jobs);
        if (points.list[trial].noise.slow_gap_us == 0)
            continue;
        struct judgement second = judge_trial(&points, &experiment, trial, policy);
        ck_assert_msg(first.digest == second.digest, "%s on %s decides something else again",
                      policy->name, platform);
    }
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("shipped");
    TCase *tests = tcase_create("contract");
    struct arena *arena = arena_create();
    int platform_count;
    library_list(arena, LIBRARY_PLATFORMS, &platform_count);
    arena_destroy(arena);
    tcase_set_timeout(tests, 120);
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_loop_test(tests,
                        every_scheduler_keeps_the_contract_on_every_machine_under_every_noise, 0,
                        platform_count);
    suite_add_tcase(suite, tests);
    return suite;
}
