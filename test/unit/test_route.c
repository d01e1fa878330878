/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "workloads/route.h"

#include <math.h>

#include "test/fixture.h"
#include "test/suite.h"

static struct arena *arena;
static struct route route;

static void begin(void)
{
    arena = arena_create();
    route = (struct route){0};
}

static void end(void)
{
    route_finish(&route);
    arena_destroy(arena);
}

/* A trellis as kernels.md C4 draws it, routers joining the blocks before them:
 * 0 B0, 1 R0, 2-3 B1, 4 R1, 5-8 B2, 9 the end. Blocks take data from every block before them. */
enum { B0, R0, B1, R1 = 4, B2, END = 9, TRELLIS_TASKS = 10 };

static struct app *trellis(const double *first, const double *second,
                           const struct app_classes *classes, int32_t batch)
{
    struct fixture_task tasks[TRELLIS_TASKS];
    struct fixture_edge edges[32];
    int32_t when[32];
    int32_t count = 0;
    for (int32_t i = 0; i < TRELLIS_TASKS; i++)
        tasks[i] = (struct fixture_task){arena_printf(arena, "t%d", (int)i), {1}};
#define EDGE(a, b, c) (when[count] = (c), edges[count++] = (struct fixture_edge){(a), (b), 1})
    EDGE(B0, R0, -1);
    for (int32_t i = 0; i < 2; i++) {
        EDGE(R0, B1 + i, i);
        EDGE(B0, B1 + i, -1);
        EDGE(B1 + i, R1, -1);
    }
    for (int32_t k = 0; k < 4; k++) {
        EDGE(R1, B2 + k, k);
        EDGE(B2 + k, END, -1);
        for (int32_t i = 0; i < 2; i++)
            EDGE(B1 + i, B2 + k, -1);
    }
#undef EDGE
    struct app *app = fixture_app(arena, "trellis", 1, tasks, TRELLIS_TASKS, edges, count);
    app->batch = batch;
    app->classes = *classes;
    app->branch_count = 2;
    app->branches = arena_zeroed(arena, 2, sizeof *app->branches);
    app->branches[0] = (struct app_branch){R0, 2, first};
    app->branches[1] = (struct app_branch){R1, 4, second};
    app->tasks[R0].branch = 0;
    app->tasks[R1].branch = 1;
    app->when = arena_zeroed(arena, (size_t)count, sizeof *app->when);
    for (int32_t edge = 0; edge < count; edge++)
        app->when[edge] = when[edge];
    return app;
}

static const double one = 1.0;
static const struct app_classes no_classes = {.count = 1, .shares = &one};

static int32_t edge_between(const struct app *app, int32_t from, int32_t to)
{
    for (int32_t i = 0; i < app->tasks[from].succ_count; i++)
        if (app->succs[app->tasks[from].first_succ + i].task == to)
            return app->succs[app->tasks[from].first_succ + i].edge;
    ck_abort_msg("no edge %d -> %d", (int)from, (int)to);
}

START_TEST(one_sample_takes_one_route_of_each_level)
{
    static const double first[] = {0.6, 0.4}, second[] = {0.2, 0.3, 0.3, 0.2};
    struct app *app = trellis(first, second, &no_classes, 1);
    for (int32_t job = 0; job < 200; job++) {
        route_draw(&route, app, 1, 0, job);
        const int32_t *samples = route.task_samples;
        ck_assert_int_eq(samples[B0] + samples[R0] + samples[R1] + samples[END], 4);
        ck_assert_int_eq(samples[B1] + samples[B1 + 1], 1);
        ck_assert_int_eq(samples[B2] + samples[B2 + 1] + samples[B2 + 2] + samples[B2 + 3], 1);
    }
}
END_TEST

START_TEST(the_samples_of_a_batch_are_all_there_at_every_level_and_on_every_cut)
{
    static const double first[] = {0.6, 0.4}, second[] = {0.2, 0.3, 0.3, 0.2};
    for (int32_t batch = 1; batch <= 1024; batch = 3 * batch + 1) {
        struct app *app = trellis(first, second, &no_classes, batch);
        for (int32_t job = 0; job < 50; job++) {
            route_draw(&route, app, 1, 0, job);
            const int32_t *samples = route.task_samples;
            ck_assert_int_eq(samples[END], batch);
            ck_assert_int_eq(samples[R1], batch);
            ck_assert_int_eq(samples[B1] + samples[B1 + 1], batch);
            int32_t last = 0;
            for (int32_t k = 0; k < 4; k++) {
                int32_t in = 0;
                for (int32_t i = 0; i < 2; i++)
                    in += route.edge_samples[edge_between(app, B1 + i, B2 + k)];
                ck_assert_int_eq(in, samples[B2 + k]);
                ck_assert_int_eq(route.edge_live[edge_between(app, R1, B2 + k)], samples[B2 + k]);
                last += samples[B2 + k];
            }
            ck_assert_int_eq(last, batch);
            for (int32_t i = 0; i < 2; i++) {
                int32_t out = 0;
                for (int32_t k = 0; k < 4; k++)
                    out += route.edge_samples[edge_between(app, B1 + i, B2 + k)];
                ck_assert_int_eq(out, samples[B1 + i]);
                ck_assert_int_eq(route.edge_samples[edge_between(app, B0, B1 + i)],
                                 samples[B1 + i]);
            }
        }
    }
}
END_TEST

