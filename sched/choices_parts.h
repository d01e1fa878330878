/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The inside of the choices, shared by their parts: choices.c (life, an epoch), choices_see.c (what
 * visible tasks, PEs and kinds look like), choices_list.c (the list). Nobody else includes it. */
#ifndef HETSOC_SCHED_CHOICES_PARTS_H
#define HETSOC_SCHED_CHOICES_PARTS_H

#include <math.h>

#include "base/tick.h"
#include "sched/choices.h"

/* In units: what is added to a minimal time that something is divided by. */
#define GRACE_DATA   0.2
#define GRACE_FINISH 0.4

/* Places in the parts of a row. */
#define PAIR(NAME)    (FEATURE_##NAME - FEATURE_PAIR_FIRST)
#define KIND(NAME)    (FEATURE_##NAME - FEATURE_KIND_FIRST)
#define TASK(NAME)    (FEATURE_##NAME - FEATURE_TASK_FIRST)
#define MACHINE(NAME) (FEATURE_##NAME - FEATURE_MACHINE_FIRST)

static inline float half_log1p(double x)
{
    return (float)(0.5 * log(1 + x));
}

static inline float clip(double x, double low, double high)
{
    return (float)(x < low ? low : x > high ? high : x);
}

/* A count as a feature. */
static inline float few(int32_t count)
{
    return (float)(count < 16 ? count : 16) / 8;
}

/* choices_see.c: fills a sight, `before` being the one before it in the list, NULL for the first;
 * compares the visible tasks and jobs; looks at the PEs anew; brings the features of kinds and
 * machine up to date, which a choice may have changed. */
void choices_see(struct choices *choices, const struct view *view, struct sight *sight,
                 int32_t task, const struct sight *before);
void choices_compare(struct choices *choices, const struct view *view);
void choices_see_pes(struct choices *choices, const struct view *view);
void choices_see_machine(struct choices *choices, const struct view *view);

/* choices_list.c: makes the list. */
void choices_list(struct choices *choices, const struct view *view);

#endif
