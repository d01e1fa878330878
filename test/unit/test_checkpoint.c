/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "agents/checkpoint.h"
#include "agents/momentum.h"
#include "base/memory.h"
#include "test/scratch.h"
#include "test/suite.h"

static struct scratch scratch;
static struct network network;
static real *parameters, *gradients;
static struct adam adam;

static void setup(void)
{
    scratch_init(&scratch);
    network_init(&network, network_find("graph"),
                 (struct network_shape){.features = 5, .node_features = 3, .hidden = {8, 4}});
    parameters = memory_zeroed(network.tensors.reals, sizeof *parameters);
    gradients = memory_zeroed(network.tensors.reals, sizeof *gradients);
    network_draw(&network, parameters, 1);
    network_draw(&network, gradients, 2);
    adam_init(&adam, network.tensors.reals);
    adam_step(&adam, &adam_defaults, parameters, gradients, 1);
}

static void teardown(void)
{
    free(parameters);
    free(gradients);
    adam_finish(&adam);
    network_finish(&network);
    scratch_finish(&scratch);
}

static const struct safetensors_note notes[] = {{"mode", "pair_wait"}, {"iteration", "17"}};

static const char *write_checkpoint(const struct adam *state)
{
    struct fault fault = FAULT_NONE;
    const char *path = scratch_path(&scratch, "policy.safetensors");
    ck_assert_msg(checkpoint_write(path, &network, parameters, state, notes, 2, &fault), "%s",
                  fault.what);
    return path;
}

START_TEST(a_network_comes_back_with_its_kind_shape_weights_and_notes)
{
    struct fault fault = FAULT_NONE;
    struct checkpoint checkpoint;
    ck_assert_msg(checkpoint_open(&checkpoint, write_checkpoint(NULL), &fault), "%s", fault.what);
    ck_assert_ptr_eq(checkpoint.network.kind, network.kind);
    ck_assert_mem_eq(&checkpoint.network.shape, &network.shape, sizeof network.shape);
    ck_assert_mem_eq(checkpoint.parameters, parameters, network.tensors.reals * sizeof *parameters);
    ck_assert_uint_eq(checkpoint.adam.count, 0);
    int64_t iteration;
    ck_assert(checkpoint_expect(&checkpoint, "mode", "pair_wait", NULL, &fault));
    ck_assert(checkpoint_number(&checkpoint, "iteration", &iteration, &fault));
    ck_assert_int_eq(iteration, 17);
    ck_assert_ptr_null(checkpoint_note(&checkpoint, "seed"));
    checkpoint_close(&checkpoint);
}
END_TEST

START_TEST(training_goes_on_from_a_checkpoint_as_if_it_had_not_stopped)
{
    struct fault fault = FAULT_NONE;
    struct checkpoint checkpoint;
    ck_assert(checkpoint_open(&checkpoint, write_checkpoint(&adam), &fault));
    for (int i = 0; i < 3; i++) {
        adam_step(&adam, &adam_defaults, parameters, gradients, 1);
        adam_step(&checkpoint.adam, &adam_defaults, checkpoint.parameters, gradients, 1);
    }
    ck_assert_int_eq(checkpoint.adam.step, 4);
    ck_assert_mem_eq(checkpoint.parameters, parameters, network.tensors.reals * sizeof *parameters);
    checkpoint_close(&checkpoint);
}
END_TEST

START_TEST(what_does_not_fit_is_refused_with_both_values)
{
    struct fault fault = FAULT_NONE;
    struct checkpoint checkpoint;
    const char *path = write_checkpoint(NULL);
    ck_assert(checkpoint_open(&checkpoint, path, &fault));
    ck_assert(!checkpoint_expect(&checkpoint, "mode", "order_eft", "train it again", &fault));
    ck_assert_str_eq(fault.where, path);
    ck_assert_str_eq(fault.what, "has `mode` = `pair_wait`, but `order_eft` is needed");
    ck_assert_str_eq(fault.hint, "train it again");
    fault = FAULT_NONE;
    ck_assert(!checkpoint_expect(&checkpoint, "features", "a", NULL, &fault));
    ck_assert_str_eq(fault.what, "does not say its `features`");
    fault = FAULT_NONE;
    int64_t number;
    ck_assert(!checkpoint_number(&checkpoint, "mode", &number, &fault));
    checkpoint_close(&checkpoint);
}
END_TEST

/* Writes the checkpoint with one note or array changed, and expects a refusal. */
static void assert_refused(const char *note, const char *value, const char *array,
                           const float *data, const char *reason)
{
    struct fault fault = FAULT_NONE;
    struct safetensors *file = safetensors_open(write_checkpoint(&adam), &fault);
    for (int32_t i = 0; i < file->note_count; i++)
        if (note != NULL && strcmp(file->notes[i].key, note) == 0)
            file->notes[i].value = value;
    int32_t count = 0;
    for (int32_t i = 0; i < file->count; i++) {
        bool is_it = array != NULL && strcmp(file->arrays[i].name, array) == 0;
        if (is_it && data == NULL)
            continue;
        file->arrays[count] = file->arrays[i];
        if (is_it)
            file->arrays[count].data = data;
        count++;
    }
    const char *path = scratch_path(&scratch, "changed.safetensors");
    ck_assert(safetensors_write(path, file->arrays, count, file->notes, file->note_count, &fault));
    safetensors_close(file);
    struct checkpoint checkpoint;
    ck_assert(!checkpoint_open(&checkpoint, path, &fault));
    assert_holds(fault.what, reason);
}

