/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agents/adam.h"
#include "agents/choice.h"
#include "agents/network.h"
#include "base/memory.h"
#include "base/random.h"
#include "test/suite.h"

/* A network with what is needed to train it. */
struct learner {
    struct network network;
    real *parameters, *gradients;
    struct adam adam;
    struct workspace *workspace;
};

static void learner_init(struct learner *learner, const char *kind, struct network_shape shape)
{
    network_init(&learner->network, network_find(kind), shape);
    size_t count = learner->network.tensors.reals;
    learner->parameters = memory_zeroed(count, sizeof(real));
    learner->gradients = memory_zeroed(count, sizeof(real));
    network_draw(&learner->network, learner->parameters, 1);
    adam_init(&learner->adam, count);
    learner->workspace = workspace_create();
}

static void learner_finish(struct learner *learner)
{
    network_finish(&learner->network);
    free(learner->parameters);
    free(learner->gradients);
    adam_finish(&learner->adam);
    workspace_destroy(learner->workspace);
}

/* One step on a lesson; what was learnt from it. */
static struct objective_sums learner_step(struct learner *learner,
                                          const struct network_lesson *lesson,
                                          const struct objective *objective, double rate)
{
    struct objective_sums sums = {0};
    struct adam_settings settings = adam_defaults;
    settings.rate = rate;
    settings.clip_norm = 0.5;
    memset(learner->gradients, 0, learner->network.tensors.reals * sizeof(real));
    network_learn(&learner->network, learner->parameters, lesson, objective, learner->workspace,
                  learner->gradients, &sums);
    adam_step(&learner->adam, &settings, learner->parameters, learner->gradients,
              1.0 / (double)sums.choices);
    return sums;
}

static void score(struct learner *learner, const struct network_batch *batch, real *logits)
{
    network_score(&learner->network, learner->parameters, batch, NULL, learner->workspace, logits);
}

enum { ARMS = 4, PULLS = 64 };

/* Arm i pays 1 with probability i / ARMS; candidates are one-hot rows. */
static double play_bandit(enum objective_kind kind, int passes)
{
    struct learner learner;
    learner_init(&learner, "mlp", (struct network_shape){.features = ARMS});
    struct objective objective = {.kind = kind, .clip = 0.2, .entropy = 0.001};
    static real rows[PULLS][ARMS][ARMS];
    static int32_t first[PULLS + 1], action[PULLS];
    static real old_log_prob[PULLS], advantage[PULLS];
    for (int d = 0; d < PULLS; d++) {
        first[d + 1] = first[d] + ARMS;
        for (int i = 0; i < ARMS; i++)
            rows[d][i][i] = 1;
    }
    struct network_lesson lesson = {
        .batch = {.decisions = PULLS, .first = first, .rows = &rows[0][0][0]},
        .action = action,
        .old_log_prob = old_log_prob,
        .advantage = advantage,
    };
    struct network_batch one = lesson.batch;
    one.decisions = 1;
    struct random_stream stream = random_open(5, 0, RANDOM_TEST, 0, 0);
    real logits[ARMS], probabilities[ARMS];
    for (int round = 0; round < 150; round++) {
        score(&learner, &one, logits);
        real log_sum = choice_softmax(logits, ARMS, probabilities);
        double mean = 0;
        for (int d = 0; d < PULLS; d++) {
            action[d] = choice_sample(probabilities, ARMS, random_uniform(&stream));
            old_log_prob[d] = logits[action[d]] - log_sum;
            advantage[d] = random_uniform(&stream) * ARMS < action[d] ? 1 : 0;
            mean += (double)advantage[d] / PULLS;
        }
        for (int d = 0; d < PULLS; d++)
            advantage[d] -= (real)mean;
        for (int pass = 0; pass < passes; pass++)
            learner_step(&learner, &lesson, &objective, 5e-3);
    }
    score(&learner, &one, logits);
    choice_softmax(logits, ARMS, probabilities);
    learner_finish(&learner);
    return (double)probabilities[ARMS - 1];
}

START_TEST(reinforce_finds_the_best_arm_of_a_bandit)
{
    ck_assert_double_gt(play_bandit(OBJECTIVE_REINFORCE, 1), 0.9);
}
END_TEST

START_TEST(ppo_finds_the_best_arm_of_a_bandit)
{
    ck_assert_double_gt(play_bandit(OBJECTIVE_PPO, 3), 0.9);
}
END_TEST

enum { FEATURES = 6, LESSONS = 512, MOST = 12 };

