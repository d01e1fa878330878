/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Local memories: by themselves, against a plain list, and in the world. */
#include "sim/residency.h"

#include <math.h>
#include <string.h>

#include "base/tick.h"
#include "sched/registry.h"
#include "test/fixture.h"
#include "test/suite.h"

#define US TICK_PER_US

enum { TASKS = 5 };

static struct arena *arena;
static struct soc *soc;
static struct bind *binds;

/* Two PEs with 100 bytes each; tasks with weights of 40, 40, 40, 100 and 101 bytes, 1 MAC, loaded
 * and streamed at 10 bytes/us. */
static void begin(void)
{
    static const double bytes[TASKS] = {40, 40, 40, 100, 101};
    arena = arena_create();
    soc = fixture_soc(arena, 1, (int32_t[]){2}, INFINITY);
    soc->kinds[0].profile = (struct soc_profile){.mac_per_us = 1,
                                                 .efficiency = {1, 1, 1},
                                                 .memory_bytes_per_us = 10,
                                                 .io_bytes_per_us = 10,
                                                 .local_bytes = 100};
    struct fixture_task tasks[TASKS];
    for (int32_t i = 0; i < TASKS; i++)
        tasks[i] = (struct fixture_task){arena_printf(arena, "t%d", (int)i), {-1}};
    struct fixture_edge chain[] = {{0, 1, 0}, {1, 2, 0}, {2, 3, 0}, {3, 4, 0}};
    struct app *app = fixture_app(arena, "weights", 1, tasks, TASKS, chain, TASKS - 1);
    app->kernels = arena_zeroed(arena, TASKS, sizeof *app->kernels);
    for (int32_t i = 0; i < TASKS; i++) {
        struct app_kernel *kernel = arena_zeroed(arena, 1, sizeof *kernel);
        *kernel =
            (struct app_kernel){.mac = 1, .weight_bytes = bytes[i], .touched_bytes = bytes[i]};
        app->kernels[i] = kernel;
    }
    binds = fixture_bind(arena, soc, &app, 1);
}

static void end(void)
{
    arena_destroy(arena);
}

/* Whether a PE has to load a block. */
static bool load(struct residency *memory, int32_t pe, int32_t block)
{
    return residency_use(memory, pe, block, US, 0) == US;
}

START_TEST(the_block_used_longest_ago_leaves_first)
{
    struct residency memory;
    residency_init(&memory, soc, binds, 1);
    ck_assert(load(&memory, 0, 0));
    ck_assert(load(&memory, 0, 1));
    ck_assert(!load(&memory, 0, 0)); /* now 1 is the older one */
    ck_assert(load(&memory, 0, 2));
    ck_assert(memory.is_there[0] && !memory.is_there[1] && memory.is_there[2]);
    ck_assert(load(&memory, 1, 1)); /* the other PE has a memory of its own */
    ck_assert(!load(&memory, 0, 0));
    ck_assert(load(&memory, 0, 3)); /* all of it */
    ck_assert(!memory.is_there[0] && !memory.is_there[2]);
    ck_assert_double_eq(memory.loaded_bytes, 40 + 40 + 40 + 40 + 100);
    residency_finish(&memory);
}
END_TEST

/* The same by a plain list that is searched and shifted. */
START_TEST(it_agrees_with_a_plain_list)
{
    struct residency memory;
    residency_init(&memory, soc, binds, 1);
    struct random_stream stream = random_open(9, 0, RANDOM_TEST, 0, 0);
    int32_t list[TASKS], count = 0;
    for (int turn = 0; turn < 5000; turn++) {
        int32_t block = (int32_t)random_below(&stream, 4), at = 0;
        while (at < count && list[at] != block)
            at++;
        bool was_there = at < count;
        count -= was_there;
        memmove(&list[at], &list[at + 1], (size_t)(count - at) * sizeof *list);
        memmove(&list[1], list, (size_t)count * sizeof *list);
        list[0] = block;
        double bytes = binds->weight_bytes[block];
        int32_t kept = 1;
        for (; kept <= count && bytes + binds->weight_bytes[list[kept]] <= 100; kept++)
            bytes += binds->weight_bytes[list[kept]];
        count = kept;
        ck_assert_int_eq(load(&memory, 0, block), !was_there);
        for (int32_t i = 0; i < 4; i++) {
            bool is_listed = false;
            for (int32_t k = 0; k < count; k++)
                is_listed |= list[k] == i;
            ck_assert_int_eq(memory.is_there[i], is_listed);
        }
    }
    residency_finish(&memory);
}
END_TEST

