/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>

#include "base/tick.h"
#include "sim/scenario_drawn.h"
#include "test/suite.h"

#define DRAWS 200000
/* Standard errors that an estimate may be away from its closed form; the seeds are fixed. */
#define REACH 4.5

static const double even_share[] = {0.5, 1.0};

/* Two apps, Poisson arrivals every 100 us on average, no noise. */
static struct arrivals poisson;

static struct scenario_drawn make_drawn(struct noise noise)
{
    poisson = (struct arrivals){.kind = arrivals_find("poisson"), .mean_interarrival_us = 100.0};
    return (struct scenario_drawn){.seed = 7,
                                   .replicate = 3,
                                   .jobs = 1000,
                                   .arrivals = &poisson,
                                   .app_share = even_share,
                                   .app_count = 2,
                                   .noise = noise};
}

static struct noise make_noise(enum noise_dist dist, double sigma)
{
    return (struct noise){
        .name = "test", .exec = {.dist = dist, .sigma = sigma}, .slow_factor = 1.0};
}

static struct noise make_slow(double gap_us, double length_us)
{
    return (struct noise){
        .name = "slow", .slow_gap_us = gap_us, .slow_length_us = length_us, .slow_factor = 2.5};
}

static double factor(const struct scenario_drawn *drawn, int32_t job, int32_t task)
{
    struct scenario scenario = scenario_drawn(drawn);
    return scenario_exec_factor(&scenario, job, task);
}

/* Mean and variance of a sample. */
struct moments {
    double mean, variance;
};

static struct moments take_moments(const double *values, int32_t count)
{
    struct moments m = {0.0, 0.0};
    for (int32_t i = 0; i < count; i++) {
        m.mean += values[i] / count;
    }
    for (int32_t i = 0; i < count; i++) {
        m.variance += (values[i] - m.mean) * (values[i] - m.mean) / (count - 1);
    }
    return m;
}

static void draw_factors(const struct scenario_drawn *drawn, double *factors)
{
    for (int32_t i = 0; i < DRAWS; i++) {
        factors[i] = factor(drawn, i / 10, i % 10);
    }
}

static void check_mean(double mean, double expected, double variance, int32_t count)
{
    ck_assert_double_eq_tol(mean, expected, REACH * sqrt(variance / count) + 1e-12);
}

START_TEST(without_noise_every_factor_is_one)
{
    struct scenario_drawn drawn = make_drawn(make_noise(NOISE_NONE, 0.5));
    ck_assert(scenario_drawn(&drawn).exec_factor == NULL); /* nobody has to ask */
    for (int32_t i = 0; i < 100; i++) {
        ck_assert_double_eq(factor(&drawn, i, i), 1.0);
    }
    drawn = make_drawn(make_noise(NOISE_LOGNORMAL, 0.0));
    ck_assert_double_eq(factor(&drawn, 1, 2), 1.0);
    drawn = make_drawn(make_noise(NOISE_NORMAL, 0.0));
    ck_assert_double_eq(factor(&drawn, 1, 2), 1.0);
}
END_TEST

START_TEST(a_factor_is_drawn_by_the_key_of_its_job_and_then_its_task)
{
    struct scenario_drawn drawn = make_drawn(make_noise(NOISE_LOGNORMAL, 0.5));
    struct random_stream stream = random_open(drawn.seed, drawn.replicate, RANDOM_EXEC, 3, 8);
    ck_assert_double_eq(factor(&drawn, 3, 8), noise_draw(&drawn.noise.exec, &stream));
}
END_TEST

static const double sigmas[] = {0.1, 0.3, 0.5, 1.0};

START_TEST(lognormal_factors_have_mean_one_and_the_spread_asked_for)
{
    double sigma = sigmas[_i];
    struct scenario_drawn drawn = make_drawn(make_noise(NOISE_LOGNORMAL, sigma));
    double *values = calloc(DRAWS, sizeof *values);
    draw_factors(&drawn, values);
    struct moments m = take_moments(values, DRAWS);
    double variance = exp(sigma * sigma) - 1.0;
    check_mean(m.mean, 1.0, variance, DRAWS);
    for (int32_t i = 0; i < DRAWS; i++) {
        values[i] = log(values[i]);
    }
    m = take_moments(values, DRAWS);
    check_mean(m.mean, -0.5 * sigma * sigma, sigma * sigma, DRAWS);
    /* the variance of a normal sample's variance is 2 sigma^4 / n */
    check_mean(m.variance, sigma * sigma, 2.0 * pow(sigma, 4.0), DRAWS);
    free(values);
}
END_TEST

