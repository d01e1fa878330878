/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Links fail: dates by hand (docs/decisions/0030); long streams are in test_endurance.c. */
#include <string.h>

#include "base/tick.h"
#include "sched/registry.h"
#include "test/fixture.h"
#include "test/suite.h"

#define US TICK_PER_US

static struct arena *arena;
static struct fixture_log history;
static char reason[160];
static int32_t lost_count; /* transfers that were taken off the links */
static struct world_result result;
static struct fault fault;

static void set_up(void)
{
    arena = arena_create();
    history = (struct fixture_log){0};
    lost_count = 0;
    *reason = '\0';
}

static void tear_down(void)
{
    fixture_log_finish(&history);
    arena_destroy(arena);
}

static void keep_reason(void *self, const struct observed_job *job, const char *why)
{
    (void)self, (void)job;
    strcpy(reason, why);
}

static void count_lost(void *self, const struct observed_transfer *transfer)
{
    (void)self, (void)transfer;
    lost_count++;
}

/* Runs one job at date 0. */
static bool run(const char *engine, const struct policy_kind *policy, const struct soc *soc,
                struct app *app, const struct fixture_scenario *failing)
{
    static const struct arrival_row rows[] = {{0}};
    struct fixture_scenario source = *failing;
    source.rows = rows;
    source.row_count = 1;
    struct scenario scenario = fixture_scenario(&source);
    struct observer observers[] = {
        fixture_observer(&history),
        {.on_job_failed = keep_reason, .on_transfer_lost = count_lost},
    };
    const struct world_setup setup = {
        .soc = soc,
        .binds = fixture_bind(arena, soc, &app, 1),
        .bind_count = 1,
        .scenario = &scenario,
        .engine = engine_find(engine),
        .policy = policy,
        .observers = observers,
        .observer_count = 2,
    };
    fault = FAULT_NONE;
    return world_run(&setup, &result, &fault);
}

static const char *const engines[] = {"heap", "simgrid"};

static void check_task(int32_t task, int32_t pe, double start_us, double finish_us)
{
    const struct fixture_row *row = fixture_find(&history, 0, task);
    ck_assert_ptr_nonnull(row);
    ck_assert_int_eq(row->pe, pe);
    ck_assert_int_eq(row->start_ps, tick_from_us(start_us));
    ck_assert_int_eq(row->finish_ps, tick_from_us(finish_us));
}

/* PEs of kinds of their own, so that it is known what runs where: K0 (PE 0), K1 (PE 1), ... */
static struct soc *make_soc(enum soc_interconnect interconnect, int32_t pes, int32_t columns)
{
    struct soc *soc = fixture_soc(arena, pes, (int32_t[]){1, 1, 1, 1}, 10);
    fixture_connect(soc, interconnect, 0.5, columns, 2);
    return soc;
}

/* `from` on PE 0 sends 400 bytes to `to`: on the last PE, and on PE 0 as well if it takes any time
 * there. */
static struct app *make_pair(int32_t pes, double at_home_us)
{
    struct fixture_task tasks[] = {{"from", {10, -1, -1, -1}}, {"to", {at_home_us, -1, -1, -1}}};
    static const struct fixture_edge edges[] = {{0, 1, 400}};
    tasks[1].exec_us[pes - 1] = 5;
    return fixture_app(arena, "pair", pes, tasks, 2, edges, 1);
}

static int32_t link_of(int32_t node, int32_t direction)
{
    return node * LINKS_PER_NODE + direction;
}

START_TEST(what_moves_over_a_link_that_goes_down_starts_again_the_other_way)
{
    /* 0 1 / 2 3: XY goes 0 > 1 > 3, YX goes 0 > 2 > 3; alone it takes 2 x 0.5 + 40 us */
    const struct failures_listed list[] = {{link_of(1, LINKS_SOUTH), 30 * US, TICK_NEVER}};
    const struct fixture_scenario source = {.link_failures = {.list = list, .count = 1}};
    ck_assert_msg(
        run(engines[_i], sched_find("eft"), make_soc(SOC_MESH, 4, 2), make_pair(4, -1), &source),
        "%s", fault.what);
    check_task(0, 0, 0, 10);
    check_task(1, 3, 71, 76);
    ck_assert_int_eq(lost_count, 1);
    ck_assert_int_eq(result.tasks_aborted, 0);
}
END_TEST

START_TEST(what_starts_while_a_link_is_down_takes_the_other_way_at_once)
{
    const struct failures_listed list[] = {{link_of(0, LINKS_EAST), 5 * US, 20 * US}};
    const struct fixture_scenario source = {.link_failures = {.list = list, .count = 1}};
    ck_assert_msg(
        run(engines[_i], sched_find("heft"), make_soc(SOC_MESH, 4, 2), make_pair(4, -1), &source),
        "%s", fault.what);
    check_task(1, 3, 51, 56); /* and stays on it when the link is back */
    ck_assert_int_eq(lost_count, 0);
}
END_TEST

