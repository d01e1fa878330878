/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A choice among candidates by the softmax of their logits.
 *
 * A logit of CHOICE_MASKED forbids its candidate: probability 0, no gradient. At least one
 * candidate of a choice is allowed. All O(count). */
#ifndef HETSOC_AGENTS_CHOICE_H
#define HETSOC_AGENTS_CHOICE_H

#include <math.h>
#include <stdint.h>

#include "agents/real.h"

#define CHOICE_MASKED ((real)-INFINITY)

/* Probabilities [count] of logits [count]; returns the logarithm of the sum of their exponentials,
 * so that log p[i] = logits[i] - that. */
real choice_softmax(const real *logits, int32_t count, real *probabilities);

/* The first candidate at which the cumulated probability exceeds u in (0, 1). */
int32_t choice_sample(const real *probabilities, int32_t count, double u);

/* The first candidate of the largest logit. */
int32_t choice_best(const real *logits, int32_t count);

#endif