/* A teacher that takes the candidate of the largest x0 - 2 x1 + x2 x3. */
static void ask_teacher(struct random_stream *stream, real rows[][FEATURES], int32_t *first,
                        int32_t *action, int32_t count)
{
    first[0] = 0;
    for (int32_t d = 0; d < count; d++) {
        int32_t candidates = 2 + (int32_t)random_below(stream, MOST - 1);
        double best = -INFINITY;
        first[d + 1] = first[d] + candidates;
        for (int32_t c = 0; c < candidates; c++) {
            real *row = rows[first[d] + c];
            for (int i = 0; i < FEATURES; i++)
                row[i] = (real)(2 * random_uniform(stream) - 1);
            double value = (double)(row[0] - 2 * row[1] + row[2] * row[3]);
            if (value > best) {
                best = value;
                action[d] = c;
            }
        }
    }
}

START_TEST(cloning_reaches_98_percent_agreement_with_a_teacher)
{
    struct learner learner;
    learner_init(&learner, "mlp", (struct network_shape){.features = FEATURES});
    struct objective objective = {.kind = OBJECTIVE_CLONE};
    static real rows[LESSONS * MOST][FEATURES];
    static int32_t first[LESSONS + 1], action[LESSONS];
    struct network_lesson lesson = {
        .batch = {.decisions = LESSONS, .first = first, .rows = &rows[0][0]},
        .action = action,
    };
    struct random_stream stream = random_open(6, 0, RANDOM_TEST, 0, 0);
    const int steps = 900;
    struct objective_sums fresh = {0};
    for (int i = 0; i < steps; i++) {
        ask_teacher(&stream, rows, first, action, LESSONS);
        double rate = 1e-2 * (1 - 0.98 * i / steps);
        struct objective_sums sums = learner_step(&learner, &lesson, &objective, rate);
        if (i >= steps - 20)
            objective_sums_add(&fresh, &sums);
    }
    ck_assert_double_gt((double)fresh.agreed / (double)fresh.choices, 0.98);
    learner_finish(&learner);
}
END_TEST

/* A small graph: nodes 0 and 1 are leaves, 2 has both as children, 3 has 2 and 0, 4 stands alone.
 * A job may have all of its nodes or some. */
enum { NODES = 5, NODE_FEATURES = 3, WIDTH = 8 };

static const int32_t child_first[NODES + 1] = {0, 0, 0, 2, 4, 4}, children[] = {0, 1, 2, 0};

static double leaky(double x)
{
    return x > 0 ? x : 0.1 * x;
}

/* leaky(x w + b) by name, output o; x is in two parts, the second with weights of its own. */
static double layer_output(const struct learner *learner, const char *name, const double *x,
                           int inputs, const double *more, int o)
{
    char weight[64], bias[64], second[64];
    snprintf(weight, sizeof weight, "%s.weight", name);
    snprintf(bias, sizeof bias, "%s.bias", name);
    snprintf(second, sizeof second, "%s.embedding", name);
    const struct tensors *tensors = &learner->network.tensors;
    const struct tensor *w = tensors_find(tensors, weight);
    double sum = (double)learner->parameters[tensors_find(tensors, bias)->offset + (size_t)o];
    for (int i = 0; i < inputs; i++)
        sum += x[i] * (double)learner->parameters[w->offset + (size_t)(i * w->shape[1] + o)];
    for (int i = 0; more != NULL && i < WIDTH; i++)
        sum += more[i] *
               (double)learner
                   ->parameters[tensors_find(tensors, second)->offset + (size_t)(i * WIDTH + o)];
    return leaky(sum);
}

/* The embedding by its formula (agents/embedding.h), in double: rows e, then rows p. */
static void embed_by_formula(const struct learner *learner, const real *features,
                             double rows[2 * NODES][WIDTH])
{
    double messages[NODES][WIDTH];
    for (int v = 0; v < NODES; v++) {
        double x[NODE_FEATURES], hidden[16], sum[WIDTH] = {0};
        double *e = rows[v];
        for (int i = 0; i < NODE_FEATURES; i++)
            x[i] = (double)features[v * NODE_FEATURES + i];
        for (int o = 0; o < 16; o++)
            hidden[o] = layer_output(learner, "node.0", x, NODE_FEATURES, NULL, o);
        for (int32_t i = child_first[v]; i < child_first[v + 1]; i++)
            for (int o = 0; o < WIDTH; o++)
                sum[o] += messages[children[i]][o];
        for (int o = 0; o < WIDTH; o++) {
            e[o] = layer_output(learner, "node.1", hidden, 16, NULL, o);
            if (child_first[v + 1] > child_first[v])
                e[o] += layer_output(learner, "gather", sum, WIDTH, NULL, o);
        }
        for (int o = 0; o < WIDTH; o++) {
            messages[v][o] = layer_output(learner, "message", e, WIDTH, NULL, o);
            rows[NODES + v][o] = layer_output(learner, "job", x, NODE_FEATURES, e, o);
        }
    }
}

