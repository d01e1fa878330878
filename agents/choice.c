/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agents/choice.h"

#include <assert.h>

real choice_softmax(const real *logits, int32_t count, real *probabilities)
{
    real largest = logits[choice_best(logits, count)];
    assert(largest > CHOICE_MASKED);
    double sum = 0;
    for (int32_t i = 0; i < count; i++) {
        double weight = real_exp((double)logits[i] - (double)largest);
        probabilities[i] = (real)weight;
        sum += weight;
    }
    real scale = (real)(1 / sum);
    for (int32_t i = 0; i < count; i++)
        probabilities[i] *= scale;
    return (real)((double)largest + real_log(sum));
}

int32_t choice_sample(const real *probabilities, int32_t count, double u)
{
    double sum = 0;
    int32_t last = 0;
    for (int32_t i = 0; i < count; i++) {
        if (probabilities[i] <= 0)
            continue;
        sum += (double)probabilities[i];
        last = i;
        if (u < sum)
            return i;
    }
    return last;
}

int32_t choice_best(const real *logits, int32_t count)
{
    int32_t best = 0;
    for (int32_t i = 1; i < count; i++)
        if (logits[i] > logits[best])
            best = i;
    return best;
}
