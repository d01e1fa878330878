/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The dynamic schedulers: each against its rule written down in the slowest and plainest way, on
 * views from random runs full of ties, and the points that such runs may miss on views by hand. */
#include <stdlib.h>
#include <string.h>

#include "base/tick.h"
#include "sched/registry.h"
#include "test/fixture.h"
#include "test/suite.h"

#define US     TICK_PER_US
#define PE_MAX 16

/* ---- rules, plainly ---- */

static int64_t largest(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int64_t finish_on(const struct view *view, const int64_t *available_ps, int32_t task,
                         int32_t pe)
{
    int64_t cost_ps = view_cost_ps(view, task, pe);
    if (cost_ps == BIND_INCAPABLE)
        return TICK_NEVER;
    int64_t wait_ps = largest(view_data_ps(view, task, pe) - view->now_ps, 0);
    return view->now_ps + cost_ps + largest(wait_ps, available_ps[pe] - view->now_ps);
}

static void trust(const struct view *view, int64_t *available_ps)
{
    for (int32_t pe = 0; pe < view->soc->pe_count; pe++)
        available_ps[pe] = view->pes[pe].available_ps;
}

static void plain_eft_on(const struct view *view, int64_t *available_ps, struct decision *list)
{
    for (int32_t i = 0; i < view->ready_count; i++) {
        int32_t best = 0;
        for (int32_t pe = 1; pe < view->soc->pe_count; pe++)
            if (finish_on(view, available_ps, view->ready[i], pe) <
                finish_on(view, available_ps, view->ready[i], best))
                best = pe;
        available_ps[best] = finish_on(view, available_ps, view->ready[i], best);
        list[i] = (struct decision){view->ready[i], best};
    }
}

static void plain_etf_on(const struct view *view, int64_t *available_ps, struct decision *list)
{
    bool *is_taken = memory_zeroed((size_t)view->ready_count + 1, sizeof *is_taken);
    for (int32_t n = 0; n < view->ready_count; n++) {
        int64_t best_ps = TICK_NEVER;
        int32_t best = -1;
        for (int32_t i = 0; i < view->ready_count; i++) {
            for (int32_t pe = 0; pe < view->soc->pe_count && !is_taken[i]; pe++) {
                int64_t finish_ps = finish_on(view, available_ps, view->ready[i], pe);
                if (finish_ps < best_ps) {
                    best_ps = finish_ps;
                    best = i;
                    list[n] = (struct decision){view->ready[i], pe};
                }
            }
        }
        is_taken[best] = true;
        available_ps[list[n].pe] = best_ps;
    }
    free(is_taken);
}

static void plain_eft(const struct view *view, int64_t *kept_ps, struct decision *list)
{
    trust(view, kept_ps);
    plain_eft_on(view, kept_ps, list);
}

static void plain_etf(const struct view *view, int64_t *kept_ps, struct decision *list)
{
    trust(view, kept_ps);
    plain_etf_on(view, kept_ps, list);
}

static int64_t least_cost(const struct view *view, int32_t task)
{
    int64_t least_ps = TICK_NEVER;
    for (int32_t pe = 0; pe < view->soc->pe_count; pe++)
        if (view_cost_ps(view, task, pe) < least_ps)
            least_ps = view_cost_ps(view, task, pe);
    return least_ps;
}

static void plain_met(const struct view *view, int64_t *kept_ps, struct decision *list)
{
    trust(view, kept_ps);
    for (int32_t i = 0; i < view->ready_count; i++) {
        int32_t best = -1;
        for (int32_t pe = 0; pe < view->soc->pe_count; pe++)
            if (view_cost_ps(view, view->ready[i], pe) == least_cost(view, view->ready[i]) &&
                (best < 0 || kept_ps[pe] < kept_ps[best]))
                best = pe;
        kept_ps[best] = finish_on(view, kept_ps, view->ready[i], best);
        list[i] = (struct decision){view->ready[i], best};
    }
}

/* DS3's MET with its list of candidates, from which it deletes at the index of the first occupied
 * one as often as there are occupied ones. */
static void plain_ds3_met(const struct view *view, int64_t *kept_ps, struct decision *list)
{
    (void)kept_ps;
    int32_t given[PE_MAX] = {0};
    for (int32_t i = 0; i < view->ready_count; i++) {
        int32_t pes[PE_MAX] = {0};
        int32_t count = 0, busy = 0, first_busy = 0;
        for (int32_t pe = 0; pe < view->soc->pe_count; pe++) {
            if (view_cost_ps(view, view->ready[i], pe) != least_cost(view, view->ready[i]))
                continue;
            if (view->pes[pe].running >= 0 && busy++ == 0)
                first_busy = count;
            pes[count++] = pe;
        }
        int32_t deletions = busy < count ? busy : 0;
        for (int32_t n = 0; n < deletions; n++, count--)
            memmove(&pes[first_busy], &pes[first_busy + 1],
                    (size_t)(count - first_busy - 1) * sizeof *pes);
        int32_t best = 0;
        for (int32_t c = 1; c < count; c++)
            if (given[pes[c]] < given[pes[best]])
                best = c;
        given[pes[best]]++;
        list[i] = (struct decision){view->ready[i], pes[best]};
    }
}

static void plain_ds3_stf(const struct view *view, int64_t *kept_ps, struct decision *list)
{
    (void)kept_ps;
    for (int32_t i = 0; i < view->ready_count; i++) {
        int32_t pe = 0;
        while (view_cost_ps(view, view->ready[i], pe) != least_cost(view, view->ready[i]))
            pe++;
        list[i] = (struct decision){view->ready[i], pe};
    }
}

/* DS3 clips at now, in every estimate, what it believes of a PE. */
static void clip(const struct view *view, int64_t *kept_ps)
{
    for (int32_t pe = 0; pe < view->soc->pe_count; pe++)
        kept_ps[pe] = largest(kept_ps[pe], view->now_ps);
}

static void plain_ds3_eft(const struct view *view, int64_t *kept_ps, struct decision *list)
{
    clip(view, kept_ps);
    plain_eft_on(view, kept_ps, list);
}

static void plain_ds3_etf(const struct view *view, int64_t *kept_ps, struct decision *list)
{
    clip(view, kept_ps);
    plain_etf_on(view, kept_ps, list);
}

static const struct rule {
    const struct policy_kind *policy;
    void (*plain)(const struct view *view, int64_t *kept_ps, struct decision *list);
} rules[] = {
    {&sched_eft, plain_eft},         {&sched_etf, plain_etf},
    {&sched_met, plain_met},         {&sched_ds3_met, plain_ds3_met},
    {&sched_ds3_stf, plain_ds3_stf}, {&sched_ds3_eft, plain_ds3_eft},
    {&sched_ds3_etf, plain_ds3_etf},
};

/* ---- a policy that compares a scheduler with its rule at every call ---- */

static struct {
    const struct rule *rule;
    int64_t kept_ps[PE_MAX];
    int64_t compared; /* decisions in calls with a choice of order or place */
} spy;

static void *spy_create(const struct view *view)
{
    memset(spy.kept_ps, 0, sizeof spy.kept_ps);
    return spy.rule->policy->create == NULL ? NULL : spy.rule->policy->create(view);
}

static void spy_destroy(void *self)
{
    if (spy.rule->policy->destroy != NULL)
        spy.rule->policy->destroy(self);
}

static void spy_decide(void *self, const struct view *view, struct decisions *decisions)
{
    struct decision *expected = memory_zeroed((size_t)view->ready_count + 1, sizeof *expected);
    spy.rule->plain(view, spy.kept_ps, expected);
    spy.rule->policy->decide(self, view, decisions);
    ck_assert_int_eq(decisions->count, view->ready_count);
    for (int32_t i = 0; i < decisions->count; i++) {
        ck_assert_int_eq(decisions->list[i].task, expected[i].task);
        ck_assert_int_eq(decisions->list[i].pe, expected[i].pe);
    }
    spy.compared += view->ready_count > 1 ? view->ready_count : 0;
    free(expected);
}

/* Lanes of three speeds between and inside the clusters, not the same there and back. */
static void vary_lanes(struct soc *soc, struct arena *arena, struct random_stream *stream)
{
    static const double bandwidths[] = {0, 1, 2, 0.5};
    soc->lane_count = 4;
    soc->lanes = arena_zeroed(arena, 4, sizeof *soc->lanes);
    for (int32_t i = 1; i < 4; i++)
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

static void run_random_stream(const struct policy_kind *policy, uint32_t number)
{
    struct arena *arena = arena_create();
    struct random_stream stream = random_open(17, 0, RANDOM_TEST, number, 0);
    struct soc *soc = fixture_soc(arena, 4, (int32_t[]){3, 1, 2, 1}, 1.0);
    vary_lanes(soc, arena, &stream);
    struct app *apps[3];
    for (int32_t i = 0; i < 3; i++)
        apps[i] = fixture_random_app(arena, &stream, 4, 20, number % 2 == 0);
    struct arrival_row rows[30] = {0};
    for (int32_t i = 0; i < 30; i++) {
        rows[i].app = (int32_t)random_below(&stream, 3);
        rows[i].at_ps = i == 0 ? 0 : rows[i - 1].at_ps + (int64_t)random_below(&stream, 8) * US;
    }
    struct fixture_scenario source = {.rows = rows, .row_count = 30, .factor = jitter};
    struct scenario scenario = fixture_scenario(&source);
    struct world_setup setup = {
        .soc = soc,
        .binds = fixture_bind(arena, soc, apps, 3),
        .bind_count = 3,
        .scenario = &scenario,
        .engine = engine_find("heap"),
        .policy = policy,
    };
    struct world_result result;
    struct fault fault = FAULT_NONE;
    ck_assert_msg(world_run(&setup, &result, &fault), "%s", fault.what);
    ck_assert_int_eq(result.jobs_done, 30);
    arena_destroy(arena);
}

START_TEST(a_scheduler_decides_what_its_rule_says)
{
    spy.rule = &rules[_i];
    struct policy_kind kind = *spy.rule->policy;
    kind.create = spy_create;
    kind.destroy = spy_destroy;
    kind.decide = spy_decide;
    for (uint32_t number = 0; number < 60; number++)
        run_random_stream(&kind, number);
    ck_assert_int_gt(spy.compared, 1000);
}
END_TEST

/* ---- views by hand ---- */

static const struct fixture_task alike[] = {
    {"a", {9, 5, -1, -1}}, {"b", {9, 5, -1, -1}}, {"c", {9, 5, -1, -1}}, {"d", {9, 5, -1, -1}}};

/* Four ready tasks that cost 9 us on one K0 and 5 us on four K1, at date 0. */
struct stage {
    struct arena *arena;
    struct view view;
    struct view_task tasks[4];
    struct view_job job;
    struct view_pe pes[5];
    int32_t ready[4];
    struct decision list[4];
    struct decisions decisions;
};

static void stage_open(struct stage *stage)
{
    *stage = (struct stage){.arena = arena_create(), .ready = {0, 1, 2, 3}};
    struct soc *soc = fixture_soc(stage->arena, 2, (int32_t[]){1, 4}, 1.0);
    struct app *app = fixture_app(stage->arena, "alike", 2, alike, 4, NULL, 0);
    const struct bind *binds = fixture_bind(stage->arena, soc, &app, 1);
    stage->job = (struct view_job){.tasks_left = 4,
                                   .active = true,
                                   .cost_ps = binds->cost_ps,
                                   .min_cost_ps = binds->min_cost_ps,
                                   .delay_ps = binds->delay_ps};
    for (int32_t i = 0; i < 4; i++)
        stage->tasks[i] =
            (struct view_task){.index = i, .pe = -1, .status = TASK_READY, .attempt = 1};
    for (int32_t pe = 0; pe < 5; pe++)
        stage->pes[pe].running = -1;
    stage->view = (struct view){
        .soc = soc,
        .binds = binds,
        .bind_count = 1,
        .pes = stage->pes,
        .tasks = stage->tasks,
        .jobs = &stage->job,
        .task_capacity = 4,
        .job_capacity = 1,
        .ready = stage->ready,
        .ready_count = 4,
        .seed = 1,
    };
    stage->decisions = (struct decisions){.list = stage->list, .capacity = 4};
}

/* One call of a fresh policy; the PEs of tasks 0..3 must be these. */
static void stage_expect(struct stage *stage, const struct policy_kind *policy,
                         const int32_t *expected)
{
    void *self = policy->create == NULL ? NULL : policy->create(&stage->view);
    stage->decisions.count = 0;
    policy->decide(self, &stage->view, &stage->decisions);
    if (policy->destroy != NULL)
        policy->destroy(self);
    ck_assert_int_eq(stage->decisions.count, stage->view.ready_count);
    for (int32_t i = 0; i < stage->decisions.count; i++)
        ck_assert_int_eq(stage->list[i].pe, expected[stage->list[i].task]);
}

START_TEST(ds3_met_strikes_out_a_block_and_not_the_occupied_pes)
{
    struct stage stage;
    stage_open(&stage);
    stage_expect(&stage, &sched_ds3_met, (int32_t[]){1, 2, 3, 4});
    stage.pes[2].running = stage.pes[4].running = 7; /* strikes out 2 and 3, keeps 4 */
    stage_expect(&stage, &sched_ds3_met, (int32_t[]){1, 4, 1, 4});
    stage.pes[0].running = 7; /* not one of the fastest: no matter */
    stage_expect(&stage, &sched_ds3_met, (int32_t[]){1, 4, 1, 4});
    stage.pes[1].running = stage.pes[3].running = 7; /* all occupied: none is struck out */
    stage_expect(&stage, &sched_ds3_met, (int32_t[]){1, 2, 3, 4});
    arena_destroy(stage.arena);
}
END_TEST

START_TEST(ds3_stf_takes_the_first_fastest_pe_every_time)
{
    struct stage stage;
    stage_open(&stage);
    stage.pes[1].running = 7;
    stage_expect(&stage, &sched_ds3_stf, (int32_t[]){1, 1, 1, 1});
    arena_destroy(stage.arena);
}
END_TEST

START_TEST(met_spreads_over_the_fastest_pes_by_availability)
{
    struct stage stage;
    stage_open(&stage);
    stage.pes[1].available_ps = 6 * US;
    stage.pes[2].available_ps = 3 * US;
    stage.pes[3].available_ps = 1 * US;
    stage.pes[4].available_ps = 3 * US;
    stage_expect(&stage, &sched_met, (int32_t[]){3, 2, 4, 1});
    arena_destroy(stage.arena);
}
END_TEST

START_TEST(eft_goes_to_a_slower_pe_when_the_fast_ones_are_taken)
{
    struct stage stage;
    stage_open(&stage);
    stage.pes[2].available_ps = stage.pes[3].available_ps = 4 * US;
    stage.pes[4].available_ps = 9 * US;
    stage_expect(&stage, &sched_eft, (int32_t[]){1, 0, 2, 3}); /* 5, then 9 = 9 = 9 */
    arena_destroy(stage.arena);
}
END_TEST

START_TEST(ds3_eft_believes_only_itself)
{
    struct stage stage;
    stage_open(&stage);
    for (int32_t pe = 0; pe < 5; pe++)
        stage.pes[pe].available_ps = (100 - pe) * US;
    void *self = sched_ds3_eft.create(&stage.view);
    sched_ds3_eft.decide(self, &stage.view, &stage.decisions);
    for (int32_t i = 0; i < 4; i++)
        ck_assert_int_eq(stage.list[i].pe, 1 + i);
    stage.decisions.count = 0;
    stage.view.now_ps = 2 * US; /* it thinks that all K1 are busy until 5 and K0 is not */
    sched_ds3_eft.decide(self, &stage.view, &stage.decisions);
    for (int32_t i = 0; i < 4; i++)
        ck_assert_int_eq(stage.list[i].pe, 1 + i); /* 10 against 11 */
    stage.decisions.count = 0;
    stage.view.now_ps = 3 * US; /* until 10: 12 on K0, 15 on K1 */
    sched_ds3_eft.decide(self, &stage.view, &stage.decisions);
    for (int32_t i = 0; i < 4; i++)
        ck_assert_int_eq(stage.list[i].pe, i);
    sched_ds3_eft.destroy(self);
    arena_destroy(stage.arena);
}
END_TEST

START_TEST(random_takes_every_capable_pe_equally_often_whenever_it_is_asked)
{
    struct stage stage;
    stage_open(&stage);
    int32_t given[5] = {0};
    int32_t equal = 0;
    for (int32_t job = 0; job < 5000; job++) {
        stage.job.id = job;
        stage.decisions.count = 0;
        sched_random.decide(NULL, &stage.view, &stage.decisions);
        int32_t first = stage.list[0].pe;
        equal += stage.list[1].pe == first;
        for (int32_t i = 0; i < 4; i++)
            given[stage.list[i].pe]++;
        stage.decisions.count = 0;
        stage.view.ready_count = 2;
        stage.ready[0] = 3;
        stage.ready[1] = 0;
        sched_random.decide(NULL, &stage.view, &stage.decisions);
        ck_assert_int_eq(stage.list[1].pe, first);
        stage.view.ready_count = 4;
        stage.ready[0] = 0;
        stage.ready[1] = 1;
    }
    for (int32_t pe = 0; pe < 5; pe++) /* 4000 +- 57 */
        ck_assert_int_lt(abs(given[pe] - 4000), 250);
    ck_assert_int_lt(abs(equal - 1000), 125); /* 1000 +- 28 */
    arena_destroy(stage.arena);
}
END_TEST

/* ---- the registry ---- */

START_TEST(every_scheduler_is_complete_and_found_by_its_name)
{
    int32_t count = 0;
    for (const struct policy_kind *const *row = sched_registry; *row != NULL; row++, count++) {
        ck_assert_int_eq((*row)->contract, POLICY_CONTRACT);
        ck_assert_ptr_eq(sched_find((*row)->name), *row);
        ck_assert_str_ne((*row)->summary, "");
        ck_assert_str_ne((*row)->source, "");
        ck_assert_str_ne((*row)->cost, "");
        ck_assert((*row)->decide != NULL);
        ck_assert_int_eq((*row)->create == NULL, (*row)->destroy == NULL);
    }
    ck_assert_int_ge(count, 10);
    ck_assert_ptr_null(sched_find("nobody"));
}
END_TEST

START_TEST(every_scheduler_finishes_random_streams)
{
    for (const struct policy_kind *const *row = sched_registry; *row != NULL; row++)
        for (uint32_t number = 0; number < 10; number++)
            run_random_stream(*row, number);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("sched");
    TCase *tests = tcase_create("sched");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, a_scheduler_decides_what_its_rule_says, 0,
                        (int)(sizeof rules / sizeof rules[0]));
    tcase_add_test(tests, ds3_met_strikes_out_a_block_and_not_the_occupied_pes);
    tcase_add_test(tests, ds3_stf_takes_the_first_fastest_pe_every_time);
    tcase_add_test(tests, met_spreads_over_the_fastest_pes_by_availability);
    tcase_add_test(tests, eft_goes_to_a_slower_pe_when_the_fast_ones_are_taken);
    tcase_add_test(tests, ds3_eft_believes_only_itself);
    tcase_add_test(tests, random_takes_every_capable_pe_equally_often_whenever_it_is_asked);
    tcase_add_test(tests, every_scheduler_is_complete_and_found_by_its_name);
    tcase_add_test(tests, every_scheduler_finishes_random_streams);
    suite_add_tcase(suite, tests);
    return suite;
}