/* The summary of the job with these nodes by its formula: y, then s. */
static void sum_up_by_formula(const struct learner *learner, double rows[2 * NODES][WIDTH],
                              const int32_t *node, int32_t count, double summary[2 * WIDTH])
{
    for (int o = 0; o < WIDTH; o++) {
        summary[o] = 0;
        for (int32_t i = 0; i < count; i++)
            summary[o] += 0.1 * rows[NODES + node[i]][o];
    }
    for (int o = 0; o < WIDTH; o++)
        summary[WIDTH + o] = 0.1 * layer_output(learner, "system", summary, WIDTH, NULL, o);
}

/* Two graphs, three jobs and three decisions that see them, in all ways there are. */
enum { JOBS = 3 };

struct scene {
    struct learner learner;
    real features[2][NODES * NODE_FEATURES], rows[7 * FEATURES];
    struct network_graph graphs[2];
    real embeddings[2][2 * NODES * WIDTH], summaries[JOBS][2 * WIDTH];
    const real *list[2];
    struct network_memory memory;
    struct network_batch batch;
};

static const int32_t job_graph[JOBS] = {0, 1, 0}, job_count[JOBS] = {5, 2, 3},
                     job_node[JOBS][NODES] = {{0, 1, 2, 3, 4}, {0, 2}, {0, 1, 4}};

static const int32_t scene_first[] = {0, 3, 4, 7}, scene_job[] = {0, 0, -1, 1, 1, 2, -1},
                     scene_node[] = {1, 3, 0, 2, 0, 4, 0}, scene_seen_first[] = {0, 1, 2, 4},
                     scene_seen[] = {0, 1, 2, 1};

static void scene_init(struct scene *scene)
{
    struct random_stream stream = random_open(8, 0, RANDOM_TEST, 0, 0);
    struct learner *learner = &scene->learner;
    learner_init(learner, "graph",
                 (struct network_shape){.features = FEATURES, .node_features = NODE_FEATURES});
    for (size_t i = 0; i < learner->network.tensors.reals; i++)
        learner->parameters[i] = (real)(0.5 * random_normal(&stream));
    for (int i = 0; i < 7 * FEATURES; i++)
        scene->rows[i] = (real)random_normal(&stream);
    for (int g = 0; g < 2; g++) {
        for (int i = 0; i < NODES * NODE_FEATURES; i++)
            scene->features[g][i] = (real)random_normal(&stream);
        scene->graphs[g] = (struct network_graph){NODES, scene->features[g], child_first, children};
        network_embed(&learner->network, learner->parameters, &scene->graphs[g], learner->workspace,
                      scene->embeddings[g]);
        scene->list[g] = scene->embeddings[g];
    }
    for (int i = 0; i < JOBS; i++)
        network_sum_up(&learner->network, learner->parameters, &scene->graphs[job_graph[i]],
                       scene->embeddings[job_graph[i]], job_node[i], job_count[i],
                       scene->summaries[i]);
    scene->memory = (struct network_memory){scene->list, job_graph, scene->summaries[0]};
    scene->batch = (struct network_batch){.decisions = 3,
                                          .first = scene_first,
                                          .rows = scene->rows,
                                          .job = scene_job,
                                          .node = scene_node,
                                          .seen_first = scene_seen_first,
                                          .seen = scene_seen};
}

START_TEST(embeddings_and_summaries_are_those_of_their_formulas)
{
    struct scene scene;
    scene_init(&scene);
    double rows[2 * NODES][WIDTH], summary[2 * WIDTH];
    ck_assert_uint_eq(network_embedding_size(&scene.learner.network, NODES), 2 * NODES * WIDTH);
    ck_assert_uint_eq(network_summary_size(&scene.learner.network), 2 * WIDTH);
    embed_by_formula(&scene.learner, scene.features[0], rows);
    for (int r = 0; r < 2 * NODES; r++)
        for (int o = 0; o < WIDTH; o++)
            ck_assert_double_eq_tol((double)scene.embeddings[0][r * WIDTH + o], rows[r][o],
                                    1e-5 * (1 + fabs(rows[r][o])));
    for (int i = 0; i < JOBS; i += 2) { /* those of graph 0 */
        sum_up_by_formula(&scene.learner, rows, job_node[i], job_count[i], summary);
        for (int o = 0; o < 2 * WIDTH; o++)
            ck_assert_double_eq_tol((double)scene.summaries[i][o], summary[o],
                                    1e-5 * (1 + fabs(summary[o])));
    }
    learner_finish(&scene.learner);
}
END_TEST

