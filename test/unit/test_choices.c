/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sched/choices.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/tick.h"
#include "sched/registry.h"
#include "sim/scenario_drawn.h"
#include "test/fixture.h"
#include "test/suite.h"

enum { APPS = 3 };

/* What the chooser under test does, and what it has seen. */
static enum choice_mode mode;
static bool is_teacher, is_bus, is_failing;
static struct choices choices;
static int64_t lists, waits, untaught, ahead;

/* What a choice says of its job and its task's share in it, by looking at every task. */
static void check_job(const struct choices *list, const struct view *view, int32_t task,
                      const float *row)
{
    const struct view_job *job = &view->jobs[view->tasks[task].job];
    double unit_us = list->facts.unit_us, path_us = 0, own_us = 0;
    int32_t count = view->binds[job->bind].app->task_count, left = 0;
    for (int32_t other = job->first_task; other < job->first_task + count; other++) {
        if (view->tasks[other].status >= TASK_DONE)
            continue;
        double from_us = facts_of(&list->facts, view, other)->path_us;
        path_us = fmax(path_us, from_us);
        own_us = other == task ? from_us : own_us;
        left++;
    }
    ck_assert(row[FEATURE_JOB_PATH] == (float)(0.5 * log(1 + path_us / (2 * unit_us))));
    ck_assert(row[FEATURE_CRITICAL] == (path_us > 0 ? (float)(own_us / path_us) : 1));
    ck_assert(row[FEATURE_JOB_DONE] == 1 - (float)left / (float)count);
}

/* The rows of a list are finite and small, and its choices are possible. */
static void check_list(const struct choices *list, const struct view *view)
{
    for (int32_t i = 0; i < list->count; i++) {
        const struct choice *choice = &list->list[i];
        const float *row = &list->rows[i * list->feature_count];
        for (int32_t f = 0; f < list->feature_count; f++)
            if (!(row[f] >= -4.01F && row[f] <= 8)) /* not a number is neither */
                ck_abort_msg("%s is %g", features_text[f].name, (double)row[f]);
        bool is_wait = choice->task < 0;
        if (is_wait && !choices_can_wait(mode))
            ck_abort_msg("to wait is offered");
        for (int32_t f = FEATURE_DATA_FIRST; f < list->feature_count; f++)
            if (!is_bus && row[f] != 0)
                ck_abort_msg("%s tells of data that moves unasked", features_text[f].name);
        if ((row[FEATURE_WAIT] == 1) != is_wait)
            ck_abort_msg("choice %d is marked wrongly", (int)i);
        if (!is_wait && (view->tasks[choice->task].status != TASK_READY ||
                         view_cost_ps(view, choice->task, choice->pe) == BIND_INCAPABLE))
            ck_abort_msg("choice %d is impossible", (int)i);
        if (!is_wait)
            check_job(list, view, choice->task, row);
    }
}

/* ---- an oracle by plain estimates, for runs in which they are exact ---- */

static struct {
    bool is_on;
    double available_us[16]; /* [pe] with what was chosen in this epoch */
    bool is_busy[16];
    int32_t left; /* ready tasks that were not chosen in this epoch */
} plain;

static double finish_us(const struct view *view, int32_t task, int32_t pe)
{
    int64_t cost_ps = view_cost_ps(view, task, pe);
    if (cost_ps == BIND_INCAPABLE)
        return INFINITY;
    double data_us = (double)(view_data_ps(view, task, pe) - view->now_ps) / TICK_PER_US;
    return fmax(plain.available_us[pe], data_us) + (double)cost_ps / TICK_PER_US;
}

static void plain_begin(const struct view *view)
{
    plain.left = view->ready_count;
    for (int32_t pe = 0; pe < view->soc->pe_count; pe++) {
        plain.available_us[pe] = (double)(view_available_ps(view, pe) - view->now_ps) / TICK_PER_US;
        plain.is_busy[pe] = view->pes[pe].running >= 0 || view->pes[pe].queued > 0;
    }
}

/* The PE of a choice is the earliest to finish: of all in CHOICE_ORDER_EFT, else of the idle ones
 * of its kind. */
