/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Compiled several times: WINOGRAD_KERNEL is the name of the table. Vectors are lanes of channels,
 * which the compiler cuts into registers of the machine; there is no sum over lanes and no fused
 * operation, so all variants give the same bytes. */
#include "agents/winograd_kernel.h"

#include <string.h>

enum { LANES = WINOGRAD_LANES, SIDE = WINOGRAD_SIDE, TAPS = WINOGRAD_TAPS };

typedef real vector __attribute__((vector_size(LANES * sizeof(real))));

static inline vector load(const real *from)
{
    vector value;
    memcpy(&value, from, sizeof value);
    return value;
}

static inline void store(real *to, vector value)
{
    memcpy(to, &value, sizeof value);
}

/* B^T, A^T, A and B of the paper, applied to one row or column whose elements are `step` apart. */
static inline __attribute__((always_inline)) void gather_line(const vector *d, vector *v, int step)
{
    const vector d1 = d[step], d2 = d[2 * step], d3 = d[3 * step], d4 = d[4 * step];
    const vector far = d4 - d2, near = 2 * (d3 - d1);
    v[0] = (4 * d[0] - 5 * d2) + d4;
    v[step] = (d3 + d4) - 4 * (d1 + d2);
    v[2 * step] = 4 * (d1 - d2) + (d4 - d3);
    v[3 * step] = far + near;
    v[4 * step] = far - near;
    v[5 * step] = (4 * d1 - 5 * d3) + d[5 * step];
}

static inline __attribute__((always_inline)) void scatter_line(const vector *v, vector *d, int step)
{
    const vector v0 = v[0], v1 = v[step], v2 = v[2 * step], v3 = v[3 * step], v4 = v[4 * step],
                 v5 = v[5 * step];
    const vector one = v1 + v2, two = v3 + v4, odd = v1 - v2, odd_two = 2 * (v3 - v4);
    d[0] = 4 * v0;
    d[step] = 4 * (v5 - odd) - odd_two;
    d[2 * step] = -5 * v0 - (4 * one + two);
    d[3 * step] = (odd + odd_two) - 5 * v5;
    d[4 * step] = (v0 + one) + two;
    d[5 * step] = v5;
}

static inline __attribute__((always_inline)) void reduce_line(const vector *m, vector *y, int from,
                                                              int to)
{
    const vector m1 = m[from], m2 = m[2 * from], m3 = m[3 * from], m4 = m[4 * from];
    y[0] = (m[0] + (m1 + m2)) + (m3 + m4);
    y[to] = ((m1 - m2) + 2 * (m3 - m4)) + m[5 * from];
}

static inline __attribute__((always_inline)) void expand_line(const vector *y, vector *m, int from,
                                                              int to)
{
    const vector y0 = y[0], y1 = y[from], twice = y1 + y1;
    m[0] = y0;
    m[to] = y0 + y1;
    m[2 * to] = y0 - y1;
    m[3 * to] = y0 + twice;
    m[4 * to] = y0 - twice;
    m[5 * to] = y1;
}

static void gather(const struct winograd_tiles *tiles, const real *frame, real *v)
{
    const int32_t channels = tiles->channels;
    const ptrdiff_t plane = (ptrdiff_t)tiles->rows * tiles->columns * channels;
    for (int32_t ty = 0; ty < tiles->rows; ty++)
        for (int32_t tx = 0; tx < tiles->columns; tx++, v += channels)
            for (int32_t c = 0; c < channels; c += LANES) {
                const real *at = frame + 2 * (ty * tiles->pitch + (ptrdiff_t)tx * channels) + c;
                vector in[SIDE * SIDE], half[SIDE * SIDE], out[SIDE * SIDE];
                for (int y = 0; y < SIDE; y++)
                    for (int x = 0; x < SIDE; x++)
                        in[y * SIDE + x] = load(at + y * tiles->pitch + (ptrdiff_t)x * channels);
                for (int x = 0; x < SIDE; x++)
                    gather_line(in + x, half + x, SIDE);
                for (int y = 0; y < SIDE; y++)
                    gather_line(half + y * SIDE, out + y * SIDE, 1);
                for (int p = 0; p < SIDE * SIDE; p++)
                    store(v + p * plane + c, out[p]);
            }
}

static void scatter(const struct winograd_tiles *tiles, const real *v, real *frame)
{
    const int32_t channels = tiles->channels;
    const ptrdiff_t plane = (ptrdiff_t)tiles->rows * tiles->columns * channels;
    for (int32_t ty = 0; ty < tiles->rows; ty++)
        for (int32_t tx = 0; tx < tiles->columns; tx++, v += channels)
            for (int32_t c = 0; c < channels; c += LANES) {
                real *at = frame + 2 * (ty * tiles->pitch + (ptrdiff_t)tx * channels) + c;
                vector in[SIDE * SIDE], half[SIDE * SIDE], out[SIDE * SIDE];
                for (int p = 0; p < SIDE * SIDE; p++)
                    in[p] = load(v + p * plane + c);
                for (int x = 0; x < SIDE; x++)
                    scatter_line(in + x, half + x, SIDE);
                for (int y = 0; y < SIDE; y++)
                    scatter_line(half + y * SIDE, out + y * SIDE, 1);
                for (int y = 0; y < SIDE; y++)
                    for (int x = 0; x < SIDE; x++) {
                        real *to = at + y * tiles->pitch + (ptrdiff_t)x * channels;
                        store(to, load(to) + out[y * SIDE + x]);
                    }
            }
}

