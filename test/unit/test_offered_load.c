/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/offered_load.h"
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

START_TEST(on_equal_pes_it_is_work_per_time_and_pe)
{
    int32_t pes_of[] = {4};
    const struct fixture_task tasks[] = {{"a", {6}}, {"b", {2}}};
    struct app *app = fixture_app(arena, "app", 1, tasks, 2, NULL, 0);
    struct bind *bind = fixture_bind(arena, fixture_soc(arena, 1, pes_of, 1), &app, 1);
    const double rate[] = {0.3};
    ck_assert_double_eq_tol(offered_load(bind, rate, 1), 0.3 * 8 / 4, 1e-6);
}
END_TEST

START_TEST(apps_count_by_their_rates)
{
    int32_t pes_of[] = {2};
    const struct fixture_task tasks[] = {{"long", {10}}, {"short", {1}}};
    struct app *apps[] = {fixture_app(arena, "long", 1, &tasks[0], 1, NULL, 0),
                          fixture_app(arena, "short", 1, &tasks[1], 1, NULL, 0)};
    struct bind *binds = fixture_bind(arena, fixture_soc(arena, 1, pes_of, 1), apps, 2);
    const double rates[] = {0.1, 0.5}, none[] = {0, 0};
    ck_assert_double_eq_tol(offered_load(binds, rates, 2), (0.1 * 10 + 0.5 * 1) / 2, 1e-6);
    ck_assert_double_eq(offered_load(binds, none, 2), 0);
}
END_TEST

/* Two tasks, one at home on each kind: the best split gives 3 us to each PE per job. */
START_TEST(unlike_pes_share_the_work_as_well_as_they_can)
{
    int32_t pes_of[] = {1, 1};
    const struct fixture_task tasks[] = {{"a", {3, 30}}, {"b", {30, 3}}};
    struct app *app = fixture_app(arena, "app", 2, tasks, 2, NULL, 0);
    struct bind *bind = fixture_bind(arena, fixture_soc(arena, 2, pes_of, 1), &app, 1);
    const double rate[] = {0.2};
    ck_assert_double_eq_tol(offered_load(bind, rate, 1), 0.2 * 3, 1e-6);
}
END_TEST

START_TEST(a_kind_that_alone_can_do_the_work_limits_all)
{
    int32_t pes_of[] = {1, 3};
    const struct fixture_task tasks[] = {{"a", {5, -1}}, {"b", {5, -1}}, {"c", {1, 1}}};
    struct app *app = fixture_app(arena, "app", 2, tasks, 3, NULL, 0);
    struct bind *bind = fixture_bind(arena, fixture_soc(arena, 2, pes_of, 1), &app, 1);
    const double rate[] = {0.1};
    double load = offered_load(bind, rate, 1);
    ck_assert_double_le(load, 1.0);
    ck_assert_double_gt(load, 0.95); /* equal prices alone would say 0.28 */
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("offered_load");
    TCase *tcase = tcase_create("offered_load");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, on_equal_pes_it_is_work_per_time_and_pe);
    tcase_add_test(tcase, apps_count_by_their_rates);
    tcase_add_test(tcase, unlike_pes_share_the_work_as_well_as_they_can);
    tcase_add_test(tcase, a_kind_that_alone_can_do_the_work_limits_all);
    suite_add_tcase(suite, tcase);
    return suite;
}
