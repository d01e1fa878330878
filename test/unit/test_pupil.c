/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Networks that learn: the gradients of whole passes, ties, and the way into the kernels. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "agents/choice.h"
#include "base/memory.h"
#include "base/random.h"
#include "lab/pupil.h"
#include "test/scratch.h"
#include "test/suite.h"

enum { ROWS = 6, PIXELS = 28 * 28 };

/* The smallest trellis, for speed. */
static const struct pupil_recipe trellis = {.name = "cigt_mnist", .kind = &pupil_trellis};
static const struct pupil_recipe thin = {.name = "cigt_fmnist_thin", .kind = &pupil_trellis};
static const struct pupil_recipe fff = {.name = "fff", .kind = &pupil_fff, .trees = 2, .depth = 3};
static const struct pupil_recipe deep = {
    .name = "deep", .kind = &pupil_fff, .trees = 1, .depth = 9};
static const struct pupil_recipe dense = {.name = "dense", .kind = &pupil_dense, .neurons = 9};

static struct scratch scratch;
static struct workspace *workspace;
static struct pupil pupil;
static real images[ROWS * PIXELS];
static uint8_t labels[ROWS];
static real *trained, *parameters, *transposed, *gradients, *statistics, *seen;

static void setup(void)
{
    struct random_stream stream = random_open(3, 0, RANDOM_TEST, 0, 0);
    scratch_init(&scratch);
    workspace = workspace_create();
    for (int i = 0; i < ROWS * PIXELS; i++)
        images[i] = (real)random_uniform(&stream);
    for (int i = 0; i < ROWS; i++)
        labels[i] = (uint8_t)(3 * i % PUPIL_CLASSES);
}

static void teardown(void)
{
    free(trained);
    free(parameters);
    free(transposed);
    free(gradients);
    free(statistics);
    free(seen);
    pupil_finish(&pupil);
    workspace_destroy(workspace);
    scratch_finish(&scratch);
}

static void open_pupil(const struct pupil_recipe *recipe)
{
    pupil_init(&pupil, recipe);
    trained = memory_zeroed(pupil.trained.reals, sizeof *trained);
    parameters = memory_zeroed(pupil.parameters.reals, sizeof *parameters);
    transposed = memory_zeroed(pupil.parameters.reals, sizeof *transposed);
    gradients = memory_zeroed(pupil.parameters.reals, sizeof *gradients);
    statistics = memory_zeroed(pupil.statistics.reals + 1, sizeof *statistics);
    seen = memory_zeroed(pupil.statistics.reals + 1, sizeof *seen);
    pupil_draw(&pupil, 5, trained, statistics);
    pupil_expand(&pupil, trained, parameters);
}

static double learn(enum pupil_mode mode)
{
    const struct pupil_shard shard = {
        .mode = mode, .rows = ROWS, .images = images, .labels = labels, .share = 1.0 / ROWS};
    const struct pupil_results results = {.gradients = gradients, .statistics = seen};
    struct pupil_sums sums = {0};
    memset(gradients, 0, pupil.parameters.reals * sizeof *gradients);
    tensors_transpose(&pupil.parameters, parameters, transposed);
    pupil_pass(&pupil, parameters, transposed, statistics, &shard, workspace, &results, &sums);
    ck_assert_int_eq(sums.samples, ROWS);
    return sums.objective;
}

/* Along the gradient by the tensors of one stage the objective rises by the gradient's length. */
static void check_stage(const char *prefix, const real *gradient, enum pupil_mode mode)
{
    const double step = 2e-3;
    const size_t count = pupil.parameters.reals;
    double norm = 0, rise = 0;
    real *direction = memory_zeroed(count, sizeof *direction);
    real *centre = memory_zeroed(count, sizeof *centre);
    memcpy(centre, parameters, count * sizeof *centre);
    for (int32_t t = 0; t < pupil.parameters.count; t++) {
        const struct tensor *tensor = &pupil.parameters.list[t];
        if (strncmp(tensor->name, prefix, strlen(prefix)) != 0)
            continue;
        for (size_t i = tensor->offset; i < tensor->offset + tensor->count; i++) {
            direction[i] = gradient[i];
            norm += (double)gradient[i] * (double)gradient[i];
        }
    }
    norm = sqrt(norm);
    ck_assert_msg(norm > 1e-4, "%s has no gradient", prefix);
    for (int sign = -1; sign <= 1; sign += 2) {
        for (size_t i = 0; i < count; i++)
            parameters[i] = centre[i] + (real)(sign * step / norm * (double)direction[i]);
        rise += sign * learn(mode);
    }
    memcpy(parameters, centre, count * sizeof *centre);
    ck_assert_msg(fabs(rise / (2 * step) / norm - 1) < 0.02, "%s: %g along a gradient of %g",
                  prefix, rise / (2 * step), norm);
    free(direction);
    free(centre);
}

