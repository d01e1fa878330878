/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "workloads/kernels/fff_leaf.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "test/suite.h"
#include "workloads/kernels/uniform.h"

static const double tolerance = 5e-6; /* of the largest value */

static float *draw_inputs(int32_t count, float limit)
{
    float *x = memory_zeroed((size_t)count + 1, sizeof *x);
    struct uniform draws = uniform_open(77, 7);
    uniform_fill(&draws, x, count, limit);
    return x;
}

/* Every instruction set that runs here: same leaves as the reference, outputs within tolerance. */
static void compare(const struct fff_leaf *leaf, const float *x, int32_t batch)
{
    size_t count = (size_t)batch * (size_t)leaf->shape.outputs;
    float *expected = memory_zeroed(count + 1, sizeof *expected);
    float *got = memory_zeroed(count + 1, sizeof *got);
    int32_t *chosen = memory_zeroed((size_t)batch + 1, sizeof *chosen);
    fff_leaf_reference(leaf, x, batch, expected, chosen);
    double largest = 0;
    for (size_t i = 0; i < count; i++)
        largest = fmax(largest, fabs((double)expected[i]));
    struct fff_leaf_workspace *workspace = fff_leaf_workspace_create(&leaf->shape, batch);
    for (enum isa isa = ISA_PORTABLE; isa < ISA_COUNT; isa++) {
        struct fault fault = FAULT_NONE;
        double difference = 0;
        if (!isa_runs(isa))
            continue;
        ck_assert(fff_leaf_apply(leaf, isa, workspace, x, batch, got, &fault));
        ck_assert_msg(memcmp(chosen, fff_leaf_chosen(workspace), (size_t)batch * sizeof *chosen) ==
                          0,
                      "%s chooses another leaf", isa_name(isa));
        for (size_t i = 0; i < count; i++)
            difference = fmax(difference, fabs((double)got[i] - (double)expected[i]));
        ck_assert_msg(difference <= tolerance * largest + (double)FLT_MIN,
                      "%s: %g off, the largest value is %g", isa_name(isa), difference, largest);
    }
    fff_leaf_workspace_destroy(workspace);
    free(expected);
    free(got);
    free(chosen);
}

START_TEST(every_instruction_set_agrees_with_the_reference)
{
    static const struct fff_leaf_shape shapes[] = {
        {768, 768, 7, 32, FFF_LEAF_RELU}, {768, 768, 3, 5, FFF_LEAF_GELU},
        {1, 1, 0, 1, FFF_LEAF_RELU},      {65, 130, 4, 17, FFF_LEAF_RELU},
        {100, 7, 9, 3, FFF_LEAF_GELU},
    };
    static const int32_t batches[] = {0, 1, 7, 131};
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        struct fff_leaf *leaf = fff_leaf_create(&shapes[s]);
        fff_leaf_fill(leaf, s, 0);
        float *x = draw_inputs(131 * shapes[s].inputs, 2);
        for (size_t b = 0; b < sizeof batches / sizeof *batches; b++)
            compare(leaf, x, batches[b]);
        free(x);
        fff_leaf_destroy(leaf);
    }
}
END_TEST

START_TEST(the_largest_batches_agree_too)
{
    struct fff_leaf *leaf = fff_leaf_create(&(struct fff_leaf_shape){40, 24, 7, 3, FFF_LEAF_GELU});
    fff_leaf_fill(leaf, 1, 0);
    float *x = draw_inputs(16384 * 40, 2);
    compare(leaf, x, 16383);
    compare(leaf, x, 16384);
    free(x);
    fff_leaf_destroy(leaf);
}
END_TEST

/* Without biases, so that scores and hidden values are as small as the inputs. */
START_TEST(denormal_inputs_take_the_path_of_the_reference)
{
    static const float scales[] = {1e-45f, 1e-42f, 1e-38f, 1e-20f};
    struct fff_leaf *leaf = fff_leaf_create(&(struct fff_leaf_shape){768, 64, 7, 8, FFF_LEAF_RELU});
    fff_leaf_fill(leaf, 1, 0);
    memset(leaf->b_node, 0, 127 * sizeof(float));
    memset(leaf->b_in, 0, 128 * 8 * sizeof(float));
    memset(leaf->b_out, 0, 128 * (size_t)leaf->row_out * sizeof(float));
    struct fault fault = FAULT_NONE;
    ck_assert(fff_leaf_seal(leaf, &fault));
    for (size_t s = 0; s < sizeof scales / sizeof *scales; s++) {
        float *x = draw_inputs(40 * 768, 1);
        for (int32_t i = 0; i < 40 * 768; i++)
            x[i] *= scales[s];
        compare(leaf, x, 40);
        free(x);
    }
    fff_leaf_destroy(leaf);
}
END_TEST

