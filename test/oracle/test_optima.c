/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Published optima: those of the Standard Task Graph Set are found, and nobody beats them. */
#include <stdio.h>
#include <stdlib.h>

#include "analysis/optimum.h"
#include "base/tick.h"
#include "sched/registry.h"
#include "sim/world.h"
#include "test/fixture.h"
#include "test/stg.h"
#include "test/suite.h"

/* Enough for every row that is asked below; so no clock decides. */
static const struct optimum_limits limits = {.nodes = 150000, .memory_bytes = (size_t)32 << 20};

static int64_t makespan_ps(const struct bind *bind, const struct policy_kind *policy)
{
    const struct arrival_row rows[] = {{.app = 0, .at_ps = 0}};
    struct fixture_scenario source = {.rows = rows, .row_count = 1};
    struct scenario scenario = fixture_scenario(&source);
    struct arena *arena = arena_create();
    struct world_setup setup = {
        .soc = bind->soc,
        .binds = bind,
        .bind_count = 1,
        .scenario = &scenario,
        .engine = engine_find("heap"),
        .policy = policy,
        .file = fixture_policy_file(arena, policy),
    };
    struct world_result result;
    struct fault fault = FAULT_NONE;
    ck_assert_msg(world_run(&setup, &result, &fault), "%s: %s", policy->name, fault.what);
    arena_destroy(arena);
    return result.end_ps;
}

static void check_row(const struct stg_row *row, int *closed, int *proven)
{
    struct arena *arena = arena_create();
    int32_t pes_of[] = {row->processors};
    struct app *app = stg_app(arena, row->file);
    struct bind *bind = fixture_bind(arena, fixture_soc(arena, 1, pes_of, 1), &app, 1);
    struct optimum optimum;
    optimum_find(&optimum, bind, NULL, 0, &limits);
    int64_t least_ps = row->optimum * TICK_PER_US, most_ps = row->upper * TICK_PER_US;
    ck_assert_msg(optimum.makespan_ps >= least_ps && optimum.bound_ps <= most_ps,
                  "%s on %d: %lld to %lld us", row->file, row->processors,
                  (long long)(optimum.bound_ps / TICK_PER_US),
                  (long long)(optimum.makespan_ps / TICK_PER_US));
    ck_assert_int_eq(optimum.is_proven, optimum_gap(&optimum) == 0);
    *closed += !row->is_open;
    *proven += !row->is_open && optimum.is_proven && optimum.makespan_ps == least_ps;
    for (int i = 0; sched_registry[i] != NULL; i++)
        ck_assert_msg(makespan_ps(bind, sched_registry[i]) >= optimum.bound_ps,
                      "%s beats the optimum of %s on %d", sched_registry[i]->name, row->file,
                      row->processors);
    optimum_finish(&optimum);
    arena_destroy(arena);
}

START_TEST(the_optima_of_the_standard_task_graph_set_are_proven_and_nobody_beats_them)
{
    FILE *stream = stg_open();
    struct stg_row row;
    int closed = 0, proven = 0;
    if (stream == NULL) {
        puts("skipped: the graphs of the Standard Task Graph Set are not here");
        return;
    }
    while (stg_next(stream, &row))
        check_row(&row, &closed, &proven);
    fclose(stream);
    ck_assert_int_gt(closed, 0);
    ck_assert_int_ge(100 * proven, 95 * closed);
}
END_TEST

static void load(struct arena *arena, const char *app_name, struct bind *bind)
{
    struct soc *soc = arena_zeroed(arena, 1, sizeof *soc);
    struct app_set apps;
    struct fault fault = FAULT_NONE;
    const char *root = TEST_SOURCE_ROOT;
    ck_assert(
        soc_load(soc, arena, arena_printf(arena, "%s/sim/platforms/top3.yaml", root), &fault));
    ck_assert(app_load(&apps, arena,
                       arena_printf(arena, "%s/workloads/apps/%s.yaml", root, app_name), &fault));
    ck_assert(bind_app(bind, arena, &apps.apps[0], soc, &fault));
}

/* HEFT takes 80 us and CPOP 86 us on the first, HEFT 133 us and PEFT 122 us on the second. */
START_TEST(the_examples_of_heft_and_peft_have_proven_optima)
{
    static const struct {
        const char *app;
        int64_t optimum_us;
    } examples[] = {{"topcuoglu", 73}, {"arabnejad", 113}};
    for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) {
        struct arena *arena = arena_create();
        struct bind bind;
        struct optimum optimum;
        const struct optimum_limits enough = {.nodes = 5000000, .memory_bytes = (size_t)32 << 20};
        load(arena, examples[i].app, &bind);
        optimum_find(&optimum, &bind, NULL, 0, &enough);
        ck_assert(optimum.is_proven);
        ck_assert_msg(optimum.makespan_ps == examples[i].optimum_us * TICK_PER_US, "%s: %lld us",
                      examples[i].app, (long long)(optimum.makespan_ps / TICK_PER_US));
        optimum_finish(&optimum);
        arena_destroy(arena);
    }
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("optima");
    TCase *tcase = tcase_create("optima");
    tcase_set_timeout(tcase, 120);
    tcase_add_test(tcase,
                   the_optima_of_the_standard_task_graph_set_are_proven_and_nobody_beats_them);
    tcase_add_test(tcase, the_examples_of_heft_and_peft_have_proven_optima);
    suite_add_tcase(suite, tcase);
    return suite;
}
