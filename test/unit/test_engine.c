/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The engine contract (sim/engine.h), held against both engines. Check runs every test in a
 * process of its own, so SimGrid is fresh each time. */
#include <math.h>

#include "base/tick.h"
#include "sim/engine.h"
#include "test/suite.h"

#define US TICK_PER_US

static struct soc_kind kind = {.name = "P"};
static struct soc_pe pes[3] = {{"P0", 0, 0}, {"P1", 0, 0}, {"P2", 0, 0}};
static struct soc soc = {
    .name = "engine test", .kinds = &kind, .kind_count = 1, .pes = pes, .pe_count = 3};

/* What a test saw: one line per event. */
struct seen {
    int64_t now_ps;
    int32_t round;
    struct event event;
};

static struct engine *engine;
static struct seen seen[64];
static int32_t seen_count, rounds;
static void (*react)(const struct event *event); /* the test's reaction to each event */

static bool record(void *context, int64_t now_ps, const struct event *events, int32_t count)
{
    (void)context;
    rounds++;
    for (int32_t i = 0; i < count; i++) {
        seen[seen_count++] = (struct seen){now_ps, rounds, events[i]};
        if (react != NULL)
            react(&events[i]);
    }
    return true;
}

static void make(int which, const double *factors, int32_t factor_count)
{
    static struct engine_needs needs;
    struct fault fault = FAULT_NONE;
    needs = (struct engine_needs){.factors = factors, .factor_count = factor_count};
    engine = engine_kinds[which]->create(&soc, &needs, &fault);
    ck_assert_msg(engine != NULL, "%s", fault.what);
}

static bool run(struct fault *fault)
{
    *fault = FAULT_NONE;
    bool is_ok = engine->kind->run(engine, record, NULL, fault);
    engine_destroy(engine);
    return is_ok;
}

static void at(int64_t when_ps, enum event_class class, int64_t sequence)
{
    engine->kind->at(engine, when_ps, (struct event){sequence, class, -1});
}

static void exec(int32_t pe, int64_t work_ps, int64_t sequence)
{
    engine->kind->exec(engine, pe, work_ps, (struct event){sequence, EVENT_FINISH, pe});
}

START_TEST(events_of_one_date_come_in_one_round_by_class_and_sequence)
{
    make(_i, NULL, 0);
    at(7 * US, EVENT_WAKE, 1);
    at(7 * US, EVENT_ARRIVAL, 9);
    at(7 * US, EVENT_DATA, 3);
    at(7 * US, EVENT_DATA, 2);
    exec(2, 7 * US, 5);
    exec(0, 7 * US, 4);
    exec(1, 7 * US, 6);
    struct fault fault;
    ck_assert(run(&fault));
    ck_assert_int_eq(rounds, 1);
    static const int64_t order[] = {9, 2, 3, 4, 5, 6, 1};
    ck_assert_int_eq(seen_count, 7);
    for (int i = 0; i < 7; i++) {
        ck_assert_int_eq(seen[i].event.sequence, order[i]);
        ck_assert_int_eq(seen[i].now_ps, 7 * US);
    }
}
END_TEST

static void chain(const struct event *event)
{
    if (event->sequence < 50)
        exec(event->subject, 3, event->sequence + 1);
}

START_TEST(a_chain_of_works_keeps_every_tick_far_from_zero)
{
    make(_i, NULL, 0);
    react = chain;
    int64_t far_ps = INT64_C(1) << 52;
    exec(0, far_ps + 1, 0);
    struct fault fault;
    ck_assert(run(&fault));
    ck_assert_int_eq(seen[seen_count - 1].now_ps, far_ps + 1 + 50 * 3);
}
END_TEST

static void zero_twice(const struct event *event)
{
    if (event->sequence < 2)
        exec(0, 0, event->sequence + 1);
}

START_TEST(work_of_length_zero_ends_in_the_next_round_of_its_date)
{
    make(_i, NULL, 0);
    react = zero_twice;
    exec(0, 5 * US, 0);
    struct fault fault;
    ck_assert(run(&fault));
    ck_assert_int_eq(rounds, 3);
    ck_assert_int_eq(seen[2].now_ps, 5 * US);
}
END_TEST

static void timer_for_now(const struct event *event)
{
    if (event->sequence == 0)
        at(4 * US, EVENT_WAKE, 1);
}

START_TEST(a_timer_for_the_current_date_comes_in_the_next_round)
{
    make(_i, NULL, 0);
    react = timer_for_now;
    at(4 * US, EVENT_ARRIVAL, 0);
    struct fault fault;
    ck_assert(run(&fault));
    ck_assert_int_eq(seen[1].round, 2);
    ck_assert_int_eq(seen[1].now_ps, 4 * US);
}
END_TEST

static void slow_then_fast(const struct event *event)
{
    if (event->class == EVENT_SPEED)
        engine->kind->set_speed(engine, 0, 0, event->sequence == 1 ? 0.4 : 1.0);
}

