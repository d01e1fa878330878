/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test/referee.h"

#include <check.h>
#include <math.h>
#include <string.h>

#include "base/tick.h"
#include "sched/rank.h"
#include "test/fixture.h"

enum { JOBS = 40, APPS = 3 };

/* ---- for rules ---- */

void plain_trust(const struct view *view, struct plain *plain)
{
    for (int32_t pe = 0; pe < view->soc->pe_count; pe++) {
        plain->available_ps[pe] = view_available_ps(view, pe);
        plain->factor[pe] = 1.0;
    }
}

int64_t plain_finish_ps(const struct view *view, const struct plain *plain, int32_t task,
                        int32_t pe)
{
    int64_t cost_ps = view_cost_ps(view, task, pe);
    if (cost_ps == BIND_INCAPABLE)
        return TICK_NEVER;
    int64_t start_ps = view->now_ps;
    if (plain->available_ps[pe] > start_ps)
        start_ps = plain->available_ps[pe];
    if (view_data_ps(view, task, pe) > start_ps)
        start_ps = view_data_ps(view, task, pe);
    return start_ps + (int64_t)floor((double)cost_ps * plain->factor[pe] + 0.5);
}

int32_t plain_first_finisher(const struct view *view, const struct plain *plain, int32_t task)
{
    int32_t best = 0;
    for (int32_t pe = 1; pe < view->soc->pe_count; pe++)
        if (plain_finish_ps(view, plain, task, pe) < plain_finish_ps(view, plain, task, best))
            best = pe;
    return best;
}

void plain_take(struct plain *plain, int32_t task, int32_t pe, int64_t available_ps)
{
    plain->available_ps[pe] = available_ps;
    plain->list[plain->count++] = (struct decision){task, pe};
}

int64_t plain_least_cost_ps(const struct view *view, int32_t task)
{
    int64_t least_ps = TICK_NEVER;
    for (int32_t pe = 0; pe < view->soc->pe_count; pe++)
        if (view_cost_ps(view, task, pe) < least_ps)
            least_ps = view_cost_ps(view, task, pe);
    return least_ps;
}

double plain_rank(const struct view *view, int32_t task)
{
    double ranks[64];
    ck_assert_int_le(view_bind(view, task)->app->task_count, 64);
    bind_upward_rank(view_bind(view, task), ranks);
    return rank_round(ranks[view->tasks[task].index]);
}

/* ---- a policy that compares ---- */

static struct {
    const struct rule *rule;
    struct plain plain;
    struct referee_count count;
} spy;

static void *spy_create(const struct view *view)
{
    memset(&spy.plain, 0, sizeof spy.plain);
    memset(spy.plain.given, -1, sizeof spy.plain.given);
    for (int32_t pe = 0; pe < view->soc->pe_count; pe++)
        spy.plain.factor[pe] = 1.0;
    return spy.rule->policy->create == NULL ? NULL : spy.rule->policy->create(view);
}

static void spy_destroy(void *self)
{
    if (spy.rule->policy->destroy != NULL)
        spy.rule->policy->destroy(self);
}

static bool has_idle_pe(const struct view *view, const struct decisions *decisions)
{
    bool is_taken[REFEREE_PES] = {false};
    for (int32_t i = 0; i < decisions->count; i++)
        is_taken[decisions->list[i].pe] = true;
    for (int32_t pe = 0; pe < view->soc->pe_count; pe++)
        if (!is_taken[pe] && view->pes[pe].running < 0 && view->pes[pe].queued == 0)
            return true;
    return false;
}

static void spy_decide(void *self, const struct view *view, struct decisions *decisions)
{
    struct plain *plain = &spy.plain;
    ck_assert_int_le(view->ready_count, REFEREE_READY);
    plain->count = 0;
    spy.rule->decide(view, plain);
    spy.rule->policy->decide(self, view, decisions);
    ck_assert_int_eq(decisions->count, plain->count);
    for (int32_t i = 0; i < plain->count; i++) {
        ck_assert_int_eq(decisions->list[i].task, plain->list[i].task);
        ck_assert_int_eq(decisions->list[i].pe, plain->list[i].pe);
    }
    spy.count.choices += view->ready_count > 1 ? plain->count : 0;
    spy.count.refusals += has_idle_pe(view, decisions) && plain->count < view->ready_count;
    spy.count.crowds += view->ready_count > view->params[0] + view->soc->pe_count;
}

/* ---- streams ---- */

/* Lanes of three speeds between and inside the clusters, not the same there and back. */
static void vary_lanes(struct soc *soc, struct arena *arena, struct random_stream *stream)
{
    const double bandwidths[] = {INFINITY, 1, 2, 0.5};
    soc->lane_count = 4;
    soc->lanes = arena_zeroed(arena, 4, sizeof *soc->lanes);
    for (int32_t i = 0; i < 4; i++)
        soc->lanes[i].bandwidth_bytes_per_us = bandwidths[i];
    for (int32_t i = 0; i < soc->cluster_count * soc->cluster_count; i++)
        soc->cluster_lane[i] = (uint16_t)(1 + random_below(stream, 3));
}

static double jitter(int32_t job, int32_t task)
{
    struct random_stream stream =
        random_open(5, 0, RANDOM_TEST, (uint32_t)job, (uint32_t)(1000 + task));
    return 0.5 * random_below(&stream, 5);
}

static void run_stream(const struct policy_kind *policy, uint32_t number)
{
    struct arena *arena = arena_create();
    struct random_stream stream = random_open(23, 0, RANDOM_TEST, number, 0);
    struct soc *soc = fixture_soc(arena, 4, (int32_t[]){3, 1, 2, 1}, 1.0);
    vary_lanes(soc, arena, &stream);
    struct app *apps[APPS];
    for (int32_t i = 0; i < APPS; i++)
        apps[i] = fixture_random_app(arena, &stream, 4, 20, number % 2 == 0);
    struct arrival_row rows[JOBS] = {0};
    uint32_t gap_us = number % 2 == 0 ? 6 : 60;
    for (int32_t i = 0; i < JOBS; i++) {
        rows[i].app = (int32_t)random_below(&stream, APPS);
        rows[i].at_ps =
            i == 0 ? 0 : rows[i - 1].at_ps + (int64_t)random_below(&stream, gap_us) * TICK_PER_US;
    }
    const double params[POLICY_MAX_PARAMS] = {1 + (number % 3) * 5, 50 * (1 + number % 4),
                                              0.25 * (number % 5)};
    struct fixture_scenario source = {.rows = rows, .row_count = JOBS, .factor = jitter};
    struct scenario scenario = fixture_scenario(&source);
    struct world_setup setup = {
        .soc = soc,
        .binds = fixture_bind(arena, soc, apps, APPS),
        .bind_count = APPS,
        .scenario = &scenario,
        .engine = engine_find("heap"),
        .policy = policy,
        .params = params,
    };
    struct world_result result;
    struct fault fault = FAULT_NONE;
    ck_assert_msg(world_run(&setup, &result, &fault), "%s", fault.what);
    ck_assert_int_eq(result.jobs_done, JOBS);
    arena_destroy(arena);
}

struct referee_count referee_compare(const struct rule *rule, uint32_t streams)
{
    struct policy_kind kind = *rule->policy;
    kind.create = spy_create;
    kind.destroy = spy_destroy;
    kind.decide = spy_decide;
    spy.rule = rule;
    spy.count = (struct referee_count){0};
    for (uint32_t number = 0; number < streams; number++)
        run_stream(&kind, number);
    return spy.count;
}
