/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/scenario_recorded.h"

#include "base/tick.h"
#include "test/fixture.h"
#include "test/suite.h"

/* What lies beyond: ever more jobs, factor 3, an episode of speed 1/8 after the one before. */
static bool next_arrival(const void *source, struct arrival *arrival)
{
    (void)source;
    arrival->job++;
    arrival->at_ps += TICK_PER_US;
    return true;
}

static double exec_factor(const void *source, int32_t job, int32_t task)
{
    (void)source;
    (void)job;
    (void)task;
    return 3.0;
}

static bool next_episode(const void *source, int32_t pe, struct episode *episode)
{
    (void)source;
    (void)pe;
    *episode = (struct episode){
        .index = episode->index + 1,
        .start_ps = episode->end_ps + 10,
        .end_ps = episode->end_ps + 20,
        .speed = 0.125,
    };
    return true;
}

static int32_t episode_speeds(const void *source, double *speeds, int32_t capacity)
{
    (void)source;
    ck_assert_int_ge(capacity, 1);
    speeds[0] = 0.125;
    return 1;
}

static const struct scenario beyond = {.next_arrival = next_arrival,
                                       .exec_factor = exec_factor,
                                       .next_episode = next_episode,
                                       .episode_speeds = episode_speeds};

static struct scenario_recorded *recorded;
static struct scenario scenario;

/* Two jobs; two episodes of PE 0 of 2. */
static void set_up(void)
{
    recorded = scenario_recorded_create(2, &beyond);
    scenario_recorded_add_arrival(recorded, &(struct arrival){.job = 0, .app = 1, .at_ps = 5});
    scenario_recorded_add_arrival(recorded, &(struct arrival){.job = 1, .app = 0, .at_ps = 9});
    ck_assert(scenario_recorded_add_episode(
        recorded, 0, &(struct episode){.start_ps = 100, .end_ps = 200, .speed = 0.5}));
    ck_assert(scenario_recorded_add_episode(
        recorded, 0, &(struct episode){.start_ps = 300, .end_ps = 400, .speed = 0.25}));
    scenario = scenario_recorded(recorded, 4);
}

static void tear_down(void)
{
    scenario_recorded_destroy(recorded);
}

START_TEST(recorded_jobs_come_first_and_then_those_beyond)
{
    struct arrival arrival = ARRIVAL_BEFORE_FIRST;
    ck_assert(scenario.next_arrival(scenario.source, &arrival));
    ck_assert_int_eq(arrival.app, 1);
    ck_assert(scenario.next_arrival(scenario.source, &arrival));
    ck_assert_int_eq(arrival.at_ps, 9);
    ck_assert(scenario.next_arrival(scenario.source, &arrival));
    ck_assert_int_eq(arrival.at_ps, 9 + TICK_PER_US);
    ck_assert(scenario.next_arrival(scenario.source, &arrival));
    ck_assert_int_eq(arrival.job, 3);
    ck_assert(!scenario.next_arrival(scenario.source, &arrival)); /* at most 4 */
}
END_TEST

START_TEST(factors_are_those_of_their_task)
{
    for (int32_t job = 0; job < 200; job++)
        for (int32_t task = 0; task < 7; task++)
            ck_assert(scenario_recorded_set_factor(recorded, job, task, job + 0.01 * task));
    ck_assert(!scenario_recorded_set_factor(recorded, 17, 3, 1.0));
    for (int32_t job = 0; job < 200; job++)
        for (int32_t task = 0; task < 7; task++)
            ck_assert(scenario.exec_factor(scenario.source, job, task) == job + 0.01 * task);
    ck_assert(scenario.exec_factor(scenario.source, 0, 7) == 3.0);
    ck_assert(scenario.exec_factor(scenario.source, 200, 0) == 3.0);
}
END_TEST

static double beyond_table(const void *source, const char *task_kind, const char *pe_kind)
{
    (void)source;
    (void)task_kind;
    (void)pe_kind;
    return 7.0;
}

START_TEST(factors_of_edges_and_tables_are_theirs)
{
    ck_assert(scenario.data_factor == NULL);
    ck_assert(scenario.table_factor == NULL);
    ck_assert(scenario_recorded_set_data(recorded, 1, 2, 0.5));
    ck_assert(!scenario_recorded_set_data(recorded, 1, 2, 0.5));
    ck_assert(scenario_recorded_add_table(recorded, "fft", "A", 1.5));
    ck_assert(scenario_recorded_add_table(recorded, "fft", "B", 2.5));
    ck_assert(!scenario_recorded_add_table(recorded, "fft", "B", 2.5));
    ck_assert(!scenario_recorded_add_table(recorded, "end", "C", 2.5));
    ck_assert(scenario_recorded_add_table(recorded, "ifft", "A", 3.5));
    scenario = scenario_recorded(recorded, 4);
    ck_assert(scenario.data_factor(scenario.source, 1, 2) == 0.5);
    ck_assert(scenario.data_factor(scenario.source, 2, 1) == 1.0);
    ck_assert(scenario.exec_factor(scenario.source, 1, 2) == 3.0); /* of the task, from beyond */
    ck_assert(scenario.table_factor(scenario.source, "fft", "B") == 2.5);
    ck_assert(scenario.table_factor(scenario.source, "ifft", "A") == 3.5);
    ck_assert(scenario.table_factor(scenario.source, "ifft", "B") == 1.0);
    scenario_recorded_silence(recorded);
    scenario = scenario_recorded(recorded, 4);
    ck_assert(scenario.data_factor == NULL);
    ck_assert(scenario.table_factor == NULL);
}
END_TEST