static void check_gradients(enum pupil_mode mode, const char *const *prefixes, int count)
{
    learn(mode);
    real *gradient = memory_zeroed(pupil.parameters.reals, sizeof *gradient);
    memcpy(gradient, gradients, pupil.parameters.reals * sizeof *gradient);
    for (int i = 0; i < count; i++)
        check_stage(prefixes[i], gradient, mode);
    free(gradient);
}

START_TEST(the_gradient_of_a_trellis_goes_through_routes_and_routers)
{
    static const char *const stages[] = {"B0", "R0", "B1", "R1", "B2"};
    open_pupil(&trellis);
    check_gradients(PUPIL_ROUTED, stages, 5);
}
END_TEST

START_TEST(the_gradient_of_a_feedforward_layer)
{
    static const char *const tensors[] = {"w_in", "bias", "w_out"};
    open_pupil(_i == 0 ? &fff : &dense);
    check_gradients(PUPIL_ROUTED, tensors, 3);
}
END_TEST

static double norm_of(const char *name)
{
    const struct tensor *tensor = tensors_find(&pupil.parameters, name);
    double sum = 0;
    ck_assert_ptr_nonnull(tensor);
    for (size_t i = 0; i < tensor->count; i++)
        sum += fabs((double)gradients[tensor->offset + i]);
    return sum;
}

static const real *at(const struct tensors *tensors, const real *block, const char *name)
{
    const struct tensor *tensor = tensors_find(tensors, name);
    ck_assert_ptr_nonnull(tensor);
    return block + tensor->offset;
}

START_TEST(tied_routes_are_one_network)
{
    open_pupil(&trellis);
    learn(PUPIL_TIED);
    ck_assert(norm_of("B1.0.0.weight") > 0 && norm_of("B2.0.0.weight") > 0);
    ck_assert_double_eq(norm_of("B1.1.0.weight"), 0);
    ck_assert_double_eq(norm_of("B2.3.0.weight"), 0);
    const size_t bytes = tensors_find(&pupil.parameters, "B2.0.0.weight")->count * sizeof(real);
    ck_assert_mem_eq(at(&pupil.parameters, parameters, "B2.0.0.weight"),
                     at(&pupil.parameters, parameters, "B2.3.0.weight"), bytes);
    pupil_contract(&pupil, gradients, true, trained);
    ck_assert_mem_eq(at(&pupil.parameters, gradients, "B2.0.0.weight"),
                     at(&pupil.trained, trained, "B2.common.0.weight"), bytes);
    for (size_t i = 0; i < bytes / sizeof(real); i++)
        ck_assert_double_eq((double)at(&pupil.trained, trained, "B2.0.0.weight")[i], 0);
}
END_TEST

START_TEST(routes_share_a_part_and_have_one_of_their_own)
{
    open_pupil(&trellis);
    const size_t own = tensors_find(&pupil.trained, "B1.1.0.gain")->offset,
                 common = tensors_find(&pupil.trained, "B1.common.0.gain")->offset;
    trained[own] = 2;
    trained[common] = 3;
    pupil_expand(&pupil, trained, parameters);
    ck_assert_double_eq((double)at(&pupil.parameters, parameters, "B1.0.0.gain")[0], 3);
    ck_assert_double_eq_tol((double)at(&pupil.parameters, parameters, "B1.1.0.gain")[0],
                            3 + 2 * PUPIL_OWN, 1e-6);
}
END_TEST

static double product(const real *a, const real *b, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += (double)a[i] * (double)b[i];
    return sum;
}

START_TEST(gradients_go_back_the_way_that_parameters_came)
{
    struct random_stream stream = random_open(6, 0, RANDOM_TEST, 0, 0);
    open_pupil(&trellis);
    for (size_t i = 0; i < pupil.parameters.reals; i++)
        gradients[i] = (real)random_normal(&stream);
    for (size_t i = 0; i < pupil.trained.reals; i++)
        trained[i] = (real)random_normal(&stream);
    real *back = memory_zeroed(pupil.trained.reals, sizeof *back);
    pupil_expand(&pupil, trained, parameters);
    pupil_contract(&pupil, gradients, false, back);
    const double there = product(gradients, parameters, pupil.parameters.reals);
    ck_assert_double_gt(fabs(there), 1);
    ck_assert_double_eq_tol(product(back, trained, pupil.trained.reals) / there, 1, 1e-5);
    free(back);
}
END_TEST

START_TEST(untied_routes_begin_with_the_step_sizes_of_what_they_share)
{
    open_pupil(&trellis);
    real *moments = memory_zeroed(pupil.trained.reals, sizeof *moments);
    moments[tensors_find(&pupil.trained, "B2.common.1.bias")->offset] = 6;
    pupil_untie(&pupil, moments);
    ck_assert_double_eq((double)at(&pupil.trained, moments, "B2.3.1.bias")[0], 6);
    free(moments);
}
END_TEST

