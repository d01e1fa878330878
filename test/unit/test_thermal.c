/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Temperatures, held against closed forms and the published model of a board. */
#include <math.h>

#include "base/tick.h"
#include "sim/thermal.h"
#include "test/fixture.h"
#include "test/suite.h"

static struct arena *arena;
static struct soc *soc;
static struct thermal thermal;

static void set_up(void)
{
    arena = arena_create();
    soc = fixture_soc(arena, 2, (int32_t[]){1, 1}, 1);
}

static void tear_down(void)
{
    thermal_finish(&thermal);
    arena_destroy(arena);
}

static void begin(const struct soc_thermal *model)
{
    soc->thermal = model;
    soc->thermal_mode = SOC_THERMAL_THROTTLE;
    thermal_init(&thermal, soc);
}

static const double single_keep[] = {0.9}, single_c_per_w[] = {2};
static const struct soc_heat single_sources[] = {{0, 0, single_c_per_w}};

/* k periods at P watts: 2 P (1 - 0.9^k) / 0.1 above ambient. */
START_TEST(one_place_warms_up_along_a_geometric_series)
{
    static const struct soc_thermal model = {1, 25, single_keep, single_sources, NULL, 1, 1, 0};
    begin(&model);
    ck_assert_double_eq(thermal_hottest_c(&thermal), 25);
    for (int k = 1; k <= 100; k++) {
        ck_assert(!thermal_step(&thermal, (double[]){1500, 777}));
        ck_assert_double_eq_tol(thermal_hottest_c(&thermal), 25 + 30 * (1 - pow(0.9, k)), 1e-9);
    }
    ck_assert_double_eq(thermal.max_c, thermal_hottest_c(&thermal));
    thermal_step(&thermal, (double[]){0, 0});
    ck_assert_double_lt(thermal_hottest_c(&thermal), thermal.max_c);
}
END_TEST

START_TEST(it_is_settled_when_nothing_changes_any_more)
{
    static const struct soc_thermal model = {1, 25, single_keep, single_sources, NULL, 1, 1, 0};
    begin(&model);
    ck_assert(!thermal_is_settled(&thermal));
    int periods = 0;
    for (; !thermal_is_settled(&thermal) && periods < 10000; periods++)
        thermal_step(&thermal, (double[]){1500, 0});
    /* A change of 3 x 0.9^k falls below 1e-12 at k = 273. */
    ck_assert_int_ge(periods, 270);
    ck_assert_int_le(periods, 276);
    ck_assert_double_eq_tol(thermal_hottest_c(&thermal), 55, 1e-10);
}
END_TEST

/* DS3's matrices of the Odroid-XU3 (DTPM_power_models.py of its repository): its memory and its GPU
 * always draw the same, then both clusters. */
static const double board_keep[5][5] = {
    {0.9928, 0.000566, 0.004281, 0.0003725, 1.34e-5},
    {0.006084, 0.9909, 0, 0.001016, 8.863e-5},
    {0, 0.0008608, 0.993, 0, 0.0008842},
    {0.006844, -0.0005119, 0, 0.9904, 0.0003392},
    {0.0007488, 0.003932, 8.654e-5, 0.002473, 0.9905},
};
static const double big[] = {0.0471, 0.01265, 0.113, 0.01646, 0.01476};
static const double little[] = {0.02399, 0, 0.02819, 0.007198, 0.03902};
static const double memory[] = {0.07423, 0, 0.6708, 0, 0.01404};
static const double gpu[] = {6.898e-7, 0.001971, 2.108e-6, 0.01682, 0.03811};
static const struct soc_heat board_sources[] = {
    {-1, 47.3, memory}, {-1, 120.1, gpu}, {0, 0, big}, {1, 0, little}};
static const struct soc_thermal board = {
    20 * TICK_PER_US, 42, board_keep[0], board_sources, NULL, 5, 4, 0};

/* At rest T = keep T + heat: what is left over of that says whether a long run came to rest there.
 */
START_TEST(the_board_of_ds3_comes_to_rest_where_its_equations_balance)
{
    begin(&board);
    for (int k = 0; k < 20000; k++)
        thermal_step(&thermal, (double[]){6910, 810});
    ck_assert(thermal_is_settled(&thermal));
    for (int i = 0; i < 5; i++) {
        double heat_c = memory[i] * 0.0473 + gpu[i] * 0.1201 + big[i] * 6.91 + little[i] * 0.81;
        double flow_c = heat_c - thermal.above_c[i];
        for (int j = 0; j < 5; j++)
            flow_c += board_keep[i][j] * thermal.above_c[j];
        ck_assert_double_eq_tol(flow_c, 0, 1e-9);
        ck_assert_double_gt(thermal.above_c[i], 0);
    }
}
END_TEST

START_TEST(trips_lead_up_at_once_and_down_one_by_one_below_their_hysteresis)
{
    static const int32_t warm[] = {2, INT32_MAX}, hot[] = {1, INT32_MAX}, burning[] = {0, 3};
    static const struct soc_trip trips[] = {{30, 1, warm}, {40, 2, hot}, {50, 3, burning}};
    static const double none[] = {0}, one[] = {1};
    static const struct soc_heat sources[] = {{0, 0, one}};
    static const struct soc_thermal model = {1, 0, none, sources, trips, 1, 1, 3};
    static const struct {
        double watts; /* is the temperature, as nothing is kept */
        int32_t trip;
        bool is_new;
    } steps[] = {{30, -1, false}, {31, 0, true},  {29.5, 0, false}, {55, 2, true}, {48, 2, false},
                 {10, 1, true},   {10, 0, true},  {10, -1, true},   {41, 1, true}, {51, 2, true},
                 {46, 1, true},   {39, 1, false}, {37, 0, true}};
    begin(&model);
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        bool is_new = thermal_step(&thermal, (double[]){1000 * steps[i].watts, 0});
        ck_assert_msg(thermal.trip == steps[i].trip, "step %zu: trip %d", i, (int)thermal.trip);
        ck_assert(is_new == steps[i].is_new);
        ck_assert_int_eq(thermal_cap(&thermal, 0), thermal.trip < 0 ? INT32_MAX : 2 - thermal.trip);
    }
    thermal_step(&thermal, (double[]){60000, 0});
    ck_assert_int_eq(thermal_cap(&thermal, 1), 3);
}
END_TEST

START_TEST(a_machine_that_nobody_watches_has_no_temperature)
{
    thermal_init(&thermal, soc);
    ck_assert(isnan(thermal.max_c));
    ck_assert(thermal_is_settled(&thermal));
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("thermal");
    TCase *cases = tcase_create("thermal");
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, one_place_warms_up_along_a_geometric_series);
    tcase_add_test(cases, it_is_settled_when_nothing_changes_any_more);
    tcase_add_test(cases, the_board_of_ds3_comes_to_rest_where_its_equations_balance);
    tcase_add_test(cases, trips_lead_up_at_once_and_down_one_by_one_below_their_hysteresis);
    tcase_add_test(cases, a_machine_that_nobody_watches_has_no_temperature);
    suite_add_tcase(suite, cases);
    return suite;
}
