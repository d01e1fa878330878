/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/random.h"
#include "lab/kernel_test.h"
#include "lab/kernel_train.h"
#include "test/scratch.h"
#include "test/suite.h"

enum { IMAGES = 3 * KERNEL_TRAIN_BATCH };

static const struct pupil_recipe fff = {
    .name = "fff", .kind = &pupil_fff, .trees = 2, .depth = 3, .rate = 5e-3};
static const struct pupil_recipe deep = {
    .name = "deep", .kind = &pupil_fff, .trees = 1, .depth = 9, .rate = 5e-3};
static const struct pupil_recipe trellis = {
    .name = "cigt_mnist", .kind = &pupil_trellis, .rate = 1e-3, .dropout = 0.2};

static struct scratch scratch;
static struct image_set images;
static struct pupil pupil;

/* Noise, and a class that is a bright row. */
static void draw_images(void)
{
    struct random_stream stream = random_open(8, 0, RANDOM_TEST, 0, 0);
    images.count = IMAGES;
    images.pixels = memory_zeroed((size_t)IMAGES * IMAGES_PIXELS, 1);
    images.labels = memory_zeroed(IMAGES, 1);
    for (int i = 0; i < IMAGES; i++) {
        uint8_t *pixels = images.pixels + (ptrdiff_t)i * IMAGES_PIXELS;
        images.labels[i] = (uint8_t)(i % IMAGES_CLASSES);
        for (int p = 0; p < IMAGES_PIXELS; p++)
            pixels[p] = (uint8_t)random_below(&stream, 100);
        for (int x = 0; x < IMAGES_SIDE; x++)
            pixels[(4 + 2 * images.labels[i]) * IMAGES_SIDE + x] = 200;
    }
}

static void setup(void)
{
    scratch_init(&scratch);
    draw_images();
}

static void teardown(void)
{
    free(images.pixels);
    free(images.labels);
    pupil_finish(&pupil);
    scratch_finish(&scratch);
}

static struct kernel_train_setup setup_for(const struct pupil_recipe *recipe, const char *name)
{
    if (pupil.recipe == NULL)
        pupil_init(&pupil, recipe);
    return (struct kernel_train_setup){.pupil = &pupil,
                                       .images = &images,
                                       .seed = 7,
                                       .epochs = 2,
                                       .threads = 1,
                                       .path = scratch_path(&scratch, name),
                                       .save_pause_s = 1000};
}

static void train(const struct kernel_train_setup *setup)
{
    struct fault fault = FAULT_NONE;
    struct kernel_train result;
    ck_assert_msg(kernel_train_run(&result, setup, &fault), "%s", fault.what);
    ck_assert(result.is_finished);
    kernel_train_finish(&result);
}

static void expect_same_files(const char *a, const char *b)
{
    char first[DIGEST_SIZE], second[DIGEST_SIZE];
    struct fault fault = FAULT_NONE;
    ck_assert(digest_file(first, scratch_path(&scratch, a), &fault));
    ck_assert(digest_file(second, scratch_path(&scratch, b), &fault));
    ck_assert_str_eq(first, second);
}

/* Trains, and tests with images of the caller. */
static void learn(bool mirrors, const struct image_set *unseen, struct kernel_test *test)
{
    struct fault fault = FAULT_NONE;
    struct kernel_train_setup setup = setup_for(&fff, "a");
    struct kernel_train result;
    setup.epochs = 60;
    setup.mirrors = mirrors;
    ck_assert_msg(kernel_train_run(&result, &setup, &fault), "%s", fault.what);
    ck_assert(kernel_test_run(test, &pupil, unseen, setup.path, result.parameters,
                              result.statistics, &fault));
    kernel_train_finish(&result);
}

START_TEST(a_simple_pattern_is_learned)
{
    struct kernel_test test;
    learn(false, &images, &test);
    ck_assert_int_eq(test.samples, IMAGES);
    ck_assert_msg(test.correct > 0.9 * IMAGES, "%d of %d", (int)test.correct, (int)IMAGES);
    ck_assert_int_eq(test.other_class, 0);
    kernel_test_finish(&test);
}
END_TEST

