/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "workloads/kernels/fff.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "test/suite.h"
#include "workloads/kernels/gelu.h"
#include "workloads/kernels/uniform.h"

/* Largest |difference| as a part of the largest value, over outputs of single precision. */
static const double tolerance = 5e-6;

static struct fff *create_drawn(struct fff_shape shape, uint64_t seed)
{
    struct fff *fff = fff_create(&shape);
    fff_fill(fff, seed, 0);
    return fff;
}

static float *draw_inputs(const struct fff_shape *shape, int32_t batch, float limit)
{
    int32_t count = shape->inputs * batch;
    float *x = memory_zeroed((size_t)count + 1, sizeof *x);
    struct uniform draws = uniform_open(99, 7);
    uniform_fill(&draws, x, count, limit);
    return x;
}

/* Every instruction set that runs here: same leaves as the reference, outputs within tolerance. */
static void compare(const struct fff *fff, const float *x, int32_t batch)
{
    const struct fff_shape *shape = &fff->shape;
    size_t count = (size_t)batch * (size_t)shape->outputs;
    size_t leaf_count = (size_t)batch * (size_t)shape->trees;
    float *expected = memory_zeroed(count + 1, sizeof *expected);
    float *got = memory_zeroed(count + 1, sizeof *got);
    int32_t *leaves = memory_zeroed(leaf_count + 1, sizeof *leaves);
    fff_reference(fff, x, batch, expected, leaves);
    double largest = 0;
    for (size_t i = 0; i < count; i++)
        largest = fmax(largest, fabs((double)expected[i]));
    struct fff_workspace *workspace = fff_workspace_create(shape, batch);
    for (enum isa isa = ISA_PORTABLE; isa < ISA_COUNT; isa++) {
        if (!isa_runs(isa))
            continue;
        struct fault fault = FAULT_NONE;
        got[count] = 7;
        ck_assert_msg(fff_apply(fff, isa, workspace, x, batch, got, &fault), "%s", fault.what);
        ck_assert_msg(memcmp(leaves, fff_leaves(workspace), leaf_count * sizeof *leaves) == 0,
                      "%s takes another path, %dx%d, batch %d", isa_name(isa), (int)shape->trees,
                      (int)shape->depth, (int)batch);
        double difference = 0;
        for (size_t i = 0; i < count; i++)
            difference = fmax(difference, fabs((double)got[i] - (double)expected[i]));
        ck_assert_msg(difference <= tolerance * largest + (double)FLT_MIN,
                      "%s: %g off, the largest value is %g", isa_name(isa), difference, largest);
        ck_assert_float_eq(got[count], 7); /* nothing written behind the outputs */
    }
    fff_workspace_destroy(workspace);
    free(expected);
    free(got);
    free(leaves);
}

START_TEST(every_instruction_set_agrees_with_the_reference_for_any_batch)
{
    static const int32_t batches[] = {0, 1, 2, 3, 5, 7, 8, 15, 16, 17, 31, 127, 128, 129, 300};
    struct fff *fff = create_drawn((struct fff_shape){768, 768, 1, 11, false}, 1);
    float *x = draw_inputs(&fff->shape, 300, 1.7f);
    for (size_t i = 0; i < sizeof batches / sizeof *batches; i++)
        compare(fff, x, batches[i]);
    free(x);
    fff_destroy(fff);
}
END_TEST

START_TEST(the_largest_batches_agree_too)
{
    struct fff *fff = create_drawn((struct fff_shape){70, 66, 1, 11, false}, 1);
    float *x = draw_inputs(&fff->shape, 16384, 1.7f);
    compare(fff, x, 16383);
    compare(fff, x, 16384);
    free(x);
    fff_destroy(fff);
}
END_TEST

START_TEST(every_instruction_set_agrees_with_the_reference_for_any_shape)
{
    static const struct fff_shape shapes[] = {
        {1, 1, 1, 0, false},      {3, 5, 1, 0, true},      {65, 130, 3, 4, true},
        {64, 64, 17, 2, false},   {100, 7, 200, 1, true},  {768, 64, 1, 9, true},
        {48, 1000, 1, 12, false}, {768, 768, 40, 0, true},
    };
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        struct fff *fff = create_drawn(shapes[i], 2 + i);
        float *x = draw_inputs(&fff->shape, 150, 2);
        compare(fff, x, 1);
        compare(fff, x, 150);
        free(x);
        fff_destroy(fff);
    }
}
END_TEST

