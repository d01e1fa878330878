/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which blocks of weights are in the local memories of the PEs: one list of blocks per PE, the one
 * used last in front; what does not fit any more leaves at the end (LRU).
 *
 * Block numbers are those of the tasks of all apps, one app after the other: every task with
 * weights has a block of its own, which all jobs of its app share. */
#ifndef HETSOC_SIM_RESIDENCY_H
#define HETSOC_SIM_RESIDENCY_H

#include "sim/bind.h"

/* The memory of one PE. */
struct residency_pe {
    double free_bytes;
    int32_t newest, oldest; /* -1: empty */
};

/* A block in the list of a PE. */
struct residency_link {
    int32_t newer, older; /* -1: none */
};

struct residency {
    const struct bind *binds;
    int32_t block_count;
    int32_t *first_block;         /* [bind] */
    double *block_bytes;          /* [block] 0: the task has no weights that can stay */
    bool *is_there;               /* [pe * block_count + block] */
    struct residency_link *links; /* the same */
    struct residency_pe *pes;
    double loaded_bytes; /* so far */
};

/* Empty memories for a machine and all apps that may arrive; nothing is allocated if no app has
 * weights that can stay (residency->is_there stays NULL). residency_finish releases it. */
void residency_init(struct residency *residency, const struct soc *soc, const struct bind *binds,
                    int32_t bind_count);
void residency_finish(struct residency *residency);

/* Has a PE use the block of a task, which fits into its memory: loads it if it is not there, and
 * drops those used longest ago for that. Returns whether it had to be loaded. O(blocks dropped). */
bool residency_use(struct residency *residency, int32_t pe, int32_t block);

#endif
