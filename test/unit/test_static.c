/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The static schedulers besides HEFT: ranks and plans of the published examples, and what each rule
 * is about on a machine small enough to see it. The world executes the plans. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/tick.h"
#include "sched/rank.h"
#include "sched/registry.h"
#include "test/fixture.h"
#include "test/suite.h"

#define US TICK_PER_US

static struct arena *arena;

static void setup(void)
{
    arena = arena_create();
}

static void teardown(void)
{
    arena_destroy(arena);
}

/* ---- published examples ---- */

/* Tasks are numbered from 1 as in the papers. */
struct published {
    const char *app;
    double downward[10];    /* us */
    int32_t cpop_order[10]; /* by upward + downward rank */
    int32_t path[4];
    double cpop[30]; /* PE, start, finish by task */
    double rank_oct[10];
    int32_t peft_order[10];
    double peft[30];
};

static const struct published published[] = {
    {
        .app = "topcuoglu",
        .downward = {0, 31, 25, 22, 24, 27, 62.333, 66.667, 63.667, 93.333},
        .cpop_order = {1, 2, 3, 7, 4, 5, 9, 6, 8, 10},
        .path = {1, 2, 9, 10},
        .cpop = {2, 0,  16, 2, 16, 35, 1, 28, 39, 3, 25, 42, 2, 35, 48,
                 3, 42, 51, 1, 39, 46, 3, 54, 68, 2, 65, 77, 2, 79, 86},
        .rank_oct = {46.33, 29.67, 25.67, 31.0, 27.67, 23.67, 14.67, 13.67, 14.33, 0.0},
        .peft_order = {1, 4, 2, 5, 3, 6, 7, 9, 8, 10},
        .peft = {2, 0,  16, 2, 24, 43, 1, 28, 39, 2, 16, 24, 3, 27, 37,
                 1, 39, 52, 1, 52, 59, 1, 62, 67, 2, 50, 62, 2, 78, 85},
    },
    {
        .app = "arabnejad",
        .downward = {0, 43.333, 57.333, 55.333, 39.333, 33.333, 107.333, 73.333, 126.667, 148.333},
        .cpop_order = {1, 5, 4, 3, 7, 2, 9, 6, 8, 10},
        .path = {1, 5, 9, 10},
        .cpop = {1, 0,  22, 1, 51, 73,  2, 53, 80,  3, 51, 55, 1, 22,  51,
                 2, 29, 46, 2, 80, 105, 3, 76, 112, 1, 73, 88, 1, 154, 167},
        .rank_oct = {72.67, 41.0, 37.0, 43.67, 31.0, 41.67, 17.0, 20.67, 16.33, 0.0},
        .peft_order = {1, 4, 6, 2, 3, 5, 8, 7, 9, 10},
        .peft = {1, 0,  22, 1, 29, 51, 1, 51, 83, 1, 22, 29, 3, 35,  70,
                 2, 29, 46, 1, 83, 97, 2, 54, 77, 3, 81, 89, 2, 106, 122},
    },
};

/* The optimistic cost table that Arabnejad and Barbosa print for their example, us. */
static const double printed_oct[30] = {64, 68, 86, 42, 39, 42, 27, 41, 43, 42, 39, 50, 28, 37, 28,
                                       42, 39, 44, 13, 16, 22, 13, 16, 33, 13, 16, 20, 0,  0,  0};

static const struct bind *bind_published(const struct published *example)
{
    struct soc *soc = arena_zeroed(arena, 1, sizeof *soc);
    struct bind *bind = arena_zeroed(arena, 1, sizeof *bind);
    struct app_set set;
    struct fault fault = FAULT_NONE;
    const char *root = TEST_SOURCE_ROOT;
    const char *app = arena_printf(arena, "%s/workloads/apps/%s.yaml", root, example->app);
    const char *top3 = arena_printf(arena, "%s/sim/platforms/top3.yaml", root);
    ck_assert_msg(soc_load(soc, arena, top3, &fault) && app_load(&set, arena, app, &fault) &&
                      bind_app(bind, arena, set.apps, soc, &fault),
                  "%s", fault.what);
    return bind;
}

static void check_ranks(const double *rank_ps, const double *expected_us, double tolerance_us)
{
    for (int32_t task = 0; task < 10; task++)
        ck_assert_double_eq_tol(rank_ps[task] / (double)US, expected_us[task], tolerance_us);
}