static void check_pe(const struct view *view, const struct choice *choice)
{
    bool is_order = mode == CHOICE_ORDER_EFT;
    double own_us = finish_us(view, choice->task, choice->pe);
    ck_assert(is_order || !plain.is_busy[choice->pe]);
    for (int32_t pe = 0; pe < view->soc->pe_count; pe++)
        if (is_order ||
            (!plain.is_busy[pe] && view->soc->pes[pe].kind == view->soc->pes[choice->pe].kind))
            ck_assert_double_le(own_us, finish_us(view, choice->task, pe) + 1e-6);
}

static void check_by_estimates(const struct choices *list, const struct view *view)
{
    int32_t offers = 0;
    for (int32_t i = 0; i < list->count; i++) {
        const struct choice *choice = &list->list[i];
        if (choice->task < 0)
            continue;
        offers++;
        check_pe(view, choice);
        for (int32_t k = 0; k < i; k++)
            ck_assert(list->list[k].task != choice->task ||
                      (mode != CHOICE_ORDER_EFT &&
                       view->soc->pes[list->list[k].pe].kind != view->soc->pes[choice->pe].kind));
    }
    if (mode == CHOICE_ORDER_EFT)
        ck_assert_int_eq(offers, plain.left < CHOICES_VISIBLE ? plain.left : CHOICES_VISIBLE);
}

static void plain_take(const struct view *view, const struct choice *choice)
{
    if (choice->task < 0)
        return;
    plain.available_us[choice->pe] = finish_us(view, choice->task, choice->pe);
    plain.is_busy[choice->pe] = true;
    plain.left--;
}

static int32_t choose(void *self, struct choices *list, const struct view *view)
{
    int64_t *drawn = self;
    check_list(list, view);
    if (plain.is_on)
        check_by_estimates(list, view);
    lists++;
    if (is_teacher) {
        untaught += list->taught < 0;
        return list->taught;
    }
    struct random_stream stream =
        random_open(7, 0, RANDOM_TEST, (uint32_t)(*drawn)++, (uint32_t)list->count);
    int32_t place = (int32_t)random_below(&stream, (uint32_t)list->count);
    waits += place == list->wait;
    if (plain.is_on)
        plain_take(view, &list->list[place]);
    return place;
}

static int64_t drawn_count;

static void *create(const struct view *view)
{
    choices_init(&choices, view, mode, false);
    return &choices;
}

static void destroy(void *self)
{
    choices_finish(self);
}

static void decide(void *self, const struct view *view, struct decisions *decisions)
{
    const struct chooser chooser = {&drawn_count, choose};
    plain_begin(view);
    choices_walk(self, view, decisions, &chooser);
    if (mode == CHOICE_ORDER_EFT)
        ck_assert_int_eq(decisions->count, view->ready_count);
    for (int32_t i = 0; mode != CHOICE_ORDER_EFT && i < decisions->count; i++) {
        int32_t pe = decisions->list[i].pe;
        int32_t given = (view->pes[pe].running >= 0) + view->pes[pe].queued;
        for (int32_t k = 0; k < i; k++)
            given += decisions->list[k].pe == pe;
        ahead += given > 0;
        if (given >= (mode == CHOICE_PAIR_AHEAD && is_bus ? CHOICES_AHEAD : 1))
            ck_abort_msg("a PE that has %d tasks was given another", (int)given);
    }
}

static const struct policy_kind chooser_policy = {.contract = POLICY_CONTRACT,
                                                  .name = "chooser",
                                                  .discipline = POLICY_DATA_READY,
                                                  .create = create,
                                                  .destroy = destroy,
                                                  .decide = decide};

