/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agents/classify.h"

#include <assert.h>
#include <string.h>

#include "agents/choice.h"

/* Below this a probability counts as this in logarithms: 0 log 0 = 0. */
#define LEAST_PROBABILITY 1e-30

double cross_entropy(const real *logits, const uint8_t *labels, int32_t rows, int32_t classes,
                     double scale, real *d_logits, int64_t *correct)
{
    double loss = 0;
    for (int32_t r = 0; r < rows; r++, logits += classes, d_logits += classes) {
        assert(labels[r] < classes);
        double log_sum = (double)choice_softmax(logits, classes, d_logits);
        loss += log_sum - (double)logits[labels[r]];
        if (correct != NULL)
            *correct += choice_best(logits, classes) == labels[r];
        d_logits[labels[r]] -= 1;
        for (int32_t c = 0; c < classes; c++)
            d_logits[c] *= (real)scale;
    }
    return loss;
}

static double log_of(double probability)
{
    return real_log(probability > LEAST_PROBABILITY ? probability : LEAST_PROBABILITY);
}

static double entropy_of(const double *probabilities, int32_t count)
{
    double entropy = 0;
    for (int32_t i = 0; i < count; i++)
        entropy -= probabilities[i] * log_of(probabilities[i]);
    return entropy;
}

/* Through the softmax: d_logit = p (d_p - sum p d_p) / temperature. d_p is the slope of the loss by
 * p(n | row), the same for all rows of a class. */
static void softmax_backward(const real *probabilities, const double *slopes, int32_t count,
                             double scale, real *d_logits)
{
    double mean = 0;
    for (int32_t i = 0; i < count; i++)
        mean += (double)probabilities[i] * slopes[i];
    for (int32_t i = 0; i < count; i++)
        d_logits[i] = (real)(scale * (double)probabilities[i] * (slopes[i] - mean));
}

double information_gain(const real *logits, const uint8_t *labels, int32_t rows, int32_t routes,
                        int32_t classes, double temperature, double balance, double scale,
                        struct workspace *workspace, real *d_logits)
{
    assert(rows > 0);
    struct workspace_mark mark = workspace_mark(workspace);
    const size_t cells = (size_t)classes * (size_t)routes;
    double *joint = workspace_take(workspace, cells * sizeof *joint);
    double *of_route = workspace_take(workspace, (size_t)routes * sizeof *of_route);
    double *of_class = workspace_take(workspace, (size_t)classes * sizeof *of_class);
    real *probabilities = workspace_reals(workspace, (size_t)rows * (size_t)routes);
    real *tempered = workspace_reals(workspace, (size_t)routes);
    memset(joint, 0, cells * sizeof *joint);
    memset(of_route, 0, (size_t)routes * sizeof *of_route);
    memset(of_class, 0, (size_t)classes * sizeof *of_class);
    for (int32_t r = 0; r < rows; r++) {
        real *row = probabilities + (ptrdiff_t)r * routes;
        assert(labels[r] < classes);
        for (int32_t n = 0; n < routes; n++)
            tempered[n] = (real)((double)logits[(ptrdiff_t)r * routes + n] / temperature);
        choice_softmax(tempered, routes, row);
        of_class[labels[r]] += 1.0 / rows;
        for (int32_t n = 0; n < routes; n++) {
            joint[labels[r] * routes + n] += (double)row[n] / rows;
            of_route[n] += (double)row[n] / rows;
        }
    }
    double loss = -(balance * entropy_of(of_route, routes) + entropy_of(of_class, classes) -
                    entropy_of(joint, classes * routes));
    /* d loss / d p(c, n) = balance (log p(n) + 1) - (log p(c, n) + 1), in place */
    for (int32_t i = 0; i < classes * routes; i++)
        joint[i] = balance * (log_of(of_route[i % routes]) + 1) - (log_of(joint[i]) + 1);
    for (int32_t r = 0; r < rows; r++)
        softmax_backward(probabilities + (ptrdiff_t)r * routes, joint + labels[r] * routes, routes,
                         scale / (temperature * rows), d_logits + (ptrdiff_t)r * routes);
    workspace_rewind(workspace, mark);
    return loss;
}
