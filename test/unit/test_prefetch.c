/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Weights that are fetched in advance: by themselves, and while branches run. */
#include <math.h>

#include "base/tick.h"
#include "sched/registry.h"
#include "sim/residency.h"
#include "test/fixture.h"
#include "test/scratch.h"
#include "test/suite.h"

#define US TICK_PER_US

enum { BLOCKS = 3, A = 0, B = 1, C = 2 };

static struct scratch scratch;
static struct soc soc;
static struct bind bind;
static struct residency memory;

/* A branch of 6 us and 20 bytes of weights, likely followed by b, else by c, 1 us and 40 bytes
 * each; `pes` PEs that load 10 bytes per us into `local` bytes. */
static void load_chip(int local, int pes)
{
    struct fault fault = FAULT_NONE;
    const char *chip = arena_printf(
        scratch.arena,
        "format: 1\nplatform: chip\nsummary: small\nkinds:\n  K: {class: cpu, profile: "
        "{mac_per_us: "
        "1, memory_bytes_per_us: 10, local_bytes: %d}}\nclusters: [{name: K, count: %d}]\n"
        "interconnect: {kind: matrix, bandwidth_bytes_per_us: 1000}\n",
        local, pes);
    const char *app = "format: 1\napp: fork\nsummary: a branch\nkinds:\n"
                      "  a: {kernel: {mac: 6, weight_bytes: 20}}\n"
                      "  b: {kernel: {mac: 1, weight_bytes: 40}}\n"
                      "  c: {kernel: {mac: 1, weight_bytes: 40}}\n"
                      "tasks: [{name: a, branch: [0.25, 0.75]}, b, c]\n"
                      "edges: [{from: a, to: c, when: 0}, {from: a, to: b, when: 1}]\n";
    struct app_set set;
    bool ok = soc_load(&soc, scratch.arena, scratch_write(&scratch, "chip.yaml", chip), &fault) &&
              app_load(&set, scratch.arena, scratch_write(&scratch, "fork.yaml", app), &fault) &&
              bind_app(&bind, scratch.arena, &set.apps[0], &soc, &fault);
    ck_assert_msg(ok, "%s: %s", fault.where, fault.what);
}

static void begin(void)
{
    scratch_init(&scratch);
    load_chip(100, 2);
    residency_init(&memory, &soc, &bind, 1);
}

static void end(void)
{
    residency_finish(&memory);
    scratch_finish(&scratch);
}

static bool fetch(int32_t block, int64_t now_us)
{
    return residency_fetch(&memory, 0, block, 100 + block, (block == A ? 2 : 4) * US, now_us * US);
}

static double use(int32_t block, int64_t now_us)
{
    return tick_to_us(residency_use(&memory, 0, block, (block == A ? 2 : 4) * US, now_us * US));
}

START_TEST(blocks_come_one_after_the_other_and_can_be_used_when_they_are_there)
{
    ck_assert(fetch(B, 0) && fetch(C, 0) && fetch(B, 1));
    ck_assert(!memory.is_there[B] && memory.arriving[0].block == B);
    ck_assert_int_eq(memory.arriving[0].there_ps, 4 * US);
    residency_settle(&memory, 4 * US);
    ck_assert(memory.is_there[B] && memory.arriving[0].block == C);
    ck_assert_double_eq(use(B, 5), 0);
    ck_assert_double_eq(use(C, 6), 2); /* it waits for the rest */
    residency_close(&memory, 9 * US);
    ck_assert_double_eq(memory.loaded_bytes, 80);
    ck_assert_double_eq(memory.prefetched_bytes, 80);
    ck_assert_double_eq(memory.wasted_bytes, 0);
}
END_TEST

START_TEST(what_is_given_up_counts_as_far_as_it_has_come_and_the_next_one_comes_earlier)
{
    ck_assert(fetch(B, 0) && fetch(C, 0));
    residency_cancel(&memory, 100 + B, 1 * US);
    ck_assert_double_eq(memory.wasted_bytes, 10);
    ck_assert_int_eq(memory.arriving[0].block, C);
    ck_assert_int_eq(memory.arriving[0].there_ps, 5 * US);
    residency_cancel(&memory, 100 + C, 5 * US); /* too late: it is there */
    ck_assert(memory.is_there[C]);
    residency_close(&memory, 9 * US);
    ck_assert_double_eq(memory.wasted_bytes, 10 + 40);
    ck_assert_double_eq(memory.prefetched_bytes, 10 + 40);
}
END_TEST

START_TEST(a_task_that_needs_other_weights_does_not_wait_for_what_comes_in_advance)
{
    ck_assert(fetch(B, 0) && fetch(C, 0));
    ck_assert_double_eq(use(A, 3), 2);
    ck_assert_int_eq(memory.arriving[0].block, -1);
    ck_assert_double_eq(memory.wasted_bytes, 30);
    ck_assert(fetch(B, 3)); /* behind what the task waits for */
    ck_assert_int_eq(memory.arriving[0].there_ps, 9 * US);
    ck_assert_double_eq(use(C, 4), 4); /* asked for, not begun: loaded like any */
    ck_assert_double_eq(memory.loaded_bytes, 30 + 20 + 40);
}
END_TEST

