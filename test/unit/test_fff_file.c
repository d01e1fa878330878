/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/safetensors.h"
#include "test/scratch.h"
#include "test/suite.h"
#include "workloads/kernels/fff.h"

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
                                         {"w_out", SAFETENSORS_F32, 2, {3, 2}, 6, values}};
    struct safetensors_note notes[] = {{"kernel", "fff"}, {"trees", "1"}, {"depth", "1"}};
    ck_assert_str_eq(load(arrays, 2, notes, 0), "this file does not hold an FFF");
    ck_assert_str_eq(load(arrays, 2, notes, 2), "note `depth` is not a whole number from 0 to 20");
    ck_assert_str_eq(load(arrays, 1, notes, 3),
                     "there is no array `w_out`, F32, of 2 dimensions and 3 nodes");
    notes[2].value = "2";
    ck_assert_str_eq(load(arrays, 2, notes, 3),
                     "there is no array `w_in`, F32, of 2 dimensions and 7 nodes");
    notes[2].value = "1";
    values[3] = NAN;
    ck_assert_str_eq(load(arrays, 2, notes, 3),
                     "a weight is not: input 1 of sample 1 is not a number");
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("fff_file");
    TCase *file = tcase_create("file");
    tcase_add_checked_fixture(file, set_up, tear_down);
    tcase_add_test(file, weights_come_back_as_they_were_saved);
    tcase_add_test(file, a_file_that_is_no_fff_is_refused);
    suite_add_tcase(suite, file);
    return suite;
}
