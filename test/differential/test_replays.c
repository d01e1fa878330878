/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Trials of generated experiments are recorded, the traces moved elsewhere and replayed: every byte
 * of jobs.csv, tasks.csv, pes.csv and links.csv has to be that of the trial, which has to be that
 * of the same trial without recording.
 *
 * Schedulers come in turn; machines, apps (with branches too), arrivals, noise, slow-downs,
 * governors, engines and what is recorded are random. Traces without slow-downs, changing points
 * and a bus are replayed on the other engine too, which then has to give the same bytes as well.
 * HETSOC_CASES sets how many cases are tried: a fortieth of it (default 30). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/folder.h"
#include "base/random.h"
#include "lab/replay.h"
#include "lab/tables.h"
#include "sched/registry.h"
#include "test/scratch.h"
#include "test/suite.h"

enum { GROUPS = 8 };

static int cases_per_group(void)
{
    const char *text = getenv("HETSOC_CASES");
    int cases = (text == NULL ? 1200 : atoi(text)) / 40;
    return cases / GROUPS + (cases % GROUPS > 0);
}

/* A case; everything follows from its number. */
struct scene {
    struct scratch scratch;
    struct random_stream stream;
    bool is_fluid; /* a bus, slow-downs, or points that change: engines may differ by 1 ns */
    const char *engine;
};

static int below(struct scene *scene, int bound)
{
    return (int)random_below(&scene->stream, (uint32_t)bound);
}

static void make_platform(struct scene *scene)
{
    static const char *const interconnects[] = {
        "kind: matrix, bandwidth_bytes_per_us: %d", "kind: bus, bandwidth_bytes_per_us: %d",
        "kind: matrix, transfer: at_assign, bandwidth_bytes_per_us: %d",
        "kind: shared_memory, memory: {bandwidth_bytes_per_us: %d}"};
    const char *interconnect = interconnects[below(scene, 8) % 4];
    scene->is_fluid = interconnect == interconnects[1];
    struct arena *arena = scene->scratch.arena;
    const char *text = arena_printf(
        arena,
        "format: 1\nplatform: chip\nsummary: some PEs\n"
        "kinds:\n"
        "  A: {class: cpu, opps: [{mhz: 400, mv: 800}, {mhz: 700, mv: 900}, {mhz: 1000, mv: "
        "1000}], "
        "power: {dynamic_mw: 900, static_mw: 80}}\n"
        "  B: {class: dsp, power: {dynamic_mw: 400, static_mw: 50}}\n"
        "  C: {class: accelerator, power: {dynamic_mw: 200, static_mw: 20}}\n"
        "clusters:\n  - {name: a, kind: A, count: %d}\n  - {name: b, kind: B, count: %d}\n"
        "  - {name: c, kind: C, count: %d}\n"
        "interconnect: {%s, latency_us: %g}\n"
        "thermal:\n  period_us: 20\n  ambient_c: 40\n  hotspots: [{keeps: [0.8]}]\n"
        "  sources: [{cluster: a, c_per_w: [5]}, {constant_mw: 50, c_per_w: [1]}]\n"
        "  trips: [{above_c: 50, hysteresis_c: 4, caps: {a: 700}}]\n",
        1 + below(scene, 4), 1 + below(scene, 3), 1 + below(scene, 2),
        arena_printf(arena, interconnect, 1 + below(scene, 300)), below(scene, 2) * 0.37);
    scratch_write(&scene->scratch, "chip.yaml", text);
}

/* DAGs of the generator, which has variants. */
static void make_variants(struct scene *scene)
{
    const char *text = arena_printf(
        scene->scratch.arena,
        "format: 1\napp: dags\nsummary: random DAGs\n"
        "generate: {seed: %d, variants: %d, tasks: {min: 1, max: %d}, base_us: {min: 2, max: 60},\n"
        "  costs: {A: {}, B: {share: 0.6, factor: {min: 0.2, max: 2}}}, bytes: {min: 0, max: "
        "2000}}\n",
        below(scene, 1000), 2 + below(scene, 3), 2 + below(scene, 12));
    scratch_write(&scene->scratch, "dags.yaml", text);
}