START_TEST(exponential_factors_have_mean_and_variance_one_and_their_median)
{
    struct scenario_drawn drawn = make_drawn(make_noise(NOISE_EXPONENTIAL, 0.0));
    double *values = calloc(DRAWS, sizeof *values);
    draw_factors(&drawn, values);
    struct moments m = take_moments(values, DRAWS);
    check_mean(m.mean, 1.0, 1.0, DRAWS);
    check_mean(m.variance, 1.0, 8.0, DRAWS); /* fourth central moment 9 - variance^2 */
    double below = 0.0;
    for (int32_t i = 0; i < DRAWS; i++) {
        below += values[i] < log(2.0);
    }
    check_mean(below / DRAWS, 0.5, 0.25, DRAWS);
    free(values);
}
END_TEST

/* Variance of sigma z clipped to [-reach, reach]. */
static double clipped_variance(double sigma, double reach)
{
    double a = reach / sigma;
    double tail = 0.5 * erfc(a / sqrt(2.0));
    double density = exp(-0.5 * a * a) / sqrt(2.0 * acos(-1.0));
    return sigma * sigma * (1.0 - 2.0 * tail - 2.0 * a * density) + 2.0 * tail * reach * reach;
}

START_TEST(normal_factors_keep_the_mean_and_stay_in_their_bounds)
{
    double sigma = sigmas[_i];
    struct scenario_drawn drawn = make_drawn(make_noise(NOISE_NORMAL, sigma));
    double *values = calloc(DRAWS, sizeof *values);
    draw_factors(&drawn, values);
    double least = INFINITY, most = -INFINITY;
    for (int32_t i = 0; i < DRAWS; i++) {
        least = fmin(least, values[i]);
        most = fmax(most, values[i]);
    }
    struct moments m = take_moments(values, DRAWS);
    double variance = clipped_variance(sigma, 0.99);
    check_mean(m.mean, 1.0, variance, DRAWS);
    /* the fourth moment is at most that of the normal */
    check_mean(m.variance, variance, 2.0 * pow(sigma, 4.0), DRAWS);
    ck_assert_double_ge(least, 0.01 - 1e-12);
    ck_assert_double_le(most, 1.99 + 1e-12);
    if (sigma >= 0.5) {
        ck_assert_double_eq_tol(least, 0.01, 1e-12);
        ck_assert_double_eq_tol(most, 1.99, 1e-12);
    }
    free(values);
}
END_TEST

/* The n-th moment of the factor when `share` of the tasks takes `times` as long. */
static double tail_moment(double share, double times, int n)
{
    return (1.0 - share + share * pow(times, n)) / pow(1.0 - share + share * times, n);
}

static const struct {
    double sigma, share, times;
} tails[] = {{0.0, 0.03, 6.0}, {0.15, 0.03, 6.0}, {0.3, 0.5, 2.0}, {0.0, 0.9, 9.0}};

START_TEST(rare_long_tasks_keep_the_mean_and_multiply_the_other_factor)
{
    double sigma = tails[_i].sigma, share = tails[_i].share, times = tails[_i].times;
    struct noise noise = make_noise(NOISE_LOGNORMAL, sigma);
    noise.tail_share = share;
    noise.tail_factor = times;
    struct scenario_drawn drawn = make_drawn(noise), plain = drawn;
    plain.noise.tail_share = 0.0;
    double *values = calloc(DRAWS, sizeof *values);
    draw_factors(&drawn, values);
    double square = exp(sigma * sigma) * tail_moment(share, times, 2);
    double fourth = exp(6.0 * sigma * sigma) * tail_moment(share, times, 4);
    struct moments m = take_moments(values, DRAWS);
    check_mean(m.mean, 1.0, square - 1.0, DRAWS);
    int32_t few = 0;
    for (int32_t i = 0; i < DRAWS; i++) {
        double tail = values[i] / factor(&plain, i / 10, i % 10) * (1.0 - share + share * times);
        bool is_long = tail > 0.5 * (1.0 + times);
        ck_assert_double_eq_tol(tail, is_long ? times : 1.0, 1e-12 * times);
        few += is_long;
        values[i] *= values[i];
    }
    check_mean((double)few / DRAWS, share, share * (1.0 - share), DRAWS);
    m = take_moments(values, DRAWS);
    check_mean(m.mean, square, fourth - square * square, DRAWS);
    free(values);
}
END_TEST

