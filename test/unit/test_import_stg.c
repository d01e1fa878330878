/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test/importing.h"
#include "test/suite.h"
#include "traces/import_write.h"

static struct importing import;

static void setup(void)
{
    importing_init(&import, &import_stg);
}

static void teardown(void)
{
    importing_finish(&import);
}

static bool try_text(const char *text)
{
    return importing_text(&import, "graph.stg", text);
}

static const struct app *read_text(const char *text)
{
    return importing_app(&import, "graph.stg", text);
}

static bool write_all(bool overwrite)
{
    return import_write(&import.made, import.scratch.folder, overwrite, import.scratch.arena,
                        &import.fault);
}

static double bytes_of(const struct app *app)
{
    double bytes = 0;
    for (int32_t e = 0; e < app->edge_count; e++)
        bytes += app->bytes[e];
    return bytes;
}

/* Two tasks between the dummies; 1 -> 2. */
static const char small[] = "  2  # tasks\n"
                            "0 0 0\n"
                            "1 7 1 0\r\n"
                            "2 2.5 1 1\n"
                            "\n"
                            "3 0 2 1 2\n"
                            "# Standard Task Graph Set Project\n";

START_TEST(a_graph_becomes_an_app)
{
    const struct app *app = read_text(small);
    ck_assert_str_eq(app->name, "graph");
    ck_assert_int_eq(app->task_count, 4);
    ck_assert_int_eq(app->edge_count, 4);
    ck_assert_int_eq(app->kind_count, 3); /* 0, 2.5 and 7 */
    ck_assert(app->kinds[app->tasks[1].kind].costs[0].exec_us == 7);
    ck_assert(app->kinds[app->tasks[2].kind].costs[0].exec_us == 2.5);
    ck_assert_str_eq(app->kinds[app->tasks[2].kind].costs[0].pe_kind, "core");
    ck_assert_int_eq(app->preds[app->tasks[2].first_pred].task, 1);
    ck_assert(app->bytes[0] == 0);
}
END_TEST

START_TEST(lines_may_end_with_cr_alone)
{
    static const char text[] = "# a graph\n2\n0 0 0\n1 7 1 0 # one\n2 2 1 1\n3 0 2 1 2\n";
    const char *path =
        scratch_write(&import.scratch, "graph.stg", importing_with_cr(&import, text));
    ck_assert_ptr_eq(import_recognize(path), &import_stg);
    ck_assert_msg(importing_read(&import, &path, 1), "%s: %s", import.fault.where,
                  import.fault.what);
    ck_assert_int_eq(import.made.apps[0].task_count, 4);
    ck_assert_int_eq(import.made.apps[0].edge_count, 4);
    ck_assert(!try_text("2\r0 0 0\r1 7 1 0\r2 2 1 x\r3 0 2 1 2\r"));
    assert_holds(import.fault.where, "graph.stg:4:7");
}
END_TEST

START_TEST(communication_becomes_bytes)
{
    const struct app *app = read_text("2\n0 0 0\n1 7 1 0 0\n2 2 1 1 3.5\n3 0 2 1 4 2 0\n");
    ck_assert(bytes_of(app) == 7500);
}
END_TEST

/* The form of YASA: a number of processors, all tasks counted, a line for each predecessor. */
START_TEST(predecessors_may_have_lines_of_their_own)
{
    const struct app *app =
        read_text("# generated\n\t4\t2\n\t0\t3\t0\n\t1\t5\t1\n\t\t\t\t0\t2\n"
                  "\t2\t2\t1\n\t\t\t\t0\t1\n\t3\t1\t2\n\t\t\t\t1\t2 # late\n\t\t\t\t2\t3\n"
                  "# end\n");
    ck_assert_int_eq(app->task_count, 4);
    ck_assert_int_eq(app->edge_count, 4);
    ck_assert(bytes_of(app) == 8000);
    app = read_text("1\r\n0 0 0\r\n1 7 1\r\n 0\r\n2 0 1\r\n 1\r\n");
    ck_assert_int_eq(app->task_count, 3);
    ck_assert_int_eq(app->edge_count, 2);
}
END_TEST

