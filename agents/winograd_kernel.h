/* SPDX-License-Identifier: GPL-3.0-or-later */
/* agents/winograd_kernel.c, compiled once for each instruction set: the transforms of tiles, which
 * are 6 x 6 pixels of a frame that overlap by 4, to planes [36][tiles][channels] and back. */
#ifndef HETSOC_AGENTS_WINOGRAD_KERNEL_H
#define HETSOC_AGENTS_WINOGRAD_KERNEL_H

#include <stddef.h>
#include <stdint.h>

#include "agents/real.h"

enum { WINOGRAD_LANES = 16, WINOGRAD_TAPS = 5, WINOGRAD_SIDE = 6 };
enum { WINOGRAD_WEIGHTS = 25, WINOGRAD_PLANES = 36 };

/* The tiles of an image: channels a multiple of WINOGRAD_LANES. */
struct winograd_tiles {
    int32_t rows, columns, channels;
    ptrdiff_t pitch; /* reals of a row of the frame */
};

struct winograd_kernel {
    /* v = B^T d B of each tile of the frame; and its adjoint, which adds B v B^T to the frame. */
    void (*gather)(const struct winograd_tiles *tiles, const real *frame, real *v);
    void (*scatter)(const struct winograd_tiles *tiles, const real *v, real *frame);
    /* y = A^T m A + bias, 2 x 2 pixels of each tile; and the adjoint without bias, m = A y A^T. */
    void (*reduce)(const struct winograd_tiles *tiles, const real *m, const real *bias, real *y);
    void (*expand)(const struct winograd_tiles *tiles, const real *d_y, real *m);
    /* u = G w G^T of each pair of channels, [25][pairs] to [36][pairs]; and its adjoint, which adds
     * G^T u G to d_w. */
    void (*transform)(const real *w, size_t pairs, real *u);
    void (*restore)(const real *d_u, size_t pairs, real *d_w);
};

extern const struct winograd_kernel winograd_kernel_avx512, winograd_kernel_avx2,
    winograd_kernel_portable;

#endif
