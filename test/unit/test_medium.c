/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Flows that share the links of a bus or of a mesh, against dates computed by hand. */
#include <math.h>

#include "sim/medium.h"
#include "test/suite.h"

static struct medium *medium;

static void make(enum soc_interconnect interconnect, int32_t columns, int32_t rows)
{
    static struct soc soc;
    soc = (struct soc){
        .interconnect = interconnect,
        .pe_count = columns * rows,
        .network = {
            .bandwidth_bytes_per_us = 2.0, .columns = columns, .rows = rows, .dma_channels = 1}};
    medium = medium_create(&soc);
    ck_assert_ptr_nonnull(medium);
}

static void tear_down(void)
{
    medium_destroy(medium);
    medium = NULL;
}

static void start(double now_ps, int32_t flow, int32_t from_pe, int32_t to_pe, double amount)
{
    medium->kind->start(medium, now_ps, flow, from_pe, to_pe, LINKS_XY, amount);
}

static void expect_end(int32_t flow, double end_ps)
{
    ck_assert_double_eq_tol(medium->kind->next_end_ps(medium), end_ps, 1e-9 * end_ps);
    ck_assert_int_eq(medium->kind->pop_end(medium), flow);
}

static void expect_silence(void)
{
    ck_assert(isinf(medium->kind->next_end_ps(medium)));
}

START_TEST(a_matrix_and_a_shared_memory_have_no_links_to_share)
{
    ck_assert_ptr_null(medium_create(&(struct soc){.interconnect = SOC_MATRIX}));
    ck_assert_ptr_null(medium_create(&(struct soc){.interconnect = SOC_SHARED_MEMORY}));
}
END_TEST

START_TEST(two_flows_on_a_bus_have_half_of_it_each_while_both_are_there)
{
    make(SOC_BUS, 4, 1);
    start(0, 7, 0, 1, 200);  /* alone until 50: 100 of 200 */
    start(50, 8, 2, 3, 200); /* then one a tick each: 7 is done at 150, 8 has 100 left */
    expect_end(7, 150);
    expect_end(8, 200);
    expect_silence();
}
END_TEST

START_TEST(flows_of_a_bus_that_end_together_do_so_in_the_order_of_their_starts)
{
    make(SOC_BUS, 8, 1);
    for (int32_t flow = 5; flow > 0; flow--)
        start(10, flow, 0, 1, 60);
    for (int32_t flow = 5; flow > 0; flow--)
        expect_end(flow, 10 + 5 * 60 / 2.0);
    expect_silence();
}
END_TEST

START_TEST(a_bus_that_is_never_idle_keeps_its_dates)
{
    make(SOC_BUS, 2, 1);
    const double amount = 1e12; /* virtual time has to begin anew many times */
    start(0, 0, 0, 1, amount);
    for (int32_t flow = 1; flow < 400; flow++) {
        start(medium->clock_ps, flow, 0, 1, amount);
        expect_end(flow - 1, flow == 1 ? amount : medium->kind->next_end_ps(medium));
    }
    /* Its 400 flows have had the whole bandwidth all the time. */
    expect_end(399, 400 * amount / 2);
}
END_TEST

/* 0 -> 1 -> 2 -> 3. Flow 1 passes all three links, 2 the first, 3 and 4 the last. Of the last link
 * 1, 3 and 4 get a third each, and 2 gets what 1 leaves of the first: two thirds. */
START_TEST(flows_on_a_line_get_what_is_max_min_fair)
{
    make(SOC_MESH, 4, 1);
    start(0, 1, 0, 3, 200);
    start(0, 2, 0, 1, 200);
    start(0, 3, 2, 3, 100);
    start(0, 4, 2, 3, 300);
    expect_end(2, 150); /* at 4/3 a tick */
    expect_end(3, 150); /* at 2/3; then 1 and 4 have one a tick each: 100 and 200 are left */
    expect_end(1, 250);
    expect_end(4, 300); /* the last 100 at 2 a tick */
    expect_silence();
}
END_TEST

