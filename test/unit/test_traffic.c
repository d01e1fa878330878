/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What links carried, by hand and on both engines. */
#include <math.h>
#include <string.h>

#include "analysis/traffic.h"
#include "base/tick.h"
#include "sched/registry.h"
#include "sim/links.h"
#include "test/script.h"
#include "test/suite.h"

static struct soc *soc;
static struct traffic *traffic;
static struct failures failures, link_failures;

static void set_up(void)
{
    script_init();
    traffic = NULL;
    failures = link_failures = (struct failures){0};
    soc = fixture_soc(script.arena, 1, (int32_t[]){6}, 1000);
}

static void tear_down(void)
{
    traffic_destroy(traffic);
    script_finish();
}

static void run(int engine, const struct policy_kind *policy, struct app *app,
                const struct arrival_row *rows, int32_t row_count, int32_t warmup_jobs)
{
    const struct fixture_scenario source = {
        .rows = rows, .row_count = row_count, .failures = failures, .link_failures = link_failures};
    traffic_destroy(traffic);
    traffic = traffic_create(soc, warmup_jobs);
    script.watcher = traffic_observer(traffic);
    bool is_done = script_run(soc, app, &source, policy, engine);
    ck_assert_msg(is_done, "%s", script.fault.what);
}

static const struct arrival_row once[] = {{0}};

/* a and b end at 10; c, which takes 1, needs 5000 bytes of a and 8000 of b. */
static struct app *join(void)
{
    return fixture_app(script.arena, "join", 1,
                       (struct fixture_task[]){{"a", {10}}, {"b", {10}}, {"c", {1}}}, 3,
                       (struct fixture_edge[]){{0, 2, 5000}, {1, 2, 8000}}, 2);
}

static struct traffic_link read_named(const char *name)
{
    for (int32_t link = 0; link < links_count(soc); link++) {
        const char *other = links_name(soc, script.arena, link);
        if (other != NULL && strcmp(other, name) == 0)
            return traffic_read(traffic, link);
    }
    ck_abort_msg("no link %s", name);
}

/* Both share from 10 on: a's data is there at 20.25, b's at 23.25, c ends at 24.25. */
START_TEST(a_bus_is_busy_while_any_transfer_is_under_way)
{
    fixture_connect(soc, SOC_BUS, 0.25, 1, 4);
    script.pe_of[1] = 1, script.pe_of[2] = 2;
    run(_i, &script_policy, join(), once, 1, 0);
    struct traffic_link bus = read_named("bus");
    ck_assert_int_eq(bus.transfers, 2);
    ck_assert_double_eq(bus.bytes, 13000);
    ck_assert_double_eq(bus.busy_us, 13.25);
    ck_assert_double_eq(bus.utilization, 13.25 / 24.25);
    ck_assert_double_eq(bus.carried_share, 13.0 / 24.25);
    ck_assert_double_eq(bus.mean_transfer_us, (10.25 + 13.25) / 2);
    ck_assert_double_eq(bus.mean_wait_us, 0);
}
END_TEST

/* One after the other: 10 to 15, 15 to 23. */
START_TEST(waits_for_a_dma_channel_are_no_time_on_the_link)
{
    fixture_connect(soc, SOC_BUS, 0, 1, 1);
    script.pe_of[1] = 1, script.pe_of[2] = 2;
    run(_i, &script_policy, join(), once, 1, 0);
    struct traffic_link bus = read_named("bus");
    ck_assert_double_eq(bus.busy_us, 13);
    ck_assert_double_eq(bus.mean_transfer_us, (5 + 8) / 2.0);
    ck_assert_double_eq(bus.mean_wait_us, 5 / 2.0);
}
END_TEST

