/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Factors with mean 1: their moments and quantiles against closed forms. */
#include "sim/noise.h"

#include <math.h>

#include "base/tick.h"
#include "sim/scenario_drawn.h"
#include "test/suite.h"

enum { DRAWS = 100000 };

/* Standard errors that an estimate may be away from its closed form; the seeds are fixed. */
#define REACH 4.5

static struct random_stream key(int32_t number)
{
    return random_open(31, 0, RANDOM_TEST, (uint32_t)number, 0);
}

static double draw(struct noise_spread spread, int32_t number)
{
    struct random_stream stream = key(number);
    return noise_draw(&spread, &stream);
}

static struct noise_spread gamma_of(double shape)
{
    return (struct noise_spread){.dist = NOISE_GAMMA, .shape = shape};
}

static struct noise_spread pareto_of(double alpha)
{
    return (struct noise_spread){.dist = NOISE_PARETO, .shape = alpha};
}

/* Holds the mean of f(factor) against a closed form with the variance of f(factor). */
static void check(struct noise_spread spread, double (*f)(double factor), double mean,
                  double variance)
{
    double sum = 0.0;
    for (int32_t i = 0; i < DRAWS; i++)
        sum += f(draw(spread, i));
    ck_assert_double_eq_tol(sum / DRAWS, mean, REACH * sqrt(variance / DRAWS));
}

static double itself(double x)
{
    return x;
}

static double square(double x)
{
    return x * x;
}

static const double shapes[] = {0.1, 0.5, 1.0, 4.0, 25.0, 1000.0};

START_TEST(gamma_factors_have_the_moments_of_the_gamma)
{
    double k = shapes[_i];
    /* E x^n = (k + 1) ... (k + n - 1) / k^(n - 1) */
    double second = (k + 1) / k, fourth = second * (k + 2) * (k + 3) / (k * k);
    check(gamma_of(k), itself, 1.0, second - 1.0);
    check(gamma_of(k), square, second, fourth - second * second);
}
END_TEST

/* The distribution function of a gamma of whole shape k and scale 1 / k: that of Erlang. */
static double erlang_below(double x, int k)
{
    double term = 1.0, sum = 0.0;
    for (int n = 0; n < k; n++) {
        sum += term;
        term *= k * x / (n + 1);
    }
    return 1.0 - exp(-k * x) * sum;
}

START_TEST(gamma_factors_are_where_their_uniform_is)
{
    for (int k = 1; k <= 9; k += 2)
        for (int32_t i = 0; i < 1000; i++) {
            struct random_stream stream = key(i);
            double u = random_uniform(&stream);
            ck_assert_double_eq_tol(erlang_below(draw(gamma_of(k), i), k), u, 1e-10);
        }
}
END_TEST

START_TEST(no_draw_of_a_gamma_fails)
{
    for (double k = RANDOM_SHAPE_MIN; k <= RANDOM_SHAPE_MAX; k *= 2.5)
        for (int32_t i = 0; i < 5000; i++) {
            double x = draw(gamma_of(k), i);
            ck_assert(isfinite(x) && x > 0.0);
        }
}
END_TEST

static double over_mean(double x)
{
    return x > 1.0;
}

static double over_five(double x)
{
    return x > 5.0;
}

static double logarithm(double x)
{
    return log(x);
}

static const double alphas[] = {1.2, 1.5, 2.5, 5.0, 20.0};

START_TEST(pareto_factors_have_the_tail_of_the_pareto)
{
    double alpha = alphas[_i], least = 1.0 - 1.0 / alpha;
    double over = pow(least, alpha), far = pow(least / 5.0, alpha);
    check(pareto_of(alpha), over_mean, over, over * (1.0 - over));
    check(pareto_of(alpha), over_five, far, far * (1.0 - far));
    /* log (x / least) is exponential with rate alpha */
    check(pareto_of(alpha), logarithm, log(least) + 1.0 / alpha, 1.0 / (alpha * alpha));
    for (int32_t i = 0; i < 1000; i++)
        ck_assert_double_ge(draw(pareto_of(alpha), i), least);
    if (alpha > 2.0)
        check(pareto_of(alpha), itself, 1.0, 1.0 / (alpha * (alpha - 2.0)));
    if (alpha > 4.0)
        check(pareto_of(alpha), square, 1.0 + 1.0 / (alpha * (alpha - 2.0)),
              alpha * pow(least, 4.0) / (alpha - 4.0));
}
END_TEST

START_TEST(a_coefficient_of_variation_is_the_one_that_comes_out)
{
    double k = noise_shape_of_cv(0.4), alpha = noise_alpha_of_cv(0.4);
    ck_assert_double_eq_tol(1.0 / k, 0.16, 1e-12);
    ck_assert_double_eq_tol(1.0 / (alpha * (alpha - 2.0)), 0.16, 1e-12);
    ck_assert_double_gt(noise_alpha_of_cv(100.0), 2.0);
}
END_TEST

START_TEST(all_distributions_put_the_same_draws_in_the_same_order)
{
    const struct noise_spread spreads[] = {
        {.dist = NOISE_NORMAL, .sigma = 0.2},
        {.dist = NOISE_LOGNORMAL, .sigma = 0.7},
        {.dist = NOISE_EXPONENTIAL},
        gamma_of(0.5),
        gamma_of(30.0),
        pareto_of(1.5),
    };
    for (int32_t i = 1; i < 500; i++) {
        bool is_more = draw(spreads[0], i) > draw(spreads[0], i - 1);
        for (size_t s = 1; s < sizeof spreads / sizeof *spreads; s++)
            ck_assert_int_eq(draw(spreads[s], i) > draw(spreads[s], i - 1), is_more);
    }
}
END_TEST

