/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Two engines, one truth: generated cases (machine x interconnect x apps x arrivals x scheduler x
 * noise) run on both, and every task has the same PE, start and finish in the same order of
 * finishing: to the tick where nothing is fluid; where there are slow-downs or shared links, ends
 * that differ by at most 1 ns are counted and stay below 1 % of the cases.
 *
 * Half of the cases have small whole numbers everywhere, zeros included, so that ties abound.
 * HETSOC_CASES sets how many cases are tried (default 1200). */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/tick.h"
#include "sched/registry.h"
#include "sim/scenario_drawn.h"
#include "sim/truth.h"
#include "test/fixture.h"
#include "test/suite.h"

enum { GROUPS = 24, APPS = 3, JOBS = 12 };

static int cases_per_group(void)
{
    const char *text = getenv("HETSOC_CASES");
    int cases = text == NULL ? 1200 : atoi(text);
    return cases / GROUPS + 1;
}

/* One generated case; everything follows from its number. */
struct scene {
    struct arena *arena;
    struct soc *soc;
    struct bind *binds;
    struct arrival_row rows[JOBS];
    struct arrivals arrivals;
    struct scenario_drawn drawn;
    struct scenario scenario;
    struct truth *truth;
    const struct policy_kind *policy;
    int32_t prefetch;
    struct decision_cost decision_cost;
    bool is_slow;
    bool is_fluid; /* slow, or transfers share links */
};

/* Half of the machines have a matrix; of the others a third shares no links. */
static void connect(struct scene *scene, struct random_stream *stream, bool is_integer)
{
    static const enum soc_interconnect others[] = {SOC_SHARED_MEMORY, SOC_BUS, SOC_MESH};
    int32_t which = (int32_t)random_below(stream, 6);
    double latency_us = is_integer ? (double)random_below(stream, 2) : 0.37;
    int32_t columns = 1 + (int32_t)random_below(stream, 3);
    int32_t channels = 1 + (int32_t)random_below(stream, 4);
    if (which < 3)
        return;
    fixture_connect(scene->soc, others[which - 3], latency_us, columns, channels);
    if (which == 3)
        scene->soc->at_assign = random_below(stream, 2) == 0;
}

static int policy_count(void)
{
    int count = 0;
    while (sched_registry[count] != NULL)
        count++;
    return count;
}

static void make_scene(struct scene *scene, uint32_t number)
{
    static const double shares[APPS] = {1.0 / 3, 2.0 / 3, 1};
    struct random_stream stream = random_open(7, 0, RANDOM_TEST, number, 0);
    *scene = (struct scene){.arena = arena_create()};
    bool is_integer = number % 2 == 0;
    int32_t kinds = 1 + (int32_t)random_below(&stream, 3);
    int32_t pes_of[3];
    for (int32_t kind = 0; kind < kinds; kind++)
        pes_of[kind] = 1 + (int32_t)random_below(&stream, 3);
    scene->soc = fixture_soc(scene->arena, kinds, pes_of, is_integer ? 1 : 7.3);
    struct random_stream wires = random_open(7, 0, RANDOM_TEST, number, 1);
    connect(scene, &wires, is_integer);
    struct app *apps[APPS];
    for (int32_t i = 0; i < APPS; i++)
        apps[i] = fixture_random_app(scene->arena, &stream, kinds, 12, is_integer);
    for (int32_t i = 1; i < APPS; i++)
        fixture_add_branches(scene->arena, &stream, apps[i]);
    fixture_add_weights(scene->arena, &stream, apps[2], scene->soc);
    scene->prefetch = (int32_t)number % 4;
    scene->binds = fixture_bind(scene->arena, scene->soc, apps, APPS);
    int64_t at_ps = 0;
    for (int32_t job = 0; job < JOBS; job++) {
        double gap_us =
            is_integer ? (double)random_below(&stream, 4) : 60.0 * random_exponential(&stream);
        at_ps += tick_from_us(gap_us);
        scene->rows[job] =
            (struct arrival_row){.at_ps = at_ps, .app = (int32_t)random_below(&stream, APPS)};
    }
    scene->arrivals =
        (struct arrivals){.kind = arrivals_find("trace"), .rows = scene->rows, .row_count = JOBS};
    scene->is_slow = number % 3 == 0;
    scene->is_fluid = scene->is_slow || soc_is_contended(scene->soc);
    scene->drawn = (struct scenario_drawn){
        .seed = number,
        .jobs = JOBS,
        .arrivals = &scene->arrivals,
        .app_share = shares,
        .app_count = APPS,
        .noise = {.exec = {.dist = number % 5 < 2 ? NOISE_LOGNORMAL : NOISE_NONE, .sigma = 0.3}}};
    if (scene->is_slow) {
        scene->drawn.noise.slow_gap_us = is_integer ? 7 : 90;
        scene->drawn.noise.slow_length_us = is_integer ? 3 : 40;
        scene->drawn.noise.slow_factor = number % 4 == 0 ? 2 : 2.7;
    }
    if (number % 11 < 4)
        scene->drawn.noise.data = (struct noise_spread){.dist = NOISE_GAMMA, .shape = 2};
    if (number % 9 < 3)
        scene->drawn.noise.tables = (struct noise_spread){.dist = NOISE_LOGNORMAL, .sigma = 0.3};
    scene->scenario = scenario_drawn(&scene->drawn);
    scene->truth = truth_create(&scene->scenario, scene->binds, APPS);
    scene->scenario.truth = scene->truth;
    scene->policy = sched_registry[(int)(number / 2) % policy_count()];
    if (number % 7 < 3)
        scene->decision_cost =
            (struct decision_cost){DECISION_FIXED, is_integer ? TICK_PER_US : 1234567};
}