/* A class is a bright column in the left half, or, in what it is tested with, in the right one. */
static void draw_columns(struct image_set *set, bool is_right)
{
    memset(set->pixels, 0, (size_t)IMAGES * IMAGES_PIXELS);
    for (int i = 0; i < IMAGES; i++) {
        const int column = 2 + set->labels[i];
        for (int y = 0; y < IMAGES_SIDE; y++)
            set->pixels[(ptrdiff_t)i * IMAGES_PIXELS + (ptrdiff_t)y * IMAGES_SIDE +
                        (is_right ? IMAGES_SIDE - 1 - column : column)] = 200;
    }
}

START_TEST(mirrored_images_are_learned_from_if_it_is_told_to)
{
    const bool mirrors = _i == 1;
    struct image_set unseen = images;
    struct kernel_test test;
    unseen.pixels = memory_zeroed((size_t)IMAGES * IMAGES_PIXELS, 1);
    draw_columns(&images, false);
    draw_columns(&unseen, true);
    learn(mirrors, &unseen, &test);
    ck_assert_msg(mirrors == (test.correct > 0.9 * IMAGES), "%d of %d", (int)test.correct,
                  (int)IMAGES);
    kernel_test_finish(&test);
    free(unseen.pixels);
}
END_TEST

/* A trellis takes its time: it has one batch of images and four epochs, of which one is tied. */
static struct kernel_train_setup setup_of(int i, const char *name)
{
    struct kernel_train_setup setup = setup_for(i == 0 ? &fff : &trellis, name);
    if (i > 0) {
        images.count = KERNEL_TRAIN_BATCH;
        setup.epochs = 4;
    }
    return setup;
}

START_TEST(the_weights_are_those_of_the_seed_on_any_number_of_threads)
{
    struct kernel_train_setup setup = setup_of(_i, "one");
    train(&setup);
    setup = setup_of(_i, "two");
    setup.threads = 2;
    train(&setup);
    expect_same_files("one", "two");
}
END_TEST

/* Mutual information by its definition, the mean of log p(class, route) / (p(class) p(route)). */
static double information_of(const struct kernel_test *test, int router)
{
    const int routes = pupil.routes[router];
    double bits = 0;
    for (int c = 0; c < IMAGES_CLASSES; c++)
        for (int r = 0; r < routes; r++) {
            double both = test->routes[router][c * routes + r], of_route = 0;
            for (int k = 0; k < IMAGES_CLASSES; k++)
                of_route += test->routes[router][k * routes + r];
            if (both > 0)
                bits += both / IMAGES * log2(both * IMAGES / (of_route * test->of_class[c]));
        }
    return bits;
}

START_TEST(routes_are_counted_by_class)
{
    struct fault fault = FAULT_NONE;
    struct kernel_train_setup setup = setup_for(&deep, "a");
    struct kernel_test test;
    train(&setup);
    ck_assert(kernel_test_run(&test, &pupil, &images, setup.path, NULL, NULL, &fault));
    ck_assert_int_eq(test.other_class, -1);
    for (int i = 0; i < pupil.routers; i++) {
        for (int c = 0; c < IMAGES_CLASSES; c++) {
            int sum = 0;
            for (int r = 0; r < pupil.routes[i]; r++)
                sum += test.routes[i][c * pupil.routes[i] + r];
            ck_assert_int_eq(sum, test.of_class[c]);
        }
        ck_assert_double_eq_tol(test.information[i], information_of(&test, i), 1e-12);
        ck_assert(test.balance[i] > -1e-12 && test.balance[i] < 1 + 1e-12);
        ck_assert(test.information[i] <= test.balance[i] * log2(pupil.routes[i]) + 1e-12);
    }
    ck_assert_double_gt(test.information[1], 0.01);
    kernel_test_finish(&test);
}
END_TEST

static volatile sig_atomic_t wish;

static void stop_in_the_middle(void *context, const struct kernel_train_report *report)
{
    (void)context;
    wish = report->is_epoch_end;
}

