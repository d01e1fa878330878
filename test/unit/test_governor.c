/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The ondemand rule on loads that are written down. */
#include "base/tick.h"
#include "sim/governor.h"
#include "test/fixture.h"
#include "test/suite.h"

#define US TICK_PER_US

static struct arena *arena;
static struct soc *soc;
static struct governor governor;

/* PEs 0 and 1 are a cluster with four points, PE 2 is one without; period 10 us. */
static void set_up(void)
{
    static struct soc_opp opps[] = {{400, 800}, {600, 850}, {800, 900}, {1000, 1000}};
    arena = arena_create();
    soc = fixture_soc(arena, 2, (int32_t[]){2, 1}, 1);
    soc->kinds[0].opps = opps;
    soc->kinds[0].opp_count = 4;
    soc->kinds[0].opp = 3;
    soc->ondemand = (struct soc_ondemand){10 * US, 0.8, 0.3};
    governor_init(&governor, soc);
}

static void tear_down(void)
{
    governor_finish(&governor);
    arena_destroy(arena);
}

/* Has PEs 0 and 1 execute so long from the start of a period, then takes the sample at its end;
 * returns the point. */
static int32_t pass(int32_t period, int64_t first_us, int64_t second_us)
{
    int64_t start_ps = 10 * US * period;
    governor_note(&governor, 0, start_ps, true);
    governor_note(&governor, 1, start_ps, true);
    governor_note(&governor, 0, start_ps + first_us * US, false);
    governor_note(&governor, 1, start_ps + second_us * US, false);
    governor_sample(&governor, start_ps + 10 * US);
    governor_apply(&governor, 0);
    return governor_opp(&governor, 0);
}

START_TEST(loads_of_a_cluster_add_up_and_lead_to_the_top_or_one_down)
{
    ck_assert_int_eq(pass(0, 1, 1), 2);
    ck_assert_int_eq(pass(1, 0, 2), 1);
    ck_assert_int_eq(pass(2, 1, 2), 1); /* 0.3 is not below 0.3 */
    ck_assert_int_eq(pass(3, 4, 4), 1); /* nor 0.8 above 0.8 */
    ck_assert_int_eq(pass(4, 4, 5), 3);
    ck_assert_int_eq(pass(5, 10, 10), 3);
}
END_TEST

START_TEST(the_slowest_point_is_the_last_one_down)
{
    for (int32_t period = 0; period < 3; period++)
        ck_assert_int_eq(pass(period, 0, 0), 2 - period);
    ck_assert_int_eq(pass(3, 0, 0), 0);
}
END_TEST

START_TEST(work_counts_in_each_period_that_it_touches)
{
    governor_note(&governor, 0, 5 * US, true);
    governor_sample(&governor, 10 * US); /* 0.5 */
    governor_apply(&governor, 0);
    ck_assert_int_eq(governor_opp(&governor, 1), 3);
    governor_note(&governor, 0, 12 * US, false);
    governor_sample(&governor, 20 * US); /* 0.2 */
    ck_assert(governor_apply(&governor, 0));
    ck_assert(!governor_apply(&governor, 0));
    ck_assert_int_eq(governor_opp(&governor, 1), 2);
}
END_TEST

START_TEST(a_cap_holds_back_and_steps_go_on_from_what_it_allows)
{
    governor.clusters[0].cap = 1;
    ck_assert_int_eq(pass(0, 10, 10), 1);
    ck_assert_int_eq(pass(1, 0, 0), 0);
    ck_assert_int_eq(pass(2, 10, 10), 1);
    governor.clusters[0].cap = INT32_MAX;
    ck_assert_int_eq(pass(3, 5, 0), 3); /* the wish is still the top */
}
END_TEST

START_TEST(a_cluster_without_points_keeps_its_only_one)
{
    governor_note(&governor, 2, 0, true);
    for (int32_t period = 1; period < 4; period++) {
        governor_sample(&governor, period * 10 * US);
        ck_assert(!governor_apply(&governor, 1));
        ck_assert_int_eq(governor_opp(&governor, 2), 0);
    }
}
END_TEST

START_TEST(it_is_settled_when_idle_at_the_slowest_points)
{
    ck_assert(!governor_is_settled(&governor));
    for (int32_t period = 0; period < 3; period++)
        pass(period, 0, 0);
    ck_assert(governor_is_settled(&governor));
    governor_note(&governor, 2, 31 * US, true);
    ck_assert(!governor_is_settled(&governor));
    governor_note(&governor, 2, 32 * US, false);
    ck_assert(!governor_is_settled(&governor)); /* the next sample will count that */
    governor_sample(&governor, 40 * US);
    ck_assert(governor_is_settled(&governor));
}
END_TEST

START_TEST(points_that_nobody_governs_are_settled_when_idle)
{
    soc->ondemand.period_ps = 0;
    ck_assert(governor_is_settled(&governor));
    governor_note(&governor, 0, 0, true);
    ck_assert(!governor_is_settled(&governor));
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("governor");
    TCase *cases = tcase_create("governor");
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, loads_of_a_cluster_add_up_and_lead_to_the_top_or_one_down);
    tcase_add_test(cases, the_slowest_point_is_the_last_one_down);
    tcase_add_test(cases, work_counts_in_each_period_that_it_touches);
    tcase_add_test(cases, a_cap_holds_back_and_steps_go_on_from_what_it_allows);
    tcase_add_test(cases, a_cluster_without_points_keeps_its_only_one);
    tcase_add_test(cases, it_is_settled_when_idle_at_the_slowest_points);
    tcase_add_test(cases, points_that_nobody_governs_are_settled_when_idle);
    suite_add_tcase(suite, cases);
    return suite;
}