static bool run(const struct scene *scene, const struct engine_kind *engine,
                struct fixture_log *log)
{
    struct observer observer = fixture_observer(log);
    struct world_setup setup = {
        .soc = scene->soc,
        .binds = scene->binds,
        .bind_count = APPS,
        .scenario = &scene->scenario,
        .engine = engine,
        .policy = scene->policy,
        .file = fixture_policy_file(scene->arena, scene->policy),
        .decision_cost = scene->decision_cost,
        .observers = &observer,
        .observer_count = 1,
        .prefetch = scene->prefetch,
        .seed = scene->drawn.seed,
    };
    struct world_result result;
    struct fault fault = FAULT_NONE;
    bool is_done = world_run(&setup, &result, &fault);
    if (!is_done)
        fault_print(&fault, stderr);
    return is_done;
}

/* SimGrid has one engine per process: the case runs in a child, its rows come through a pipe. */
static bool run_simgrid(const struct scene *scene, struct fixture_log *log)
{
    int ends[2];
    if (pipe(ends) != 0)
        return false;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        struct fixture_log rows = {0};
        bool is_done = run(scene, engine_find("simgrid"), &rows);
        FILE *out = fdopen(ends[1], "w");
        is_done &= fwrite(rows.rows, sizeof *rows.rows, rows.count, out) == rows.count;
        is_done &= fclose(out) == 0;
        _exit(is_done ? 0 : 1);
    }
    close(ends[1]);
    FILE *in = fdopen(ends[0], "r");
    struct fixture_row row;
    while (fread(&row, sizeof row, 1, in) == 1) {
        log->rows = memory_grow(log->rows, &log->capacity, log->count + 1, sizeof *log->rows);
        log->rows[log->count++] = row;
    }
    fclose(in);
    int status;
    return waitpid(child, &status, 0) == child && status == 0;
}

static bool is_same(const struct fixture_row *a, const struct fixture_row *b, int64_t tolerance_ps)
{
    return a->job == b->job && a->task == b->task && a->pe == b->pe &&
           llabs(a->ready_ps - b->ready_ps) <= tolerance_ps &&
           llabs(a->start_ps - b->start_ps) <= tolerance_ps &&
           llabs(a->finish_ps - b->finish_ps) <= tolerance_ps;
}

/* How two runs of a case compare. */
enum verdict { EQUAL, WITHIN_1_NS, DIFFERENT };

static enum verdict compare(const struct fixture_log *heap, const struct fixture_log *simgrid)
{
    enum verdict verdict = EQUAL;
    if (heap->count != simgrid->count)
        return DIFFERENT;
    for (size_t i = 0; i < heap->count; i++) {
        if (is_same(&heap->rows[i], &simgrid->rows[i], 0))
            continue;
        const struct fixture_row *other =
            fixture_find(simgrid, heap->rows[i].job, heap->rows[i].task);
        if (other == NULL || !is_same(&heap->rows[i], other, TICK_PER_NS))
            return DIFFERENT;
        verdict = WITHIN_1_NS;
    }
    return verdict;
}

START_TEST(both_engines_give_every_task_the_same_pe_and_dates)
{
    int count = cases_per_group(), fluid = 0, near = 0, tasks = 0;
    for (int i = 0; i < count; i++) {
        uint32_t number = (uint32_t)(_i * count + i);
        struct scene scene;
        make_scene(&scene, number);
        struct fixture_log heap = {0}, simgrid = {0};
        ck_assert_msg(run(&scene, engine_find("heap"), &heap), "case %u fails on heap", number);
        ck_assert_msg(run_simgrid(&scene, &simgrid), "case %u fails on simgrid", number);
        enum verdict verdict = compare(&heap, &simgrid);
        ck_assert_msg(verdict == EQUAL || scene.is_fluid, "case %u (policy %s): not equal", number,
                      scene.policy->name);
        fluid += scene.is_fluid;
        near += verdict != EQUAL;
        tasks += (int)heap.count;
        ck_assert_msg(heap.count >= JOBS, "case %u ran only %zu tasks", number, heap.count);
        fixture_log_finish(&heap);
        fixture_log_finish(&simgrid);
        truth_destroy(scene.truth);
        arena_destroy(scene.arena);
    }
    printf("%d cases, %d tasks, %d cases with fluids, %d of them not equal to the tick\n", count,
           tasks, fluid, near);
    ck_assert_int_le(near * 100, fluid);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("agreement of engines");
    TCase *cases = tcase_create("generated cases");
    tcase_set_timeout(cases, 600);
    tcase_add_loop_test(cases, both_engines_give_every_task_the_same_pe_and_dates, 0, GROUPS);
    suite_add_tcase(suite, cases);
    return suite;
}