/* Runs a policy on a generated machine and stream; returns the mean date of the ends. */
static double run(uint32_t number, const struct policy_kind *policy, double sigma)
{
    static const double shares[APPS] = {0.3, 0.6, 1};
    struct random_stream stream = random_open(19, 0, RANDOM_TEST, number, 0);
    struct arena *arena = arena_create();
    int32_t pes_of[] = {1 + (int32_t)random_below(&stream, 4),
                        1 + (int32_t)random_below(&stream, 4),
                        1 + (int32_t)random_below(&stream, 2)};
    struct soc *soc = fixture_soc(arena, 3, pes_of, 5);
    if (is_bus)
        fixture_connect(soc, SOC_BUS, 0.1, 1, 4);
    struct app *apps[APPS];
    for (int32_t i = 0; i < APPS; i++) {
        apps[i] = fixture_random_app(arena, &stream, 3, 20, number % 4 == 0);
        if (number % 3 == 0)
            fixture_add_branches(arena, &stream, apps[i]);
    }
    struct arrivals arrivals = {.kind = arrivals_find("poisson"),
                                .mean_interarrival_us = number % 2 == 0 ? 30 : 200};
    const struct scenario_drawn drawn = {
        .seed = number,
        .jobs = 40,
        .arrivals = &arrivals,
        .app_share = shares,
        .app_count = APPS,
        .noise = {.exec = {.dist = NOISE_LOGNORMAL, .sigma = sigma},
                  .failures = {.mtbf_us = is_failing ? 100 : 0, .repair_us = 10}}};
    const struct bind *binds = fixture_bind(arena, soc, apps, APPS);
    const struct scenario scenario = scenario_drawn(&drawn);
    struct fixture_log log = {0};
    struct observer observer = fixture_observer(&log);
    const struct world_setup setup = {.soc = soc,
                                      .binds = binds,
                                      .bind_count = APPS,
                                      .scenario = &scenario,
                                      .engine = engine_find("heap"),
                                      .policy = policy,
                                      .observers = &observer,
                                      .observer_count = 1,
                                      .seed = number};
    struct world_result result;
    struct fault fault = FAULT_NONE;
    ck_assert_msg(world_run(&setup, &result, &fault), "%s", fault.what);
    double sum = 0;
    for (size_t i = 0; i < log.count; i++)
        sum += (double)log.rows[i].finish_ps / (double)log.count;
    fixture_log_finish(&log);
    arena_destroy(arena);
    return sum;
}

START_TEST(any_choice_leads_to_the_end_of_all_jobs)
{
    is_teacher = false;
    for (uint32_t number = 0; number < 40; number++) {
        mode = number % 5 == 0 ? CHOICE_ORDER_EFT : CHOICE_PAIR_WAIT;
        run(number, &chooser_policy, 0.4);
    }
    ck_assert_int_gt(lists, 1000);
    ck_assert_int_gt(waits, 100);
}
END_TEST

START_TEST(what_is_said_of_a_job_stays_true_when_pes_fail)
{
    is_teacher = false;
    is_failing = true;
    lists = 0;
    for (uint32_t number = 0; number < 20; number++) {
        mode = number % 2 == 0 ? CHOICE_ORDER_EFT : CHOICE_PAIR_WAIT;
        run(number, &chooser_policy, 0.4);
    }
    is_failing = false;
    ck_assert_int_gt(lists, 1000);
}
END_TEST

START_TEST(a_policy_that_never_waits_gives_idle_pes_a_task_in_every_list)
{
    mode = CHOICE_PAIR;
    is_teacher = false;
    lists = waits = 0;
    for (uint32_t number = 0; number < 20; number++)
        run(number, &chooser_policy, 0.4);
    ck_assert_int_gt(lists, 1000);
    ck_assert_int_eq(waits, 0);
}
END_TEST

START_TEST(a_choice_names_the_pe_that_its_mode_says)
{
    is_teacher = false;
    lists = 0;
    plain.is_on = true;
    for (uint32_t number = 1; number < 40; number++) {
        mode = number % 2 == 0 ? CHOICE_ORDER_EFT : CHOICE_PAIR_WAIT;
        if (number % 3 > 0) /* without branches, so that every estimate is exact */
            run(number, &chooser_policy, 0);
    }
    ck_assert_int_gt(lists, 1000);
}
END_TEST

