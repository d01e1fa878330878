/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A trace directory (docs/traces.md), read row by row.
 *
 * trace_open reads what names and numbers mean: platform, apps, and the app of each job. Then each
 * category that was recorded can be read from front to back with memory that does not grow. Nothing
 * is taken on trust: names, numbers, order, number of rows and checksum are held against what the
 * trace says of itself, and a fault names file, line and column. */
#ifndef HETSOC_TRACES_TRACE_H
#define HETSOC_TRACES_TRACE_H

#include "sim/soc.h"
#include "traces/names.h"
#include "traces/trace_manifest.h"

/* What arrivals.csv says of a job. */
struct trace_arrival {
    int32_t job; /* number in order of arrival, from 0 */
    int32_t app; /* index into trace.apps */
    int64_t at_ps;
    bool after_tick, after_completions; /* compat: ds3 */
};

struct trace {
    const char *dir;
    bool is_measured; /* made by hand or on hardware: no manifest.json */
    struct trace_manifest manifest;
    const struct soc *soc;
    const struct app *const *apps; /* [app_count] every variant of every file */
    int32_t app_count;
    const struct trace_arrival *arrivals; /* [job_count] by job */
    int32_t job_count;
    /* For the readers below. */
    struct names pe_names, link_names, kind_names, cluster_names, app_names;
    struct names task_kind_names; /* of all apps, each once, in the order of their bytes */
    struct names *task_names;     /* [app_count] */
    struct arena *arena;          /* of all this */
};

/* Opens DIR, which has a manifest.json. NULL and a fault. */
struct trace *trace_open(const char *dir, struct fault *fault);

/* Opens DIR without a manifest.json, which has arrivals.csv and tasks.csv alone; platform and apps
 * are the given files. */
struct trace *trace_open_measured(const char *dir, const char *platform, const char *const *apps,
                                  int32_t app_count, struct fault *fault);

void trace_close(struct trace *trace); /* NULL is fine */

/* Whether a category was recorded. */
static inline bool trace_has(const struct trace *trace, enum trace_category category)
{
    return trace->manifest.files[category].name != NULL;
}

/* The rows of one category. */
struct trace_reader;

/* Starts at the first row. NULL and a fault, also if the category was not recorded. */
struct trace_reader *trace_read(const struct trace *trace, enum trace_category category,
                                struct fault *fault);
void trace_reader_close(struct trace_reader *reader); /* NULL is fine */

/* Reads a category to its end; a fault if something in it is wrong. */
bool trace_check(const struct trace *trace, enum trace_category category, struct fault *fault);

/* "file:line:column" of the current row. Returns `text`. */
char *trace_where(const struct trace_reader *reader, char *text, size_t size);

/* How many samples of a job with branches have gone through a task, or along an edge. */
struct trace_route {
    int32_t job, task;
    int32_t from;    /* the producer: the row is about this edge; -1: about the task */
    int32_t samples; /* for which the task runs, or the consumer of the edge */
    int32_t live;    /* for which the edge is live; of a task the same as samples */
};

/* Factor on the execution time of a task or on the data of an edge; those without a row have 1. */
struct trace_factor {
    int32_t job, task;
    int32_t from; /* the producer: the row is about this edge; -1: about the task */
    double factor;
};

/* Factor on the times that a table gives for a kind of tasks on a kind of PEs. */
struct trace_table {
    const char *task_kind, *pe_kind;
    double factor;
};

/* A PE is slower in [start, end); end TICK_NEVER: from then on. */
struct trace_episode {
    int32_t pe, index; /* number of the episode of this PE, from 0 */
    int64_t start_ps, end_ps;
    double speed; /* 1 = as ever */
};

/* A PE or a link is down in [start, end); end TICK_NEVER: for good. */
struct trace_outage {
    int32_t pe, link; /* one of them is -1 */
    int64_t start_ps, end_ps;
};

/* A task was given to a PE; or, in plans, it has its place there in the new plan of an epoch. */
struct trace_decision {
    int64_t at_ps, epoch; /* number of the call of the scheduler, from 0 */
    int32_t job, task, pe;
};

/* A task or an attempt of it ended, or turned out to be skipped or failed; in the order of this. */
struct trace_task {
    int32_t job, task;
    bool is_skipped; /* or failed: then it has no PE and no date but finish_ps */
    bool is_failed;  /* its job was given up */
    bool is_aborted; /* an attempt that its PE did not finish */
    int32_t pe;      /* -1: only its kind is known */
    int32_t kind;    /* PE kind; -1: skipped or failed */
    /* TICK_NEVER where the trace does not say. */
    int64_t ready_ps, assigned_ps, data_ps; /* data: all of it at the PE */
    int64_t start_ps, finish_ps;
    int64_t est_ps;  /* what the tables said, with load_ps */
    int64_t load_ps; /* loads its weights so long from start_ps on, at the estimate */
    int32_t samples, attempt;
    double energy_uj; /* drawn by its PE while it ran; NAN where the trace does not say */
};

/* Data went along an edge to a task on another PE. */
struct trace_transfer {
    int32_t job, from, task; /* producer and consumer */
    int32_t from_pe, to_pe;
    double bytes;
    int64_t start_ps, end_ps;
};

/* A job ended. */
struct trace_job {
    int32_t job;
    int64_t arrival_ps, start_ps, finish_ps; /* start TICK_NEVER: it never started */
    bool is_failed;
};

/* From then on the PEs of a cluster ran at this frequency. */
struct trace_point {
    int64_t at_ps;
    int32_t cluster;
    double freq_mhz;
};

/* The next row of a reader of that category (decisions: also of plans); false after the last one
 * and on a fault (check fault_is_set). */
bool trace_next_arrival(struct trace_reader *reader, struct trace_arrival *row,
                        struct fault *fault);
bool trace_next_route(struct trace_reader *reader, struct trace_route *row, struct fault *fault);
bool trace_next_factor(struct trace_reader *reader, struct trace_factor *row, struct fault *fault);
bool trace_next_episode(struct trace_reader *reader, struct trace_episode *row,
                        struct fault *fault);
bool trace_next_table(struct trace_reader *reader, struct trace_table *row, struct fault *fault);
bool trace_next_outage(struct trace_reader *reader, struct trace_outage *row, struct fault *fault);
bool trace_next_decision(struct trace_reader *reader, struct trace_decision *row,
                         struct fault *fault);
bool trace_next_task(struct trace_reader *reader, struct trace_task *row, struct fault *fault);
bool trace_next_transfer(struct trace_reader *reader, struct trace_transfer *row,
                         struct fault *fault);
bool trace_next_job(struct trace_reader *reader, struct trace_job *row, struct fault *fault);
bool trace_next_point(struct trace_reader *reader, struct trace_point *row, struct fault *fault);

#endif
