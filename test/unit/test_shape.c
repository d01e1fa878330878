/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>

#include "analysis/optimum.h"
#include "analysis/shape.h"
#include "base/tick.h"
#include "test/fixture.h"
#include "test/suite.h"

static struct arena *arena;

static void setup(void)
{
    arena = arena_create();
}

static void teardown(void)
{
    arena_destroy(arena);
}

/* a diamond with a tail, and a task beside it: 0 > 1, 2 > 3 > 4, and 5 */
static const struct fixture_task tasks[] = {{"a", {2, 4}}, {"b", {3, 6}},  {"c", {8, 4}},
                                            {"d", {1, 2}}, {"e", {5, -1}}, {"f", {7, 9}}};
static const struct fixture_edge edges[] = {
    {0, 1, 10}, {0, 2, 20}, {1, 3, 0}, {2, 3, 30}, {3, 4, 40}};

static struct bind *bind_diamond(int32_t fast, int32_t slow)
{
    const int32_t pes_of[] = {fast, slow};
    struct app *app = fixture_app(arena, "diamond", 2, tasks, 6, edges, 5);
    return fixture_bind(arena, fixture_soc(arena, slow > 0 ? 2 : 1, pes_of, 10), &app, 1);
}

START_TEST(a_level_is_the_longest_way_from_an_entry)
{
    struct shape shape;
    shape_find(&shape, arena, bind_diamond(1, 1)->app);
    static const int32_t level[] = {0, 1, 1, 2, 3, 0}, by_level[] = {0, 5, 1, 2, 3, 4};
    ck_assert_int_eq(shape.level_count, 4);
    ck_assert_int_eq(shape.widest, 2);
    ck_assert_double_eq(shape.bytes, 100);
    ck_assert_mem_eq(shape.level, level, sizeof level);
    ck_assert_mem_eq(shape.by_level, by_level, sizeof by_level);
}
END_TEST

START_TEST(a_chain_has_a_level_per_task_and_loose_tasks_have_one)
{
    static const struct fixture_edge chain[] = {
        {0, 1, 1}, {1, 2, 1}, {2, 3, 1}, {3, 4, 1}, {4, 5, 1}};
    struct shape shape;
    shape_find(&shape, arena, fixture_app(arena, "chain", 2, tasks, 6, chain, 5));
    ck_assert_int_eq(shape.level_count, 6);
    ck_assert_int_eq(shape.widest, 1);
    shape_find(&shape, arena, fixture_app(arena, "loose", 2, tasks, 6, NULL, 0));
    ck_assert_int_eq(shape.level_count, 1);
    ck_assert_int_eq(shape.widest, 6);
}
END_TEST

START_TEST(the_load_is_that_of_the_times_by_hand)
{
    struct shape_load load;
    shape_load_find(&load, arena, bind_diamond(1, 1));
    ck_assert_double_eq(load.work_ps, 22e6);   /* 2 + 3 + 4 + 1 + 5 + 7 */
    ck_assert_double_eq(load.serial_ps, 26e6); /* K1 cannot run e */
    ck_assert_int_eq(load.serial_pe, 0);
    static const int32_t path[] = {0, 2, 3, 4};
    ck_assert_int_eq(load.longest_ps, 12 * TICK_PER_US);
    ck_assert_int_eq(load.path_count, 4);
    ck_assert_mem_eq(load.path, path, sizeof path);
    /* 20 bytes at 10 bytes/us on average; (3 + 4.5 + 6 + 1.5 + 5 + 8) / 6 */
    ck_assert_double_eq_tol(load.ccr, 2.0 / (28.0 / 6.0), 1e-12);
}
END_TEST