START_TEST(an_app_without_weights_needs_no_memory)
{
    struct app *app =
        fixture_app(arena, "bare", 1, (struct fixture_task[]){{"a", {1}}}, 1, NULL, 0);
    struct residency memory;
    residency_init(&memory, soc, fixture_bind(arena, soc, &app, 1), 1);
    ck_assert_ptr_null(memory.is_there);
    residency_finish(&memory);
}
END_TEST

/* Tasks 0, 1, 3 and 4 go to PE 0, 2 to PE 1. */
static void pinned_decide(void *self, const struct view *view, struct decisions *decisions)
{
    (void)self;
    for (int32_t i = 0; i < view->ready_count; i++) {
        int32_t task = view->ready[i], index = view->tasks[task].index;
        int64_t load_ps[] = {4 * US, 4 * US, 4 * US, 10 * US, 0};
        if (view->jobs[view->tasks[task].job].id == 1 && index == 2)
            load_ps[2] = 0; /* PE 1 has kept it */
        ck_assert_int_eq(view_load_ps(view, task, index == 2), load_ps[index]);
        decide_assign(decisions, task, index == 2);
    }
}

/* The first job: 4 + 1, 4 + 1, 4 + 1, 10 + 1 and, streamed for it does not fit, 10.1. The second
 * has block 2 on PE 1 and nothing on PE 0, where block 3 has thrown out all else. */
START_TEST(a_task_takes_the_load_of_its_weights_longer_unless_they_are_there)
{
    static const struct policy_kind pinned = {.contract = POLICY_CONTRACT,
                                              .name = "pinned",
                                              .discipline = POLICY_DATA_READY,
                                              .decide = pinned_decide};
    static const struct arrival_row rows[] = {{.at_ps = 0}, {.at_ps = 100 * US}};
    struct fixture_scenario source = {.rows = rows, .row_count = 2};
    struct fixture_log log = {0};
    struct world_result result = fixture_run(&pinned, soc, binds, 1, &source, &log);
    static const int64_t finish_ns[2][TASKS] = {
        {5000, 10000, 15000, 26000, 36100},
        {105000, 110000, 111000, 122000, 132100},
    };
    for (int32_t job = 0; job < 2; job++)
        for (int32_t task = 0; task < TASKS; task++)
            ck_assert_int_eq(fixture_find(&log, job, task)->finish_ps,
                             finish_ns[job][task] * TICK_PER_NS);
    ck_assert_double_eq(result.loaded_bytes, 40 + 40 + 40 + 100 + 40 + 40 + 100);
    fixture_log_finish(&log);
}
END_TEST

/* One task with weights of 40 bytes (4 + 1 us). The first job loads them on PE 0 and ends at 5 us,
 * when two more arrive. Both end there first, at 6 and 7 us against 10 on the idle PE 1. */
static int64_t expected_ps[3]; /* [job] when its PE would be free, at the arrival of the job */

/* Job 0: a on PE 1, then b on PE 0. The others, which only look, wait until all is over. */
static void look_decide(void *self, const struct view *view, struct decisions *decisions)
{
    (void)self;
    for (int32_t i = 0; i < view->arrived_count; i++) {
        int32_t id = view->jobs[view->arrived[i]].id;
        expected_ps[id] = view_available_ps(view, id == 1);
    }
    for (int32_t i = 0; i < view->ready_count; i++) {
        const struct view_task *what = &view->tasks[view->ready[i]];
        if (view->jobs[what->job].id == 0 || view->now_ps >= 100 * US)
            decide_assign(decisions, view->ready[i], what->index == 0);
        else
            decide_wake(decisions, 100 * US);
    }
}

/* Weights take 4 us to load, tasks 1 us, the data of b 20 us: a 0..5, b waits until 25 and ends at
 * 30. */
