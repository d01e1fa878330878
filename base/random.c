/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/random.h"

#include <assert.h>
#include <math.h>

#include <Random123/philox.h>
#include <gsl/gsl_cdf.h>

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
