/* SPDX-License-Identifier: GPL-3.0-or-later */
/* PEs and links fail under every registered scheduler: work is conserved, nothing hangs, and no job
 * is lost without a word. */
#include <stdio.h>
#include <string.h>

#include "base/tick.h"
#include "sched/registry.h"
#include "sim/scenario_drawn.h"
#include "test/fixture.h"
#include "test/suite.h"

enum { APPS = 3, CASES = 24, PES_MAX = 8 };

/* What happened in a trial, and what is true of it all the time. */
struct ledger {
    const struct soc *soc;
    int64_t arrived, done, failed;                    /* jobs */
    int64_t tasks_arrived, tasks_done, tasks_skipped; /* tasks */
    int64_t tasks_failed, aborted, changes;
    int64_t busy_until_ps[PES_MAX]; /* end of the last attempt on it */
    bool is_down[PES_MAX];
    int64_t link_changes, lost_transfers;
};

static void on_job_arrival(void *self, int64_t now_ps, const struct observed_arrival *arrival)
{
    struct ledger *ledger = self;
    (void)now_ps;
    ledger->arrived++;
    ledger->tasks_arrived += arrival->job->tasks_left;
}

/* An attempt is over: its PE was up and did nothing else. */
static void check_attempt(struct ledger *ledger, const struct view_task *task)
{
    ck_assert_int_ge(task->pe, 0);
    ck_assert_int_ge(task->start_ps, ledger->busy_until_ps[task->pe]);
    ck_assert_int_ge(task->finish_ps, task->start_ps);
    ck_assert_int_ge(task->assigned_ps, task->ready_ps);
    ck_assert_int_ge(task->start_ps, task->assigned_ps);
    ledger->busy_until_ps[task->pe] = task->finish_ps;
}

static void on_task_done(void *self, const struct observed_task *observed)
{
    struct ledger *ledger = self;
    ck_assert(!ledger->is_down[observed->task->pe]);
    check_attempt(ledger, observed->task);
    ledger->tasks_done++;
}

static void on_task_aborted(void *self, const struct observed_task *observed)
{
    struct ledger *ledger = self;
    check_attempt(ledger, observed->task);
    ledger->aborted++;
}

static void on_task_skipped(void *self, int64_t now_ps, const struct observed_task *observed)
{
    (void)now_ps, (void)observed;
    ((struct ledger *)self)->tasks_skipped++;
}

static void on_task_failed(void *self, int64_t now_ps, const struct observed_task *observed)
{
    ck_assert_int_eq(observed->task->finish_ps, now_ps);
    ((struct ledger *)self)->tasks_failed++;
}

static void on_job_done(void *self, const struct observed_job *job)
{
    (void)job;
    ((struct ledger *)self)->done++;
}

static void on_job_failed(void *self, const struct observed_job *job, const char *reason)
{
    ck_assert_int_ge(job->finish_ps, job->arrival_ps);
    ck_assert_uint_gt(strlen(reason), 10);
    ((struct ledger *)self)->failed++;
}

static void on_pe_changed(void *self, int64_t now_ps, int32_t pe, bool is_down)
{
    struct ledger *ledger = self;
    ck_assert(ledger->is_down[pe] != is_down);
    ledger->is_down[pe] = is_down;
    if (!is_down)
        ledger->busy_until_ps[pe] = now_ps; /* nothing starts before */
    ledger->changes++;
}

static void on_link_changed(void *self, int64_t now_ps, int32_t link, bool is_down)
{
    (void)now_ps, (void)is_down;
    struct ledger *ledger = self;
    ck_assert(links_is_there(ledger->soc, link));
    ledger->link_changes++;
}

static void on_transfer_lost(void *self, const struct observed_transfer *transfer)
{
    ck_assert_int_le(transfer->start_ps, transfer->finish_ps);
    ((struct ledger *)self)->lost_transfers++;
}

/* A generated machine with apps, a noisy stream, and PEs and links that fail. */
struct scene {
    struct arena *arena;
    struct soc *soc;
    struct bind *binds;
    struct arrivals arrivals;
    struct failures_listed listed[2], lost_link;
    struct scenario_drawn drawn;
    struct scenario scenario;
};

