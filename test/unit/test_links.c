/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "sim/links.h"
#include "test/fixture.h"
#include "test/suite.h"

static struct arena *arena;
static struct soc *soc;

static void set_up(void)
{
    arena = arena_create();
    soc = fixture_soc(arena, 1, (int32_t[]){5}, 1000);
}

static void tear_down(void)
{
    arena_destroy(arena);
}

START_TEST(a_matrix_has_none_a_bus_one_and_a_memory_two)
{
    ck_assert_int_eq(links_count(soc), 0);
    fixture_connect(soc, SOC_BUS, 0, 1, 4);
    ck_assert_int_eq(links_count(soc), 1);
    ck_assert_str_eq(links_name(soc, arena, 0), "bus");
    ck_assert_double_eq(links_bandwidth_bytes_per_us(soc), 1000);
}
END_TEST

START_TEST(shared_memory_is_written_and_read)
{
    fixture_connect(soc, SOC_SHARED_MEMORY, 0, 1, 4);
    soc->memory_bandwidth_bytes_per_us = 500;
    ck_assert_int_eq(links_count(soc), 2);
    ck_assert_str_eq(links_name(soc, arena, LINKS_WRITE), "write");
    ck_assert_str_eq(links_name(soc, arena, LINKS_READ), "read");
    ck_assert_double_eq(links_bandwidth_bytes_per_us(soc), 500);
}
END_TEST

/* 0 1 2
 * 3 4 .   7 pairs of neighbours, two links each */
START_TEST(a_mesh_has_two_for_each_pair_of_neighbours)
{
    fixture_connect(soc, SOC_MESH, 0, 3, 4);
    const char *names = "";
    int32_t count = 0;
    for (int32_t link = 0; link < links_count(soc); link++) {
        const char *name = links_name(soc, arena, link);
        if (name == NULL)
            continue;
        count++;
        names = arena_printf(arena, "%s %s", names, name);
    }
    ck_assert_int_eq(count, 14);
    ck_assert_str_eq(names, " K0_0>K0_1 K0_0>K0_3 K0_1>K0_2 K0_1>K0_0 K0_1>K0_4 K0_2>K0_1 "
                            "K0_2>node_5 K0_3>K0_4 K0_3>K0_0 K0_4>node_5 K0_4>K0_3 K0_4>K0_1 "
                            "node_5>K0_4 node_5>K0_2");
}
END_TEST

START_TEST(a_route_goes_along_the_row_first)
{
    fixture_connect(soc, SOC_MESH, 0, 3, 4);
    int32_t node = 3;
    const char *way = "";
    while (node != 2)
        way = arena_printf(arena, "%s %s", way, links_name(soc, arena, links_step(3, &node, 2)));
    ck_assert_str_eq(way, " K0_3>K0_4 K0_4>node_5 node_5>K0_2");
    node = 1;
    ck_assert_str_eq(links_name(soc, arena, links_step(3, &node, 3)), "K0_1>K0_0");
    ck_assert_str_eq(links_name(soc, arena, links_step(3, &node, 3)), "K0_0>K0_3");
    ck_assert_int_eq(node, 3);
}
END_TEST

/* The names of the links on a way of the 3 x 2 mesh. */
static const char *way_of(enum links_way way, int32_t from, int32_t to)
{
    const char *text = "";
    for (int32_t node = from; node != to;)
        text = arena_printf(arena, "%s %s", text,
                            links_name(soc, arena, links_follow(soc, way, &node, to)));
    return text;
}

START_TEST(the_other_route_goes_along_the_column_first)
{
    fixture_connect(soc, SOC_MESH, 0, 3, 4);
    ck_assert_str_eq(way_of(LINKS_XY, 3, 2), " K0_3>K0_4 K0_4>node_5 node_5>K0_2");
    ck_assert_str_eq(way_of(LINKS_YX, 3, 2), " K0_3>K0_0 K0_0>K0_1 K0_1>K0_2");
    ck_assert_str_eq(way_of(LINKS_YX, 2, 3), " K0_2>node_5 node_5>K0_4 K0_4>K0_3");
    ck_assert_str_eq(way_of(LINKS_YX, 0, 2), " K0_0>K0_1 K0_1>K0_2");
    ck_assert_str_eq(way_of(LINKS_YX, 4, 1), " K0_4>K0_1");
    fixture_connect(soc, SOC_BUS, 0, 1, 4);
    ck_assert_str_eq(way_of(LINKS_XY, 4, 1), " bus");
}
END_TEST

START_TEST(the_first_route_is_taken_if_it_is_open_and_the_other_one_if_that_is)
{
    uint8_t states[6 * LINKS_PER_NODE] = {0};
    fixture_connect(soc, SOC_MESH, 0, 3, 4);
    ck_assert_int_eq(links_find_way(soc, states, LINKS_DOWN, 3, 2), LINKS_XY);
    states[5 * LINKS_PER_NODE + LINKS_NORTH] = LINKS_DOWN;
    ck_assert_int_eq(links_find_way(soc, states, LINKS_DOWN, 3, 2), LINKS_YX);
    ck_assert_int_eq(links_find_way(soc, states, LINKS_LOST, 3, 2), LINKS_XY);
    ck_assert_int_eq(links_find_way(soc, states, LINKS_DOWN, 2, 3), LINKS_XY); /* other direction */
    states[0 * LINKS_PER_NODE + LINKS_EAST] = LINKS_LOST;
    ck_assert_int_eq(links_find_way(soc, states, LINKS_DOWN, 3, 2), LINKS_NO_WAY);
    ck_assert_int_eq(links_find_way(soc, states, LINKS_LOST, 0, 1), LINKS_NO_WAY);
    ck_assert_int_eq(links_find_way(soc, states, LINKS_DOWN, 3, 3), LINKS_XY);
    fixture_connect(soc, SOC_BUS, 0, 1, 4);
    ck_assert_int_eq(links_find_way(soc, (uint8_t[]){LINKS_DOWN}, LINKS_DOWN, 0, 1), LINKS_NO_WAY);
    ck_assert_int_eq(links_find_way(soc, (uint8_t[]){LINKS_DOWN}, LINKS_LOST, 0, 1), LINKS_XY);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("links");
    TCase *cases = tcase_create("links");
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, a_matrix_has_none_a_bus_one_and_a_memory_two);
    tcase_add_test(cases, shared_memory_is_written_and_read);
    tcase_add_test(cases, a_mesh_has_two_for_each_pair_of_neighbours);
    tcase_add_test(cases, a_route_goes_along_the_row_first);
    tcase_add_test(cases, the_other_route_goes_along_the_column_first);
    tcase_add_test(cases, the_first_route_is_taken_if_it_is_open_and_the_other_one_if_that_is);
    suite_add_tcase(suite, cases);
    return suite;
}
