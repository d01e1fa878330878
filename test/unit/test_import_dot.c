/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <malloc.h>
#include <stdio.h>
#include <string.h>

#include "test/importing.h"
#include "test/suite.h"

static struct importing import;

static void setup(void)
{
    importing_init(&import, &import_dot);
}

static void teardown(void)
{
    importing_finish(&import);
}

static bool try_text(const char *text)
{
    return importing_text(&import, "graph.dot", text);
}

static const struct app *read_text(const char *text)
{
    return importing_app(&import, "graph.dot", text);
}

static int32_t find_task(const struct app *app, const char *name)
{
    for (int32_t t = 0; t < app->task_count; t++)
        if (strcmp(app->tasks[t].name, name) == 0)
            return t;
    ck_abort_msg("there is no task %s", name);
}

static double bytes_between(const struct app *app, const char *from, const char *to)
{
    return importing_bytes(app, find_task(app, from), find_task(app, to));
}

START_TEST(a_graph_of_simgrid_becomes_an_app)
{
    const struct app *app = read_text("digraph G {\n  c1 [size=\"1e9\"];\n  c2 [size=\"5e9\"];\n"
                                      "  root->c1 [size=\"2e8\"];\n  c1->c2 [size=\"-1.\"];\n"
                                      "  c2->end;\n}\n");
    ck_assert_int_eq(app->task_count, 4);
    ck_assert_int_eq(app->edge_count, 3);
    ck_assert(app->kinds[app->tasks[1].kind].costs[0].exec_us == 5e6);
    ck_assert(bytes_between(app, "root", "c1") == 2e8);
    ck_assert(bytes_between(app, "c1", "c2") == 0);
    ck_assert(bytes_between(app, "c2", "end") == 0);
}
END_TEST

START_TEST(times_may_be_given_for_pe_kinds)
{
    const struct app *app =
        read_text("digraph { a [us=\"A7=20 A15=10.5\", kind=fft]; b [us=3]; a -> b [bytes=64] }");
    const struct app_task_kind *kind = &app->kinds[app->tasks[0].kind];
    ck_assert_str_eq(kind->name, "fft");
    ck_assert_int_eq(kind->cost_count, 2);
    ck_assert_str_eq(kind->costs[1].pe_kind, "A15");
    ck_assert(kind->costs[1].exec_us == 10.5);
    ck_assert_str_eq(app->kinds[app->tasks[1].kind].costs[0].pe_kind, "core");
    ck_assert(bytes_between(app, "a", "b") == 64);
}
END_TEST

START_TEST(the_language_is_read)
{
    const struct app *app =
        read_text("/* a */ // b\n# c\nstrict DiGraph \"my \\\"graph\\\"\" {\n"
                  "  rankdir = LR; graph [label=<<b>x</b>>]; node [us=5] edge [bytes=7]\n"
                  "  a -> { b c:port:n } -> \"d\" + \"e\" [bytes=8, color=red; style=\"a,b\"]\n"
                  "  subgraph cluster_0 { node [us=9]; f; g } -> h\n"
                  "  \xc3\xa4:p -> -1.5\n}\n");
    ck_assert_int_eq(app->task_count, 9);
    ck_assert_int_eq(app->edge_count, 7);
    ck_assert(bytes_between(app, "a", "b") == 8);
    ck_assert(bytes_between(app, "c", "de") == 8);
    ck_assert(bytes_between(app, "g", "h") == 7);
    ck_assert(app->kinds[app->tasks[0].kind].costs[0].exec_us == 5);
    ck_assert(app->kinds[app->tasks[4].kind].costs[0].exec_us == 9);
    ck_assert(app->kinds[app->tasks[6].kind].costs[0].exec_us == 5);
}
END_TEST

/* As Graphviz reads them: two backslashes are no escape of the quote behind them. */
START_TEST(backslashes_and_lines_that_go_on_are_read)
{
    const struct app *app = read_text("digraph {\r\n  \"a\\\\\" [us=3];\r\n  \"a\\\\\" -> b;\r\n"
                                      "  \"lo\\\r\nng\" -> \"lo\\\nng2\";\r\n}\r\n");
    ck_assert_int_eq(app->task_count, 4);
    ck_assert_int_eq(app->edge_count, 2);
    ck_assert_str_eq(app->tasks[0].name, "a__");
    ck_assert(bytes_between(app, "long", "long2") == 0);
}
END_TEST

