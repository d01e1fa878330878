/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inference with a trellis: one thread, weights folded and packed once, no heap per call.
 *
 * A batch is worked off in chunks of TRELLIS_CHUNK samples. In a chunk every stage runs over all
 * samples before the next one begins, grouped by route, so that the weights of a route are fetched
 * once per chunk. A sample gets the same bytes in any batch. */
#ifndef HETSOC_WORKLOADS_KERNELS_TRELLIS_NET_H
#define HETSOC_WORKLOADS_KERNELS_TRELLIS_NET_H

#include "workloads/kernels/isa.h"
#include "workloads/kernels/trellis_weights.h"

enum { TRELLIS_CHUNK = 32, TRELLIS_CLASSES = 10 };

struct trellis_net;

/* `isa` must run here. The weights are copied. */
struct trellis_net *trellis_net_create(const struct trellis_weights *weights, enum isa isa);
void trellis_net_destroy(struct trellis_net *net); /* NULL is fine */

/* Routers of the model, i.e. choices per sample. */
int32_t trellis_net_routers(const struct trellis_net *net);

/* Runs `count` >= 1 samples, [channels][height][width] each, one after the other. Writes
 * TRELLIS_CLASSES logits per sample and, unless `choices` is NULL, the choice of each router (the
 * largest logit, the first of equals). A fault names the first sample with a value that is not
 * finite; results are then undefined. Not for two threads at once. */
bool trellis_net_run(struct trellis_net *net, const float *samples, int32_t count, float *logits,
                     int32_t *choices, struct fault *fault);

/* One stage on one route, for the first `count` <= TRELLIS_CHUNK samples of the last chunk that
 * ran, whatever their choice was. For measurements: the stages before must have run. */
void trellis_net_repeat(struct trellis_net *net, int32_t stage, int32_t route, int32_t count);

#endif
