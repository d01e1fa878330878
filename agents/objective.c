/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agents/objective.h"

#include <assert.h>

#include "agents/choice.h"

/* Ratios beyond e^20 have no gradient: they would be no information, only overflow. */
#define LOG_RATIO_LIMIT 20.0

/* d loss / d log p[action]; adds the loss to the sums. */
static double pull_of(const struct objective *objective, const struct objective_choice *choice,
                      double log_prob, struct objective_sums *sums)
{
    double advantage = choice->advantage;
    double log_ratio = log_prob - choice->old_log_prob;
    switch (objective->kind) {
    case OBJECTIVE_CLONE:
        sums->loss -= log_prob;
        return -1;
    case OBJECTIVE_REINFORCE:
        sums->drift -= log_ratio;
        sums->loss -= advantage * log_prob;
        return -advantage;
    case OBJECTIVE_PPO:
        break;
    }
    sums->drift -= log_ratio;
    double low = 1 - objective->clip, high = 1 + objective->clip;
    double ratio = real_exp(log_ratio < LOG_RATIO_LIMIT ? log_ratio : LOG_RATIO_LIMIT);
    if ((advantage > 0 && ratio > high) || (advantage < 0 && ratio < low)) {
        sums->clipped++;
        sums->loss -= advantage * (advantage > 0 ? high : low);
        return 0;
    }
    sums->loss -= advantage * ratio;
    return log_ratio < LOG_RATIO_LIMIT ? -advantage * ratio : 0;
}

void objective_backward(const struct objective *objective, const struct objective_choice *choice,
                        const real *logits, real *probabilities, real *d_logits,
                        struct objective_sums *sums)
{
    int32_t count = choice->count, action = choice->action;
    assert(action >= 0 && action < count);
    double log_sum = (double)choice_softmax(logits, count, probabilities);
    double entropy = 0;
    for (int32_t i = 0; i < count; i++)
        if (probabilities[i] > 0)
            entropy -= (double)probabilities[i] * ((double)logits[i] - log_sum);
    double pull = pull_of(objective, choice, (double)logits[action] - log_sum, sums);
    double bonus = objective->kind == OBJECTIVE_CLONE ? 0 : objective->entropy;
    for (int32_t i = 0; i < count; i++) {
        double probability = (double)probabilities[i];
        double gradient = pull * ((i == action) - probability);
        if (probability > 0)
            gradient += bonus * probability * ((double)logits[i] - log_sum + entropy);
        d_logits[i] = (real)gradient;
    }
    sums->choices++;
    sums->entropy += entropy;
    sums->agreed += choice_best(logits, count) == action;
}

void objective_sums_add(struct objective_sums *a, const struct objective_sums *b)
{
    a->choices += b->choices;
    a->loss += b->loss;
    a->entropy += b->entropy;
    a->drift += b->drift;
    a->clipped += b->clipped;
    a->agreed += b->agreed;
}
