/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lab/rollout.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "agents/choice.h"
#include "analysis/statistics.h"
#include "base/memory.h"
#include "base/tick.h"
#include "sim/truth.h"
#include "sim/world.h"

/* A run under way: what the policy and the observer see of it. */
struct play {
    const struct rollout_setup *setup;
    struct rollout *rollout;
    struct choices choices;
    struct scores scores;
    double *weights; /* [bind] of a job in the returns */
    double *latencies_us;
    int32_t latency_count;
};

void rollout_init(struct rollout *rollout)
{
    *rollout = (struct rollout){.workspace = workspace_create()};
}

void rollout_finish(struct rollout *rollout)
{
    workspace_destroy(rollout->workspace);
    free(rollout->first);
    free(rollout->rows);
    free(rollout->action);
    free(rollout->taught);
    free(rollout->log_prob);
    free(rollout->at_ps);
    free(rollout->probabilities);
    witness_finish(&rollout->witness);
    *rollout = (struct rollout){0};
}

/* ---- deciding, and writing it down ---- */

static void make_room(struct rollout *rollout, int32_t candidates, size_t feature_count)
{
    size_t count = (size_t)rollout->count + 1;
    size_t old = rollout->decision_capacity, rows = rollout->row_capacity;
    if (old < count + 1) {
        size_t capacity = old;
        rollout->first = memory_grow(rollout->first, &capacity, count + 1, sizeof(int32_t));
        rollout->action = memory_resize(rollout->action, capacity, sizeof(int32_t));
        rollout->taught = memory_resize(rollout->taught, capacity, sizeof(int32_t));
        rollout->log_prob = memory_resize(rollout->log_prob, capacity, sizeof(real));
        rollout->at_ps = memory_resize(rollout->at_ps, capacity, sizeof(int64_t));
        rollout->decision_capacity = capacity;
    }
    size_t needed = rollout->count == 0 ? 0 : (size_t)rollout->first[rollout->count];
    needed += (size_t)candidates;
    if (rows < needed)
        rollout->rows = memory_grow(rollout->rows, &rollout->row_capacity, needed,
                                    feature_count * sizeof(real));
}

static bool has_embedding(const struct play *play)
{
    return play->setup->network->kind->embed != NULL;
}

/* Scores the list and chooses. */
static int32_t act(struct play *play, struct choices *choices, const struct view *view,
                   real *log_prob)
{
    const struct rollout_setup *setup = play->setup;
    struct rollout *rollout = play->rollout;
    const real *logits = play->scores.logits;
    scores_make(&play->scores, choices, view);
    int32_t action = choice_best(logits, choices->count);
    if (setup->actor == ROLLOUT_BEST)
        return action;
    real log_sum = choice_softmax(logits, choices->count, rollout->probabilities);
    if (setup->actor == ROLLOUT_SAMPLE) {
        struct random_stream stream = random_open(setup->seed, setup->replicate, RANDOM_POLICY,
                                                  setup->number, (uint32_t)rollout->count);
        action = choice_sample(rollout->probabilities, choices->count, random_uniform(&stream));
    } else if (setup->actor == ROLLOUT_TEACHER) {
        action = choices->taught >= 0 ? choices->taught : 0;
    }
    assert(log_prob != NULL);
    *log_prob = logits[action] - log_sum;
    return action;
}

static int32_t choose(void *self, struct choices *choices, const struct view *view)
{
    struct play *play = self;
    struct rollout *rollout = play->rollout;
    size_t feature_count = (size_t)choices->feature_count;
    make_room(rollout, choices->count, feature_count);
    if (rollout->count == 0)
        rollout->first[0] = 0;
    int32_t place = rollout->count, first = rollout->first[place];
    memcpy(&rollout->rows[(size_t)first * feature_count], choices->rows,
           (size_t)choices->count * feature_count * sizeof(real));
    rollout->action[place] = act(play, choices, view, &rollout->log_prob[place]);
    rollout->taught[place] = choices->taught;
    rollout->at_ps[place] = view->now_ps;
    rollout->first[place + 1] = first + choices->count;
    rollout->count++;
    if (has_embedding(play))
        witness_write(&rollout->witness, &play->scores, choices, view);
    return rollout->action[place];
}

