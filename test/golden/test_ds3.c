/* SPDX-License-Identifier: GPL-3.0-or-later */
/* DS3's own schedules, task for task: PE, start and finish of every task equal what DS3 (and DASH)
 * produced for single jobs and for streams, on both engines.
 *
 * Expected rows are in test/golden/ds3/. Where the reference data that they were checked against
 * is present (HETSOC_SHARED_DATA), the runs are compared with it as well. To write the golden
 * files anew from the current program, run with HETSOC_GOLDEN_WRITE=1 and look at the diff. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/csv.h"
#include "base/tick.h"
#include "sched/registry.h"
#include "test/fixture.h"
#include "test/suite.h"

enum { APPS = 6 };

/* One run of DS3: a single job, or a stream replayed from recorded arrivals. */
struct reference {
    const char *name; /* golden file; arrivals in NAME.arrivals.csv for streams */
    const char *platform, *policy;
    const char *apps[APPS];  /* ours */
    const char *ds3_apps[2]; /* the same, as the reference data calls them */
    /* Path below HETSOC_SHARED_DATA, without ".tasks.csv" for streams. NULL: not a run of DS3, but
     * of an independent program that follows the same rules and reproduces DS3's runs. */
    const char *shared;
    bool is_stream;
};

#define SINGLE(OURS, THEIRS, PLATFORM, POLICY, DS3)                                                \
    {                                                                                              \
        "single_" OURS "_" POLICY, PLATFORM, "ds3_" POLICY, {OURS}, {NULL},                        \
            "ds3_runs/single/" THEIRS "_" DS3 ".csv", false                                        \
    }
#define SINGLES(OURS, THEIRS, PLATFORM)                                                            \
    SINGLE(OURS, THEIRS, PLATFORM, "met", "MET"), SINGLE(OURS, THEIRS, PLATFORM, "eft", "EFT"),    \
        SINGLE(OURS, THEIRS, PLATFORM, "etf", "ETF"),                                              \
        SINGLE(OURS, THEIRS, PLATFORM, "stf", "STF"),                                              \
        SINGLE(OURS, THEIRS, PLATFORM, "heft", "HEFT"),                                            \
        SINGLE(OURS, THEIRS, PLATFORM, "heft_rt", "HEFT_RT")
#define SHARED_MEMORY(POLICY, DS3)                                                                 \
    {                                                                                              \
        "shm_topcuoglu_" POLICY, "top3_shm", "ds3_" POLICY, {"topcuoglu"}, {NULL},                 \
            "ds3_runs/single/shm_Top_" DS3 ".csv", false                                           \
    }
#define TOP_STREAM(SCALE, POLICY, DS3)                                                             \
    {                                                                                              \
        "stream_top_" POLICY "_" SCALE, "top3", "ds3_" POLICY, {"topcuoglu"}, {"Top"},             \
            "ds3_runs/multi/A_Top_" DS3 "_" SCALE, true                                            \
    }
#define WIFI_STREAM(SCALE, POLICY, DS3)                                                            \
    {                                                                                              \
        "stream_wifi_" POLICY "_" SCALE, "ds3_bal", "ds3_" POLICY, {"wifi_tx", "wifi_rx"},         \
            {"WiFi_Transmitter", "WiFi_Receiver"}, "ds3_runs/multi/B_WiFi80TX_" DS3 "_" SCALE,     \
            true                                                                                   \
    }

#define MIXED_STREAM(POLICY, ...)                                                                  \
    {                                                                                              \
        "stream_mixed_" POLICY, "ds3_bal", "ds3_" POLICY, {__VA_ARGS__}, {NULL}, NULL, true        \
    }

static const struct reference references[] = {
    SINGLES("topcuoglu", "Top", "top3"),
    SINGLES("wifi_tx", "WiFi_TX", "ds3_bal"),
    SINGLES("wifi_rx", "WiFi_RX", "ds3_bal"),
    SHARED_MEMORY("met", "MET"),
    SHARED_MEMORY("etf", "ETF"),
    TOP_STREAM("sc50", "met", "MET"),
    TOP_STREAM("sc50", "etf", "ETF"),
    TOP_STREAM("sc100", "met", "MET"),
    TOP_STREAM("sc100", "etf", "ETF"),
    WIFI_STREAM("sc100", "met", "MET"),
    WIFI_STREAM("sc100", "etf", "ETF"),
    TOP_STREAM("sc50", "heft", "HEFT"),
    TOP_STREAM("sc50", "heft_rt", "HEFT_RT"),
    WIFI_STREAM("sc100", "heft_rt", "HEFT_RT"),
    /* Dense streams, full of late arrivals and of ties, tasks without length and empty edges. */
    MIXED_STREAM("heft", "wifi_tx", "wifi_rx", "range_detection", "single_carrier_tx",
                 "temporal_mitigation"),
    MIXED_STREAM("heft_rt", "wifi_tx", "wifi_rx", "range_detection", "single_carrier_tx",
                 "single_carrier_rx", "temporal_mitigation"),
};
enum { REFERENCES = sizeof references / sizeof *references };

