/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which blocks of weights are in the local memories of the PEs: one list of blocks per PE, the one
 * used last in front; what does not fit any more leaves at the end (LRU).
 *
 * Block numbers are those of the tasks of all apps, one app after the other: every task with
 * weights has a block of its own, which all jobs of its app share.
 *
 * Blocks may also be fetched in advance, one after the other beside whatever the PE runs, for tasks
 * that may never run. Such a block has its room from the moment it is asked for. A PE that needs
 * weights for the task it starts gives up what it was fetching in advance. */
#ifndef HETSOC_SIM_RESIDENCY_H
#define HETSOC_SIM_RESIDENCY_H

#include "sim/bind.h"
#include "sim/policy.h"

/* Blocks that are on their way to one PE at a time. */
#define RESIDENCY_FETCHES_MAX 64

/* A block on its way to a PE, or waiting for those before it. */
struct residency_fetch {
    int32_t block;
    int32_t task; /* of the world, for which it is */
    int64_t begin_ps, end_ps;
};

/* The memory of one PE. */
struct residency_pe {
    double free_bytes;
    int32_t newest, oldest; /* -1: empty */
    int32_t used_last;      /* block; -1: none */
    int64_t loading_ps;     /* date until which it loads what a task had to wait for */
    int64_t load_begin_ps;  /* since when it did */
    bool is_in_advance;     /* what it loads then was asked for in advance */
    int32_t fetch_count;
    struct residency_fetch *fetches; /* [RESIDENCY_FETCHES_MAX] in order */
};

/* A block in the list of a PE. */
struct residency_link {
    int32_t newer, older; /* -1: none */
};

struct residency {
    const struct bind *binds;
    int32_t block_count, pe_count;
    int32_t *first_block;         /* [bind] */
    double *block_bytes;          /* [block] 0: the task has no weights that can stay */
    bool *is_there;               /* [pe * block_count + block] can be used */
    bool *is_unused;              /* the same: it came in advance and no task has used it */
    struct residency_link *links; /* the same */
    struct residency_pe *pes;
    struct view_fetch *arriving; /* [pe] what the view shows of fetches */
    struct residency_fetch *fetches;
    int32_t fetch_count;     /* of all PEs */
    double loaded_bytes;     /* so far, in advance or not */
    double prefetched_bytes; /* of these, in advance */
    double wasted_bytes;     /* of these, given up on the way or dropped without having been used */
};

/* Empty memories for a machine and all apps that may arrive; nothing is allocated if no app has
 * weights that can stay (residency->is_there stays NULL). residency_finish releases it. */
void residency_init(struct residency *residency, const struct soc *soc, const struct bind *binds,
                    int32_t bind_count);
void residency_finish(struct residency *residency);

/* Has a PE use the block of a task, which fits into its memory and takes `load_ps` to load, and
 * drops those used longest ago for that. Returns the time until it is there: 0, or what is left of
 * its fetch, or `load_ps`. O(blocks dropped + fetches). */
int64_t residency_use(struct residency *residency, int32_t pe, int32_t block, int64_t load_ps,
                      int64_t now_ps);

/* The task that a PE had last is aborted: what it still loads for it is given up. O(fetches). */
void residency_abort(struct residency *residency, int32_t pe, int64_t now_ps);

/* Fetches a block in advance: true if it is or will be there. Drops those used longest ago, but
 * neither the one used last nor what is on its way; false if that is not enough, or too many are on
 * their way. O(blocks in memory). */
bool residency_fetch(struct residency *residency, int32_t pe, int32_t block, int32_t task,
                     int64_t load_ps, int64_t now_ps);

/* Gives up fetching for a task. O(PEs) if anything is on its way. */
void residency_cancel(struct residency *residency, int32_t task, int64_t now_ps);

/* Empties the memory of a PE. O(blocks in it). */
void residency_lose(struct residency *residency, int32_t pe, int64_t now_ps);

/* Notes what has arrived. O(PEs) if anything is on its way. */
void residency_settle(struct residency *residency, int64_t now_ps);

/* Ends the count: what is on its way and what was never used is waste. */
void residency_close(struct residency *residency, int64_t now_ps);

#endif