START_TEST(ties_go_left_and_are_the_same_everywhere)
{
    /* weights and inputs of +-1: many sums are exactly 0, whatever the order */
    struct fff *fff = create_drawn((struct fff_shape){64, 16, 1, 9, false}, 3);
    for (size_t i = 0; i < 1023 * 64; i++)
        fff->w_in[i] = fff->w_in[i] > 0 ? 1 : -1;
    struct fault fault = FAULT_NONE;
    ck_assert(fff_seal(fff, &fault));
    float *x = draw_inputs(&fff->shape, 200, 1);
    for (int32_t i = 0; i < 200 * 64; i++)
        x[i] = x[i] > 0 ? 1 : -1;
    compare(fff, x, 200);

    memset(x, 0, 64 * sizeof *x); /* every logit is 0: always left, to the first leaf */
    int32_t leaf;
    float out[16];
    fff_reference(fff, x, 1, out, &leaf);
    ck_assert_int_eq(leaf, 511);
    compare(fff, x, 1);
    free(x);
    fff_destroy(fff);
}
END_TEST

START_TEST(sums_that_cancel_take_the_reference_path)
{
    /* x orthogonal to the rows but for the last bit: single precision alone gets signs wrong */
    struct fff *fff = create_drawn((struct fff_shape){768, 32, 1, 8, false}, 4);
    float *x = draw_inputs(&fff->shape, 64, 1);
    for (int32_t b = 0; b < 64; b++)
        for (int32_t i = 0; i < 384; i++)
            x[b * 768 + 384 + i] = -x[b * 768 + i] * (i % 97 == b ? 1 + FLT_EPSILON : 1);
    for (int32_t n = 0; n < 511; n++)
        memcpy(fff->w_in + n * 768 + 384, fff->w_in + n * 768, 384 * sizeof(float));
    struct fault fault = FAULT_NONE;
    ck_assert(fff_seal(fff, &fault));
    compare(fff, x, 64);
    free(x);
    fff_destroy(fff);
}
END_TEST

START_TEST(denormal_and_huge_inputs_take_the_reference_path)
{
    struct fff *fff = create_drawn((struct fff_shape){768, 768, 1, 6, false}, 5);
    static const float scales[] = {1e-45f, 1e-42f, 1e-38f, 1e-20f, 1e15f};
    for (size_t s = 0; s < sizeof scales / sizeof *scales; s++) {
        float *x = draw_inputs(&fff->shape, 40, 1);
        for (int32_t i = 0; i < 40 * 768; i++)
            x[i] *= scales[s];
        compare(fff, x, 40);
        free(x);
    }
    fff_destroy(fff);
}
END_TEST

/* What is said about sample 20 of 21 if its input 5 is `value`. */
static void refuse(float value, const char *expected)
{
    struct fff *fff = create_drawn((struct fff_shape){70, 70, 1, 5, false}, 6);
    float *x = draw_inputs(&fff->shape, 21, 1), out[21 * 70];
    x[20 * 70 + 5] = value;
    struct fff_workspace *workspace = fff_workspace_create(&fff->shape, 21);
    for (enum isa isa = ISA_PORTABLE; isa < ISA_COUNT; isa++) {
        struct fault fault = FAULT_NONE;
        if (!isa_runs(isa))
            continue;
        ck_assert(!fff_apply(fff, isa, workspace, x, 21, out, &fault));
        ck_assert_str_eq(fault.what, expected);
    }
    fff_workspace_destroy(workspace);
    free(x);
    fff_destroy(fff);
}

START_TEST(what_is_not_finite_is_refused)
{
    refuse(NAN, "input 5 of sample 20 is not a number");
    refuse(INFINITY, "input 5 of sample 20 is infinite");
    struct fff *fff = create_drawn((struct fff_shape){8, 8, 1, 1, false}, 6);
    struct fault fault = FAULT_NONE;
    fff->w_out[3] = NAN;
    ck_assert(!fff_seal(fff, &fault));
    fff_destroy(fff);
}
END_TEST

START_TEST(a_tree_of_one_level_is_a_neuron)
{
    struct fff *fff = create_drawn((struct fff_shape){2, 2, 1, 0, true}, 7);
    fff->w_in[0] = 3, fff->w_in[1] = -1, fff->bias[0] = 0.5f;
    fff->w_out[0] = 2, fff->w_out[1] = -4;
    struct fault fault = FAULT_NONE;
    ck_assert(fff_seal(fff, &fault));
    float x[] = {1, 2}, out[2];
    int32_t leaf;
    fff_reference(fff, x, 1, out, &leaf);
    double gelu = 1.5 * 0.93319279873114191; /* Phi(1.5) */
    ck_assert_double_eq_tol((double)out[0], 2 * gelu, 1e-6);
    ck_assert_double_eq_tol((double)out[1], -4 * gelu, 1e-6);
    ck_assert_int_eq(leaf, 0);
    fff_destroy(fff);
}
END_TEST

