/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Losses of networks that classify, and of routers that should: rows of logits, a label each. */
#ifndef HETSOC_AGENTS_CLASSIFY_H
#define HETSOC_AGENTS_CLASSIFY_H

#include <stdint.h>

#include "agents/real.h"
#include "agents/workspace.h"

/* Sum over rows of -log softmax(logits)[label]. logits and d_logits [rows][classes]; writes
 * `scale` times its gradient. `correct`, unless NULL, gets the rows whose label is largest. */
double cross_entropy(const real *logits, const uint8_t *labels, int32_t rows, int32_t classes,
                     double scale, real *d_logits, int64_t *correct);

/* The routing loss of a conditional information gain trellis (Bicici and Akarun):
 *   -(balance H(n) + H(c) - H(c, n)),  p(c, n) = mean over rows of [label = c] p(n | row),
 * p(n | row) = softmax(logits / temperature). It is low where routes are used alike (balance > 1
 * stresses that) and tell classes apart. logits and d_logits [rows][routes]; writes `scale` times
 * its gradient. In nats. */
double information_gain(const real *logits, const uint8_t *labels, int32_t rows, int32_t routes,
                        int32_t classes, double temperature, double balance, double scale,
                        struct workspace *workspace, real *d_logits);

#endif