static int32_t choose_best(void *self, struct choices *choices, const struct view *view)
{
    return act(self, choices, view, NULL);
}

static void *play_create(const struct view *view)
{
    struct play *play = *(struct play *const *)view->file;
    struct rollout *rollout = play->rollout;
    size_t most = choices_most(view);
    choices_init(&play->choices, view, play->setup->mode, has_embedding(play));
    scores_init(&play->scores, play->setup->network, play->setup->weights, rollout->workspace,
                &play->choices, view);
    if (rollout->list_capacity < most) {
        rollout->probabilities = memory_resize(rollout->probabilities, most, sizeof(real));
        rollout->list_capacity = most;
    }
    make_room(rollout, 0, (size_t)play->choices.feature_count);
    return play;
}

static void play_destroy(void *self)
{
    struct play *play = self;
    witness_end(&play->rollout->witness, &play->choices);
    scores_finish(&play->scores);
    choices_finish(&play->choices);
}

static void play_decide(void *self, const struct view *view, struct decisions *decisions)
{
    struct play *play = self;
    bool is_written = play->setup->actor != ROLLOUT_BEST;
    const struct chooser chooser = {play, is_written ? choose : choose_best};
    choices_walk(&play->choices, view, decisions, &chooser);
}

static const struct policy_kind play_policy = {
    .contract = POLICY_CONTRACT,
    .name = "rollout",
    .summary = "the network in training",
    .family = POLICY_LATE_BINDING,
    .discipline = POLICY_DATA_READY,
    .create = play_create,
    .destroy = play_destroy,
    .decide = play_decide,
};

/* ---- what it costs ---- */

/* Weight and growth of a job of an app. */
static void price(const struct play *play, int32_t bind, double *weight, double *growth_per_us)
{
    *weight = play->setup->reward == ROLLOUT_SLOWDOWN ? play->weights[bind] : 1;
    *growth_per_us = 0;
    if (play->setup->reward == ROLLOUT_TAIL)
        *growth_per_us = 1 / play->setup->tail_us;
}

static void on_job_arrival(void *self, int64_t now_ps, const struct observed_arrival *arrival)
{
    struct play *play = self;
    double weight, growth_per_us;
    price(play, arrival->job->bind, &weight, &growth_per_us);
    returns_arrive(&play->rollout->returns, now_ps, weight, growth_per_us);
}

/* A job costs nothing any more. */
static void leave(struct play *play, const struct observed_job *job)
{
    double weight, growth_per_us;
    price(play, (int32_t)(job->bind - play->setup->point->binds), &weight, &growth_per_us);
    returns_leave(&play->rollout->returns, job->finish_ps, job->arrival_ps, weight, growth_per_us);
}

static void on_job_failed(void *self, const struct observed_job *job, const char *reason)
{
    (void)reason;
    leave(self, job);
}

static void on_job_done(void *self, const struct observed_job *job)
{
    struct play *play = self;
    leave(play, job);
    if (job->id >= play->setup->jobs / 10)
        play->latencies_us[play->latency_count++] =
            (double)(job->finish_ps - job->arrival_ps) / TICK_PER_US;
}

/* The longest path of minimal times of each app, as a weight with mean 1 over the apps. */
static void weigh(double *weights, const struct point *point)
{
    double mean = 0;
    for (int32_t b = 0; b < point->app_count; b++) {
        const struct bind *bind = &point->binds[b];
        const struct app *app = bind->app;
        double *path_us = memory_zeroed((size_t)app->task_count, sizeof *path_us);
        double longest_us = 1e-3;
        for (int32_t i = 0; i < app->task_count; i++) {
            const struct app_task *task = &app->tasks[app->order[i]];
            double *own_us = &path_us[app->order[i]];
            for (int32_t p = 0; p < task->pred_count; p++) {
                double before_us = path_us[app->preds[task->first_pred + p].task];
                *own_us = before_us > *own_us ? before_us : *own_us;
            }
            *own_us += (double)bind->min_cost_ps[app->order[i]] / TICK_PER_US;
            longest_us = *own_us > longest_us ? *own_us : longest_us;
        }
        free(path_us);
        weights[b] = 1 / longest_us;
        mean += weights[b] / point->app_count;
    }
    for (int32_t b = 0; b < point->app_count; b++)
        weights[b] /= mean;
}