START_TEST(which_tasks_are_long_depends_on_the_task_and_not_on_the_level)
{
    struct noise noise = make_noise(NOISE_NONE, 0.0);
    noise.tail_share = 0.1;
    noise.tail_factor = 6.0;
    struct scenario_drawn drawn = make_drawn(noise), more = drawn, other = drawn;
    more.noise.tail_share = 0.2;
    other.seed++;
    int32_t differing = 0;
    for (int32_t i = 0; i < 1000; i++) {
        bool is_long = factor(&drawn, i, 3) > 1.0;
        ck_assert(!is_long || factor(&more, i, 3) > 1.0);
        differing += is_long != (factor(&other, i, 3) > 1.0);
        differing += is_long != (factor(&drawn, i, 4) > 1.0);
    }
    ck_assert_int_gt(differing, 200);
}
END_TEST

START_TEST(sigma_of_cv_gives_that_coefficient_of_variation)
{
    static const double cvs[] = {0.0, 1e-9, 0.3, 1.0, 5.0};
    for (int32_t i = 0; i < 5; i++) {
        double sigma = noise_sigma_of_cv(cvs[i]);
        ck_assert_double_eq_tol(sqrt(expm1(sigma * sigma)), cvs[i], 1e-9 * cvs[i] + 1e-18);
    }
}
END_TEST

START_TEST(a_factor_depends_on_job_and_task_and_on_nothing_else)
{
    struct scenario_drawn drawn = make_drawn(make_noise(NOISE_LOGNORMAL, 0.3));
    double forward[100];
    for (int32_t i = 0; i < 100; i++) {
        forward[i] = factor(&drawn, i / 10, i % 10);
    }
    static const double one_share[] = {1.0};
    struct arrivals faster = {.kind = arrivals_find("periodic"), .mean_interarrival_us = 1.0};
    struct scenario_drawn other = make_drawn(make_slow(10.0, 5.0));
    other.noise.exec.dist = NOISE_LOGNORMAL;
    other.noise.exec.sigma = 0.3;
    other.noise.tail_factor = 6.0; /* of no task */
    other.noise.name = "another";
    other.jobs = 5;
    other.arrivals = &faster;
    other.app_share = one_share;
    other.app_count = 1;
    for (int32_t i = 99; i >= 0; i--) {
        ck_assert_double_eq(factor(&other, i / 10, i % 10), forward[i]);
    }
}
END_TEST

START_TEST(seed_replicate_job_and_task_all_count)
{
    struct scenario_drawn drawn = make_drawn(make_noise(NOISE_LOGNORMAL, 0.3));
    double here = factor(&drawn, 4, 5);
    ck_assert_double_ne(factor(&drawn, 5, 4), here);
    ck_assert_double_ne(factor(&drawn, 4, 6), here);
    ck_assert_double_ne(factor(&drawn, 3, 5), here);
    drawn.replicate++;
    ck_assert_double_ne(factor(&drawn, 4, 5), here);
    drawn.replicate--;
    drawn.seed++;
    ck_assert_double_ne(factor(&drawn, 4, 5), here);
}
END_TEST

START_TEST(levels_and_distributions_scale_the_same_z)
{
    struct scenario_drawn weak = make_drawn(make_noise(NOISE_LOGNORMAL, 0.1));
    struct scenario_drawn strong = make_drawn(make_noise(NOISE_LOGNORMAL, 0.4));
    struct scenario_drawn normal = make_drawn(make_noise(NOISE_NORMAL, 0.1));
    for (int32_t i = 0; i < 1000; i++) {
        double z = (log(factor(&weak, i, 0)) + 0.5 * 0.1 * 0.1) / 0.1;
        ck_assert_double_eq_tol((log(factor(&strong, i, 0)) + 0.5 * 0.4 * 0.4) / 0.4, z, 1e-9);
        ck_assert_double_eq_tol((factor(&normal, i, 0) - 1.0) / 0.1, z, 1e-9);
    }
}
END_TEST

START_TEST(arrivals_end_after_the_last_job_and_leave_the_place_alone)
{
    struct scenario_drawn drawn = make_drawn(make_noise(NOISE_NONE, 0.0));
    drawn.jobs = 3;
    struct scenario scenario = scenario_drawn(&drawn);
    struct arrival arrival = ARRIVAL_BEFORE_FIRST;
    for (int32_t job = 0; job < 3; job++) {
        ck_assert(scenario.next_arrival(scenario.source, &arrival));
        ck_assert_int_eq(arrival.job, job);
    }
    struct arrival last = arrival;
    ck_assert(!scenario.next_arrival(scenario.source, &arrival));
    ck_assert_int_eq(arrival.job, last.job);
    ck_assert_int_eq(arrival.app, last.app);
    ck_assert(arrival.at_ps == last.at_ps);
}
END_TEST

