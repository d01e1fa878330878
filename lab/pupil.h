/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A network that learns to classify images, so that a kernel can run it: its layers, its passes
 * forward and backward, and the form in which the kernel takes it.
 *
 * The description is immutable. Parameters, gradients and statistics are blocks of the caller, so
 * that one description serves any number of threads. A batch is worked off in shards; the result of
 * a shard is a function of its inputs alone. */
#ifndef HETSOC_LAB_PUPIL_H
#define HETSOC_LAB_PUPIL_H

#include <stdbool.h>
#include <stdint.h>

#include "agents/tensors.h"
#include "agents/workspace.h"
#include "base/fault.h"

enum {
    PUPIL_CLASSES = 10,
    PUPIL_ROUTERS = 2, /* at most */
    PUPIL_ROUTES = 4,  /* at most, of one router */
};

/* What a route has of its own counts by this factor: a step of Adam is as long for every number,
 * and what all samples want is to move further than what those of one route want. */
#define PUPIL_OWN 0.3

/* What a network is, and how it is taught. */
struct pupil_recipe {
    const char *name, *summary;
    const struct pupil_kind *kind;
    int32_t trees, depth; /* of an FFF */
    int32_t neurons;      /* of a dense layer */
    int32_t epochs;
    double rate;         /* of Adam: the peak */
    double weight_decay; /* share of a weight that goes per step, times the rate */
    double dropout;      /* of hidden fully connected layers */
};

/* A tensor that every route of a block has one of. */
struct pupil_tie {
    size_t common;               /* offset of what all routes share, in what is trained */
    size_t routes[PUPIL_ROUTES]; /* offsets of what is each route's own; both layouts */
    int32_t route_count;
    size_t count; /* of reals */
};

struct pupil {
    const struct pupil_recipe *recipe;
    struct tensors parameters; /* what a pass uses */
    struct tensors trained;    /* what the optimizer sees: the same, and what routes share */
    int32_t tie_count;
    struct pupil_tie *ties;
    struct tensors statistics; /* means and variances of batch normalisations, in pairs */
    int32_t routers;
    int32_t routes[PUPIL_ROUTERS];
    void *own; /* of the kind */
};

/* How samples go through the network. */
enum pupil_mode {
    PUPIL_TIED,   /* learn; all routes are one: the first stands for them */
    PUPIL_ROUTED, /* learn; each sample takes its route */
    PUPIL_RUN,    /* as the kernel will do it */
};

struct pupil_shard {
    enum pupil_mode mode;
    int32_t rows;
    const real *images;    /* [rows][pixels] in 0..1 */
    const uint8_t *labels; /* [rows] */
    double share;          /* weight of a sample: 1 / batch */
    uint64_t seed;         /* of dropout, together with: */
    uint32_t shard, step;
};

/* Sums over samples. */
struct pupil_sums {
    int64_t samples, correct;
    double objective;           /* what the gradients are of */
    double loss;                /* cross entropy, nats */
    double gain[PUPIL_ROUTERS]; /* information gain losses, times samples; nats */
};

/* What a pass writes, besides the sums. */
struct pupil_results {
    real *gradients;  /* added to; NULL with PUPIL_RUN */
    real *statistics; /* [statistics.reals] of this shard's samples; NULL with PUPIL_RUN */
    real *logits;     /* [rows][PUPIL_CLASSES], NULL = not wanted */
    int32_t *choices; /* [rows][routers], NULL = not wanted */
};

void pupil_init(struct pupil *pupil, const struct pupil_recipe *recipe);
void pupil_finish(struct pupil *pupil);

/* Starting values: what is trained by the seed (what routes have of their own: 0), means 0,
 * variances 1. */
void pupil_draw(const struct pupil *pupil, uint64_t seed, real *trained, real *statistics);

/* Parameters of a pass from what is trained: a route's tensor is what all share plus PUPIL_OWN
 * times its own part. So every sample moves the common part, and routes differ by what their own
 * samples want. */
void pupil_expand(const struct pupil *pupil, const real *trained, real *parameters);

/* Gradients by what is trained from those by the parameters, the adjoint of pupil_expand. While
 * routes are tied, their own parts get none. */
void pupil_contract(const struct pupil *pupil, const real *gradients, bool tied, real *trained);

/* Work with one shard. `transposed` is what tensors_transpose makes of the parameters (not for
 * PUPIL_RUN); `running` are the statistics that PUPIL_RUN uses. Resets the workspace. */
void pupil_pass(const struct pupil *pupil, const real *parameters, const real *transposed,
                const real *running, const struct pupil_shard *shard, struct workspace *workspace,
                const struct pupil_results *results, struct pupil_sums *sums);

/* Ends PUPIL_TIED: the optimizer sizes the first steps of what is the routes' own by the second
 * moments of what they share. */
void pupil_untie(const struct pupil *pupil, real *moments);

/* Writes the file that the kernel reads. */
bool pupil_save(const struct pupil *pupil, const real *parameters, const real *statistics,
                const char *path, struct fault *fault);

/* Multiply-adds for one sample, and parameters stored. */
int64_t pupil_macs(const struct pupil *pupil);
int64_t pupil_stored(const struct pupil *pupil);

/* The trained network in its inference kernel. */
struct pupil_kernel;
struct pupil_kernel *pupil_kernel_load(const struct pupil *pupil, const char *path,
                                       struct fault *fault);
void pupil_kernel_destroy(struct pupil_kernel *kernel); /* NULL is fine */

/* As PUPIL_RUN, by the kernel. */
bool pupil_kernel_run(struct pupil_kernel *kernel, const float *images, int32_t rows, float *logits,
                      int32_t *choices, struct fault *fault);

/* The contract of a kind: one file. Members are as the functions above. */
struct pupil_kind {
    void (*init)(struct pupil *pupil); /* adds tensors, sets routers, routes and own */
    void (*finish)(struct pupil *pupil);
    void (*pass)(const struct pupil *pupil, const real *parameters, const real *transposed,
                 const real *running, const struct pupil_shard *shard, struct workspace *workspace,
                 const struct pupil_results *results, struct pupil_sums *sums);
    bool (*save)(const struct pupil *pupil, const real *parameters, const real *statistics,
                 const char *path, struct fault *fault);
    int64_t (*macs)(const struct pupil *pupil);
    int64_t (*stored)(const struct pupil *pupil);
    void *(*load)(const struct pupil *pupil, const char *path, struct fault *fault);
    bool (*run)(void *loaded, const float *images, int32_t rows, float *logits, int32_t *choices,
                struct fault *fault);
    void (*unload)(void *loaded);
};
extern const struct pupil_kind pupil_trellis, pupil_fff, pupil_dense;

/* Every network that can be trained; ends with a NULL name. And the one of a name, NULL if none. */
extern const struct pupil_recipe pupil_recipes[];
const struct pupil_recipe *pupil_find(const char *name);

#endif
