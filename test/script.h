/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Worlds by hand: a policy that does what the test says, and what came of it. */
#ifndef HETSOC_TEST_SCRIPT_H
#define HETSOC_TEST_SCRIPT_H

#include "test/fixture.h"

enum { SCRIPT_TASKS = 64, SCRIPT_CALLS = 256 };

/* All of it is zeroed by script_init. Jobs are of one app, whose tasks are told by their index. */
struct script {
    struct arena *arena;

    /* What the policy does, each time it is asked, with every task that is ready. */
    int32_t pe_of[SCRIPT_TASKS];
    int64_t not_before_ps[SCRIPT_TASKS]; /* the task is held until then */
    struct decision extra;               /* taken in the first call after all others, ... */
    bool has_extra;                      /* ... if the test wants it */
    bool compat_ds3;                     /* the clock is that of DS3 */
    struct observer watcher;             /* watches with the log */

    /* What it saw. */
    struct script_call {
        int64_t now_ps;
        int32_t ready;
        int32_t queued; /* on PE 0 */
    } calls[SCRIPT_CALLS];
    int32_t call_count;
    int32_t ready_order[SCRIPT_TASKS]; /* tasks of the last call that had more than one ready */
    int32_t ready_order_count;

    /* What came of it. */
    struct fixture_log log;
    struct world_result result;
    struct fault fault;
};

/* The one of a test, for check runs each in a process of its own. */
extern struct script script;

void script_init(void);
void script_finish(void);

/* Gives ready tasks to the PEs that the test has chosen; whichever has its data first starts. */
extern const struct policy_kind script_policy;

/* Plans them when their job arrives, in the order of the app; sees nothing for the test. */
extern const struct policy_kind script_planner;

/* Runs jobs of an app on one of engine_kinds; false if there is a fault. */
bool script_run(const struct soc *soc, struct app *app, const struct fixture_scenario *source,
                const struct policy_kind *policy, int engine);

/* Fails the test unless a task has run on this PE at these dates. */
void script_expect(int32_t job, int32_t task, int32_t pe, double start_us, double finish_us);

/* One job at date 0. */
extern const struct fixture_scenario script_single;

#endif