START_TEST(a_stopped_training_goes_on_to_the_same_weights)
{
    struct fault fault = FAULT_NONE;
    struct kernel_train result;
    struct kernel_train_setup setup = setup_of(_i, "whole");
    train(&setup);
    setup = setup_of(_i, "parts");
    setup.on_report = stop_in_the_middle;
    setup.stop = &wish;
    wish = 0;
    ck_assert(kernel_train_run(&result, &setup, &fault));
    ck_assert(!result.is_finished && !scratch_has(&scratch, "parts"));
    kernel_train_finish(&result);
    setup.stop = NULL;
    setup.resume = true;
    train(&setup);
    expect_same_files("whole", "parts");
    ck_assert(!scratch_has(&scratch, "parts.state"));
}
END_TEST

static void kill_in_the_middle(void *context, const struct kernel_train_report *report)
{
    (void)context;
    if (report->is_epoch_end)
        raise(SIGKILL);
}

START_TEST(a_killed_training_goes_on_to_the_same_weights)
{
    struct kernel_train_setup setup = setup_for(&fff, "whole");
    train(&setup);
    setup = setup_for(&fff, "parts");
    setup.save_pause_s = 0;
    setup.on_report = kill_in_the_middle;
    pid_t child = fork();
    if (child == 0) {
        struct fault fault = FAULT_NONE;
        struct kernel_train result;
        kernel_train_run(&result, &setup, &fault);
        _exit(0);
    }
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    ck_assert(scratch_has(&scratch, "parts.state"));
    setup.on_report = NULL;
    setup.resume = true;
    train(&setup);
    expect_same_files("whole", "parts");
}
END_TEST

START_TEST(another_training_is_not_gone_on_with)
{
    struct fault fault = FAULT_NONE;
    struct kernel_train result;
    struct kernel_train_setup setup = setup_for(&fff, "a");
    setup.on_report = stop_in_the_middle;
    setup.stop = &wish;
    wish = 0;
    ck_assert(kernel_train_run(&result, &setup, &fault));
    kernel_train_finish(&result);
    setup.resume = true;
    setup.seed++;
    ck_assert(!kernel_train_run(&result, &setup, &fault));
    assert_holds(fault.what, "state of another training");
    setup.seed--;
    fault = FAULT_NONE;
    scratch_write(&scratch, "a.state", "not a state");
    ck_assert(!kernel_train_run(&result, &setup, &fault));
}
END_TEST

START_TEST(too_few_images_are_refused)
{
    struct fault fault = FAULT_NONE;
    struct kernel_train result;
    struct kernel_train_setup setup = setup_for(&fff, "a");
    images.count = KERNEL_TRAIN_BATCH - 1;
    ck_assert(!kernel_train_run(&result, &setup, &fault));
    assert_holds(fault.what, "are not enough");
}
END_TEST

static void fail_on_report(void *context, const struct kernel_train_report *report)
{
    (void)context;
    ck_abort_msg("step %d was made", (int)report->step);
}

START_TEST(a_file_that_cannot_be_written_is_told_of_before_the_first_step)
{
    struct fault fault = FAULT_NONE;
    struct kernel_train result;
    struct kernel_train_setup setup = setup_for(&fff, "no/such/folder");
    setup.on_report = fail_on_report;
    ck_assert(!kernel_train_run(&result, &setup, &fault));
    ck_assert(fault_is_set(&fault));
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("kernel_train");
    TCase *learning = tcase_create("learning");
    tcase_add_checked_fixture(learning, setup, teardown);
    tcase_set_timeout(learning, 120);
    tcase_add_test(learning, a_simple_pattern_is_learned);
    tcase_add_loop_test(learning, mirrored_images_are_learned_from_if_it_is_told_to, 0, 2);
    tcase_add_test(learning, routes_are_counted_by_class);
    tcase_add_loop_test(learning, the_weights_are_those_of_the_seed_on_any_number_of_threads, 0, 2);
    tcase_add_loop_test(learning, a_stopped_training_goes_on_to_the_same_weights, 0, 2);
    tcase_add_test(learning, a_killed_training_goes_on_to_the_same_weights);
    tcase_add_test(learning, another_training_is_not_gone_on_with);
    tcase_add_test(learning, too_few_images_are_refused);
    tcase_add_test(learning, a_file_that_cannot_be_written_is_told_of_before_the_first_step);
    suite_add_tcase(suite, learning);
    return suite;
}