START_TEST(what_is_written_reads_back_the_same)
{
    const struct app *app = read_text("2\n0 0 0\n1 0.1 1 0 0\n2 2 1 1 3.5\n3 0 2 1 4 2 0\n");
    ck_assert(write_all(false));
    struct app_set set;
    const char *path = scratch_path(&import.scratch, "graph.yaml");
    ck_assert_msg(app_load(&set, import.scratch.arena, path, &import.fault), "%s: %s",
                  import.fault.where, import.fault.what);
    const struct app *back = &set.apps[0];
    ck_assert_int_eq(back->task_count, app->task_count);
    ck_assert_int_eq(back->edge_count, app->edge_count);
    for (int32_t t = 0; t < app->task_count; t++) {
        ck_assert_str_eq(back->tasks[t].name, app->tasks[t].name);
        ck_assert(back->kinds[back->tasks[t].kind].costs[0].exec_us ==
                  app->kinds[app->tasks[t].kind].costs[0].exec_us);
        for (int32_t i = 0; i < app->tasks[t].pred_count; i++) {
            const struct app_edge *a = &app->preds[app->tasks[t].first_pred + i];
            const struct app_edge *b = &back->preds[back->tasks[t].first_pred + i];
            ck_assert_int_eq(a->task, b->task);
            ck_assert(app->bytes[a->edge] == back->bytes[b->edge]);
        }
    }
}
END_TEST

START_TEST(a_file_that_is_there_is_not_replaced_unasked)
{
    read_text(small);
    scratch_write(&import.scratch, "graph.yaml", "mine");
    ck_assert(!write_all(false));
    assert_holds(import.fault.hint, "--overwrite");
    ck_assert_str_eq(scratch_read(&import.scratch, "graph.yaml"), "mine");
    import.fault = FAULT_NONE;
    ck_assert(write_all(true));
    ck_assert_int_eq(scratch_count(&import.scratch, ""), 2);
}
END_TEST

/* An app with so many edges between two tasks, which have names of so many characters. */
static void make_large(int32_t edge_count, int32_t name_length)
{
    struct arena *arena = import.scratch.arena;
    static struct app app;
    ck_assert_ptr_nonnull(read_text(small));
    app = import.made.apps[0];
    char *name = arena_zeroed(arena, (size_t)name_length + 1, 1);
    memset(name, 'a', (size_t)name_length);
    struct app_task *tasks = arena_zeroed(arena, 1, sizeof *tasks);
    tasks[0] = (struct app_task){.name = name, .pred_count = edge_count};
    app.tasks = tasks;
    app.task_count = 1;
    app.edge_count = edge_count;
    app.preds = arena_zeroed(arena, (size_t)edge_count, sizeof *app.preds);
    app.bytes = arena_zeroed(arena, (size_t)edge_count, sizeof *app.bytes);
    import.made.apps = &app;
}

START_TEST(an_app_that_nothing_would_read_is_refused_and_not_left_there)
{
    make_large(1700000, 1); /* 8.5e6 values */
    ck_assert(!write_all(false));
    assert_holds(import.fault.what, "larger than `hetsoc run` reads");
    make_large(500000, 64); /* 75 MB */
    ck_assert(!write_all(false));
    assert_holds(import.fault.what, "larger than `hetsoc run` reads");
    ck_assert(!scratch_has(&import.scratch, "graph.yaml"));
    ck_assert(!scratch_has(&import.scratch, ".graph.yaml.new"));
}
END_TEST