START_TEST(tables_that_were_not_recorded_come_from_beyond)
{
    struct scenario wrong = beyond;
    wrong.table_factor = beyond_table;
    struct scenario_recorded *other = scenario_recorded_create(1, &wrong);
    ck_assert(scenario_recorded_add_table(other, "fft", "A", 1.5));
    struct scenario mixed = scenario_recorded(other, 1);
    ck_assert(mixed.table_factor(mixed.source, "fft", "A") == 1.5);
    ck_assert(mixed.table_factor(mixed.source, "fft", "B") == 7.0);
    scenario_recorded_destroy(other);
}
END_TEST

START_TEST(slow_downs_go_on_behind_the_recorded_ones)
{
    struct episode episode = EPISODE_BEFORE_FIRST;
    ck_assert(scenario.next_episode(scenario.source, 0, &episode));
    ck_assert_int_eq(episode.start_ps, 100);
    ck_assert(scenario.next_episode(scenario.source, 0, &episode));
    ck_assert_int_eq(episode.index, 1);
    ck_assert(scenario.next_episode(scenario.source, 0, &episode));
    ck_assert_int_eq(episode.start_ps, 410);
    ck_assert_int_eq(episode.index, 2);
    episode = EPISODE_BEFORE_FIRST; /* a PE of a larger machine */
    ck_assert(scenario.next_episode(scenario.source, 5, &episode));
    ck_assert_int_eq(episode.start_ps, 10);
}
END_TEST

START_TEST(all_speeds_are_told_once)
{
    double speeds[SCENARIO_SPEEDS_MAX];
    ck_assert(scenario_recorded_add_episode(
        recorded, 1, &(struct episode){.start_ps = 1, .end_ps = 2, .speed = 0.5}));
    ck_assert_int_eq(scenario.episode_speeds(scenario.source, speeds, SCENARIO_SPEEDS_MAX), 3);
    bool fits = true;
    for (int i = 0; fits && i < SCENARIO_SPEEDS_MAX; i++)
        fits = scenario_recorded_add_episode(
            recorded, 1,
            &(struct episode){.start_ps = 10 * i + 5, .end_ps = 10 * i + 9, .speed = 0.01 + i});
    ck_assert(!fits);
}
END_TEST

START_TEST(silence_leaves_the_jobs_alone)
{
    double speeds[SCENARIO_SPEEDS_MAX];
    struct episode episode = EPISODE_BEFORE_FIRST;
    struct arrival arrival = ARRIVAL_BEFORE_FIRST;
    ck_assert(scenario_recorded_set_factor(recorded, 0, 0, 7.0));
    scenario_recorded_silence(recorded);
    ck_assert(scenario.exec_factor(scenario.source, 0, 0) == 1.0);
    ck_assert(!scenario.next_episode(scenario.source, 0, &episode));
    ck_assert_int_eq(scenario.episode_speeds(scenario.source, speeds, SCENARIO_SPEEDS_MAX), 0);
    ck_assert(scenario.next_arrival(scenario.source, &arrival));
    ck_assert_int_eq(arrival.at_ps, 5);
}
END_TEST

START_TEST(a_route_has_what_was_recorded_and_zeros_elsewhere)
{
    struct arena *arena = arena_create();
    const struct fixture_task tasks[] = {{"a", {1, 1}}, {"b", {1, 1}}, {"c", {1, 1}}};
    const struct fixture_edge edges[] = {{0, 1, 1}, {0, 2, 1}};
    const struct app *app = fixture_app(arena, "app", 2, tasks, 3, edges, 2);
    scenario_recorded_add_flow(recorded, 1, &(struct recorded_flow){.index = 0, .samples = 4});
    scenario_recorded_add_flow(
        recorded, 1, &(struct recorded_flow){.index = 1, .is_edge = true, .samples = 3, .live = 4});
    scenario_recorded_add_flow(recorded, 3, &(struct recorded_flow){.index = 2, .samples = 9});
    struct route route = {0};
    scenario.route(scenario.source, 3, app, &route);
    ck_assert_int_eq(route.task_samples[2], 9);
    scenario.route(scenario.source, 1, app, &route);
    ck_assert_int_eq(route.task_samples[0], 4);
    ck_assert_int_eq(route.task_samples[2], 0);
    ck_assert_int_eq(route.edge_samples[1], 3);
    ck_assert_int_eq(route.edge_live[1], 4);
    ck_assert_int_eq(route.edge_live[0], 0);
    route_finish(&route);
    arena_destroy(arena);
}
END_TEST

