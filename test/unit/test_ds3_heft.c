/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The points of ds3_heft and ds3_heft_rt that DS3's own runs (golden ds3) may not touch, by hand.
 * The world executes the plans; with one byte per us a byte more on the way is a us more. */
#include "base/tick.h"
#include "sched/registry.h"
#include "test/fixture.h"
#include "test/suite.h"

#define US TICK_PER_US

static struct arena *arena;
static struct fixture_log report; /* of the last run */

static void set_up(void)
{
    arena = arena_create();
    report = (struct fixture_log){0};
}

static void tear_down(void)
{
    fixture_log_finish(&report);
    arena_destroy(arena);
}

static void run(const char *name, const struct soc *soc, struct app *app,
                const struct fixture_scenario *source, const double *params)
{
    fixture_log_finish(&report);
    struct scenario scenario = fixture_scenario(source);
    struct observer observer = fixture_observer(&report);
    struct world_setup setup = {
        .soc = soc,
        .binds = fixture_bind(arena, soc, &app, 1),
        .bind_count = 1,
        .scenario = &scenario,
        .engine = engine_find("heap"),
        .policy = sched_find(name),
        .observers = &observer,
        .observer_count = 1,
        .params = params,
    };
    struct world_result result;
    struct fault fault = FAULT_NONE;
    ck_assert_msg(world_run(&setup, &result, &fault), "%s", fault.what);
    ck_assert_int_eq(result.jobs_done, source->row_count);
}

static void check_task(int32_t job, int32_t task, int32_t pe, double start_us)
{
    const struct fixture_row *row = fixture_find(&report, job, task);
    ck_assert_ptr_nonnull(row);
    ck_assert_int_eq(row->pe, pe);
    ck_assert_int_eq(row->start_ps, tick_from_us(start_us));
}

static const char *const both[] = {"ds3_heft_rt", "ds3_heft"};

START_TEST(of_the_tasks_of_highest_rank_the_first_comes_last)
{
    static const struct fixture_task tasks[] = {
        {"a", {5}}, {"b", {5}}, {"c", {5}}, {"shorter", {4}}};
    struct soc *soc = fixture_soc(arena, 1, (int32_t[]){1}, 1.0);
    struct app *app = fixture_app(arena, "equal", 1, tasks, 4, NULL, 0);
    struct arrival_row row = {0};
    struct fixture_scenario source = {.rows = &row, .row_count = 1};
    run(both[_i], soc, app, &source, NULL);
    check_task(0, 1, 0, 0);
    check_task(0, 2, 0, 5);
    check_task(0, 0, 0, 10);
    check_task(0, 3, 0, 15);
}
END_TEST

/* Task 0 takes four times as long as expected. */
static double first_is_slow(int32_t job, int32_t task)
{
    (void)job;
    return task == 0 ? 4 : 1;
}

START_TEST(a_task_waits_for_the_one_before_it_although_its_pe_is_idle)
{
    /* On PE 0 `second` is planned behind `first`, whose input comes late. */
    static const struct fixture_task tasks[] = {{"slow", {-1, 4, -1}},
                                                {"first", {20, -1, -1}},
                                                {"quick", {-1, -1, 5}},
                                                {"second", {3, -1, -1}}};
    static const struct fixture_edge edges[] = {{0, 1, 1}, {2, 3, 1}};
    struct soc *soc = fixture_soc(arena, 3, (int32_t[]){1, 1, 1}, 1.0);
    struct app *app = fixture_app(arena, "chains", 3, tasks, 4, edges, 2);
    struct arrival_row row = {0};
    struct fixture_scenario source = {.rows = &row, .row_count = 1, .factor = first_is_slow};
    run("ds3_heft", soc, app, &source, NULL);
    check_task(0, 1, 0, 17);
    check_task(0, 3, 0, 37);
}
END_TEST

START_TEST(the_data_of_the_whole_batch_is_planned)
{
    /* `next` would end at 8 + 8 x 2 + 8 x 4 on the other PE. */
    static const struct fixture_task tasks[] = {{"first", {1, -1}}, {"next", {5, 4}}};
    static const struct fixture_edge edges[] = {{0, 1, 2}};
    struct soc *soc = fixture_soc(arena, 2, (int32_t[]){1, 1}, 1.0);
    struct app *app = fixture_app(arena, "batch", 2, tasks, 2, edges, 1);
    app->batch = 8;
    struct arrival_row row = {0};
    struct fixture_scenario source = {.rows = &row, .row_count = 1};
    run("ds3_heft", soc, app, &source, NULL);
    check_task(0, 1, 0, 8);
}
END_TEST

START_TEST(a_task_fits_in_front_of_one_without_length_that_starts_when_it_ends)
{
    /* `none` is planned at 11 us, then `filler` from 5 to 11 us in front of it. */
    static const struct fixture_task tasks[] = {{"slow", {-1, 4, -1}},
                                                {"long", {-1, -1, 10}},
                                                {"none", {0, -1, -1}},
                                                {"last", {-1, -1, 10}},
                                                {"filler", {6, -1, -1}}};
    static const struct fixture_edge edges[] = {{0, 4, 1}, {1, 2, 1}, {2, 3, 1}};
    struct soc *soc = fixture_soc(arena, 3, (int32_t[]){1, 1, 1}, 1.0);
    struct app *app = fixture_app(arena, "gap", 3, tasks, 5, edges, 3);
    struct arrival_row row = {0};
    struct fixture_scenario source = {.rows = &row, .row_count = 1, .factor = first_is_slow};
    run("ds3_heft", soc, app, &source, NULL);
    check_task(0, 4, 0, 17);
    check_task(0, 2, 0, 23);
    check_task(0, 3, 2, 24);
}
END_TEST

