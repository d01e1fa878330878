/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Small machines, apps and scenarios made in memory, so that tests need no files. */
#ifndef HETSOC_TEST_FIXTURE_H
#define HETSOC_TEST_FIXTURE_H

#include "base/random.h"
#include "sim/bind.h"
#include "sim/failures.h"
#include "sim/scenario.h"
#include "sim/world.h"

/* A machine with one cluster per kind, kinds "K0", "K1", ..., `pes_of[kind]` PEs each, one
 * bandwidth (bytes per us) between all different PEs, latency 0. */
struct soc *fixture_soc(struct arena *arena, int32_t kind_count, const int32_t *pes_of,
                        double bandwidth_bytes_per_us);

/* Connects such a machine otherwise: `latency_us` of each link or access, a mesh of `columns`, as
 * many DMA channels. */
void fixture_connect(struct soc *soc, enum soc_interconnect interconnect, double latency_us,
                     int32_t columns, int32_t dma_channels);

/* A task's costs on K0, K1, ...; negative = cannot run there. */
struct fixture_task {
    const char *name;
    double exec_us[4];
};

struct fixture_edge {
    int32_t from, to;
    double bytes;
};

/* An app of these tasks (each its own kind) and edges. */
struct app *fixture_app(struct arena *arena, const char *name, int32_t kind_count,
                        const struct fixture_task *tasks, int32_t task_count,
                        const struct fixture_edge *edges, int32_t edge_count);

/* A random DAG with 1..max_tasks tasks for machines of `kind_count` kinds. With `is_integer`
 * durations and bytes are small whole numbers, so that ties are everywhere, zeros included. */
struct app *fixture_random_app(struct arena *arena, struct random_stream *stream,
                               int32_t kind_count, int32_t max_tasks, bool is_integer);

/* Turns an app into one with branches: tasks branch, edges belong to alternatives, joins are of
 * both sorts, some tasks cannot be reached, jobs carry 1 to 9 samples of one to three classes. */
void fixture_add_branches(struct arena *arena, struct random_stream *stream, struct app *app);

/* Gives about half of the task kinds of an app a kernel in place of times, and every PE kind a
 * profile that runs it, with a local memory that holds a few of their weights. */
void fixture_add_weights(struct arena *arena, struct random_stream *stream, struct app *app,
                         struct soc *soc);

/* A scenario that says what the test wrote down. */
struct fixture_scenario {
    const struct arrival_row *rows;
    int32_t row_count;
    /* Factor of (job, task); NULL = always 1. */
    double (*factor)(int32_t job, int32_t task);
    /* Factors of (job, edge), and of (task kind, PE kind); NULL = always 1. */
    double (*data)(int32_t job, int32_t edge);
    double (*table)(const char *task_kind, const char *pe_kind);
    /* Slow-downs: [count] episodes that every PE has; NULL = none. */
    const struct episode *episodes;
    int32_t episode_count;
    uint64_t seed; /* of routes and random failures */
    struct failures failures, link_failures;
};

struct scenario fixture_scenario(const struct fixture_scenario *source);

/* Binds apps to a machine; [count] in the arena. Aborts the test on a fault. */
struct bind *fixture_bind(struct arena *arena, const struct soc *soc, struct app *const *apps,
                          int32_t count);

/* The shipped file of a policy that works with one, loaded; NULL for others. Aborts the test on a
 * fault. */
const void *fixture_policy_file(struct arena *arena, const struct policy_kind *policy);

/* How many policies there are. */
int fixture_policy_count(void);

/* One finished task as a test reads it. */
struct fixture_row {
    int32_t job, task, pe;
    int64_t ready_ps, start_ps, finish_ps;
};

/* Collects finished tasks in the order of finishing. */
struct fixture_log {
    struct fixture_row *rows;
    size_t count, capacity;
};

struct observer fixture_observer(struct fixture_log *log);
void fixture_log_finish(struct fixture_log *log);

/* Runs jobs of apps under a policy that has no file, on the engine `heap`, and logs its tasks.
 * Aborts the test on a fault. */
struct world_result fixture_run(const struct policy_kind *policy, const struct soc *soc,
                                const struct bind *binds, int32_t bind_count,
                                const struct fixture_scenario *source, struct fixture_log *log);

/* The row of a task, NULL if it did not finish. */
const struct fixture_row *fixture_find(const struct fixture_log *log, int32_t job, int32_t task);

#endif
