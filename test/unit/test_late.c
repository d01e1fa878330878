/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Late binding: srpt_lb and srpt_lb_adapt against their rule at every call of random streams, in
 * which everything is looked at anew after every assignment, and by hand. */
#include <math.h>
#include <string.h>

#include "base/tick.h"
#include "sched/registry.h"
#include "test/referee.h"
#include "test/suite.h"
#include "test/tableau.h"

#define US TICK_PER_US

/* ---- against the rule ---- */

static int64_t work_left(const struct view *view, int32_t slot)
{
    const struct view_job *job = &view->jobs[slot];
    const struct bind *bind = &view->binds[job->bind];
    int64_t left_ps = 0;
    for (int32_t i = 0; i < bind->app->task_count; i++)
        if (view->tasks[job->first_task + i].status != TASK_DONE)
            left_ps += bind->min_cost_ps[i];
    return left_ps;
}

static bool goes_first(const struct view *view, int32_t a, int32_t b)
{
    int32_t x = view->tasks[a].job, y = view->tasks[b].job;
    if (x != y && work_left(view, x) != work_left(view, y))
        return work_left(view, x) < work_left(view, y);
    if (x != y)
        return view->jobs[x].id < view->jobs[y].id;
    return plain_rank(view, a) != plain_rank(view, b) ? plain_rank(view, a) > plain_rank(view, b)
                                                      : a < b;
}

static bool is_idle(const struct view *view, const struct plain *plain, int32_t pe)
{
    bool is_given = false;
    for (int32_t i = 0; i < plain->count; i++)
        is_given |= plain->list[i].pe == pe;
    return !is_given && view->pes[pe].running < 0 && view->pes[pe].queued == 0;
}

/* Assigns the first of these tasks that an idle PE suits best, if there is one among the first
 * `visible`; takes it out of the list. */
static bool assign_next(const struct view *view, struct plain *plain, int32_t visible,
                        int32_t *tasks, int32_t *count)
{
    int64_t available_ps[REFEREE_PES];
    memcpy(available_ps, plain->available_ps, sizeof available_ps);
    for (int32_t i = 0; i < *count && i < visible; i++) {
        int32_t pe = plain_first_finisher(view, plain, tasks[i]);
        plain->available_ps[pe] = plain_finish_ps(view, plain, tasks[i], pe);
        if (!is_idle(view, plain, pe))
            continue;
        available_ps[pe] = plain->available_ps[pe];
        memcpy(plain->available_ps, available_ps, sizeof available_ps);
        plain_take(plain, tasks[i], pe, available_ps[pe]);
        memmove(&tasks[i], &tasks[i + 1], (size_t)(--*count - i) * sizeof *tasks);
        return true;
    }
    memcpy(plain->available_ps, available_ps, sizeof available_ps);
    return false;
}

static void plain_late(const struct view *view, struct plain *plain)
{
    int32_t tasks[REFEREE_READY];
    for (int32_t i = 0; i < view->ready_count; i++) {
        int32_t place = i;
        for (; place > 0 && goes_first(view, view->ready[i], tasks[place - 1]); place--)
            tasks[place] = tasks[place - 1];
        tasks[place] = view->ready[i];
    }
    int32_t count = view->ready_count;
    while (assign_next(view, plain, (int32_t)view->params[0], tasks, &count))
        ;
}

static void plain_srpt_lb(const struct view *view, struct plain *plain)
{
    plain_trust(view, plain);
    plain_late(view, plain);
}