/* ---- a run ---- */

static int compare_reals(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static void read_latencies(struct play *play)
{
    struct rollout *rollout = play->rollout;
    double sum_us = 0;
    for (int32_t i = 0; i < play->latency_count; i++)
        sum_us += play->latencies_us[i];
    rollout->mean_latency_us = sum_us / play->latency_count;
    qsort(play->latencies_us, (size_t)play->latency_count, sizeof(double), compare_reals);
    rollout->p95_latency_us =
        statistics_quantile_sorted(play->latencies_us, (size_t)play->latency_count, 0.95);
}

/* Faults because no job counted. */
static bool refuse_run(const struct rollout_setup *setup, const struct world_result *result,
                       struct fault *fault)
{
    if (result->jobs_failed > 0)
        return fault_set(fault, NULL, "train with outages that leave PEs for every task",
                         "every job of a run has failed: there is nothing to learn from");
    return fault_set(fault, NULL, "train on arrivals that go on",
                     "no job of a run counts: %d of %d arrived, and the first tenth is left out",
                     (int)result->jobs_done, (int)setup->jobs);
}

bool rollout_play(struct rollout *rollout, const struct rollout_setup *setup,
                  struct returns_step *steps, double tau_us, struct fault *fault)
{
    const struct point *point = setup->point;
    struct play play = {
        .setup = setup,
        .rollout = rollout,
        .weights = memory_zeroed((size_t)point->app_count, sizeof *play.weights),
        .latencies_us = memory_zeroed((size_t)setup->jobs, sizeof *play.latencies_us),
    };
    struct play *const handle = &play;
    bool is_scheduler = setup->actor == ROLLOUT_SCHEDULER;
    const struct scenario_drawn drawn = {
        .seed = setup->seed,
        .replicate = setup->replicate,
        .jobs = setup->jobs,
        .arrivals = &point->arrivals,
        .app_share = point->app_share,
        .app_count = point->app_count,
        .noise = point->noise,
    };
    struct scenario scenario = scenario_drawn(&drawn);
    struct truth *truth = truth_create(&scenario, point->binds, point->app_count);
    scenario.truth = truth;
    const struct observer observer = {.self = &play,
                                      .on_job_arrival = on_job_arrival,
                                      .on_job_done = on_job_done,
                                      .on_job_failed = on_job_failed};
    const struct world_setup world = {
        .soc = point->soc,
        .binds = point->binds,
        .bind_count = point->app_count,
        .scenario = &scenario,
        .engine = point->engine,
        .policy = is_scheduler ? point->policy : &play_policy,
        .observers = &observer,
        .observer_count = 1,
        .max_in_flight = point->arrivals.max_in_flight,
        .compat_ds3 = point->compat_ds3,
        .prefetch = point->prefetch,
        .decision_cost = point->decision_cost,
        .params = is_scheduler ? point->params : NULL,
        .file = is_scheduler ? point->file->loaded : &handle,
        .seed = setup->seed,
        .replicate = setup->replicate,
    };
    struct world_result result;
    rollout->count = 0;
    witness_begin(&rollout->witness);
    returns_init(&rollout->returns, steps, 2 * setup->jobs, tau_us);
    if (setup->reward == ROLLOUT_SLOWDOWN)
        weigh(play.weights, point);
    bool ok = world_run(&world, &result, fault);
    if (ok && play.latency_count == 0)
        ok = refuse_run(setup, &result, fault);
    if (ok) {
        returns_close(&rollout->returns);
        read_latencies(&play);
        rollout->decisions = result.decisions;
    }
    truth_destroy(truth);
    free(play.weights);
    free(play.latencies_us);
    return ok;
}
