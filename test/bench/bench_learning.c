/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How fast a policy is trained and used, on one core: CSV on stdout.
 *
 * Every point of train-default's own mix (16 PEs, light load to nearly saturated, all noise) is
 * played once on the heap engine by the shipped policy `default`. `play` samples and writes down
 * what a training does, the simulation included; `learn` is one pass of PPO, forward and backward,
 * over what was written down; `decide` is the scheduler's own time in a run, per assigned task.
 * Networks with an embedding take the scorer's weights from `default` and read nothing from the
 * embedding, so that all networks do the same work of everything else. Times are of the processor;
 * the best of some repeats counts. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "agents/checkpoint.h"
#include "base/memory.h"
#include "lab/curriculum.h"
#include "lab/library.h"
#include "sched/model.h"
#include "sched/registry.h"
#include "sim/world.h"

enum { REPEATS = 5, JOBS = 120 };

static double cpu_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void stop_if(const struct fault *fault)
{
    if (!fault_is_set(fault))
        return;
    fault_print(fault, stderr);
    exit(EXIT_FAILURE);
}

/* The shipped policy `default` as a network of a kind. */
static void load(struct model *model, const struct network_kind *kind, struct arena *arena)
{
    struct fault fault = FAULT_NONE;
    const char *path = library_find(arena, LIBRARY_POLICIES, "default", ".", "", &fault);
    stop_if(&fault);
    model_load(model, arena, path, &fault);
    stop_if(&fault);
    struct network shipped, network;
    network_init(&shipped, model->kind, model->shape);
    network_init(&network, kind, model_shape(kind, model->mode));
    real *weights = arena_zeroed(arena, network.tensors.reals, sizeof *weights);
    network_draw(&network, weights, 1);
    for (int32_t i = 0; i < network.tensors.count; i++) {
        const struct tensor *to = &network.tensors.list[i];
        const struct tensor *from = tensors_find(&shipped.tensors, to->name);
        if (from != NULL)
            memcpy(&weights[to->offset], &model->weights[from->offset], to->count * sizeof(real));
        else if (strcmp(to->name, "score.0.embedding") == 0)
            memset(&weights[to->offset], 0, to->count * sizeof(real));
    }
    *model = (struct model){.kind = kind,
                            .shape = model_shape(kind, model->mode),
                            .mode = model->mode,
                            .weights = weights};
    network_finish(&shipped);
    network_finish(&network);
}

/* What was counted and taken by one pass over all points. */
struct cost {
    double seconds;
    int64_t decisions;
};

static struct cost least(struct cost a, struct cost b)
{
    return a.seconds > 0 && a.seconds < b.seconds ? a : b;
}

static struct cost play(const struct model *model, const struct network *network,
                        const struct curriculum_source *source, struct rollout *rollouts,
                        struct returns_step *steps)
{
    struct cost cost = {.seconds = -cpu_s()};
    struct fault fault = FAULT_NONE;
    for (int32_t i = 0; i < source->places; i++) {
        const struct rollout_setup setup = {
            .point = &source->points.list[i * source->schedulers],
            .jobs = JOBS,
            .seed = 1,
            .replicate = (uint32_t)i,
            .mode = model->mode,
            .actor = ROLLOUT_SAMPLE,
            .network = network,
            .weights = model->weights,
        };
        rollout_play(&rollouts[i], &setup, steps, 1500, &fault);
        stop_if(&fault);
        cost.decisions += rollouts[i].count;
    }
    cost.seconds += cpu_s();
    return cost;
}