static void reduce(const struct winograd_tiles *tiles, const real *m, const real *bias, real *y)
{
    const int32_t channels = tiles->channels;
    const ptrdiff_t plane = (ptrdiff_t)tiles->rows * tiles->columns * channels;
    const ptrdiff_t pitch = (ptrdiff_t)2 * tiles->columns * channels;
    for (int32_t ty = 0; ty < tiles->rows; ty++)
        for (int32_t tx = 0; tx < tiles->columns; tx++, m += channels)
            for (int32_t c = 0; c < channels; c += LANES) {
                real *at = y + 2 * (ty * pitch + (ptrdiff_t)tx * channels) + c;
                const vector start = load(bias + c);
                vector in[SIDE * SIDE], half[2 * SIDE], out[4];
                for (int p = 0; p < SIDE * SIDE; p++)
                    in[p] = load(m + p * plane + c);
                for (int x = 0; x < SIDE; x++)
                    reduce_line(in + x, half + x, SIDE, SIDE);
                for (int r = 0; r < 2; r++)
                    reduce_line(half + r * SIDE, out + 2 * r, 1, 1);
                store(at, out[0] + start);
                store(at + channels, out[1] + start);
                store(at + pitch, out[2] + start);
                store(at + pitch + channels, out[3] + start);
            }
}

static void expand(const struct winograd_tiles *tiles, const real *d_y, real *m)
{
    const int32_t channels = tiles->channels;
    const ptrdiff_t plane = (ptrdiff_t)tiles->rows * tiles->columns * channels;
    const ptrdiff_t pitch = (ptrdiff_t)2 * tiles->columns * channels;
    for (int32_t ty = 0; ty < tiles->rows; ty++)
        for (int32_t tx = 0; tx < tiles->columns; tx++, m += channels)
            for (int32_t c = 0; c < channels; c += LANES) {
                const real *at = d_y + 2 * (ty * pitch + (ptrdiff_t)tx * channels) + c;
                const vector in[4] = {load(at), load(at + channels), load(at + pitch),
                                      load(at + pitch + channels)};
                vector half[2 * SIDE], out[SIDE * SIDE];
                for (int r = 0; r < 2; r++)
                    expand_line(in + 2 * r, half + r * SIDE, 1, 1);
                for (int x = 0; x < SIDE; x++)
                    expand_line(half + x, out + x, SIDE, SIDE);
                for (int p = 0; p < SIDE * SIDE; p++)
                    store(m + p * plane + c, out[p]);
            }
}

/* G and G^T. */
static inline __attribute__((always_inline)) void transform_line(const vector *w, vector *u,
                                                                 int from, int to)
{
    const vector w0 = w[0], w1 = w[from], w2 = w[2 * from], w3 = w[3 * from], w4 = w[4 * from];
    const vector even = (real)(-1.0 / 6) * ((w0 + w2) + w4), odd = (real)(-1.0 / 6) * (w1 + w3);
    const vector even_two = (real)(1.0 / 24) * ((w0 + 4 * w2) + 16 * w4);
    const vector odd_two = (real)(1.0 / 12) * (w1 + 4 * w3);
    u[0] = (real)(1.0 / 4) * w0;
    u[to] = even + odd;
    u[2 * to] = even - odd;
    u[3 * to] = even_two + odd_two;
    u[4 * to] = even_two - odd_two;
    u[5 * to] = w4;
}

static inline __attribute__((always_inline)) void restore_line(const vector *u, vector *w, int from,
                                                               int to)
{
    const vector even = (real)(-1.0 / 6) * (u[from] + u[2 * from]);
    const vector odd = (real)(-1.0 / 6) * (u[from] - u[2 * from]);
    const vector even_two = (real)(1.0 / 24) * (u[3 * from] + u[4 * from]);
    const vector odd_two = (real)(1.0 / 12) * (u[3 * from] - u[4 * from]);
    w[0] = ((real)(1.0 / 4) * u[0] + even) + even_two;
    w[to] = odd + odd_two;
    w[2 * to] = even + 4 * even_two;
    w[3 * to] = odd + 4 * odd_two;
    w[4 * to] = (even + 16 * even_two) + u[5 * from];
}

static void transform(const real *w, size_t pairs, real *u)
{
    for (size_t i = 0; i < pairs; i += LANES) {
        vector in[TAPS * TAPS], half[SIDE * TAPS], out[SIDE * SIDE];
        for (size_t tap = 0; tap < WINOGRAD_WEIGHTS; tap++)
            in[tap] = load(w + tap * pairs + i);
        for (int x = 0; x < TAPS; x++)
            transform_line(in + x, half + x, TAPS, TAPS);
        for (int y = 0; y < SIDE; y++)
            transform_line(half + y * TAPS, out + y * SIDE, 1, 1);
        for (size_t p = 0; p < WINOGRAD_PLANES; p++)
            store(u + p * pairs + i, out[p]);
    }
}

static void restore(const real *d_u, size_t pairs, real *d_w)
{
    for (size_t i = 0; i < pairs; i += LANES) {
        vector in[SIDE * SIDE], half[TAPS * SIDE], out[TAPS * TAPS];
        for (size_t p = 0; p < WINOGRAD_PLANES; p++)
            in[p] = load(d_u + p * pairs + i);
        for (int x = 0; x < SIDE; x++)
            restore_line(in + x, half + x, SIDE, SIDE);
        for (int y = 0; y < TAPS; y++)
            restore_line(half + y * SIDE, out + y * TAPS, 1, 1);
        for (size_t tap = 0; tap < WINOGRAD_WEIGHTS; tap++) {
            real *to = d_w + tap * pairs + i;
            store(to, load(to) + out[tap]);
        }
    }
}

const struct winograd_kernel WINOGRAD_KERNEL = {gather, scatter,   reduce,
                                                expand, transform, restore};