START_TEST(what_has_taken_the_other_way_can_lose_that_too)
{
    /* 0 1 / 2 3: XY is lost before the data is sent, YX while it moves */
    const struct failures_listed list[] = {{link_of(0, LINKS_EAST), 5 * US, 60 * US},
                                           {link_of(2, LINKS_EAST), 30 * US, TICK_NEVER}};
    const struct fixture_scenario source = {.link_failures = {.list = list, .count = 2}};
    ck_assert_msg(
        run(engines[_i], sched_find("eft"), make_soc(SOC_MESH, 4, 2), make_pair(4, -1), &source),
        "%s", fault.what);
    check_task(1, 3, 101, 106); /* sent again when XY is back */
    ck_assert_int_eq(lost_count, 1);
}
END_TEST

START_TEST(without_another_way_the_task_is_handed_back_and_goes_where_its_data_is)
{
    /* 0 1 2 in a row; `to` takes 5 us on PE 2 and 100 us on PE 0 */
    const struct failures_listed list[] = {{link_of(1, LINKS_EAST), 30 * US, 1000 * US}};
    const struct fixture_scenario source = {.link_failures = {.list = list, .count = 1}};
    ck_assert_msg(
        run(engines[_i], sched_find("eft"), make_soc(SOC_MESH, 3, 3), make_pair(3, 100), &source),
        "%s", fault.what);
    check_task(1, 0, 30, 130);
    ck_assert_int_eq(lost_count, 1);
}
END_TEST

START_TEST(a_task_that_only_a_pe_behind_the_link_can_run_waits_for_the_repair)
{
    static const char *const policies[] = {"eft", "heft", "heft_wc", "srpt_lb", "ds3_heft"};
    const struct failures_listed list[] = {{0, 30 * US, 100 * US}};
    const struct fixture_scenario source = {.link_failures = {.list = list, .count = 1}};
    for (size_t i = 0; i < sizeof policies / sizeof *policies; i++) {
        if (_i == 1 && i > 0)
            break; /* SimGrid has one engine per process */
        history.count = 0;
        ck_assert_msg(run(engines[_i], sched_find(policies[i]), make_soc(SOC_BUS, 2, 1),
                          make_pair(2, -1), &source),
                      "%s: %s", policies[i], fault.what);
        check_task(1, 1, 140.5, 145.5);
    }
}
END_TEST

START_TEST(a_job_fails_when_its_data_has_no_way_left)
{
    const struct failures_listed list[] = {{0, 30 * US, TICK_NEVER}};
    const struct fixture_scenario source = {.link_failures = {.list = list, .count = 1}};
    ck_assert_msg(
        run(engines[_i], sched_find("eft"), make_soc(SOC_BUS, 2, 1), make_pair(2, -1), &source),
        "%s", fault.what);
    ck_assert_str_eq(reason, "no way is left for the data of to to a PE that can run it");
    ck_assert_int_eq(result.jobs_failed, 1);
    ck_assert_int_eq(result.tasks_failed, 1);
    ck_assert_int_eq(result.end_ps, 30 * US);
}
END_TEST

/* 40 us over a bus that is up for 1 us on average. */
START_TEST(a_job_whose_data_can_never_come_in_time_is_given_up)
{
    const struct fixture_scenario source = {.link_failures = {.mtbf_us = 1, .repair_us = 1}};
    ck_assert_msg(
        run(engines[_i], sched_find("eft"), make_soc(SOC_BUS, 2, 1), make_pair(2, -1), &source),
        "%s", fault.what);
    ck_assert_int_eq(result.jobs_failed, 1);
    ck_assert_str_eq(reason, "data of to was lost on its way 1000 times");
    ck_assert_int_eq(lost_count, 1000);
}
END_TEST

/* The same on a mesh, where it may start again at once on the other way. */
START_TEST(neither_is_there_an_end_to_starting_again_on_a_mesh)
{
    const struct fixture_scenario source = {.link_failures = {.mtbf_us = 1, .repair_us = 1}};
    ck_assert_msg(
        run(engines[_i], sched_find("eft"), make_soc(SOC_MESH, 4, 2), make_pair(4, -1), &source),
        "%s", fault.what);
    ck_assert_int_eq(result.jobs_failed, 1);
    ck_assert_str_eq(reason, "data of to was lost on its way 1000 times");
}
END_TEST

START_TEST(a_plan_that_a_lost_link_makes_impossible_is_made_anew)
{
    static const char *const policies[] = {"heft", "heft_wc", "peft", "min_min"};
    /* lost before `from` has ended: at first `to` is planned on PE 1, where it takes 5 us */
    const struct failures_listed list[] = {{0, 5 * US, TICK_NEVER}};
    const struct fixture_scenario source = {.link_failures = {.list = list, .count = 1}};
    for (size_t i = 0; i < sizeof policies / sizeof *policies; i++) {
        history.count = 0;
        ck_assert_msg(run("heap", sched_find(policies[i]), make_soc(SOC_BUS, 2, 1),
                          make_pair(2, 100), &source),
                      "%s: %s", policies[i], fault.what);
        check_task(1, 0, 10, 110);
    }
}
END_TEST

