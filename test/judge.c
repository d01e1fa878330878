/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test/judge.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

static struct {
    const struct policy_kind *policy;
    struct judgement judgement;
    int32_t task_capacity; /* at the last call */
    int64_t *seen;         /* [seen_capacity] number of the last call that named the task */
    size_t seen_capacity;
    int64_t calls;
} court;

static void mix(int64_t value)
{
    court.judgement.digest = (court.judgement.digest ^ (uint64_t)value) * 0x100000001b3u;
}

static void *judge_create(const struct view *view)
{
    return court.policy->create == NULL ? NULL : court.policy->create(view);
}

static void judge_destroy(void *self)
{
    if (court.policy->destroy != NULL)
        court.policy->destroy(self);
    free(court.seen);
    court.seen = NULL;
    court.seen_capacity = 0;
}

static void make_room(size_t tasks)
{
    size_t old = court.seen_capacity;
    court.seen = memory_grow(court.seen, &court.seen_capacity, tasks, sizeof *court.seen);
    if (court.seen_capacity > old)
        memset(&court.seen[old], 0, (court.seen_capacity - old) * sizeof *court.seen);
}

/* A task of a job in flight and a PE that can run it, named once in this call. */
static void check_named(const struct view *view, struct decision decision)
{
    const char *name = court.policy->name;
    ck_assert_msg(decision.task >= 0 && decision.task < view->task_capacity, "%s: task %d", name,
                  (int)decision.task);
    ck_assert_msg(decision.pe >= 0 && decision.pe < view->soc->pe_count, "%s: PE %d", name,
                  (int)decision.pe);
    ck_assert_msg(view->jobs[view->tasks[decision.task].job].active, "%s: no such job", name);
    ck_assert_msg(view_cost_ps(view, decision.task, decision.pe) != BIND_INCAPABLE,
                  "%s: PE %d cannot run task %d", name, (int)decision.pe, (int)decision.task);
    ck_assert_msg(court.seen[decision.task] != court.calls, "%s: task %d named twice", name,
                  (int)decision.task);
    court.seen[decision.task] = court.calls;
    court.judgement.decisions++;
    mix(decision.task);
    mix(decision.pe);
}

static void check_decisions(const struct view *view, const struct decisions *decisions)
{
    for (int32_t i = 0; i < decisions->count; i++) {
        check_named(view, decisions->list[i]);
        ck_assert_msg(view->tasks[decisions->list[i].task].status == TASK_READY,
                      "%s: task %d is not ready", court.policy->name, (int)decisions->list[i].task);
    }
    for (int32_t i = 0; i < decisions->plan_count; i++) {
        uint8_t status = view->tasks[decisions->plan[i].task].status;
        check_named(view, decisions->plan[i]);
        ck_assert_msg(status == TASK_WAITING || status == TASK_READY || status == TASK_ASSIGNED,
                      "%s: task %d was planned and has started", court.policy->name,
                      (int)decisions->plan[i].task);
    }
}

static void judge_decide(void *self, const struct view *view, struct decisions *decisions)
{
    int64_t before = judge_allocations();
    court.policy->decide(self, view, decisions);
    if (view->task_capacity == court.task_capacity)
        court.judgement.allocations += judge_allocations() - before;
    court.task_capacity = view->task_capacity;
    court.calls++;
    make_room((size_t)view->task_capacity);
    for (int32_t i = 0; i < view->arrived_count; i++)
        court.judgement.arrived_tasks +=
            view->binds[view->jobs[view->arrived[i]].bind].app->task_count;
    check_decisions(view, decisions);
    court.judgement.ready_left = view->ready_count - decisions->count;
}

struct policy_kind judge_over(const struct policy_kind *policy)
{
    memset(&court, 0, sizeof court);
    court.policy = policy;
    struct policy_kind kind = *policy;
    kind.create = judge_create;
    kind.destroy = judge_destroy;
    kind.decide = judge_decide;
    return kind;
}

struct judgement judge_read(void)
{
    return court.judgement;
}