/* The same job at 0 and at 100; the second counts: from 100 to 124.25. */
START_TEST(shares_are_those_of_the_counted_jobs_and_sums_those_of_all)
{
    static const struct arrival_row twice[] = {{0}, {.at_ps = 100 * TICK_PER_US}};
    fixture_connect(soc, SOC_BUS, 0.25, 1, 4);
    script.pe_of[1] = 1, script.pe_of[2] = 2;
    run(_i, &script_policy, join(), twice, 2, 1);
    struct traffic_link bus = read_named("bus");
    ck_assert_int_eq(bus.transfers, 4);
    ck_assert_double_eq(bus.busy_us, 26.5);
    ck_assert_double_eq(bus.utilization, 13.25 / 24.25);
    ck_assert_double_eq(bus.carried_share, 13.0 / 24.25);
}
END_TEST

/* The first of these jobs again, seen 1 us after it arrived; the window is that of the metrics. */
START_TEST(the_window_begins_with_the_arrival_and_not_when_ds3_sees_it)
{
    static const struct arrival_row late[] = {{.after_tick = true}};
    fixture_connect(soc, SOC_BUS, 0.25, 1, 4);
    script.pe_of[1] = 1, script.pe_of[2] = 2;
    script.compat_ds3 = true;
    run(_i, &script_policy, join(), late, 1, 0);
    struct traffic_link bus = read_named("bus");
    ck_assert_double_eq(bus.busy_us, 13.25);
    ck_assert_double_eq(bus.utilization, 13.25 / 25.25);
}
END_TEST

/* 0 1 2
 * 3 4 5   a on 0, b on 3, c on 4: a's 5000 bytes pass 0>1 and 1>4, b's 8000 pass 3>4. */
START_TEST(on_a_mesh_each_link_of_the_route_counts)
{
    fixture_connect(soc, SOC_MESH, 0.5, 3, 4);
    script.pe_of[1] = 3, script.pe_of[2] = 4;
    run(_i, &script_policy, join(), once, 1, 0);
    ck_assert_double_eq(read_named("K0_0>K0_1").busy_us, 6);
    ck_assert_double_eq(read_named("K0_1>K0_4").bytes, 5000);
    ck_assert_double_eq(read_named("K0_1>K0_4").mean_transfer_us, 6);
    ck_assert_double_eq(read_named("K0_3>K0_4").busy_us, 8.5);
    ck_assert_double_eq(read_named("K0_3>K0_4").utilization, 8.5 / 19.5);
    struct traffic_link idle = read_named("K0_4>K0_3");
    ck_assert_int_eq(idle.transfers, 0);
    ck_assert_double_eq(idle.utilization, 0);
    ck_assert(isnan(idle.mean_transfer_us));
}
END_TEST

/* Written by 18, read by 26, also by the PE that wrote it; c ends at 27. */
START_TEST(what_goes_through_shared_memory_is_written_and_read)
{
    fixture_connect(soc, SOC_SHARED_MEMORY, 0, 1, 4);
    script.pe_of[1] = 1, script.pe_of[2] = 1;
    run(_i, &script_policy, join(), once, 1, 0);
    for (int link = 0; link < LINKS_MEMORY; link++) {
        struct traffic_link access = traffic_read(traffic, link);
        ck_assert_int_eq(access.transfers, 2);
        ck_assert_double_eq(access.bytes, 13000);
        ck_assert_double_eq(access.mean_transfer_us, (5 + 8) / 2.0);
        ck_assert_double_eq(access.mean_wait_us, 0);
        ck_assert_double_eq(access.carried_share, 13.0 / 27);
        ck_assert(isnan(access.busy_us));
        ck_assert(isnan(access.utilization));
    }
}
END_TEST

/* c, which has read nothing to the end when its PE goes down at 20, reads all of it again from 22
 * on, which has been written; or it is written and read then, if that is when a task has its PE. */