START_TEST(a_decision_scored_alone_has_the_bytes_that_it_has_in_a_batch)
{
    struct scene scene;
    scene_init(&scene);
    real all[7], one[7];
    network_score(&scene.learner.network, scene.learner.parameters, &scene.batch, &scene.memory,
                  scene.learner.workspace, all);
    for (int d = 0; d < 3; d++) {
        struct network_batch part = scene.batch;
        part.decisions = 1;
        part.first += d;
        part.seen_first += d;
        network_score(&scene.learner.network, scene.learner.parameters, &part, &scene.memory,
                      scene.learner.workspace, one);
        ck_assert_mem_eq(one, all + scene_first[d],
                         (size_t)(scene_first[d + 1] - scene_first[d]) * sizeof *one);
    }
    learner_finish(&scene.learner);
}
END_TEST

/* Whether each logit changes with one value that was worked out before. */
static void vary(struct scene *scene, real *value, bool changed[7])
{
    real before[7], after[7], kept = *value;
    const struct network *network = &scene->learner.network;
    network_score(network, scene->learner.parameters, &scene->batch, &scene->memory,
                  scene->learner.workspace, before);
    *value += 1;
    network_score(network, scene->learner.parameters, &scene->batch, &scene->memory,
                  scene->learner.workspace, after);
    *value = kept;
    for (int c = 0; c < 7; c++)
        changed[c] = before[c] != after[c];
}

START_TEST(a_logit_reads_its_job_its_node_and_the_jobs_seen_and_nothing_else)
{
    struct scene scene;
    bool changed[7];
    scene_init(&scene);
    vary(&scene, &scene.summaries[1][0], changed);
    for (int c = 0; c < 7; c++)
        ck_assert_int_eq(changed[c], c == 3 || c == 4);
    vary(&scene, &scene.summaries[2][WIDTH], changed); /* seen by the last decision only */
    for (int c = 0; c < 7; c++)
        ck_assert_int_eq(changed[c], c > 3);
    vary(&scene, &scene.embeddings[0][3 * WIDTH], changed);
    for (int c = 0; c < 7; c++)
        ck_assert_int_eq(changed[c], c == 1);
    vary(&scene, &scene.embeddings[0][4 * WIDTH], changed); /* of job 2, too */
    for (int c = 0; c < 7; c++)
        ck_assert_int_eq(changed[c], c == 5);
    learner_finish(&scene.learner);
}
END_TEST

START_TEST(every_kind_has_a_name_a_summary_and_a_source)
{
    for (int i = 0; network_kinds[i] != NULL; i++) {
        const struct network_kind *kind = network_kinds[i];
        ck_assert(kind->name[0] != '\0' && kind->summary[0] != '\0' && kind->source[0] != '\0');
        ck_assert_ptr_eq(network_find(kind->name), kind);
    }
    ck_assert_ptr_null(network_find("transformer"));
}
END_TEST

START_TEST(the_same_seed_draws_the_same_weights_and_another_one_others)
{
    struct learner a, b;
    learner_init(&a, "graph", (struct network_shape){.features = 4, .node_features = 2});
    learner_init(&b, "graph", (struct network_shape){.features = 4, .node_features = 2});
    size_t bytes = a.network.tensors.reals * sizeof(real);
    ck_assert_mem_eq(a.parameters, b.parameters, bytes);
    network_draw(&b.network, b.parameters, 2);
    ck_assert_mem_ne(a.parameters, b.parameters, bytes);
    const struct tensor *bias = tensors_find(&a.network.tensors, "score.0.bias");
    for (size_t i = 0; i < bias->count; i++)
        ck_assert(a.parameters[bias->offset + i] == 0);
    learner_finish(&a);
    learner_finish(&b);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("network");
    TCase *learning = tcase_create("learning");
    tcase_set_timeout(learning, 60);
    tcase_add_test(learning, reinforce_finds_the_best_arm_of_a_bandit);
    tcase_add_test(learning, ppo_finds_the_best_arm_of_a_bandit);
    tcase_add_test(learning, cloning_reaches_98_percent_agreement_with_a_teacher);
    suite_add_tcase(suite, learning);
    TCase *networks = tcase_create("networks");
    tcase_add_test(networks, embeddings_and_summaries_are_those_of_their_formulas);
    tcase_add_test(networks, a_decision_scored_alone_has_the_bytes_that_it_has_in_a_batch);
    tcase_add_test(networks, a_logit_reads_its_job_its_node_and_the_jobs_seen_and_nothing_else);
    tcase_add_test(networks, every_kind_has_a_name_a_summary_and_a_source);
    tcase_add_test(networks, the_same_seed_draws_the_same_weights_and_another_one_others);
    suite_add_tcase(suite, networks);
    return suite;
}