START_TEST(the_same_seed_draws_the_same_weights_within_their_limits)
{
    struct fff_shape shape = {768, 768, 2, 5, true};
    struct fff *a = create_drawn(shape, 8), *b = create_drawn(shape, 8),
               *c = create_drawn(shape, 9);
    ck_assert_mem_eq(a->w_in, b->w_in, a->bytes);
    ck_assert_mem_ne(a->w_in, c->w_in, a->bytes);
    fff_fill(c, 8, 1);
    ck_assert_mem_ne(a->w_in, c->w_in, a->bytes);
    double sum = 0, squares = 0, largest = 0, limit = 1 / sqrt(768);
    size_t count = 2 * 63 * 768;
    for (size_t i = 0; i < count; i++) {
        largest = fmax(largest, fabs((double)a->w_in[i]));
        sum += (double)a->w_in[i];
        squares += (double)a->w_in[i] * (double)a->w_in[i];
    }
    ck_assert(largest <= limit && largest > 0.999 * limit);
    ck_assert_double_eq_tol(sum / (double)count, 0, 5 * limit / sqrt(3.0 * (double)count));
    ck_assert_double_eq_tol(squares / (double)count, limit * limit / 3, 0.02 * limit * limit);
    fff_destroy(a);
    fff_destroy(b);
    fff_destroy(c);
}
END_TEST

/* The models of Belcak and Wattenhofer: nodes, nodes per sample, MAC and weight bytes per sample.
 */
static const struct {
    int32_t trees, depth;
    int64_t nodes, visited, mac, bytes;
} published[] = {
    {3072, 0, 3072, 3072, 4718592, 18874368}, {1536, 1, 4608, 3072, 4718592, 18874368},
    {512, 2, 3584, 1536, 2359296, 9437184},   {256, 3, 3840, 1024, 1572864, 6291456},
    {128, 4, 3968, 640, 983040, 3932160},     {64, 5, 4032, 384, 589824, 2359296},
    {32, 6, 4064, 224, 344064, 1376256},      {16, 7, 4080, 128, 196608, 786432},
    {8, 8, 4088, 72, 110592, 442368},         {4, 9, 4092, 40, 61440, 245760},
    {2, 10, 4094, 22, 33792, 135168},         {1, 11, 4095, 12, 18432, 73728},
};

START_TEST(counts_are_those_of_the_published_models)
{
    for (size_t i = 0; i < sizeof published / sizeof *published; i++) {
        struct fff_shape shape = {768, 768, published[i].trees, published[i].depth, false};
        struct fff_cost cost = fff_cost(&shape);
        ck_assert_int_eq(cost.nodes, published[i].nodes);
        ck_assert_int_eq(cost.visited, published[i].visited);
        ck_assert_int_eq(cost.mac, published[i].mac);
        ck_assert_int_eq(cost.touched_bytes, published[i].bytes);
        ck_assert_int_eq(cost.parameters, published[i].nodes * 1536);
        ck_assert_int_eq(cost.stored_bytes, published[i].nodes * 6144);
        ck_assert_double_eq_tol(fff_batch_bytes(&shape, 1), (double)published[i].bytes, 1e-3);
    }
    struct fff_shape shape = {768, 768, 1, 11, false};
    ck_assert_double_eq_tol(fff_batch_bytes(&shape, 128) / 6144, 658, 0.5); /* distinct nodes */
    ck_assert_double_eq_tol(fff_batch_bytes(&shape, 16384) / 6144, 4094, 0.5);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("fff");
    TCase *kernel = tcase_create("kernel");
    tcase_add_test(kernel, every_instruction_set_agrees_with_the_reference_for_any_batch);
    tcase_add_test(kernel, the_largest_batches_agree_too);
    tcase_add_test(kernel, every_instruction_set_agrees_with_the_reference_for_any_shape);
    tcase_add_test(kernel, ties_go_left_and_are_the_same_everywhere);
    tcase_add_test(kernel, sums_that_cancel_take_the_reference_path);
    tcase_add_test(kernel, denormal_and_huge_inputs_take_the_reference_path);
    tcase_add_test(kernel, what_is_not_finite_is_refused);
    tcase_add_test(kernel, a_tree_of_one_level_is_a_neuron);
    suite_add_tcase(suite, kernel);
    TCase *weights = tcase_create("weights");
    tcase_add_test(weights, the_same_seed_draws_the_same_weights_within_their_limits);
    tcase_add_test(weights, counts_are_those_of_the_published_models);
    suite_add_tcase(suite, weights);
    return suite;
}
