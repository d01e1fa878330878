/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <signal.h>

#include "base/random.h"
#include "test/suite.h"

#define DRAWS 200000

/* Mean of a power of the draws. */
static double moment(double (*draw)(struct random_stream *stream), double center, int power)
{
    struct random_stream stream = random_open(42, 0, RANDOM_TEST, 0, 0);
    double sum = 0.0;
    for (int i = 0; i < DRAWS; i++) {
        sum += pow(draw(&stream) - center, power);
    }
    return sum / DRAWS;
}

/* Holds a sample moment against its closed form: five standard errors. */
static void assert_moment(double (*draw)(struct random_stream *stream), double center, int power,
                          double expected, double variance)
{
    double found = moment(draw, center, power);
    ck_assert_double_eq_tol(found, expected, 5.0 * sqrt(variance / DRAWS));
}

START_TEST(the_known_answers_of_philox_come_out)
{
    struct random_stream zero = random_open(0, 0, (enum random_purpose)0, 0, 0);
    ck_assert_uint_eq(random_bits(&zero), UINT64_C(0xe169c58d6627e8d5));
    /* The digits of pi: counter 243f6a88 85a308d3 13198a2e 03707344, key a4093822 299f31d0. */
    struct random_stream pi =
        random_open(0x299f31d0a4093822, 0x707344, RANDOM_EXEC, 0x85a308d3, 0x13198a2e);
    pi.index = 0x243f6a88;
    ck_assert_uint_eq(random_bits(&pi), UINT64_C(0x94fdccebd16cfe09));
}
END_TEST

START_TEST(a_draw_does_not_depend_on_other_draws)
{
    struct random_stream a = random_open(7, 3, RANDOM_EXEC, 5, 1);
    struct random_stream b = random_open(7, 3, RANDOM_EXEC, 5, 2);
    uint64_t one_after_the_other[2][4], in_turn[2][4];
    for (int i = 0; i < 4; i++) {
        one_after_the_other[0][i] = random_bits(&a);
    }
    for (int i = 0; i < 4; i++) {
        one_after_the_other[1][i] = random_bits(&b);
    }
    a = random_open(7, 3, RANDOM_EXEC, 5, 1);
    b = random_open(7, 3, RANDOM_EXEC, 5, 2);
    for (int i = 0; i < 4; i++) {
        in_turn[1][i] = random_bits(&b);
        in_turn[0][i] = random_bits(&a);
    }
    ck_assert_mem_eq(one_after_the_other, in_turn, sizeof in_turn);
}
END_TEST

START_TEST(every_part_of_the_key_makes_another_draw)
{
    struct random_stream streams[] = {
        random_open(1, 1, RANDOM_ARRIVAL, 1, 1),
        random_open(2, 1, RANDOM_ARRIVAL, 1, 1),
        random_open(1 + (UINT64_C(1) << 32), 1, RANDOM_ARRIVAL, 1, 1),
        random_open(1, 2, RANDOM_ARRIVAL, 1, 1),
        random_open(1, RANDOM_REPLICATE_LIMIT - 1, RANDOM_ARRIVAL, 1, 1),
        random_open(1, 1, RANDOM_APP, 1, 1),
        random_open(1, 1, (enum random_purpose)(RANDOM_PURPOSE_LIMIT - 1), 1, 1),
        random_open(1, 1, RANDOM_ARRIVAL, 2, 1),
        random_open(1, 1, RANDOM_ARRIVAL, 1, 2),
        random_open(1, 1, RANDOM_ARRIVAL, 2, 2),
    };
    enum { COUNT = sizeof streams / sizeof streams[0] };
    uint64_t draws[COUNT * 2];
    for (int i = 0; i < COUNT; i++) {
        draws[2 * i] = random_bits(&streams[i]);
        draws[2 * i + 1] = random_bits(&streams[i]);
    }
    for (int i = 0; i < COUNT * 2; i++) {
        for (int j = 0; j < i; j++) {
            ck_assert_uint_ne(draws[i], draws[j]);
        }
    }
}
END_TEST

START_TEST(a_replicate_beyond_the_limit_is_a_mistake)
{
    random_open(1, RANDOM_REPLICATE_LIMIT, RANDOM_EXEC, 0, 0);
}
END_TEST

START_TEST(a_purpose_beyond_the_limit_is_a_mistake)
{
    random_open(1, 0, (enum random_purpose)RANDOM_PURPOSE_LIMIT, 0, 0);
}
END_TEST

START_TEST(uniform_draws_have_the_moments_of_the_uniform)
{
    assert_moment(random_uniform, 0.0, 1, 0.5, 1.0 / 12.0);
    assert_moment(random_uniform, 0.5, 2, 1.0 / 12.0, 1.0 / 80.0 - 1.0 / 144.0);
    assert_moment(random_uniform, 0.5, 3, 0.0, 1.0 / 448.0);
}
END_TEST

START_TEST(exponential_draws_have_the_moments_of_the_exponential)
{
    assert_moment(random_exponential, 0.0, 1, 1.0, 1.0);
    assert_moment(random_exponential, 1.0, 2, 1.0, 8.0);
    assert_moment(random_exponential, 0.0, 3, 6.0, 720.0 - 36.0);
}
END_TEST

