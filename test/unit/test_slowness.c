/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How slow a PE is believed to be; what schedulers make of it is in test_late.c. */
#include "sched/slowness.h"

#include "base/tick.h"
#include "sched/registry.h"
#include "test/suite.h"
#include "test/tableau.h"

START_TEST(what_is_believed_of_a_pe_stays_within_limits)
{
    static const double took_us[] = {4000, 0.01, 20};
    static const double expected[] = {4.0551999668446745, 0.4965853037914095, 2};
    struct tableau tableau;
    tableau_init(&tableau, 1, 2);
    tableau_play(&tableau, &sched_olb, (struct fixture_task[]){{"a", {10, 10}}}, 1, NULL, 0);
    for (int32_t i = 0; i < 3; i++) {
        struct slowness slowness;
        slowness_init(&slowness, &tableau.view, 6000, 1.0);
        tableau.tasks[0].pe = 0;
        tableau.tasks[0].finish_ps = tableau.view.now_ps = tick_from_us(took_us[i]);
        tableau.finished[0] = 0;
        tableau.view.finished_count = 1;
        slowness_update(&slowness, &tableau.view);
        ck_assert_double_eq_tol(slowness_factor(&slowness, &tableau.view, 0), expected[i], 1e-12);
        ck_assert_double_eq(slowness_factor(&slowness, &tableau.view, 1), 1.0);
        slowness_finish(&slowness);
    }
    tableau_finish(&tableau);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("slowness");
    TCase *tests = tcase_create("slowness");
    tcase_add_test(tests, what_is_believed_of_a_pe_stays_within_limits);
    suite_add_tcase(suite, tests);
    return suite;
}
