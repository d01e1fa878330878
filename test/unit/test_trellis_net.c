/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whole models against the plain form. Logits may differ by LOGIT_ERROR of the largest; a choice
 * must be the same unless it was closer than that. */
#include "workloads/kernels/trellis_net.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/random.h"
#include "test/suite.h"
#include "workloads/kernels/trellis_reference.h"

#define LOGIT_ERROR 1e-4

enum { MODELS = 9, ROUTERS = 2 };

/* Random images; every third in the denormal range, every fifth of one bright pixel. */
static float *draw_samples(const struct trellis *model, int32_t count, uint32_t number)
{
    int64_t size = trellis_elements(model->input);
    float *samples = memory_zeroed((size_t)(size * count), sizeof *samples);
    for (int32_t s = 0; s < count; s++) {
        struct random_stream stream = random_open(1, 0, RANDOM_TEST, number, (uint32_t)s);
        for (int64_t i = 0; i < size; i++) {
            float value = (float)(2 * random_uniform(&stream) - 1);
            bool is_dark = s % 5 == 4 && i != size / 2;
            samples[s * size + i] = is_dark ? 0 : s % 3 == 2 ? value * 1e-39f : value;
        }
    }
    return samples;
}

/* What the plain form says about one sample. */
struct expectation {
    double logits[TRELLIS_CLASSES], margin;
    int32_t choices[ROUTERS];
};

static struct expectation *compute_expectations(const struct trellis_weights *weights,
                                                const float *samples, int32_t count)
{
    struct expectation *expected = memory_zeroed((size_t)count, sizeof *expected);
    int64_t size = trellis_elements(trellis_weights_model(weights)->input);
    for (int32_t s = 0; s < count; s++)
        expected[s].margin = trellis_reference_run(weights, samples + s * size, expected[s].logits,
                                                   expected[s].choices);
    return expected;
}

static void check_result(const struct expectation *expected, const float *logits,
                         const int32_t *choices, int32_t routers)
{
    size_t bytes = (size_t)routers * sizeof *choices;
    double largest = 1;
    if (expected->margin > LOGIT_ERROR)
        ck_assert_mem_eq(expected->choices, choices, bytes);
    else if (memcmp(expected->choices, choices, bytes) != 0)
        return;
    for (int32_t i = 0; i < TRELLIS_CLASSES; i++)
        largest = fmax(largest, fabs(expected->logits[i]));
    for (int32_t i = 0; i < TRELLIS_CLASSES; i++)
        ck_assert_double_eq_tol(logits[i], expected->logits[i], LOGIT_ERROR * largest);
}

START_TEST(a_model_computes_what_the_plain_form_computes)
{
    const struct trellis *model = trellis_models[_i];
    int32_t count = model->input.channels == 1 ? 7 : 2;
    struct trellis_weights *weights = trellis_weights_draw(model, 5);
    float *samples = draw_samples(model, count, 0), logits[7 * TRELLIS_CLASSES];
    struct expectation *expected = compute_expectations(weights, samples, count);
    for (enum isa isa = ISA_PORTABLE; isa < ISA_COUNT; isa++) {
        if (!isa_runs(isa))
            continue;
        struct trellis_net *net = trellis_net_create(weights, isa);
        int32_t choices[7 * ROUTERS], routers = trellis_net_routers(net);
        ck_assert(trellis_net_run(net, samples, count, logits, choices, NULL));
        for (int32_t s = 0; s < count; s++)
            check_result(&expected[s], logits + s * TRELLIS_CLASSES, choices + s * routers,
                         routers);
        trellis_net_destroy(net);
    }
    free(expected);
    free(samples);
    trellis_weights_destroy(weights);
}
END_TEST

START_TEST(a_sample_gets_the_same_bytes_in_any_batch)
{
    static const char *const names[] = {"cigt_mnist", "cigt_fmnist", "cigt_mnist_thick"};
    const struct trellis *model = trellis_find(names[_i]);
    enum { COUNT = 2 * TRELLIS_CHUNK + 5 };
    struct trellis_weights *weights = trellis_weights_draw(model, 6);
    struct trellis_net *net = trellis_net_create(weights, isa_best());
    float *samples = draw_samples(model, COUNT, 1);
    int64_t size = trellis_elements(model->input);
    int32_t routers = trellis_net_routers(net), whole_choices[COUNT * ROUTERS];
    float whole[COUNT * TRELLIS_CLASSES];
    ck_assert(trellis_net_run(net, samples, COUNT, whole, whole_choices, NULL));
    for (int32_t batch = 1; batch < COUNT; batch = 2 * batch + 1)
        for (int32_t first = 0; first + batch <= COUNT; first += batch) {
            float logits[COUNT * TRELLIS_CLASSES];
            int32_t choices[COUNT * ROUTERS];
            ck_assert(trellis_net_run(net, samples + first * size, batch, logits, choices, NULL));
            ck_assert_mem_eq(logits, whole + first * TRELLIS_CLASSES,
                             (size_t)batch * TRELLIS_CLASSES * sizeof *logits);
            ck_assert_mem_eq(choices, whole_choices + first * routers,
                             (size_t)(batch * routers) * sizeof *choices);
        }
    free(samples);
    trellis_net_destroy(net);
    trellis_weights_destroy(weights);
}
END_TEST