/* A branch of 2 to 4 ways, one of which branches again, and a join. */
static void make_branches(struct scene *scene)
{
    struct arena *arena = scene->scratch.arena;
    int ways = 2 + below(scene, 3);
    const char *tasks = "", *edges = "";
    for (int way = 0; way < ways; way++) {
        tasks = arena_printf(arena, "%s  - {name: way_%d, kind: k%d%s}\n", tasks, way, way % 3,
                             way == 0 ? ", branch: [0.3, 0.7]" : "");
        edges = arena_printf(arena,
                             "%s  - {from: gate, to: way_%d, bytes: %d, when: %d}\n"
                             "  - {from: way_%d, to: join, bytes: 64%s}\n",
                             edges, way, below(scene, 500), way, way, way == 0 ? ", when: 1" : "");
    }
    const char *text = arena_printf(
        arena,
        "format: 1\napp: ways\nsummary: branches\nbatch: %d\n%s"
        "kinds:\n  k0: {A: %d, B: {us: 3, fixed_us: 2}}\n  k1: {A: 14, C: 2.5}\n"
        "  k2: {A: {us: 1.125, fixed_us: 6}}\n"
        "tasks:\n  - {name: gate, kind: k1, branch_evenly: %d}\n%s"
        "  - {name: deep, kind: k2}\n  - {name: join, kind: k0, join: any}\n"
        "edges:\n%s  - {from: way_0, to: deep, bytes: 9, when: 0}\n"
        "  - {from: deep, to: join, bytes: 100}\n",
        1 + below(scene, 9), below(scene, 2) == 0 ? "" : "classes: {shares: [0.25, 0.75]}\n",
        5 + below(scene, 30), ways, tasks, edges);
    scratch_write(&scene->scratch, "ways.yaml", text);
}

/* An app of the one with branches, twice in a row. */
static void make_jobs(struct scene *scene)
{
    const char *text = arena_printf(scene->scratch.arena,
                                    "format: 1\napp: relay\nsummary: jobs\n"
                                    "jobs: [{name: one, app: ways}, {name: two, app: ways}]\n"
                                    "edges: [{from: one, to: two, bytes: %d}]\n",
                                    below(scene, 900));
    scratch_write(&scene->scratch, "relay.yaml", text);
}

static const char *make_noise(struct scene *scene)
{
    static const char *const execs[] = {
        "",
        ", exec: {dist: lognormal, sigma: 0.4}",
        ", exec: {dist: normal, cv: 0.3}",
        ", exec: {dist: lognormal, cv: 0.2}, tail: {share: 0.05, factor: 8}",
        ", exec: {dist: gamma, cv: 0.8}, bandwidth: {dist: lognormal, sigma: 0.6}",
        ", bandwidth: {dist: pareto, alpha: 2.5}, tables: {dist: lognormal, sigma: 0.3}",
        ", exec: {dist: pareto, alpha: 3}, tables: {dist: gamma, shape: 9}"};
    const char *exec = execs[below(scene, 7)];
    bool has_slowdown = below(scene, 3) == 0;
    scene->is_fluid |= has_slowdown;
    if (below(scene, 3) == 0)
        exec = arena_printf(scene->scratch.arena, "%s, failure: {mtbf_us: %d, repair_us: %d}%s",
                            exec, 200 + below(scene, 900), 20 + below(scene, 200),
                            below(scene, 2) == 0 ? "" : ", outages: [{pe: c, at_us: 300}]");
    if (!has_slowdown)
        return *exec == '\0' ? "none" : arena_printf(scene->scratch.arena, "{name: n%s}", exec);
    return arena_printf(scene->scratch.arena,
                        "{name: n%s, slowdown: {gap_us: %d, length_us: %d, factor: 2.5}}", exec,
                        50 + below(scene, 500), 20 + below(scene, 200));
}