/* Looks at the task that each PE was given last: done, running or waiting for its data. */
static void observe(const struct view *view, struct plain *plain, int32_t pe, double decay_us,
                    double weight)
{
    const struct view_task *task = plain->given[pe] < 0 ? NULL : &view->tasks[plain->given[pe]];
    double decay_ps = decay_us * US;
    double cost_ps = task == NULL ? 0 : (double)view_cost_ps(view, plain->given[pe], pe);
    if (task != NULL && task->status == TASK_DONE) {
        double took_ps = (double)(task->finish_ps - task->start_ps);
        if (cost_ps > 0 && took_ps > 0) {
            double level =
                plain->level[pe] * exp(-(double)(task->finish_ps - plain->at_ps[pe]) / decay_ps);
            plain->level[pe] = level + weight * (log(took_ps / cost_ps) - level);
            plain->at_ps[pe] = task->finish_ps;
        }
        plain->given[pe] = -1;
        task = NULL;
    }
    double level = plain->level[pe] * exp(-(double)(view->now_ps - plain->at_ps[pe]) / decay_ps);
    if (task != NULL && task->status == TASK_RUNNING && cost_ps > 0 &&
        view->now_ps > task->start_ps)
        level = fmax(level, log((double)(view->now_ps - task->start_ps) / cost_ps));
    plain->factor[pe] = exp(level < -0.7 ? -0.7 : level > 1.4 ? 1.4 : level);
    plain->available_ps[pe] = view->now_ps;
    if (task != NULL) {
        int64_t start_ps = task->status == TASK_RUNNING ? task->start_ps : task->data_ps;
        int64_t end_ps = start_ps + (int64_t)floor(cost_ps * plain->factor[pe] + 0.5);
        plain->available_ps[pe] = end_ps > view->now_ps ? end_ps : view->now_ps;
    }
}

static void plain_srpt_lb_adapt(const struct view *view, struct plain *plain)
{
    for (int32_t pe = 0; pe < view->soc->pe_count; pe++)
        observe(view, plain, pe, view->params[1], view->params[2]);
    plain_late(view, plain);
    for (int32_t i = 0; i < plain->count; i++)
        plain->given[plain->list[i].pe] = plain->list[i].task;
}

static const struct rule rules[] = {
    {&sched_srpt_lb, plain_srpt_lb},
    {&sched_srpt_lb_adapt, plain_srpt_lb_adapt},
};

START_TEST(a_scheduler_decides_what_its_rule_says)
{
    struct referee_count count = referee_compare(&rules[_i], 30);
    ck_assert_int_gt(count.choices, 500);
    ck_assert_int_gt(count.refusals, 500);
    ck_assert_int_gt(count.crowds, 500);
}
END_TEST

/* ---- by hand ---- */

static struct tableau tableau;

static void set_up(void)
{
    tableau_init(&tableau, 1, 2);
}

static void tear_down(void)
{
    tableau_finish(&tableau);
}

static const struct fixture_task alike[] = {{"a", {2, 10}}, {"b", {2, 10}}, {"c", {2, 10}},
                                            {"d", {2, 10}}, {"e", {2, 10}}, {"f", {2, 10}}};

/* K0 is busy until `until_us`, and one K1 for ever. */
static void occupy(double until_us)
{
    tableau.pes[0].running = tableau.pes[2].running = TABLEAU_TASKS * (TABLEAU_JOBS - 1);
    tableau.pes[0].free_ps = tick_from_us(until_us);
    tableau.pes[2].free_ps = 1000 * US;
}

START_TEST(an_urgent_task_waits_for_a_busy_pe_that_is_worth_it)
{
    tableau_play(&tableau, &sched_srpt_lb, alike, 1, NULL, 0);
    occupy(7);
    tableau_decide(&tableau);
    tableau_check(&tableau, 0, NULL); /* 7 + 2 against 10 */
    tableau.pes[0].free_ps = 9 * US;
    tableau_decide(&tableau);
    tableau_check(&tableau, 1, (struct decision[]){{0, 1}}); /* 9 + 2 against 10 */
}
END_TEST

START_TEST(those_who_wait_hold_their_place_against_those_after_them)
{
    tableau_play(&tableau, &sched_srpt_lb, alike, 6, NULL, 0);
    occupy(3);
    tableau_decide(&tableau);
    /* K0 would end them at 5, 7, 9; the fourth at 11, so it takes the idle K1 and ends at 10. */
    tableau_check(&tableau, 1, (struct decision[]){{3, 1}});
    tableau_decide(&tableau); /* no PE is idle: its task waits for nothing, but has not started */
    tableau_check(&tableau, 0, NULL);
}
END_TEST