START_TEST(lines_may_end_with_cr_alone)
{
    const struct app *app =
        read_text("# c\r// a\rdigraph { // b\r  a -> b // c\r# d\r  b -> c\r}\r");
    ck_assert_int_eq(app->task_count, 3);
    ck_assert_int_eq(app->edge_count, 2);
}
END_TEST

/* As Graphviz does: a default counts when the node is made, and not when it is named again. */
START_TEST(attributes_of_a_node_that_is_named_again_add_up)
{
    const struct app *app =
        read_text("digraph { a [kind=fft] b [us=9, kind=ifft] a [us=5] a -> b "
                  "subgraph { node [us=7, kind=no] b [us=\"A7=3\"] c } c [kind=yes] }");
    const struct app_task_kind *a = &app->kinds[app->tasks[find_task(app, "a")].kind];
    const struct app_task_kind *b = &app->kinds[app->tasks[find_task(app, "b")].kind];
    const struct app_task_kind *c = &app->kinds[app->tasks[find_task(app, "c")].kind];
    ck_assert_int_eq(app->kind_count, 3);
    ck_assert_str_eq(a->name, "fft");
    ck_assert(a->costs[0].exec_us == 5);
    ck_assert_str_eq(b->name, "ifft");
    ck_assert_int_eq(b->cost_count, 1);
    ck_assert_str_eq(b->costs[0].pe_kind, "A7");
    ck_assert_str_eq(c->name, "yes");
    ck_assert(c->costs[0].exec_us == 7);
}
END_TEST

START_TEST(alternatives_that_are_left_out_are_told)
{
    read_text("digraph { a->b [when=0, probability=0.3] a->{c d} [when=1] b->c }");
    ck_assert(importing_notes(&import, "3 edges belong to alternatives (`when`)"));
    read_text("digraph { a->b [label=when] }");
    ck_assert(!importing_notes(&import, "alternatives"));
}
END_TEST

START_TEST(edges_of_the_same_ends_are_one)
{
    const struct app *app = read_text("digraph { a->b [bytes=3] a->b [bytes=4] }");
    ck_assert_int_eq(app->edge_count, 1);
    ck_assert(app->bytes[0] == 7);
    ck_assert_int_eq(import.made.note_count, 2); /* that, and that no task has a time */
}
END_TEST

/* As Graphviz does: a default counts when the edge is made, and not when it is named again. */
START_TEST(an_edge_of_a_strict_graph_has_the_data_that_was_given_last)
{
    const struct app *app = read_text("strict digraph { edge [bytes=9] a->b [bytes=3] a->b "
                                      "a->b [bytes=4] a->{b c} a->c [bytes=5] b->c }");
    ck_assert_int_eq(app->edge_count, 3);
    ck_assert(bytes_between(app, "a", "b") == 4);
    ck_assert(bytes_between(app, "a", "c") == 5);
    ck_assert(bytes_between(app, "b", "c") == 9);
    ck_assert(importing_notes(&import, "strict"));
}
END_TEST

START_TEST(a_second_is_shorter_where_many_tasks_without_times_take_one_each)
{
    enum { TASKS = 10000 };
    char *text = arena_zeroed(import.scratch.arena, TASKS + 3, 8), *end = text;
    end += sprintf(end, "digraph {");
    for (int i = 0; i < TASKS; i++)
        end += sprintf(end, "t%d ", i);
    sprintf(end, "}");
    const struct app *app = read_text(text);
    ck_assert(app->kinds[0].costs[0].exec_us == 1e5);
}
END_TEST