static void make_scene(struct scene *scene, uint32_t number)
{
    static const enum soc_interconnect kinds[] = {SOC_MATRIX, SOC_SHARED_MEMORY, SOC_BUS, SOC_MESH};
    static const double shares[APPS] = {0.5, 0.75, 1};
    struct random_stream stream = random_open(29, 0, RANDOM_TEST, number, 0);
    scene->arena = arena_create();
    int32_t pes_of[] = {1 + (int32_t)random_below(&stream, 3),
                        1 + (int32_t)random_below(&stream, 3)};
    scene->soc = fixture_soc(scene->arena, 2, pes_of, 5);
    if (number % 4 > 0)
        fixture_connect(scene->soc, kinds[number % 4], 0.3, 2, 2);
    struct app *apps[APPS];
    for (int32_t i = 0; i < APPS; i++)
        apps[i] = fixture_random_app(scene->arena, &stream, 2, 15, number % 3 == 0);
    for (int32_t i = 1; i < APPS; i++)
        fixture_add_branches(scene->arena, &stream, apps[i]);
    fixture_add_weights(scene->arena, &stream, apps[2], scene->soc);
    scene->binds = fixture_bind(scene->arena, scene->soc, apps, APPS);
    scene->arrivals = (struct arrivals){.kind = arrivals_find("poisson"),
                                        .mean_interarrival_us = number % 2 == 0 ? 300 : 40};
    scene->drawn = (struct scenario_drawn){
        .seed = number,
        .jobs = 30,
        .arrivals = &scene->arrivals,
        .app_share = shares,
        .app_count = APPS,
        .noise = {.exec = {.dist = NOISE_LOGNORMAL, .sigma = 0.4},
                  .failures = {.mtbf_us = 700, .repair_us = 60 + 200 * (number % 3)}},
    };
    int32_t last = scene->soc->pe_count - 1;
    scene->listed[0] = (struct failures_listed){(int32_t)random_below(&stream, (uint32_t)last + 1),
                                                300 * TICK_PER_US, TICK_NEVER};
    scene->listed[1] = (struct failures_listed){last, 800 * TICK_PER_US, 950 * TICK_PER_US};
    if (number % 2 == 1) {
        scene->drawn.noise.failures.list = scene->listed;
        scene->drawn.noise.failures.count = 2;
    }
    if (soc_is_contended(scene->soc)) {
        struct failures *links = &scene->drawn.noise.link_failures;
        *links = (struct failures){.mtbf_us = 150, .repair_us = 40};
        scene->lost_link = (struct failures_listed){
            (int32_t)random_below(&stream, (uint32_t)links_count(scene->soc)), 500 * TICK_PER_US,
            TICK_NEVER};
        links->list = &scene->lost_link;
        links->count = number % 8 > 4;
    }
    scene->scenario = scenario_drawn(&scene->drawn);
}

static void run(const struct scene *scene, const struct policy_kind *policy, int64_t cost_ps,
                struct ledger *ledger, struct world_result *result)
{
    *ledger = (struct ledger){.soc = scene->soc};
    const struct observer observer = {
        .self = ledger,
        .on_job_arrival = on_job_arrival,
        .on_task_done = on_task_done,
        .on_task_aborted = on_task_aborted,
        .on_task_skipped = on_task_skipped,
        .on_task_failed = on_task_failed,
        .on_job_done = on_job_done,
        .on_job_failed = on_job_failed,
        .on_pe_changed = on_pe_changed,
        .on_link_changed = on_link_changed,
        .on_transfer_lost = on_transfer_lost,
    };
    const struct world_setup setup = {
        .soc = scene->soc,
        .binds = scene->binds,
        .bind_count = APPS,
        .scenario = &scene->scenario,
        .engine = engine_find("heap"),
        .policy = policy,
        .file = fixture_policy_file(scene->arena, policy),
        .observers = &observer,
        .observer_count = 1,
        .prefetch = (int32_t)scene->drawn.seed % 3,
        .max_in_flight = scene->drawn.seed % 7 == 3 ? 2 : 0,
        .decision_cost = {cost_ps > 0 ? DECISION_FIXED : DECISION_FREE, cost_ps},
        .seed = scene->drawn.seed,
    };
    struct fault fault = FAULT_NONE;
    ck_assert_msg(world_run(&setup, result, &fault), "case %d of %s: %s", (int)scene->drawn.seed,
                  policy->name, fault.what);
}

START_TEST(every_task_ends_once_and_no_pe_works_while_it_is_down)
{
    const struct policy_kind *policy = sched_registry[_i];
    int64_t aborted = 0, failed = 0, link_changes = 0, lost_transfers = 0;
    for (uint32_t number = 0; number < CASES; number++) {
        struct scene scene;
        struct ledger ledger;
        struct world_result result;
        make_scene(&scene, number);
        run(&scene, policy, number % 5 == 4 ? 3 * TICK_PER_US : 0, &ledger, &result);
        ck_assert_int_eq(ledger.arrived, scene.drawn.jobs);
        ck_assert_int_eq(ledger.done + ledger.failed, ledger.arrived);
        ck_assert_int_eq(ledger.tasks_done + ledger.tasks_skipped + ledger.tasks_failed,
                         ledger.tasks_arrived);
        ck_assert_int_eq(result.jobs_failed, ledger.failed);
        ck_assert_int_eq(result.tasks_failed, ledger.tasks_failed);
        ck_assert_int_eq(result.tasks_aborted, ledger.aborted);
        if (number % 2 == 0 && scene.drawn.noise.link_failures.count == 0)
            ck_assert_int_eq(ledger.failed, 0);
        aborted += ledger.aborted;
        failed += ledger.failed;
        link_changes += ledger.link_changes;
        lost_transfers += ledger.lost_transfers;
        arena_destroy(scene.arena);
    }
    ck_assert_int_gt(aborted, CASES);
    ck_assert_int_gt(failed, 0);
    ck_assert_int_gt(link_changes, 10 * CASES);
    ck_assert_int_gt(lost_transfers, 0);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("conservation");
    TCase *tests = tcase_create("every scheduler");
    tcase_set_timeout(tests, 120);
    tcase_add_loop_test(tests, every_task_ends_once_and_no_pe_works_while_it_is_down, 0,
                        fixture_policy_count());
    suite_add_tcase(suite, tests);
    return suite;
}
