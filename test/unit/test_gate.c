/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The closed loop: with so many jobs in flight, the next one waits at the gate. By hand, on
 * streams, and against DS3's own dates. */
#include <stdlib.h>

#include "base/csv.h"
#include "base/tick.h"
#include "sched/registry.h"
#include "sim/scenario_drawn.h"
#include "test/fixture.h"
#include "test/suite.h"

#define US TICK_PER_US

enum { JOBS = 400 };

static struct arena *arena;
static struct bind *binds;
static int64_t arrival_ps[JOBS], drawn_ps[JOBS], finish_ps[JOBS];
static int32_t in_flight, most_in_flight, held;

static void on_job_arrival(void *self, int64_t now_ps, const struct observed_arrival *arrival)
{
    (void)self;
    int32_t job = arrival->job->id;
    arrival_ps[job] = arrival->job->arrival_ps;
    drawn_ps[job] = arrival->drawn->at_ps;
    ck_assert_int_ge(now_ps, arrival->job->arrival_ps);
    in_flight++;
    most_in_flight = in_flight > most_in_flight ? in_flight : most_in_flight;
}

static void on_job_done(void *self, const struct observed_job *job)
{
    (void)self;
    finish_ps[job->id] = job->finish_ps;
    in_flight--;
}

static const struct observer observer = {.on_job_arrival = on_job_arrival,
                                         .on_job_done = on_job_done};

static void set_up(void)
{
    arena = arena_create();
    in_flight = most_in_flight = held = 0;
}

static void tear_down(void)
{
    arena_destroy(arena);
}

/* One PE that serves jobs of one task of 10 us. */
static const struct soc *make_server(void)
{
    static const struct fixture_task task = {"serve", {10}};
    struct soc *soc = fixture_soc(arena, 1, (int32_t[]){1}, 1);
    struct app *app = fixture_app(arena, "app", 1, &task, 1, NULL, 0);
    binds = fixture_bind(arena, soc, &app, 1);
    return soc;
}

static void run(const struct soc *soc, const struct scenario *scenario, int engine, int32_t most,
                const char *policy, bool compat_ds3)
{
    const struct world_setup setup = {
        .soc = soc,
        .binds = binds,
        .bind_count = 1,
        .scenario = scenario,
        .engine = engine_kinds[engine],
        .policy = sched_find(policy),
        .observers = &observer,
        .observer_count = 1,
        .max_in_flight = most,
        .compat_ds3 = compat_ds3,
    };
    struct world_result result;
    struct fault fault = FAULT_NONE;
    ck_assert_msg(world_run(&setup, &result, &fault), "%s", fault.what);
    ck_assert_int_eq(in_flight, 0);
}

/* Runs jobs that the process would have arrive at these dates. */
static void run_dates(const double *dates_us, int32_t count, int engine, int32_t most, bool compat)
{
    struct arrival_row rows[16] = {{0}};
    for (int32_t i = 0; i < count; i++)
        rows[i].at_ps = tick_from_us(dates_us[i]);
    struct fixture_scenario source = {.rows = rows, .row_count = count};
    struct scenario scenario = fixture_scenario(&source);
    run(make_server(), &scenario, engine, most, "met", compat);
}

static void expect(int32_t job, double arrived_us, double finished_us)
{
    ck_assert_double_eq(tick_to_us(arrival_ps[job]), arrived_us);
    ck_assert_double_eq(tick_to_us(finish_ps[job]), finished_us);
}

static const double gaps[] = {0, 1, 2, 30, 31};

START_TEST(who_is_one_too_many_arrives_at_the_end_of_another_and_delays_the_rest)
{
    run_dates(gaps, 5, _i, 2, false);
    expect(0, 0, 10);
    expect(1, 1, 20);
    expect(2, 10, 30); /* waited 8 */
    expect(3, 38, 48);
    expect(4, 39, 58);
    ck_assert_int_eq(drawn_ps[2], 2 * US);
    ck_assert_int_eq(drawn_ps[4], 31 * US);
}
END_TEST

START_TEST(without_a_limit_nobody_waits)
{
    run_dates(gaps, 5, _i, 0, false);
    expect(2, 2, 30);
    expect(3, 30, 40);
    expect(4, 31, 50);
}
END_TEST

START_TEST(jobs_that_all_come_at_once_pass_one_by_one)
{
    const double at_once[] = {0, 0, 0, 0};
    run_dates(at_once, 4, _i, 1, false);
    for (int32_t job = 0; job < 4; job++)
        expect(job, 10 * job, 10 * (job + 1));
}
END_TEST

START_TEST(a_place_that_becomes_free_at_the_date_itself_can_be_taken)
{
    const double touching[] = {0, 10, 25};
    run_dates(touching, 3, _i, 1, false);
    expect(1, 10, 20);
    expect(2, 25, 35);
}
END_TEST

/* Its generator had its turn before the ends of that date, and the next one 1 us later. */
START_TEST(with_the_clock_of_ds3_it_is_taken_a_tick_later)
{
    const double touching[] = {0, 10, 25};
    run_dates(touching, 3, _i, 1, true);
    expect(1, 11, 21);
    expect(2, 26, 36);
}
END_TEST

static void decide_nothing(void *self, const struct view *view, struct decisions *decisions)
{
    (void)self, (void)view, (void)decisions;
}

