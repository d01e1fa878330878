/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "workloads/dag.h"

#include <assert.h>
#include <igraph.h>

#include "base/memory.h"

/* igraph reports to the handler first, and its own one aborts; here a call can fail for want of
 * memory only. */
static void expect_success(igraph_error_t error, int32_t count)
{
    if (error == IGRAPH_ENOMEM)
        memory_exhausted((size_t)count, sizeof(igraph_integer_t));
    assert(error == IGRAPH_SUCCESS);
}

static void graph_init(igraph_t *graph, int32_t task_count, const int32_t *from, const int32_t *to,
                       int32_t edge_count)
{
    igraph_vector_int_t ends;
    expect_success(igraph_vector_int_init(&ends, 2 * (igraph_integer_t)edge_count), edge_count);
    for (int32_t edge = 0; edge < edge_count; edge++) {
        assert(from[edge] >= 0 && from[edge] < task_count);
        assert(to[edge] >= 0 && to[edge] < task_count);
        VECTOR(ends)[2 * (size_t)edge] = from[edge];
        VECTOR(ends)[2 * (size_t)edge + 1] = to[edge];
    }
    expect_success(igraph_create(graph, &ends, task_count, IGRAPH_DIRECTED), edge_count);
    igraph_vector_int_destroy(&ends);
}

/* Kahn's algorithm with a heap: igraph_topological_sorting takes tasks first come, first served. */
static void order_tasks(const igraph_t *graph, int32_t *order, int32_t task_count)
{
    igraph_adjlist_t successors;
    igraph_vector_int_t waiting; /* predecessors that are not placed yet */
    igraph_heap_min_int_t ready;
    expect_success(
        igraph_adjlist_init(graph, &successors, IGRAPH_OUT, IGRAPH_LOOPS, IGRAPH_MULTIPLE),
        task_count);
    expect_success(igraph_vector_int_init(&waiting, task_count), task_count);
    expect_success(igraph_degree(graph, &waiting, igraph_vss_all(), IGRAPH_IN, IGRAPH_LOOPS),
                   task_count);
    expect_success(igraph_heap_min_int_init(&ready, task_count), task_count);
    for (int32_t task = 0; task < task_count; task++)
        if (VECTOR(waiting)[task] == 0)
            expect_success(igraph_heap_min_int_push(&ready, task), task_count);
    int32_t placed = 0;
    while (!igraph_heap_min_int_empty(&ready)) {
        igraph_integer_t task = igraph_heap_min_int_delete_top(&ready);
        const igraph_vector_int_t *next = igraph_adjlist_get(&successors, task);
        order[placed++] = (int32_t)task;
        for (igraph_integer_t i = 0; i < igraph_vector_int_size(next); i++)
            if (--VECTOR(waiting)[VECTOR(*next)[i]] == 0)
                expect_success(igraph_heap_min_int_push(&ready, VECTOR(*next)[i]), task_count);
    }
    assert(placed == task_count);
    igraph_heap_min_int_destroy(&ready);
    igraph_vector_int_destroy(&waiting);
    igraph_adjlist_destroy(&successors);
}

bool dag_order(int32_t *order, int32_t task_count, const int32_t *from, const int32_t *to,
               int32_t edge_count)
{
    igraph_error_handler_t *previous = igraph_set_error_handler(igraph_error_handler_ignore);
    igraph_t graph;
    igraph_bool_t is_acyclic;
    graph_init(&graph, task_count, from, to, edge_count);
    expect_success(igraph_is_dag(&graph, &is_acyclic), task_count);
    if (is_acyclic)
        order_tasks(&graph, order, task_count);
    igraph_destroy(&graph);
    igraph_set_error_handler(previous);
    return is_acyclic;
}

/* The edge from the smallest task that has a successor in its own strongly connected component,
 * to the smallest such successor: there is a way back. -1 if there is none. */
static int32_t find_edge_of_cycle(const igraph_t *graph, int32_t task_count, const int32_t *from,
                                  const int32_t *to, int32_t edge_count)
{
    igraph_vector_int_t component;
    expect_success(igraph_vector_int_init(&component, 0), task_count);
    expect_success(igraph_connected_components(graph, &component, NULL, NULL, IGRAPH_STRONG),
                   task_count);
    int32_t best = -1;
    for (int32_t edge = 0; edge < edge_count; edge++) {
        if (VECTOR(component)[from[edge]] != VECTOR(component)[to[edge]])
            continue;
        if (best < 0 || from[edge] < from[best] ||
            (from[edge] == from[best] && to[edge] < to[best]))
            best = edge;
    }
    igraph_vector_int_destroy(&component);
    return best;
}

int32_t dag_find_cycle(int32_t *cycle, int32_t task_count, const int32_t *from, const int32_t *to,
                       int32_t edge_count)
{
    igraph_error_handler_t *previous = igraph_set_error_handler(igraph_error_handler_ignore);
    igraph_t graph;
    graph_init(&graph, task_count, from, to, edge_count);
    int32_t edge = find_edge_of_cycle(&graph, task_count, from, to, edge_count);
    int32_t length = 0;
    if (edge >= 0) {
        igraph_vector_int_t way_back;
        expect_success(igraph_vector_int_init(&way_back, 0), task_count);
        expect_success(
            igraph_get_shortest_path(&graph, &way_back, NULL, to[edge], from[edge], IGRAPH_OUT),
            task_count);
        cycle[length++] = from[edge];
        for (igraph_integer_t i = 0; i + 1 < igraph_vector_int_size(&way_back); i++)
            cycle[length++] = (int32_t)VECTOR(way_back)[i];
        igraph_vector_int_destroy(&way_back);
    }
    igraph_destroy(&graph);
    igraph_set_error_handler(previous);
    return length;
}
