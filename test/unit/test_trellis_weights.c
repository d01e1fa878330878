/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "workloads/kernels/trellis_weights.h"

#include <math.h>
#include <string.h>

#include "base/safetensors.h"
#include "test/scratch.h"
#include "test/suite.h"

static struct scratch scratch;

static void open_scratch(void)
{
    scratch_init(&scratch);
}

static void close_scratch(void)
{
    scratch_finish(&scratch);
}

/* The weight that lies last: B2, route 3, last step. */
static float *last_weight(struct trellis_weights *weights)
{
    return trellis_weights_at(weights, 4, 3, 1)->weight;
}

START_TEST(a_seed_means_the_same_weights)
{
    const struct trellis *model = trellis_find("cigt_mnist");
    struct trellis_weights *one = trellis_weights_draw(model, 7);
    struct trellis_weights *two = trellis_weights_draw(model, 7);
    struct trellis_weights *other = trellis_weights_draw(model, 8);
    ck_assert_mem_eq(last_weight(one), last_weight(two), 250 * sizeof(float));
    ck_assert_mem_ne(last_weight(one), last_weight(other), 250 * sizeof(float));
    ck_assert_mem_ne(last_weight(one), trellis_weights_at(one, 4, 2, 1)->weight,
                     250 * sizeof(float));
    trellis_weights_destroy(one);
    trellis_weights_destroy(two);
    trellis_weights_destroy(other);
}
END_TEST

START_TEST(as_many_numbers_are_stored_as_the_model_counts)
{
    const char *path = scratch_path(&scratch, "w.safetensors");
    for (const struct trellis *const *model = trellis_models; *model != NULL; model++) {
        struct fault fault = FAULT_NONE;
        struct trellis_weights *weights = trellis_weights_draw(*model, 1);
        ck_assert(trellis_weights_save(weights, path, &fault));
        trellis_weights_destroy(weights);
        struct safetensors *file = safetensors_open(path, &fault);
        int64_t numbers = 0;
        for (int32_t i = 0; i < file->count; i++)
            if (strstr(file->arrays[i].name, ".mean") == NULL &&
                strstr(file->arrays[i].name, ".variance") == NULL) /* statistics, not parameters */
                numbers += (int64_t)file->arrays[i].count;
        ck_assert_int_eq(numbers, trellis_total(*model).stored_parameters);
        ck_assert_str_eq(safetensors_note(file, "model"), (*model)->name);
        safetensors_close(file);
    }
}
END_TEST

START_TEST(what_is_saved_is_loaded)
{
    const struct trellis *model = trellis_find("cigt_fmnist");
    const char *path = scratch_path(&scratch, "w.safetensors");
    struct fault fault = FAULT_NONE;
    struct trellis_weights *saved = trellis_weights_draw(model, 3);
    ck_assert(trellis_weights_save(saved, path, &fault));
    struct trellis_weights *loaded = trellis_weights_load(model, path, &fault);
    ck_assert_ptr_nonnull(loaded);
    for (int32_t s = 0; s < model->stage_count; s++)
        for (int32_t route = 0; route < model->stages[s].routes; route++) {
            int32_t count;
            const struct trellis_step *steps = trellis_weights_steps(saved, s, &count);
            for (int32_t i = 0; i < count; i++) {
                const struct trellis_arrays *a = trellis_weights_at(saved, s, route, i);
                const struct trellis_arrays *b = trellis_weights_at(loaded, s, route, i);
                size_t outputs = (size_t)steps[i].out.channels * sizeof(float);
                if (steps[i].weight_count > 0)
                    ck_assert_mem_eq(a->weight, b->weight,
                                     (size_t)steps[i].weight_count * sizeof(float));
                if (steps[i].has_bias)
                    ck_assert_mem_eq(a->bias, b->bias, outputs);
                if (steps[i].has_norm)
                    ck_assert_mem_eq(a->variance, b->variance, outputs);
            }
        }
    trellis_weights_destroy(saved);
    trellis_weights_destroy(loaded);
}
END_TEST

/* Loads a file as weights of cigt_mnist, which must be refused. */
static void check_refused(const char *path, const char *what)
{
    struct fault fault = FAULT_NONE;
    ck_assert_ptr_null(trellis_weights_load(trellis_find("cigt_mnist"), path, &fault));
    assert_holds(fault.what, what);
    ck_assert_str_eq(fault.where, path);
}

START_TEST(wrong_files_are_refused_with_their_reason)
{
    const char *path = scratch_path(&scratch, "w.safetensors");
    struct fault fault = FAULT_NONE;
    struct trellis_weights *other = trellis_weights_draw(trellis_find("cigt_mnist_thin"), 1);
    ck_assert(trellis_weights_save(other, path, &fault));
    trellis_weights_destroy(other);
    check_refused(path, "these are weights of cigt_mnist_thin, not of cigt_mnist");

    struct trellis_weights *weights = trellis_weights_draw(trellis_find("cigt_mnist"), 1);
    last_weight(weights)[9] = NAN;
    ck_assert(trellis_weights_save(weights, path, &fault));
    check_refused(path, "value 9 of array B2.3.1.weight is not finite");
    last_weight(weights)[9] = 0;
    trellis_weights_at(weights, 1, 0, 1)->variance[2] = -1;
    ck_assert(trellis_weights_save(weights, path, &fault));
    check_refused(path, "value 2 of array R0.0.1.variance is not a variance");
    trellis_weights_destroy(weights);

    static const float few[2] = {1, 2};
    struct safetensors_array array = {"B0.0.0.weight", SAFETENSORS_F32, 1, {2}, 2, few};
    ck_assert(safetensors_write(path, &array, 1, NULL, 0, &fault));
    check_refused(path, "array B0.0.0.weight is not float32 or has another shape");
    array.name = "else";
    ck_assert(safetensors_write(path, &array, 1, NULL, 0, &fault));
    check_refused(path, "there is no array B0.0.0.weight");
    ck_assert_ptr_null(trellis_weights_load(trellis_find("cigt_mnist"), "/nowhere", &fault));
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("trellis_weights");
    TCase *weights = tcase_create("weights");
    tcase_add_checked_fixture(weights, open_scratch, close_scratch);
    tcase_add_test(weights, a_seed_means_the_same_weights);
    tcase_add_test(weights, as_many_numbers_are_stored_as_the_model_counts);
    tcase_add_test(weights, what_is_saved_is_loaded);
    tcase_add_test(weights, wrong_files_are_refused_with_their_reason);
    suite_add_tcase(suite, weights);
    return suite;
}
