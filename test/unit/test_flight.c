/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sched/flight.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sched/scores.h"
#include "sim/scenario_drawn.h"
#include "test/fixture.h"
#include "test/suite.h"

enum { APPS = 3, MOST_TASKS = 20 };

/* A policy that takes choices at random; at each of them its scores are held against what the view
 * says. */
struct subject {
    struct choices choices;
    struct network network;
    struct workspace *workspace;
    struct scores scores;
    real *weights;
    int64_t lists, jobs;
};

static struct subject subject;
static const struct network_shape shape = {.features = FEATURE_COUNT,
                                           .node_features = FEATURE_NODE_COUNT};

static void *create(const struct view *view)
{
    choices_init(&subject.choices, view, CHOICE_PAIR_AHEAD, true);
    scores_init(&subject.scores, &subject.network, subject.weights, subject.workspace,
                &subject.choices, view);
    return &subject;
}

static void destroy(void *self)
{
    (void)self;
    scores_finish(&subject.scores);
    choices_finish(&subject.choices);
}

static bool is_left(const struct view_task *task)
{
    return task->status != TASK_DONE && task->status != TASK_SKIPPED;
}

/* How far a task is: what the view says, and what was decided in this epoch. */
static enum flight_stage stage_of(const struct view *view, const struct decisions *decisions,
                                  int32_t task)
{
    for (int32_t i = 0; i < decisions->count; i++)
        if (decisions->list[i].task == task)
            return FLIGHT_UNDER_WAY;
    return view->tasks[task].status == TASK_WAITING ? FLIGHT_WAITING
           : view->tasks[task].status == TASK_READY ? FLIGHT_READY
                                                    : FLIGHT_UNDER_WAY;
}

static const struct decisions *current; /* of the epoch */

/* A job as a graph of its own, the successors before each task. A task that is done or skipped is a
 * node that the job does not have: nobody reads one that is done, and one that was skipped counts
 * as waiting. */
struct alone {
    struct network_graph graph;
    real features[MOST_TASKS][FEATURE_NODE_COUNT];
    int32_t child_first[MOST_TASKS + 1], child[MOST_TASKS * MOST_TASKS];
    int32_t node_of[MOST_TASKS];
    int32_t node[MOST_TASKS], count; /* of tasks that are left */
};

static void make_alone(struct alone *alone, const struct view *view, int32_t slot)
{
    const struct view_job *job = &view->jobs[slot];
    const struct app *app = view->binds[job->bind].app;
    const real *waiting = subject.choices.flight.graphs.list[job->bind].features;
    int32_t edges = 0;
    alone->count = 0;
    for (int32_t v = 0; v < app->task_count; v++) {
        int32_t index = app->order[app->task_count - 1 - v], task = job->first_task + index;
        const struct app_task *what = &app->tasks[index];
        bool left = is_left(&view->tasks[task]);
        enum flight_stage stage = left ? stage_of(view, current, task) : FLIGHT_WAITING;
        memcpy(alone->features[v], &waiting[v * FEATURE_NODE_COUNT], sizeof alone->features[v]);
        alone->features[v][FEATURE_NODE_IS_READY] = stage == FLIGHT_READY;
        alone->features[v][FEATURE_NODE_IS_UNDER_WAY] = stage == FLIGHT_UNDER_WAY;
        alone->child_first[v] = edges;
        for (int32_t i = 0; i < what->succ_count; i++) {
            int32_t succ = app->succs[what->first_succ + i].task;
            uint8_t status = view->tasks[job->first_task + succ].status;
            ck_assert(!left || status == TASK_WAITING || status == TASK_SKIPPED);
            alone->child[edges++] = alone->node_of[succ];
        }
        alone->node_of[index] = v;
        if (left)
            alone->node[alone->count++] = v;
    }
    alone->child_first[app->task_count] = edges;
    alone->graph = (struct network_graph){app->task_count, alone->features[0], alone->child_first,
                                          alone->child};
}

/* What the scores keep of a job is what its graph alone would give. */
static void check_job(const struct view *view, int32_t slot)
{
    static struct alone alone;
    static real embedding[2 * MOST_TASKS * 8];
    real summary[16];
    const struct view_job *job = &view->jobs[slot];
    make_alone(&alone, view, slot);
    network_embed(&subject.network, subject.weights, &alone.graph, subject.workspace, embedding);
    network_sum_up(&subject.network, subject.weights, &alone.graph, embedding, alone.node,
                   alone.count, summary);
    ck_assert_int_eq(subject.choices.flight.jobs[slot].count, alone.count);
    for (int o = 0; o < 16; o++)
        ck_assert(summary[o] == subject.scores.summaries[slot * 16 + o]);
    for (int32_t i = 0; i < view->binds[job->bind].app->task_count; i++) {
        int32_t task = job->first_task + i;
        if (!is_left(&view->tasks[task]))
            continue;
        int32_t node = flight_node(&subject.choices.flight, view, task);
        const real *kept = &subject.scores.embeddings[job->bind][node * 8];
        for (int o = 0; o < 8; o++)
            ck_assert(embedding[alone.node_of[i] * 8 + o] == kept[o]);
    }
    subject.jobs++;
}

