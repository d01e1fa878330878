/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A trained network in its inference kernel, on images that it has not seen. */
#ifndef HETSOC_LAB_KERNEL_TEST_H
#define HETSOC_LAB_KERNEL_TEST_H

#include "lab/images.h"
#include "lab/pupil.h"

enum { KERNEL_TEST_BATCH = 200 };

struct kernel_test {
    const struct pupil *pupil;
    int32_t samples, correct;
    double image_us; /* time of the kernel per image: median over batches of KERNEL_TEST_BATCH */
    /* Samples for which the network that learned, with the statistics of its training, says another
     * class, or takes another route; -1 if there was none to compare with. */
    int32_t other_class, other_route;
    double largest_difference;         /* between logits, relative to the largest logit */
    int32_t *routes[PUPIL_ROUTERS];    /* [class][routes of the router]: samples, owned */
    int32_t of_class[IMAGES_CLASSES];  /* samples */
    double information[PUPIL_ROUTERS]; /* of class and route, bits */
    double balance[PUPIL_ROUTERS];     /* entropy of routes over log(routes): 1 = even use */
};

/* Runs the kernel with the weights of `path`. `parameters` and `statistics` are what a training
 * made; NULL = only the file is tested. */
bool kernel_test_run(struct kernel_test *test, const struct pupil *pupil,
                     const struct image_set *images, const char *path, const real *parameters,
                     const real *statistics, struct fault *fault);
void kernel_test_finish(struct kernel_test *test);

#endif