static void require(bool is_ok, const struct fault *fault)
{
    ck_assert_msg(is_ok, "%s: %s", fault->where, fault->what);
}

static const char *golden_path(struct arena *arena, const struct reference *reference,
                               const char *ending)
{
    return arena_printf(arena, "%s/test/golden/ds3/%s%s", TEST_SOURCE_ROOT, reference->name,
                        ending);
}

/* Everything that one run needs. */
struct machine {
    struct soc soc;
    struct app *apps[APPS];
    const char *names[APPS];
    int32_t app_count;
    struct arrivals arrivals;
};

static void load_machine(struct machine *machine, struct arena *arena,
                         const struct reference *reference)
{
    struct fault fault = FAULT_NONE;
    require(soc_load(&machine->soc, arena,
                     arena_printf(arena, "%s/sim/platforms/%s.yaml", TEST_SOURCE_ROOT,
                                  reference->platform),
                     &fault),
            &fault);
    for (; machine->app_count < APPS && reference->apps[machine->app_count] != NULL;
         machine->app_count++) {
        struct app_set set;
        const char *name = reference->apps[machine->app_count];
        require(app_load(&set, arena,
                         arena_printf(arena, "%s/workloads/apps/%s.yaml", TEST_SOURCE_ROOT, name),
                         &fault),
                &fault);
        machine->apps[machine->app_count] = &set.apps[0];
        machine->names[machine->app_count] = name;
    }
}

static void run(const struct machine *machine, struct arena *arena,
                const struct reference *reference, const struct engine_kind *engine,
                struct fixture_log *log)
{
    static const struct arrival_row single[] = {{0}};
    struct fixture_scenario source = {.rows = single, .row_count = 1};
    if (reference->is_stream) {
        source.rows = machine->arrivals.rows;
        source.row_count = machine->arrivals.row_count;
    }
    struct scenario scenario = fixture_scenario(&source);
    struct observer observer = fixture_observer(log);
    struct world_setup setup = {
        .soc = &machine->soc,
        .binds = fixture_bind(arena, &machine->soc, machine->apps, machine->app_count),
        .bind_count = machine->app_count,
        .scenario = &scenario,
        .engine = engine,
        .policy = sched_find(reference->policy),
        .observers = &observer,
        .observer_count = 1,
        .compat_ds3 = true,
    };
    ck_assert_ptr_nonnull(setup.policy);
    struct world_result result;
    struct fault fault = FAULT_NONE;
    require(world_run(&setup, &result, &fault), &fault);
}

static void write_golden(const struct reference *reference, const char *path,
                         const struct fixture_log *log)
{
    struct csv_writer csv;
    struct fault fault = FAULT_NONE;
    require(csv_create(&csv, path, &fault), &fault);
    csv_header(&csv,
               (const char *const[]){"job_id", "task_id", "pe_id", "start_us", "finish_us", NULL});
    for (size_t i = 0; i < log->count; i++) {
        const struct fixture_row *row = &log->rows[i];
        csv_int(&csv, row->job);
        csv_int(&csv, row->task);
        csv_int(&csv, row->pe);
        csv_int(&csv, row->start_ps / TICK_PER_US);
        csv_int(&csv, row->finish_ps / TICK_PER_US);
        csv_end_row(&csv);
    }
    require(csv_finish(&csv, &fault), &fault);
    printf("%s: %zu rows written\n", reference->name, log->count);
}

static int64_t cell_ps(const struct csv_reader *csv, const char *column)
{
    return strtol(csv_cell(csv, csv_column(csv, column)), NULL, 10) * TICK_PER_US;
}