/* Of the heap, and of large blocks beside it. */
static size_t count_bytes(void)
{
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

/* Names are cut after 64 characters: all of these kinds get a number. */
START_TEST(many_kinds_with_the_same_long_name_take_little_memory)
{
    enum { TASKS = 3000, LINE_MAX_BYTES = 128 };
    char *text = arena_zeroed(import.scratch.arena, TASKS + 1, LINE_MAX_BYTES), *end = text;
    end += sprintf(end, "digraph {");
    for (int i = 0; i < TASKS; i++)
        end += sprintf(end, "t%d [us=%d, kind=%070d]\n", i, i + 1, 7);
    sprintf(end, "}");
    size_t before = count_bytes();
    const struct app *app = read_text(text);
    ck_assert_int_eq(app->kind_count, TASKS);
    assert_holds(app->kinds[TASKS - 1].name, "_3000");
    ck_assert_uint_lt(count_bytes() - before, 10u << 20);
}
END_TEST

static const struct {
    const char *text, *place, *what;
} bad[] = {
    {"", "graph.dot", "empty"},
    {"graph { a -- b }", "graph.dot:1:1", "no directions"},
    {"digraph {\n a -- b }", "graph.dot:2:4", "no direction"},
    {"digraf { a }", "graph.dot:1:1", "`digraph` was expected"},
    {"digraph {\n a -> b", "graph.dot:2:8", "mid-air"},
    {"digraph { }", "graph.dot", "no task"},
    {"digraph { a }\n b", "graph.dot:2:2", "after the graph"},
    {"digraph {\n a [us=x] }", "graph.dot:2:2", "'x' is no time"},
    {"digraph {\n a [us=\"A7=1 A7=2\"] }", "graph.dot:2:2", "two times on the PE kind A7"},
    {"digraph {\n a [us=\"1 2\"] }", "graph.dot:2:2", "two times on the PE kind core"},
    {"digraph {\n a [us=-3] }", "graph.dot:2:2", "'-3' is no time"},
    {"digraph {\n a [size=-3] }", "graph.dot:2:2", "no size"},
    {"digraph {\n a [us=1] b [size=3] }", "graph.dot:2:11", "some tasks have"},
    {"digraph {\n a -> b [bytes=-1] }", "graph.dot:2", "no size"},
    {"digraph {\n a [us= }", "graph.dot:2:9", "a value was expected"},
    {"digraph {\n \"a", "graph.dot:2:2", "quotes do not end"},
    {"digraph {\n /* a", "graph.dot:2:2", "comment does not end"},
    {"digraph {\n <a", "graph.dot:2:2", "markup does not end"},
    {"digraph {\n a -> -> b }", "graph.dot:2:7", "was expected"},
    {"digraph { a -> b -> c -> a }", "graph.dot", "cycle: a -> b -> c -> a"},
    {"digraph { a -> a }", "graph.dot", "itself"},
};

START_TEST(bad_graphs_are_refused_at_their_place)
{
    ck_assert(!try_text(bad[_i].text));
    assert_holds(import.fault.where, bad[_i].place);
    assert_holds(import.fault.what, bad[_i].what);
}
END_TEST

START_TEST(deep_nesting_and_groups_that_explode_are_refused)
{
    char nested[128] = "digraph {";
    memset(nested + strlen(nested), '{', 100);
    ck_assert(!try_text(nested));
    assert_holds(import.fault.what, "nested deeper");
    char *groups = arena_zeroed(import.scratch.arena, 400000, 1), *end = groups;
    end += sprintf(end, "digraph { {");
    for (int i = 0; i < 8000; i++)
        end += sprintf(end, "a%d ", i);
    end += sprintf(end, "} -> {");
    for (int i = 0; i < 8000; i++)
        end += sprintf(end, "b%d ", i);
    sprintf(end, "} }");
    ck_assert(!try_text(groups));
    assert_holds(import.fault.what, "more than");
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("import_dot");
    TCase *tcase = tcase_create("import_dot");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_graph_of_simgrid_becomes_an_app);
    tcase_add_test(tcase, times_may_be_given_for_pe_kinds);
    tcase_add_test(tcase, the_language_is_read);
    tcase_add_test(tcase, backslashes_and_lines_that_go_on_are_read);
    tcase_add_test(tcase, lines_may_end_with_cr_alone);
    tcase_add_test(tcase, attributes_of_a_node_that_is_named_again_add_up);
    tcase_add_test(tcase, alternatives_that_are_left_out_are_told);
    tcase_add_test(tcase, edges_of_the_same_ends_are_one);
    tcase_add_loop_test(tcase, bad_graphs_are_refused_at_their_place, 0,
                        (int)(sizeof bad / sizeof bad[0]));
    tcase_add_test(tcase, an_edge_of_a_strict_graph_has_the_data_that_was_given_last);
    tcase_add_test(tcase, a_second_is_shorter_where_many_tasks_without_times_take_one_each);
    tcase_add_test(tcase, many_kinds_with_the_same_long_name_take_little_memory);
    tcase_add_test(tcase, deep_nesting_and_groups_that_explode_are_refused);
    suite_add_tcase(suite, tcase);
    return suite;
}
