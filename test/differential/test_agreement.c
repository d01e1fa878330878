/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Two engines, one truth: generated cases (machine x interconnect x apps x arrivals x scheduler x
 * noise) run on both, and every task has the same PE, start and finish in the same order of
 * finishing: to the tick where nothing is fluid; where there are slow-downs, changes of frequency
 * or shared links, ends that differ by at most 1 ns are counted and stay below 1 % of the cases. In
 * half of the cases SimGrid measures the energy of each PE as well, and our meter agrees to 1e-9.
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

enum { GROUPS = 24, APPS = 3, JOBS = 12, MAX_PES = 9 };

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
    bool is_measured; /* by the engine as well */
    struct failures_listed lost, lost_link;
    bool fails, has_broken_links;
    bool is_slow;
    bool is_fluid; /* slow, or points change, or transfers share links */
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

/* Three operating points for each kind but the last, and power for all. */
static void add_points(struct scene *scene, struct random_stream *stream, bool is_integer)
{
    struct soc *soc = scene->soc;
    for (int32_t k = 0; k < soc->kind_count; k++) {
        struct soc_kind *kind = &soc->kinds[k];
        kind->power = (struct soc_power){1 + (double)random_below(stream, 2000),
                                         (double)random_below(stream, 100)};
        if (k > 0 && k == soc->kind_count - 1)
            continue;
        double slow = is_integer ? 250 : 200 + 300 * random_uniform(stream);
        double middle = is_integer ? 500 : 600 + 300 * random_uniform(stream);
        kind->opps = arena_zeroed(scene->arena, 3, sizeof *kind->opps);
        kind->opps[0] = (struct soc_opp){slow, 800};
        kind->opps[1] = (struct soc_opp){middle, 900};
        kind->opps[2] = (struct soc_opp){1000, 1000};
        kind->opp_count = 3;
        kind->opp = 2;
    }
    soc->has_power = true;
}

/* Two places, heated by the clusters in turn, and two trips. */
static void add_warmth(struct scene *scene, struct random_stream *stream, double period_us)
{
    static const double keep[] = {0.8, 0.05, 0.1, 0.85};
    struct soc *soc = scene->soc;
    size_t clusters = (size_t)soc->cluster_count;
    struct soc_thermal *thermal = arena_zeroed(scene->arena, 1, sizeof *thermal);
    struct soc_heat *sources = arena_zeroed(scene->arena, clusters, sizeof *sources);
    struct soc_trip *trips = arena_zeroed(scene->arena, 2, sizeof *trips);
    for (int32_t c = 0; c < soc->cluster_count; c++) {
        double *c_per_w = arena_zeroed(scene->arena, 2, sizeof *c_per_w);
        c_per_w[c % 2] = 1 + 2 * random_uniform(stream);
        sources[c] = (struct soc_heat){.cluster = c, .c_per_w = c_per_w};
    }
    for (int32_t t = 0; t < 2; t++) {
        int32_t *caps = arena_zeroed(scene->arena, clusters, sizeof *caps);
        for (size_t c = 0; c < clusters; c++)
            caps[c] = 1 - t;
        trips[t] = (struct soc_trip){42 + 5 * t, 1, caps};
    }
    *thermal = (struct soc_thermal){tick_from_us(period_us), 40, keep, sources, trips, 2,
                                    soc->cluster_count,      2};
    soc->thermal = thermal;
    soc->thermal_mode = SOC_THERMAL_THROTTLE;
}

/* A third of the machines keep their points; the others are governed by load, by warmth, or both.
 */
static void govern(struct scene *scene, struct random_stream *stream, bool is_integer)
{
    int32_t which = (int32_t)random_below(stream, 6);
    double period_us = is_integer ? 1 + (double)random_below(stream, 4) : 7.7;
    add_points(scene, stream, is_integer);
    if (which >= 2 && which <= 4)
        scene->soc->ondemand = (struct soc_ondemand){tick_from_us(period_us), 0.8, 0.3};
    if (which >= 4)
        add_warmth(scene, stream, is_integer ? 2 : 11.3);
}

