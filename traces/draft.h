/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A task graph on its way from a foreign file to an app: tasks by their names there, edges, what
 * tasks cost, and which files they write and read. */
#ifndef HETSOC_TRACES_DRAFT_H
#define HETSOC_TRACES_DRAFT_H

#include "traces/import.h"
#include "traces/names.h"

struct draft;

struct draft *draft_create(void);
void draft_destroy(struct draft *draft); /* NULL is fine */

/* Copies of a text, whole or its first `length` bytes, that live as long as the draft. */
const char *draft_keep(struct draft *draft, const char *text);
const char *draft_keep_part(struct draft *draft, const char *text, size_t length);

struct arena *draft_arena(struct draft *draft); /* lives as long as the draft */

/* Adds a task under a name of the file, borrowed; -1 if the name is taken. `line` is its place. */
int32_t draft_add_task(struct draft *draft, const char *id, int line);

/* Another name of a task, unless a task was added under it; then it is the name of that one. */
void draft_alias(struct draft *draft, int32_t task, const char *name);

/* Whether several tasks have this name as another one, so that it tells none of them. */
bool draft_is_ambiguous(const struct draft *draft, const char *name);

int32_t draft_find_task(const struct draft *draft, const char *id); /* -1 if there is none */
int32_t draft_task_count(const struct draft *draft);
int32_t draft_edge_count(const struct draft *draft);
const char *draft_task_id(const struct draft *draft, int32_t task);

/* What a task costs: its label is the base of the name of its task kind; tasks of the same label
 * and costs share one. Both are copied. O(count) amortized. */
void draft_set_costs(struct draft *draft, int32_t task, const char *label,
                     const struct app_cost *costs, int32_t count);

/* Whether draft_set_costs was called for a task. */
bool draft_has_costs(const struct draft *draft, int32_t task);

/* Adds an edge; ends must be tasks. */
void draft_add_edge(struct draft *draft, int32_t from, int32_t to, double bytes);

/* Makes edges with the same ends one, with the bytes of all; returns how many fell away. O(V + E).
 */
int32_t draft_merge(struct draft *draft);

/* After draft_merge: the edge between two tasks, -1 if there is none. O(log predecessors). */
int32_t draft_find_edge(const struct draft *draft, int32_t from, int32_t to);
int32_t draft_producer(const struct draft *draft, int32_t edge);
double draft_bytes(const struct draft *draft, int32_t edge);
void draft_set_bytes(struct draft *draft, int32_t edge, double bytes);

/* For costs that were given in seconds: makes them microseconds. A second is as long as the options
 * say; if they do not, a second, or as many powers of ten shorter as it takes to get all tasks into
 * half of the time that can be simulated. Returns its length in us. */
double draft_make_us(struct draft *draft, const struct import_options *options);

/* Makes the app, named after the file. Tasks without costs cost nothing, or one unit each if no
 * task has any, on the PE kinds of `fallback`; a note says so. Faults: no task, a time or an amount
 * of data that an app file cannot hold, what app_finish refuses (a cycle is named). */
bool draft_finish(struct draft *draft, struct imported *imported, struct arena *arena,
                  const char *path, const char *what, const struct app_cost *fallback,
                  int32_t fallback_count, struct fault *fault);

#endif
