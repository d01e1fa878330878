/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Compares a scheduler at every call with its rule, which a test writes down in the slowest and
 * plainest way, on random overloaded streams full of ties. */
#ifndef HETSOC_TEST_REFEREE_H
#define HETSOC_TEST_REFEREE_H

#include "sim/policy.h"

enum { REFEREE_PES = 16, REFEREE_READY = 1024 };

/* What a rule decides in one call, and what it carries from call to call. */
struct plain {
    struct decision list[REFEREE_READY]; /* empty when it is called */
    int32_t count;
    int64_t available_ps[REFEREE_PES]; /* what it believes; 0 at first */
    double factor[REFEREE_PES];        /* by which its estimates are scaled */
    /* Kept for rules that need it. */
    int32_t turn;               /* 0 at first */
    int32_t given[REFEREE_PES]; /* a task; -1 at first */
    double level[REFEREE_PES];  /* 0 at first */
    int64_t at_ps[REFEREE_PES]; /* 0 at first */
};

/* Believes the view's availability and its estimates. */
void plain_trust(const struct view *view, struct plain *plain);

/* When a ready task would be done on a PE; TICK_NEVER if it cannot run there. */
int64_t plain_finish_ps(const struct view *view, const struct plain *plain, int32_t task,
                        int32_t pe);

/* Where it would be done first, the first PE of equal ones. */
int32_t plain_first_finisher(const struct view *view, const struct plain *plain, int32_t task);

/* Decides for a PE, which is available at a date then. */
void plain_take(struct plain *plain, int32_t task, int32_t pe, int64_t available_ps);

/* The least that a task costs on any PE. */
int64_t plain_least_cost_ps(const struct view *view, int32_t task);

/* The upward rank of a task as list schedulers compare it. */
double plain_rank(const struct view *view, int32_t task);

struct rule {
    const struct policy_kind *policy;
    void (*decide)(const struct view *view, struct plain *plain);
};

/* What there was to compare. */
struct referee_count {
    int64_t choices;  /* decisions in calls with several ready tasks */
    int64_t refusals; /* calls that left tasks waiting and a PE idle */
    int64_t crowds;   /* calls with more ready tasks than the first parameter and PEs together */
};

/* Runs so many random streams under the scheduler and fails the test where it differs. Streams with
 * even numbers have whole durations and dense arrivals. Parameters, of a policy that has them, are
 * 1, 6 or 11, then 50 to 200, then 0 to 1. */
struct referee_count referee_compare(const struct rule *rule, uint32_t streams);

#endif