static void check_order(const struct bind *bind, const double *rank_ps, const int32_t *expected)
{
    int32_t order[10];
    rank_order(bind->app, rank_ps, order);
    for (int32_t i = 0; i < 10; i++)
        ck_assert_int_eq(order[i] + 1, expected[i]);
}

static void check_plan(const struct policy_kind *policy, const struct bind *bind,
                       const double *plan)
{
    struct arrival_row row = {0};
    struct fixture_scenario source = {.rows = &row, .row_count = 1};
    struct fixture_log log = {0};
    fixture_run(policy, bind->soc, bind, 1, &source, &log);
    for (int32_t task = 0; task < 10; task++) {
        const struct fixture_row *done = fixture_find(&log, 0, task);
        ck_assert_int_eq(done->pe + 1, (int32_t)plan[3 * task]);
        ck_assert_int_eq(done->start_ps, tick_from_us(plan[3 * task + 1]));
        ck_assert_int_eq(done->finish_ps, tick_from_us(plan[3 * task + 2]));
    }
    fixture_log_finish(&log);
}

START_TEST(cpop_ranks_orders_and_places_the_published_examples)
{
    const struct published *example = &published[_i];
    const struct bind *bind = bind_published(example);
    double upward[10], downward[10], through[10];
    bind_upward_rank(bind, upward);
    rank_downward(bind, downward);
    check_ranks(downward, example->downward, 6e-4);
    rank_through(bind, through);
    for (int32_t task = 0; task < 10; task++)
        ck_assert_double_eq(through[task], upward[task] + downward[task]);
    check_order(bind, through, example->cpop_order);
    int32_t path[10];
    ck_assert_int_eq(rank_critical_path(bind, path), 4);
    for (int32_t i = 0; i < 4; i++) {
        ck_assert_int_eq(path[i] + 1, example->path[i]);
        ck_assert(rank_round(through[path[i]]) == rank_round(upward[0]));
    }
    check_plan(&sched_cpop, bind, example->cpop);
}
END_TEST

START_TEST(peft_ranks_orders_and_places_the_published_examples)
{
    const struct published *example = &published[_i];
    const struct bind *bind = bind_published(example);
    double rank[10];
    rank_oct(bind, rank);
    check_ranks(rank, example->rank_oct, 6e-3);
    check_order(bind, rank, example->peft_order);
    check_plan(&sched_peft, bind, example->peft);
}
END_TEST

START_TEST(the_optimistic_cost_table_is_the_printed_one)
{
    double oct[30];
    rank_oct_table(bind_published(&published[1]), oct);
    for (int32_t i = 0; i < 30; i++)
        ck_assert_double_eq_tol(oct[i] / (double)US, printed_oct[i], 1e-9);
}
END_TEST

/* The numbers above again, from the file that comes with the examples: of a line that begins with
 * a name, a number that follows a word. */
static double number_after(const char *text, const char *name, const char *word)
{
    const char *line = strstr(text, name);
    const char *place = line == NULL ? NULL : strstr(line, word);
    ck_assert_msg(place != NULL, "no %s after %s", word, name);
    return strtod(place + strlen(word), NULL);
}

START_TEST(the_makespans_are_those_of_the_reference_file)
{
    const char *folder = TEST_SHARED_DATA;
    const char *path = arena_printf(arena, "%s/heft/expected_output.txt", folder ? folder : "");
    FILE *file = folder == NULL ? NULL : fopen(path, "r");
    if (file == NULL) {
        printf("skipped: no reference data heft/expected_output.txt\n");
        return;
    }
    char text[8192];
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    static const char *const names[] = {"topcuoglu2002", "arabnejad2014"};
    const struct published *example = &published[_i];
    ck_assert_double_eq(number_after(text, names[_i], "CPOP "), example->cpop[29]);
    ck_assert_double_eq(number_after(text, names[_i], "PEFT "), example->peft[29]);
}
END_TEST

START_TEST(of_equal_critical_paths_it_is_the_one_with_the_smallest_numbers)
{
    static const struct fixture_task tasks[] = {{"short", {4}}, {"b", {5}}, {"c", {5}},
                                                {"d", {3}},     {"e", {3}}, {"f", {3}}};
    static const struct fixture_edge edges[] = {{1, 5, 2}, {1, 4, 2}, {2, 3, 2}};
    struct soc *soc = fixture_soc(arena, 1, (int32_t[]){2}, 1.0);
    struct app *app = fixture_app(arena, "ties", 1, tasks, 6, edges, 3);
    int32_t path[6];
    ck_assert_int_eq(rank_critical_path(fixture_bind(arena, soc, &app, 1), path), 2);
    ck_assert_int_eq(path[0], 1);
    ck_assert_int_eq(path[1], 4);
}
END_TEST