/* ---- what is drawn for what ---- */

static const double whole[] = {1.0};
static const struct arrivals nobody = {.kind = &arrivals_single};

static struct scenario_drawn drawn_with(struct noise noise)
{
    return (struct scenario_drawn){.seed = 5,
                                   .replicate = 2,
                                   .jobs = 1,
                                   .arrivals = &nobody,
                                   .app_share = whole,
                                   .app_count = 1,
                                   .noise = noise};
}

static const struct noise_spread ln = {.dist = NOISE_LOGNORMAL, .sigma = 0.5};

START_TEST(without_noise_on_data_and_tables_nobody_is_asked)
{
    struct scenario_drawn drawn = drawn_with((struct noise){.exec = ln});
    ck_assert(scenario_drawn(&drawn).data_factor == NULL);
    ck_assert(scenario_drawn(&drawn).table_factor == NULL);
}
END_TEST

START_TEST(factors_on_data_have_mean_one_and_depend_on_job_and_edge)
{
    struct scenario_drawn drawn = drawn_with((struct noise){.exec = ln, .data = ln});
    struct scenario scenario = scenario_drawn(&drawn);
    double sum = 0.0, with_exec = 0.0;
    for (int32_t i = 0; i < DRAWS; i++) {
        double z = log(scenario.data_factor(&drawn, i / 10, i % 10)) + 0.125;
        sum += exp(z - 0.125);
        with_exec += z * (log(scenario.exec_factor(&drawn, i / 10, i % 10)) + 0.125);
    }
    ck_assert_double_eq_tol(sum / DRAWS, 1.0, REACH * sqrt((exp(0.25) - 1.0) / DRAWS));
    ck_assert_double_eq_tol(with_exec / DRAWS, 0.0, REACH * 0.25 / sqrt(DRAWS));
    double once = scenario.data_factor(&drawn, 3, 4);
    ck_assert_double_eq(scenario.data_factor(&drawn, 3, 4), once);
    ck_assert_double_ne(scenario.data_factor(&drawn, 4, 3), once);
    ck_assert_double_ne(scenario.data_factor(&drawn, 3, 5), once);
    drawn.replicate++;
    ck_assert_double_ne(scenario.data_factor(&drawn, 3, 4), once);
}
END_TEST

START_TEST(factors_on_tables_have_mean_one_and_depend_on_both_names)
{
    struct scenario_drawn drawn = drawn_with((struct noise){.tables = ln});
    struct scenario scenario = scenario_drawn(&drawn);
    double sum = 0.0;
    for (int i = 0; i < DRAWS; i++) {
        char name[16];
        snprintf(name, sizeof name, "kind_%d", i / 4);
        sum += scenario.table_factor(&drawn, name, &"ABCD"[i % 4]);
    }
    ck_assert_double_eq_tol(sum / DRAWS, 1.0, REACH * sqrt((exp(0.25) - 1.0) / DRAWS));
    double once = scenario.table_factor(&drawn, "fft", "A7");
    ck_assert_double_eq(scenario.table_factor(&drawn, "fft", "A7"), once);
    ck_assert_double_ne(scenario.table_factor(&drawn, "fft", "A15"), once);
    ck_assert_double_ne(scenario.table_factor(&drawn, "ifft", "A7"), once);
    ck_assert_double_ne(scenario.table_factor(&drawn, "A7", "fft"), once);
}
END_TEST

START_TEST(another_sigma_stretches_the_same_error_of_a_table)
{
    struct scenario_drawn weak =
        drawn_with((struct noise){.tables = {.dist = NOISE_LOGNORMAL, .sigma = 0.1}});
    struct scenario_drawn strong = drawn_with((struct noise){.tables = ln});
    double z = (log(scenario_drawn(&weak).table_factor(&weak, "fft", "A7")) + 0.005) / 0.1;
    double same = (log(scenario_drawn(&strong).table_factor(&strong, "fft", "A7")) + 0.125) / 0.5;
    ck_assert_double_eq_tol(z, same, 1e-10);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("noise");
    TCase *test = tcase_create("noise");
    tcase_set_timeout(test, 60);
    tcase_add_loop_test(test, gamma_factors_have_the_moments_of_the_gamma, 0,
                        sizeof shapes / sizeof *shapes);
    tcase_add_test(test, gamma_factors_are_where_their_uniform_is);
    tcase_add_test(test, no_draw_of_a_gamma_fails);
    tcase_add_loop_test(test, pareto_factors_have_the_tail_of_the_pareto, 0,
                        sizeof alphas / sizeof *alphas);
    tcase_add_test(test, a_coefficient_of_variation_is_the_one_that_comes_out);
    tcase_add_test(test, all_distributions_put_the_same_draws_in_the_same_order);
    tcase_add_test(test, without_noise_on_data_and_tables_nobody_is_asked);
    tcase_add_test(test, factors_on_data_have_mean_one_and_depend_on_job_and_edge);
    tcase_add_test(test, factors_on_tables_have_mean_one_and_depend_on_both_names);
    tcase_add_test(test, another_sigma_stretches_the_same_error_of_a_table);
    suite_add_tcase(suite, test);
    return suite;
}
