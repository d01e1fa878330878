/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Power and energy: of operating points, of a meter, of schedules computed by hand. */
#include <math.h>

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
    assert_holds(fault.what, "'K0' of 'fixture' runs at 500 MHz at least");
}
END_TEST

START_TEST(a_machine_without_operating_points_cannot_be_governed)
{
    struct soc *soc = fixture_soc(arena, 1, (int32_t[]){1}, 1);
    struct fault fault = FAULT_NONE;
    ck_assert(!soc_govern(soc, SOC_POWERSAVE, 0, &fault));
    assert_holds(fault.what, "no operating points");
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

START_TEST(what_a_pe_draws_is_that_of_its_point)
{
    struct soc *soc = make_soc((int32_t[]){1, 1});
    struct power power;
    power_init(&power, soc);
    ck_assert_double_eq(power.pes[0].busy_mw, 1100);
    power_set_point(&power, 0, &soc->kinds[0], 0);
    ck_assert_double_eq_tol(power.pes[0].busy_mw, 1000 * 0.5 * 0.64 + 80, 1e-9);
    ck_assert_double_eq_tol(power.pes[0].idle_mw, 80, 1e-9);
    ck_assert_double_eq(power.pes[1].idle_mw, 50);
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

/* What the policy saw of PE 0, and of the time of a there, when the last job arrived. */
static int64_t seen_available_ps, seen_cost_ps;

/* The task with number i on PE i. */
static void decide(void *self, const struct view *view, struct decisions *decisions)
{
    (void)self;
    if (view->arrived_count > 0) {
        seen_available_ps = view_available_ps(view, 0);
        seen_cost_ps = view_cost_ps(view, view->jobs[view->arrived[0]].first_task, 0);
    }
    for (int32_t i = 0; i < view->ready_count; i++)
        decide_assign(decisions, view->ready[i], view->tasks[view->ready[i]].index);
}

static const struct policy_kind policy = {.contract = POLICY_CONTRACT,
                                          .name = "scripted",
                                          .discipline = POLICY_DATA_READY,
                                          .decide = decide};

/* What the run said beside the energy of PEs, which its caller wants. */
static struct world_result result;
static double engine_uj[2];

/* a (10 us on K0) gives 5000 bytes to b (20 us on K1). SimGrid measures as well, and agrees. */
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
                                .energy_uj = energy_uj,
                                .engine_energy_uj = engine_uj};
    struct fault fault = FAULT_NONE;
    ck_assert(world_run(&setup, &result, &fault));
    for (int32_t pe = 0; pe < 2; pe++) {
        if (engine_kinds[engine]->energy_uj == NULL || !soc->has_power)
            ck_assert(isnan(engine_uj[pe]));
        else
            ck_assert_double_eq_tol(engine_uj[pe], energy_uj[pe], 1e-9 * energy_uj[pe]);
    }
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

/* ---- points that change ---- */

/* Period 4 us. At 4 nothing is to do: 500 MHz. a begins at 6; at 8 its PE was busy for half of the
 * period; at 12 all of it: 1000 MHz. 3 us of work are done by then, the rest takes 7: a 6..19. At
 * 20 it was busy for three quarters: as before; at 24 not at all: 500 MHz. b 24..44. */
START_TEST(a_running_task_goes_on_at_the_frequency_that_ondemand_chooses)
{
    static const struct arrival_row at_six[] = {{.at_ps = 6 * US}};
    struct soc *soc = make_soc((int32_t[]){1, 1});
    soc->ondemand = (struct soc_ondemand){4 * US, 0.8, 0.3};
    double energy_uj[2];
    run(soc, &(struct fixture_scenario){.rows = at_six, .row_count = 1}, _i, energy_uj);
    ck_assert_int_eq(result.end_ps, 44 * US);
    ck_assert_double_eq_tol(task_uj[0], 6 * 0.4 + 7 * 1.1, 1e-9);
    ck_assert_double_eq_tol(energy_uj[0], 4 * 0.1 + 2 * 0.08 + 10.1 + 5 * 0.1 + 20 * 0.08, 1e-9);
    ck_assert_double_eq_tol(energy_uj[1], 24 * 0.05 + 20 * 0.35, 1e-9);
}
END_TEST

/* The same, and from 14 on everything is half as fast: of the 7 us 2 are done, the rest takes 10: a
 * 6..24; at 24 it was busy all the time, at 28 not at all: 500 MHz. b 29..69. */
START_TEST(a_slow_down_and_a_frequency_multiply)
{
    static const struct arrival_row at_six[] = {{.at_ps = 6 * US}};
    static const struct episode episodes[] = {{0, 14 * US, 1000 * US, 0.5}};
    struct soc *soc = make_soc((int32_t[]){1, 1});
    soc->ondemand = (struct soc_ondemand){4 * US, 0.8, 0.3};
    double energy_uj[2];
    run(soc,
        &(struct fixture_scenario){
            .rows = at_six, .row_count = 1, .episodes = episodes, .episode_count = 1},
        _i, energy_uj);
    ck_assert_int_eq(result.end_ps, 69 * US);
    ck_assert_double_eq_tol(task_uj[0], 6 * 0.4 + 12 * 1.1, 1e-9);
    ck_assert_double_eq_tol(energy_uj[0], 4 * 0.1 + 2 * 0.08 + 15.6 + 4 * 0.1 + 41 * 0.08, 1e-9);
}
END_TEST

/* Job 0 is that of the first of these tests: its a is expected to end at 16, and does at 19. Job 1
 * comes at 17: PE 0 seems free. */
START_TEST(a_task_on_a_slow_cluster_is_late_and_nobody_expects_that)
{
    static const struct arrival_row rows[] = {{.at_ps = 6 * US}, {.at_ps = 17 * US}};
    struct soc *soc = make_soc((int32_t[]){1, 1});
    soc->ondemand = (struct soc_ondemand){4 * US, 0.8, 0.3};
    double energy_uj[2];
    run(soc, &(struct fixture_scenario){.rows = rows, .row_count = 2}, _i, energy_uj);
    ck_assert_int_eq(seen_cost_ps, 10 * US);
    ck_assert_int_eq(seen_available_ps, 17 * US);
}
END_TEST

/* One place, which keeps half of its warmth over a period of 4 us; K0 heats it by 10 degrees per
 * watt, and has to slow down above 50 until it is below 47. */
static struct soc *make_warm_soc(enum soc_thermal_mode mode)
{
    static const double keep[] = {0.5}, c_per_w[] = {10};
    static const int32_t caps[] = {0, INT32_MAX};
    static const struct soc_heat sources[] = {{0, 0, c_per_w}};
    static const struct soc_trip trips[] = {{50, 3, caps}};
    static const struct soc_thermal thermal = {4 * US, 40, keep, sources, trips, 1, 1, 1};
    struct soc *soc = make_soc((int32_t[]){1, 1});
    soc->thermal = &thermal;
    soc->thermal_mode = mode;
    return soc;
}

/* 40 + 11 at 4 is above 50: 500 MHz, of the 10 us of a 6 are left: a 0..16. Then 49.5,
 * 48.75, 48.375, and 44.9875 at 20: 1000 MHz. b 21..41. */
START_TEST(a_trip_slows_a_cluster_down_until_it_is_cooler)
{
    struct soc *soc = make_warm_soc(SOC_THERMAL_THROTTLE);
    double energy_uj[2];
    run(soc, &(struct fixture_scenario){.rows = at_zero, .row_count = 1}, _i, energy_uj);
    ck_assert_int_eq(result.end_ps, 41 * US);
    ck_assert_double_eq_tol(result.max_temp_c, 51, 1e-9);
    ck_assert_double_eq_tol(task_uj[0], 4 * 1.1 + 12 * 0.4, 1e-9);
    ck_assert_double_eq_tol(energy_uj[0], 9.2 + 4 * 0.08 + 21 * 0.1, 1e-9);
}
END_TEST

/* With one job at 0 and one at 1002. Samples end when the first is done and the clock is down, and
 * go on at 1004, where half of a period was busy: the second is the job at 6 of the first of these
 * tests, 996 us later. */
START_TEST(samples_go_on_after_a_pause_as_if_there_had_been_none)
{
    static const struct arrival_row rows[] = {{.at_ps = 0}, {.at_ps = 1002 * US}};
    struct soc *soc = make_soc((int32_t[]){1, 1});
    soc->ondemand = (struct soc_ondemand){4 * US, 0.8, 0.3};
    double energy_uj[2];
    run(soc, &(struct fixture_scenario){.rows = rows, .row_count = 2}, _i, energy_uj);
    ck_assert_int_eq(result.end_ps, 1040 * US);
    ck_assert_double_eq_tol(task_uj[0], 6 * 0.4 + 7 * 1.1, 1e-9);
    ck_assert_int_eq(seen_cost_ps, 10 * US); /* schedulers estimate with the fastest point */
}
END_TEST

/* At rest K0 draws 100 mW: 40 + 2. Then its mean power is 600 mW until 1004 and 1100 mW until 1008
 * and 1012: 40 + 7, 14.5, 18.25. */
START_TEST(temperatures_go_on_after_a_pause_as_if_there_had_been_none)
{
    static const struct arrival_row late[] = {{.at_ps = 1002 * US}};
    struct soc *soc = make_warm_soc(SOC_THERMAL_WATCH);
    double energy_uj[2];
    run(soc, &(struct fixture_scenario){.rows = late, .row_count = 1}, _i, energy_uj);
    ck_assert_double_eq_tol(result.max_temp_c, 58.25, 1e-9);
}
END_TEST

/* The first of the tests with ondemand, which looks every 4 us, and temperatures every 3 us:
 * degrees above 40 are 1, then with 100 mW for 1 us and 80 mW for 2 us of a period 1.36.., with 400
 * mW 4.68.. and 6.34.., with 1100 mW 14.17.. and at 18 18.08541666.., and fall then. */
START_TEST(loads_and_temperatures_have_periods_of_their_own)
{
    static const struct arrival_row at_six[] = {{.at_ps = 6 * US}};
    struct soc *soc = make_warm_soc(SOC_THERMAL_WATCH);
    struct soc_thermal thermal = *soc->thermal;
    thermal.period_ps = 3 * US;
    soc->thermal = &thermal;
    soc->ondemand = (struct soc_ondemand){4 * US, 0.8, 0.3};
    double energy_uj[2];
    run(soc, &(struct fixture_scenario){.rows = at_six, .row_count = 1}, _i, energy_uj);
    ck_assert_int_eq(result.end_ps, 44 * US);
    ck_assert_double_eq_tol(result.max_temp_c, 40 + 18 + 41 / 480.0, 1e-9);
}
END_TEST

/* Temperatures have been at rest at 40 + 2 for long when ondemand looks at 400 and slows K0 down,
 * which draws 80 mW from then on: 40 + 1.6. a takes 20 us from 1002 on, at 400 mW: degrees above 40
 * are 3.2, 5.6, 6.8, 7.4, and 7.7 at 1020. */
START_TEST(temperatures_at_rest_follow_a_point_that_changes)
{
    static const struct arrival_row late[] = {{.at_ps = 1002 * US}};
    struct soc *soc = make_warm_soc(SOC_THERMAL_WATCH);
    soc->ondemand = (struct soc_ondemand){400 * US, 0.8, 0.3};
    double energy_uj[2];
    run(soc, &(struct fixture_scenario){.rows = late, .row_count = 1}, _i, energy_uj);
    ck_assert_double_eq_tol(result.max_temp_c, 47.7, 1e-9);
}
END_TEST

/* The place keeps no warmth. 51 at 4 leads up to the last trip, which holds above 42: a 0..16. From
 * 20 on it has 40.8 degrees and leaves a trip each period, b ends at 41, and the last trip is left
 * at 64. So the next job begins at 1000 MHz at 1002; 46 at 1004 is above all trips but the last, of
 * which one is left each period: a 1002..1020, b 1025..1045. */
START_TEST(trips_are_left_one_after_the_other_also_at_rest)
{
    enum { TRIPS = 12 };
    static const struct arrival_row rows[] = {{.at_ps = 0}, {.at_ps = 1002 * US}};
    static const double keep[] = {0};
    static const int32_t caps[] = {0, INT32_MAX};
    struct soc_trip trips[TRIPS];
    for (int32_t i = 0; i < TRIPS; i++)
        trips[i] = (struct soc_trip){44.5 + 0.1 * i, 0, caps};
    trips[TRIPS - 1] = (struct soc_trip){50, 8, caps};
    struct soc *soc = make_warm_soc(SOC_THERMAL_THROTTLE);
    struct soc_thermal thermal = *soc->thermal;
    thermal.keep = keep;
    thermal.trips = trips;
    thermal.trip_count = TRIPS;
    soc->thermal = &thermal;
    double energy_uj[2];
    run(soc, &(struct fixture_scenario){.rows = rows, .row_count = 2}, _i, energy_uj);
    ck_assert_int_eq(result.end_ps, 1045 * US);
}
END_TEST

/* ---- and PEs that fail ---- */

/* The first of the tests with ondemand; from 1 to 3 PE 0 is off. */
START_TEST(an_idle_pe_that_is_off_draws_nothing_and_does_not_count_as_load)
{
    static const struct arrival_row at_six[] = {{.at_ps = 6 * US}};
    static const struct failures_listed off[] = {{0, 1 * US, 3 * US}};
    struct soc *soc = make_soc((int32_t[]){1, 1});
    soc->ondemand = (struct soc_ondemand){4 * US, 0.8, 0.3};
    double energy_uj[2];
    run(soc,
        &(struct fixture_scenario){
            .rows = at_six, .row_count = 1, .failures = {.list = off, .count = 1}},
        _i, energy_uj);
    ck_assert_int_eq(result.end_ps, 44 * US);
    ck_assert_double_eq_tol(energy_uj[0], 2 * 0.1 + 2 * 0.08 + 10.1 + 5 * 0.1 + 20 * 0.08, 1e-9);
}
END_TEST

/* From 8 to 10 it is off: a, half as fast, is lost after 2 us, and begins anew at 10. At 12 its PE
 * was busy for half of the period, at 16 all the time: 1000 MHz, a 10..23, b 28..48. At 24 three
 * quarters, at 28 nothing. */
START_TEST(every_time_that_a_pe_is_off_counts)
{
    static const struct arrival_row at_six[] = {{.at_ps = 6 * US}};
    static const struct failures_listed off[] = {{0, 1 * US, 3 * US}, {0, 4 * US, 5 * US}};
    struct soc *soc = make_soc((int32_t[]){1, 1});
    double energy_uj[2];
    run(soc,
        &(struct fixture_scenario){
            .rows = at_six, .row_count = 1, .failures = {.list = off, .count = 2}},
        _i, energy_uj);
    ck_assert_int_eq(result.end_ps, 41 * US);
    ck_assert_double_eq_tol(energy_uj[0], 10 * 1.1 + (41 - 10 - 3) * 0.1, 1e-9);
}
END_TEST

START_TEST(an_aborted_task_has_cost_energy_and_was_load)
{
    static const struct arrival_row at_six[] = {{.at_ps = 6 * US}};
    static const struct failures_listed off[] = {{0, 8 * US, 10 * US}};
    struct soc *soc = make_soc((int32_t[]){1, 1});
    soc->ondemand = (struct soc_ondemand){4 * US, 0.8, 0.3};
    double energy_uj[2];
    run(soc,
        &(struct fixture_scenario){
            .rows = at_six, .row_count = 1, .failures = {.list = off, .count = 1}},
        _i, energy_uj);
    ck_assert_int_eq(result.end_ps, 48 * US);
    ck_assert_double_eq_tol(energy_uj[0], 4 * 0.1 + 2 * 0.08 + 2 * 0.4 + 10.1 + 5 * 0.1 + 20 * 0.08,
                            1e-9);
}
END_TEST

/* At rest at 40 + 1, when K0 goes off, until 1002: 40. Then 550 mW until 1004 and 1100 mW: 40
 * + 5.5, 13.75, 17.875. */
START_TEST(what_is_off_cools_down_also_in_a_pause)
{
    static const struct arrival_row late[] = {{.at_ps = 1002 * US}};
    static const struct failures_listed off[] = {{0, 500 * US, 1002 * US}};
    struct soc *soc = make_warm_soc(SOC_THERMAL_WATCH);
    double energy_uj[2];
    run(soc,
        &(struct fixture_scenario){
            .rows = late, .row_count = 1, .failures = {.list = off, .count = 1}},
        _i, energy_uj);
    ck_assert_double_eq_tol(result.max_temp_c, 57.875, 1e-9);
}
END_TEST

static void decide_nothing(void *self, const struct view *view, struct decisions *decisions)
{
    (void)self, (void)view, (void)decisions;
}

START_TEST(a_deadlock_is_found_although_loads_and_temperatures_are_sampled)
{
    static const struct policy_kind idle = {.contract = POLICY_CONTRACT,
                                            .name = "idle",
                                            .discipline = POLICY_DATA_READY,
                                            .decide = decide_nothing};
    struct soc *soc = make_warm_soc(SOC_THERMAL_THROTTLE);
    soc->ondemand = (struct soc_ondemand){4 * US, 0.8, 0.3};
    struct app *app =
        fixture_app(arena, "app", 2, (struct fixture_task[]){{"a", {10, -1}}}, 1, NULL, 0);
    const struct fixture_scenario source = {.rows = at_zero, .row_count = 1};
    struct scenario scenario = fixture_scenario(&source);
    struct world_setup setup = {.soc = soc,
                                .binds = fixture_bind(arena, soc, &app, 1),
                                .bind_count = 1,
                                .scenario = &scenario,
                                .engine = engine_kinds[_i],
                                .policy = &idle};
    struct fault fault = FAULT_NONE;
    ck_assert(!world_run(&setup, &result, &fault));
    ck_assert_int_eq(result.status, WORLD_DEADLOCK);
}
END_TEST

/* 40 + 11, 51 + 11 / 2, and 2 us of the third period: 8.25 + 5.5 + 0.5. */
START_TEST(temperatures_that_are_only_watched_slow_nothing_down)
{
    struct soc *soc = make_warm_soc(SOC_THERMAL_WATCH);
    double energy_uj[2];
    run(soc, &(struct fixture_scenario){.rows = at_zero, .row_count = 1}, _i, energy_uj);
    ck_assert_int_eq(result.end_ps, 35 * US);
    ck_assert_double_eq_tol(result.max_temp_c, 40 + 16.5, 1e-9);
    ck_assert_double_eq_tol(energy_uj[0], 13.5, 1e-9);
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
    tcase_add_test(cases, what_a_pe_draws_is_that_of_its_point);
    tcase_add_test(cases, a_machine_that_does_not_tell_its_power_has_no_meter);
    tcase_add_loop_test(cases, the_energy_of_a_schedule_is_that_of_its_busy_and_idle_times, 0, 2);
    tcase_add_loop_test(cases, at_a_slower_point_work_takes_longer_and_less_power, 0, 2);
    tcase_add_loop_test(cases, a_silent_slow_down_costs_energy_as_long_as_it_lasts, 0, 2);
    tcase_add_loop_test(cases, a_running_task_goes_on_at_the_frequency_that_ondemand_chooses, 0, 2);
    tcase_add_loop_test(cases, a_slow_down_and_a_frequency_multiply, 0, 2);
    tcase_add_loop_test(cases, a_trip_slows_a_cluster_down_until_it_is_cooler, 0, 2);
    tcase_add_loop_test(cases, a_task_on_a_slow_cluster_is_late_and_nobody_expects_that, 0, 2);
    tcase_add_loop_test(cases, samples_go_on_after_a_pause_as_if_there_had_been_none, 0, 2);
    tcase_add_loop_test(cases, temperatures_go_on_after_a_pause_as_if_there_had_been_none, 0, 2);
    tcase_add_loop_test(cases, temperatures_at_rest_follow_a_point_that_changes, 0, 2);
    tcase_add_loop_test(cases, trips_are_left_one_after_the_other_also_at_rest, 0, 2);
    tcase_add_loop_test(cases, loads_and_temperatures_have_periods_of_their_own, 0, 2);
    tcase_add_loop_test(cases, an_idle_pe_that_is_off_draws_nothing_and_does_not_count_as_load, 0,
                        2);
    tcase_add_loop_test(cases, every_time_that_a_pe_is_off_counts, 0, 2);
    tcase_add_loop_test(cases, an_aborted_task_has_cost_energy_and_was_load, 0, 2);
    tcase_add_loop_test(cases, what_is_off_cools_down_also_in_a_pause, 0, 2);
    tcase_add_loop_test(cases, a_deadlock_is_found_although_loads_and_temperatures_are_sampled, 0,
                        2);
    tcase_add_loop_test(cases, temperatures_that_are_only_watched_slow_nothing_down, 0, 2);
    tcase_add_loop_test(cases, without_power_data_energies_are_not_numbers, 0, 2);
    suite_add_tcase(suite, cases);
    return suite;
}
