/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The inside of the recorder, shared by its halves: recorder.c (sees what happens, in the thread of
 * the world) and recorder_write.c (makes text of it, in a second thread). Nobody else includes it.
 */
#ifndef HETSOC_TRACES_RECORDER_PARTS_H
#define HETSOC_TRACES_RECORDER_PARTS_H

#include "base/csv.h"
#include "base/packed.h"
#include "base/relay.h"
#include "traces/recorder.h"

/* Entries of a plan that travel together. */
enum { PLAN_PIECE = 512 };

/* What travels to the second thread. */
enum record_type {
    RECORD_JOB,
    RECORD_ROUTE,
    RECORD_DECISION,
    RECORD_PLAN,
    RECORD_TASK,
    RECORD_TRANSFER,
    RECORD_END,
    RECORD_POINT
};

/* A job arrived; it has this slot of the world until it ends. */
struct job_record {
    enum record_type type;
    int32_t slot, job, bind;
    int64_t at_ps;
    bool after_tick, after_completions;
};

/* Its route: samples of tasks, then of edges the live ones, then those that are used. */
struct route_record {
    enum record_type type;
    int32_t slot;
    int32_t samples[];
};

struct decision_record {
    enum record_type type;
    int32_t slot, index, pe;
    int64_t at_ps, epoch;
};

/* An entry of a plan. */
struct planned {
    int32_t slot, index, pe;
};

struct plan_record {
    enum record_type type;
    int32_t count;
    int64_t at_ps, epoch;
    struct planned places[PLAN_PIECE];
};

enum task_end { END_DONE, END_SKIPPED, END_FAILED, END_ABORTED };

/* A task, or an attempt of it, ended. */
struct task_record {
    enum record_type type;
    enum task_end end;
    int32_t slot, index, pe; /* pe -1: skipped or failed */
    int64_t ready_ps, assigned_ps, data_ps, start_ps, finish_ps, est_ps, load_ps;
    int32_t samples, attempt;
    double factor, energy_uj; /* energy: NAN if it is not known */
};

/* Data came over links that transfers share. */
struct transfer_record {
    enum record_type type;
    int32_t slot, from, index; /* producer and consumer */
    int32_t from_pe, pe;
    double bytes;
    int64_t start_ps, finish_ps;
};

/* A job ended. */
struct end_record {
    enum record_type type;
    int32_t slot;
    int64_t arrival_ps, start_ps, finish_ps;
    bool is_failed;
};

/* A cluster runs at another operating point. */
struct point_record {
    enum record_type type;
    int32_t cluster, opp;
    int64_t at_ps;
};

/* Where a task of a job in flight ran. */
struct place {
    int32_t pe; /* -1: nowhere yet */
    int64_t finish_ps;
};

/* A name with the comma behind it; room to copy it in steps of CELL_STEP. */
enum { CELL_STEP = 16 };
struct cell {
    const char *text;
    size_t length;
};

/* What rows say of an app. */
struct app_cells {
    struct cell name;
    const struct cell *tasks; /* [task_count] */
};

/* A job in flight, as the second thread knows it. */
struct flight {
    int32_t job;
    const struct bind *bind;
    struct app_cells cells;
    char number[CELL_STEP]; /* of the job, with a comma */
    size_t number_length;
};

/* Dates come several times: one task's end is the next one's beginning. Those written last, as text
 * with a comma, by hash. */
enum { DATE_SLOT_BITS = 9, DATE_SIZE = 23 };
struct date_text {
    int64_t ps;
    uint8_t length;
    char text[DATE_SIZE];
};

struct table {
    struct csv_writer csv;
    struct packed_sum sum;
    int64_t rows;
    bool is_open;
};

struct recorder {
    struct recorder_setup setup;
    struct arena *arena; /* of file names; borrowed */
    const char *names[TRACE_CATEGORIES];
    struct relay *relay;
    struct arena *cells;               /* what follows */
    const struct app_cells *app_cells; /* [bind_count] */
    const struct cell *pe_cells;       /* [pe_count] */
    const struct cell *cluster_cells;  /* [cluster_count] */
    const struct cell *link_cells;     /* [links_count] NULL: no link ever fails */
    size_t row_max;                    /* bytes of the longest row */
    /* Of the second thread. */
    struct table tables[TRACE_CATEGORIES];
    struct date_text *dates; /* [1 << DATE_SLOT_BITS] */
    struct flight *flights;  /* [flight_capacity] by slot */
    struct place *places;    /* [flight_capacity * task_stride] */
    int32_t *used;           /* [flight_capacity * edge_stride] samples that use an edge */
    size_t flight_capacity;
    size_t task_stride, edge_stride; /* edge_stride 0: no app has branches */
};

static inline bool recorder_wants(const struct recorder *recorder, enum trace_category category)
{
    return (recorder->setup.categories >> category & 1) != 0;
}

/* Makes the cells of names; when soc and binds are known. */
void recorder_make_cells(struct recorder *recorder);

/* Makes text of a record; in the second thread. */
void recorder_write(void *context, const void *record, size_t size);

/* Write the row of a failure, of an episode, of a table; when the second thread has ended. */
void recorder_write_outage(struct recorder *recorder, int32_t pe, const struct outage *outage);
void recorder_write_link_outage(struct recorder *recorder, int32_t link,
                                const struct outage *outage);
void recorder_write_episode(struct recorder *recorder, int32_t pe, const struct episode *episode);
void recorder_write_table(struct recorder *recorder, const char *task_kind, const char *pe_kind,
                          double factor);

#endif
