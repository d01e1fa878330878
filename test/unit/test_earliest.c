/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The schedulers that take the PE of the earliest finish, in one order of tasks or another: against
 * their rules at every call of random streams, and where those may miss a point by hand. */
#include "base/tick.h"
#include "sched/registry.h"
#include "test/referee.h"
#include "test/suite.h"
#include "test/tableau.h"

#define US TICK_PER_US

/* ---- against the rule ---- */

static void take_first_finisher(const struct view *view, struct plain *plain, int32_t task)
{
    int32_t pe = plain_first_finisher(view, plain, task);
    plain_take(plain, task, pe, plain_finish_ps(view, plain, task, pe));
}

static void in_order(const struct view *view, struct plain *plain)
{
    for (int32_t i = 0; i < view->ready_count; i++)
        take_first_finisher(view, plain, view->ready[i]);
}

static void by_finish(const struct view *view, struct plain *plain)
{
    bool is_taken[REFEREE_READY] = {false};
    for (int32_t n = 0; n < view->ready_count; n++) {
        int64_t best_ps = TICK_NEVER;
        int32_t best = -1, best_pe = -1;
        for (int32_t i = 0; i < view->ready_count; i++) {
            for (int32_t pe = 0; pe < view->soc->pe_count && !is_taken[i]; pe++) {
                int64_t finish_ps = plain_finish_ps(view, plain, view->ready[i], pe);
                if (finish_ps < best_ps) {
                    best_ps = finish_ps;
                    best = i;
                    best_pe = pe;
                }
            }
        }
        is_taken[best] = true;
        plain_take(plain, view->ready[best], best_pe, best_ps);
    }
}

/* Again and again the first of the ready tasks that are worth most. */
static void by_worth(const struct view *view, struct plain *plain,
                     double (*worth)(const struct view *view, int32_t task))
{
    bool is_taken[REFEREE_READY] = {false};
    for (int32_t n = 0; n < view->ready_count; n++) {
        int32_t best = -1;
        for (int32_t i = 0; i < view->ready_count; i++)
            if (!is_taken[i] &&
                (best < 0 || worth(view, view->ready[i]) > worth(view, view->ready[best])))
                best = i;
        is_taken[best] = true;
        take_first_finisher(view, plain, view->ready[best]);
    }
}

static void plain_eft(const struct view *view, struct plain *plain)
{
    plain_trust(view, plain);
    in_order(view, plain);
}

static void plain_etf(const struct view *view, struct plain *plain)
{
    plain_trust(view, plain);
    by_finish(view, plain);
}

static void plain_heft_rt(const struct view *view, struct plain *plain)
{
    plain_trust(view, plain);
    by_worth(view, plain, plain_rank);
}

static double shortness(const struct view *view, int32_t task)
{
    return -(double)plain_least_cost_ps(view, task);
}

static void plain_stf(const struct view *view, struct plain *plain)
{
    plain_trust(view, plain);
    by_worth(view, plain, shortness);
}

static int64_t completion_ps(const struct view *view, const struct plain *plain, int32_t task,
                             int32_t pe)
{
    int64_t cost_ps = view_cost_ps(view, task, pe);
    if (cost_ps == BIND_INCAPABLE)
        return TICK_NEVER;
    int64_t transfer_ps = view_data_ps(view, task, pe) - view->now_ps;
    return plain->available_ps[pe] + (transfer_ps > 0 ? transfer_ps : 0) + cost_ps;
}

static void plain_mct(const struct view *view, struct plain *plain)
{
    plain_trust(view, plain);
    for (int32_t i = 0; i < view->ready_count; i++) {
        int32_t best = 0;
        for (int32_t pe = 1; pe < view->soc->pe_count; pe++)
            if (completion_ps(view, plain, view->ready[i], pe) <
                completion_ps(view, plain, view->ready[i], best))
                best = pe;
        plain_take(plain, view->ready[i], best, completion_ps(view, plain, view->ready[i], best));
    }
}

/* DS3 clips at now, in every estimate, what it believes of a PE. */
static void clip(const struct view *view, struct plain *plain)
{
    for (int32_t pe = 0; pe < view->soc->pe_count; pe++)
        if (plain->available_ps[pe] < view->now_ps)
            plain->available_ps[pe] = view->now_ps;
}

static void plain_ds3_eft(const struct view *view, struct plain *plain)
{
    clip(view, plain);
    in_order(view, plain);
}

static void plain_ds3_etf(const struct view *view, struct plain *plain)
{
    clip(view, plain);
    by_finish(view, plain);
}

