/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>

#include "base/safetensors.h"
#include "test/scratch.h"
#include "test/suite.h"
#include "workloads/kernels/fff.h"
#include "workloads/kernels/fff_leaf.h"

static struct scratch scratch;

static void set_up(void)
{
    scratch_init(&scratch);
}

static void tear_down(void)
{
    scratch_finish(&scratch);
}

START_TEST(weights_come_back_as_they_were_saved)
{
    struct fff_shape shape = {70, 130, 3, 4, true};
    for (int round = 0; round < 2; round++, shape.has_bias = false) {
        struct fff *fff = fff_create(&shape);
        fff_fill(fff, 5, 0);
        struct fault fault = FAULT_NONE;
        const char *path = scratch_path(&scratch, "fff.safetensors");
        ck_assert(fff_save(fff, path, &fault));
        struct fff *back = fff_load(path, &fault);
        ck_assert_msg(back != NULL, "%s", fault.what);
        ck_assert_int_eq(back->shape.trees, 3);
        ck_assert_int_eq(back->shape.depth, 4);
        ck_assert_int_eq(back->shape.has_bias, shape.has_bias);
        ck_assert_uint_eq(back->bytes, fff->bytes);
        ck_assert_mem_eq(back->w_in, fff->w_in, fff->bytes);
        ck_assert_float_eq(back->weight_limit, fff->weight_limit);
        fff_destroy(fff);
        fff_destroy(back);
    }
}
END_TEST

/* The fault that loading a file of these arrays and notes gives. */
static const char *load(const struct safetensors_array *arrays, int32_t count,
                        const struct safetensors_note *notes, int32_t note_count)
{
    static struct fault fault;
    fault = FAULT_NONE;
    const char *path = scratch_path(&scratch, "bad.safetensors");
    ck_assert(safetensors_write(path, arrays, count, notes, note_count, &fault));
    ck_assert(fff_load(path, &fault) == NULL);
    return fault.what;
}

START_TEST(a_file_that_is_no_fff_is_refused)
{
    float values[6] = {1, 2, 3, 4, 5, 6};
    struct safetensors_array arrays[] = {{"w_in", SAFETENSORS_F32, 2, {3, 2}, 6, values},
                                         {"w_out", SAFETENSORS_F32, 2, {3, 2}, 6, values},
                                         {"bias", SAFETENSORS_F32, 1, {2}, 2, values}};
    struct safetensors_note notes[] = {{"kernel", "fff"}, {"trees", "1"}, {"depth", "1"}};
    ck_assert_str_eq(load(arrays, 2, notes, 0), "this file does not hold weights of kernel fff");
    ck_assert_str_eq(load(arrays, 2, notes, 2), "note `depth` is not a whole number from 0 to 20");
    ck_assert_str_eq(load(arrays, 1, notes, 3), "there is no array `w_out` of 3 rows");
    ck_assert_str_eq(load(arrays, 3, notes, 3),
                     "there is no array `bias`, F32, of 1 dimensions, 1 rows of 3");
    notes[2].value = "2";
    ck_assert_str_eq(load(arrays, 2, notes, 3), "there is no array `w_in` of 7 rows");
    notes[2].value = "1";
    arrays[1].type = SAFETENSORS_I32;
    ck_assert_str_eq(load(arrays, 2, notes, 3),
                     "there is no array `w_out`, F32, of 2 dimensions, 3 rows of 2");
    arrays[1].type = SAFETENSORS_F32;
    values[3] = NAN;
    ck_assert_str_eq(load(arrays, 2, notes, 3),
                     "a weight is not: input 1 of sample 1 is not a number");
}
END_TEST