START_TEST(a_checkpoint_that_makes_no_network_is_refused)
{
    float bad[64] = {0};
    const int64_t minus = -1;
    bad[3] = NAN;
    assert_refused("network", "transformer", NULL, NULL, "known kind");
    assert_refused("network", "mlp", NULL, NULL, "");
    assert_refused("network.features", "6", NULL, NULL, "score.0.weight");
    assert_refused("network.features", "0", NULL, NULL, "network.features");
    assert_refused("network.node_features", "0", NULL, NULL, "network.node_features");
    assert_refused("network.hidden.0", "1000000000", NULL, NULL, "network.hidden.0");
    assert_refused("network.hidden.0", "eight", NULL, NULL, "network.hidden.0");
    assert_refused(NULL, NULL, "score.1.bias", NULL, "score.1.bias");
    assert_refused(NULL, NULL, "score.1.bias", bad, "not finite");
    assert_refused(NULL, NULL, "adam.second", NULL, "adam.second");
    assert_refused(NULL, NULL, "adam.step", (const float *)&minus, "adam.step");
}
END_TEST

START_TEST(adam_takes_its_published_first_step)
{
    /* The first step of Adam is rate * sign(gradient), whatever the gradient's size. */
    real weights[3] = {1, 1, 1};
    const real gradient[3] = {100, -1e-3f, 0};
    struct adam fresh;
    adam_init(&fresh, 3);
    struct adam_settings settings = adam_defaults;
    settings.rate = 0.1;
    double norm = adam_step(&fresh, &settings, weights, gradient, 0.5);
    ck_assert_double_eq_tol(norm, 50, 1e-6);
    ck_assert_double_eq_tol((double)weights[0], 0.9, 1e-5);
    ck_assert_double_eq_tol((double)weights[1], 1.1, 1e-4);
    ck_assert(weights[2] == 1);
    /* Clipped, the moments are those of a gradient of length one. */
    adam_reset(&fresh);
    settings.clip_norm = 1;
    settings.weight_decay = 0.01;
    weights[2] = 1;
    adam_step(&fresh, &settings, weights, gradient, 1);
    ck_assert_double_eq_tol((double)fresh.first[0], 0.1, 1e-6);
    ck_assert_double_eq_tol((double)weights[2], 1 - 0.1 * 0.01, 1e-6);
    adam_finish(&fresh);
}
END_TEST

START_TEST(adam_leaves_everything_alone_if_the_gradient_is_not_finite)
{
    real weights[2] = {1, 2};
    const real gradient[2] = {1, INFINITY};
    struct adam fresh;
    adam_init(&fresh, 2);
    ck_assert(!isfinite(adam_step(&fresh, &adam_defaults, weights, gradient, 1)));
    ck_assert(weights[0] == 1 && weights[1] == 2 && fresh.step == 0 && fresh.first[0] == 0);
    adam_finish(&fresh);
}
END_TEST

START_TEST(momentum_gathers_speed_and_decay_pulls_to_zero)
{
    const struct momentum_settings settings = {0.1, 0.9, 0.5};
    real weights[1] = {2}, velocity[1] = {0};
    const real gradient[1] = {3};
    momentum_step(&settings, 1, velocity, weights, gradient, 1);
    ck_assert_double_eq_tol((double)velocity[0], 3 + 0.5 * 2, 1e-6);
    ck_assert_double_eq_tol((double)weights[0], 2 - 0.4, 1e-6);
    momentum_step(&settings, 1, velocity, weights, gradient, 1);
    ck_assert_double_eq_tol((double)velocity[0], 0.9 * 4 + 3 + 0.5 * 1.6, 1e-6);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("checkpoint");
    TCase *tests = tcase_create("checkpoint");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_network_comes_back_with_its_kind_shape_weights_and_notes);
    tcase_add_test(tests, training_goes_on_from_a_checkpoint_as_if_it_had_not_stopped);
    tcase_add_test(tests, what_does_not_fit_is_refused_with_both_values);
    tcase_add_test(tests, a_checkpoint_that_makes_no_network_is_refused);
    suite_add_tcase(suite, tests);
    TCase *steps = tcase_create("steps");
    tcase_add_test(steps, adam_takes_its_published_first_step);
    tcase_add_test(steps, adam_leaves_everything_alone_if_the_gradient_is_not_finite);
    tcase_add_test(steps, momentum_gathers_speed_and_decay_pulls_to_zero);
    suite_add_tcase(suite, steps);
    return suite;
}