START_TEST(a_pe_is_expected_to_load_weights_and_to_wait_for_data)
{
    static const struct policy_kind look = {.contract = POLICY_CONTRACT,
                                            .name = "look",
                                            .discipline = POLICY_DATA_READY,
                                            .decide = look_decide};
    static const struct arrival_row rows[] = {{0}, {.at_ps = 2 * US}, {.at_ps = 10 * US}};
    struct soc *slow = fixture_soc(arena, 1, (int32_t[]){2}, 1000);
    slow->kinds[0].profile = soc->kinds[0].profile;
    struct app *app =
        fixture_app(arena, "two", 1, (struct fixture_task[]){{"a", {-1}}, {"b", {-1}}}, 2,
                    (struct fixture_edge[]){{0, 1, 20000}}, 1);
    struct app_kernel kernel = {.mac = 1, .weight_bytes = 40, .touched_bytes = 40};
    const struct app_kernel *kernels[] = {&kernel, &kernel};
    app->kernels = kernels;
    struct fixture_scenario source = {.rows = rows, .row_count = 3};
    struct fixture_log log = {0};
    fixture_run(&look, slow, fixture_bind(arena, slow, &app, 1), 1, &source, &log);
    ck_assert_int_eq(expected_ps[1], 5 * US);
    ck_assert_int_eq(expected_ps[2], 30 * US);
    ck_assert_int_eq(fixture_find(&log, 0, 1)->finish_ps, 30 * US);
    fixture_log_finish(&log);
}
END_TEST

START_TEST(the_earliest_finish_counts_the_load)
{
    static const char *const names[] = {"eft", "etf", "mct", "heft_rt", "srpt_lb", "deepsocs"};
    static const struct arrival_row rows[] = {{0}, {.at_ps = 5 * US}, {.at_ps = 5 * US + 1}};
    struct app *app =
        fixture_app(arena, "one", 1, (struct fixture_task[]){{"a", {-1}}}, 1, NULL, 0);
    struct app_kernel kernel = {.mac = 1, .weight_bytes = 40, .touched_bytes = 40};
    const struct app_kernel *kernels[] = {&kernel};
    app->kernels = kernels;
    struct fixture_scenario source = {.rows = rows, .row_count = 3};
    struct scenario scenario = fixture_scenario(&source);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct fixture_log log = {0};
        struct observer observer = fixture_observer(&log);
        const struct policy_kind *policy = sched_find(names[i]);
        struct world_setup setup = {
            .soc = soc,
            .binds = fixture_bind(arena, soc, &app, 1),
            .bind_count = 1,
            .scenario = &scenario,
            .engine = engine_find("heap"),
            .policy = policy,
            .file = fixture_policy_file(arena, policy),
            .observers = &observer,
            .observer_count = 1,
        };
        struct world_result result;
        struct fault fault = FAULT_NONE;
        ck_assert(world_run(&setup, &result, &fault));
        ck_assert_msg(result.loaded_bytes == 40, "%s loads them %g times", names[i],
                      result.loaded_bytes / 40);
        ck_assert_int_eq(fixture_find(&log, 2, 0)->finish_ps, 7 * US);
        fixture_log_finish(&log);
    }
}
END_TEST

START_TEST(every_scheduler_runs_jobs_whose_weights_come_and_go)
{
    enum { JOBS = 12 };
    struct arrival_row rows[JOBS] = {{0}};
    for (int32_t i = 1; i < JOBS; i++)
        rows[i].at_ps = rows[i - 1].at_ps + 7 * US;
    struct fixture_scenario source = {.rows = rows, .row_count = JOBS};
    struct scenario scenario = fixture_scenario(&source);
    struct world_setup setup = {
        .soc = soc,
        .binds = binds,
        .bind_count = 1,
        .scenario = &scenario,
        .engine = engine_find("heap"),
        .policy = sched_registry[_i],
        .file = fixture_policy_file(arena, sched_registry[_i]),
    };
    struct world_result result;
    struct fault fault = FAULT_NONE;
    ck_assert_msg(world_run(&setup, &result, &fault), "%s: %s", setup.policy->name, fault.what);
    ck_assert_int_eq(result.tasks_done, JOBS * TASKS);
    ck_assert_double_ge(result.loaded_bytes, 40 + 40 + 40 + 100);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("residency");
    TCase *cases = tcase_create("residency");
    tcase_add_checked_fixture(cases, begin, end);
    tcase_add_test(cases, the_block_used_longest_ago_leaves_first);
    tcase_add_test(cases, it_agrees_with_a_plain_list);
    tcase_add_test(cases, an_app_without_weights_needs_no_memory);
    tcase_add_test(cases, a_task_takes_the_load_of_its_weights_longer_unless_they_are_there);
    tcase_add_test(cases, a_pe_is_expected_to_load_weights_and_to_wait_for_data);
    tcase_add_test(cases, the_earliest_finish_counts_the_load);
    tcase_add_loop_test(cases, every_scheduler_runs_jobs_whose_weights_come_and_go, 0,
                        fixture_policy_count());
    suite_add_tcase(suite, cases);
    return suite;
}
