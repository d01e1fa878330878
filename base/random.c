/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/random.h"

#include <assert.h>
#include <math.h>

#include <Random123/philox.h>
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>

struct random_stream random_open(uint64_t seed, uint32_t replicate, enum random_purpose purpose,
                                 uint32_t a, uint32_t b)
{
    assert(replicate < RANDOM_REPLICATE_LIMIT);
    assert((uint32_t)purpose < RANDOM_PURPOSE_LIMIT);
    return (struct random_stream){seed, replicate, (uint32_t)purpose, a, b, 0};
}

uint64_t random_bits(struct random_stream *stream)
{
    assert(stream->index < UINT32_MAX);
    philox4x32_key_t key = {{(uint32_t)stream->seed, (uint32_t)(stream->seed >> 32)}};
    philox4x32_ctr_t counter = {{stream->index++, stream->a, stream->b,
                                 stream->purpose * RANDOM_REPLICATE_LIMIT + stream->replicate}};
    philox4x32_ctr_t block = philox4x32(counter, key);
    return (uint64_t)block.v[1] << 32 | block.v[0];
}

double random_uniform(struct random_stream *stream)
{
    return ((double)(random_bits(stream) >> 12) + 0.5) * 0x1p-52;
}

uint32_t random_below(struct random_stream *stream, uint32_t count)
{
    assert(count >= 1);
    uint64_t left_over = (UINT64_MAX % count + 1) % count;
    uint64_t bits;
    do {
        bits = random_bits(stream);
    } while (bits < left_over);
    return (uint32_t)(bits % count);
}

double random_exponential(struct random_stream *stream)
{
    return -log1p(-random_uniform(stream));
}

double random_normal(struct random_stream *stream)
{
    return gsl_cdf_ugaussian_Pinv(random_uniform(stream));
}

/* Where to start: Wilson and Hilferty 1931, or in the lower tail the first term of the series. */
static double guess_gamma(double u, double shape)
{
    double spread = 1.0 / (9.0 * shape);
    double root = 1.0 - spread + gsl_cdf_ugaussian_Pinv(u) * sqrt(spread);
    double middle = root * root * root;
    return root > 0.3 ? middle : exp((log(u) + lgamma(shape + 1.0)) / shape) / shape;
}

/* Newton's steps on the smaller tail, within a bracket that shrinks; GSL's own inverse aborts where
 * it does not converge. */
double random_gamma(struct random_stream *stream, double shape)
{
    assert(shape >= RANDOM_SHAPE_MIN && shape <= RANDOM_SHAPE_MAX);
    double u = random_uniform(stream), scale = 1.0 / shape;
    double low = 0.0, high = INFINITY, x = guess_gamma(u, shape);
    for (int i = 0; i < 200; i++) {
        double over = u < 0.5 ? gsl_cdf_gamma_P(x, shape, scale) - u
                              : (1.0 - u) - gsl_cdf_gamma_Q(x, shape, scale);
        if (over > 0.0)
            high = x;
        else
            low = x;
        double next = x - over / gsl_ran_gamma_pdf(x, shape, scale);
        if (!(next > low && next < high))
            next = isinf(high) ? 2.0 * x : 0.5 * (low + high);
        if (fabs(next - x) <= 1e-14 * x)
            break;
        x = next;
    }
    return x;
}

double random_pareto(struct random_stream *stream, double alpha)
{
    assert(alpha > 1.0);
    return gsl_cdf_pareto_Pinv(random_uniform(stream), alpha, 1.0 - 1.0 / alpha);
}

int32_t random_binomial(struct random_stream *stream, double probability, int32_t count)
{
    assert(count >= 0 && probability >= 0.0 && probability <= 1.0);
    double draw = random_uniform(stream);
    int32_t low = 0;
    int32_t high = count; /* the smallest k with P(X <= k) >= draw lies in [low, high] */
    while (low < high) {
        int32_t middle = low + (high - low) / 2;
        if (gsl_cdf_binomial_P((unsigned)middle, probability, (unsigned)count) >= draw)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}