static const struct rule rules[] = {
    {&sched_eft, plain_eft},         {&sched_etf, plain_etf}, {&sched_heft_rt, plain_heft_rt},
    {&sched_stf, plain_stf},         {&sched_mct, plain_mct}, {&sched_ds3_eft, plain_ds3_eft},
    {&sched_ds3_etf, plain_ds3_etf},
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

START_TEST(heft_rt_takes_first_what_most_depends_on)
{
    tableau_play(
        &tableau, &sched_heft_rt,
        (struct fixture_task[]){{"a", {9, 9}}, {"b", {1, 1}}, {"c", {2, 2}}, {"d", {20, 20}}}, 4,
        (struct fixture_edge[]){{1, 3, 0}}, 1);
    tableau_decide(&tableau);
    /* Ranks: a 9, b 1 + 20, c 2. */
    tableau_check(&tableau, 3, (struct decision[]){{1, 0}, {0, 1}, {2, 2}});
}
END_TEST

START_TEST(stf_takes_first_what_is_shortest_where_it_runs_best)
{
    tableau_play(&tableau, &sched_stf,
                 (struct fixture_task[]){
                     {"a", {50, 5}}, {"b", {4, 90}}, {"c", {6, 5}}, {"d", {-1, 3}}, {"e", {7, 5}}},
                 5, NULL, 0);
    tableau_decide(&tableau);
    /* By 3, 4, 5 = 5 = 5; K0 is until 4, K1_1 until 3, then c ends at 10 = 5 + 5 = 4 + 6. */
    tableau_check(&tableau, 5, (struct decision[]){{3, 1}, {1, 0}, {0, 2}, {2, 1}, {4, 2}});
}
END_TEST

START_TEST(mct_counts_a_transfer_that_eft_hides_behind_the_queue)
{
    const struct policy_kind *const both[] = {&sched_eft, &sched_mct};
    tableau_play(&tableau, both[_i], (struct fixture_task[]){{"a", {1, 1}}, {"b", {5, 5}}}, 2,
                 (struct fixture_edge[]){{0, 1, 6}}, 1);
    tableau.tasks[0].status = TASK_DONE;
    tableau.tasks[0].pe = 0;
    tableau.tasks[1].status = TASK_READY;
    tableau.ready[0] = 1;
    tableau.pes[0].free_ps = 10 * US;
    tableau.pes[1].free_ps = 8 * US;
    tableau.pes[2].free_ps = 30 * US;
    tableau_decide(&tableau);
    /* On K0, where the data is: 10 + 5. On K1_1: max(8, 6) + 5, or 8 + 6 + 5. */
    tableau_check(&tableau, 1, (struct decision[]){{1, _i == 0 ? 1 : 0}});
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

START_TEST(eft_goes_to_a_slower_pe_when_the_fast_ones_are_taken)
{
    play_alike(&sched_eft);
    tableau.pes[2].free_ps = tableau.pes[3].free_ps = 4 * US;
    tableau.pes[4].free_ps = 9 * US;
    tableau_decide(&tableau);
    tableau_check(&tableau, 4,
                  (struct decision[]){{0, 1}, {1, 0}, {2, 2}, {3, 3}}); /* 5, 9 = 9 = 9 */
}
END_TEST

START_TEST(ds3_eft_believes_only_itself)
{
    play_alike(&sched_ds3_eft);
    for (int32_t pe = 0; pe < TABLEAU_PES; pe++)
        tableau.pes[pe].free_ps = (100 - pe) * US;
    const struct decision fast[] = {{0, 1}, {1, 2}, {2, 3}, {3, 4}};
    tableau_ask(&tableau);
    tableau_check(&tableau, 4, fast);
    tableau.view.now_ps = 2 * US; /* it thinks that all K1 are busy until 5 and K0 is not */
    tableau_ask(&tableau);
    tableau_check(&tableau, 4, fast); /* 10 against 11 */
    tableau.view.now_ps = 3 * US;     /* until 10: 12 on K0, 15 on K1 */
    tableau_ask(&tableau);
    tableau_check(&tableau, 4, (struct decision[]){{0, 0}, {1, 1}, {2, 2}, {3, 3}});
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("earliest finish");
    TCase *plainly = tcase_create("against the rule");
    tcase_set_timeout(plainly, 60);
    tcase_add_loop_test(plainly, a_scheduler_decides_what_its_rule_says, 0,
                        (int)(sizeof rules / sizeof *rules));
    suite_add_tcase(suite, plainly);
    TCase *hand = tcase_create("by hand");
    tcase_add_checked_fixture(hand, set_up, tear_down);
    tcase_add_test(hand, heft_rt_takes_first_what_most_depends_on);
    tcase_add_test(hand, stf_takes_first_what_is_shortest_where_it_runs_best);
    tcase_add_loop_test(hand, mct_counts_a_transfer_that_eft_hides_behind_the_queue, 0, 2);
    suite_add_tcase(suite, hand);
    TCase *alike = tcase_create("tasks alike");
    tcase_add_checked_fixture(alike, set_up_alike, tear_down);
    tcase_add_test(alike, eft_goes_to_a_slower_pe_when_the_fast_ones_are_taken);
    tcase_add_test(alike, ds3_eft_believes_only_itself);
    suite_add_tcase(suite, alike);
    return suite;
}
