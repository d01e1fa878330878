/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Is a task graph acyclic, in which order can its tasks run, and if not, which tasks go round?
 *
 * A graph is an edge list: edge i runs from[i] -> to[i], tasks are numbered from 0. dag.c is the
 * only file that uses igraph; running out of memory there ends the program as in base/memory.h. */
#ifndef HETSOC_WORKLOADS_DAG_H
#define HETSOC_WORKLOADS_DAG_H

#include <stdbool.h>
#include <stdint.h>

/* Fills `order` [task_count] with the topological order that takes, each time, the smallest task
 * of those whose predecessors are all placed. False if there is a cycle; `order` is undefined
 * then. O((V + E) log V). */
bool dag_order(int32_t *order, int32_t task_count, const int32_t *from, const int32_t *to,
               int32_t edge_count);

/* Fills `cycle` [task_count] with tasks that go round: each has an edge to the next and the last
 * one to the first. It starts at the smallest task that is on any cycle and goes on with that
 * task's smallest such successor. Returns its length, 0 if there is no cycle. O(V + E). */
int32_t dag_find_cycle(int32_t *cycle, int32_t task_count, const int32_t *from, const int32_t *to,
                       int32_t edge_count);

#endif