START_TEST(tasks_out_of_sight_get_nothing)
{
    tableau_play(&tableau, &sched_srpt_lb, alike, 6, NULL, 0);
    occupy(3);
    tableau.params[0] = _i;
    tableau_restart(&tableau);
    tableau_decide(&tableau);
    tableau_check(&tableau, _i < 4 ? 0 : 1, (struct decision[]){{3, 1}}); /* the fourth, as above */
}
END_TEST

START_TEST(only_tasks_that_keep_waiting_use_up_what_may_be_seen)
{
    static const struct fixture_task tasks[] = {{"a", {2, 10}}, {"b", {-1, 5}}, {"c", {-1, 5}}};
    tableau_play(&tableau, &sched_srpt_lb, tasks, 3, NULL, 0);
    tableau.params[0] = 1;
    tableau_restart(&tableau);
    tableau_decide(&tableau);
    tableau_check(&tableau, 3, (struct decision[]){{0, 0}, {1, 1}, {2, 2}});
}
END_TEST

START_TEST(the_job_with_the_least_work_left_goes_first)
{
    struct app *apps[] = {
        fixture_app(tableau.arena, "long", 2, (struct fixture_task[]){{"a", {9, 9}}, {"b", {9, 9}}},
                    2, NULL, 0),
        fixture_app(tableau.arena, "chain", 2,
                    (struct fixture_task[]){{"a", {5, 5}}, {"b", {4, 4}}}, 2,
                    (struct fixture_edge[]){{0, 1, 0}}, 1),
        fixture_app(tableau.arena, "short", 2, (struct fixture_task[]){{"a", {8, 8}}}, 1, NULL, 0),
    };
    tableau_expect_apps(&tableau, apps, 3);
    tableau_start(&tableau, &sched_srpt_lb);
    for (int32_t job = 0; job < 3; job++)
        tableau_arrive(&tableau, job);
    tableau.pes[1].running = tableau.pes[2].running = 0;
    tableau.pes[1].free_ps = tableau.pes[2].free_ps = 1000 * US;
    tableau_decide(&tableau);
    tableau_check(&tableau, 1, (struct decision[]){{2 * TABLEAU_TASKS, 0}}); /* 8 < 9 < 18 */
    tableau.pes[0].queued = 0;
    tableau_decide(&tableau);
    tableau_check(&tableau, 1, (struct decision[]){{TABLEAU_TASKS, 0}}); /* 9 < 18 */
    tableau.pes[0].queued = 0;
    tableau.tasks[TABLEAU_TASKS].status = TASK_DONE;
    tableau.finished[tableau.view.finished_count++] = TABLEAU_TASKS;
    tableau.ready[tableau.view.ready_count++] = TABLEAU_TASKS + 1;
    tableau.tasks[TABLEAU_TASKS + 1].status = TASK_READY;
    tableau_decide(&tableau);
    /* 4 < 18, though it is the last. */
    tableau_check(&tableau, 1, (struct decision[]){{TABLEAU_TASKS + 1, 0}});
}
END_TEST

/* ---- adaptation ---- */

static double factor_of_first_job;

static double first_job_is_odd(int32_t job, int32_t task)
{
    (void)task;
    return job == 0 ? factor_of_first_job : 1.0;
}

/* Where a job's only task runs, 10 us on K0 and 12 us on K1, that arrives `later_us` after one
 * whose task took `factor` times what it should on K0. */
