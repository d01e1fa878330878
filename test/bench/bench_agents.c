/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How fast networks score and learn: CSV on stdout. Ratios are within one run.
 *
 * Decisions have 2 to 18 candidates (mean 10) of 38 features; the graph network sees 6 jobs of 18
 * nodes, and one of them changes from one decision to the next. */
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "agents/network.h"
#include "base/memory.h"
#include "base/random.h"

enum {
    DECISIONS = 512,
    MOST = 18,
    FEATURES = 38,
    NODE_FEATURES = 8,
    NODES = 18,
    SEEN = 6,
    REPEATS = 9,
};

static struct random_stream stream;

static double now_s(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static int32_t below(int count)
{
    return (int32_t)random_below(&stream, (uint32_t)count);
}

static real *draw(size_t count)
{
    real *values = memory_zeroed(count, sizeof *values);
    for (size_t i = 0; i < count; i++)
        values[i] = (real)random_normal(&stream);
    return values;
}

/* A rollout as a learner sees it: one more graph with every decision. */
struct rollout {
    struct network_lesson lesson;
    struct network_graph graphs[DECISIONS + SEEN];
    int32_t child_first[NODES + 1], child[2 * NODES];
    int32_t first[DECISIONS + 1], action[DECISIONS];
    int32_t graph[DECISIONS * MOST], node[DECISIONS * MOST];
    int32_t seen_first[DECISIONS + 1], seen[DECISIONS * SEEN];
    real old_log_prob[DECISIONS], advantage[DECISIONS];
};

static struct rollout *rollout_create(void)
{
    struct rollout *rollout = memory_zeroed(1, sizeof *rollout);
    for (int32_t v = 0; v < NODES; v++) {
        rollout->child_first[v + 1] = rollout->child_first[v];
        for (int i = 0; i < 2 && v > 1; i++)
            rollout->child[rollout->child_first[v + 1]++] = below(v);
    }
    for (int g = 0; g < DECISIONS + SEEN; g++)
        rollout->graphs[g] = (struct network_graph){NODES, draw((size_t)NODES * NODE_FEATURES),
                                                    rollout->child_first, rollout->child};
    for (int d = 0; d < DECISIONS; d++) {
        int32_t count = 2 + below(MOST - 1);
        rollout->first[d + 1] = rollout->first[d] + count;
        rollout->action[d] = below(count);
        rollout->old_log_prob[d] = -2;
        rollout->advantage[d] = (real)random_normal(&stream);
        rollout->seen_first[d + 1] = rollout->seen_first[d] + SEEN;
        for (int i = 0; i < SEEN; i++)
            rollout->seen[d * SEEN + i] = d + i;
        for (int32_t c = rollout->first[d]; c < rollout->first[d + 1]; c++) {
            rollout->graph[c] = d + below(SEEN);
            rollout->node[c] = below(NODES);
        }
    }
    rollout->lesson = (struct network_lesson){
        .batch = {.decisions = DECISIONS,
                  .first = rollout->first,
                  .rows = draw((size_t)rollout->first[DECISIONS] * FEATURES),
                  .graph = rollout->graph,
                  .node = rollout->node,
                  .seen_first = rollout->seen_first,
                  .seen = rollout->seen},
        .graphs = DECISIONS + SEEN,
        .graph = rollout->graphs,
        .action = rollout->action,
        .old_log_prob = rollout->old_log_prob,
        .advantage = rollout->advantage,
    };
    return rollout;
}

/* Best of some repeats: seconds per decision. */
static double time_scoring(const struct network *network, const real *parameters,
                           const struct rollout *rollout, struct workspace *workspace)
{
    static real embeddings[DECISIONS + SEEN][(NODES + 2) * 8];
    static const real *list[DECISIONS + SEEN];
    bool has_graphs = network->kind->embed != NULL;
    double best = INFINITY;
    for (int repeat = 0; repeat < REPEATS; repeat++) {
        double start = now_s();
        for (int d = 0; d < DECISIONS; d++) {
            struct network_batch one = rollout->lesson.batch;
            real logits[MOST];
            one.decisions = 1;
            one.first += d;
            one.seen_first += d;
            for (int g = d == 0 ? 0 : d + SEEN - 1; has_graphs && g < d + SEEN; g++) {
                network_embed(network, parameters, &rollout->graphs[g], workspace, embeddings[g]);
                list[g] = embeddings[g];
            }
            network_score(network, parameters, &one, list, workspace, logits);
        }
        double each = (now_s() - start) / DECISIONS;
        best = each < best ? each : best;
    }
    return best;
}

static double time_learning(const struct network *network, const real *parameters,
                            const struct rollout *rollout, struct workspace *workspace)
{
    const struct objective objective = {OBJECTIVE_PPO, 0.2, 0.005};
    real *gradients = memory_zeroed(network->tensors.reals, sizeof *gradients);
    double best = INFINITY;
    for (int repeat = 0; repeat < REPEATS; repeat++) {
        struct objective_sums sums = {0};
        double start = now_s();
        network_learn(network, parameters, &rollout->lesson, &objective, workspace, gradients,
                      &sums);
        double each = (now_s() - start) / DECISIONS;
        best = each < best ? each : best;
    }
    free(gradients);
    return best;
}

int main(void)
{
    stream = random_open(1, 0, RANDOM_TEST, 0, 0);
    struct rollout *rollout = rollout_create();
    struct workspace *workspace = workspace_create();
    double score_us = 0, learn_us = 0;
    puts("network,parameters,score_us,learn_us,learn_decisions_per_s,score_ratio,learn_ratio");
    for (int i = 0; network_kinds[i] != NULL; i++) {
        struct network network;
        network_init(&network, network_kinds[i],
                     (struct network_shape){.features = FEATURES, .node_features = NODE_FEATURES});
        real *parameters = memory_zeroed(network.tensors.reals, sizeof *parameters);
        network_draw(&network, parameters, 1);
        double score = 1e6 * time_scoring(&network, parameters, rollout, workspace);
        double learn = 1e6 * time_learning(&network, parameters, rollout, workspace);
        if (i == 0) {
            score_us = score;
            learn_us = learn;
        }
        printf("%s,%zu,%.3f,%.3f,%.0f,%.2f,%.2f\n", network.kind->name, network.tensors.reals,
               score, learn, 1e6 / learn, score / score_us, learn / learn_us);
        free(parameters);
        network_finish(&network);
    }
    return EXIT_SUCCESS;
}
