/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The state of a training in a file: everything that the next step depends on. */
#ifndef HETSOC_LAB_KERNEL_TRAIN_STATE_H
#define HETSOC_LAB_KERNEL_TRAIN_STATE_H

#include "agents/adam.h"
#include "lab/kernel_train.h"

struct kernel_train_state {
    int64_t step;               /* steps done */
    real *trained, *statistics; /* of the layouts of the pupil */
    struct adam adam;
};

void kernel_train_state_init(struct kernel_train_state *state, const struct pupil *pupil);
void kernel_train_state_finish(struct kernel_train_state *state);

/* To and from PATH.state. Reading leaves the state as it was if there is no such file; a fault if
 * the file is not sound or of a training of another network, seed, length or data set. */
bool kernel_train_state_save(const struct kernel_train_state *state,
                             const struct kernel_train_setup *setup, struct fault *fault);
bool kernel_train_state_load(struct kernel_train_state *state,
                             const struct kernel_train_setup *setup, struct fault *fault);

/* Removes PATH.state, if there is one. */
void kernel_train_state_remove(const struct kernel_train_setup *setup);

#endif
