/* SPDX-License-Identifier: GPL-3.0-or-later */
/* report.html: what it holds, and what a browser makes of it. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/csv.h"
#include "test/spawn.h"
#include "test/suite.h"

#define SUMMARY_HEADER                                                                             \
    "experiment,platform,workload,engine,scheduler,rate_jobs_per_ms,noise,metric,n,mean,ci_low,"   \
    "ci_high,paired_ratio,paired_ci_low,paired_ci_high,wins,pairs\n"

static struct scratch scratch;

static void setup(void)
{
    scratch_init(&scratch);
    scratch_write_shelf(&scratch);
    scratch_write(&scratch, "race.yaml",
                  "name: race\nplatform: duo\nschedulers: [heft, random]\nreplicates: 2\n"
                  "workload: {apps: [pair, solo], jobs: 20, "
                  "arrivals: {kind: poisson, rate_jobs_per_ms: 60}}\n"
                  "engine: heap\ntrace: true\n");
}

static void teardown(void)
{
    scratch_finish(&scratch);
}

static struct spawned run(const char *arguments, int status)
{
    return spawn_expect(&scratch, arguments, status);
}

/* The page as it stands after its programs ran, NULL without a browser. The console stays silent.
 */
static const char *browse(const char *page, const char *fragment)
{
    if (system("command -v chromium >/dev/null") != 0) {
        printf("chromium is not installed: skipped\n");
        return NULL;
    }
    const char *command = arena_printf(
        scratch.arena,
        "cd '%s' && timeout 60 chromium --headless --no-sandbox --disable-gpu "
        "--disable-background-networking --no-first-run --user-data-dir='%s/browser' "
        "--window-size=1250,1000 --virtual-time-budget=5000 --enable-logging=stderr --dump-dom "
        "'file://%s/%s%s' >dom.html 2>console.txt",
        scratch.folder, scratch.folder, scratch.folder, page, fragment);
    ck_assert_int_eq(system(command), 0);
    const char *console = scratch_read(&scratch, "console.txt");
    ck_assert_msg(strstr(console, "CONSOLE") == NULL, "%s", console);
    return scratch_read(&scratch, "dom.html");
}

/* Start or finish of a task as the page drew it; NAN if it did not. */
static void find_rectangle(const char *list, const char *row, const char *job, const char *task,
                           double *start_us, double *finish_us)
{
    const char *key = arena_printf(scratch.arena, "\n%s,%s,%s,", row, job, task);
    const char *at = strstr(list, key);
    *start_us = *finish_us = NAN;
    if (at != NULL)
        sscanf(at + strlen(key), "%lf,%lf", start_us, finish_us);
}

START_TEST(a_run_writes_the_page_and_names_it)
{
    ck_assert_int_eq(suite_count(run("run race.yaml -o out", 0).out, "out/report.html"), 1);
    const char *page = scratch_read(&scratch, "out/report.html");
    ck_assert_ptr_nonnull(page);
    ck_assert_int_eq(suite_count(page, "http://") + suite_count(page, "https://") +
                         suite_count(page, " src=\"/"),
                     0);
    ck_assert_int_eq(suite_count(page, "data:image/png;base64,iVBORw0KGgo"),
                     scratch_has(&scratch, "out/plots/latency.png") +
                         scratch_has(&scratch, "out/plots/cdf.png") +
                         scratch_has(&scratch, "out/plots/utilization.png") +
                         scratch_has(&scratch, "out/plots/wins.png"));
    run("report out", 0);
    ck_assert_str_eq(scratch_read(&scratch, "out/report.html"), page);
}
END_TEST

