/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Power and energy: of operating points, of a meter, of schedules computed by hand. */
#include <math.h>
#include <string.h>

#include "base/tick.h"
#include "sim/power.h"
#include "test/fixture.h"
#include "test/suite.h"

#define US TICK_PER_US

static struct arena *arena;

static void set_up(void)
{
    arena = arena_create();
}

static void tear_down(void)
{
    arena_destroy(arena);
}

/* K0 has two points: 500 MHz at 800 mV and 1000 MHz at 1000 mV; K1 has none. */
static struct soc *make_soc(const int32_t *pes_of)
{
    static struct soc_opp opps[] = {{500, 800}, {1000, 1000}};
    struct soc *soc = fixture_soc(arena, 2, pes_of, 1000);
    soc->has_power = true;
    soc->kinds[0].opps = opps;
    soc->kinds[0].opp_count = 2;
    soc->kinds[0].opp = 1;
    soc->kinds[0].power = (struct soc_power){1000, 100};
    soc->kinds[1].power = (struct soc_power){300, 50};
    return soc;
}

START_TEST(dynamic_power_falls_with_f_v_squared_and_static_power_with_v)
{
    struct soc *soc = make_soc((int32_t[]){1, 1});
    const struct soc_kind *kind = &soc->kinds[0];
    ck_assert_double_eq(soc_power_mw(kind, 1, true), 1100);
    ck_assert_double_eq(soc_power_mw(kind, 1, false), 100);
    ck_assert_double_eq_tol(soc_power_mw(kind, 0, true), 1000 * 0.5 * 0.64 + 80, 1e-9);
    ck_assert_double_eq_tol(soc_power_mw(kind, 0, false), 80, 1e-9);
    ck_assert_double_eq(soc_power_mw(&soc->kinds[1], 0, true), 350);
    ck_assert_double_eq(soc_stretch(kind, 0), 2);
    ck_assert_double_eq(soc_stretch(kind, 1), 1);
    ck_assert_double_eq(soc_stretch(&soc->kinds[1], 0), 1);
}
END_TEST

START_TEST(a_governor_chooses_the_point_of_every_kind_that_has_points)
{
    struct soc *soc = make_soc((int32_t[]){1, 1});
    struct fault fault = FAULT_NONE;
    ck_assert(soc_govern(soc, SOC_POWERSAVE, 0, &fault));
    ck_assert_int_eq(soc->kinds[0].opp, 0);
    ck_assert_int_eq(soc->kinds[1].opp, 0);
    ck_assert(soc_govern(soc, SOC_FIXED, 999, &fault));
    ck_assert_int_eq(soc->kinds[0].opp, 0);
    ck_assert(soc_govern(soc, SOC_FIXED, 1000, &fault));
    ck_assert_int_eq(soc->kinds[0].opp, 1);
    ck_assert(soc_govern(soc, SOC_PERFORMANCE, 0, &fault));
    ck_assert_int_eq(soc->kinds[0].opp, 1);
    ck_assert(!soc_govern(soc, SOC_FIXED, 499, &fault));
    ck_assert_ptr_nonnull(strstr(fault.what, "'K0' of 'fixture' runs at 500 MHz at least"));
}
END_TEST

START_TEST(a_machine_without_operating_points_cannot_be_governed)
{
    struct soc *soc = fixture_soc(arena, 1, (int32_t[]){1}, 1);
    struct fault fault = FAULT_NONE;
    ck_assert(!soc_govern(soc, SOC_POWERSAVE, 0, &fault));
    ck_assert_ptr_nonnull(strstr(fault.what, "no operating points"));
}
END_TEST

START_TEST(a_meter_integrates_from_change_to_change)
{
    struct soc *soc = make_soc((int32_t[]){1, 1});
    struct power power;
    power_init(&power, soc);
    power_set(&power, 0, 10 * US, 1100); /* 10 us at 100 mW: 1 uJ */
    power_set(&power, 0, 30 * US, 100);  /* 20 us at 1100 mW: 22 uJ */
    ck_assert_double_eq_tol(power_energy_uj(&power, 0, 30 * US), 23, 1e-9);
    ck_assert_double_eq_tol(power_energy_uj(&power, 0, 40 * US), 24, 1e-9);
    ck_assert_double_eq_tol(power_energy_uj(&power, 1, 40 * US), 2, 1e-9);
    ck_assert_double_eq_tol(power_mark(&power, 0, 30 * US), 23, 1e-9);
    ck_assert_double_eq_tol(power_mark(&power, 0, 50 * US), 2, 1e-9);
    power_finish(&power);
}
END_TEST

START_TEST(a_machine_that_does_not_tell_its_power_has_no_meter)
{
    struct power power;
    power_init(&power, fixture_soc(arena, 1, (int32_t[]){1}, 1));
    ck_assert_ptr_null(power.pes);
    power_finish(&power);
}
END_TEST

/* ---- energies of schedules ---- */

static double task_uj[4], job_uj;

static void note_task(void *self, const struct observed_task *observed)
{
    (void)self;
    task_uj[observed->task->index] = observed->energy_uj;
}

static void note_job(void *self, const struct observed_job *observed)
{
    (void)self;
    job_uj = observed->energy_uj;
}

/* The task with number i on PE i. */
static void decide(void *self, const struct view *view, struct decisions *decisions)
{
    (void)self;
    for (int32_t i = 0; i < view->ready_count; i++)
        decide_assign(decisions, view->ready[i], view->tasks[view->ready[i]].index);
}