static int32_t choose(void *self, struct choices *list, const struct view *view)
{
    (void)self;
    const struct flight *flight = &list->flight;
    scores_make(&subject.scores, list, view);
    int32_t active = 0;
    for (int32_t slot = 0; slot < view->job_capacity; slot++)
        active += view->jobs[slot].active;
    ck_assert_int_eq(flight->count, active);
    for (int32_t i = 0; i < flight->count; i++) {
        ck_assert(view->jobs[flight->order[i]].active);
        if (i > 0)
            ck_assert_int_lt(view->jobs[flight->order[i - 1]].id, view->jobs[flight->order[i]].id);
        check_job(view, flight->order[i]);
    }
    for (int32_t i = 0; i < list->count; i++)
        ck_assert(isfinite(subject.scores.logits[i]));
    struct random_stream stream =
        random_open(3, 0, RANDOM_TEST, (uint32_t)subject.lists++, (uint32_t)list->count);
    return (int32_t)random_below(&stream, (uint32_t)list->count);
}

static void decide(void *self, const struct view *view, struct decisions *decisions)
{
    const struct chooser chooser = {self, choose};
    current = decisions;
    choices_walk(&subject.choices, view, decisions, &chooser);
}

static const struct policy_kind policy = {.contract = POLICY_CONTRACT,
                                          .name = "flight",
                                          .discipline = POLICY_DATA_READY,
                                          .create = create,
                                          .destroy = destroy,
                                          .decide = decide};

static void run(uint32_t number, bool has_branches)
{
    static const double shares[APPS] = {0.3, 0.6, 1};
    struct random_stream stream = random_open(23, 0, RANDOM_TEST, number, 0);
    struct arena *arena = arena_create();
    struct soc *soc = fixture_soc(arena, 3, (int32_t[]){3, 2, 1}, 5);
    struct app *apps[APPS];
    for (int32_t i = 0; i < APPS; i++) {
        apps[i] = fixture_random_app(arena, &stream, 3, MOST_TASKS, number % 2 == 0);
        if (has_branches)
            fixture_add_branches(arena, &stream, apps[i]);
    }
    struct arrivals arrivals = {.kind = arrivals_find("poisson"), .mean_interarrival_us = 100};
    const struct scenario_drawn drawn = {
        .seed = number,
        .jobs = 20,
        .arrivals = &arrivals,
        .app_share = shares,
        .app_count = APPS,
        .noise = {.exec = {.dist = NOISE_LOGNORMAL, .sigma = 0.4}}};
    const struct scenario scenario = scenario_drawn(&drawn);
    const struct world_setup setup = {.soc = soc,
                                      .binds = fixture_bind(arena, soc, apps, APPS),
                                      .bind_count = APPS,
                                      .scenario = &scenario,
                                      .engine = engine_find("heap"),
                                      .policy = &policy,
                                      .seed = number};
    struct world_result result;
    struct fault fault = FAULT_NONE;
    ck_assert_msg(world_run(&setup, &result, &fault), "%s", fault.what);
    arena_destroy(arena);
}

static void set_up(void)
{
    subject = (struct subject){.workspace = workspace_create()};
    network_init(&subject.network, network_find("graph"), shape);
    subject.weights = calloc(subject.network.tensors.reals, sizeof(real));
    network_draw(&subject.network, subject.weights, 1);
}

static void tear_down(void)
{
    network_finish(&subject.network);
    workspace_destroy(subject.workspace);
    free(subject.weights);
}

START_TEST(what_is_kept_of_the_jobs_in_flight_is_what_each_alone_would_give)
{
    for (uint32_t number = 0; number < 6; number++)
        run(number, number % 3 == 0);
    ck_assert_int_gt(subject.lists, 500);
    ck_assert_int_gt(subject.jobs, 1000);
}
END_TEST

START_TEST(nodes_of_apps_are_described_within_bounds)
{
    struct arena *arena = arena_create();
    struct random_stream stream = random_open(29, 0, RANDOM_TEST, 0, 0);
    struct soc *soc = fixture_soc(arena, 3, (int32_t[]){1, 2, 4}, 5);
    struct app *app = fixture_random_app(arena, &stream, 3, MOST_TASKS, false);
    struct bind *bind = fixture_bind(arena, soc, &app, 1);
    const struct view view = {.soc = soc, .binds = bind, .bind_count = 1};
    struct facts facts;
    struct flight flight;
    facts_init(&facts, &view);
    flight_init(&flight, &view, &facts);
    const struct network_graph *graph = &flight.graphs.list[0];
    ck_assert_int_eq(graph->nodes, FLIGHT_STAGES * app->task_count);
    for (int32_t v = 0; v < graph->nodes; v++) {
        const real *row = &graph->features[v * FEATURE_NODE_COUNT];
        for (int f = 0; f < FEATURE_NODE_COUNT; f++)
            ck_assert_msg(row[f] >= 0 && row[f] <= 8, "%s is %g", features_node_text[f].name,
                          (double)row[f]);
        ck_assert(row[FEATURE_NODE_IS_READY] == (v / app->task_count == FLIGHT_READY));
        ck_assert(row[FEATURE_NODE_IS_UNDER_WAY] == (v / app->task_count == FLIGHT_UNDER_WAY));
        for (int32_t i = graph->child_first[v]; i < graph->child_first[v + 1]; i++)
            ck_assert(graph->child[i] < v && graph->child[i] < app->task_count);
    }
    flight_finish(&flight);
    facts_finish(&facts);
    arena_destroy(arena);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("flight");
    TCase *tests = tcase_create("flight");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, what_is_kept_of_the_jobs_in_flight_is_what_each_alone_would_give);
    tcase_add_test(tests, nodes_of_apps_are_described_within_bounds);
    suite_add_tcase(suite, tests);
    return suite;
}