START_TEST(data_moves_ahead_to_busy_pes_on_a_bus)
{
    mode = CHOICE_PAIR_AHEAD;
    is_teacher = false;
    is_bus = true;
    lists = waits = ahead = 0;
    for (uint32_t number = 0; number < 20; number++)
        run(number, &chooser_policy, 0.4);
    is_bus = false;
    ck_assert_int_gt(lists, 1000);
    ck_assert_int_gt(waits, 100);
    ck_assert_int_gt(ahead, 100);
}
END_TEST

/* Of one draw of choices for all, as the lists are the same. */
START_TEST(moving_data_ahead_is_nothing_where_it_moves_unasked)
{
    is_teacher = false;
    ahead = 0;
    for (uint32_t number = 0; number < 10; number++) {
        drawn_count = 0;
        mode = CHOICE_PAIR_AHEAD;
        double with = run(number, &chooser_policy, 0.4);
        drawn_count = 0;
        mode = CHOICE_PAIR_WAIT;
        ck_assert_double_eq(with, run(number, &chooser_policy, 0.4));
    }
    ck_assert_int_eq(ahead, 0);
}
END_TEST

/* The list that the last task of a job of three was offered on three PEs, each of its own kind. */
static struct {
    float move[3], transfer[3];
    int32_t count;
} last_list;

static int32_t choose_in_turn(void *self, struct choices *list, const struct view *view)
{
    (void)self;
    int32_t place = 0;
    for (int32_t i = 0; i < list->count; i++) {
        const struct choice *choice = &list->list[i];
        if (choice->task < 0)
            continue;
        if (view->tasks[choice->task].index == 2) {
            const float *row = &list->rows[i * list->feature_count];
            last_list.move[choice->pe] = row[FEATURE_MOVE];
            last_list.transfer[choice->pe] = row[FEATURE_TRANSFER];
            last_list.count++;
        } else if (view->tasks[choice->task].index == choice->pe) {
            place = i;
        }
    }
    return place;
}

static void decide_in_turn(void *self, const struct view *view, struct decisions *decisions)
{
    const struct chooser chooser = {NULL, choose_in_turn};
    choices_walk(self, view, decisions, &chooser);
}

/* On a bus of 5 bytes/us: PE 0 has made 10 bytes of the last task's data, PE 1 20 bytes. The unit
 * of time is 10 us, what each task takes. */
START_TEST(what_moves_to_a_pe_is_what_it_has_not_made)
{
    static const double expected_us[] = {4, 2, 6};
    const struct policy_kind policy = {.contract = POLICY_CONTRACT,
                                       .name = "in turn",
                                       .discipline = POLICY_DATA_READY,
                                       .create = create,
                                       .destroy = destroy,
                                       .decide = decide_in_turn};
    const struct fixture_task tasks[] = {
        {"a", {10, -1, -1}}, {"b", {-1, 10, -1}}, {"c", {10, 10, 10}}};
    const struct fixture_edge edges[] = {{0, 2, 10}, {1, 2, 20}};
    struct arena *arena = arena_create();
    struct soc *soc = fixture_soc(arena, 3, (int32_t[]){1, 1, 1}, 5);
    fixture_connect(soc, SOC_BUS, 0, 1, 4);
    struct app *app = fixture_app(arena, "join", 3, tasks, 3, edges, 2);
    const struct arrival_row rows[1] = {{0}};
    struct fixture_scenario source = {.rows = rows, .row_count = 1};
    struct scenario scenario = fixture_scenario(&source);
    const struct world_setup setup = {.soc = soc,
                                      .binds = fixture_bind(arena, soc, &app, 1),
                                      .bind_count = 1,
                                      .scenario = &scenario,
                                      .engine = engine_find("heap"),
                                      .policy = &policy};
    struct world_result result;
    struct fault fault = FAULT_NONE;
    mode = CHOICE_PAIR_AHEAD;
    last_list.count = 0;
    ck_assert(world_run(&setup, &result, &fault));
    ck_assert_int_eq(last_list.count, 3);
    for (int32_t pe = 0; pe < 3; pe++) {
        double expected = log1p(expected_us[pe] / 10) / 2;
        ck_assert_double_eq_tol((double)last_list.move[pe], expected, 1e-6);
        ck_assert_double_eq_tol((double)last_list.transfer[pe], expected, 1e-6);
    }
    arena_destroy(arena);
}
END_TEST

