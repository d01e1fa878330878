/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The inside of a training, shared by its parts: train.c (what is done), train_files.c (what is
 * written). Nobody else includes it. */
#ifndef HETSOC_LAB_TRAIN_PARTS_H
#define HETSOC_LAB_TRAIN_PARTS_H

#include "base/csv.h"
#include "lab/team.h"
#include "lab/train.h"
#include "sched/model.h"

/* What the members show each other of a run; its steps and gradients lie beside. */
struct slot {
    struct returns returns;
    int32_t decisions;
    double square;     /* sum of the squared advantages */
    double return_sum; /* over the decisions; only if advantages are over the mean */
    struct objective_sums sums;
};

/* Of a validation run. */
struct outcome {
    double mean_us, p95_us;
};

struct train_shared {
    bool stop; /* the user wishes it */
};

struct train {
    const struct train_setup *setup;
    const struct curriculum *curriculum;
    int32_t worker_count, slot_count, schedulers;
    struct team team;
    struct network network;
    /* The same in every member. */
    real *weights;
    struct adam adam;
    int32_t iteration; /* the next one, counted from the first of the warm start */
    double best_score;
    int32_t best_iteration;
    double *ratio; /* [2 * schedulers] latencies and 95 % quantiles of the last validation */
    /* A member's own. */
    struct rollout *rollouts; /* [slot_count] */
    struct returns *scenario; /* [rollouts] scratch: the runs of one */
    real **advantage;         /* [slot_count][decisions] */
    size_t *advantage_capacity;
    real *sum;
    /* Shared memory. */
    struct train_shared *shared;
    struct slot *slots;         /* [slot_count] */
    struct returns_step *steps; /* [slot_count * steps_per_slot] */
    int32_t steps_per_slot;
    struct outcome *outcomes; /* [validation run * (1 + schedulers)], the network first */
    struct fault *faults;     /* [worker_count], not known at other ranks */
    real *gradients;          /* [slot_count * reals] */
    /* Rank 0. */
    int folder; /* locked while the training writes; -1 before */
    struct csv_writer csv;
    int32_t first_iteration; /* of this process */
    int64_t decisions;       /* since then */
    double start_s, wall_s;  /* wall clock then; seconds that were used before */
};

#endif