START_TEST(work_goes_on_at_the_speed_of_the_moment)
{
    static const double speeds[] = {0.4};
    make(_i, speeds, 1);
    react = slow_then_fast;
    exec(0, 100 * US, 0);
    exec(1, 100 * US + 7, 3);
    at(40 * US, EVENT_SPEED, 1);
    at(65 * US, EVENT_SPEED, 2);
    struct fault fault;
    ck_assert(run(&fault));
    /* 40 at 1, 25 at 0.4 = 10, 50 at 1. */
    ck_assert_int_eq(seen[3].now_ps, 115 * US);
    ck_assert_int_eq(seen[3].event.subject, 0);
    /* The other PE never changed speed: exact to the tick. */
    ck_assert_int_eq(seen[2].now_ps, 100 * US + 7);
}
END_TEST

START_TEST(an_end_between_ticks_is_rounded_up_to_a_nanosecond)
{
    static const double speeds[] = {0.3};
    make(_i, speeds, 1);
    engine->kind->set_speed(engine, 0, 0, 0.3);
    exec(0, 1000, 0); /* 3333.33 ticks */
    struct fault fault;
    ck_assert(run(&fault));
    ck_assert_int_eq(seen[0].now_ps, 4000);
}
END_TEST

static int64_t cancelled_sequence;

static void cancel_and_start(const struct event *event)
{
    if (event->class == EVENT_OUTAGE) {
        engine->kind->cancel(engine, 0);
        exec(0, 30 * US, 7);
        cancelled_sequence = 0;
    }
    ck_assert(event->class != EVENT_FINISH || event->sequence != cancelled_sequence);
}

START_TEST(work_that_is_cancelled_does_not_end_and_its_pe_is_free)
{
    static const double speeds[] = {0.4};
    make(_i % 2, speeds, _i / 2); /* with speeds that change, and without */
    react = cancel_and_start;
    cancelled_sequence = -1;
    exec(0, 100 * US, 0);
    exec(1, 50 * US, 1);
    at(40 * US, EVENT_OUTAGE, 2);
    struct fault fault;
    ck_assert(run(&fault));
    ck_assert_int_eq(seen_count, 3);
    ck_assert_int_eq(seen[1].event.sequence, 1);
    ck_assert_int_eq(seen[1].now_ps, 50 * US);
    ck_assert_int_eq(seen[2].event.sequence, 7);
    ck_assert_int_eq(seen[2].now_ps, 70 * US);
}
END_TEST

static void cancel_at_once(const struct event *event)
{
    if (event->class != EVENT_OUTAGE)
        return;
    exec(0, 100 * US, 5);
    engine->kind->cancel(engine, 0);
    exec(0, 10 * US, 6);
}

START_TEST(work_may_be_cancelled_at_the_date_at_which_it_starts)
{
    make(_i, NULL, 0);
    react = cancel_at_once;
    at(40 * US, EVENT_OUTAGE, 2);
    struct fault fault;
    ck_assert(run(&fault));
    ck_assert_int_eq(seen_count, 2);
    ck_assert_int_eq(seen[1].event.sequence, 6);
    ck_assert_int_eq(seen[1].now_ps, 50 * US);
}
END_TEST

START_TEST(a_date_beyond_the_limit_is_a_fault)
{
    make(_i, NULL, 0);
    at(TICK_LIMIT + 1, EVENT_ARRIVAL, 0);
    struct fault fault;
    ck_assert(!run(&fault));
    assert_holds(fault.what, "2.5 h");
}
END_TEST

START_TEST(a_second_simgrid_in_one_process_is_refused)
{
    make(0, NULL, 0);
    struct fault fault = FAULT_NONE;
    const struct engine_needs needs = {.energy = false};
    ck_assert_ptr_null(engine_kinds[0]->create(&soc, &needs, &fault));
    assert_holds(fault.what, "one engine per process");
    ck_assert(run(&fault));
}
END_TEST

START_TEST(engines_are_found_by_name)
{
    ck_assert_str_eq(engine_find("heap")->name, "heap");
    ck_assert_str_eq(engine_find("simgrid")->name, "simgrid");
    ck_assert_ptr_null(engine_find("abacus"));
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("engine");
    TCase *both = tcase_create("contract");
    tcase_add_loop_test(both, events_of_one_date_come_in_one_round_by_class_and_sequence, 0, 2);
    tcase_add_loop_test(both, a_chain_of_works_keeps_every_tick_far_from_zero, 0, 2);
    tcase_add_loop_test(both, work_of_length_zero_ends_in_the_next_round_of_its_date, 0, 2);
    tcase_add_loop_test(both, a_timer_for_the_current_date_comes_in_the_next_round, 0, 2);
    tcase_add_loop_test(both, work_goes_on_at_the_speed_of_the_moment, 0, 2);
    tcase_add_loop_test(both, an_end_between_ticks_is_rounded_up_to_a_nanosecond, 0, 2);
    tcase_add_loop_test(both, work_that_is_cancelled_does_not_end_and_its_pe_is_free, 0, 4);
    tcase_add_loop_test(both, work_may_be_cancelled_at_the_date_at_which_it_starts, 0, 2);
    tcase_add_loop_test(both, a_date_beyond_the_limit_is_a_fault, 0, 2);
    tcase_add_test(both, a_second_simgrid_in_one_process_is_refused);
    tcase_add_test(both, engines_are_found_by_name);
    suite_add_tcase(suite, both);
    return suite;
}
