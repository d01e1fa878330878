/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The schedulers that do not ask when a task would be done: met, olb, round_robin, random and DS3's
 * MET and STF. Against their rules at every call of random streams, and by hand. */
#include <stdlib.h>
#include <string.h>

#include "base/tick.h"
#include "sched/registry.h"
#include "test/referee.h"
#include "test/suite.h"
#include "test/tableau.h"

#define US TICK_PER_US

/* ---- against the rule ---- */

static void plain_met(const struct view *view, struct plain *plain)
{
    plain_trust(view, plain);
    for (int32_t i = 0; i < view->ready_count; i++) {
        int32_t task = view->ready[i], best = -1;
        for (int32_t pe = 0; pe < view->soc->pe_count; pe++)
            if (view_cost_ps(view, task, pe) == plain_least_cost_ps(view, task) &&
                (best < 0 || plain->available_ps[pe] < plain->available_ps[best]))
                best = pe;
        plain_take(plain, task, best, plain_finish_ps(view, plain, task, best));
    }
}

static void plain_olb(const struct view *view, struct plain *plain)
{
    plain_trust(view, plain);
    for (int32_t i = 0; i < view->ready_count; i++) {
        int32_t task = view->ready[i], best = -1;
        for (int32_t pe = 0; pe < view->soc->pe_count; pe++)
            if (view_cost_ps(view, task, pe) != BIND_INCAPABLE &&
                (best < 0 || plain->available_ps[pe] < plain->available_ps[best]))
                best = pe;
        plain_take(plain, task, best, plain_finish_ps(view, plain, task, best));
    }
}

static void plain_round_robin(const struct view *view, struct plain *plain)
{
    for (int32_t i = 0; i < view->ready_count; i++) {
        while (view_cost_ps(view, view->ready[i], plain->turn % view->soc->pe_count) ==
               BIND_INCAPABLE)
            plain->turn++;
        plain_take(plain, view->ready[i], plain->turn++ % view->soc->pe_count, 0);
    }
}

/* DS3's MET with its list of candidates, from which it deletes at the index of the first occupied
 * one as often as there are occupied ones. */