/* ---- what each rule is about ---- */

/* One job on fresh machines of one PE per kind; its tasks as they were done. */
struct case_made {
    struct fixture_task tasks[4];
    int32_t task_count;
    struct fixture_edge edges[4];
    int32_t edge_count;
    int32_t kinds;
    const double *active_mw; /* [kinds], NULL: not given */
};

static void check_case(const struct policy_kind *policy, const struct case_made *made,
                       const int32_t *pes, const double *starts_us)
{
    struct soc *soc = fixture_soc(arena, made->kinds, (int32_t[]){1, 1, 1, 1}, 1.0);
    for (int32_t kind = 0; kind < made->kinds && made->active_mw != NULL; kind++)
        soc->kinds[kind].active_mw = made->active_mw[kind];
    struct app *app = fixture_app(arena, "case", made->kinds, made->tasks, made->task_count,
                                  made->edges, made->edge_count);
    struct arrival_row row = {0};
    struct fixture_scenario source = {.rows = &row, .row_count = 1};
    struct fixture_log log = {0};
    fixture_run(policy, soc, fixture_bind(arena, soc, &app, 1), 1, &source, &log);
    for (int32_t task = 0; task < made->task_count; task++) {
        const struct fixture_row *done = fixture_find(&log, 0, task);
        ck_assert_msg(done->pe == pes[task] && done->start_ps == tick_from_us(starts_us[task]),
                      "%s: task %d on PE %d at %g us", policy->name, (int)task, (int)done->pe,
                      tick_to_us(done->start_ps));
    }
    fixture_log_finish(&log);
}

START_TEST(looking_ahead_gives_up_an_early_finish_for_an_early_child)
{
    static const struct case_made made = {
        .tasks = {{"a", {10, 11}}, {"b", {-1, 5}}},
        .task_count = 2,
        .edges = {{0, 1, 20}},
        .edge_count = 1,
        .kinds = 2,
    };
    check_case(&sched_heft, &made, (int32_t[]){0, 1}, (double[]){0, 30});
    check_case(&sched_lookahead_heft, &made, (int32_t[]){1, 1}, (double[]){0, 11});
}
END_TEST

START_TEST(children_that_are_looked_at_are_in_each_others_way)
{
    /* Each for itself, both children would end at 20 if `a` were on K0, and at 23 and 24 if it were
     * on K1; but K0 would have to execute them one after the other, until 30. */
    static const struct case_made made = {
        .tasks = {{"a", {10, 12}}, {"b", {10, 11}}, {"c", {10, -1}}},
        .task_count = 3,
        .edges = {{0, 1, 2}, {0, 2, 2}},
        .edge_count = 2,
        .kinds = 2,
    };
    check_case(&sched_lookahead_heft, &made, (int32_t[]){1, 1, 0}, (double[]){0, 12, 14});
}
END_TEST

START_TEST(min_min_takes_short_tasks_first_and_max_min_long_ones)
{
    static const struct case_made made = {
        .tasks = {{"a", {1, 1}}, {"b", {2, 2}}, {"c", {1, 1}}},
        .task_count = 3,
        .kinds = 2,
    };
    check_case(&sched_min_min, &made, (int32_t[]){0, 0, 1}, (double[]){0, 1, 0});
    check_case(&sched_max_min, &made, (int32_t[]){1, 0, 1}, (double[]){0, 0, 1});
}
END_TEST

START_TEST(max_min_does_not_insert)
{
    /* The gap before `b` on K0 would hold `c`. */
    static const struct case_made made = {
        .tasks = {{"a", {-1, 2}}, {"b", {5, -1}}, {"c", {3, -1}}, {"d", {-1, 1}}},
        .task_count = 4,
        .edges = {{0, 1, 8}, {3, 2, 0}},
        .edge_count = 2,
        .kinds = 2,
    };
    check_case(&sched_heft, &made, (int32_t[]){1, 0, 0, 1}, (double[]){0, 10, 3, 2});
    check_case(&sched_max_min, &made, (int32_t[]){1, 0, 0, 1}, (double[]){0, 10, 15, 2});
}
END_TEST

START_TEST(cpop_puts_the_critical_path_on_one_pe_even_if_it_ends_later)
{
    static const struct case_made made = {
        .tasks = {{"a", {1, 20}}, {"b", {30, 1}}},
        .task_count = 2,
        .edges = {{0, 1, 1}},
        .edge_count = 1,
        .kinds = 2,
    };
    check_case(&sched_heft, &made, (int32_t[]){0, 1}, (double[]){0, 2});
    check_case(&sched_cpop, &made, (int32_t[]){1, 1}, (double[]){0, 20});
}
END_TEST

