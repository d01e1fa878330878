/* SPDX-License-Identifier: GPL-3.0-or-later */
/* When a policy believes each PE to be available: what the view says, and what its own choices
 * since then make of it. Only PEs that somebody asks about are looked up. */
#ifndef HETSOC_SCHED_AVAILABLE_H
#define HETSOC_SCHED_AVAILABLE_H

#include <stdint.h>
#include <stdlib.h>

#include "sim/policy.h"

struct available {
    int64_t *list_ps;  /* [pe] TICK_NEVER: down */
    int64_t *known_in; /* [pe] the turn in which that was noted; in others it is void */
    int64_t turn;
};

/* All PEs available at date 0 in the first turn. available_finish releases it. */
static inline void available_init(struct available *available, const struct view *view)
{
    size_t count = (size_t)view->soc->pe_count;
    *available = (struct available){
        .list_ps = memory_zeroed(count, sizeof *available->list_ps),
        .known_in = memory_zeroed(count, sizeof *available->known_in),
    };
}

static inline void available_finish(struct available *available)
{
    free(available->list_ps);
    free(available->known_in);
}

/* Begins a turn: forgets everything and believes the view. O(1). */
static inline void available_trust(struct available *available)
{
    available->turn++;
}

static inline int64_t available_ps(const struct available *available, const struct view *view,
                                   int32_t pe)
{
    return available->known_in[pe] == available->turn ? available->list_ps[pe]
                                                      : view_available_ps(view, pe);
}

/* Notes that a PE is available at a date. */
static inline void available_set(struct available *available, int32_t pe, int64_t at_ps)
{
    available->known_in[pe] = available->turn;
    available->list_ps[pe] = at_ps;
}

#endif
