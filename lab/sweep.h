/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `sweep` of an experiment: keys that vary together, beside the lists that are crossed.
 *
 * `zip` gives some keys lists of the same length; `random` draws the values of others, n samples of
 * all of them. Each becomes lists in the tree, at the places of the keys, that advance together.
 * A draw depends on (seed, sample, key), so that more samples keep the earlier ones, and the order
 * of the keys means nothing. */
#ifndef HETSOC_LAB_SWEEP_H
#define HETSOC_LAB_SWEEP_H

#include "base/schema.h"

extern const struct schema sweep_schema;

enum { SWEEP_ZIP, SWEEP_RANDOM, SWEEP_COUNT };

/* Keys whose lists advance together. */
struct sweep_group {
    const char **paths; /* [count], in file order */
    int count;          /* 0 = there is no such group */
};

struct sweep {
    struct sweep_group groups[SWEEP_COUNT];
};

/* Reads `sweep` of an experiment and puts the lists where their keys are. Does nothing if there is
 * none. Faults: what sweep_schema refuses, a key that cannot be swept or is given elsewhere, too,
 * lists of different lengths, a range without values, fewer combinations than samples. The keys of
 * `schema` are those that can be swept. */
bool sweep_read(struct sweep *sweep, struct arena *arena, const struct schema *schema,
                struct yaml_node *root, struct fault *fault);

/* The group of a key, NULL if it varies alone. O(keys). */
const struct sweep_group *sweep_group(const struct sweep *sweep, const char *path);

/* Where a value hangs in a tree; NULL if it is not there. */
struct yaml_node **sweep_slot(struct arena *arena, struct yaml_node *root, const char *path);

/* Takes the lists out of a copy of the tree again, so that it reads as it was written. */
void sweep_take_out(const struct sweep *sweep, struct arena *arena, struct yaml_node *root);

#endif