START_TEST(a_deadlock_is_found_although_ds3_looks_at_the_gate_again_and_again)
{
    static const struct policy_kind idle = {.contract = POLICY_CONTRACT,
                                            .name = "idle",
                                            .discipline = POLICY_DATA_READY,
                                            .decide = decide_nothing};
    const struct arrival_row rows[] = {{.at_ps = 0}, {.at_ps = 3 * US}};
    struct fixture_scenario source = {.rows = rows, .row_count = 2};
    struct scenario scenario = fixture_scenario(&source);
    const struct world_setup setup = {
        .soc = make_server(),
        .binds = binds,
        .bind_count = 1,
        .scenario = &scenario,
        .engine = engine_kinds[_i],
        .policy = &idle,
        .max_in_flight = 1,
        .compat_ds3 = true,
    };
    struct world_result result;
    struct fault fault = FAULT_NONE;
    ck_assert(!world_run(&setup, &result, &fault));
    ck_assert_int_eq(result.status, WORLD_DEADLOCK);
    ck_assert_int_eq(result.end_ps, 0);
}
END_TEST

START_TEST(there_are_never_more_in_flight_on_a_stream)
{
    static const double whole[] = {1.0};
    const struct arrivals arrivals = {.kind = &arrivals_poisson, .mean_interarrival_us = 7.0};
    const struct scenario_drawn drawn = {.seed = 1,
                                         .jobs = JOBS,
                                         .arrivals = &arrivals,
                                         .app_share = whole,
                                         .app_count = 1,
                                         .noise = {.exec = {.dist = NOISE_EXPONENTIAL}}};
    const struct scenario scenario = scenario_drawn(&drawn);
    int32_t most = _i == 0 ? 1 : 4 * _i;
    run(make_server(), &scenario, 0, most, "met", false);
    ck_assert_int_eq(most_in_flight, most); /* the load is above 1: it is always reached */
    int64_t waited_ps = 0;
    for (int32_t job = 0; job < JOBS; job++) {
        ck_assert_int_ge(arrival_ps[job] - drawn_ps[job], waited_ps);
        if (arrival_ps[job] - drawn_ps[job] > waited_ps) {
            held++;
            /* it came in when another job ended */
            bool is_end = false;
            for (int32_t other = 0; other < job; other++)
                is_end |= finish_ps[other] == arrival_ps[job];
            ck_assert(is_end);
        }
        waited_ps = arrival_ps[job] - drawn_ps[job];
    }
    ck_assert_int_gt(held, JOBS / 8);
}
END_TEST

/* The gaps that DS3 drew for a stream of the Topcuoglu app at a load above 1 with its cap of 12,
 * and when its jobs then arrived and ended under ETF. */
START_TEST(ds3_lets_its_jobs_in_at_the_same_dates)
{
    struct soc soc;
    struct app_set set;
    struct fault fault = FAULT_NONE;
    const char *root = TEST_SOURCE_ROOT;
    const char *path = arena_printf(arena, "%s/test/golden/ds3/closed_top_etf_sc25.csv", root);
    const char *name = "topcuoglu";
    struct arrivals arrivals;
    bool ok =
        soc_load(&soc, arena, arena_printf(arena, "%s/sim/platforms/top3.yaml", root), &fault) &&
        app_load(&set, arena, arena_printf(arena, "%s/workloads/apps/topcuoglu.yaml", root),
                 &fault) &&
        arrivals_load_trace(&arrivals, arena, path, &name, 1, &fault);
    ck_assert_msg(ok, "%s: %s", fault.where, fault.what);
    struct app *app = &set.apps[0];
    binds = fixture_bind(arena, &soc, &app, 1);
    struct fixture_scenario source = {.rows = arrivals.rows, .row_count = arrivals.row_count};
    struct scenario scenario = fixture_scenario(&source);
    run(&soc, &scenario, _i, 12, "ds3_etf", true);
    struct csv_reader *csv = csv_open(path, &fault);
    int32_t job = 0;
    for (; csv_next(csv, &fault); job++) {
        ck_assert_double_eq(tick_to_us(arrival_ps[job]),
                            atof(csv_cell(csv, csv_column(csv, "inject_us"))));
        ck_assert_double_eq(tick_to_us(finish_ps[job]),
                            atof(csv_cell(csv, csv_column(csv, "finish_us"))));
        held += arrival_ps[job] != drawn_ps[job];
    }
    csv_close(csv);
    ck_assert_int_eq(job, 200);
    ck_assert_int_eq(held, 155);
    ck_assert_int_eq(most_in_flight, 12);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("gate");
    TCase *test = tcase_create("gate");
    tcase_add_checked_fixture(test, set_up, tear_down);
    tcase_add_loop_test(test, who_is_one_too_many_arrives_at_the_end_of_another_and_delays_the_rest,
                        0, 2);
    tcase_add_loop_test(test, without_a_limit_nobody_waits, 0, 2);
    tcase_add_loop_test(test, jobs_that_all_come_at_once_pass_one_by_one, 0, 2);
    tcase_add_loop_test(test, a_place_that_becomes_free_at_the_date_itself_can_be_taken, 0, 2);
    tcase_add_loop_test(test, with_the_clock_of_ds3_it_is_taken_a_tick_later, 0, 2);
    tcase_add_loop_test(test, a_deadlock_is_found_although_ds3_looks_at_the_gate_again_and_again, 0,
                        2);
    tcase_add_loop_test(test, there_are_never_more_in_flight_on_a_stream, 0, 4);
    tcase_add_loop_test(test, ds3_lets_its_jobs_in_at_the_same_dates, 0, 2);
    suite_add_tcase(suite, test);
    return suite;
}