static const char *make_arrivals(struct scene *scene)
{
    struct arena *arena = scene->scratch.arena;
    int jobs = 5 + below(scene, 30), gap_us = 10 + below(scene, 120);
    switch (below(scene, 6)) {
    case 2:
        return arena_printf(
            arena,
            "{kind: mmpp, mean_interarrival_us: %d,\n    states: [{rate: 9, length: 5}, "
            "{rate: 1, length: %d}]}\n  jobs: %d",
            gap_us, 1 + below(scene, 20), jobs);
    case 3:
        return arena_printf(
            arena, "{kind: poisson, mean_interarrival_us: %d, max_in_flight: %d}\n  jobs: %d",
            1 + gap_us / 8, 1 + below(scene, 5), jobs);
    case 4:
        scratch_write(&scene->scratch, "times.csv",
                      "arrival_us,app\n0,ways\n0,ways\n3,dags#0\n3,ways\n9,dags#0\n");
        return "{kind: trace, file: times.csv, max_in_flight: 2}";
    case 0:
        return arena_printf(arena,
                            "{kind: periodic, mean_interarrival_us: %d}\n  jobs: %d\n"
                            "  warmup_jobs: 3",
                            gap_us, jobs);
    case 1:
        scratch_write(&scene->scratch, "times.csv",
                      "arrival_us,app\n0,ways\n0,ways\n3.25,dags#0\n90,ways\n90.000001,dags#0\n");
        return "{kind: trace, file: times.csv}";
    default:
        return arena_printf(arena, "{kind: poisson, mean_interarrival_us: %d}\n  jobs: %d", gap_us,
                            jobs);
    }
}

/* What governs the operating points, in half of the cases something that changes them. */
static const char *make_points(struct scene *scene)
{
    static const char *const lines[] = {"", "governor: powersave\n",
                                        "governor: ondemand\nondemand: {period_us: 12.5}\n",
                                        "governor: ondemand\nthermal: throttle\n"};
    int which = below(scene, 4);
    scene->is_fluid |= which >= 2;
    return lines[which];
}

/* Writes the experiment; returns its path. */
static const char *make_experiment(struct scene *scene, int number)
{
    int schedulers = 0;
    while (sched_registry[schedulers] != NULL)
        schedulers++;
    ck_assert_int_gt(schedulers, 0);
    make_platform(scene);
    make_variants(scene);
    make_branches(scene);
    make_jobs(scene);
    scene->engine = below(scene, 2) == 0 ? "heap" : "simgrid";
    const char *noise = make_noise(scene);
    const char *points = make_points(scene);
    const char *text = arena_printf(
        scene->scratch.arena,
        "name: generated\nplatform: chip\nworkload:\n  apps: [dags, ways, relay]\n  arrivals: %s\n"
        "schedulers: [%s]\nnoise: [%s]\nengine: %s\nreplicates: 3\nseed: %d\ncompat: %s\n"
        "%srecord: {compress: %s, from_us: %d}\n",
        make_arrivals(scene), sched_registry[number % schedulers]->name, noise, scene->engine,
        below(scene, 1000), below(scene, 8) == 0 ? "ds3" : "none", points,
        below(scene, 4) == 0 ? "true" : "false", below(scene, 2) * 40);
    return scratch_write(&scene->scratch, "generated.yaml", text);
}

/* Runs trial 2 in a process of its own, recorded into `record` if that is not NULL. */
static void run_trial(struct scene *scene, const char *path, const char *record, const char *stem)
{
    pid_t child = fork();
    int status = 1;
    if (child == 0) {
        struct experiment experiment;
        struct points points;
        struct fault fault = FAULT_NONE;
        struct trial_row row = {.status = TRIAL_FAILED};
        if (experiment_load(&experiment, scene->scratch.arena, path, NULL, 0, &fault) &&
            points_expand(&points, &experiment, &fault)) {
            experiment.record.dir = record;
            trial_run(&points, &experiment, 2, stem, &row);
            fault = row.fault;
        }
        if (row.status != TRIAL_DONE)
            fault_print(&fault, stderr);
        _exit(row.status == TRIAL_DONE ? 0 : 1);
    }
    ck_assert(child > 0 && waitpid(child, &status, 0) == child);
    ck_assert_msg(status == 0, "the trial failed\n%s",
                  scratch_read(&scene->scratch, "generated.yaml"));
}

static void replay_trial(struct scene *scene, const char *dir, const char *engine, const char *stem)
{
    pid_t child = fork();
    int status = 1;
    if (child == 0) {
        struct replay replay;
        struct fault fault = FAULT_NONE;
        struct trial_row row = {.status = TRIAL_FAILED};
        const struct replay_options options = {
            .dir = dir, .engine = engine, .roster = &roster_built_in};
        if (replay_open(&replay, scene->scratch.arena, &options, &fault)) {
            int64_t *latency_ps = memory_zeroed((size_t)replay.trace->job_count, sizeof(int64_t));
            replay_run(&replay, stem, latency_ps, &row);
            fault = row.fault;
            free(latency_ps);
            replay_close(&replay);
        }
        if (row.status != TRIAL_DONE)
            fault_print(&fault, stderr);
        _exit(row.status == TRIAL_DONE ? 0 : 1);
    }
    ck_assert(child > 0 && waitpid(child, &status, 0) == child);
    ck_assert_msg(status == 0, "the replay failed\n%s",
                  scratch_read(&scene->scratch, "generated.yaml"));
}