START_TEST(a_recorded_stream_decides_the_app_and_its_own_end)
{
    const struct arrival_row rows[] = {{.at_ps = 5, .app = 1, .after_tick = true},
                                       {.at_ps = 5, .app = 0},
                                       {.at_ps = 9, .app = 0, .after_completions = true}};
    struct arrivals recorded = {.kind = arrivals_find("trace"), .rows = rows, .row_count = 3};
    static const double share[] = {0.0, 0.0, 1.0};
    struct scenario_drawn drawn = make_drawn(make_noise(NOISE_NONE, 0.0));
    drawn.arrivals = &recorded;
    drawn.app_share = share;
    drawn.app_count = 3;
    struct scenario scenario = scenario_drawn(&drawn);
    struct arrival arrival = ARRIVAL_BEFORE_FIRST;
    for (int32_t i = 0; i < 3; i++) {
        ck_assert(scenario.next_arrival(scenario.source, &arrival));
        ck_assert_int_eq(arrival.app, rows[i].app);
        ck_assert_int_eq(arrival.at_ps, rows[i].at_ps);
        ck_assert_int_eq(arrival.after_tick, rows[i].after_tick);
        ck_assert_int_eq(arrival.after_completions, rows[i].after_completions);
    }
    ck_assert(!scenario.next_arrival(scenario.source, &arrival));
    drawn.jobs = 1;
    arrival = ARRIVAL_BEFORE_FIRST;
    ck_assert(scenario.next_arrival(scenario.source, &arrival));
    ck_assert(!scenario.next_arrival(scenario.source, &arrival));
}
END_TEST

/* A process that says when and leaves the app to the scenario. */
static bool next_microsecond(const struct arrivals *arrivals, uint64_t seed, uint32_t replicate,
                             struct arrival *arrival)
{
    (void)arrivals, (void)seed, (void)replicate;
    arrival->job++;
    arrival->at_ps += TICK_PER_US;
    arrival->app = -1;
    return true;
}

START_TEST(apps_are_drawn_by_their_shares)
{
    static const struct arrivals_kind kind = {.name = "test", .next = next_microsecond};
    const struct arrivals regular = {.kind = &kind};
    static const double share[] = {0.0, 0.1, 0.1, 0.7, 1.0, 1.0};
    static const double expected[] = {0.0, 0.1, 0.0, 0.6, 0.3, 0.0};
    struct scenario_drawn drawn = make_drawn(make_noise(NOISE_NONE, 0.0));
    drawn.jobs = DRAWS;
    drawn.arrivals = &regular;
    drawn.app_share = share;
    drawn.app_count = 6;
    struct scenario scenario = scenario_drawn(&drawn);
    struct arrival arrival = ARRIVAL_BEFORE_FIRST;
    double drawn_of[6] = {0};
    while (scenario.next_arrival(scenario.source, &arrival)) {
        drawn_of[arrival.app] += 1.0 / DRAWS;
    }
    ck_assert_int_eq(arrival.at_ps, DRAWS * TICK_PER_US);
    for (int32_t i = 0; i < 6; i++) {
        check_mean(drawn_of[i], expected[i], expected[i] * (1.0 - expected[i]), DRAWS);
    }
}
END_TEST

START_TEST(two_rates_are_the_same_draws_scaled)
{
    struct scenario_drawn slow = make_drawn(make_noise(NOISE_NONE, 0.0));
    struct arrivals often = {.kind = poisson.kind, .mean_interarrival_us = 12.5};
    struct scenario_drawn fast = slow;
    fast.arrivals = &often;
    fast.noise = make_noise(NOISE_LOGNORMAL, 1.0);
    struct scenario a = scenario_drawn(&slow), b = scenario_drawn(&fast);
    struct arrival in_a = ARRIVAL_BEFORE_FIRST, in_b = ARRIVAL_BEFORE_FIRST;
    int64_t before_a = 0, before_b = 0;
    while (a.next_arrival(a.source, &in_a)) {
        ck_assert(b.next_arrival(b.source, &in_b));
        ck_assert_int_eq(in_a.app, in_b.app);
        /* each gap is rounded to a tick once: 8 x 0.5 + 0.5 */
        ck_assert_int_le(llabs((in_a.at_ps - before_a) - 8 * (in_b.at_ps - before_b)), 4);
        before_a = in_a.at_ps;
        before_b = in_b.at_ps;
    }
    ck_assert(!b.next_arrival(b.source, &in_b));
    ck_assert_int_gt(before_b, 0);
}
END_TEST

