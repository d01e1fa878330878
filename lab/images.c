/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lab/images.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lab/idx.h"

static const char package_hint[] =
    "Debian's package dataset-fashion-mnist puts the files into /usr/share/datasets/fashion-mnist";

/* DIR/NAME, or DIR/NAME.gz if that is what there is. */
static bool read_file(struct idx *idx, const char *dir, const char *part, const char *what,
                      int32_t rank, struct fault *fault)
{
    char path[4096];
    for (int gzipped = 0; gzipped < 2; gzipped++) {
        int length =
            snprintf(path, sizeof path, "%s/%s-%s%s", dir, part, what, gzipped != 0 ? ".gz" : "");
        if (length >= (int)sizeof path)
            break;
        if (access(path, F_OK) == 0)
            return idx_read(idx, path, rank, fault);
    }
    return fault_set(fault, dir, package_hint, "there is no %s-%s or %s-%s.gz", part, what, part,
                     what);
}

static void digest_set(struct image_set *set)
{
    char both[2 * DIGEST_SIZE];
    digest_bytes(both, set->pixels, (size_t)set->count * IMAGES_PIXELS);
    digest_bytes(both + DIGEST_SIZE, set->labels, (size_t)set->count);
    digest_bytes(set->digest, both, sizeof both);
}

static bool load_set(struct image_set *set, const char *dir, const char *part, struct fault *fault)
{
    struct idx pixels = {0}, labels = {0};
    bool ok = read_file(&pixels, dir, part, "images-idx3-ubyte", 3, fault) &&
              read_file(&labels, dir, part, "labels-idx1-ubyte", 1, fault);
    if (ok && (pixels.shape[1] != IMAGES_SIDE || pixels.shape[2] != IMAGES_SIDE))
        ok = fault_set(fault, dir, NULL, "images of %s are %d x %d pixels, not 28 x 28", part,
                       (int)pixels.shape[1], (int)pixels.shape[2]);
    if (ok && pixels.shape[0] != labels.shape[0])
        ok = fault_set(fault, dir, NULL, "there are %d images of %s, but %d labels",
                       (int)pixels.shape[0], part, (int)labels.shape[0]);
    for (int32_t i = 0; ok && i < labels.shape[0]; i++)
        if (labels.values[i] >= IMAGES_CLASSES)
            ok = fault_set(fault, dir, NULL, "label %d of %s is %d, not from 0 to 9", (int)i, part,
                           (int)labels.values[i]);
    if (!ok) {
        idx_finish(&pixels);
        idx_finish(&labels);
        return false;
    }
    *set = (struct image_set){
        .count = pixels.shape[0], .pixels = pixels.values, .labels = labels.values};
    digest_set(set);
    return true;
}

bool images_load(struct images *images, const char *dir, struct fault *fault)
{
    *images = (struct images){0};
    bool ok = load_set(&images->train, dir, "train", fault) &&
              load_set(&images->test, dir, "t10k", fault);
    if (!ok)
        images_finish(images);
    return ok;
}

void images_finish(struct images *images)
{
    free(images->train.pixels);
    free(images->train.labels);
    free(images->test.pixels);
    free(images->test.labels);
    *images = (struct images){0};
}

void images_pixels(const struct image_set *set, int32_t image, float *pixels)
{
    const uint8_t *from = set->pixels + (ptrdiff_t)image * IMAGES_PIXELS;
    for (int32_t i = 0; i < IMAGES_PIXELS; i++)
        pixels[i] = (float)from[i] / 255.0F;
}

void images_mirror(const struct image_set *set, int32_t image, float *pixels)
{
    const uint8_t *from = set->pixels + (ptrdiff_t)image * IMAGES_PIXELS;
    for (int32_t y = 0; y < IMAGES_SIDE; y++)
        for (int32_t x = 0; x < IMAGES_SIDE; x++)
            pixels[y * IMAGES_SIDE + x] =
                (float)from[y * IMAGES_SIDE + IMAGES_SIDE - 1 - x] / 255.0F;
}
