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

static size_t count_rows(const struct batch_norm_group *groups, int32_t count)
{
    size_t rows = 0;
    for (int32_t g = 0; g < count; g++)
        rows += groups[g].rows;
    return rows;
}

void batch_norm_forward_groups(const real *x, const struct batch_norm_group *groups, int32_t count,
                               int32_t channels, double momentum, real *running_mean,
                               real *running_variance, struct batch_norm_tape *tape, real *y)
{
    double sums[BATCH_NORM_CHANNELS];
    real factor[BATCH_NORM_CHANNELS], offset[BATCH_NORM_CHANNELS];
    const size_t all = count_rows(groups, count);
    assert(all > 1);
    const double rows = (double)all;
    sum_columns(x, NULL, NULL, NULL, all, channels, sums);
    for (int32_t c = 0; c < channels; c++)
        tape->mean[c] = (real)(sums[c] / rows);
    sum_columns(x, tape->mean, x, tape->mean, all, channels, sums);
    for (int32_t c = 0; c < channels; c++) {
        tape->scale[c] = inverse_root(sums[c] / rows);
        running_mean[c] += (real)(momentum * ((double)tape->mean[c] - (double)running_mean[c]));
        running_variance[c] +=
            (real)(momentum * (sums[c] / (rows - 1) - (double)running_variance[c]));
    }
    for (int32_t g = 0; g < count; g++) {
        const size_t values = groups[g].rows * (size_t)channels;
        for (int32_t c = 0; c < channels; c++) {
            factor[c] = groups[g].gain[c] * tape->scale[c];
            offset[c] = groups[g].bias[c] - factor[c] * tape->mean[c];
        }
        batch_norm_apply(x, factor, offset, groups[g].rows, channels, y);
        x += values;
        y += values;
    }
}

void batch_norm_forward(const real *x, const real *gain, const real *bias, size_t rows,
                        int32_t channels, double momentum, real *running_mean,
                        real *running_variance, struct batch_norm_tape *tape, real *y)
{
    const struct batch_norm_group group = {.rows = rows, .gain = gain, .bias = bias};
    batch_norm_forward_groups(x, &group, 1, channels, momentum, running_mean, running_variance,
                              tape, y);
}

/* With n = (x - mean) scale: d_x = scale (gain d_y - mean of gain d_y - n mean of gain d_y n),
 * which is factor d_y + slope (x - mean) + offset for numbers of the channel; means are over all
 * rows. */
void batch_norm_backward_groups(const real *x, const struct batch_norm_group *groups, int32_t count,
                                const struct batch_norm_tape *tape, int32_t channels, real *d_y)
{
    double plain[BATCH_NORM_CHANNELS], weighted[BATCH_NORM_CHANNELS];
    double slopes[BATCH_NORM_CHANNELS] = {0}, offsets[BATCH_NORM_CHANNELS] = {0};
    const size_t width = (size_t)channels;
    const double all = (double)count_rows(groups, count);
    size_t from = 0;
    for (int32_t g = 0; g < count; from += groups[g].rows * width, g++) {
        const struct batch_norm_group *group = &groups[g];
        sum_columns(d_y + from, NULL, NULL, NULL, group->rows, channels, plain);
        sum_columns(d_y + from, NULL, x + from, tape->mean, group->rows, channels, weighted);
        for (int32_t c = 0; c < channels; c++) {
            const double scale = (double)tape->scale[c], by_gain = weighted[c] * scale;
            const real factor = group->gain[c] * tape->scale[c];
            group->d_gain[c] += (real)by_gain;
            group->d_bias[c] += (real)plain[c];
            slopes[c] += -(double)factor * scale * by_gain;
            offsets[c] += -(double)factor * plain[c];
        }
    }
    real factor[BATCH_NORM_CHANNELS], slope[BATCH_NORM_CHANNELS], offset[BATCH_NORM_CHANNELS];
    for (size_t c = 0; c < width; c++) {
        slope[c] = (real)(slopes[c] / all);
        offset[c] = (real)(offsets[c] / all);
    }
    for (int32_t g = 0; g < count; g++) {
        for (int32_t c = 0; c < channels; c++)
            factor[c] = groups[g].gain[c] * tape->scale[c];
        for (size_t r = 0; r < groups[g].rows; r++, x += width, d_y += width)
            for (size_t c = 0; c < width; c++)
                d_y[c] = factor[c] * d_y[c] + slope[c] * (x[c] - tape->mean[c]) + offset[c];
    }
}

void batch_norm_backward(const real *x, const real *gain, const struct batch_norm_tape *tape,
                         size_t rows, int32_t channels, real *d_gain, real *d_bias, real *d_y)
{
    const struct batch_norm_group group = {
        .rows = rows, .gain = gain, .d_gain = d_gain, .d_bias = d_bias};
    batch_norm_backward_groups(x, &group, 1, tape, channels, d_y);
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
