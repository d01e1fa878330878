/* SPDX-License-Identifier: GPL-3.0-or-later */
/* When data is where it is needed, on every interconnect and both engines, by hand. */
#include "base/tick.h"
#include "test/script.h"
#include "test/suite.h"

#define US TICK_PER_US

static struct soc *soc;

/* What came over shared links, in the order of arrival. */
static struct observed_transfer moved[16];
static int32_t moved_count;

static void note_transfer(void *self, const struct observed_transfer *transfer)
{
    (void)self;
    moved[moved_count++] = *transfer;
}

static void set_up(void)
{
    script_init();
    script.watcher = (struct observer){.on_transfer_done = note_transfer};
    moved_count = 0;
    soc = fixture_soc(script.arena, 1, (int32_t[]){6}, 1000);
}

static void run(int engine, const struct fixture_task *tasks, int32_t task_count,
                const struct fixture_edge *edges, int32_t edge_count)
{
    struct app *app = fixture_app(script.arena, "app", 1, tasks, task_count, edges, edge_count);
    bool is_done = script_run(soc, app, &script_single, &script_policy, engine);
    ck_assert_msg(is_done, "%s", script.fault.what);
}

static void expect(int32_t task, double ready_us, double start_us)
{
    const struct fixture_row *row = fixture_find(&script.log, 0, task);
    ck_assert_msg(row != NULL, "task %d did not finish", task);
    ck_assert_double_eq(tick_to_us(row->ready_ps), ready_us);
    ck_assert_double_eq(tick_to_us(row->start_ps), start_us);
}

/* a and b end at 10; c on a third PE needs 5000 bytes of a and 8000 of b. */
static const struct fixture_task join[] = {{"a", {10}}, {"b", {10}}, {"c", {1}}};
static const struct fixture_edge join_edges[] = {{0, 2, 5000}, {1, 2, 8000}};

START_TEST(on_a_matrix_data_travels_while_its_consumer_has_no_pe_yet)
{
    script.pe_of[1] = 1, script.pe_of[2] = 2;
    script.not_before_ps[2] = 13 * US;
    run(_i, join, 3, join_edges, 2);
    expect(2, 10, 18);
}
END_TEST

START_TEST(on_a_matrix_it_can_wait_for_its_consumer_to_have_one)
{
    soc->at_assign = true;
    script.pe_of[1] = 1, script.pe_of[2] = 2;
    script.not_before_ps[2] = 13 * US;
    run(_i, join, 3, join_edges, 2);
    expect(2, 10, 21);
}
END_TEST

/* Written by 15 and by 18; then read side by side: 8. */
START_TEST(in_shared_memory_a_task_is_ready_when_its_data_is_written_and_starts_when_it_is_read)
{
    fixture_connect(soc, SOC_SHARED_MEMORY, 0, 0, 0);
    script.pe_of[1] = 1, script.pe_of[2] = 2;
    run(_i, join, 3, join_edges, 2);
    expect(2, 18, 26);
}
END_TEST

START_TEST(shared_memory_is_no_shortcut_for_a_pe_that_gives_data_to_itself)
{
    fixture_connect(soc, SOC_SHARED_MEMORY, 0.5, 0, 0);
    script.pe_of[1] = 1, script.pe_of[2] = 1;
    run(_i, join, 3, join_edges, 2);
    expect(2, 18.5, 27);
}
END_TEST

START_TEST(shared_memory_can_wait_for_the_consumer_to_have_a_pe)
{
    fixture_connect(soc, SOC_SHARED_MEMORY, 0, 0, 0);
    soc->at_assign = true;
    script.pe_of[1] = 1, script.pe_of[2] = 2;
    run(_i, join, 3, join_edges, 2);
    expect(2, 10, 26);
}
END_TEST

/* Both share until 20, when the 5000 are there; the other 3000 take 3 more. */
START_TEST(two_transfers_on_a_bus_share_it)
{
    fixture_connect(soc, SOC_BUS, 0.25, 1, 4);
    script.pe_of[1] = 1, script.pe_of[2] = 2;
    run(_i, join, 3, join_edges, 2);
    expect(2, 10, 23.25);
    ck_assert_int_eq(moved_count, 2);
    ck_assert_int_eq(moved[0].edge, 0);
    ck_assert_int_eq(moved[0].finish_ps, 20 * US + US / 4);
    ck_assert_double_eq(moved[1].bytes, 8000);
}
END_TEST

START_TEST(nothing_moves_if_producer_and_consumer_share_a_pe)
{
    fixture_connect(soc, SOC_BUS, 0.25, 1, 4);
    run(_i, join, 3, join_edges, 2);
    expect(2, 20, 20);
    ck_assert_int_eq(moved_count, 0);
}
END_TEST

