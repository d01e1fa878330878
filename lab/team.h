/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Processes that do the same steps, each on its share of numbered slots, and meet in between.
 *
 * Slot i belongs to member i % size. What a member writes into its slots of shared memory before a
 * meeting, all can read after it. Every member then computes with all slots in the order of their
 * numbers, so that the result does not depend on how many members there are. */
#ifndef HETSOC_LAB_TEAM_H
#define HETSOC_LAB_TEAM_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/fault.h"

struct team {
    int32_t rank, size;
    pid_t *pids;     /* rank 0: of the others, by rank - 1 */
    int *to, *from;  /* rank 0: pipes to and from them */
    int ask, answer; /* others: pipes to and from rank 0 */
};

/* `count` zeroed elements of `size` bytes that all members share; to be taken before team_start and
 * released by team_forget (NULL is fine). */
void *team_memory(size_t count, size_t size);
void team_forget(void *memory);

/* Forks size - 1 members, which return from here too; they die with rank 0. False if that is not
 * possible (only rank 0 returns then). */
bool team_start(struct team *team, int32_t size, struct fault *fault);

static inline bool team_owns(const struct team *team, int32_t slot)
{
    return slot % team->size == team->rank;
}

/* Waits until all are here. False at rank 0, with a fault, if a member has died; the others never
 * return then. */
bool team_meet(struct team *team, struct fault *fault);

/* The others end here; rank 0 waits for them. */
void team_end(struct team *team);

#endif
