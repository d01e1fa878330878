/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The shipped weights in the inference kernels, on the test images of Fashion-MNIST where Debian's
 * package has put them: the accuracy that the experiment tells of, and the routes of the app. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/memory.h"
#include "lab/kernel_test.h"
#include "test/suite.h"
#include "workloads/app.h"

static const char data[] = "/usr/share/datasets/fashion-mnist";

/* Instruction sets round differently, so a few images may change sides. */
enum { FEW = 5 };

static const struct {
    const char *name;
    int32_t correct;
} shipped[] = {{"cigt_fmnist_thin", 9121},
               {"fff_8x5", 8689},
               {"cigt_fmnist", 9110},
               {"cigt_fmnist_tf2", 9316}};

/* Branches of the app of its name against the routes of the test. */
static void check_app(const struct kernel_test *test)
{
    struct fault fault = FAULT_NONE;
    struct app_set set;
    struct arena *arena = arena_create();
    const char *path = arena_printf(arena, "%s/workloads/apps/%s.yaml", TEST_SOURCE_ROOT,
                                    test->pupil->recipe->name);
    ck_assert_msg(app_load(&set, arena, path, &fault), "%s", fault.what);
    ck_assert_int_eq(set.apps[0].branch_count, test->pupil->routers);
    for (int32_t i = 0; i < test->pupil->routers; i++) {
        const struct app_branch *branch = &set.apps[0].branches[i];
        const int32_t routes = test->pupil->routes[i];
        ck_assert_int_eq(branch->alternative_count, routes);
        for (int32_t k = 0; k < IMAGES_CLASSES * routes; k++)
            ck_assert_double_eq_tol(branch->probabilities[k],
                                    (double)test->routes[i][k] / test->of_class[k / routes],
                                    (FEW + 0.5) / 1000);
    }
    arena_destroy(arena);
}

START_TEST(kernels_reach_the_accuracy_that_is_told_and_apps_draw_their_routes)
{
    struct fault fault = FAULT_NONE;
    struct images images;
    if (access(data, R_OK) != 0) {
        printf("skipped: the package dataset-fashion-mnist is not installed\n");
        return;
    }
    ck_assert_msg(images_load(&images, data, &fault), "%s", fault.what);
    for (size_t i = 0; i < sizeof shipped / sizeof *shipped; i++) {
        struct pupil pupil;
        struct kernel_test test;
        char path[4096];
        snprintf(path, sizeof path, "%s/analysis/experiments/fashion-mnist/weights/%s.safetensors",
                 TEST_SOURCE_ROOT, shipped[i].name);
        pupil_init(&pupil, pupil_find(shipped[i].name));
        ck_assert_msg(kernel_test_run(&test, &pupil, &images.test, path, NULL, NULL, &fault), "%s",
                      fault.what);
        ck_assert_int_eq(test.samples, 10000);
        ck_assert_int_le(abs(test.correct - shipped[i].correct), FEW);
        if (pupil.routers > 0)
            check_app(&test);
        kernel_test_finish(&test);
        pupil_finish(&pupil);
    }
    images_finish(&images);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("fashion-mnist");
    TCase *cases = tcase_create("shipped weights");
    tcase_set_timeout(cases, 120);
    tcase_add_test(cases, kernels_reach_the_accuracy_that_is_told_and_apps_draw_their_routes);
    suite_add_tcase(suite, cases);
    return suite;
}