START_TEST(every_route_is_taken_by_some_sample)
{
    const struct trellis *model = trellis_find("cigt_mnist");
    int32_t taken[ROUTERS][4] = {{0}};
    for (uint64_t seed = 0; seed < 12; seed++) {
        struct trellis_weights *weights = trellis_weights_draw(model, seed);
        struct trellis_net *net = trellis_net_create(weights, isa_best());
        float *samples = draw_samples(model, 20, (uint32_t)seed), logits[20 * TRELLIS_CLASSES];
        int32_t choices[20 * ROUTERS];
        ck_assert(trellis_net_run(net, samples, 20, logits, choices, NULL));
        struct expectation *expected = compute_expectations(weights, samples, 20);
        for (int32_t s = 0; s < 20; s++)
            check_result(&expected[s], logits + s * TRELLIS_CLASSES, choices + s * ROUTERS,
                         ROUTERS);
        free(expected);
        for (int32_t i = 0; i < 20 * ROUTERS; i++)
            taken[i % ROUTERS][choices[i]]++;
        free(samples);
        trellis_net_destroy(net);
        trellis_weights_destroy(weights);
    }
    for (int32_t route = 0; route < 4; route++)
        ck_assert(taken[1][route] > 0 && (taken[0][route] > 0) == (route < 2));
}
END_TEST

START_TEST(a_tie_goes_to_the_first_route)
{
    const struct trellis *model = trellis_find("cigt_mnist");
    struct trellis_weights *weights = trellis_weights_draw(model, 1);
    for (int32_t s = 1; s <= 3; s += 2) { /* the last step of both routers */
        const struct trellis_arrays *last = trellis_weights_at(weights, s, 0, 2);
        size_t routes = s == 1 ? 2 : 4;
        memset(last->weight, 0, 128 * routes * sizeof *last->weight);
        memset(last->bias, 0, routes * sizeof *last->bias);
    }
    struct trellis_net *net = trellis_net_create(weights, isa_best());
    float *samples = draw_samples(model, 4, 2), logits[4 * TRELLIS_CLASSES];
    int32_t choices[4 * ROUTERS];
    ck_assert(trellis_net_run(net, samples, 4, logits, choices, NULL));
    for (int32_t i = 0; i < 4 * ROUTERS; i++)
        ck_assert_int_eq(choices[i], 0);
    free(samples);
    trellis_net_destroy(net);
    trellis_weights_destroy(weights);
}
END_TEST

START_TEST(a_value_that_is_not_finite_is_refused)
{
    const struct trellis *model = trellis_find("cigt_mnist_thin");
    struct trellis_weights *weights = trellis_weights_draw(model, 1);
    float *samples = draw_samples(model, 40, 3), logits[40 * TRELLIS_CLASSES];
    for (enum isa isa = ISA_PORTABLE; isa < ISA_COUNT; isa++) {
        if (!isa_runs(isa))
            continue;
        struct trellis_net *net = trellis_net_create(weights, isa);
        samples[37 * 784 + 5] = NAN;
        struct fault fault = FAULT_NONE;
        ck_assert(!trellis_net_run(net, samples, 40, logits, NULL, &fault));
        ck_assert_str_eq(fault.what, "sample 37 has a value that is not finite");
        samples[37 * 784 + 5] = 0;
        ck_assert(trellis_net_run(net, samples, 40, logits, NULL, &fault));
        trellis_net_destroy(net);
    }
    free(samples);
    trellis_weights_destroy(weights);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("trellis_net");
    TCase *runs = tcase_create("runs");
    tcase_set_timeout(runs, 120);
    tcase_add_loop_test(runs, a_model_computes_what_the_plain_form_computes, 0, MODELS);
    tcase_add_loop_test(runs, a_sample_gets_the_same_bytes_in_any_batch, 0, 3);
    tcase_add_test(runs, every_route_is_taken_by_some_sample);
    tcase_add_test(runs, a_tie_goes_to_the_first_route);
    tcase_add_test(runs, a_value_that_is_not_finite_is_refused);
    suite_add_tcase(suite, runs);
    return suite;
}