START_TEST(with_one_dma_channel_transfers_to_a_pe_come_one_after_the_other)
{
    fixture_connect(soc, SOC_BUS, 0, 1, 1);
    script.pe_of[1] = 1, script.pe_of[2] = 2;
    run(_i, join, 3, join_edges, 2);
    expect(2, 10, 23);
    ck_assert_int_eq(moved[0].start_ps, 10 * US);
    ck_assert_int_eq(moved[0].finish_ps, 15 * US);
    ck_assert_int_eq(moved[1].asked_ps, 10 * US);
    ck_assert_int_eq(moved[1].start_ps, 15 * US);
}
END_TEST

START_TEST(the_end_of_one_lets_one_go_of_those_that_wait)
{
    static const struct fixture_task three[] = {{"a", {10}}, {"b", {10}}, {"c", {10}}, {"d", {1}}};
    static const struct fixture_edge edges[] = {{0, 3, 5000}, {1, 3, 5000}, {2, 3, 5000}};
    fixture_connect(soc, SOC_BUS, 0, 1, 1);
    script.pe_of[1] = 1, script.pe_of[2] = 2, script.pe_of[3] = 3;
    run(_i, three, 4, edges, 3);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(moved[i].start_ps, (10 + 5 * i) * US);
        ck_assert_int_eq(moved[i].finish_ps, (15 + 5 * i) * US);
    }
}
END_TEST

START_TEST(a_transfer_of_nothing_takes_its_latency)
{
    fixture_connect(soc, SOC_BUS, 0.125, 1, 4);
    script.pe_of[1] = 1;
    run(_i, join, 2, (struct fixture_edge[]){{0, 1, 0}}, 1);
    expect(1, 10, 10.125);
}
END_TEST

/* 0 1 2
 * 3 4 5   a on 0, b on 3, c on 4, d on 5: a's 1000 bytes to c pass 1, b's 1000 bytes to d pass 4.
 */
START_TEST(on_a_mesh_each_link_that_is_passed_costs_its_latency)
{
    fixture_connect(soc, SOC_MESH, 0.5, 3, 4);
    script.pe_of[1] = 3, script.pe_of[2] = 4, script.pe_of[3] = 5;
    run(_i, (struct fixture_task[]){{"a", {10}}, {"b", {10}}, {"c", {1}}, {"d", {1}}}, 4,
        (struct fixture_edge[]){{0, 2, 1000}, {1, 3, 1000}}, 2);
    expect(2, 10, 12);
    expect(3, 10, 12);
}
END_TEST

/* On 0 1 2 3 in a row: 0 -> 3, 1 -> 2 and 2 -> 3 of 1000 bytes each. Each link has two at most. */
START_TEST(on_a_mesh_only_those_on_one_link_share_it)
{
    fixture_connect(soc, SOC_MESH, 0, 6, 4);
    script.pe_of[1] = 1, script.pe_of[2] = 2, script.pe_of[3] = 3, script.pe_of[4] = 2,
    script.pe_of[5] = 3;
    script.not_before_ps[5] = 20 * US;
    run(_i,
        (struct fixture_task[]){
            {"a", {10}}, {"b", {10}}, {"c", {10}}, {"d", {1}}, {"e", {1}}, {"f", {1}}},
        6, (struct fixture_edge[]){{0, 3, 1000}, {1, 4, 1000}, {2, 5, 1000}}, 3);
    expect(4, 10, 12);
    expect(3, 10, 12);
    expect(5, 10, 21); /* alone by then */
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("fetch");
    TCase *cases = tcase_create("interconnects");
    tcase_add_checked_fixture(cases, set_up, script_finish);
    tcase_add_loop_test(cases, on_a_matrix_data_travels_while_its_consumer_has_no_pe_yet, 0, 2);
    tcase_add_loop_test(cases, on_a_matrix_it_can_wait_for_its_consumer_to_have_one, 0, 2);
    tcase_add_loop_test(
        cases, in_shared_memory_a_task_is_ready_when_its_data_is_written_and_starts_when_it_is_read,
        0, 2);
    tcase_add_loop_test(cases, shared_memory_is_no_shortcut_for_a_pe_that_gives_data_to_itself, 0,
                        2);
    tcase_add_loop_test(cases, shared_memory_can_wait_for_the_consumer_to_have_a_pe, 0, 2);
    tcase_add_loop_test(cases, two_transfers_on_a_bus_share_it, 0, 2);
    tcase_add_loop_test(cases, nothing_moves_if_producer_and_consumer_share_a_pe, 0, 2);
    tcase_add_loop_test(cases, with_one_dma_channel_transfers_to_a_pe_come_one_after_the_other, 0,
                        2);
    tcase_add_loop_test(cases, the_end_of_one_lets_one_go_of_those_that_wait, 0, 2);
    tcase_add_loop_test(cases, a_transfer_of_nothing_takes_its_latency, 0, 2);
    tcase_add_loop_test(cases, on_a_mesh_each_link_that_is_passed_costs_its_latency, 0, 2);
    tcase_add_loop_test(cases, on_a_mesh_only_those_on_one_link_share_it, 0, 2);
    suite_add_tcase(suite, cases);
    return suite;
}