/* Links that go down and come back, and sometimes one that does not. */
static void add_link_failures(struct scene *scene, uint32_t number, bool is_integer)
{
    struct random_stream stream = random_open(7, 0, RANDOM_TEST, number, 3);
    struct failures *failures = &scene->drawn.noise.link_failures;
    failures->mtbf_us = is_integer ? 20 : 250;
    failures->repair_us = is_integer ? 4 : 60;
    scene->lost_link = (struct failures_listed){
        .subject = (int32_t)random_below(&stream, (uint32_t)links_count(scene->soc)),
        .start_ps = (is_integer ? 20 : 300) * TICK_PER_US,
        .end_ps = TICK_NEVER,
    };
    failures->list = &scene->lost_link;
    failures->count = random_below(&stream, 4) == 0;
    scene->fails = scene->has_broken_links = true;
}

/* PEs that go down and come back, and sometimes one that does not. */
static void add_failures(struct scene *scene, uint32_t number, bool is_integer)
{
    struct random_stream stream = random_open(7, 0, RANDOM_TEST, number, 2);
    struct failures *failures = &scene->drawn.noise.failures;
    failures->mtbf_us = is_integer ? 30 : 400;
    failures->repair_us = is_integer ? 4 : 70;
    scene->lost = (struct failures_listed){
        .subject = (int32_t)random_below(&stream, (uint32_t)scene->soc->pe_count),
        .start_ps = (is_integer ? 20 : 300) * TICK_PER_US,
        .end_ps = TICK_NEVER,
    };
    failures->list = &scene->lost;
    failures->count = (int32_t)random_below(&stream, 2);
    scene->fails = true;
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
    struct random_stream points = random_open(7, 0, RANDOM_TEST, number, 2);
    govern(scene, &points, is_integer);
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
    scene->is_measured = number / 2 % 2 == 0;
    scene->is_slow = number % 3 == 0;
    scene->is_fluid = scene->is_slow || soc_is_scaled(scene->soc) || soc_is_contended(scene->soc);
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
    if (number % 4 == 1 || number % 8 == 6)
        add_failures(scene, number, is_integer);
    if (soc_is_contended(scene->soc) && number % 3 != 1)
        add_link_failures(scene, number, is_integer);
    scene->scenario = scenario_drawn(&scene->drawn);
    scene->truth = truth_create(&scene->scenario, scene->binds, APPS);
    scene->scenario.truth = scene->truth;
    scene->policy = sched_registry[(int)(number / 2) % fixture_policy_count()];
    if (number % 7 < 3)
        scene->decision_cost =
            (struct decision_cost){DECISION_FIXED, is_integer ? TICK_PER_US : 1234567};
}

/* Whether two accounts of the energy of the PEs agree. */
static bool is_same_energy(const struct scene *scene, const double *a_uj, const double *b_uj)
{
    for (int32_t pe = 0; pe < scene->soc->pe_count; pe++)
        if (!(fabs(a_uj[pe] - b_uj[pe]) <= 1e-9 * fabs(a_uj[pe])))
            return false;
    return true;
}

/* Fills the log and what PEs have drawn. False if the run fails, or its engine says otherwise. */
static bool run(const struct scene *scene, const struct engine_kind *engine,
                struct fixture_log *log, double *energy_uj)
{
    double engine_uj[MAX_PES] = {0};
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
        .energy_uj = energy_uj,
        .engine_energy_uj = scene->is_measured ? engine_uj : NULL,
        .seed = scene->drawn.seed,
    };
    struct world_result result;
    struct fault fault = FAULT_NONE;
    bool is_done = world_run(&setup, &result, &fault);
    if (!is_done)
        fault_print(&fault, stderr);
    if (is_done && scene->is_measured && engine->energy_uj != NULL &&
        !is_same_energy(scene, energy_uj, engine_uj)) {
        fprintf(stderr, "%s measures another energy\n", engine->name);
        return false;
    }
    return is_done;
}

