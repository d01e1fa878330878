/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/portrait.h"

#include <sys/resource.h>

#include "base/writing.h"
#include "test/scratch.h"
#include "test/suite.h"

enum { TASKS = 60, KINDS = 1000 };

static struct scratch scratch;

static void set_up(void)
{
    scratch_init(&scratch);
}

static void tear_down(void)
{
    scratch_finish(&scratch);
}

/* As of a workflow that ran on a thousand different machines. */
static const char *write_app(void)
{
    struct writing text;
    writing_begin(&text);
    fputs("format: 1\napp: wide\nsummary: many kinds\nkinds:\n  work: {", text.stream);
    for (int k = 0; k < KINDS; k++)
        fprintf(text.stream, "%skind_of_machine_%d: %d", k > 0 ? ", " : "", k, k);
    fputs("}\ntasks:\n", text.stream);
    for (int t = 0; t < TASKS; t++)
        fprintf(text.stream, "  - {name: t%d, kind: work}\n", t);
    return scratch_write(&scratch, "wide.yaml", writing_keep(&text, scratch.arena));
}

static long most_kib(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

START_TEST(costs_on_many_pe_kinds_take_little_memory)
{
    struct app_set set;
    struct fault fault = FAULT_NONE;
    struct writing text;
    ck_assert_msg(app_load(&set, scratch.arena, write_app(), &fault), "%s: %s", fault.where,
                  fault.what);
    long before_kib = most_kib();
    writing_begin(&text);
    portrait_app(&set.apps[0], NULL, text.stream);
    assert_holds(writing_keep(&text, scratch.arena), "kind_of_machine_0 0, kind_of_machine_1 1, ");
    ck_assert_int_lt(most_kib() - before_kib, 100000);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("portrait");
    TCase *tcase = tcase_create("portrait");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, costs_on_many_pe_kinds_take_little_memory);
    suite_add_tcase(suite, tcase);
    return suite;
}
