/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
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
    const int steps = 1500;
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

Suite *test_suite(void)
{
    Suite *suite = suite_create("network");
    TCase *learning = tcase_create("learning");
    tcase_set_timeout(learning, 60);
    tcase_add_test(learning, reinforce_finds_the_best_arm_of_a_bandit);
    tcase_add_test(learning, ppo_finds_the_best_arm_of_a_bandit);
    tcase_add_test(learning, cloning_reaches_98_percent_agreement_with_a_teacher);
    suite_add_tcase(suite, learning);
    return suite;
}