static void plain_ds3_met(const struct view *view, struct plain *plain)
{
    int32_t given[REFEREE_PES] = {0};
    for (int32_t i = 0; i < view->ready_count; i++) {
        int32_t pes[REFEREE_PES] = {0};
        int32_t count = 0, busy = 0, first_busy = 0;
        for (int32_t pe = 0; pe < view->soc->pe_count; pe++) {
            if (view_cost_ps(view, view->ready[i], pe) != plain_least_cost_ps(view, view->ready[i]))
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
        plain_take(plain, view->ready[i], pes[best], 0);
    }
}

static void plain_ds3_stf(const struct view *view, struct plain *plain)
{
    for (int32_t i = 0; i < view->ready_count; i++) {
        int32_t pe = 0;
        while (view_cost_ps(view, view->ready[i], pe) != plain_least_cost_ps(view, view->ready[i]))
            pe++;
        plain_take(plain, view->ready[i], pe, 0);
    }
}

static const struct rule rules[] = {
    {&sched_met, plain_met},         {&sched_olb, plain_olb},
    {&sched_ds3_met, plain_ds3_met}, {&sched_round_robin, plain_round_robin},
    {&sched_ds3_stf, plain_ds3_stf},
};

START_TEST(a_scheduler_decides_what_its_rule_says)
{
    struct referee_count count = referee_compare(&rules[_i], 30);
    ck_assert_int_gt(count.choices, 1000);
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

START_TEST(olb_asks_who_is_free_first_and_not_what_it_costs)
{
    tableau_play(&tableau, &sched_olb,
                 (struct fixture_task[]){{"a", {900, 1}}, {"b", {-1, 5}}, {"c", {3, 5}}}, 3, NULL,
                 0);
    tableau.pes[1].free_ps = 2 * US;
    tableau.pes[2].free_ps = 6 * US;
    tableau_decide(&tableau);
    tableau_check(&tableau, 3, (struct decision[]){{0, 0}, {1, 1}, {2, 2}});
}
END_TEST

/* b, ready 20 us after its input was made on PE 0, takes 20 us there; elsewhere 11, when its data
 * has been on its way for 5 us more. */
START_TEST(mct_gains_nothing_by_data_that_came_long_ago)
{
    tableau_play(&tableau, &sched_mct, (struct fixture_task[]){{"a", {1, 1}}, {"b", {20, 11}}}, 2,
                 (struct fixture_edge[]){{0, 1, 25}}, 1);
    tableau.tasks[0].status = TASK_DONE;
    tableau.tasks[0].pe = 0;
    tableau.tasks[1].status = TASK_READY;
    tableau.ready[0] = 1;
    tableau.view.now_ps = 20 * US;
    tableau_ask(&tableau);
    tableau_check(&tableau, 1, (struct decision[]){{1, 1}});
}
END_TEST

START_TEST(round_robin_goes_on_where_it_stopped)
{
    tableau_play(
        &tableau, &sched_round_robin,
        (struct fixture_task[]){{"a", {1, 1}}, {"b", {1, -1}}, {"c", {1, 1}}, {"d", {1, 1}}}, 4,
        NULL, 0);
    tableau.view.ready_count = 3;
    tableau_decide(&tableau);
    tableau_check(&tableau, 3, (struct decision[]){{0, 0}, {1, 0}, {2, 1}});
    tableau.ready[tableau.view.ready_count++] = 3;
    tableau_decide(&tableau);
    tableau_check(&tableau, 1, (struct decision[]){{3, 2}});
}
END_TEST

/* ---- four tasks that cost 9 us on one K0 and 5 us on four K1 ---- */

static void set_up_alike(void)
{
    tableau_init(&tableau, 1, 4);
}

static void play_alike(const struct policy_kind *policy)
{
    static const struct fixture_task alike[] = {
        {"a", {9, 5}}, {"b", {9, 5}}, {"c", {9, 5}}, {"d", {9, 5}}};
    tableau_play(&tableau, policy, alike, 4, NULL, 0);
}

/* The policy, asked now, gives the tasks to these PEs, in whatever order. */
static void check_pes(const int32_t *expected)
{
    tableau_ask(&tableau);
    ck_assert_int_eq(tableau.decisions.count, tableau.view.ready_count);
    for (int32_t i = 0; i < tableau.decisions.count; i++)
        ck_assert_int_eq(tableau.list[i].pe, expected[tableau.list[i].task]);
}

START_TEST(ds3_met_strikes_out_a_block_and_not_the_occupied_pes)
{
    play_alike(&sched_ds3_met);
    check_pes((int32_t[]){1, 2, 3, 4});
    tableau.pes[2].running = tableau.pes[4].running = 7; /* strikes out 2 and 3, keeps 4 */
    check_pes((int32_t[]){1, 4, 1, 4});
    tableau.pes[0].running = 7; /* not one of the fastest: no matter */
    check_pes((int32_t[]){1, 4, 1, 4});
    tableau.pes[1].running = tableau.pes[3].running = 7; /* all occupied: none is struck out */
    check_pes((int32_t[]){1, 2, 3, 4});
}
END_TEST

START_TEST(ds3_stf_takes_the_first_fastest_pe_every_time)
{
    play_alike(&sched_ds3_stf);
    tableau.pes[1].running = 7;
    check_pes((int32_t[]){1, 1, 1, 1});
}
END_TEST

START_TEST(met_spreads_over_the_fastest_pes_by_availability)
{
    play_alike(&sched_met);
    tableau.pes[1].free_ps = 6 * US;
    tableau.pes[2].free_ps = 3 * US;
    tableau.pes[3].free_ps = 1 * US;
    tableau.pes[4].free_ps = 3 * US;
    check_pes((int32_t[]){3, 2, 4, 1});
}
END_TEST

START_TEST(random_takes_every_capable_pe_equally_often_whenever_it_is_asked)
{
    play_alike(&sched_random);
    int32_t given[TABLEAU_PES] = {0};
    int32_t equal = 0;
    for (int32_t job = 0; job < 5000; job++) {
        tableau.jobs[0].id = job;
        tableau_ask(&tableau);
        int32_t first = tableau.list[0].pe;
        equal += tableau.list[1].pe == first;
        for (int32_t i = 0; i < 4; i++)
            given[tableau.list[i].pe]++;
        tableau.view.ready_count = 2;
        tableau.ready[0] = 3;
        tableau.ready[1] = 0;
        tableau_ask(&tableau);
        ck_assert_int_eq(tableau.list[1].pe, first);
        tableau.view.ready_count = 4;
        tableau.ready[0] = 0;
        tableau.ready[1] = 1;
    }
    for (int32_t pe = 0; pe < TABLEAU_PES; pe++) /* 4000 +- 57 */
        ck_assert_int_lt(abs(given[pe] - 4000), 250);
    ck_assert_int_lt(abs(equal - 1000), 125); /* 1000 +- 28 */
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("simple schedulers");
    TCase *plainly = tcase_create("against the rule");
    tcase_set_timeout(plainly, 60);
    tcase_add_loop_test(plainly, a_scheduler_decides_what_its_rule_says, 0,
                        (int)(sizeof rules / sizeof *rules));
    suite_add_tcase(suite, plainly);
    TCase *hand = tcase_create("by hand");
    tcase_add_checked_fixture(hand, set_up, tear_down);
    tcase_add_test(hand, olb_asks_who_is_free_first_and_not_what_it_costs);
    tcase_add_test(hand, mct_gains_nothing_by_data_that_came_long_ago);
    tcase_add_test(hand, round_robin_goes_on_where_it_stopped);
    suite_add_tcase(suite, hand);
    TCase *alike = tcase_create("tasks alike");
    tcase_add_checked_fixture(alike, set_up_alike, tear_down);
    tcase_add_test(alike, ds3_met_strikes_out_a_block_and_not_the_occupied_pes);
    tcase_add_test(alike, ds3_stf_takes_the_first_fastest_pe_every_time);
    tcase_add_test(alike, met_spreads_over_the_fastest_pes_by_availability);
    tcase_add_test(alike, random_takes_every_capable_pe_equally_often_whenever_it_is_asked);
    suite_add_tcase(suite, alike);
    return suite;
}
