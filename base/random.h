/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Keyed random streams: a draw depends on what it is for, never on when or by whom it is made.
 *
 * Counter-based (Philox4x32-10 of Random123; Salmon et al., SC'11). The key is the master seed,
 * the counter is {draw index, entity a, entity b, purpose * 2^24 + replicate}: two different draws
 * never share a block, because a purpose is below 2^8 and a replicate below 2^24. A draw is the
 * first 64 bits of its block. Nothing else is in the key: rate, noise level, scheduler, platform
 * and worker see the same draws, which is what makes comparisons paired. Distributions are inverse
 * CDFs (GSL) of one uniform each, so that a level scales the same z. */
#ifndef HETSOC_BASE_RANDOM_H
#define HETSOC_BASE_RANDOM_H

#include <stdint.h>

/* What a draw is for. Values are part of the meaning of a seed: never reuse or renumber one. */
enum random_purpose {
    RANDOM_ARRIVAL = 1,   /* (job, 0): gap before the job */
    RANDOM_APP = 2,       /* (job, 0): which app the job is */
    RANDOM_EXEC = 3,      /* (job, task): execution-time factor */
    RANDOM_EPISODE = 4,   /* (PE, renewal): gap and length of a slow-down */
    RANDOM_POLICY = 5,    /* (job, task): choices of a randomized policy */
    RANDOM_GENERATOR = 6, /* (variant, 0): structure of a generated app */
    RANDOM_TEST = 7,      /* inputs of generated test cases */
    RANDOM_ROUTE = 8,     /* (job, branch): which alternative its samples take */
    RANDOM_CLASS = 9,     /* (job, 0): of which class its samples are */
    RANDOM_SEARCH = 10,   /* (list schedule, 0): priorities that a search for optima tries */
    RANDOM_TAIL = 11,     /* (job, task): whether the task takes far longer */
    RANDOM_TRAINING = 12, /* (iteration, instance): which point is played */
    RANDOM_RESAMPLE = 13, /* (sample size, 0): which values a resample holds */
    RANDOM_PHASE = 14,    /* (phase, 0): how long an arrival process stays in a state */
    RANDOM_SWEEP = 16,    /* (sample, key): value of a key of an experiment's random sweep */
    RANDOM_DATA = 17,     /* (job, edge): factor on the time that its data takes */
    RANDOM_TABLE = 18,    /* (task kind, PE kind, by their names): how wrong the table is */
    RANDOM_FAILURE = 19,  /* (PE, renewal): how long it is up and then down */
    RANDOM_LINK = 20,     /* (link, renewal): the same of a link */
    RANDOM_MACHINE = 24,  /* (kind, 0): template and speed; (PE, 1): kind, of a generated machine */
    RANDOM_WEIGHT = 32,   /* (tensor, 0): starting weights of a network */
    RANDOM_DROPOUT = 33,  /* (layer, step): which values a dropout layer zeroes */
    RANDOM_SHUFFLE = 34,  /* (epoch, 0): the order of samples in training */
    RANDOM_MIRROR = 35,   /* (image, epoch): whether it is mirrored in training */
};

#define RANDOM_REPLICATE_LIMIT (UINT32_C(1) << 24)
#define RANDOM_PURPOSE_LIMIT   (UINT32_C(1) << 8)

/* The stream of one entity; caller's memory, no heap, copyable. */
struct random_stream {
    uint64_t seed;
    uint32_t replicate;
    uint32_t purpose;
    uint32_t a, b;
    uint32_t index; /* draws made so far */
};

/* Beyond the limits above is a programmer's mistake. */
struct random_stream random_open(uint64_t seed, uint32_t replicate, enum random_purpose purpose,
                                 uint32_t a, uint32_t b);

/* Next 64 bits. */
uint64_t random_bits(struct random_stream *stream);

/* Uniform in the open interval (0, 1): 52 bits and a half, so that u and 1 - u are both exact and
 * neither end can come out by rounding. */
double random_uniform(struct random_stream *stream);

/* Uniform integer in [0, count), count >= 1, without bias. */
uint32_t random_below(struct random_stream *stream, uint32_t count);

/* Exponential with mean 1. */
double random_exponential(struct random_stream *stream);

/* Standard normal. */
double random_normal(struct random_stream *stream);

/* Gamma with mean 1 and this shape, which is 1 / variance and lies in [RANDOM_SHAPE_MIN,
 * RANDOM_SHAPE_MAX]; some ten evaluations of the distribution. */
#define RANDOM_SHAPE_MIN 0.1
#define RANDOM_SHAPE_MAX 1000.0
double random_gamma(struct random_stream *stream, double shape);

/* Pareto with mean 1 and tail index `alpha` > 1: P(X > x) = ((1 - 1 / alpha) / x)^alpha from its
 * least value 1 - 1 / alpha on. The variance is 1 / (alpha (alpha - 2)), infinite up to alpha 2. */
double random_pareto(struct random_stream *stream, double alpha);

/* Binomial: successes of `count` trials, 0 <= probability <= 1. One draw; O(log count). */
int32_t random_binomial(struct random_stream *stream, double probability, int32_t count);

#endif