START_TEST(normal_draws_have_the_moments_of_the_normal)
{
    assert_moment(random_normal, 0.0, 1, 0.0, 1.0);
    assert_moment(random_normal, 0.0, 2, 1.0, 2.0);
    assert_moment(random_normal, 0.0, 3, 0.0, 15.0);
    assert_moment(random_normal, 0.0, 4, 3.0, 105.0 - 9.0);
}
END_TEST

START_TEST(distributions_are_inverse_cdfs_of_the_same_uniform)
{
    struct random_stream stream = random_open(9, 0, RANDOM_TEST, 0, 0);
    for (int i = 0; i < 1000; i++) {
        struct random_stream same = stream, again = stream;
        double u = random_uniform(&stream);
        ck_assert_double_gt(u, 0.0);
        ck_assert_double_lt(u, 1.0);
        ck_assert_double_eq(1.0 - (1.0 - u), u);
        ck_assert_double_eq_tol(1.0 - exp(-random_exponential(&same)), u, 1e-14);
        ck_assert_double_eq_tol(0.5 * erfc(-random_normal(&again) / sqrt(2.0)), u, 1e-14);
    }
}
END_TEST

START_TEST(whole_draws_are_spread_evenly)
{
    enum { SIDES = 6 };
    int seen[SIDES] = {0};
    struct random_stream stream = random_open(11, 0, RANDOM_TEST, 0, 0);
    for (int i = 0; i < DRAWS; i++) {
        uint32_t side = random_below(&stream, SIDES);
        ck_assert_uint_lt(side, SIDES);
        seen[side]++;
    }
    double expected = (double)DRAWS / SIDES, chi_square = 0.0;
    for (int i = 0; i < SIDES; i++) {
        chi_square += (seen[i] - expected) * (seen[i] - expected) / expected;
    }
    ck_assert_double_lt(chi_square, 25.7); /* 5 degrees of freedom, p = 0.0001 */
}
END_TEST

START_TEST(binomial_draws_have_the_moments_of_the_binomial_and_stay_within_it)
{
    static const struct {
        double probability;
        int32_t count;
    } cases[] = {{0.5, 1}, {0.3, 10}, {0.01, 500}, {0.9, 16384}};
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        enum { TURNS = 4000 };
        struct random_stream stream = random_open(21, 0, RANDOM_TEST, (uint32_t)c, 0);
        double p = cases[c].probability, n = cases[c].count, sum = 0.0, squares = 0.0;
        for (int i = 0; i < TURNS; i++) {
            double draw = random_binomial(&stream, p, cases[c].count);
            ck_assert(draw >= 0 && draw <= n);
            sum += draw - n * p;
            squares += (draw - n * p) * (draw - n * p);
        }
        double variance = n * p * (1 - p);
        ck_assert_double_le(fabs(sum / TURNS), 5 * sqrt(variance / TURNS));
        ck_assert_double_le(fabs(squares / TURNS / variance - 1), 5 * sqrt(2.5 / TURNS));
        ck_assert_int_eq(stream.index, TURNS);
    }
    struct random_stream stream = random_open(22, 0, RANDOM_TEST, 0, 0);
    ck_assert_int_eq(random_binomial(&stream, 0.0, 9), 0);
    ck_assert_int_eq(random_binomial(&stream, 1.0, 9), 9);
    ck_assert_int_eq(random_binomial(&stream, 0.5, 0), 0);
}
END_TEST

START_TEST(a_whole_draw_below_one_is_zero)
{
    struct random_stream stream = random_open(12, 0, RANDOM_TEST, 0, 0);
    for (int i = 0; i < 100; i++) {
        ck_assert_uint_eq(random_below(&stream, 1), 0);
        ck_assert_uint_lt(random_below(&stream, UINT32_MAX), UINT32_MAX);
    }
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("random");
    TCase *test = tcase_create("random");
    tcase_set_timeout(test, 30);
    tcase_add_test(test, the_known_answers_of_philox_come_out);
    tcase_add_test(test, a_draw_does_not_depend_on_other_draws);
    tcase_add_test(test, every_part_of_the_key_makes_another_draw);
    tcase_add_test_raise_signal(test, a_replicate_beyond_the_limit_is_a_mistake, SIGABRT);
    tcase_add_test_raise_signal(test, a_purpose_beyond_the_limit_is_a_mistake, SIGABRT);
    tcase_add_test(test, uniform_draws_have_the_moments_of_the_uniform);
    tcase_add_test(test, exponential_draws_have_the_moments_of_the_exponential);
    tcase_add_test(test, normal_draws_have_the_moments_of_the_normal);
    tcase_add_test(test, distributions_are_inverse_cdfs_of_the_same_uniform);
    tcase_add_test(test, whole_draws_are_spread_evenly);
    tcase_add_test(test, a_whole_draw_below_one_is_zero);
    tcase_add_test(test, binomial_draws_have_the_moments_of_the_binomial_and_stay_within_it);
    suite_add_tcase(suite, test);
    return suite;
}
