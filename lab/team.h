/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Processes that do the same steps, each on its share of numbered slots, and meet in between.
 *
 * Slot i belongs to member i % size. What a member writes into its slots of shared memory before a
 * meeting, all can read after it. Every member then computes with all slots in the order of their
 * numbers, so that the result does not depend on how many members there are.
 *
 * Under MPI (base/ranks.h) each rank forks members of its own, and one of them, its first,
 * exchanges slots with the other ranks. */
#ifndef HETSOC_LAB_TEAM_H
#define HETSOC_LAB_TEAM_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/fault.h"

struct team {
    int32_t rank, size;    /* among all members; rank 0 is a first */
    int32_t local, locals; /* the same among those of this MPI rank */
    pid_t *pids;           /* a first: of its others, by local - 1 */
    int *to, *from;        /* a first: pipes to and from them */
    int ask, answer;       /* others: pipes to and from their first */
    struct team_ranks *ranks;
};

/* Slots of shared memory that were written since the last meeting: those with the numbers first,
 * first + step, ... below count, each of `size` bytes. */
struct team_slots {
    void *memory;
    int32_t first, step, count;
    size_t size;
};

/* `count` zeroed elements of `size` bytes that the members of an MPI rank share; to be taken before
 * team_start and released by team_forget (NULL is fine). */
void *team_memory(size_t count, size_t size);
void team_forget(void *memory);

/* Forks locals - 1 members, which return from here too; they die with their first. False if that is
 * not possible (only the first returns then). */
bool team_start(struct team *team, int32_t locals, struct fault *fault);

/* A first, once it is among the MPI ranks (or alone): makes one team of all ranks' members. Called
 * by every member, before the first meeting. `start` is a digest of what all members have to begin
 * with; false, and a fault at rank 0, if it differs between ranks. */
bool team_join(struct team *team, const char *start, struct fault *fault);

static inline bool team_owns(const struct team *team, int32_t slot)
{
    return slot % team->size == team->rank;
}

/* Waits until all are here, and makes the slots [slots_count] known everywhere. False for all
 * unless all are `ok`, or if a member has died; of the members that are no firsts, only those that
 * live return then. */
bool team_meet(struct team *team, bool ok, const struct team_slots *slots, int32_t slots_count,
               struct fault *fault);

/* The others end here; a first waits for them. */
void team_end(struct team *team);

#endif