START_TEST(the_pe_of_the_critical_path_leaves_out_the_fewest_tasks)
{
    static const struct case_made made = {
        .tasks = {{"a", {9, 1}}, {"b", {-1, 1}}, {"c", {9, -1}}, {"d", {9, -1}}},
        .task_count = 4,
        .edges = {{0, 1, 1}, {1, 2, 1}, {2, 3, 1}},
        .edge_count = 3,
        .kinds = 2,
    };
    check_case(&sched_cpop, &made, (int32_t[]){0, 1, 0, 0}, (double[]){0, 10, 12, 21});
}
END_TEST

START_TEST(the_critical_paths_of_two_jobs_go_to_two_equal_pes)
{
    struct soc *soc = fixture_soc(arena, 1, (int32_t[]){2}, 1.0);
    struct app *app = fixture_app(arena, "pair", 1, (struct fixture_task[]){{"a", {5}}, {"b", {5}}},
                                  2, (struct fixture_edge[]){{0, 1, 100}}, 1);
    struct arrival_row rows[] = {{0}, {.at_ps = US}};
    struct fixture_scenario source = {.rows = rows, .row_count = 2};
    struct fixture_log log = {0};
    fixture_run(&sched_cpop, soc, fixture_bind(arena, soc, &app, 1), 1, &source, &log);
    for (int32_t job = 0; job < 2; job++)
        for (int32_t task = 0; task < 2; task++)
            ck_assert_int_eq(fixture_find(&log, job, task)->pe, job);
    fixture_log_finish(&log);
}
END_TEST

static const struct case_made thrifty = {
    .tasks = {{"a", {10, 30}}, {"b", {10, 12}}},
    .task_count = 2,
    .edges = {{0, 1, 0}},
    .edge_count = 1,
    .kinds = 2,
};

START_TEST(heft_edp_pays_for_energy_with_delay_only_where_it_is_worth_it)
{
    struct case_made made = thrifty;
    made.active_mw = (double[]){200, 25};
    /* a: 10 x 10 x 200 < 30 x 30 x 25; b: 20 x 10 x 200 > 22 x 12 x 25 */
    check_case(&sched_heft_edp, &made, (int32_t[]){0, 1}, (double[]){0, 10});
    made.active_mw = (double[]){200, 22};
    check_case(&sched_heft_edp, &made, (int32_t[]){1, 1}, (double[]){0, 30});
}
END_TEST

START_TEST(heft_edp_is_heft_unless_every_kind_gives_its_power)
{
    struct case_made made = thrifty;
    check_case(&sched_heft_edp, &made, (int32_t[]){0, 0}, (double[]){0, 10});
    made.active_mw = (double[]){200, 0};
    check_case(&sched_heft_edp, &made, (int32_t[]){0, 0}, (double[]){0, 10});
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("static");
    TCase *tests = tcase_create("static");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, cpop_ranks_orders_and_places_the_published_examples, 0, 2);
    tcase_add_loop_test(tests, peft_ranks_orders_and_places_the_published_examples, 0, 2);
    tcase_add_test(tests, the_optimistic_cost_table_is_the_printed_one);
    tcase_add_loop_test(tests, the_makespans_are_those_of_the_reference_file, 0, 2);
    tcase_add_test(tests, of_equal_critical_paths_it_is_the_one_with_the_smallest_numbers);
    tcase_add_test(tests, looking_ahead_gives_up_an_early_finish_for_an_early_child);
    tcase_add_test(tests, children_that_are_looked_at_are_in_each_others_way);
    tcase_add_test(tests, min_min_takes_short_tasks_first_and_max_min_long_ones);
    tcase_add_test(tests, max_min_does_not_insert);
    tcase_add_test(tests, cpop_puts_the_critical_path_on_one_pe_even_if_it_ends_later);
    tcase_add_test(tests, the_pe_of_the_critical_path_leaves_out_the_fewest_tasks);
    tcase_add_test(tests, the_critical_paths_of_two_jobs_go_to_two_equal_pes);
    tcase_add_test(tests, heft_edp_pays_for_energy_with_delay_only_where_it_is_worth_it);
    tcase_add_test(tests, heft_edp_is_heft_unless_every_kind_gives_its_power);
    suite_add_tcase(suite, tests);
    return suite;
}
