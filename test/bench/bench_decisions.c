/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What does a decision cost, and does it cost more after many jobs?
 *
 * Jobs of 34 tasks, a fork into 32 and a join, with data on every edge, come one at a time to 16
 * PEs of 4 kinds: whoever commits tasks when they are ready has 32 of them to decide about, whoever
 * plans has a whole job. Only the scheduler's own time counts, in calls with something to decide,
 * without what reading the clock takes. Every scheduler that is built in, with its fallback
 * parameters; the last column is the time per decision in the long stream over that in the short
 * one. CSV on stdout. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/tick.h"
#include "sched/registry.h"
#include "test/fixture.h"

enum { WIDTH = 32, TASKS = WIDTH + 2, KINDS = 4, SHORT = 500, LONG = 5000 };

static struct {
    const struct policy_kind *policy;
    double seconds;
    int64_t calls, decisions;
} spy;

static double cpu_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* What two readings of the clock take. */
static double clock_s(void)
{
    enum { TIMES = 20000 };
    double start_s = cpu_s(), sum_s = 0;
    for (int i = 0; i < TIMES; i++)
        sum_s += cpu_s();
    return sum_s > 0 ? (cpu_s() - start_s) / TIMES : 0;
}

static void *spy_create(const struct view *view)
{
    return spy.policy->create == NULL ? NULL : spy.policy->create(view);
}

static void spy_destroy(void *self)
{
    if (spy.policy->destroy != NULL)
        spy.policy->destroy(self);
}

static void spy_decide(void *self, const struct view *view, struct decisions *decisions)
{
    if (view->ready_count == 0 && view->arrived_count == 0) {
        spy.policy->decide(self, view, decisions);
        return;
    }
    double start_s = cpu_s();
    spy.policy->decide(self, view, decisions);
    spy.seconds += cpu_s() - start_s;
    spy.calls++;
    spy.decisions += decisions->count + decisions->plan_count;
}

static struct app *make_app(struct arena *arena)
{
    struct fixture_task tasks[TASKS];
    struct fixture_edge edges[2 * WIDTH];
    struct random_stream stream = random_open(1, 0, RANDOM_TEST, 0, 0);
    for (int32_t i = 0; i < TASKS; i++) {
        tasks[i] = (struct fixture_task){.name = "task"};
        for (int32_t kind = 0; kind < KINDS; kind++)
            tasks[i].exec_us[kind] = 5 + 95 * random_uniform(&stream);
    }
    for (int32_t i = 0; i < WIDTH; i++) {
        edges[2 * i] = (struct fixture_edge){0, 1 + i, 1 + 20 * random_uniform(&stream)};
        edges[2 * i + 1] =
            (struct fixture_edge){1 + i, TASKS - 1, 1 + 20 * random_uniform(&stream)};
    }
    return fixture_app(arena, "fork_join", KINDS, tasks, TASKS, edges, 2 * WIDTH);
}

/* Microseconds per decision in a stream of so many jobs; false if it does not end. */
static bool measure(const struct policy_kind *policy, int32_t jobs, double *us)
{
    struct arena *arena = arena_create();
    struct soc *soc = fixture_soc(arena, KINDS, (int32_t[]){4, 4, 4, 4}, 1);
    struct app *app = make_app(arena);
    struct arrival_row *rows = arena_zeroed(arena, (size_t)jobs, sizeof *rows);
    for (int32_t i = 0; i < jobs; i++)
        rows[i].at_ps = (int64_t)i * 5000 * TICK_PER_US;
    struct fixture_scenario source = {.rows = rows, .row_count = jobs};
    struct scenario scenario = fixture_scenario(&source);
    struct policy_kind kind = *policy;
    kind.create = spy_create;
    kind.destroy = spy_destroy;
    kind.decide = spy_decide;
    spy.policy = policy;
    spy.seconds = 0;
    spy.calls = spy.decisions = 0;
    struct world_setup setup = {
        .soc = soc,
        .binds = fixture_bind(arena, soc, &app, 1),
        .bind_count = 1,
        .scenario = &scenario,
        .engine = engine_find("heap"),
        .policy = &kind,
        .file = fixture_policy_file(arena, policy),
        .seed = 1,
    };
    struct world_result result;
    struct fault fault = FAULT_NONE;
    bool is_done = world_run(&setup, &result, &fault);
    *us = 1e6 * (spy.seconds - (double)spy.calls * clock_s()) / (double)spy.decisions;
    arena_destroy(arena);
    return is_done && spy.decisions > 0;
}

int main(void)
{
    bool is_done = true;
    puts("scheduler,us_per_decision,decisions_per_s,growth");
    for (int i = 0; sched_registry[i] != NULL; i++) {
        double short_us, long_us;
        is_done &= measure(sched_registry[i], SHORT, &short_us);
        is_done &= measure(sched_registry[i], LONG, &long_us);
        printf("%s,%.3f,%.0f,%.2f\n", sched_registry[i]->name, long_us, 1e6 / long_us,
               long_us / short_us);
        fflush(stdout);
    }
    return is_done ? EXIT_SUCCESS : EXIT_FAILURE;
}