START_TEST(what_a_task_waits_for_comes_before_what_is_asked_for_then)
{
    ck_assert(fetch(B, 0));
    ck_assert_double_eq(use(B, 1), 3);
    ck_assert(fetch(C, 1)); /* B comes until 4 */
    ck_assert_int_eq(memory.arriving[0].there_ps, 8 * US);
}
END_TEST

START_TEST(what_is_loaded_for_a_task_that_is_aborted_has_to_be_loaded_again)
{
    ck_assert_double_eq(use(A, 0), 2);
    residency_abort(&memory, 0, 1 * US);
    ck_assert(!memory.is_there[A]);
    ck_assert_double_eq(memory.loaded_bytes, 10);
    ck_assert_double_eq(use(A, 1), 2);
    residency_abort(&memory, 0, 3 * US); /* too late: it is there */
    ck_assert_double_eq(use(A, 3), 0);
    ck_assert_double_eq(memory.loaded_bytes, 10 + 20);
}
END_TEST

START_TEST(what_comes_in_advance_is_given_up_with_the_task_that_waits_for_it)
{
    ck_assert(fetch(B, 0) && fetch(C, 0));
    ck_assert_double_eq(use(B, 1), 3);
    residency_abort(&memory, 0, 3 * US);
    ck_assert(!memory.is_there[B]);
    ck_assert_int_eq(memory.arriving[0].block, C);
    ck_assert_int_eq(memory.arriving[0].there_ps, 7 * US);
    ck_assert_double_eq(memory.loaded_bytes, 30);
    ck_assert_double_eq(memory.prefetched_bytes, 30);
    ck_assert_double_eq(memory.wasted_bytes, 30);
    residency_close(&memory, 3 * US);
    ck_assert_double_eq(memory.pes[0].free_bytes, 100);
}
END_TEST

START_TEST(the_block_used_last_and_those_on_their_way_are_not_dropped)
{
    residency_finish(&memory);
    load_chip(70, 1);
    residency_init(&memory, &soc, &bind, 1);
    ck_assert_double_eq(use(A, 0), 2);
    ck_assert(fetch(B, 2));
    ck_assert(!fetch(C, 2)); /* 20 used last, 40 on their way, 10 free */
    ck_assert_double_eq(use(B, 6), 0);
    ck_assert(!fetch(C, 6)); /* now A may go, but that is not enough */
    ck_assert(memory.is_there[A]);
    ck_assert_double_eq(use(A, 7), 0);
    ck_assert(fetch(C, 7));
    ck_assert(memory.is_there[A] && !memory.is_there[B]);
}
END_TEST

/* Whatever happens: memory adds up, waste is part of what came in advance, and a block is either
 * there or on its way or neither. */
START_TEST(bytes_add_up)
{
    struct random_stream stream = random_open(4, 0, RANDOM_TEST, (uint32_t)_i, 0);
    double waited = 0;
    int64_t now_us = 0;
    residency_finish(&memory);
    load_chip(70, 1);
    residency_init(&memory, &soc, &bind, 1);
    for (int turn = 0; turn < 3000; turn++) {
        int32_t block = (int32_t)random_below(&stream, BLOCKS);
        now_us += (int64_t)random_below(&stream, 4);
        switch (random_below(&stream, 4)) {
        case 0:
            waited += use(block, now_us) == (block == A ? 2 : 4) ? memory.block_bytes[block] : 0;
            break;
        case 1:
            residency_cancel(&memory, 100 + block, now_us * US);
            break;
        default:
            fetch(block, now_us);
        }
        double held = 0;
        for (int32_t i = 0; i < BLOCKS; i++) {
            bool is_coming = false;
            for (int32_t k = 0; k < memory.pes[0].fetch_count; k++)
                is_coming |= memory.pes[0].fetches[k].block == i;
            ck_assert(!(is_coming && memory.is_there[i]));
            ck_assert(memory.is_there[i] || !memory.is_unused[i]);
            held += is_coming || memory.is_there[i] ? memory.block_bytes[i] : 0;
        }
        ck_assert_double_eq(held + memory.pes[0].free_bytes, 70);
        ck_assert_double_le(memory.wasted_bytes, memory.prefetched_bytes);
    }
    residency_close(&memory, now_us * US);
    ck_assert_double_ge(waited, 1000);
    ck_assert_double_ge(memory.wasted_bytes, 1000);
    /* a wait of a whole load may also be for a fetch that has just begun */
    ck_assert_double_le(memory.loaded_bytes - memory.prefetched_bytes, waited);
}
END_TEST

