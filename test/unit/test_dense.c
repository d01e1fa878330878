/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "workloads/kernels/dense.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "test/suite.h"
#include "workloads/kernels/gelu.h"
#include "workloads/kernels/uniform.h"

static const double tolerance = 5e-6; /* of the largest value */

static float *draw(uint32_t array, size_t count, float limit)
{
    float *values = memory_zeroed(count + 1, sizeof *values);
    struct uniform draws = uniform_open(5, array);
    uniform_fill(&draws, values, (int32_t)count, limit);
    return values;
}

/* Every instruction set that runs here against the reference. */
static void compare(struct dense_shape shape, int32_t batch, float limit)
{
    size_t in = (size_t)shape.inputs, neurons = (size_t)shape.neurons, out = (size_t)shape.outputs;
    float *w_in = draw(1, in * neurons, 1 / sqrtf((float)in));
    float *w_out = draw(2, out * neurons, 1 / sqrtf((float)neurons)), *bias = draw(3, neurons, 1);
    float *x = draw(4, in * (size_t)batch, limit);
    float *expected = memory_zeroed(out * (size_t)batch + 1, sizeof *expected);
    float *got = memory_zeroed(out * (size_t)batch + 1, sizeof *got);
    struct dense_rows rows = {shape, w_in, w_out, shape.has_bias ? bias : NULL};
    dense_reference(&rows, x, batch, expected);
    double largest = 0;
    for (size_t i = 0; i < out * (size_t)batch; i++)
        largest = fmax(largest, fabs((double)expected[i]));
    struct dense *dense = dense_create(&rows);
    struct dense_workspace *workspace = dense_workspace_create(&shape);
    for (enum isa isa = ISA_PORTABLE; isa < ISA_COUNT; isa++) {
        struct fault fault = FAULT_NONE;
        if (!isa_runs(isa))
            continue;
        got[out * (size_t)batch] = 7;
        ck_assert(dense_apply(dense, isa, workspace, x, batch, got, &fault));
        double difference = 0;
        for (size_t i = 0; i < out * (size_t)batch; i++)
            difference = fmax(difference, fabs((double)got[i] - (double)expected[i]));
        ck_assert_msg(difference <= tolerance * largest + (double)FLT_MIN,
                      "%s, batch %d: %g off, the largest is %g", isa_name(isa), (int)batch,
                      difference, largest);
        ck_assert_float_eq(got[out * (size_t)batch], 7);
    }
    dense_destroy(dense);
    dense_workspace_destroy(workspace);
    free(w_in);
    free(w_out);
    free(bias);
    free(x);
    free(expected);
    free(got);
}

START_TEST(every_instruction_set_agrees_with_the_reference)
{
    static const int32_t batches[] = {0, 1, 2, 3, 7, 8, 9, 15, 130};
    for (size_t i = 0; i < sizeof batches / sizeof *batches; i++)
        compare((struct dense_shape){96, 145, 48, true}, batches[i], 1.7f);
    compare((struct dense_shape){768, 4095, 768, false}, 3, 1.7f);
    compare((struct dense_shape){1, 1, 1, false}, 5, 1.7f);
    compare((struct dense_shape){1601, 7, 100, true}, 11, 1.7f);
    compare((struct dense_shape){50, 49, 48, true}, 16383, 1.7f);
    compare((struct dense_shape){50, 49, 48, true}, 16384, 1.7f);
}
END_TEST

START_TEST(denormal_inputs_agree_with_the_reference)
{
    static const float limits[] = {1e-44f, 1e-40f, 1e-38f, 1e-20f};
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
        compare((struct dense_shape){96, 145, 48, false}, 9, limits[i]);
}
END_TEST

START_TEST(gelu_is_the_exact_one_over_the_whole_range)
{
    /* 16 at a time; from where it is 0 in single precision to where it is the identity */
    float values[16];
    for (enum isa isa = ISA_PORTABLE; isa < ISA_COUNT; isa++) {
        if (!isa_runs(isa))
            continue;
        double worst = 0; /* in units of what is tolerated */
        for (int32_t block = -2000; block < 2000; block++) {
            for (int32_t i = 0; i < 16; i++)
                values[i] = (float)(block * 16 + i) * 0.0005f;
            dense_code_for(isa)->gelu(values, 16);
            for (int32_t i = 0; i < 16; i++) {
                double z = (double)((float)(block * 16 + i) * 0.0005f);
                double difference = fabs((double)values[i] - gelu_exact(z));
                worst = fmax(worst, difference / (3e-7 * fmax(fabs(z), 0.1)));
            }
        }
        ck_assert_msg(worst <= 1, "%s: %g times the tolerance", isa_name(isa), worst);
    }
    ck_assert_double_eq_tol(gelu_exact(1), 0.84134474606854293, 1e-15);
    ck_assert_double_eq_tol(gelu_exact(-3), -0.0040496940948903, 1e-15);
}
END_TEST

START_TEST(what_is_not_finite_is_refused)
{
    float w[64], x[6] = {0, 1, 2, 3, NAN, 5}, out[6];
    for (int32_t i = 0; i < 64; i++)
        w[i] = 1;
    struct dense_shape shape = {3, 4, 3, false};
    struct dense_rows rows = {shape, w, w, NULL};
    struct dense *dense = dense_create(&rows);
    struct dense_workspace *workspace = dense_workspace_create(&shape);
    for (enum isa isa = ISA_PORTABLE; isa < ISA_COUNT; isa++) {
        struct fault fault = FAULT_NONE;
        if (!isa_runs(isa))
            continue;
        ck_assert(!dense_apply(dense, isa, workspace, x, 2, out, &fault));
        ck_assert_str_eq(fault.what, "input 1 of sample 1 is not a number");
    }
    dense_destroy(dense);
    dense_workspace_destroy(workspace);
}
END_TEST

START_TEST(counts_are_those_of_the_published_layers)
{
    struct dense_shape bert = {768, 3072, 768, false}, large = {768, 4095, 768, false};
    ck_assert_int_eq(dense_cost(&bert).mac, 4718592);
    ck_assert_int_eq(dense_cost(&bert).weight_bytes, 18874368);
    ck_assert_int_eq(dense_cost(&large).mac, 6289920);
    ck_assert_int_eq(dense_cost(&large).weight_bytes, 25159680);
    large.has_bias = true;
    ck_assert_int_eq(dense_cost(&large).parameters, 6289920 + 4095);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("dense");
    TCase *layer = tcase_create("layer");
    tcase_add_test(layer, every_instruction_set_agrees_with_the_reference);
    tcase_add_test(layer, denormal_inputs_agree_with_the_reference);
    tcase_add_test(layer, gelu_is_the_exact_one_over_the_whole_range);
    tcase_add_test(layer, what_is_not_finite_is_refused);
    tcase_add_test(layer, counts_are_those_of_the_published_layers);
    suite_add_tcase(suite, layer);
    return suite;
}
