/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>

#include "base/memory.h"
#include "base/random.h"
#include "test/suite.h"
#include "workloads/dag.h"

#define TASKS_MAX 40
#define EDGES_MAX (TASKS_MAX * TASKS_MAX)

static int32_t from[EDGES_MAX], to[EDGES_MAX];
static int32_t result[TASKS_MAX];

static bool has_edge(int32_t edge_count, int32_t a, int32_t b)
{
    for (int32_t edge = 0; edge < edge_count; edge++)
        if (from[edge] == a && to[edge] == b)
            return true;
    return false;
}

/* The smallest task without a predecessor among those that are left, by looking at all of them;
 * -1 if there is none. */
static int32_t next_by_looking(const bool *is_placed, int32_t task_count, int32_t edge_count)
{
    for (int32_t task = 0; task < task_count; task++) {
        bool is_ready = !is_placed[task];
        for (int32_t edge = 0; edge < edge_count; edge++)
            is_ready &= to[edge] != task || is_placed[from[edge]];
        if (is_ready)
            return task;
    }
    return -1;
}

/* Edges of a graph of random density; with `is_acyclic` all of them follow a random numbering. */
static int32_t draw_edges(struct random_stream *stream, int32_t task_count, bool is_acyclic)
{
    int32_t place[TASKS_MAX] = {0}, edge_count = 0;
    double density = 3.0 * random_uniform(stream) / task_count;
    for (int32_t task = 0; task < task_count; task++) {
        int32_t other = (int32_t)random_below(stream, (uint32_t)task + 1);
        place[task] = place[other];
        place[other] = task;
    }
    for (int32_t a = 0; a < task_count; a++)
        for (int32_t b = 0; b < task_count; b++)
            if (random_uniform(stream) < density && a != b &&
                (!is_acyclic || place[a] < place[b])) {
                from[edge_count] = a;
                to[edge_count++] = b;
            }
    return edge_count;
}

/* Orders a random graph and holds every choice against the naive one. */
static void check_order(uint32_t number)
{
    struct random_stream stream = random_open(1, 0, RANDOM_TEST, number, 1);
    int32_t task_count = 1 + (int32_t)random_below(&stream, TASKS_MAX);
    int32_t edge_count = draw_edges(&stream, task_count, true);
    bool is_placed[TASKS_MAX] = {false};
    ck_assert(dag_order(result, task_count, from, to, edge_count));
    int32_t cycle[TASKS_MAX];
    ck_assert_int_eq(dag_find_cycle(cycle, task_count, from, to, edge_count), 0);
    for (int32_t i = 0; i < task_count; i++) {
        ck_assert_int_eq(result[i], next_by_looking(is_placed, task_count, edge_count));
        is_placed[result[i]] = true;
    }
}

START_TEST(the_order_takes_the_smallest_task_that_can_run)
{
    for (uint32_t number = 0; number < 200; number++)
        check_order(number);
}
END_TEST

/* Looks for a cycle in a random graph; true if there is one. */
static bool check_cycle(uint32_t number)
{
    struct random_stream stream = random_open(1, 0, RANDOM_TEST, number, 2);
    int32_t task_count = 1 + (int32_t)random_below(&stream, TASKS_MAX);
    int32_t edge_count = draw_edges(&stream, task_count, false);
    bool is_placed[TASKS_MAX] = {false};
    int32_t placed = 0;
    for (int32_t task; (task = next_by_looking(is_placed, task_count, edge_count)) >= 0; placed++)
        is_placed[task] = true;
    ck_assert_int_eq(dag_order(result, task_count, from, to, edge_count), placed == task_count);
    int32_t length = dag_find_cycle(result, task_count, from, to, edge_count);
    ck_assert_int_eq(length > 0, placed < task_count);
    for (int32_t i = 0; i < length; i++) {
        ck_assert(has_edge(edge_count, result[i], result[(i + 1) % length]));
        for (int32_t k = 0; k < i; k++)
            ck_assert_int_ne(result[k], result[i]);
    }
    return length > 0;
}

START_TEST(a_cycle_is_found_exactly_where_there_is_no_order)
{
    int cyclic = 0;
    for (uint32_t number = 0; number < 200; number++)
        cyclic += check_cycle(number);
    ck_assert(cyclic > 20 && cyclic < 180);
}
END_TEST

START_TEST(a_cycle_starts_at_the_smallest_task_that_is_on_one)
{
    /* 0 leads into 1 -> 4 -> 2 -> 1 and 1 -> 3 -> 1; 5 -> 6 -> 5 lies apart. */
    static const int32_t a[] = {0, 6, 5, 1, 4, 2, 1, 3}, b[] = {1, 5, 6, 4, 2, 1, 3, 1};
    ck_assert(!dag_order(result, 7, a, b, 8));
    ck_assert_int_eq(dag_find_cycle(result, 7, a, b, 8), 2);
    ck_assert_int_eq(result[0], 1);
    ck_assert_int_eq(result[1], 3);
}
END_TEST

START_TEST(an_edge_to_itself_is_a_cycle_of_one)
{
    static const int32_t a[] = {1}, b[] = {1};
    ck_assert(!dag_order(result, 2, a, b, 1));
    ck_assert_int_eq(dag_find_cycle(result, 2, a, b, 1), 1);
    ck_assert_int_eq(result[0], 1);
}
END_TEST

START_TEST(a_graph_without_edges_is_ordered_by_number)
{
    ck_assert(dag_order(result, 3, NULL, NULL, 0));
    for (int32_t i = 0; i < 3; i++)
        ck_assert_int_eq(result[i], i);
}
END_TEST

START_TEST(a_hundred_thousand_tasks_are_ordered_and_a_cycle_through_all_is_found)
{
    enum { COUNT = 100000 };
    int32_t *a = memory_zeroed(COUNT, sizeof *a), *b = memory_zeroed(COUNT, sizeof *b);
    int32_t *order = memory_zeroed(COUNT, sizeof *order);
    for (int32_t i = 0; i < COUNT; i++) { /* from the last task down to the first */
        a[i] = COUNT - 1 - i;
        b[i] = (2 * COUNT - 2 - i) % COUNT;
    }
    ck_assert(dag_order(order, COUNT, a, b, COUNT - 1));
    for (int32_t i = 0; i < COUNT; i++)
        ck_assert_int_eq(order[i], COUNT - 1 - i);
    ck_assert(!dag_order(order, COUNT, a, b, COUNT));
    ck_assert_int_eq(dag_find_cycle(order, COUNT, a, b, COUNT), COUNT);
    free(a);
    free(b);
    free(order);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("dag");
    TCase *cases = tcase_create("dag");
    tcase_set_timeout(cases, 60);
    tcase_add_test(cases, the_order_takes_the_smallest_task_that_can_run);
    tcase_add_test(cases, a_cycle_is_found_exactly_where_there_is_no_order);
    tcase_add_test(cases, a_cycle_starts_at_the_smallest_task_that_is_on_one);
    tcase_add_test(cases, an_edge_to_itself_is_a_cycle_of_one);
    tcase_add_test(cases, a_graph_without_edges_is_ordered_by_number);
    tcase_add_test(cases, a_hundred_thousand_tasks_are_ordered_and_a_cycle_through_all_is_found);
    suite_add_tcase(suite, cases);
    return suite;
}
