/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the stages of the inference kernels cost, whoever runs them: the link from a simulated task
 * to a kernel. All of it is computed from shapes, in fp32, for one sample (an image; for FFF and
 * dense layers one token). */
#ifndef HETSOC_WORKLOADS_KERNELS_STAGE_H
#define HETSOC_WORKLOADS_KERNELS_STAGE_H

#include <stdbool.h>
#include <stdint.h>

struct stage {
    const char *model; /* "cigt_cifar10", "fff_1x11_3x4", ... */
    const char *name;  /* "B1", "mid", ...; unique in its model */
    int32_t variants;  /* alternatives, each with weights of its own, of which a sample takes one */
    int64_t mac;       /* multiply-adds per sample */
    int64_t parameters;          /* of one variant */
    int64_t stored_bytes;        /* weights of one variant */
    int64_t touched_bytes;       /* weights that one sample reads; an FFF reads one path of them */
    int64_t in_bytes, out_bytes; /* activations per sample */
    int32_t depth;               /* steps that must follow each other: layers, or tree nodes */
};

enum { STAGE_MAX = 8 };

/* Models that have stages; NULL-terminated. */
extern const char *const stage_models[];

/* The stages of a model, in the order in which a sample meets them; returns how many, 0 if there is
 * no such model. O(layers); no heap. */
int32_t stage_list(const char *model, struct stage stages[static STAGE_MAX]);

/* The stage "MODEL/NAME", e.g. "cigt_cifar10/B1"; false if there is none. */
bool stage_find(const char *path, struct stage *stage);

#endif