START_TEST(no_pe_may_be_able_to_run_all)
{
    static const struct fixture_task apart[] = {{"a", {2, -1}}, {"b", {-1, 3}}};
    const int32_t pes_of[] = {1, 1};
    struct app *app = fixture_app(arena, "apart", 2, apart, 2, NULL, 0);
    struct shape_load load;
    shape_load_find(&load, arena, fixture_bind(arena, fixture_soc(arena, 2, pes_of, 1), &app, 1));
    ck_assert(isinf(load.serial_ps));
    ck_assert_int_eq(load.serial_pe, -1);
    ck_assert_double_eq(load.ccr, 0);
}
END_TEST

START_TEST(equal_pes_have_the_area_of_work_over_pes)
{
    struct shape_load load;
    shape_load_find(&load, arena, bind_diamond(4, 0));
    ck_assert_int_eq(load.area_ps, 6500000); /* 26 us on 4 */
}
END_TEST

START_TEST(no_schedule_is_shorter_than_the_bounds)
{
    const struct optimum_limits limits = {.nodes = 200000, .memory_bytes = 1 << 20};
    for (uint32_t i = 0; i < 60; i++) {
        struct random_stream stream = random_open(7, i, RANDOM_ARRIVAL, 0, 0);
        struct app *app = fixture_random_app(arena, &stream, 2, 7, i % 2 == 0);
        const int32_t pes_of[] = {1 + (int32_t)(i % 3), 1};
        struct bind *bind = fixture_bind(arena, fixture_soc(arena, 2, pes_of, 2), &app, 1);
        struct shape_load load;
        struct optimum optimum;
        shape_load_find(&load, arena, bind);
        optimum_find(&optimum, bind, NULL, 0, &limits);
        ck_assert_int_le(load.longest_ps, optimum.makespan_ps);
        ck_assert_int_le(load.area_ps, optimum.makespan_ps);
        ck_assert((double)optimum.makespan_ps <= load.serial_ps);
        optimum_finish(&optimum);
    }
}
END_TEST

START_TEST(with_branches_work_is_an_expectation_and_there_is_no_area)
{
    static const struct fixture_task either[] = {{"r", {2, -1}}, {"a", {8, -1}}, {"b", {4, -1}}};
    static const struct fixture_edge gates[] = {{0, 1, 0}, {0, 2, 0}};
    static const double probabilities[] = {0.25, 0.75};
    static int32_t when[] = {0, 1};
    static struct app_branch branch = {
        .task = 0, .alternative_count = 2, .probabilities = probabilities};
    const int32_t pes_of[] = {1};
    struct app *app = fixture_app(arena, "either", 1, either, 3, gates, 2);
    app->when = when;
    app->branches = &branch;
    app->branch_count = 1;
    app->tasks[0].branch = 0;
    struct shape_load load;
    shape_load_find(&load, arena, fixture_bind(arena, fixture_soc(arena, 1, pes_of, 1), &app, 1));
    ck_assert_double_eq_tol(load.work_ps, 7e6, 1); /* 2 + 0.25 x 8 + 0.75 x 4 */
    ck_assert_double_eq_tol(load.serial_ps, 7e6, 1);
    ck_assert_int_eq(load.longest_ps, 10 * TICK_PER_US);
    ck_assert_int_eq(load.area_ps, 0);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("shape");
    TCase *shape = tcase_create("shape");
    tcase_add_checked_fixture(shape, setup, teardown);
    tcase_add_test(shape, a_level_is_the_longest_way_from_an_entry);
    tcase_add_test(shape, a_chain_has_a_level_per_task_and_loose_tasks_have_one);
    suite_add_tcase(suite, shape);
    TCase *load = tcase_create("load");
    tcase_add_checked_fixture(load, setup, teardown);
    tcase_add_test(load, the_load_is_that_of_the_times_by_hand);
    tcase_add_test(load, no_pe_may_be_able_to_run_all);
    tcase_add_test(load, equal_pes_have_the_area_of_work_over_pes);
    tcase_add_test(load, no_schedule_is_shorter_than_the_bounds);
    tcase_add_test(load, with_branches_work_is_an_expectation_and_there_is_no_area);
    suite_add_tcase(suite, load);
    return suite;
}