START_TEST(a_task_that_has_the_number_of_the_dummy_entry_is_waited_for)
{
    /* `next` alone is ready when `head` is done, so the dummy entry has the number above its own:
     * that of `long`, if `long` comes behind `next`. Nothing is then planned before `long` ends. */
    static const struct fixture_task above[] = {
        {"head", {-1, 5}}, {"next", {10, 20}}, {"long", {100, -1}}};
    static const struct fixture_task below[] = {
        {"long", {100, -1}}, {"head", {-1, 5}}, {"next", {10, 20}}};
    static const struct fixture_edge above_edge = {0, 1, 0}, below_edge = {1, 2, 0};
    struct soc *soc = fixture_soc(arena, 2, (int32_t[]){1, 1}, 1.0);
    struct arrival_row row = {0};
    struct fixture_scenario source = {.rows = &row, .row_count = 1};
    struct app *app = fixture_app(arena, "above", 2, above, 3, &above_edge, 1);
    run("ds3_heft_rt", soc, app, &source, NULL);
    check_task(0, 1, 0, 100);
    app = fixture_app(arena, "below", 2, below, 3, &below_edge, 1);
    run("ds3_heft_rt", soc, app, &source, NULL);
    check_task(0, 2, 1, 5);
}
END_TEST

/* The edge has no data and is forgotten: the longer `after` is planned in front of `before`. */
static const struct fixture_task crossed[] = {{"before", {1}}, {"after", {10}}};
static const struct fixture_edge crossed_edge = {0, 1, 0};

START_TEST(a_plan_against_precedence_is_dropped_when_patience_ends)
{
    struct soc *soc = fixture_soc(arena, 1, (int32_t[]){1}, 1.0);
    struct app *app = fixture_app(arena, "crossed", 1, crossed, 2, &crossed_edge, 1);
    struct arrival_row row = {.at_ps = 7 * US};
    struct fixture_scenario source = {.rows = &row, .row_count = 1};
    static const double patience_us = 50;
    static const double *const params[] = {&patience_us, NULL};
    static const double start_us[] = {57, 100007};
    for (int32_t i = 0; i < 2; i++) {
        run("ds3_heft", soc, app, &source, params[i]);
        check_task(0, 0, 0, start_us[i]);
        check_task(0, 1, 0, start_us[i] + 1);
    }
}
END_TEST

START_TEST(failures_do_not_make_it_wait_for_longer)
{
    struct soc *soc = fixture_soc(arena, 1, (int32_t[]){1}, 1.0);
    struct app *app = fixture_app(arena, "crossed", 1, crossed, 2, &crossed_edge, 1);
    struct arrival_row row = {.at_ps = 7 * US};
    static const struct failures_listed list[] = {{0, 30 * US, 31 * US}, {0, 55 * US, 56 * US}};
    struct fixture_scenario source = {
        .rows = &row, .row_count = 1, .failures = {.list = list, .count = 2}};
    run("ds3_heft", soc, app, &source, (double[]){50});
    check_task(0, 0, 0, 57);
    check_task(0, 1, 0, 58);
}
END_TEST

START_TEST(an_arrival_that_comes_before_patience_ends_makes_a_new_plan)
{
    /* In the new plan the first job's `before` is queued already and comes first, but what is left
     * waits in a circle again. */
    struct soc *soc = fixture_soc(arena, 1, (int32_t[]){1}, 1.0);
    struct app *app = fixture_app(arena, "crossed", 1, crossed, 2, &crossed_edge, 1);
    struct arrival_row rows[] = {{0}, {.at_ps = 20 * US}};
    struct fixture_scenario source = {.rows = rows, .row_count = 2};
    run("ds3_heft", soc, app, &source, (double[]){50});
    check_task(0, 0, 0, 20);
    check_task(1, 0, 0, 71);
    check_task(0, 1, 0, 72);
    check_task(1, 1, 0, 82);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("ds3_heft");
    TCase *all = tcase_create("by hand");
    tcase_add_checked_fixture(all, set_up, tear_down);
    tcase_add_loop_test(all, of_the_tasks_of_highest_rank_the_first_comes_last, 0, 2);
    tcase_add_test(all, a_task_waits_for_the_one_before_it_although_its_pe_is_idle);
    tcase_add_test(all, the_data_of_the_whole_batch_is_planned);
    tcase_add_test(all, a_task_fits_in_front_of_one_without_length_that_starts_when_it_ends);
    tcase_add_test(all, a_task_that_has_the_number_of_the_dummy_entry_is_waited_for);
    tcase_add_test(all, a_plan_against_precedence_is_dropped_when_patience_ends);
    tcase_add_test(all, failures_do_not_make_it_wait_for_longer);
    tcase_add_test(all, an_arrival_that_comes_before_patience_ends_makes_a_new_plan);
    suite_add_tcase(suite, all);
    return suite;
}