static const struct {
    const char *text, *place, *what;
} bad[] = {
    {"", "graph.stg", "empty"},
    {"# only this\n", "graph.stg:1:1", "nothing"},
    {"two\n", "graph.stg:1:1", "no number of tasks"},
    {"-1\n", "graph.stg:1:1", "no number of tasks"},
    {"99999999999999999999\n", "graph.stg:1:1", "no number of tasks"},
    {"2 4 0\n", "graph.stg:1:5", "after the number"},
    {"2 x\n", "graph.stg:1:3", "no number of processors"},
    {"2 4\n0 0 0\n1 7 1\n", "graph.stg:4:1", "predecessors of task 1 are missing"},
    {"2 4\n0 0 0\n1 7 2\n0 3\n1\n", "graph.stg:5:1", "another number"},
    {"2 4\n0 0 0\n1 7 1\n2 3\n", "graph.stg:4:1", "no such predecessor"},
    {"2\n0 0 0\n1 7 1 0\n", "graph.stg:4:1", "fewer tasks"},
    {"2000000\n0 0 0\n", "graph.stg:3:1", "fewer tasks"},
    {"1\n0 0 0\n1 7 1 0\n2 0 1 1\n3 0 0\n", "graph.stg:5:1", "more tasks"},
    {"2\n0 0 0\n2 7 1 0\n", "graph.stg:3:1", "not the next task"},
    {"2\n0 0 0\n1 -7 1 0\n", "graph.stg:3:3", "no time"},
    {"2\n0 0 0\n1 nan 1 0\n", "graph.stg:3:3", "no time"},
    {"2\n0 0 0\n1 7 x 0\n", "graph.stg:3:5", "no number of predecessors"},
    {"2\n0 0 0\n1 7\n", "graph.stg:3:4", "too short"},
    {"2\n0 0 0\n1 7 2 0\n", "graph.stg:3:7", "another number of predecessors"},
    {"2\n0 0 0\n1 7 1 9\n", "graph.stg:3:7", "no such predecessor"},
    {"2\n0 0 0\n1 7 4000000 0\n", "graph.stg:3:13", "another number of predecessors"},
    {"2\n0 0 0\n1 7 1 0\n2 1 2 1 1\n3 0 0\n", "graph.stg", "twice"},
    {"1\n0 0 0\n1 7 1 1\n2 0 0\n", "graph.stg", "itself"},
    {"2\n0 0 0\n1 7 1 2\n2 1 1 1\n3 0 0\n", "graph.stg", "cycle"},
};

START_TEST(bad_files_are_refused_at_their_place)
{
    ck_assert(!try_text(bad[_i].text));
    assert_holds(import.fault.where, bad[_i].place);
    assert_holds(import.fault.what, bad[_i].what);
}
END_TEST

START_TEST(a_file_that_is_cut_anywhere_is_refused_or_whole)
{
    const size_t size = strlen(small);
    for (size_t length = 0; length < size; length++) {
        bool taken = try_text(arena_substring(import.scratch.arena, small, length));
        ck_assert(!taken || import.made.apps[0].task_count == 4);
    }
}
END_TEST

START_TEST(the_graphs_of_the_set_have_the_edges_that_they_say)
{
    const char *root = TEST_SHARED_DATA;
    int count = 0;
    for (int i = 0; i < 200; i++)
        for (int tasks = 50; tasks <= 100; tasks += 50) {
            const char *path =
                arena_printf(import.scratch.arena, "%s/stg/%d/rand%04d.stg", root, tasks, i);
            FILE *stream = fopen(path, "r");
            if (stream == NULL)
                continue;
            char line[4096];
            int edges = -1, dummies = -1;
            while (fgets(line, sizeof line, stream) != NULL)
                sscanf(line, "# Edges : %d / %*d (+dummy edges : %d)", &edges, &dummies);
            fclose(stream);
            ck_assert(importing_read(&import, &path, 1));
            ck_assert_int_eq(import.made.apps[0].task_count, tasks + 2);
            ck_assert_int_eq(import.made.apps[0].edge_count, edges + dummies);
            count++;
        }
    if (count == 0)
        fprintf(stderr, "skipped: %s/stg is not there\n", root);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("import_stg");
    TCase *tcase = tcase_create("import_stg");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_graph_becomes_an_app);
    tcase_add_test(tcase, an_app_that_nothing_would_read_is_refused_and_not_left_there);
    tcase_add_test(tcase, lines_may_end_with_cr_alone);
    tcase_add_test(tcase, communication_becomes_bytes);
    tcase_add_test(tcase, predecessors_may_have_lines_of_their_own);
    tcase_add_test(tcase, what_is_written_reads_back_the_same);
    tcase_add_test(tcase, a_file_that_is_there_is_not_replaced_unasked);
    tcase_add_loop_test(tcase, bad_files_are_refused_at_their_place, 0,
                        (int)(sizeof bad / sizeof bad[0]));
    tcase_add_test(tcase, a_file_that_is_cut_anywhere_is_refused_or_whole);
    tcase_add_test(tcase, the_graphs_of_the_set_have_the_edges_that_they_say);
    suite_add_tcase(suite, tcase);
    return suite;
}