/* Statistics that are neither 0 nor 1, as a training leaves them: mean, variance, mean, ... */
static void spread_statistics(void)
{
    struct random_stream stream = random_open(4, 0, RANDOM_TEST, 0, 0);
    for (int32_t t = 0; t < pupil.statistics.count; t++) {
        const struct tensor *tensor = &pupil.statistics.list[t];
        for (size_t i = tensor->offset; i < tensor->offset + tensor->count; i++)
            statistics[i] = (real)(random_uniform(&stream) + (t % 2 == 0 ? -0.5 : 0.5));
    }
    for (size_t i = 0; i < pupil.parameters.reals; i++)
        parameters[i] += (real)(0.02 * (random_uniform(&stream) - 0.5));
}

START_TEST(the_kernel_says_what_the_network_said_that_learned)
{
    static const struct pupil_recipe *const recipes[] = {&trellis, &thin, &fff, &deep, &dense};
    struct fault fault = FAULT_NONE;
    const char *path = scratch_path(&scratch, "weights.safetensors");
    real logits[ROWS * PUPIL_CLASSES], by_kernel[ROWS * PUPIL_CLASSES];
    int32_t choices[ROWS * PUPIL_ROUTERS] = {0}, kernel_choices[ROWS * PUPIL_ROUTERS] = {0};
    open_pupil(recipes[_i]);
    spread_statistics();
    const struct pupil_shard shard = {
        .mode = PUPIL_RUN, .rows = ROWS, .images = images, .labels = labels, .share = 1};
    const struct pupil_results results = {.logits = logits, .choices = choices};
    struct pupil_sums sums = {0};
    pupil_pass(&pupil, parameters, NULL, statistics, &shard, workspace, &results, &sums);
    ck_assert_msg(pupil_save(&pupil, parameters, statistics, path, &fault), "%s", fault.what);
    struct pupil_kernel *kernel = pupil_kernel_load(&pupil, path, &fault);
    ck_assert_msg(kernel != NULL, "%s", fault.what);
    ck_assert_msg(pupil_kernel_run(kernel, images, ROWS, by_kernel, kernel_choices, &fault), "%s",
                  fault.what);
    ck_assert_mem_eq(choices, kernel_choices, sizeof choices);
    double size = 0;
    for (int i = 0; i < ROWS * PUPIL_CLASSES; i++)
        size = fmax(size, fabs((double)logits[i]));
    ck_assert(size > 0.01);
    for (int i = 0; i < ROWS * PUPIL_CLASSES; i++)
        ck_assert_double_eq_tol((double)by_kernel[i] / size, (double)logits[i] / size, 1e-4);
    pupil_kernel_destroy(kernel);
}
END_TEST

START_TEST(weights_of_another_network_are_refused)
{
    struct fault fault = FAULT_NONE;
    const char *path = scratch_path(&scratch, "weights.safetensors");
    open_pupil(&fff);
    ck_assert(pupil_save(&pupil, parameters, statistics, path, &fault));
    pupil_finish(&pupil);
    pupil_init(&pupil, &deep);
    ck_assert_ptr_null(pupil_kernel_load(&pupil, path, &fault));
    assert_holds(fault.what, "not weights of deep");
}
END_TEST

/* Of the tables, and of the FFF pairs: the same work, the same size. */
START_TEST(networks_that_are_compared_cost_the_same)
{
    static const struct {
        const char *name;
        int64_t macs, stored;
    } costs[] = {{"cigt_fmnist", 5749632, 249646}, {"cigt_fmnist_tf2", 5778304, 364334},
                 {"fff_8x5", 38112, 400680},       {"dense_48", 38112, 48 * 795},
                 {"dense_504", 400176, 400680},    {"fff_1x11", 12 * 794, 4095 * 795},
                 {"dense_12", 12 * 794, 12 * 795}, {"dense_4095", 4095 * 794, 4095 * 795}};
    for (size_t i = 0; i < sizeof costs / sizeof *costs; i++) {
        const struct pupil_recipe *recipe = pupil_find(costs[i].name);
        ck_assert_ptr_nonnull(recipe);
        if (i > 0)
            pupil_finish(&pupil);
        pupil_init(&pupil, recipe);
        ck_assert_int_eq(pupil_macs(&pupil), costs[i].macs);
        ck_assert_int_eq(pupil_stored(&pupil), costs[i].stored);
    }
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("pupil");
    TCase *passes = tcase_create("passes");
    tcase_add_checked_fixture(passes, setup, teardown);
    tcase_set_timeout(passes, 60);
    tcase_add_test(passes, the_gradient_of_a_trellis_goes_through_routes_and_routers);
    tcase_add_loop_test(passes, the_gradient_of_a_feedforward_layer, 0, 2);
    tcase_add_test(passes, tied_routes_are_one_network);
    tcase_add_test(passes, routes_share_a_part_and_have_one_of_their_own);
    tcase_add_test(passes, gradients_go_back_the_way_that_parameters_came);
    tcase_add_test(passes, untied_routes_begin_with_the_step_sizes_of_what_they_share);
    tcase_add_loop_test(passes, the_kernel_says_what_the_network_said_that_learned, 0, 5);
    tcase_add_test(passes, weights_of_another_network_are_refused);
    tcase_add_test(passes, networks_that_are_compared_cost_the_same);
    suite_add_tcase(suite, passes);
    return suite;
}