START_TEST(what_is_in_the_shared_memory_is_read_again_and_not_written_again)
{
    static const struct failures_listed list[] = {{1, 20 * TICK_PER_US, 22 * TICK_PER_US}};
    failures = (struct failures){.list = list, .count = 1};
    soc = fixture_soc(script.arena, 2, (int32_t[]){1, 1}, 1000);
    fixture_connect(soc, SOC_SHARED_MEMORY, 0, 1, 4);
    struct app *app =
        fixture_app(script.arena, "join", 2,
                    (struct fixture_task[]){{"a", {5, -1}}, {"b", {5, -1}}, {"c", {-1, 1}}}, 3,
                    (struct fixture_edge[]){{0, 2, 5000}, {1, 2, 8000}}, 2);
    script.pe_of[2] = 1;
    soc->at_assign = _i == 1;
    run(1, &script_policy, app, once, 1, 0);
    ck_assert_int_eq(read_named("write").transfers, soc->at_assign ? 4 : 2);
    ck_assert_double_eq(read_named("write").bytes, soc->at_assign ? 26000 : 13000);
    ck_assert_int_eq(read_named("read").transfers, 4);
    ck_assert_double_eq(read_named("read").bytes, 26000);
}
END_TEST

START_TEST(nothing_is_said_of_a_link_before_anything_happened)
{
    fixture_connect(soc, SOC_BUS, 0, 1, 4);
    traffic = traffic_create(soc, 0);
    struct traffic_link bus = traffic_read(traffic, 0);
    ck_assert_int_eq(bus.transfers, 0);
    ck_assert_double_eq(bus.busy_us, 0);
    ck_assert(isnan(bus.utilization));
    ck_assert(isnan(bus.carried_share));
    ck_assert(isnan(bus.mean_wait_us));
}
END_TEST

/* From corner to corner: a to c over 62 links along the first row and the last column, b to c over
 * the 31 of the last row. */
START_TEST(a_mesh_of_1024_pes_is_ready_in_seconds)
{
    soc = fixture_soc(script.arena, 1, (int32_t[]){1024}, 1000);
    fixture_connect(soc, SOC_MESH, 0.5, 32, 4);
    script.pe_of[1] = 992, script.pe_of[2] = 1023;
    run(_i, &script_policy, join(), once, 1, 0);
    ck_assert_double_eq(read_named("K0_0>K0_1").busy_us, 5 + 31);
    ck_assert_double_eq(read_named("K0_31>K0_63").busy_us, 5 + 31);
    ck_assert_double_eq(read_named("K0_992>K0_993").busy_us, 8 + 15.5);
}
END_TEST

/* a and b run on PE 0, c on PE 3 behind 0 1 / 2 3 and gets its PE at 20: the link from 1 to 3 goes
 * down before that, or at 24, when the data has been on its way for 4 us. */
START_TEST(what_a_failure_takes_off_a_link_is_busy_time_and_no_transfer)
{
    static const struct failures_listed list[] = {
        {1 * LINKS_PER_NODE + LINKS_SOUTH, 14 * TICK_PER_US, TICK_NEVER}};
    link_failures = (struct failures){.list = list, .count = 1};
    fixture_connect(soc, SOC_MESH, 0, 2, 4);
    script.pe_of[2] = 3;
    run(_i, &script_policy, join(), once, 1, 0);
    struct traffic_link link = read_named("K0_0>K0_1");
    ck_assert_int_eq(link.transfers, 0);
    link = read_named("K0_0>K0_2");
    ck_assert_int_eq(link.transfers, 2);
    ck_assert_double_eq(link.busy_us, 13);
    static const struct failures_listed later[] = {
        {1 * LINKS_PER_NODE + LINKS_SOUTH, 24 * TICK_PER_US, TICK_NEVER}};
    link_failures.list = later;
    if (_i == 0)
        return; /* SimGrid has one engine per process */
    run(_i, &script_policy, join(), once, 1, 0);
    link = read_named("K0_0>K0_1");
    ck_assert_int_eq(link.transfers, 0);
    ck_assert_double_eq(link.bytes, 0);
    ck_assert_double_eq(link.busy_us, 4);
    ck_assert(isnan(link.mean_transfer_us));
    link = read_named("K0_0>K0_2");
    ck_assert_int_eq(link.transfers, 2);
    ck_assert_double_eq(link.bytes, 13000);
    ck_assert_double_eq(link.busy_us, 13);
    ck_assert_double_eq(link.mean_wait_us, 4);
}
END_TEST