/* Ten classes of which each has its way: the table of the authors of CIGT for CIFAR-10. */
static const int32_t cigt_first[10] = {1, 1, 0, 0, 0, 0, 0, 0, 1, 1};
static const int32_t cigt_second[10] = {0, 1, 3, 2, 3, 2, 0, 2, 1, 1};
static const double tenths[10] = {.1, .1, .1, .1, .1, .1, .1, .1, .1, .1};

static double *class_table(const int32_t *choice, int32_t width, double leakage)
{
    double *table = arena_zeroed(arena, 10 * (size_t)width, sizeof *table);
    for (int32_t class = 0; class < 10; class ++)
        for (int32_t k = 0; k < width; k++)
            table[class * width + k] = k == choice[class] ? 1 - leakage : leakage / (width - 1);
    return table;
}

START_TEST(the_chances_of_a_class_table_are_those_of_its_authors)
{
    struct app_classes classes = {.count = 10, .shares = tenths};
    struct app *app =
        trellis(class_table(cigt_first, 2, 0), class_table(cigt_second, 4, 0), &classes, 1);
    struct route_chances chances;
    struct fault fault = FAULT_NONE;
    ck_assert(route_expect(&chances, arena, app, &fault));
    static const double second[] = {0.2, 0.3, 0.3, 0.2};
    static const double joint[2][4] = {{0.1, 0, 0.3, 0.2}, {0.1, 0.3, 0, 0}};
    ck_assert_double_eq_tol(chances.task_chance[B1], 0.6, 1e-12);
    ck_assert_double_eq(chances.task_chance[R1], 1.0);
    for (int32_t k = 0; k < 4; k++) {
        ck_assert_double_eq_tol(chances.task_chance[B2 + k], second[k], 1e-12);
        for (int32_t i = 0; i < 2; i++)
            ck_assert_double_eq_tol(chances.edge_share[edge_between(app, B1 + i, B2 + k)],
                                    joint[i][k], 1e-12);
    }
    ck_assert(chances.is_likely[B1] && !chances.is_likely[B1 + 1]);
    ck_assert(chances.is_likely[B2 + 1] && !chances.is_likely[B2 + 2]);
}
END_TEST

/* Chi-square of the eight (R0, R1) pairs against the table with 7 % leakage; 7 degrees of freedom,
 * beyond 24.3 once in a thousand seeds. */
START_TEST(realised_routes_follow_the_class_table)
{
    struct app_classes classes = {.count = 10, .shares = tenths, .is_per_job = _i == 1};
    const double *first = class_table(cigt_first, 2, 0.07);
    const double *second = class_table(cigt_second, 4, 0.07);
    struct app *app = trellis(first, second, &classes, _i == 2 ? 50 : 1);
    double seen[2][4] = {{0}}, expected[2][4] = {{0}};
    int32_t jobs = _i == 2 ? 1000 : 20000;
    for (int32_t job = 0; job < jobs; job++) {
        route_draw(&route, app, 3, 0, job);
        for (int32_t i = 0; i < 2; i++)
            for (int32_t k = 0; k < 4; k++)
                seen[i][k] += route.edge_samples[edge_between(app, B1 + i, B2 + k)];
    }
    double square = 0.0;
    for (int32_t i = 0; i < 2; i++)
        for (int32_t k = 0; k < 4; k++) {
            for (int32_t class = 0; class < 10; class ++)
                expected[i][k] +=
                    0.1 * first[class * 2 + i] * second[class * 4 + k] * jobs * app->batch;
            square += pow(seen[i][k] - expected[i][k], 2) / expected[i][k];
        }
    ck_assert_double_lt(square, 24.3);
}
END_TEST

START_TEST(all_samples_of_a_job_are_of_one_class_if_the_app_says_so)
{
    struct app_classes classes = {.count = 10, .shares = tenths, .is_per_job = true};
    struct app *app =
        trellis(class_table(cigt_first, 2, 0), class_table(cigt_second, 4, 0), &classes, 40);
    for (int32_t job = 0; job < 100; job++) {
        route_draw(&route, app, 1, 0, job);
        ck_assert_int_eq(route.task_samples[B1] % 40, 0);
        ck_assert_int_eq(route.task_samples[B2 + 2] % 40, 0);
    }
    struct route_chances chances;
    struct fault fault = FAULT_NONE;
    ck_assert(route_expect(&chances, arena, app, &fault));
    ck_assert_double_eq_tol(chances.task_chance[B1], 0.6, 1e-9);
    ck_assert_double_eq_tol(chances.task_share[B1], 0.6, 1e-9);
}
END_TEST

