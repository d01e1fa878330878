/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "test/importing.h"
#include "test/suite.h"

static struct importing import;

static void setup(void)
{
    importing_init(&import, &import_dax);
}

static void teardown(void)
{
    importing_finish(&import);
}

static bool try_text(const char *text)
{
    return importing_text(&import, "flow.xml", text);
}

static const struct app *read_text(const char *text)
{
    return importing_app(&import, "flow.xml", text);
}

#define JOB(ID, USES) "<job id='" ID "' name='fft' runtime='2'>" USES "</job>\n"
#define USES(FILE, LINK, SIZE)                                                                     \
    "<uses file='" FILE "' link='" LINK "' size='" SIZE "' register='true'/>"
#define FLOW                                                                                       \
    "<?xml version='1.0'?>\n<adag xmlns='http://pegasus.isi.edu/schema/DAX' version='2.1'>\n" JOB( \
        "a", USES("x", "output", "300") USES("y", "output", "5"))                                  \
        JOB("b", USES("x", "input", "7")) "<child ref='b'><parent ref='a'/></child>\n</adag>\n"

START_TEST(a_workflow_becomes_an_app)
{
    const struct app *app = read_text(FLOW);
    ck_assert_str_eq(app->name, "flow");
    ck_assert_int_eq(app->task_count, 2);
    ck_assert_int_eq(app->edge_count, 1);
    ck_assert_str_eq(app->tasks[1].name, "b");
    ck_assert(app->bytes[0] == 300); /* as its writer says */
    ck_assert(app->kinds[app->tasks[0].kind].costs[0].exec_us == 2e6);
    ck_assert_str_eq(app->kinds[app->tasks[0].kind].costs[0].pe_kind, "core");
    assert_holds(import.made.units, "a second is 1e+06 us");
    assert_holds(import.made.notes[0], "another size");
}
END_TEST

START_TEST(what_would_outlast_the_simulation_is_shortened)
{
    const struct app *app =
        read_text("<adag><job id='a' runtime='1e9'/><job id='b' runtime='7e9'/></adag>");
    ck_assert(app->kinds[app->tasks[0].kind].costs[0].exec_us == 1e8);
    assert_holds(import.made.units, "a second is 0.1 us");
}
END_TEST

START_TEST(version_3_is_read_too)
{
    const struct app *app =
        read_text("<adag xmlns='x'><job id='a' name='f'><argument>-i <file name='x'/></argument>"
                  "<uses name='x' link='output'/></job><job id='b'><uses name='x' link='input' "
                  "size='9'/></job><child ref='b'><parent ref='a'/><parent ref='a'/></child>"
                  "</adag>");
    ck_assert_int_eq(app->edge_count, 1);
    ck_assert(app->bytes[0] == 9);
    ck_assert_int_eq(import.made.note_count, 2); /* a parent twice, no task has a time */
}
END_TEST

static const struct {
    const char *text, *place, *what;
} bad[] = {
    {"", "flow.xml", "empty"},
    {"<adag>\n<job id='a'>", "flow.xml:2", "no element found"},
    {"<adag>\n</job>", "flow.xml:2:3", "mismatched tag"},
    {"<html/>", "flow.xml:1:1", "no DAX, but 'html'"},
    {"<adag/>", "flow.xml", "no task"},
    {"<adag>\n<job/></adag>", "flow.xml:2:1", "no id"},
    {"<adag><job id='a'/>\n<job id='a'/></adag>", "flow.xml:2:1", "called 'a'"},
    {"<adag>\n<job id='a' runtime='-1'/></adag>", "flow.xml:2:1", "no amount: '-1'"},
    {"<adag>\n<job id='a' runtime='1' runtime='2'/></adag>", "flow.xml:2", "duplicate"},
    {"<adag><job id='a'>\n<uses file='f' link='out'/></job></adag>", "flow.xml:2:1",
     "no such link: 'out'"},
    {"<adag><job id='a'/>\n<child ref='b'/></adag>", "flow.xml:2:1", "no job 'b'"},
    {"<adag><job id='a'/><child ref='a'>\n<parent/></child></adag>", "flow.xml:2:1", "no ref"},
    {"<adag><job id='a'/><job id='b'/><child ref='a'><parent ref='b'/></child>"
     "<child ref='b'><parent ref='a'/></child></adag>",
     "flow.xml", "cycle: a -> b -> a"},
    {"<!DOCTYPE adag [<!ENTITY a 'aaaa'>\n<!ENTITY b '&a;&a;'>]><adag>&b;</adag>", "flow.xml:1",
     "entities are not taken: 'a'"},
    {"<adag>\n<job id='\xff'/></adag>", "flow.xml:2", "not well-formed"},
};

START_TEST(bad_workflows_are_refused_at_their_place)
{
    ck_assert(!try_text(bad[_i].text));
    assert_holds(import.fault.where, bad[_i].place);
    assert_holds(import.fault.what, bad[_i].what);
}
END_TEST

START_TEST(deep_nesting_is_refused)
{
    char text[8 + 100 * 3 + 1] = "<adag>";
    for (int i = 0; i < 100; i++)
        strcat(text, "<a>");
    ck_assert(!try_text(text));
    assert_holds(import.fault.what, "nested deeper");
}
END_TEST

START_TEST(a_file_that_is_cut_anywhere_is_refused)
{
    static const char whole[] = FLOW;
    for (size_t length = 0; length + 2 < sizeof whole; length += 3)
        ck_assert(!try_text(arena_substring(import.scratch.arena, whole, length)));
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("import_dax");
    TCase *tcase = tcase_create("import_dax");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_workflow_becomes_an_app);
    tcase_add_test(tcase, what_would_outlast_the_simulation_is_shortened);
    tcase_add_test(tcase, version_3_is_read_too);
    tcase_add_loop_test(tcase, bad_workflows_are_refused_at_their_place, 0,
                        (int)(sizeof bad / sizeof bad[0]));
    tcase_add_test(tcase, deep_nesting_is_refused);
    tcase_add_test(tcase, a_file_that_is_cut_anywhere_is_refused);
    suite_add_tcase(suite, tcase);
    return suite;
}