START_TEST(gaps_and_lengths_of_episodes_are_exponential)
{
    enum { COUNT = 50000 };
    struct scenario_drawn drawn = make_drawn(make_slow(900.0, 300.0));
    struct scenario scenario = scenario_drawn(&drawn);
    double *gaps = calloc(COUNT, sizeof *gaps), *lengths = calloc(COUNT, sizeof *lengths);
    struct episode episode = EPISODE_BEFORE_FIRST;
    for (int32_t i = 0; i < COUNT; i++) {
        int64_t before_ps = episode.end_ps;
        ck_assert(scenario.next_episode(scenario.source, 2, &episode));
        ck_assert_int_eq(episode.index, i);
        ck_assert_double_eq(episode.speed, 0.4);
        gaps[i] = tick_to_us(episode.start_ps - before_ps);
        lengths[i] = tick_to_us(episode.end_ps - episode.start_ps);
    }
    struct moments gap = take_moments(gaps, COUNT), length = take_moments(lengths, COUNT);
    check_mean(gap.mean, 900.0, 900.0 * 900.0, COUNT);
    check_mean(length.mean, 300.0, 300.0 * 300.0, COUNT);
    /* the variance of an exponential sample's variance is 8 mean^4 / n */
    check_mean(gap.variance, 900.0 * 900.0, 8.0 * pow(900.0, 4.0), COUNT);
    check_mean(length.variance, 300.0 * 300.0, 8.0 * pow(300.0, 4.0), COUNT);
    double covariance = 0.0;
    for (int32_t i = 0; i < COUNT; i++) {
        covariance += (gaps[i] - gap.mean) * (lengths[i] - length.mean) / COUNT;
    }
    check_mean(covariance, 0.0, pow(900.0 * 300.0, 2.0), COUNT);
    free(gaps);
    free(lengths);
}
END_TEST

START_TEST(episodes_belong_to_their_pe_and_renewal)
{
    struct scenario_drawn drawn = make_drawn(make_slow(900.0, 300.0));
    struct scenario_drawn scaled = make_drawn(make_slow(1800.0, 300.0));
    scaled.noise.exec.dist = NOISE_NORMAL;
    scaled.noise.exec.sigma = 0.2;
    scaled.noise.slow_factor = 4.0;
    struct scenario a = scenario_drawn(&drawn), b = scenario_drawn(&scaled);
    struct episode in_a = EPISODE_BEFORE_FIRST, in_b = EPISODE_BEFORE_FIRST;
    struct episode other = EPISODE_BEFORE_FIRST;
    for (int32_t i = 0; i < 100; i++) {
        int64_t before_a = in_a.end_ps, before_b = in_b.end_ps;
        ck_assert(a.next_episode(a.source, 1, &in_a));
        ck_assert(b.next_episode(b.source, 1, &in_b));
        ck_assert(a.next_episode(a.source, 2, &other));
        ck_assert_int_le(llabs(2 * (in_a.start_ps - before_a) - (in_b.start_ps - before_b)), 1);
        ck_assert_int_eq(in_a.end_ps - in_a.start_ps, in_b.end_ps - in_b.start_ps);
        ck_assert_int_ne(other.end_ps - other.start_ps, in_a.end_ps - in_a.start_ps);
    }
    double speeds[4];
    ck_assert_int_eq(b.episode_speeds(b.source, speeds, 4), 1);
    ck_assert_double_eq(speeds[0], 0.25);
    ck_assert_double_eq(speeds[0], in_b.speed);
}
END_TEST

START_TEST(without_a_gap_there_are_no_episodes)
{
    struct scenario_drawn drawn = make_drawn(make_slow(0.0, 300.0));
    struct scenario scenario = scenario_drawn(&drawn);
    struct episode episode = EPISODE_BEFORE_FIRST;
    double speeds[4];
    ck_assert(!scenario.next_episode(scenario.source, 0, &episode));
    ck_assert_int_eq(episode.index, -1);
    ck_assert_int_eq(scenario.episode_speeds(scenario.source, speeds, 4), 0);
}
END_TEST