/* Beyond: down for 10 ticks every 100, from 50 on; `drawn` counts. */
static bool fail_beyond(const void *source, int32_t pe, struct outage *outage)
{
    (void)source, (void)pe;
    outage->index++;
    outage->start_ps = 50 + 100 * (int64_t)outage->drawn++;
    outage->end_ps = outage->start_ps + 10;
    return true;
}

START_TEST(failures_beyond_the_recording_go_on_behind_its_last_one)
{
    const struct scenario failing = {.next_outage = fail_beyond};
    struct scenario_recorded *mine = scenario_recorded_create(2, &failing);
    scenario_recorded_add_outage(mine, 0, 50, 60);
    scenario_recorded_add_outage(mine, 0, 150, 160);
    struct scenario recording = scenario_recorded(mine, 1);
    struct outage outage = OUTAGE_BEFORE_FIRST;
    for (int32_t i = 0; i < 5; i++) {
        ck_assert(recording.next_outage(recording.source, 0, &outage));
        ck_assert_int_eq(outage.index, i);
        ck_assert_int_eq(outage.start_ps, 50 + 100 * i);
    }
    outage = OUTAGE_BEFORE_FIRST; /* a PE of a larger machine */
    ck_assert(recording.next_outage(recording.source, 7, &outage));
    ck_assert_int_eq(outage.start_ps, 50);
    scenario_recorded_silence(mine);
    outage = OUTAGE_BEFORE_FIRST;
    ck_assert(!recording.next_outage(recording.source, 0, &outage));
    scenario_recorded_destroy(mine);
}
END_TEST

START_TEST(nothing_fails_after_a_failure_for_good)
{
    const struct scenario failing = {.next_outage = fail_beyond};
    struct scenario_recorded *mine = scenario_recorded_create(1, &failing);
    scenario_recorded_add_outage(mine, 0, 50, TICK_NEVER);
    struct scenario recording = scenario_recorded(mine, 1);
    struct outage outage = OUTAGE_BEFORE_FIRST;
    ck_assert(recording.next_outage(recording.source, 0, &outage));
    ck_assert(!recording.next_outage(recording.source, 0, &outage));
    scenario_recorded_destroy(mine);
}
END_TEST

START_TEST(links_fail_as_recorded_and_then_as_beyond)
{
    const struct scenario failing = {.next_link_outage = fail_beyond};
    struct scenario_recorded *mine = scenario_recorded_create(2, &failing);
    scenario_recorded_add_link_outage(mine, 5, 70, 80);
    struct scenario recording = scenario_recorded(mine, 1);
    struct outage outage = OUTAGE_BEFORE_FIRST;
    ck_assert(recording.next_link_outage(recording.source, 5, &outage));
    ck_assert_int_eq(outage.start_ps, 70);
    ck_assert_int_eq(outage.end_ps, 80);
    ck_assert(recording.next_link_outage(recording.source, 5, &outage));
    ck_assert_int_eq(outage.start_ps, 150);
    outage = OUTAGE_BEFORE_FIRST; /* one without any in the recording */
    ck_assert(recording.next_link_outage(recording.source, 4, &outage));
    ck_assert_int_eq(outage.start_ps, 50);
    outage = OUTAGE_BEFORE_FIRST; /* PEs are others */
    ck_assert(!recording.next_outage(recording.source, 1, &outage));
    scenario_recorded_silence(mine);
    ck_assert(scenario_recorded(mine, 1).next_link_outage == NULL);
    scenario_recorded_destroy(mine);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("scenario_recorded");
    TCase *test = tcase_create("scenario_recorded");
    tcase_add_checked_fixture(test, set_up, tear_down);
    tcase_add_test(test, recorded_jobs_come_first_and_then_those_beyond);
    tcase_add_test(test, factors_are_those_of_their_task);
    tcase_add_test(test, factors_of_edges_and_tables_are_theirs);
    tcase_add_test(test, tables_that_were_not_recorded_come_from_beyond);
    tcase_add_test(test, slow_downs_go_on_behind_the_recorded_ones);
    tcase_add_test(test, all_speeds_are_told_once);
    tcase_add_test(test, failures_beyond_the_recording_go_on_behind_its_last_one);
    tcase_add_test(test, nothing_fails_after_a_failure_for_good);
    tcase_add_test(test, links_fail_as_recorded_and_then_as_beyond);
    tcase_add_test(test, silence_leaves_the_jobs_alone);
    tcase_add_test(test, a_route_has_what_was_recorded_and_zeros_elsewhere);
    suite_add_tcase(suite, test);
    return suite;
}