/* Loop test: rows are PEs, then jobs. */
START_TEST(the_rectangles_are_the_tasks)
{
    run("run race.yaml -o out --quiet", 0);
    run("report out --trial 2", 0);
    const char *dom = browse("out/report.html", _i == 0 ? "#rectangles" : "#rectangles-by-job");
    if (dom == NULL)
        return;
    char *list = strstr(dom, "<pre id=\"rectangles\">");
    ck_assert_ptr_nonnull(list);
    list = arena_printf(scratch.arena, "\n%s", list + strlen("<pre id=\"rectangles\">"));
    *strstr(list, "</pre>") = '\0';

    struct fault fault = FAULT_NONE;
    struct csv_reader *csv = csv_open(scratch_path(&scratch, "out/tasks.csv"), &fault);
    ck_assert_ptr_nonnull(csv);
    int tasks = 0;
    while (csv_next(csv, &fault)) {
        double start_us, finish_us;
        if (strcmp(csv_cell(csv, csv_column(csv, "trial")), "2") != 0)
            continue;
        const char *job = csv_cell(csv, csv_column(csv, "job_id"));
        find_rectangle(list, _i == 0 ? csv_cell(csv, csv_column(csv, "pe")) : job, job,
                       csv_cell(csv, csv_column(csv, "task_id")), &start_us, &finish_us);
        ck_assert_double_eq_tol(start_us, atof(csv_cell(csv, csv_column(csv, "start_us"))), 1e-6);
        ck_assert_double_eq_tol(finish_us, atof(csv_cell(csv, csv_column(csv, "finish_us"))), 1e-6);
        tasks++;
    }
    csv_close(csv);
    ck_assert_int_gt(tasks, 20);
    ck_assert_int_eq(suite_count(list, "\n"), tasks + 1);
}
END_TEST

START_TEST(hostile_names_stay_text)
{
    const char *evil = "</script><script>document.title='taken'</script><!--";
    scratch_write(&scratch, "evil/summary.csv",
                  arena_printf(scratch.arena,
                               SUMMARY_HEADER
                               "e,p,\"w \"\"q\"\", \\\",heap,%s,1,none,mean_latency_us,2,1,1,1,"
                               ",,,,\n",
                               evil));
    run("report evil", 0);
    const char *page = scratch_read(&scratch, "evil/report.html");
    ck_assert_ptr_null(strstr(page, evil));
    ck_assert_int_eq(suite_count(page, "<script"), suite_count(page, "</script>"));
    const char *dom = browse("evil/report.html", "");
    if (dom == NULL)
        return;
    ck_assert_ptr_null(strstr(dom, "<title>taken"));
    assert_holds(dom, "&lt;/script&gt;&lt;script&gt;document.title");
    assert_holds(dom, "w \"q\", \\");
}
END_TEST

START_TEST(what_cannot_be_shown_is_a_fault_and_leaves_the_old_page)
{
    assert_holds(run("report nowhere", 1).err, "is this the folder of a run?");
    run("run race.yaml -o out --quiet", 0);
    const char *before = scratch_read(&scratch, "out/report.html");
    assert_holds(run("report out --trial 99", 1).err, "no task of trial 99");
    scratch_write(&scratch, "out/pes.csv", "trial,name\n0,a\n");
    assert_holds(run("report out", 1).err, "'pe' is missing");
    scratch_write(&scratch, "out/tasks.csv", "trial\nx\n");
    run("report out", 1);
    ck_assert_str_eq(scratch_read(&scratch, "out/report.html"), before);
    ck_assert(!scratch_has(&scratch, "out/report.html.part"));
    run("report", 2);
    run("report a b", 2);
    run("report out --trial x", 2);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("report");
    TCase *tcase = tcase_create("report");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 120);
    tcase_add_test(tcase, a_run_writes_the_page_and_names_it);
    tcase_add_loop_test(tcase, the_rectangles_are_the_tasks, 0, 2);
    tcase_add_test(tcase, hostile_names_stay_text);
    tcase_add_test(tcase, what_cannot_be_shown_is_a_fault_and_leaves_the_old_page);
    suite_add_tcase(suite, tcase);
    return suite;
}
