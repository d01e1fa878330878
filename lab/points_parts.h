/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The inside of the expansion into points, shared by its parts: points.c (walks through all
 * combinations) and points_read.c (reads one). Nobody else includes it. */
#ifndef HETSOC_LAB_POINTS_PARTS_H
#define HETSOC_LAB_POINTS_PARTS_H

#include "lab/catalog.h"
#include "lab/points.h"

/* The walk through all combinations. */
struct expansion {
    const struct experiment *experiment;
    struct arena *arena;
    struct catalog *catalog;
    const struct catalog_mix *mix; /* of the point before, and its load at one job per us */
    double mix_load;
    struct yaml_node *root; /* own copy; the current item stands in place of each swept list */
    struct contender *contenders;
    struct contender_file *files; /* of the contenders */
    int contender_count;
    const char **keys; /* swept paths without a column of their own */
    size_t key_count, key_capacity;
    struct point *list;
    size_t count, capacity;
    double product; /* of the lengths of the swept lists whose items stand in the tree */
};

/* Reads a checked `workload:` map without lists into a point whose machine is known. Faults: what
 * catalog_mix and catalog_trace refuse, no job to measure, an optimum that cannot be found. */
bool points_read_workload(struct expansion *expansion, struct point *point,
                          const struct yaml_node *workload, struct fault *fault);

/* Notes where the files are that a tree without lists names. */
bool points_find_files(struct expansion *expansion, struct point *point, struct fault *fault);

/* Reads a checked item of `noise`. */
struct noise points_read_noise(const struct yaml_node *node);

#endif