/* The walk with counts and the walk with probabilities against each other, on apps with anything:
 * the mean of many jobs is within five standard errors of what is expected. */
START_TEST(expected_samples_are_the_mean_of_drawn_ones)
{
    enum { JOBS = 400 };
    for (uint32_t number = 0; number < 60; number++) {
        struct random_stream stream = random_open(5, 0, RANDOM_TEST, number, 0);
        struct app *app = fixture_random_app(arena, &stream, 1, 14, false);
        fixture_add_branches(arena, &stream, app);
        struct route_chances chances;
        struct fault fault = FAULT_NONE;
        ck_assert(route_expect(&chances, arena, app, &fault));
        double sums[16] = {0}, squares[16] = {0}, runs[16] = {0};
        for (int32_t job = 0; job < JOBS; job++) {
            route_draw(&route, app, number, 0, job);
            for (int32_t task = 0; task < app->task_count; task++) {
                double samples = route.task_samples[task];
                ck_assert(samples >= 0 && samples <= app->batch);
                sums[task] += samples;
                squares[task] += samples * samples;
                runs[task] += samples > 0;
            }
        }
        for (int32_t task = 0; task < app->task_count; task++) {
            double mean = sums[task] / JOBS;
            double error = sqrt(fmax(0.0, squares[task] / JOBS - mean * mean) / JOBS);
            ck_assert_double_le(fabs(mean - app->batch * chances.task_share[task]),
                                5 * error + 0.02 * app->batch);
            ck_assert_double_le(fabs(runs[task] / JOBS - chances.task_chance[task]), 0.14);
        }
    }
}
END_TEST

/* By hand: two branches next to each other, a task that needs alternative 0 of both. */
START_TEST(a_task_behind_two_gates_needs_both)
{
    struct fixture_task tasks[] = {{"a", {1}}, {"b", {1}}, {"both", {1}}, {"either", {1}}};
    struct fixture_edge edges[] = {{0, 2, 1}, {1, 2, 1}, {0, 3, 1}, {1, 3, 1}};
    struct app *app = fixture_app(arena, "gates", 1, tasks, 4, edges, 4);
    static const double first[] = {0.5, 0.5}, second[] = {0.2, 0.8};
    app->branch_count = 2;
    app->branches = arena_zeroed(arena, 2, sizeof *app->branches);
    app->branches[0] = (struct app_branch){0, 2, first};
    app->branches[1] = (struct app_branch){1, 2, second};
    app->tasks[0].branch = 0;
    app->tasks[1].branch = 1;
    app->tasks[3].join_any = true;
    app->when = arena_zeroed(arena, 4, sizeof *app->when); /* all alternative 0 */
    struct route_chances chances;
    struct fault fault = FAULT_NONE;
    ck_assert(route_expect(&chances, arena, app, &fault));
    ck_assert_double_eq_tol(chances.task_chance[2], 0.1, 1e-12);
    ck_assert_double_eq_tol(chances.task_chance[3], 0.6, 1e-12);
}
END_TEST

START_TEST(a_draw_is_the_same_whatever_was_drawn_before)
{
    static const double first[] = {0.6, 0.4}, second[] = {0.2, 0.3, 0.3, 0.2};
    struct app *app = trellis(first, second, &no_classes, 100);
    route_draw(&route, app, 1, 0, 7);
    int32_t before = route.task_samples[B2 + 1];
    route_draw(&route, app, 1, 0, 8);
    ck_assert_int_ne(route.task_samples[B2 + 1], before);
    route_draw(&route, app, 1, 0, 7);
    ck_assert_int_eq(route.task_samples[B2 + 1], before);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("route");
    TCase *cases = tcase_create("route");
    tcase_add_checked_fixture(cases, begin, end);
    tcase_add_test(cases, one_sample_takes_one_route_of_each_level);
    tcase_add_test(cases, the_samples_of_a_batch_are_all_there_at_every_level_and_on_every_cut);
    tcase_add_test(cases, the_chances_of_a_class_table_are_those_of_its_authors);
    tcase_add_loop_test(cases, realised_routes_follow_the_class_table, 0, 3);
    tcase_add_test(cases, all_samples_of_a_job_are_of_one_class_if_the_app_says_so);
    tcase_add_test(cases, expected_samples_are_the_mean_of_drawn_ones);
    tcase_add_test(cases, a_task_behind_two_gates_needs_both);
    tcase_add_test(cases, a_draw_is_the_same_whatever_was_drawn_before);
    suite_add_tcase(suite, cases);
    return suite;
}
