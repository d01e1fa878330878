/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A policy that asks another one and holds what it says against the contract of sim/policy.h. */
#ifndef HETSOC_TEST_JUDGE_H
#define HETSOC_TEST_JUDGE_H

#include "sim/policy.h"

/* What one trial showed. */
struct judgement {
    int64_t arrived_tasks; /* of all jobs that arrived */
    int64_t decisions;     /* assignments and planned tasks */
    int64_t allocations;   /* by calls of the policy in epochs without growth of task_capacity */
    int32_t ready_left;    /* after the last call */
    uint64_t digest;       /* of all decisions, in order */
};

/* `policy` under judgement; fails the test at the first breach. One trial at a time. */
struct policy_kind judge_over(const struct policy_kind *policy);

/* That of the trial since judge_over. */
struct judgement judge_read(void);

/* Allocations that the program has made so far; the test program counts them. */
int64_t judge_allocations(void);

#endif