START_TEST(waiting_is_offered_only_while_something_is_under_way)
{
    /* One PE, two jobs of one task at once: first the two of them and nothing else, then, as the PE
     * is busy, nothing at all. */
    mode = CHOICE_PAIR_WAIT;
    is_teacher = false;
    lists = waits = 0;
    struct arena *arena = arena_create();
    struct soc *soc = fixture_soc(arena, 1, (int32_t[]){1}, 1);
    const struct fixture_task task = {"t", {5}};
    struct app *app = fixture_app(arena, "a", 1, &task, 1, NULL, 0);
    const struct arrival_row rows[2] = {{0}};
    struct fixture_scenario source = {.rows = rows, .row_count = 2};
    struct scenario scenario = fixture_scenario(&source);
    const struct world_setup setup = {.soc = soc,
                                      .binds = fixture_bind(arena, soc, &app, 1),
                                      .bind_count = 1,
                                      .scenario = &scenario,
                                      .engine = engine_find("heap"),
                                      .policy = &chooser_policy};
    struct world_result result;
    struct fault fault = FAULT_NONE;
    ck_assert(world_run(&setup, &result, &fault));
    ck_assert_int_eq(lists, 1);
    ck_assert_int_eq(waits, 0);
    arena_destroy(arena);
}
END_TEST

START_TEST(the_teacher_knows_and_is_srpt_lb_where_nothing_was_observed)
{
    mode = CHOICE_PAIR_WAIT;
    is_teacher = true;
    untaught = 0;
    for (uint32_t number = 1; number < 40; number++) {
        if (number % 3 == 0)
            continue;
        double taught = run(number, &chooser_policy, 0);
        double srpt_lb = run(number, sched_find("srpt_lb"), 0);
        ck_assert_double_le(fabs(taught - srpt_lb), 0.01 * srpt_lb);
    }
    ck_assert_int_eq(untaught, 0);
}
END_TEST

START_TEST(the_hash_of_the_features_is_their_own)
{
    char first[FEATURES_HASH_SIZE], second[FEATURES_HASH_SIZE];
    ck_assert_str_eq(features_hash(FEATURE_COUNT, first), features_hash(FEATURE_COUNT, second));
    ck_assert_uint_eq(strlen(first), 16);
    ck_assert_str_ne(first, features_hash(choices_features(CHOICE_PAIR_WAIT), second));
    ck_assert_int_eq(FEATURE_PAIR_COUNT + FEATURE_KIND_COUNT + FEATURE_TASK_COUNT +
                         FEATURE_MACHINE_COUNT + FEATURE_DATA_COUNT,
                     FEATURE_COUNT);
    ck_assert_str_eq(features_text[FEATURE_WAIT].name, "WAIT");
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("choices");
    TCase *tests = tcase_create("choices");
    tcase_add_test(tests, any_choice_leads_to_the_end_of_all_jobs);
    tcase_add_test(tests, what_is_said_of_a_job_stays_true_when_pes_fail);
    tcase_add_test(tests, a_policy_that_never_waits_gives_idle_pes_a_task_in_every_list);
    tcase_add_test(tests, a_choice_names_the_pe_that_its_mode_says);
    tcase_add_test(tests, data_moves_ahead_to_busy_pes_on_a_bus);
    tcase_add_test(tests, moving_data_ahead_is_nothing_where_it_moves_unasked);
    tcase_add_test(tests, what_moves_to_a_pe_is_what_it_has_not_made);
    tcase_add_test(tests, waiting_is_offered_only_while_something_is_under_way);
    tcase_add_test(tests, the_teacher_knows_and_is_srpt_lb_where_nothing_was_observed);
    tcase_add_test(tests, the_hash_of_the_features_is_their_own);
    suite_add_tcase(suite, tests);
    return suite;
}