/* Two producers on PE 0 and PE 1, two consumers on PE 2 and PE 3, 400 bytes each, on a bus. */
START_TEST(a_transfer_to_a_pe_that_goes_down_leaves_its_share_to_others)
{
    const struct fixture_task tasks[] = {{"a", {10, -1, -1, -1}},
                                         {"b", {-1, 10, -1, -1}},
                                         {"c", {-1, -1, 5, -1}},
                                         {"d", {-1, -1, -1, 5}}};
    const struct fixture_edge edges[] = {{0, 2, 400}, {1, 3, 400}};
    const struct failures_listed list[] = {{3, (int64_t)(30.5 * US), 200 * US}};
    const struct fixture_scenario source = {.failures = {.list = list, .count = 1}};
    ck_assert_msg(run(engines[_i], sched_find("eft"), make_soc(SOC_BUS, 4, 1),
                      fixture_app(arena, "two", 4, tasks, 4, edges, 2), &source),
                  "%s", fault.what);
    check_task(2, 2, 60.5, 65.5); /* half of the bus from 10.5 to 30.5, then all of it */
    check_task(3, 3, 240.5, 245.5);
    ck_assert_int_eq(lost_count, 1);
}
END_TEST

START_TEST(a_transfer_that_waits_for_a_channel_is_not_lost_with_the_link)
{
    struct soc *soc = make_soc(SOC_BUS, 2, 1);
    soc->network.dma_channels = 1;
    const struct fixture_task tasks[] = {
        {"a", {10, -1}}, {"b", {10, -1}}, {"c", {-1, 5}}, {"d", {-1, 5}}};
    const struct fixture_edge edges[] = {{0, 2, 400}, {1, 3, 400}};
    const struct failures_listed list[] = {{0, 30 * US, 100 * US}};
    const struct fixture_scenario source = {.link_failures = {.list = list, .count = 1}};
    ck_assert_msg(run(engines[_i], sched_find("eft"), soc,
                      fixture_app(arena, "two", 2, tasks, 4, edges, 2), &source),
                  "%s", fault.what);
    check_task(2, 1, 140.5, 145.5);
    check_task(3, 1, 181, 186);
    ck_assert_int_eq(lost_count, 1);
}
END_TEST

/* Gives everything to the last PE that can run it. */
static void decide_last(void *self, const struct view *view, struct decisions *decisions)
{
    (void)self;
    for (int32_t i = 0; i < view->ready_count; i++) {
        int32_t pe = view->soc->pe_count - 1;
        while (view_cost_ps(view, view->ready[i], pe) == BIND_INCAPABLE)
            pe--;
        decide_assign(decisions, view->ready[i], pe);
    }
}

START_TEST(to_assign_where_the_data_has_no_way_is_illegal)
{
    static const struct policy_kind last = {
        .name = "last", .discipline = POLICY_DATA_READY, .decide = decide_last};
    const struct failures_listed list[] = {{0, 5 * US, 1000 * US}};
    const struct fixture_scenario source = {.link_failures = {.list = list, .count = 1}};
    ck_assert(!run("heap", &last, make_soc(SOC_BUS, 2, 1), make_pair(2, 100), &source));
    assert_holds(fault.what, "'last': job 0 task to may not be given to PE K1_1: links are down");
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("links that fail");
    TCase *tests = tcase_create("by hand");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_loop_test(tests, what_moves_over_a_link_that_goes_down_starts_again_the_other_way, 0,
                        2);
    tcase_add_loop_test(tests, what_starts_while_a_link_is_down_takes_the_other_way_at_once, 0, 2);
    tcase_add_loop_test(tests, what_has_taken_the_other_way_can_lose_that_too, 0, 2);
    tcase_add_loop_test(
        tests, without_another_way_the_task_is_handed_back_and_goes_where_its_data_is, 0, 2);
    tcase_add_loop_test(tests, a_task_that_only_a_pe_behind_the_link_can_run_waits_for_the_repair,
                        0, 2);
    tcase_add_loop_test(tests, a_job_fails_when_its_data_has_no_way_left, 0, 2);
    tcase_add_loop_test(tests, a_job_whose_data_can_never_come_in_time_is_given_up, 0, 2);
    tcase_add_loop_test(tests, neither_is_there_an_end_to_starting_again_on_a_mesh, 0, 2);
    tcase_add_test(tests, a_plan_that_a_lost_link_makes_impossible_is_made_anew);
    tcase_add_loop_test(tests, a_transfer_to_a_pe_that_goes_down_leaves_its_share_to_others, 0, 2);
    tcase_add_loop_test(tests, a_transfer_that_waits_for_a_channel_is_not_lost_with_the_link, 0, 2);
    tcase_add_test(tests, to_assign_where_the_data_has_no_way_is_illegal);
    suite_add_tcase(suite, tests);
    return suite;
}
