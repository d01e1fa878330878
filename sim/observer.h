/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The observer contract: who watches. Observers never draw and never change order or result.
 *
 * Every callback may be NULL. Arguments are borrowed for the call. */
#ifndef HETSOC_SIM_OBSERVER_H
#define HETSOC_SIM_OBSERVER_H

#include "sim/policy.h"

/* A job that has arrived. */
struct observed_arrival {
    int32_t slot; /* view_task.job of its tasks until it is done */
    const struct view_job *job;
    const struct route *route;   /* the truth; NULL: its app has no branches */
    const struct arrival *drawn; /* by the arrival process, before it waited at the gate */
};

/* What a finished or skipped task looked like, or an attempt that was aborted at finish_ps. */
struct observed_task {
    const struct view_task *task;
    int32_t job_id;
    const struct bind *bind;
    int64_t exec_est_ps; /* what the table and the loading of weights said; 0 if it was skipped */
    int64_t load_ps;     /* of this, time to load its weights, at the estimate */
    int32_t samples;     /* 0 if it was skipped */
    double energy_uj;    /* drawn by its PE while it ran; NAN without power data; 0 if skipped */
    double factor;       /* on its execution time; 0 if it was skipped */
};

/* What a finished job looked like. */
struct observed_job {
    int32_t id, slot;
    const struct bind *bind;
    int64_t arrival_ps, start_ps, finish_ps; /* start: of its first task */
    double energy_uj;                        /* of its tasks; NAN without power data */
};

/* Data of an edge that came to its consumer's PE over links which transfers share. */
struct observed_transfer {
    int32_t job_id;
    const struct bind *bind;
    int32_t edge;
    const struct view_task *producer, *consumer;
    int32_t from_pe, to_pe;
    double bytes;
    int64_t asked_ps, start_ps, finish_ps; /* asked: when the consumer got its PE; start: when it
                                              had a DMA channel, or started again for a lost link */
    enum links_way way;
};

struct observer {
    void *self;
    void (*on_task_done)(void *self, const struct observed_task *task);
    void (*on_task_skipped)(void *self, int64_t now_ps, const struct observed_task *task);
    void (*on_job_arrival)(void *self, int64_t now_ps, const struct observed_arrival *arrival);
    void (*on_transfer_start)(void *self, const struct observed_transfer *transfer); /* the end is
                                                                                       not known */
    void (*on_transfer_done)(void *self, const struct observed_transfer *transfer);

    /* The same of a transfer that was taken off the links at its finish_ps, because a PE, a link or
     * a job has failed: without job, bind, producer and consumer. If it is wanted, it starts again.
     */
    void (*on_transfer_lost)(void *self, const struct observed_transfer *transfer);

    /* A task got its PE: what a producer wrote for it into the shared memory (LINKS_WRITE, once
     * unless it has to be written again), and what it reads there (LINKS_READ); either takes so
     * long. */
    void (*on_memory_access)(void *self, int64_t now_ps, int32_t link, double bytes,
                             int64_t access_ps);
    void (*on_job_done)(void *self, const struct observed_job *job);

    /* A PE, or a link, went down or came back; the attempt of a task ended with it, or with its
     * job; a task will never be done because its job has failed (as for a skipped one); a job has
     * failed, at its finish_ps, and why. start_ps is TICK_NEVER if it never started. */
    void (*on_pe_changed)(void *self, int64_t now_ps, int32_t pe, bool is_down);
    void (*on_link_changed)(void *self, int64_t now_ps, int32_t link, bool is_down);
    void (*on_task_aborted)(void *self, const struct observed_task *task);
    void (*on_task_failed)(void *self, int64_t now_ps, const struct observed_task *task);
    void (*on_job_failed)(void *self, const struct observed_job *job, const char *reason);

    /* From now on the PEs of a cluster run at another operating point of their kind. */
    void (*on_point_changed)(void *self, int64_t now_ps, int32_t cluster, int32_t opp);

    /* A task got its PE, a new plan replaced the old one, in the epoch of this number, from 0. The
     * plan is that of decide_plan, before its tasks are assigned. */
    void (*on_task_assigned)(void *self, int64_t now_ps, int64_t epoch,
                             const struct view_task *task);
    void (*on_plan)(void *self, int64_t now_ps, int64_t epoch, const struct view *view,
                    const struct decision *plan, int32_t count);
};

#endif