/* The tables of two trials are the same; the second may have header rows. */
static void compare_tables(struct scene *scene, const char *one, const char *other, bool has_header)
{
    for (int i = 0; i < TABLES_COUNT; i++) {
        struct arena *arena = scene->scratch.arena;
        const char *a =
            scratch_read(&scene->scratch, arena_printf(arena, "%s.%s", one, tables_names[i]));
        const char *b =
            scratch_read(&scene->scratch, arena_printf(arena, "%s.%s", other, tables_names[i]));
        ck_assert(a != NULL && b != NULL);
        ck_assert(*a != '\0' || i == TABLES_LINKS); /* a matrix has no links */
        if (has_header)
            b = strchr(b, '\n') + 1;
        ck_assert_msg(strcmp(a, b) == 0, "%s differs\n%s", tables_names[i],
                      scratch_read(&scene->scratch, "generated.yaml"));
    }
}

/* Gives the trace another seed: nothing that was recorded may be drawn anew. False for the
 * scheduler that draws itself. */
static bool forget_seed(struct scene *scene)
{
    const char *text = scratch_read(&scene->scratch, "elsewhere/experiment.yaml");
    const char *seed = strstr(text, "\nseed:");
    if (strstr(text, "name: random\n") != NULL)
        return false;
    ck_assert_ptr_nonnull(seed);
    scratch_write(&scene->scratch, "elsewhere/experiment.yaml",
                  arena_printf(scene->scratch.arena, "%.*s\nseed: 424242%s", (int)(seed - text),
                               text, strchr(seed + 1, '\n')));
    return true;
}

static void play_case(int number)
{
    struct scene scene = {.stream = random_open(7, 0, RANDOM_TEST, (uint32_t)number, 0)};
    struct fault fault = FAULT_NONE;
    scratch_init(&scene.scratch);
    const char *path = make_experiment(&scene, number);
    const char *traces = scratch_path(&scene.scratch, "traces");
    const char *moved = scratch_path(&scene.scratch, "elsewhere");
    run_trial(&scene, path, NULL, scratch_path(&scene.scratch, "plain"));
    run_trial(&scene, path, traces, scratch_path(&scene.scratch, "recorded"));
    compare_tables(&scene, "plain", "recorded", false);
    ck_assert_int_eq(rename(scratch_path(&scene.scratch, "traces/2"), moved), 0);
    static const char *const sources[] = {"chip.yaml", "dags.yaml", "ways.yaml", "relay.yaml",
                                          "times.csv"};
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++)
        unlink(scratch_path(&scene.scratch, sources[i]));
    replay_trial(&scene, moved, NULL, scratch_path(&scene.scratch, "replayed"));
    compare_tables(&scene, "recorded", "replayed", true);
    if (forget_seed(&scene)) {
        replay_trial(&scene, moved, NULL, scratch_path(&scene.scratch, "reseeded"));
        compare_tables(&scene, "recorded", "reseeded", true);
    }
    if (!scene.is_fluid) {
        const char *other = strcmp(scene.engine, "heap") == 0 ? "simgrid" : "heap";
        replay_trial(&scene, moved, other, scratch_path(&scene.scratch, "other"));
        compare_tables(&scene, "recorded", "other", true);
    }
    ck_assert(folder_remove(moved, &fault));
    scratch_finish(&scene.scratch);
}

START_TEST(a_replay_has_the_bytes_of_the_trial)
{
    for (int i = 0; i < cases_per_group(); i++)
        play_case(i * GROUPS + _i);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("replays");
    TCase *test = tcase_create("replays");
    tcase_set_timeout(test, 600);
    tcase_add_loop_test(test, a_replay_has_the_bytes_of_the_trial, 0, GROUPS);
    suite_add_tcase(suite, test);
    return suite;
}
