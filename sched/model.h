/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A trained scheduler as a file: a network (agents/checkpoint.h) whose notes also say what it was
 * trained to look at and to do: `features`, the hash of sched/features.h, `node_features` for kinds
 * with embedding, and `mode`. */
#ifndef HETSOC_SCHED_MODEL_H
#define HETSOC_SCHED_MODEL_H

#include "agents/checkpoint.h"
#include "base/memory.h"
#include "sched/choices.h"

struct model {
    const struct network_kind *kind;
    struct network_shape shape;
    enum choice_mode mode;
    const real *weights; /* one block, laid out as network_init says */
};

/* Reads a file into the arena. Faults: those of checkpoint_open, other features than this program
 * computes, an unknown mode. */
bool model_load(struct model *model, struct arena *arena, const char *path, struct fault *fault);

/* The shape of a network of this kind that reads the features of this mode. */
struct network_shape model_shape(const struct network_kind *kind, enum choice_mode mode);

/* "pair_ahead", "pair_wait", "pair" or "order_eft"; and the mode of a name, false if there is none.
 */
const char *model_mode_name(enum choice_mode mode);
bool model_find_mode(const char *name, enum choice_mode *mode);

#endif
