/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A view that a test sets up by hand and a policy that is asked about it. */
#ifndef HETSOC_TEST_TABLEAU_H
#define HETSOC_TEST_TABLEAU_H

#include "sim/policy.h"
#include "test/fixture.h"

enum { TABLEAU_JOBS = 3, TABLEAU_TASKS = 8, TABLEAU_PES = 5 };

/* PEs of the kinds K0 and K1 and up to three jobs, each of its own app, all of it at date 0. Tests
 * change what they like. */
struct tableau {
    struct arena *arena;
    struct view view;
    struct view_task
        tasks[TABLEAU_JOBS * TABLEAU_TASKS]; /* job j has those from TABLEAU_TASKS * j on */
    struct view_job jobs[TABLEAU_JOBS];
    struct view_pe pes[TABLEAU_PES];
    int32_t ready[TABLEAU_JOBS * TABLEAU_TASKS];
    int32_t arrived[TABLEAU_JOBS];
    int32_t finished[TABLEAU_PES];
    double params[POLICY_MAX_PARAMS];
    struct decision list[TABLEAU_JOBS * TABLEAU_TASKS];
    struct decisions decisions;
    const struct policy_kind *policy;
    void *self;
};

/* An idle machine with so many PEs of each kind. tableau_finish releases it and the policy, if
 * there is one. */
void tableau_init(struct tableau *tableau, int32_t k0_count, int32_t k1_count);
void tableau_finish(struct tableau *tableau);

/* What may arrive, [app_count]; job j will be of app j. */
void tableau_expect_apps(struct tableau *tableau, struct app *const *apps, int32_t app_count);

/* Starts a policy with the parameters' fallbacks, or starts it anew with what they are now. */
void tableau_start(struct tableau *tableau, const struct policy_kind *policy);
void tableau_restart(struct tableau *tableau);

/* A job arrives; its tasks without predecessors are ready. */
void tableau_arrive(struct tableau *tableau, int32_t job);

/* A tableau for one job of these tasks, which has arrived, under a policy. */
void tableau_play(struct tableau *tableau, const struct policy_kind *policy,
                  const struct fixture_task *tasks, int32_t task_count,
                  const struct fixture_edge *edges, int32_t edge_count);

/* Lets the policy decide; nothing of it is done. */
void tableau_ask(struct tableau *tableau);

/* Lets the policy decide and does what it says: the view is that of the next epoch then. */
void tableau_decide(struct tableau *tableau);

/* The last decisions were these, in this order. */
void tableau_check(const struct tableau *tableau, int32_t count, const struct decision *expected);

#endif
