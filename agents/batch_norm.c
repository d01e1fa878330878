/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agents/batch_norm.h"

#include <assert.h>
#include <math.h>
#include <string.h>

/* Rows whose sums are taken in reals before they go into doubles. */
enum { STRETCH = 64 };

/* sums[c] = sum over rows of (a[r][c] - from_a[c]) (b[r][c] - from_b[c]); b NULL = sum of a alone.
 * An origin of NULL is 0. */
static void sum_columns(const real *a, const real *from_a, const real *b, const real *from_b,
                        size_t rows, int32_t channels, double *sums)
{
    static const real zeros[BATCH_NORM_CHANNELS];
    const real *origin_a = from_a == NULL ? zeros : from_a;
    const real *origin_b = from_b == NULL ? zeros : from_b;
    const size_t width = (size_t)channels;
    assert(channels <= BATCH_NORM_CHANNELS);
    memset(sums, 0, width * sizeof *sums);
    for (size_t start = 0; start < rows; start += STRETCH) {
        size_t end = start + STRETCH < rows ? start + STRETCH : rows;
        real part[BATCH_NORM_CHANNELS];
        memset(part, 0, width * sizeof *part);
        for (size_t r = start; r < end; r++)
            if (b == NULL)
                for (size_t c = 0; c < width; c++)
                    part[c] += a[r * width + c];
            else
                for (size_t c = 0; c < width; c++)
                    part[c] += (a[r * width + c] - origin_a[c]) * (b[r * width + c] - origin_b[c]);
        for (size_t c = 0; c < width; c++)
            sums[c] += (double)part[c];
    }
}

static real inverse_root(double variance)
{
    return (real)(1 / sqrt(variance + BATCH_NORM_EPSILON));
}

void batch_norm_forward(const real *x, const real *gain, const real *bias, size_t rows,
                        int32_t channels, double momentum, real *running_mean,
                        real *running_variance, struct batch_norm_tape *tape, real *y)
{
    double sums[BATCH_NORM_CHANNELS];
    real factor[BATCH_NORM_CHANNELS], offset[BATCH_NORM_CHANNELS];
    assert(rows > 1);
    const double count = (double)rows;
    sum_columns(x, NULL, NULL, NULL, rows, channels, sums);
    for (int32_t c = 0; c < channels; c++)
        tape->mean[c] = (real)(sums[c] / count);
    sum_columns(x, tape->mean, x, tape->mean, rows, channels, sums);
    for (int32_t c = 0; c < channels; c++) {
        double mean = (double)tape->mean[c], variance = sums[c] / count;
        tape->scale[c] = inverse_root(variance);
        factor[c] = gain[c] * tape->scale[c];
        offset[c] = bias[c] - factor[c] * tape->mean[c];
        running_mean[c] += (real)(momentum * (mean - (double)running_mean[c]));
        running_variance[c] +=
            (real)(momentum * (sums[c] / (count - 1) - (double)running_variance[c]));
    }
    batch_norm_apply(x, factor, offset, rows, channels, y);
}

/* With n = (x - mean) scale: d_x = gain scale (d_y - mean of d_y - n mean of d_y n), which is
 * factor d_y + slope x + offset for numbers of the channel. */
void batch_norm_backward(const real *x, const real *gain, const struct batch_norm_tape *tape,
                         size_t rows, int32_t channels, real *d_gain, real *d_bias, real *d_y)
{
    double plain[BATCH_NORM_CHANNELS], weighted[BATCH_NORM_CHANNELS];
    real factor[BATCH_NORM_CHANNELS], slope[BATCH_NORM_CHANNELS], offset[BATCH_NORM_CHANNELS];
    sum_columns(d_y, NULL, NULL, NULL, rows, channels, plain);
    sum_columns(d_y, NULL, x, tape->mean, rows, channels, weighted);
    for (int32_t c = 0; c < channels; c++) {
        double scale = (double)tape->scale[c], by_gain = weighted[c] * scale;
        d_gain[c] += (real)by_gain;
        d_bias[c] += (real)plain[c];
        factor[c] = gain[c] * tape->scale[c];
        slope[c] = (real)(-(double)factor[c] * scale * by_gain / (double)rows);
        offset[c] = (real)(-(double)factor[c] * plain[c] / (double)rows);
    }
    const size_t width = (size_t)channels;
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < width; c++)
            d_y[r * width + c] = factor[c] * d_y[r * width + c] +
                                 slope[c] * (x[r * width + c] - tape->mean[c]) + offset[c];
}

void batch_norm_fold(const real *gain, const real *bias, const real *running_mean,
                     const real *running_variance, int32_t channels, real *factor, real *offset)
{
    for (int32_t c = 0; c < channels; c++) {
        factor[c] = gain[c] * inverse_root((double)running_variance[c]);
        offset[c] = bias[c] - factor[c] * running_mean[c];
    }
}

void batch_norm_apply(const real *x, const real *factor, const real *offset, size_t rows,
                      int32_t channels, real *y)
{
    const size_t width = (size_t)channels;
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < width; c++)
            y[r * width + c] = factor[c] * x[r * width + c] + offset[c];
}
