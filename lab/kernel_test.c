/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lab/kernel_test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "agents/choice.h"
#include "base/memory.h"

static double wall_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* Some images on their way. */
struct portion {
    int32_t rows;
    real *images, *logits, *other_logits;
    int32_t *choices, *other_choices;
    const uint8_t *labels;
};

static void count_portion(struct kernel_test *test, const struct portion *portion)
{
    const struct pupil *pupil = test->pupil;
    for (int32_t r = 0; r < portion->rows; r++) {
        const int32_t label = portion->labels[r];
        test->samples++;
        test->of_class[label]++;
        test->correct += choice_best(portion->logits + r * PUPIL_CLASSES, PUPIL_CLASSES) == label;
        for (int32_t i = 0; i < pupil->routers; i++)
            test->routes[i][label * pupil->routes[i] + portion->choices[r * pupil->routers + i]]++;
    }
}

/* The same by the network that learned. */
static void compare_portion(struct kernel_test *test, const struct portion *portion,
                            const real *parameters, const real *statistics,
                            struct workspace *workspace)
{
    const struct pupil *pupil = test->pupil;
    const struct pupil_shard shard = {.mode = PUPIL_RUN,
                                      .rows = portion->rows,
                                      .images = portion->images,
                                      .labels = portion->labels};
    const struct pupil_results results = {.logits = portion->other_logits,
                                          .choices = portion->other_choices};
    struct pupil_sums sums = {0};
    pupil_pass(pupil, parameters, NULL, statistics, &shard, workspace, &results, &sums);
    for (int32_t r = 0; r < portion->rows; r++) {
        const real *a = portion->logits + r * PUPIL_CLASSES,
                   *b = portion->other_logits + r * PUPIL_CLASSES;
        const size_t routes = (size_t)pupil->routers * sizeof *portion->choices;
        const bool is_other = memcmp(portion->choices + r * pupil->routers,
                                     portion->other_choices + r * pupil->routers, routes) != 0;
        double size = 0, difference = 0;
        test->other_route += is_other;
        test->other_class += choice_best(a, PUPIL_CLASSES) != choice_best(b, PUPIL_CLASSES);
        for (int32_t c = 0; c < PUPIL_CLASSES; c++) {
            size = fmax(size, fabs((double)b[c]));
            difference = fmax(difference, fabs((double)a[c] - (double)b[c]));
        }
        if (!is_other && size > 0)
            test->largest_difference = fmax(test->largest_difference, difference / size);
    }
}

static int compare_times(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double entropy_bits(const double *shares, int32_t count)
{
    double entropy = 0;
    for (int32_t i = 0; i < count; i++)
        if (shares[i] > 0)
            entropy -= shares[i] * log2(shares[i]);
    return entropy;
}

/* Mutual information of class and route = H(class) + H(route) - H(both); balance. */
static void judge_router(struct kernel_test *test, int32_t router)
{
    const int32_t routes = test->pupil->routes[router];
    double *both = memory_zeroed((size_t)routes * IMAGES_CLASSES, sizeof *both);
    double *of_route = memory_zeroed((size_t)routes, sizeof *of_route);
    double of_class[IMAGES_CLASSES] = {0};
    for (int32_t i = 0; i < routes * IMAGES_CLASSES; i++) {
        both[i] = (double)test->routes[router][i] / test->samples;
        of_route[i % routes] += both[i];
        of_class[i / routes] += both[i];
    }
    const double even = entropy_bits(of_route, routes);
    test->information[router] =
        entropy_bits(of_class, IMAGES_CLASSES) + even - entropy_bits(both, routes * IMAGES_CLASSES);
    test->balance[router] = even / log2(routes);
    free(both);
    free(of_route);
}

static struct portion open_portion(void)
{
    const size_t rows = KERNEL_TEST_BATCH;
    return (struct portion){
        .images = memory_zeroed(rows * IMAGES_PIXELS, sizeof(real)),
        .logits = memory_zeroed(rows * PUPIL_CLASSES, sizeof(real)),
        .other_logits = memory_zeroed(rows * PUPIL_CLASSES, sizeof(real)),
        .choices = memory_zeroed(rows * PUPIL_ROUTERS, sizeof(int32_t)),
        .other_choices = memory_zeroed(rows * PUPIL_ROUTERS, sizeof(int32_t)),
    };
}

static void close_portion(struct portion *portion)
{
    free(portion->images);
    free(portion->logits);
    free(portion->other_logits);
    free(portion->choices);
    free(portion->other_choices);
}

/* All images; `image_us` gets the time of each batch, per image. */
static bool run_all(struct kernel_test *test, struct pupil_kernel *kernel,
                    const struct image_set *images, const real *parameters, const real *statistics,
                    double *image_us, struct fault *fault)
{
    struct portion portion = open_portion();
    struct workspace *workspace = workspace_create();
    bool ok = true;
    for (int32_t from = 0; ok && from < images->count; from += portion.rows) {
        const int32_t left = images->count - from;
        portion.rows = left < KERNEL_TEST_BATCH ? left : KERNEL_TEST_BATCH;
        portion.labels = images->labels + from;
        for (int32_t r = 0; r < portion.rows; r++)
            images_pixels(images, from + r, portion.images + (ptrdiff_t)r * IMAGES_PIXELS);
        const double start_s = wall_s();
        ok = pupil_kernel_run(kernel, portion.images, portion.rows, portion.logits, portion.choices,
                              fault);
        *image_us++ = 1e6 * (wall_s() - start_s) / portion.rows;
        if (ok)
            count_portion(test, &portion);
        if (ok && parameters != NULL)
            compare_portion(test, &portion, parameters, statistics, workspace);
    }
    workspace_destroy(workspace);
    close_portion(&portion);
    return ok;
}

bool kernel_test_run(struct kernel_test *test, const struct pupil *pupil,
                     const struct image_set *images, const char *path, const real *parameters,
                     const real *statistics, struct fault *fault)
{
    *test = (struct kernel_test){.pupil = pupil};
    struct pupil_kernel *kernel = pupil_kernel_load(pupil, path, fault);
    if (kernel == NULL)
        return false;
    for (int32_t i = 0; i < pupil->routers; i++)
        test->routes[i] = memory_zeroed((size_t)pupil->routes[i] * IMAGES_CLASSES, sizeof(int32_t));
    if (parameters == NULL)
        test->other_class = test->other_route = -1;
    const size_t batches = (size_t)(images->count - 1) / KERNEL_TEST_BATCH + 1;
    double *image_us = memory_zeroed(batches, sizeof *image_us);
    bool ok = run_all(test, kernel, images, parameters, statistics, image_us, fault);
    for (int32_t i = 0; ok && i < pupil->routers; i++)
        judge_router(test, i);
    qsort(image_us, batches, sizeof *image_us, compare_times);
    test->image_us = image_us[batches / 2];
    free(image_us);
    pupil_kernel_destroy(kernel);
    return ok;
}

void kernel_test_finish(struct kernel_test *test)
{
    for (int32_t i = 0; i < PUPIL_ROUTERS; i++)
        free(test->routes[i]);
    *test = (struct kernel_test){0};
}
