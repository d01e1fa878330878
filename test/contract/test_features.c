/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a learned scheduler sees on everything that is shipped: every app on every machine that can
 * run it, in every mode. */
#include <math.h>
#include <string.h>

#include "lab/library.h"
#include "lab/points.h"
#include "sched/model.h"
#include "sched/scores.h"
#include "sim/scenario_drawn.h"
#include "sim/world.h"
#include "test/scratch.h"
#include "test/suite.h"

/* Features are logarithms and ratios: this is far more than they should ever be. */
#define LEAST (-4.01F)
#define MOST  8.0F

enum { JOBS = 5 };

static struct scratch scratch;

static void set_up(void)
{
    scratch_init(&scratch);
}

static void tear_down(void)
{
    scratch_finish(&scratch);
}

/* Takes what the teacher would, or the first choice, and looks at everything. */
static struct {
    struct choices choices;
    struct network network;
    struct workspace *workspace;
    struct scores scores;
    real *weights;
    enum choice_mode mode;
    const char *what; /* platform and app, for messages */
    int64_t rows;
} looker;

static void check_row(const float *row, const struct feature_text *texts, int32_t count)
{
    for (int32_t i = 0; i < count; i++)
        if (!(row[i] >= LEAST && row[i] <= MOST)) /* not a number is neither */
            ck_abort_msg("%s: %s is %g", looker.what, texts[i].name, (double)row[i]);
    looker.rows++;
}

static int32_t choose(void *self, struct choices *list, const struct view *view)
{
    (void)self;
    scores_make(&looker.scores, list, view);
    for (int32_t i = 0; i < list->count; i++) {
        check_row(&list->rows[i * list->feature_count], features_text, list->feature_count);
        if (!isfinite(looker.scores.logits[i]))
            ck_abort_msg("%s: the logit of choice %d is not finite", looker.what, (int)i);
    }
    return list->taught >= 0 ? list->taught : 0;
}

static void *create(const struct view *view)
{
    choices_init(&looker.choices, view, looker.mode, true);
    scores_init(&looker.scores, &looker.network, looker.weights, looker.workspace, &looker.choices,
                view);
    const struct flight_graphs *graphs = &looker.choices.flight.graphs;
    for (int32_t g = 0; g < graphs->count; g++)
        for (int32_t v = 0; v < graphs->list[g].nodes; v++)
            check_row(&graphs->list[g].features[v * FEATURE_NODE_COUNT], features_node_text,
                      FEATURE_NODE_COUNT);
    return &looker;
}

static void destroy(void *self)
{
    (void)self;
    scores_finish(&looker.scores);
    choices_finish(&looker.choices);
}

static void decide(void *self, const struct view *view, struct decisions *decisions)
{
    const struct chooser chooser = {self, choose};
    choices_walk(&looker.choices, view, decisions, &chooser);
}

static const struct policy_kind policy = {.contract = POLICY_CONTRACT,
                                          .name = "looker",
                                          .discipline = POLICY_DATA_READY,
                                          .create = create,
                                          .destroy = destroy,
                                          .decide = decide};

/* The point of an app on a machine under noise and slow-downs; false if it cannot run there. */
static bool find_point(const char *platform, const char *app, struct points *points)
{
    struct fault fault = FAULT_NONE;
    struct experiment *experiment = arena_zeroed(scratch.arena, 1, sizeof *experiment);
    const char *text = arena_printf(
        scratch.arena,
        "name: features\nplatform: %s\nschedulers: [eft]\nengine: heap\n"
        "workload: {apps: [%s], jobs: %d, arrivals: {kind: poisson, mean_interarrival_us: 40}}\n"
        "noise: [{name: all, exec: {dist: lognormal, sigma: 0.5},"
        " slowdown: {gap_us: 300, length_us: 200, factor: 2.5}}]\n",
        platform, app, suite_cases(JOBS));
    const char *path = scratch_write(&scratch, "features.yaml", text);
    if (!experiment_load(experiment, scratch.arena, path, NULL, 0, &fault))
        ck_abort_msg("%s: %s", fault.where, fault.what);
    return points_expand(points, experiment, &fault);
}

static void look_at(const struct point *point)
{
    const struct scenario_drawn drawn = {.seed = 1,
                                         .jobs = point->jobs,
                                         .arrivals = &point->arrivals,
                                         .app_share = point->app_share,
                                         .app_count = point->app_count,
                                         .noise = point->noise};
    const struct scenario scenario = scenario_drawn(&drawn);
    const struct world_setup setup = {.soc = point->soc,
                                      .binds = point->binds,
                                      .bind_count = point->app_count,
                                      .scenario = &scenario,
                                      .engine = point->engine,
                                      .policy = &policy};
    struct world_result result;
    struct fault fault = FAULT_NONE;
    ck_assert_msg(world_run(&setup, &result, &fault), "%s: %s", looker.what, fault.what);
}

START_TEST(features_of_everything_that_is_shipped_are_finite_and_small)
{
    int platforms, apps;
    const char **platform = library_list(scratch.arena, LIBRARY_PLATFORMS, &platforms);
    const char **app = library_list(scratch.arena, LIBRARY_APPS, &apps);
    int32_t runs = 0;
    const struct network_kind *graph = network_find("graph");
    looker.mode = (enum choice_mode)_i;
    looker.rows = 0;
    looker.workspace = workspace_create();
    network_init(&looker.network, graph, model_shape(graph, looker.mode));
    looker.weights = arena_zeroed(scratch.arena, looker.network.tensors.reals, sizeof(real));
    network_draw(&looker.network, looker.weights, 1);
    for (int p = 0; p < platforms; p++)
        for (int a = 0; a < apps; a++) {
            struct points points;
            looker.what = arena_printf(scratch.arena, "%s on %s", app[a], platform[p]);
            if (!find_point(platform[p], app[a], &points))
                continue;
            look_at(&points.list[0]);
            runs++;
        }
    workspace_destroy(looker.workspace);
    network_finish(&looker.network);
    ck_assert_int_ge(runs, 60);
    ck_assert_int_ge(looker.rows, suite_cases(10000));
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("features");
    TCase *tests = tcase_create("features");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_set_timeout(tests, 120);
    tcase_add_loop_test(tests, features_of_everything_that_is_shipped_are_finite_and_small, 0,
                        CHOICE_ORDER_EFT + 1);
    suite_add_tcase(suite, tests);
    return suite;
}
