/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The benchmark of the kernels (README.md beside this file says what is measured and how).
 *
 * A new kernel is one file that defines a `struct bench_kind` and one row in bench_registry.c. */
#ifndef HETSOC_WORKLOADS_KERNELS_BENCH_H
#define HETSOC_WORKLOADS_KERNELS_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/fault.h"
#include "workloads/kernels/isa.h"

/* What a kernel is created for. */
struct bench_setting {
    enum isa isa;
    int32_t layers;      /* layers of the same shape with weights of their own, used in turn */
    int32_t batch_limit; /* no call has more samples */
    uint64_t seed;       /* of the weights */
};

/* What one sample costs, in calls of `batch` samples. */
struct bench_work {
    int32_t inputs, outputs; /* floats per sample */
    int64_t mac;             /* multiply-adds per sample */
    double bytes;            /* weights read per sample: those of the call / batch */
    double stored_bytes;     /* weights of one layer */
};

struct bench_kind {
    const char *kernel, *variant; /* columns of the table */
    const char *summary;
    const char *contest; /* kernels of one contest run turn by turn and are compared */
    bool is_rival;       /* the fastest rival of the contest is what others are compared with */
    bool has_isa;        /* false: the kernel chooses by itself */
    bool has_layers;     /* false: measured with one layer only */
    bool is_extra;       /* measured only when its variant is asked for */
    int32_t batch_limit; /* larger batches are left out; 0 = none are */
    const void *parameter;

    /* Weights and scratch memory; NULL if the kernel is not available on this machine. */
    void *(*create)(const struct bench_kind *kind, const struct bench_setting *setting);
    void (*destroy)(void *self);
    void (*describe)(const void *self, int32_t batch, struct bench_work *work);
    /* What stands in the column isa; NULL: the name of the setting's. */
    const char *(*isa)(const void *self);
    /* x [batch][inputs] to out [batch][outputs]. */
    bool (*run)(void *self, int32_t layer, const float *x, int32_t batch, float *out,
                struct fault *fault);
    /* The same by the plain reference, with layer 0. */
    void (*reference)(void *self, const float *x, int32_t batch, float *out);
};

/* NULL-terminated. */
extern const struct bench_kind *const bench_kinds[];

enum { BENCH_LIST_MAX = 16 };

/* What to measure. */
struct bench_plan {
    const char *kernels[BENCH_LIST_MAX]; /* "fff" or "fff/2x10"; none = those that are not extra */
    int32_t kernel_count;
    enum isa isas[ISA_COUNT];
    int32_t isa_count;
    int32_t batches[BENCH_LIST_MAX];
    int32_t batch_count;
    int32_t layers[BENCH_LIST_MAX];
    int32_t layer_count;
    double seconds; /* about, for all measurements together */
    uint64_t seed;
};

/* One kernel at one batch. Times are per sample, on the clock on the wall. */
struct bench_row {
    const struct bench_kind *kind;
    char isa[32];
    int32_t batch, layers;
    int32_t calls; /* timed */
    double median_ns, p10_ns;
    struct bench_work work;
    double peak_gmac_s, read_gb_s; /* what this machine can do at most, with these sizes */
    double error;                  /* largest difference from the reference / largest value */
    int32_t rival;                 /* row, -1 = none */
    double ratio;                  /* p10 of the rival / own p10; NAN without a rival */
};

/* How steady the machine was. */
struct bench_noise {
    double spread; /* p90 / p10 of a fixed piece of work, repeated all along */
    double stolen; /* share of the time that the hypervisor gave to others */
    bool is_noisy; /* too much to conclude from the ratios */
};

struct bench_result {
    struct bench_row *rows;
    int32_t count;
    struct bench_noise noise;
    double seconds;
};

/* Runs the plan; `progress` (may be NULL) hears of each case before it starts. False and a fault if
 * nothing matches, or a kernel's outputs differ from its reference by more than BENCH_TOLERANCE. */
#define BENCH_TOLERANCE 2e-5
bool bench_run(const struct bench_plan *plan, void (*progress)(const char *text),
               struct bench_result *result, struct fault *fault);
void bench_finish(struct bench_result *result);

/* The result as a table for people, and as a file (base/placing.h). */
void bench_print(const struct bench_result *result, FILE *stream);
bool bench_write(const struct bench_result *result, const char *path, struct fault *fault);

#endif