static struct cost learn(const struct model *model, const struct network *network,
                         const struct curriculum_source *source, struct rollout *rollouts,
                         real *advantage, real *gradients)
{
    const struct objective objective = {OBJECTIVE_PPO, 0.2, 0.005};
    struct cost cost = {.seconds = -cpu_s()};
    for (int32_t i = 0; i < source->places; i++) {
        struct rollout *rollout = &rollouts[i];
        struct network_lesson lesson = {
            .batch = {.decisions = rollout->count, .first = rollout->first, .rows = rollout->rows},
            .action = rollout->action,
            .old_log_prob = rollout->log_prob,
            .advantage = advantage,
        };
        struct objective_sums sums = {0};
        witness_tell(&rollout->witness, &lesson);
        network_learn(network, model->weights, &lesson, &objective, rollout->workspace, gradients,
                      &sums);
        cost.decisions += sums.choices;
    }
    cost.seconds += cpu_s();
    return cost;
}

static struct cost decide(const struct model *model, const struct curriculum_source *source)
{
    struct cost cost = {0};
    struct fault fault = FAULT_NONE;
    for (int32_t i = 0; i < source->places; i++) {
        const struct point *point = &source->points.list[i * source->schedulers];
        const struct scenario_drawn drawn = {.seed = 1,
                                             .replicate = (uint32_t)i,
                                             .jobs = JOBS,
                                             .arrivals = &point->arrivals,
                                             .app_share = point->app_share,
                                             .app_count = point->app_count,
                                             .noise = point->noise};
        const struct scenario scenario = scenario_drawn(&drawn);
        const struct world_setup setup = {
            .soc = point->soc,
            .binds = point->binds,
            .bind_count = point->app_count,
            .scenario = &scenario,
            .engine = point->engine,
            .policy = sched_find("neural"),
            .time_one_in = 1,
            .file = model,
        };
        struct world_result result;
        world_run(&setup, &result, &fault);
        stop_if(&fault);
        cost.seconds += result.decide_s;
        cost.decisions += result.decisions;
    }
    return cost;
}

static void measure(const struct network_kind *kind, const struct curriculum_source *source,
                    struct arena *arena)
{
    struct model model;
    struct network network;
    load(&model, kind, arena);
    network_init(&network, kind, model.shape);
    struct rollout *rollouts = arena_zeroed(arena, (size_t)source->places, sizeof *rollouts);
    struct returns_step *steps = arena_zeroed(arena, 2 * JOBS, sizeof *steps);
    real *gradients = arena_zeroed(arena, network.tensors.reals, sizeof *gradients);
    struct cost cost[3] = {0};
    for (int32_t i = 0; i < source->places; i++)
        rollout_init(&rollouts[i]);
    for (int repeat = 0; repeat < REPEATS; repeat++) {
        cost[0] = least(cost[0], play(&model, &network, source, rollouts, steps));
        real *advantage = memory_zeroed((size_t)cost[0].decisions, sizeof *advantage);
        for (int64_t i = 0; i < cost[0].decisions; i++)
            advantage[i] = (real)(i % 2 == 0 ? 1 : -1);
        cost[1] = least(cost[1], learn(&model, &network, source, rollouts, advantage, gradients));
        cost[2] = least(cost[2], decide(&model, source));
        free(advantage);
    }
    printf("%s", kind->name);
    for (int i = 0; i < 3; i++)
        printf(",%.3f,%.0f", 1e6 * cost[i].seconds / (double)cost[i].decisions,
               (double)cost[i].decisions / cost[i].seconds);
    printf("\n");
    for (int32_t i = 0; i < source->places; i++)
        rollout_finish(&rollouts[i]);
    network_finish(&network);
}

int main(void)
{
    struct arena *arena = arena_create();
    struct experiment experiment;
    struct curriculum curriculum = {0};
    struct fault fault = FAULT_NONE;
    const char *path = library_find_experiment(arena, "train-default", &fault);
    if (path != NULL && experiment_load(&experiment, arena, path, NULL, 0, &fault))
        curriculum_load(&curriculum, &experiment, &fault);
    stop_if(&fault);
    puts("network,play_us,play_per_s,learn_us,learn_per_s,decide_us,decide_per_s");
    for (int i = 0; network_kinds[i] != NULL; i++)
        measure(network_kinds[i], &curriculum.sources[0], arena);
    arena_destroy(arena);
    return EXIT_SUCCESS;
}