/* a and b run on PE 0 until 20; their data is on its way to PE 1 when the bus is lost at 24, and no
 * other PE can run c: the job is given up. */
START_TEST(the_window_lasts_until_the_last_job_is_given_up)
{
    static const struct failures_listed list[] = {{0, 24 * TICK_PER_US, TICK_NEVER}};
    link_failures = (struct failures){.list = list, .count = 1};
    soc = fixture_soc(script.arena, 2, (int32_t[]){1, 1}, 1000);
    struct app *app =
        fixture_app(script.arena, "join", 2,
                    (struct fixture_task[]){{"a", {10, -1}}, {"b", {10, -1}}, {"c", {-1, 1}}}, 3,
                    (struct fixture_edge[]){{0, 2, 5000}, {1, 2, 8000}}, 2);
    fixture_connect(soc, SOC_BUS, 0, 1, 4);
    script.pe_of[2] = 1;
    run(_i, &script_policy, app, once, 1, 0);
    struct traffic_link bus = read_named("bus");
    ck_assert_int_eq(bus.transfers, 0);
    ck_assert_double_eq(bus.busy_us, 4);
    ck_assert_double_eq(bus.utilization, 4.0 / 24.0);
}
END_TEST

/* Streams of generated jobs: to the last bit, on every link. */
START_TEST(both_engines_say_the_same)
{
    static const enum soc_interconnect kinds[] = {SOC_BUS, SOC_MESH, SOC_SHARED_MEMORY};
    struct random_stream stream = random_open(7, (uint32_t)_i, RANDOM_TEST, 0, 0);
    struct arrival_row rows[20];
    for (int32_t job = 0; job < 20; job++)
        rows[job] = (struct arrival_row){.at_ps = (int64_t)job * 7 * TICK_PER_US};
    fixture_connect(soc, kinds[_i % 3], 0.125, 3, 2);
    struct app *app = fixture_random_app(script.arena, &stream, 1, 12, false);
    run(0, sched_find("eft"), app, rows, 20, 3);
    struct traffic_link *first =
        arena_zeroed(script.arena, (size_t)links_count(soc), sizeof *first);
    for (int32_t link = 0; link < links_count(soc); link++)
        first[link] = traffic_read(traffic, link);
    run(1, sched_find("eft"), app, rows, 20, 3);
    for (int32_t link = 0; link < links_count(soc); link++) {
        struct traffic_link second = traffic_read(traffic, link);
        ck_assert_mem_eq(&first[link], &second, sizeof second);
    }
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("traffic");
    TCase *cases = tcase_create("traffic");
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_loop_test(cases, a_bus_is_busy_while_any_transfer_is_under_way, 0, 2);
    tcase_add_loop_test(cases, waits_for_a_dma_channel_are_no_time_on_the_link, 0, 2);
    tcase_add_loop_test(cases, shares_are_those_of_the_counted_jobs_and_sums_those_of_all, 0, 2);
    tcase_add_loop_test(cases, the_window_begins_with_the_arrival_and_not_when_ds3_sees_it, 0, 2);
    tcase_add_loop_test(cases, on_a_mesh_each_link_of_the_route_counts, 0, 2);
    tcase_add_loop_test(cases, what_a_failure_takes_off_a_link_is_busy_time_and_no_transfer, 0, 2);
    tcase_add_loop_test(cases, the_window_lasts_until_the_last_job_is_given_up, 0, 2);
    tcase_add_loop_test(cases, what_goes_through_shared_memory_is_written_and_read, 0, 2);
    tcase_add_loop_test(cases, what_is_in_the_shared_memory_is_read_again_and_not_written_again, 0,
                        2);
    tcase_add_test(cases, nothing_is_said_of_a_link_before_anything_happened);
    tcase_add_loop_test(cases, a_mesh_of_1024_pes_is_ready_in_seconds, 0, 2);
    tcase_add_loop_test(cases, both_engines_say_the_same, 0, 30);
    suite_add_tcase(suite, cases);
    return suite;
}