/* The job of load_chip on one PE, whose only sample goes to b or to c. */
static struct world_result run(bool to_b, int32_t prefetch, const char *engine, double *latency_us)
{
    struct route route = {0};
    uint64_t seed = 0;
    do
        route_draw(&route, bind.app, ++seed, 0, 0);
    while ((route.task_samples[B] > 0) != to_b);
    route_finish(&route);
    static const struct arrival_row row = {0};
    struct fixture_scenario source = {.rows = &row, .row_count = 1, .seed = seed};
    struct scenario scenario = fixture_scenario(&source);
    struct fixture_log log = {0};
    struct observer observer = fixture_observer(&log);
    struct world_setup setup = {
        .soc = &soc,
        .binds = &bind,
        .bind_count = 1,
        .scenario = &scenario,
        .engine = engine_find(engine),
        .policy = sched_find("eft"),
        .observers = &observer,
        .observer_count = 1,
        .prefetch = prefetch,
    };
    struct world_result result;
    struct fault fault = FAULT_NONE;
    ck_assert_msg(world_run(&setup, &result, &fault), "%s", fault.what);
    *latency_us = tick_to_us(fixture_find(&log, 0, to_b ? B : C)->finish_ps);
    fixture_log_finish(&log);
    return result;
}

/* The branch ends at 2 + 6 us. Without prefetching 4 + 1 us follow; with it, b comes from 2 to 6
 * and c from 6 to 10. */
START_TEST(a_branch_fetches_the_likeliest_alternatives_while_it_runs)
{
    static const struct {
        bool to_b;
        int32_t prefetch;
        double latency_us, loaded, prefetched, wasted;
    } cases[] = {
        {true, 0, 13, 60, 0, 0},   {true, 1, 9, 60, 40, 0},     {true, 2, 9, 80, 60, 20},
        {false, 0, 13, 60, 0, 0},  {false, 1, 13, 100, 40, 40}, {false, 2, 11, 100, 80, 40},
        {true, 64, 9, 80, 60, 20},
    };
    load_chip(100, 1);
    double latency_us;
    struct world_result result = run(cases[_i / 2].to_b, cases[_i / 2].prefetch,
                                     _i % 2 == 0 ? "heap" : "simgrid", &latency_us);
    ck_assert_double_eq(latency_us, cases[_i / 2].latency_us);
    ck_assert_double_eq(result.loaded_bytes, cases[_i / 2].loaded);
    ck_assert_double_eq(result.prefetched_bytes, cases[_i / 2].prefetched);
    ck_assert_double_eq(result.wasted_bytes, cases[_i / 2].wasted);
}
END_TEST

/* Random jobs on two PEs: every scheduler ends, and the sums hold. */
START_TEST(every_scheduler_runs_with_weights_that_come_in_advance)
{
    enum { JOBS = 30 };
    struct arrival_row rows[JOBS] = {{0}};
    for (int32_t i = 1; i < JOBS; i++)
        rows[i].at_ps = rows[i - 1].at_ps + (i % 3) * 5 * US;
    struct fixture_scenario source = {.rows = rows, .row_count = JOBS, .seed = 5};
    struct scenario scenario = fixture_scenario(&source);
    struct world_setup setup = {
        .soc = &soc,
        .binds = &bind,
        .bind_count = 1,
        .scenario = &scenario,
        .engine = engine_find("heap"),
        .policy = sched_registry[_i],
        .file = fixture_policy_file(scratch.arena, sched_registry[_i]),
        .prefetch = 2,
    };
    struct world_result result;
    struct fault fault = FAULT_NONE;
    ck_assert_msg(world_run(&setup, &result, &fault), "%s: %s", setup.policy->name, fault.what);
    ck_assert_int_eq(result.tasks_done, 2 * JOBS);
    ck_assert_double_gt(result.prefetched_bytes, 0);
    ck_assert_double_le(result.wasted_bytes, result.prefetched_bytes);
    ck_assert_double_le(result.prefetched_bytes, result.loaded_bytes);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("prefetch");
    TCase *cases = tcase_create("prefetch");
    tcase_add_checked_fixture(cases, begin, end);
    tcase_add_test(cases, blocks_come_one_after_the_other_and_can_be_used_when_they_are_there);
    tcase_add_test(cases,
                   what_is_given_up_counts_as_far_as_it_has_come_and_the_next_one_comes_earlier);
    tcase_add_test(cases, a_task_that_needs_other_weights_does_not_wait_for_what_comes_in_advance);
    tcase_add_test(cases, what_a_task_waits_for_comes_before_what_is_asked_for_then);
    tcase_add_test(cases, what_is_loaded_for_a_task_that_is_aborted_has_to_be_loaded_again);
    tcase_add_test(cases, what_comes_in_advance_is_given_up_with_the_task_that_waits_for_it);
    tcase_add_test(cases, the_block_used_last_and_those_on_their_way_are_not_dropped);
    tcase_add_loop_test(cases, bytes_add_up, 0, 10);
    tcase_add_loop_test(cases, a_branch_fetches_the_likeliest_alternatives_while_it_runs, 0, 14);
    tcase_add_loop_test(cases, every_scheduler_runs_with_weights_that_come_in_advance, 0,
                        fixture_policy_count());
    suite_add_tcase(suite, cases);
    return suite;
}
