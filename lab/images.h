/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A data set of the MNIST family: grey images of 28 x 28 pixels in ten classes, to learn from and
 * to be tested on. */
#ifndef HETSOC_LAB_IMAGES_H
#define HETSOC_LAB_IMAGES_H

#include <stdint.h>

#include "base/digest.h"
#include "base/fault.h"

enum { IMAGES_SIDE = 28, IMAGES_PIXELS = IMAGES_SIDE * IMAGES_SIDE, IMAGES_CLASSES = 10 };

struct image_set {
    int32_t count;
    uint8_t *pixels;          /* [count][IMAGES_PIXELS], owned */
    uint8_t *labels;          /* [count] below IMAGES_CLASSES, owned */
    char digest[DIGEST_SIZE]; /* of pixels and labels */
};

struct images {
    struct image_set train, test;
};

/* From the four files of a folder: {train,t10k}-images-idx3-ubyte and -labels-idx1-ubyte, each
 * perhaps with .gz. */
bool images_load(struct images *images, const char *dir, struct fault *fault);
void images_finish(struct images *images);

/* Pixels of an image as numbers from 0 to 1. */
void images_pixels(const struct image_set *set, int32_t image, float *pixels);

/* The same, mirrored left to right. */
void images_mirror(const struct image_set *set, int32_t image, float *pixels);

#endif