START_TEST(ties_go_right_and_are_the_same_everywhere)
{
    struct fff_leaf *leaf = fff_leaf_create(&(struct fff_leaf_shape){64, 4, 6, 2, FFF_LEAF_RELU});
    fff_leaf_fill(leaf, 3, 0);
    for (int32_t i = 0; i < 63 * 64; i++)
        leaf->w_node[i] = leaf->w_node[i] > 0 ? 1 : -1;
    memset(leaf->b_node, 0, 63 * sizeof(float));
    struct fault fault = FAULT_NONE;
    ck_assert(fff_leaf_seal(leaf, &fault));
    float *x = draw_inputs(100 * 64, 1);
    for (int32_t i = 0; i < 100 * 64; i++)
        x[i] = x[i] > 0 ? 1 : -1;
    compare(leaf, x, 100);
    memset(x, 0, 64 * sizeof *x);
    int32_t chosen;
    float out[4];
    fff_leaf_reference(leaf, x, 1, out, &chosen);
    ck_assert_int_eq(chosen, 63); /* every score is 0: always right */
    compare(leaf, x, 1);
    free(x);
    fff_leaf_destroy(leaf);
}
END_TEST

START_TEST(a_leaf_is_the_network_written_down)
{
    struct fff_leaf *leaf = fff_leaf_create(&(struct fff_leaf_shape){2, 1, 1, 2, FFF_LEAF_RELU});
    leaf->w_node[0] = 1, leaf->b_node[0] = -2; /* right from x0 = 2 on */
    float *right_in = leaf->w_in + 2 * leaf->row_in, *right_out = leaf->w_out + 2 * leaf->row_out;
    right_in[0] = 2, right_in[leaf->row_in + 1] = -3;
    leaf->b_in[2] = 0.5f;
    right_out[0] = 10, right_out[leaf->row_out] = 100;
    leaf->b_out[leaf->row_out] = 0.25f;
    struct fault fault = FAULT_NONE;
    ck_assert(fff_leaf_seal(leaf, &fault));
    float x[] = {2, 1}, out;
    fff_leaf_reference(leaf, x, 1, &out, NULL);
    ck_assert_float_eq(out, 0.25f + 10 * 4.5f + 100 * 0); /* the second neuron is below 0 */
    compare(leaf, x, 1);
    fff_leaf_destroy(leaf);
}
END_TEST

START_TEST(what_is_not_finite_is_refused)
{
    struct fff_leaf_shape shape = {3, 3, 1, 1, FFF_LEAF_RELU};
    struct fff_leaf *leaf = fff_leaf_create(&shape);
    struct fff_leaf_workspace *workspace = fff_leaf_workspace_create(&shape, 2);
    float x[6] = {0, 0, 0, 0, 0, NAN}, out[6];
    struct fault fault = FAULT_NONE;
    for (enum isa isa = ISA_PORTABLE; isa < ISA_COUNT; isa++) {
        fault = FAULT_NONE;
        if (!isa_runs(isa))
            continue;
        ck_assert(!fff_leaf_apply(leaf, isa, workspace, x, 2, out, &fault));
        ck_assert_str_eq(fault.what, "input 2 of sample 1 is not a number");
    }
    leaf->b_out[0] = INFINITY;
    fault = FAULT_NONE;
    ck_assert(!fff_leaf_seal(leaf, &fault));
    fff_leaf_workspace_destroy(workspace);
    fff_leaf_destroy(leaf);
}
END_TEST

START_TEST(counts_follow_the_formula)
{
    struct fff_leaf_shape shape = {768, 768, 7, 32, FFF_LEAF_RELU};
    struct fff_leaf_cost cost = fff_leaf_cost(&shape);
    ck_assert_int_eq(cost.mac, 54528); /* 7 * 768 + 32 * 1536 */
    ck_assert_int_eq(cost.parameters, 127 * 769 + 128 * (32 * 1537 + 768));
    ck_assert_int_eq(cost.touched_bytes, 4 * (7 * 769 + 32 * 1537 + 768));
    ck_assert_double_eq_tol(fff_leaf_batch_bytes(&shape, 1), (double)cost.touched_bytes, 1e-6);
    ck_assert_double_eq_tol(fff_leaf_batch_bytes(&shape, 1 << 20), (double)cost.stored_bytes, 1);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("fff_leaf");
    TCase *layer = tcase_create("layer");
    tcase_add_test(layer, every_instruction_set_agrees_with_the_reference);
    tcase_add_test(layer, the_largest_batches_agree_too);
    tcase_add_test(layer, denormal_inputs_take_the_path_of_the_reference);
    tcase_add_test(layer, ties_go_right_and_are_the_same_everywhere);
    tcase_add_test(layer, a_leaf_is_the_network_written_down);
    tcase_add_test(layer, what_is_not_finite_is_refused);
    tcase_add_test(layer, counts_follow_the_formula);
    suite_add_tcase(suite, layer);
    return suite;
}
