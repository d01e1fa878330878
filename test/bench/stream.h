/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The stream that benchmarks of engines simulate: jobs of ten tasks (32 random DAGs) arrive by a
 * Poisson process at 16 PEs of 5 kinds, at a load of about one half. */
#ifndef HETSOC_TEST_BENCH_STREAM_H
#define HETSOC_TEST_BENCH_STREAM_H

#include "sim/scenario_drawn.h"
#include "sim/world.h"
#include "test/fixture.h"

enum { STREAM_APPS = 32 };

/* What of it varies. */
struct stream_shape {
    int32_t jobs;
    double bytes; /* mean of an edge */
    double sigma; /* of the lognormal noise; 0: none */
    enum soc_interconnect interconnect;
    double bandwidth_bytes_per_us;
    int32_t scale; /* so many times as many PEs and jobs per time; 0: once */
};

/* Caller's memory, which must stay where it is; everything else lives in the arena. */
struct stream {
    struct soc *soc;
    struct bind *binds; /* [STREAM_APPS] */
    double shares[STREAM_APPS];
    struct arrivals arrivals;
    struct scenario_drawn drawn;
    struct scenario scenario;
};

/* The machine alone; a task that costs on it what tasks of one of STREAM_TYPES types do. */
enum { STREAM_KINDS = 5, STREAM_TYPES = 8 };

struct soc *stream_soc(struct arena *arena, const struct stream_shape *shape);
struct app_task_kind stream_task_kind(struct arena *arena, uint32_t type);

void stream_make(struct stream *stream, struct arena *arena, const struct stream_shape *shape);

/* What world_run needs to simulate it. */
struct world_setup stream_setup(const struct stream *stream, const char *engine,
                                const char *scheduler);

/* CPU time of the process. */
double stream_cpu_s(void);

#endif