/* Every row of a table of expected tasks is what the run did, and the run did nothing else. */
static void compare(const struct reference *reference, const char *path,
                    const struct fixture_log *log)
{
    struct fault fault = FAULT_NONE;
    struct csv_reader *csv = csv_open(path, &fault);
    require(csv != NULL, &fault);
    size_t count = 0;
    for (; csv_next(csv, &fault); count++) {
        int32_t job = atoi(csv_cell(csv, csv_column(csv, "job_id")));
        int32_t task = atoi(csv_cell(csv, csv_column(csv, "task_id")));
        int32_t pe = atoi(csv_cell(csv, csv_column(csv, "pe_id")));
        /* Both are in the order of finishing, so the row is mostly where it is expected. */
        const struct fixture_row *row = count < log->count ? &log->rows[count] : NULL;
        if (row == NULL || row->job != job || row->task != task)
            row = fixture_find(log, job, task);
        ck_assert_msg(row != NULL, "%s: job %d task %d did not run", reference->name, job, task);
        ck_assert_msg(row->pe == pe && row->start_ps == cell_ps(csv, "start_us") &&
                          row->finish_ps == cell_ps(csv, "finish_us"),
                      "%s: job %d task %d ran on PE %d from %g to %g us, expected PE %d %s to %s",
                      reference->name, job, task, row->pe, tick_to_us(row->start_ps),
                      tick_to_us(row->finish_ps), pe, csv_cell(csv, csv_column(csv, "start_us")),
                      csv_cell(csv, csv_column(csv, "finish_us")));
    }
    require(!fault_is_set(&fault), &fault);
    ck_assert_uint_eq(count, log->count);
    csv_close(csv);
}

/* The recorded arrivals of DS3 in our columns. */
static void write_arrivals(struct arena *arena, const struct reference *reference,
                           const char *shared)
{
    struct fault fault = FAULT_NONE;
    struct csv_reader *in =
        csv_open(arena_printf(arena, "%s/%s.arrivals.csv", shared, reference->shared), &fault);
    require(in != NULL, &fault);
    struct csv_writer out;
    require(csv_create(&out, golden_path(arena, reference, ".arrivals.csv"), &fault), &fault);
    csv_header(&out,
               (const char *const[]){"arrival_us", "app", "after_tick", "after_completions", NULL});
    while (csv_next(in, &fault)) {
        const char *app = csv_cell(in, csv_column(in, "app"));
        csv_text(&out, csv_cell(in, csv_column(in, "inject_us")));
        csv_text(&out, reference->apps[strcmp(app, reference->ds3_apps[0]) == 0 ? 0 : 1]);
        csv_text(&out, csv_cell(in, csv_column(in, "after_tick")));
        csv_text(&out, csv_cell(in, csv_column(in, "after_completions")));
        csv_end_row(&out);
    }
    require(!fault_is_set(&fault), &fault);
    require(csv_finish(&out, &fault), &fault);
    csv_close(in);
}

START_TEST(every_task_runs_where_and_when_ds3_ran_it)
{
    const struct reference *reference = &references[_i % REFERENCES];
    const struct engine_kind *engine = engine_kinds[_i / REFERENCES];
    const char *shared = TEST_SHARED_DATA;
    struct stat info;
    bool has_shared = reference->shared != NULL && shared != NULL && stat(shared, &info) == 0;
    bool is_writing = getenv("HETSOC_GOLDEN_WRITE") != NULL && _i < REFERENCES;
    struct arena *arena = arena_create();
    struct machine machine = {0};
    load_machine(&machine, arena, reference);
    struct fault fault = FAULT_NONE;
    if (reference->is_stream) {
        if (is_writing && has_shared)
            write_arrivals(arena, reference, shared);
        require(arrivals_load_trace(&machine.arrivals, arena,
                                    golden_path(arena, reference, ".arrivals.csv"), machine.names,
                                    machine.app_count, &fault),
                &fault);
    }
    struct fixture_log log = {0};
    run(&machine, arena, reference, engine, &log);
    if (is_writing)
        write_golden(reference, golden_path(arena, reference, ".csv"), &log);
    compare(reference, golden_path(arena, reference, ".csv"), &log);
    if (has_shared)
        compare(reference,
                arena_printf(arena, "%s/%s%s", shared, reference->shared,
                             reference->is_stream ? ".tasks.csv" : ""),
                &log);
    else if (reference->shared != NULL)
        printf("%s: reference data absent, compared with the golden file only\n", reference->name);
    fixture_log_finish(&log);
    arena_destroy(arena);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("ds3");
    TCase *all = tcase_create("schedules");
    tcase_set_timeout(all, 60);
    tcase_add_loop_test(all, every_task_runs_where_and_when_ds3_ran_it, 0, 2 * REFERENCES);
    suite_add_tcase(suite, all);
    return suite;
}