/* The same leaves, the same outputs; rows of 5 and 3 floats are padded in memory. */
START_TEST(leaf_networks_come_back_as_they_were_saved)
{
    enum { BATCH = 9 };
    struct fff_leaf_shape shapes[] = {{5, 3, 3, 7, FFF_LEAF_GELU}, {64, 64, 0, 2, FFF_LEAF_RELU}};
    const struct fff_leaf_shape *shape = &shapes[_i];
    struct fff_leaf *leaf = fff_leaf_create(shape);
    fff_leaf_fill(leaf, 5, 0);
    struct fault fault = FAULT_NONE;
    const char *path = scratch_path(&scratch, "leaf.safetensors");
    ck_assert(fff_leaf_save(leaf, path, &fault));
    struct fff_leaf *back = fff_leaf_load(path, &fault);
    ck_assert_msg(back != NULL, "%s", fault.what);
    ck_assert_int_eq(back->shape.width, shape->width);
    ck_assert_int_eq(back->shape.activation, shape->activation);
    ck_assert_uint_eq(back->bytes, leaf->bytes);
    ck_assert_mem_eq(back->w_node, leaf->w_node, leaf->bytes);
    ck_assert_float_eq(back->weight_limit, leaf->weight_limit);
    float x[BATCH * 64], out[BATCH * 64], again[BATCH * 64];
    int32_t chosen[BATCH], chosen_again[BATCH];
    for (int32_t i = 0; i < BATCH * 64; i++)
        x[i] = (float)(i * 37 % 101 - 50) / 50;
    fff_leaf_reference(leaf, x, BATCH, out, chosen);
    fff_leaf_reference(back, x, BATCH, again, chosen_again);
    ck_assert_mem_eq(out, again, (size_t)(BATCH * shape->outputs) * sizeof *out);
    ck_assert_mem_eq(chosen, chosen_again, sizeof chosen);
    fff_leaf_destroy(leaf);
    fff_leaf_destroy(back);
}
END_TEST

/* The fault that loading this as leaf networks gives, "" for none. */
static const char *load_leaf(const struct safetensors_array *arrays,
                             const struct safetensors_note *notes)
{
    static struct fault fault;
    fault = FAULT_NONE;
    const char *path = scratch_path(&scratch, "leaf.safetensors");
    ck_assert(safetensors_write(path, arrays, 6, notes, 3, &fault));
    struct fff_leaf *leaf = fff_leaf_load(path, &fault);
    ck_assert_int_eq(leaf == NULL, fault.what[0] != '\0');
    fff_leaf_destroy(leaf);
    return fault.what;
}

START_TEST(a_file_that_is_no_fff_of_leaf_networks_is_refused)
{
    float values[6] = {1, 2, 3, 4, 5, 6};
    struct safetensors_array arrays[] = {
        {"w_in", SAFETENSORS_F32, 3, {2, 1, 2}, 4, values},
        {"w_out", SAFETENSORS_F32, 3, {2, 1, 3}, 6, values},
        {"b_in", SAFETENSORS_F32, 2, {2, 1}, 2, values},
        {"b_out", SAFETENSORS_F32, 2, {2, 3}, 6, values},
        {"w_node", SAFETENSORS_F32, 2, {1, 2}, 2, values},
        {"b_node", SAFETENSORS_F32, 1, {1}, 1, values},
    };
    struct safetensors_note notes[] = {
        {"kernel", "fff_leaf"}, {"depth", "1"}, {"activation", "relu"}};
    ck_assert_str_eq(load_leaf(arrays, notes), "");
    for (int32_t i = 0; i < 6; i++) {
        const char *name = arrays[i].name;
        arrays[i].name = "other";
        assert_holds(load_leaf(arrays, notes), name);
        arrays[i].name = name;
    }
    values[0] = INFINITY;
    ck_assert_str_eq(load_leaf(arrays, notes), "a weight is not: input 0 of sample 0 is infinite");
    notes[2].value = "tanh";
    ck_assert_str_eq(load_leaf(arrays, notes), "note `activation` is neither relu nor gelu");
    notes[0].value = "fff";
    ck_assert_str_eq(load_leaf(arrays, notes),
                     "this file does not hold weights of kernel fff_leaf");
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("fff_file");
    TCase *file = tcase_create("file");
    tcase_add_checked_fixture(file, set_up, tear_down);
    tcase_add_test(file, weights_come_back_as_they_were_saved);
    tcase_add_test(file, a_file_that_is_no_fff_is_refused);
    tcase_add_loop_test(file, leaf_networks_come_back_as_they_were_saved, 0, 2);
    tcase_add_test(file, a_file_that_is_no_fff_of_leaf_networks_is_refused);
    suite_add_tcase(suite, file);
    return suite;
}