static int32_t run_after_odd_one(const struct policy_kind *policy, double factor, double later_us)
{
    struct soc *soc = fixture_soc(tableau.arena, 2, (int32_t[]){1, 1}, 1);
    struct app *app =
        fixture_app(tableau.arena, "app", 2, (struct fixture_task[]){{"a", {10, 12}}}, 1, NULL, 0);
    struct arrival_row rows[] = {{0}, {.at_ps = tick_from_us(later_us)}};
    struct fixture_scenario source = {.rows = rows, .row_count = 2, .factor = first_job_is_odd};
    struct fixture_log log = {0};
    factor_of_first_job = factor;
    fixture_run(policy, soc, fixture_bind(tableau.arena, soc, &app, 1), 1, &source, &log);
    ck_assert_int_eq(fixture_find(&log, 0, 0)->pe, 0);
    int32_t pe = fixture_find(&log, 1, 0)->pe;
    fixture_log_finish(&log);
    return pe;
}

START_TEST(a_pe_seen_slow_is_avoided_until_that_is_long_ago)
{
    ck_assert_int_eq(run_after_odd_one(&sched_srpt_lb, 3, 100), 0);
    ck_assert_int_eq(run_after_odd_one(&sched_srpt_lb_adapt, 3, 100), 1); /* 10 x 3^0.35 = 14.7 */
    ck_assert_int_eq(run_after_odd_one(&sched_srpt_lb_adapt, 3, 20000), 0);
    ck_assert_int_eq(run_after_odd_one(&sched_srpt_lb_adapt, 1.1, 100), 0);
}
END_TEST

START_TEST(a_task_that_overruns_tells_at_once)
{
    const struct policy_kind *const both[] = {&sched_srpt_lb, &sched_srpt_lb_adapt};
    struct app *apps[] = {
        fixture_app(tableau.arena, "old", 2, (struct fixture_task[]){{"a", {10, -1}}}, 1, NULL, 0),
        fixture_app(tableau.arena, "new", 2, (struct fixture_task[]){{"a", {10, 25}}}, 1, NULL, 0),
    };
    tableau_expect_apps(&tableau, apps, 2);
    tableau_start(&tableau, both[_i]);
    tableau_arrive(&tableau, 0);
    tableau_decide(&tableau);
    tableau_check(&tableau, 1, (struct decision[]){{0, 0}});
    tableau.pes[0] = (struct view_pe){.running = 0};
    tableau.tasks[0].status = TASK_RUNNING;
    tableau.view.now_ps = 30 * US; /* its end was expected at 10 */
    for (int32_t pe = 0; pe < TABLEAU_PES; pe++)
        tableau.pes[pe].free_ps = 30 * US;
    tableau_arrive(&tableau, 1);
    tableau_decide(&tableau);
    /* By the table K0 is worth waiting for, 30 + 10 < 30 + 25; three times slower it is not. */
    tableau_check(&tableau, _i, (struct decision[]){{TABLEAU_TASKS, 1}});
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("late binding");
    TCase *plainly = tcase_create("against the rule");
    tcase_set_timeout(plainly, 60);
    tcase_add_loop_test(plainly, a_scheduler_decides_what_its_rule_says, 0,
                        (int)(sizeof rules / sizeof *rules));
    suite_add_tcase(suite, plainly);
    TCase *hand = tcase_create("by hand");
    tcase_add_checked_fixture(hand, set_up, tear_down);
    tcase_add_test(hand, an_urgent_task_waits_for_a_busy_pe_that_is_worth_it);
    tcase_add_test(hand, those_who_wait_hold_their_place_against_those_after_them);
    tcase_add_loop_test(hand, tasks_out_of_sight_get_nothing, 1, 6);
    tcase_add_test(hand, only_tasks_that_keep_waiting_use_up_what_may_be_seen);
    tcase_add_test(hand, the_job_with_the_least_work_left_goes_first);
    tcase_add_test(hand, a_pe_seen_slow_is_avoided_until_that_is_long_ago);
    tcase_add_loop_test(hand, a_task_that_overruns_tells_at_once, 0, 2);
    suite_add_tcase(suite, hand);
    return suite;
}
