/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A network in a safetensors file: its weights by name, what kind and shape it is, notes of who
 * made it, and for a training run the state of its optimizer too.
 *
 * The file says enough to build the network again, so that whoever reads it decides only whether it
 * fits: checkpoint_expect compares a note with what the program has. A file with optimizer state
 * holds the weights as well; one rename makes it current, so that a killed run resumes from one
 * consistent state. */
#ifndef HETSOC_AGENTS_CHECKPOINT_H
#define HETSOC_AGENTS_CHECKPOINT_H

#include "agents/adam.h"
#include "agents/network.h"
#include "base/safetensors.h"

/* Writes PATH atomically (base/safetensors.h). `adam` may be NULL. Keys of notes must not start
 * with "network". */
bool checkpoint_write(const char *path, const struct network *network, const real *parameters,
                      const struct adam *adam, const struct safetensors_note *notes, int32_t count,
                      struct fault *fault);

/* A network as read from a file. */
struct checkpoint {
    struct network network;
    real *parameters;         /* [network.tensors.reals], all finite */
    struct adam adam;         /* count 0 if the file has no optimizer state */
    struct safetensors *file; /* for notes */
    const char *path;
};

/* False and a fault if the file is not sound, of an unknown kind, or lacks a tensor or has one of
 * another shape or of weights that are not finite. `path` is borrowed until checkpoint_close. */
bool checkpoint_open(struct checkpoint *checkpoint, const char *path, struct fault *fault);
void checkpoint_close(struct checkpoint *checkpoint);

/* A note, NULL if there is none. */
const char *checkpoint_note(const struct checkpoint *checkpoint, const char *key);

/* A fault unless the note is there and equal; `hint` is for the user. */
bool checkpoint_expect(const struct checkpoint *checkpoint, const char *key, const char *value,
                       const char *hint, struct fault *fault);

/* A note that is a whole number of at least 0; false and a fault if there is none. */
bool checkpoint_number(const struct checkpoint *checkpoint, const char *key, int64_t *value,
                       struct fault *fault);

#endif