START_TEST(opposite_directions_do_not_meet)
{
    make(SOC_MESH, 2, 1);
    start(0, 1, 0, 1, 100);
    start(0, 2, 1, 0, 100);
    expect_end(1, 50);
    expect_end(2, 50);
}
END_TEST

/* 0 1 2
 * 3 4 5   From 0 to 4 by 1, from 3 to 1 by 4: XY routes share no link. From 0 to 5 by 1 and 2
 *         shares 0 -> 1 with the first. */
START_TEST(routes_go_along_the_row_first)
{
    make(SOC_MESH, 3, 2);
    start(0, 1, 0, 4, 100);
    start(0, 2, 3, 1, 100);
    start(0, 3, 0, 5, 50);
    expect_end(2, 50);
    expect_end(3, 50);
    expect_end(1, 75);
}
END_TEST

START_TEST(a_flow_that_is_stopped_leaves_its_share_of_a_bus_to_the_others)
{
    make(SOC_BUS, 4, 1);
    start(0, 5, 0, 1, 50);
    start(0, 6, 0, 2, 300);
    start(0, 7, 2, 3, 300);
    start(0, 8, 1, 3, 500);
    medium->kind->stop(medium, 40, 7); /* half a tick each until then */
    expect_end(5, 85);                 /* 30 left at 2/3 a tick */
    medium->kind->stop(medium, 100, 6);
    /* 8 has had 20 + 30 + 15 of 500 */
    expect_end(8, 317.5);
    expect_silence();
}
END_TEST

START_TEST(a_flow_that_is_stopped_leaves_its_share_of_each_link_to_the_others)
{
    make(SOC_MESH, 3, 1);
    start(0, 1, 0, 2, 100); /* over both links */
    start(0, 2, 0, 1, 100);
    start(0, 3, 1, 2, 300);
    medium->kind->stop(medium, 50, 1); /* one a tick each until then */
    expect_end(2, 75);
    expect_end(3, 175);
    expect_silence();
}
END_TEST

START_TEST(routes_along_the_column_first_share_other_links)
{
    make(SOC_MESH, 2, 2);
    medium->kind->start(medium, 0, 1, 0, 3, LINKS_XY, 100); /* 0 > 1 > 3 */
    medium->kind->start(medium, 0, 2, 0, 3, LINKS_YX, 100); /* 0 > 2 > 3 */
    expect_end(1, 50);
    expect_end(2, 50);
    medium->kind->start(medium, 50, 3, 0, 3, LINKS_YX, 100);
    medium->kind->start(medium, 50, 4, 0, 2, LINKS_XY, 100);
    expect_end(3, 150);
    expect_end(4, 150);
    expect_silence();
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("medium");
    TCase *cases = tcase_create("shared links");
    tcase_add_checked_fixture(cases, NULL, tear_down);
    tcase_add_test(cases, a_matrix_and_a_shared_memory_have_no_links_to_share);
    tcase_add_test(cases, two_flows_on_a_bus_have_half_of_it_each_while_both_are_there);
    tcase_add_test(cases, a_flow_that_is_stopped_leaves_its_share_of_a_bus_to_the_others);
    tcase_add_test(cases, a_flow_that_is_stopped_leaves_its_share_of_each_link_to_the_others);
    tcase_add_test(cases, routes_along_the_column_first_share_other_links);
    tcase_add_test(cases, flows_of_a_bus_that_end_together_do_so_in_the_order_of_their_starts);
    tcase_add_test(cases, a_bus_that_is_never_idle_keeps_its_dates);
    tcase_add_test(cases, flows_on_a_line_get_what_is_max_min_fair);
    tcase_add_test(cases, opposite_directions_do_not_meet);
    tcase_add_test(cases, routes_go_along_the_row_first);
    suite_add_tcase(suite, cases);
    return suite;
}
