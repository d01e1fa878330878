/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdbool.h>

#include "agents/choice.h"
#include "agents/objective.h"
#include "base/random.h"
#include "test/suite.h"

START_TEST(exp_and_log_are_those_of_the_c_library)
{
    for (double x = -699; x < 699; x += 0.37)
        ck_assert_double_eq_tol(real_exp(x) / exp(x), 1, 2e-14);
    for (double x = -1; x < 1; x += 1e-3)
        ck_assert_double_eq_tol(real_exp(x) / exp(x), 1, 1e-14);
    for (double x = 1e-300; x < 1e300; x *= 1.7)
        ck_assert_double_eq_tol(real_log(x) / log(x), 1, 1e-14);
    for (double x = 0.5; x < 2; x += 1e-3)
        ck_assert_double_eq_tol(real_log(x), log(x), 1e-15);
    ck_assert(real_exp(0) == 1 && real_log(1) == 0);
    ck_assert(real_exp(-INFINITY) == 0 && real_exp(-1000) == 0 && isfinite(real_exp(1000)));
    ck_assert_double_eq_tol(real_power(0.999, 12345) / pow(0.999, 12345), 1, 1e-12);
    ck_assert(real_power(0.9, 0) == 1);
}
END_TEST

START_TEST(a_softmax_sums_to_one_and_knows_the_logarithm_of_its_sum)
{
    const real logits[] = {0.5f, -3, 2, CHOICE_MASKED, 700, 699.5f};
    real probabilities[6];
    real log_sum = choice_softmax(logits, 6, probabilities);
    double sum = 0;
    for (int i = 0; i < 6; i++)
        sum += (double)probabilities[i];
    ck_assert_double_eq_tol(sum, 1, 1e-6);
    ck_assert_double_eq_tol((double)log_sum, 700 + log(1 + exp(-0.5)), 1e-4);
    ck_assert(probabilities[3] == 0);
    ck_assert_double_eq_tol((double)probabilities[4], 1 / (1 + exp(-0.5)), 1e-6);
}
END_TEST

START_TEST(samples_come_as_often_as_their_probability_and_masked_ones_never)
{
    enum { DRAWS = 20000 };
    const real logits[] = {CHOICE_MASKED, 1, 0, CHOICE_MASKED, -1, CHOICE_MASKED};
    real probabilities[6];
    int count[6] = {0};
    struct random_stream stream = random_open(1, 0, RANDOM_TEST, 0, 0);
    choice_softmax(logits, 6, probabilities);
    for (int i = 0; i < DRAWS; i++)
        count[choice_sample(probabilities, 6, random_uniform(&stream))]++;
    for (int i = 0; i < 6; i++) {
        double p = (double)probabilities[i];
        ck_assert_double_eq_tol(count[i] / (double)DRAWS, p, 5 * sqrt(p * (1 - p) / DRAWS) + 1e-12);
    }
    ck_assert_int_eq(choice_sample(probabilities, 6, nextafter(1, 0)), 4);
}
END_TEST

START_TEST(the_best_is_the_first_of_the_largest)
{
    const real logits[] = {CHOICE_MASKED, 2, 5, 5, -1};
    ck_assert_int_eq(choice_best(logits, 5), 2);
    ck_assert_int_eq(choice_best(logits, 1), 0);
}
END_TEST

START_TEST(a_masked_candidate_has_no_gradient)
{
    const struct objective objective = {OBJECTIVE_PPO, 0.2, 0.1};
    const struct objective_choice choice = {3, 2, -0.7, 1.5};
    const real logits[] = {0.2f, CHOICE_MASKED, 0.4f};
    real probabilities[3], d[3];
    struct objective_sums sums = {0};
    objective_backward(&objective, &choice, logits, probabilities, d, &sums);
    ck_assert(d[1] == 0 && d[0] > 0 && d[2] < 0);
    ck_assert_double_eq_tol((double)d[0], -(double)d[2], 1e-6);
}
END_TEST

START_TEST(ppo_stops_pulling_where_the_ratio_has_left_the_clip_range)
{
    const struct objective objective = {OBJECTIVE_PPO, 0.2, 0};
    const real logits[] = {0, 0};
    const struct {
        double ratio, advantage;
        bool is_clipped;
    } cases[] = {{1.3, 1, true},  {1.1, 1, false},  {0.7, 1, false},
                 {0.7, -1, true}, {0.9, -1, false}, {1.3, -1, false}};
    for (int i = 0; i < 6; i++) {
        real probabilities[2], d[2];
        struct objective_sums sums = {0};
        struct objective_choice choice = {2, 0, log(0.5 / cases[i].ratio), cases[i].advantage};
        objective_backward(&objective, &choice, logits, probabilities, d, &sums);
        ck_assert_int_eq(sums.clipped, cases[i].is_clipped);
        ck_assert_int_eq(d[0] == 0, cases[i].is_clipped);
        double bound =
            cases[i].advantage > 0 ? fmin(cases[i].ratio, 1.2) : fmax(cases[i].ratio, 0.8);
        ck_assert_double_eq_tol(sums.loss, -bound * cases[i].advantage, 1e-6);
    }
}
END_TEST

START_TEST(a_ratio_without_bounds_gives_no_infinite_gradient)
{
    const struct objective objective = {OBJECTIVE_PPO, 0.2, 0.01};
    const struct objective_choice choice = {2, 0, -500, -1};
    const real logits[] = {0, -3};
    real probabilities[2], d[2];
    struct objective_sums sums = {0};
    objective_backward(&objective, &choice, logits, probabilities, d, &sums);
    ck_assert(isfinite((double)d[0]) && isfinite((double)d[1]) && isfinite(sums.loss));
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("choice");
    TCase *tests = tcase_create("choice");
    tcase_add_test(tests, exp_and_log_are_those_of_the_c_library);
    tcase_add_test(tests, a_softmax_sums_to_one_and_knows_the_logarithm_of_its_sum);
    tcase_add_test(tests, samples_come_as_often_as_their_probability_and_masked_ones_never);
    tcase_add_test(tests, the_best_is_the_first_of_the_largest);
    tcase_add_test(tests, a_masked_candidate_has_no_gradient);
    tcase_add_test(tests, ppo_stops_pulling_where_the_ratio_has_left_the_clip_range);
    tcase_add_test(tests, a_ratio_without_bounds_gives_no_infinite_gradient);
    suite_add_tcase(suite, tests);
    return suite;
}