START_TEST(episodes_stop_where_the_clock_does)
{
    struct scenario_drawn drawn = make_drawn(make_slow(1.0, 1e300));
    struct scenario scenario = scenario_drawn(&drawn);
    struct episode episode = EPISODE_BEFORE_FIRST;
    ck_assert(scenario.next_episode(scenario.source, 0, &episode));
    ck_assert_int_lt(episode.start_ps, TICK_LIMIT);
    ck_assert(episode.end_ps == TICK_NEVER);
    ck_assert(!scenario.next_episode(scenario.source, 0, &episode));
    drawn.noise = make_slow(1e300, 1.0);
    episode = EPISODE_BEFORE_FIRST;
    ck_assert(!scenario.next_episode(scenario.source, 0, &episode));
    /* 2^53 ps in steps of about 10^15: the dates ascend and none lies beyond */
    drawn.noise = make_slow(1e9, 1.0);
    int64_t before_ps = 0;
    int32_t count = 0;
    for (; scenario.next_episode(scenario.source, 0, &episode); count++) {
        ck_assert_int_ge(episode.start_ps, before_ps);
        ck_assert_int_lt(episode.start_ps, TICK_LIMIT);
        before_ps = episode.end_ps;
    }
    ck_assert_int_gt(count, 0);
    ck_assert_int_lt(count, 100);
}
END_TEST

START_TEST(the_shortest_episodes_still_move_time_on)
{
    struct scenario_drawn drawn = make_drawn(make_slow(1e-9, 1e-9));
    struct scenario scenario = scenario_drawn(&drawn);
    struct episode episode = EPISODE_BEFORE_FIRST;
    for (int32_t i = 0; i < 100; i++) {
        int64_t before_ps = episode.end_ps;
        ck_assert(scenario.next_episode(scenario.source, 0, &episode));
        ck_assert_int_gt(episode.end_ps, before_ps);
    }
}
END_TEST

static TCase *make_noise_case(void)
{
    TCase *tcase = tcase_create("noise");
    tcase_add_test(tcase, without_noise_every_factor_is_one);
    tcase_add_test(tcase, a_factor_is_drawn_by_the_key_of_its_job_and_then_its_task);
    tcase_add_test(tcase, exponential_factors_have_mean_and_variance_one_and_their_median);
    tcase_add_loop_test(tcase, lognormal_factors_have_mean_one_and_the_spread_asked_for, 0, 4);
    tcase_add_loop_test(tcase, normal_factors_keep_the_mean_and_stay_in_their_bounds, 0, 4);
    tcase_add_loop_test(tcase, rare_long_tasks_keep_the_mean_and_multiply_the_other_factor, 0, 4);
    tcase_add_test(tcase, which_tasks_are_long_depends_on_the_task_and_not_on_the_level);
    tcase_add_test(tcase, sigma_of_cv_gives_that_coefficient_of_variation);
    tcase_add_test(tcase, a_factor_depends_on_job_and_task_and_on_nothing_else);
    tcase_add_test(tcase, seed_replicate_job_and_task_all_count);
    tcase_add_test(tcase, levels_and_distributions_scale_the_same_z);
    return tcase;
}

static TCase *make_arrival_case(void)
{
    TCase *tcase = tcase_create("arrivals");
    tcase_add_test(tcase, arrivals_end_after_the_last_job_and_leave_the_place_alone);
    tcase_add_test(tcase, a_recorded_stream_decides_the_app_and_its_own_end);
    tcase_add_test(tcase, apps_are_drawn_by_their_shares);
    tcase_add_test(tcase, two_rates_are_the_same_draws_scaled);
    return tcase;
}

static TCase *make_episode_case(void)
{
    TCase *tcase = tcase_create("episodes");
    tcase_add_test(tcase, gaps_and_lengths_of_episodes_are_exponential);
    tcase_add_test(tcase, episodes_belong_to_their_pe_and_renewal);
    tcase_add_test(tcase, without_a_gap_there_are_no_episodes);
    tcase_add_test(tcase, episodes_stop_where_the_clock_does);
    tcase_add_test(tcase, the_shortest_episodes_still_move_time_on);
    return tcase;
}

Suite *test_suite(void)
{
    Suite *suite = suite_create("scenario");
    suite_add_tcase(suite, make_noise_case());
    suite_add_tcase(suite, make_arrival_case());
    suite_add_tcase(suite, make_episode_case());
    return suite;
}
