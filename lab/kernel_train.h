/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Teaching a kernel's network: epochs of Adam over a data set, with a rate that rises and falls.
 *
 * A step works off a batch in KERNEL_TRAIN_SHARDS shards, on as many threads as are given, and adds
 * their gradients in the order of the shards. Everything random is keyed by the seed and by what it
 * is for. So the weights are a function of recipe, data, seed and epochs alone: not of the number
 * of threads, nor of whether the training was interrupted.
 *
 * Networks with routers learn with all routes tied for the first quarter of the steps, as one
 * network of the same work; then every route starts from what that has learned ("sparse upcycling",
 * Komatsuzaki et al. 2023), and routers decide. */
#ifndef HETSOC_LAB_KERNEL_TRAIN_H
#define HETSOC_LAB_KERNEL_TRAIN_H

#include <signal.h>

#include "lab/images.h"
#include "lab/pupil.h"

enum { KERNEL_TRAIN_BATCH = 64, KERNEL_TRAIN_SHARDS = 2, KERNEL_TRAIN_EPOCHS_LIMIT = 10000 };

/* How far it is. Means are over the samples of the epoch that this process has seen. */
struct kernel_train_report {
    int64_t step, steps; /* done, of the whole training */
    int32_t epoch, epochs;
    bool is_epoch_end;
    struct pupil_sums sums;
    double samples_per_s, left_s;
};

struct kernel_train_setup {
    const struct pupil *pupil;
    const struct image_set *images;
    uint64_t seed;
    int32_t epochs, threads;
    bool mirrors;        /* in each epoch about half of the images come mirrored left to right */
    const char *path;    /* weights for the kernel; PATH.state is what a resume starts from */
    bool resume;         /* go on from the state if it is there */
    double save_pause_s; /* between two writings of the state */
    void (*on_report)(void *context, const struct kernel_train_report *report);
    void *context;
    const volatile sig_atomic_t *stop; /* a wish to stop; NULL = none */
};

/* Steps of the whole training; an incomplete last batch of an epoch is left out. */
int64_t kernel_train_steps(const struct kernel_train_setup *setup);

/* What has been learned. */
struct kernel_train {
    real *parameters, *statistics; /* owned */
    bool is_finished;              /* false if it was asked to stop */
};

/* Trains; writes the state at first, now and then and at a stop, and the weights at the end. False
 * and a fault if a file cannot be written, the state is of another training, or a loss is not
 * finite. */
bool kernel_train_run(struct kernel_train *train, const struct kernel_train_setup *setup,
                      struct fault *fault);
void kernel_train_finish(struct kernel_train *train);

#endif