/* SimGrid has one engine per process: the case runs in a child, its rows come through a pipe. */
static bool run_simgrid(const struct scene *scene, struct fixture_log *log, double *energy_uj)
{
    size_t pe_count = (size_t)scene->soc->pe_count;
    int ends[2];
    if (pipe(ends) != 0)
        return false;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        struct fixture_log rows = {0};
        bool is_done = run(scene, engine_find("simgrid"), &rows, energy_uj);
        FILE *out = fdopen(ends[1], "w");
        is_done &= fwrite(energy_uj, sizeof *energy_uj, pe_count, out) == pe_count;
        if (rows.count > 0)
            is_done &= fwrite(rows.rows, sizeof *rows.rows, rows.count, out) == rows.count;
        is_done &= fclose(out) == 0;
        _exit(is_done ? 0 : 1);
    }
    close(ends[1]);
    FILE *in = fdopen(ends[0], "r");
    struct fixture_row row;
    bool has_energy = fread(energy_uj, sizeof *energy_uj, pe_count, in) == pe_count;
    while (fread(&row, sizeof row, 1, in) == 1) {
        log->rows = memory_grow(log->rows, &log->capacity, log->count + 1, sizeof *log->rows);
        log->rows[log->count++] = row;
    }
    fclose(in);
    int status;
    return waitpid(child, &status, 0) == child && status == 0 && has_energy;
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

/* Of the cases so far. */
struct tally {
    int cases, tasks, failing, broken, fluid, near, scaled;
};

static void try_case(uint32_t number, struct tally *tally)
{
    struct scene scene;
    make_scene(&scene, number);
    struct fixture_log heap = {0}, simgrid = {0};
    double heap_uj[MAX_PES], simgrid_uj[MAX_PES];
    ck_assert_msg(run(&scene, engine_find("heap"), &heap, heap_uj), "case %u fails on heap",
                  number);
    ck_assert_msg(run_simgrid(&scene, &simgrid, simgrid_uj), "case %u fails on simgrid", number);
    enum verdict verdict = compare(&heap, &simgrid);
    ck_assert_msg(verdict == EQUAL || scene.is_fluid, "case %u (policy %s): not equal", number,
                  scene.policy->name);
    ck_assert_msg(verdict != EQUAL || is_same_energy(&scene, heap_uj, simgrid_uj),
                  "case %u: other energies", number);
    tally->cases++;
    tally->fluid += scene.is_fluid;
    tally->scaled += soc_is_scaled(scene.soc);
    tally->near += verdict != EQUAL;
    tally->tasks += (int)heap.count;
    tally->failing += scene.fails;
    tally->broken += scene.has_broken_links;
    ck_assert_msg(heap.count >= JOBS || scene.fails, "case %u ran only %zu tasks", number,
                  heap.count);
    fixture_log_finish(&heap);
    fixture_log_finish(&simgrid);
    truth_destroy(scene.truth);
    arena_destroy(scene.arena);
}

START_TEST(both_engines_give_every_task_the_same_pe_and_dates)
{
    int count = cases_per_group();
    struct tally tally = {0};
    for (int i = 0; i < count; i++)
        try_case((uint32_t)(_i * count + i), &tally);
    printf("%d cases, %d tasks, %d cases with failures, %d of links, %d with fluids, %d of these "
           "not equal to the tick, %d with points that change\n",
           tally.cases, tally.tasks, tally.failing, tally.broken, tally.fluid, tally.near,
           tally.scaled);
    ck_assert_int_le(tally.near * 100, tally.fluid);
}
END_TEST

/* The first run of 24 000 cases: data was on its way when the last job was given up, and SimGrid's
 * PEs went on to draw power until it would have come. */
START_TEST(a_case_that_differed_once_agrees)
{
    struct tally tally = {0};
    try_case(19764, &tally);
    ck_assert_int_eq(tally.broken, 1);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("agreement of engines");
    TCase *cases = tcase_create("generated cases");
    tcase_set_timeout(cases, 600);
    tcase_add_test(cases, a_case_that_differed_once_agrees);
    tcase_add_loop_test(cases, both_engines_give_every_task_the_same_pe_and_dates, 0, GROUPS);
    suite_add_tcase(suite, cases);
    return suite;
}