static const struct policy_kind policy = {.contract = POLICY_CONTRACT,
                                          .name = "scripted",
                                          .discipline = POLICY_DATA_READY,
                                          .decide = decide};

/* a (10 us on K0) gives 5000 bytes to b (20 us on K1). */
static void run(const struct soc *soc, const struct fixture_scenario *source, int engine,
                double *energy_uj)
{
    struct app *app =
        fixture_app(arena, "app", 2, (struct fixture_task[]){{"a", {10, -1}}, {"b", {-1, 20}}}, 2,
                    (struct fixture_edge[]){{0, 1, 5000}}, 1);
    struct scenario scenario = fixture_scenario(source);
    struct observer observer = {.on_task_done = note_task, .on_job_done = note_job};
    struct world_setup setup = {.soc = soc,
                                .binds = fixture_bind(arena, soc, &app, 1),
                                .bind_count = 1,
                                .scenario = &scenario,
                                .engine = engine_kinds[engine],
                                .policy = &policy,
                                .observers = &observer,
                                .observer_count = 1,
                                .energy_uj = energy_uj};
    struct world_result result;
    struct fault fault = FAULT_NONE;
    ck_assert(world_run(&setup, &result, &fault));
}

static const struct arrival_row at_zero[] = {{0}};

/* a 0..10, data 5 us, b 15..35. PE 0: 10 us at 1100 mW, 25 us at 100 mW: 11 + 2.5 uJ.
 * PE 1: 15 us at 50 mW, 20 us at 350 mW: 0.75 + 7 uJ. */
START_TEST(the_energy_of_a_schedule_is_that_of_its_busy_and_idle_times)
{
    struct soc *soc = make_soc((int32_t[]){1, 1});
    double energy_uj[2];
    run(soc, &(struct fixture_scenario){.rows = at_zero, .row_count = 1}, _i, energy_uj);
    ck_assert_double_eq_tol(energy_uj[0], 13.5, 1e-9);
    ck_assert_double_eq_tol(energy_uj[1], 7.75, 1e-9);
    ck_assert_double_eq_tol(task_uj[0], 11, 1e-9);
    ck_assert_double_eq_tol(task_uj[1], 7, 1e-9);
    ck_assert_double_eq_tol(job_uj, 18, 1e-9);
}
END_TEST

/* At 500 MHz a takes 20 us and draws 400 mW; idle 80 mW. b 25..45. */
START_TEST(at_a_slower_point_work_takes_longer_and_less_power)
{
    struct soc *soc = make_soc((int32_t[]){1, 1});
    struct fault fault = FAULT_NONE;
    ck_assert(soc_govern(soc, SOC_POWERSAVE, 0, &fault));
    double energy_uj[2];
    run(soc, &(struct fixture_scenario){.rows = at_zero, .row_count = 1}, _i, energy_uj);
    ck_assert_double_eq_tol(energy_uj[0], 20 * 0.4 + 25 * 0.08, 1e-9);
    ck_assert_double_eq_tol(energy_uj[1], 25 * 0.05 + 20 * 0.35, 1e-9);
    ck_assert_double_eq_tol(task_uj[0], 8, 1e-9);
}
END_TEST

/* From 4 on everything is half as fast: a 0..16, b 21..61. */
START_TEST(a_silent_slow_down_costs_energy_as_long_as_it_lasts)
{
    static const struct episode episodes[] = {{0, 4 * US, 1000 * US, 0.5}};
    struct soc *soc = make_soc((int32_t[]){1, 1});
    double energy_uj[2];
    run(soc,
        &(struct fixture_scenario){
            .rows = at_zero, .row_count = 1, .episodes = episodes, .episode_count = 1},
        _i, energy_uj);
    ck_assert_double_eq_tol(task_uj[0], 16 * 1.1, 1e-9);
    ck_assert_double_eq_tol(task_uj[1], 40 * 0.35, 1e-9);
    ck_assert_double_eq_tol(energy_uj[0], 16 * 1.1 + 45 * 0.1, 1e-9);
}
END_TEST

START_TEST(without_power_data_energies_are_not_numbers)
{
    struct soc *soc = make_soc((int32_t[]){1, 1});
    soc->has_power = false;
    double energy_uj[2] = {0, 0};
    run(soc, &(struct fixture_scenario){.rows = at_zero, .row_count = 1}, _i, energy_uj);
    ck_assert(isnan(energy_uj[0]) && isnan(task_uj[0]) && isnan(job_uj));
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("power");
    TCase *cases = tcase_create("power");
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, dynamic_power_falls_with_f_v_squared_and_static_power_with_v);
    tcase_add_test(cases, a_governor_chooses_the_point_of_every_kind_that_has_points);
    tcase_add_test(cases, a_machine_without_operating_points_cannot_be_governed);
    tcase_add_test(cases, a_meter_integrates_from_change_to_change);
    tcase_add_test(cases, a_machine_that_does_not_tell_its_power_has_no_meter);
    tcase_add_loop_test(cases, the_energy_of_a_schedule_is_that_of_its_busy_and_idle_times, 0, 2);
    tcase_add_loop_test(cases, at_a_slower_point_work_takes_longer_and_less_power, 0, 2);
    tcase_add_loop_test(cases, a_silent_slow_down_costs_energy_as_long_as_it_lasts, 0, 2);
    tcase_add_loop_test(cases, without_power_data_energies_are_not_numbers, 0, 2);
    suite_add_tcase(suite, cases);
    return suite;
}
