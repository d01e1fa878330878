/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Images in frames of zeros: what the window of a convolution walks over. */
#ifndef HETSOC_AGENTS_FRAME_H
#define HETSOC_AGENTS_FRAME_H

#include "agents/convolution.h"

struct frame {
    int32_t height, width, channels; /* of the frame */
    int32_t top, left, spread;       /* of the image's first pixel, and of its pixels */
};

/* That of the forward pass. */
struct frame frame_of_input(const struct convolution *shape);

/* That of the output's gradient, over which a window that is turned around walks with stride one to
 * give the input's. */
struct frame frame_of_output(const struct convolution *shape);

/* Zeros, [height][width][channels] of the frame. */
real *frame_create(const struct frame *frame, struct workspace *workspace);

/* Puts an image into a frame; pixels that would lie beyond it are in no window. */
void frame_fill(const struct frame *frame, const real *image, int32_t height, int32_t width,
                real *framed);

/* Adds the pixels of an image in a frame, whose spread is 1, to an image: the adjoint of
 * frame_fill. */
void frame_add(const struct frame *frame, const real *framed, int32_t height, int32_t width,
               real *image);

#endif
