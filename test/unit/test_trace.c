/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "base/tick.h"
#include "base/writing.h"
#include "test/scratch.h"
#include "test/suite.h"
#include "traces/export.h"

static struct scratch scratch;
static struct fault fault;

/* PEs a_0, a_1 of kind A, b_2 of kind B; apps pair (first -> second) and solo (only). */
static void set_up(void)
{
    scratch_init(&scratch);
    scratch_write_shelf(&scratch);
    fault = FAULT_NONE;
    scratch_write(&scratch, "manifest.json",
                  "{\"format\": 1, \"trace\": \"small\", \"trial\": 3, \"scheduler\": \"heft\",\n"
                  " \"engine\": \"heap\", \"end_us\": 30.000000, \"platform\": \"duo.yaml\",\n"
                  " \"apps\": [\"pair.yaml\", \"solo.yaml\"],\n"
                  " \"files\": [{\"category\": \"arrivals\", \"file\": \"arrivals.csv\"},\n"
                  "  {\"category\": \"tasks\", \"file\": \"tasks.csv\", \"rows\": 3},\n"
                  "  {\"category\": \"routes\", \"file\": \"routes.csv\"},\n"
                  "  {\"category\": \"factors\", \"file\": \"factors.csv\"},\n"
                  "  {\"category\": \"tables\", \"file\": \"tables.csv\"},\n"
                  "  {\"category\": \"decisions\", \"file\": \"decisions.csv\"},\n"
                  "  {\"category\": \"plans\", \"file\": \"plans.csv\"},\n"
                  "  {\"category\": \"transfers\", \"file\": \"transfers.csv\"},\n"
                  "  {\"category\": \"jobs\", \"file\": \"jobs.csv\"},\n"
                  "  {\"category\": \"points\", \"file\": \"points.csv\"},\n"
                  "  {\"category\": \"failures\", \"file\": \"failures.csv\"},\n"
                  "  {\"category\": \"episodes\", \"file\": \"episodes.csv\"}]}\n");
    scratch_write(&scratch, "arrivals.csv",
                  "job_id,arrival_us,app\n0,0.000000,pair\n1,2.000001,solo\n");
    scratch_write(&scratch, "tasks.csv",
                  "job_id,task,pe,status,ready_us,assigned_us,data_us,start_us,finish_us,"
                  "exec_est_us,load_us,samples,attempt\n"
                  "0,first,a_0,done,0,0,0,1,11.5,10,0.5,1,1\n"
                  "1,only,a_1,done,2,2,2,9,12,3,0,1,1\n"
                  "0,second,,skipped,,,,,13,,,0,1\n");
}

static void tear_down(void)
{
    scratch_finish(&scratch);
}

static struct trace *open_it(void)
{
    fault = FAULT_NONE;
    return trace_open(scratch.folder, &fault);
}

/* Whether a category whose file has this text can be read to its end. */
static bool can_read(enum trace_category category, const char *text)
{
    const char *name = trace_category_name(category);
    scratch_write(&scratch, arena_printf(scratch.arena, "%s.csv", name), text);
    struct trace *trace = open_it();
    bool ok = trace != NULL && trace_check(trace, category, &fault);
    trace_close(trace);
    return ok;
}

/* The fault is at `where` (a suffix of file:line:column) and says `what`. */
static void expect_fault(const char *where, const char *what)
{
    size_t length = strlen(fault.where), end = strlen(where);
    ck_assert_msg(fault_is_set(&fault), "no fault, but `%s` was to be refused", what);
    ck_assert_msg(length >= end && strcmp(fault.where + length - end, where) == 0,
                  "%s: %s, but it was to be %s", fault.where, fault.what, where);
    assert_holds(fault.what, what);
}

START_TEST(a_trace_says_what_its_numbers_mean)
{
    struct trace *trace = open_it();
    ck_assert_msg(trace != NULL, "%s: %s", fault.where, fault.what);
    ck_assert_str_eq(trace->manifest.scheduler, "heft");
    ck_assert_int_eq(trace->manifest.trial, 3);
    ck_assert_int_eq(trace->manifest.until_ps, TICK_NEVER);
    ck_assert_int_eq(trace->soc->pe_count, 3);
    ck_assert_int_eq(trace->job_count, 2);
    ck_assert_int_eq(trace->arrivals[1].at_ps, 2000001);
    ck_assert_str_eq(trace->apps[trace->arrivals[1].app]->name, "solo");
    ck_assert(trace_has(trace, TRACE_TASKS));
    trace_close(trace);
}
END_TEST

START_TEST(folders_that_are_no_recorded_trace_are_told_apart)
{
    fault = FAULT_NONE;
    ck_assert_ptr_null(trace_open(scratch_path(&scratch, "nowhere"), &fault));
    ck_assert_str_eq(fault.where, scratch_path(&scratch, "nowhere"));
    ck_assert_str_eq(fault.what, "this is no recorded trace");
    assert_holds(fault.hint, "DIR/0");
    ck_assert_int_eq(unlink(scratch_path(&scratch, "manifest.json")), 0);
    ck_assert_ptr_null(open_it());
    ck_assert_str_eq(fault.what, "this is no recorded trace");
    assert_holds(fault.hint, "a measured trace is for `hetsoc replay`");
}
END_TEST

START_TEST(tasks_come_one_after_the_other)
{
    struct trace *trace = open_it();
    struct trace_reader *reader = trace_read(trace, TRACE_TASKS, &fault);
    struct trace_task row;
    ck_assert_msg(reader != NULL, "%s: %s", fault.where, fault.what);
    ck_assert(trace_next_task(reader, &row, &fault));
    ck_assert_int_eq(row.pe, 0);
    ck_assert_int_eq(row.kind, 0);
    ck_assert_int_eq(row.finish_ps, 11500000);
    ck_assert_int_eq(row.load_ps, 500000);
    ck_assert(trace_next_task(reader, &row, &fault));
    ck_assert_int_eq(row.job, 1);
    ck_assert_int_eq(row.start_ps, 9000000);
    ck_assert(trace_next_task(reader, &row, &fault));
    ck_assert(row.is_skipped);
    ck_assert_int_eq(row.pe, -1);
    ck_assert_int_eq(row.start_ps, TICK_NEVER);
    ck_assert(!trace_next_task(reader, &row, &fault));
    ck_assert(!fault_is_set(&fault));
    trace_reader_close(reader);
    trace_close(trace);
}
END_TEST

/* What the format makes of the trace. */
static const char *export_it(const struct export_kind *kind)
{
    struct writing writing;
    struct trace *trace = open_it();
    ck_assert_msg(trace != NULL, "%s: %s", fault.where, fault.what);
    writing_begin(&writing);
    ck_assert_msg(kind->write(trace, writing.stream, &fault), "%s: %s", fault.where, fault.what);
    trace_close(trace);
    return writing_keep(&writing, scratch.arena);
}

START_TEST(a_task_without_a_start_is_exported_without_a_duration)
{
    scratch_write(&scratch, "tasks.csv",
                  "job_id,task,pe,finish_us\n0,first,a_0,11.5\n1,only,a_1,12\n0,second,b_2,13\n");
    assert_holds(export_it(&export_to_csv), "\n3,0,0,first,a_0,,,,11.500000,,,,1,done,1,,\n");
}
END_TEST

START_TEST(links_that_are_down_are_no_pes)
{
    static const struct export_kind *const kinds[] = {&export_to_paje, &export_to_perfetto,
                                                      &export_to_svg};
    scratch_write(&scratch, "duo.yaml",
                  "format: 1\nplatform: duo\nsummary: three PEs\n"
                  "kinds:\n  A: {class: cpu}\n  B: {class: dsp}\n"
                  "clusters:\n  - {name: a, kind: A, count: 2}\n  - {name: b, kind: B}\n"
                  "interconnect:\n  kind: bus\n  bandwidth_bytes_per_us: 1\n");
    scratch_write(&scratch, "transfers.csv",
                  "job_id,from,task,from_pe,to_pe,bytes,start_us,end_us\n");
    scratch_write(&scratch, "jobs.csv", "job_id,app,arrival_us,start_us,finish_us,status\n");
    scratch_write(&scratch, "points.csv", "at_us,cluster,freq_mhz\n");
    scratch_write(&scratch, "episodes.csv", "pe,start_us,end_us,speed\n");
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        scratch_write(&scratch, "failures.csv", "pe,start_us,end_us,link\n");
        const char *whole = export_it(kinds[k]);
        scratch_write(&scratch, "failures.csv", "pe,start_us,end_us,link\n,1,2,bus\n,3,4,bus\n");
        ck_assert_str_eq(export_it(kinds[k]), whole);
        scratch_write(&scratch, "failures.csv", "pe,start_us,end_us,link\nb_2,1,2,\n,3,4,bus\n");
        ck_assert_str_ne(export_it(kinds[k]), whole);
    }
}
END_TEST

START_TEST(a_measured_trace_needs_kind_start_and_duration)
{
    scratch_write(&scratch, "arrivals.csv", "arrival_us,app\n0,pair\n");
    scratch_write(&scratch, "tasks.csv",
                  "job_id,task,pe_kind,start_us,exec_us\n0,second,B,20,4.5\n0,first,A,0,12\n");
    const char *const apps[] = {scratch_path(&scratch, "pair.yaml")};
    struct trace *trace =
        trace_open_measured(scratch.folder, scratch_path(&scratch, "duo.yaml"), apps, 1, &fault);
    ck_assert_msg(trace != NULL, "%s: %s", fault.where, fault.what);
    struct trace_reader *reader = trace_read(trace, TRACE_TASKS, &fault);
    struct trace_task row;
    ck_assert_msg(trace_next_task(reader, &row, &fault), "%s: %s", fault.where, fault.what);
    ck_assert_int_eq(row.pe, -1);
    ck_assert_int_eq(row.kind, 1);
    ck_assert_int_eq(row.finish_ps, 24500000);
    ck_assert_int_eq(row.ready_ps, TICK_NEVER);
    ck_assert(trace_next_task(reader, &row, &fault)); /* in any order */
    trace_reader_close(reader);
    trace_close(trace);
}
END_TEST

START_TEST(every_category_can_be_read)
{
    static const struct {
        enum trace_category category;
        const char *text;
    } cases[] = {
        {TRACE_FACTORS, "job_id,task,factor\n0,first,1.25\n1,only,0\n"},
        {TRACE_FACTORS, "job_id,task,factor,from\n0,first,1.25,\n0,second,2,first\n"},
        {TRACE_TABLES, "task_kind,pe_kind,factor\nwork,A,1.25\n"},
        {TRACE_POINTS, "at_us,cluster,freq_mhz\n0,a,1400\n0,b,800\n20,a,1200.5\n"},
        {TRACE_FAILURES, "pe,start_us,end_us\na_0,0,2\na_0,3,\nb_2,1,2\n"},
        {TRACE_FAILURES, "pe,start_us,end_us,link\na_0,0,2,\na_0,3,,\nb_2,1,2,\n"},
        {TRACE_ROUTES, "job_id,task,from,samples,live\n0,first,,2,2\n0,second,first,1,2\n"},
        {TRACE_EPISODES, "pe,start_us,end_us,speed\na_0,1,2,0.5\na_0,2,,0.25\nb_2,0,1,0.5\n"},
        {TRACE_DECISIONS, "at_us,epoch,job_id,task,pe\n0,0,0,first,a_0\n"},
        {TRACE_PLANS, "at_us,epoch,job_id,task,pe\n0,0,0,first,a_0\n"},
        {TRACE_TRANSFERS, "job_id,from,task,from_pe,to_pe,bytes,start_us,end_us\n"
                          "0,first,second,a_0,b_2,2,10,12\n"},
        {TRACE_JOBS, "job_id,app,arrival_us,start_us,finish_us,status\n"
                     "1,solo,2.000001,3,6,done\n"},
        /* what is late was seen 1 us later, as DS3 does */
        {TRACE_JOBS, "job_id,app,arrival_us,start_us,finish_us,status\n"
                     "0,pair,0,3,6.5,done\n1,solo,2.000001,3,5.75,done\n"},
        {TRACE_TASKS, "job_id,task,pe,status,start_us,finish_us\n0,first,a_0,done,1,8.5\n"
                      "1,only,a_1,done,7,7.5\n0,second,b_2,done,8.5,10\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ck_assert_msg(can_read(cases[i].category, cases[i].text), "%s: %s", fault.where,
                      fault.what);
}
END_TEST

START_TEST(rows_that_cannot_be_are_refused_at_their_cell)
{
    static const struct {
        enum trace_category category;
        const char *text, *where, *what;
    } cases[] = {
        {TRACE_ARRIVALS, "job_id,arrival_us,app\n0,1,pair\n0,2,pair\n", ".csv:3:1", "not the num"},
        {TRACE_ARRIVALS, "arrival_us,app\n5,pair\n4,pair\n", ".csv:3:1", "earlier than the row"},
        {TRACE_ARRIVALS, "arrival_us,app\n-1,pair\n", ".csv:2:1", "not a date"},
        {TRACE_ARRIVALS, "arrival_us,app\n1e30,pair\n", ".csv:2:1", "not a date"},
        {TRACE_ARRIVALS, "arrival_us,app\n1,part\n", ".csv:2:3", "no app: 'part'"},
        {TRACE_ARRIVALS, "arrival_us\n1\n", "arrivals.csv", "column `app` is missing"},
        {TRACE_ARRIVALS, "", "arrivals.csv", "empty"},
        {TRACE_FACTORS, "job_id,task,factor\n2,only,1\n", ".csv:2:1", "out of range: '2'"},
        {TRACE_FACTORS, "job_id,task,factor\n1,first,1\n", ".csv:2:3", "no task: 'first'"},
        {TRACE_FACTORS, "job_id,task,factor\n1,only,nan\n", ".csv:2:8", "not a number"},
        {TRACE_FACTORS, "job_id,task,factor\n1,only,-0.5\n", ".csv:2:8", "negative"},
        {TRACE_FACTORS, "job_id,task,factor\n1,only\n", ".csv:2:1", "2 cells"},
        {TRACE_FACTORS, "job_id,task,factor,from\n0,second,1,frist\n", ":2:12", "no task: 'frist'"},
        {TRACE_FAILURES, "pe,start_us,end_us\na_0,1,3\na_0,2,4\n", ":3:5", "earlier"},
        {TRACE_FAILURES, "pe,start_us,end_us\na_0,1,3\na_0,3,4\n", ":3:5",
         "it was not up in between"},
        {TRACE_FAILURES, "pe,start_us,end_us\na_0,1,\na_0,3,4\n", ":3:5", "earlier"},
        {TRACE_FAILURES, "pe,start_us,end_us\nb_2,1,3\na_0,1,3\n", ":3:1", "order"},
        {TRACE_FAILURES, "pe,start_us,end_us\na_0,3,3\n", ":2:7", "too early"},
        {TRACE_FAILURES, "pe,start_us,end_us\na_9,3,4\n", ":2:1", "no PE: 'a_9'"},
        {TRACE_FAILURES, "pe,start_us,end_us,link\na_0,3,4,bus\n", ":2:9", "a PE or a link"},
        {TRACE_FAILURES, "pe,start_us,end_us,link\n,3,4,bus\n", ":2:6", "no link: 'bus'"},
        {TRACE_TABLES, "task_kind,pe_kind,factor\nlast,A,1\n", ".csv:2:1", "of the kind: 'last'"},
        {TRACE_TABLES, "task_kind,pe_kind,factor\nwork,Z,1\n", ".csv:2:6", "no PE kind: 'Z'"},
        {TRACE_TABLES, "task_kind,pe_kind,factor\nwork,A,-1\n", ".csv:2:8", "negative"},
        {TRACE_EPISODES, "pe,start_us,end_us,speed\na_0,1,3,.5\na_0,2,4,.5\n", ":3:5", "earlier"},
        {TRACE_EPISODES, "pe,start_us,end_us,speed\nb_2,1,3,.5\na_0,1,3,.5\n", ":3:1", "order"},
        {TRACE_EPISODES, "pe,start_us,end_us,speed\na_0,3,3,.5\n", ":2:7", "too early"},
        {TRACE_EPISODES, "pe,start_us,end_us,speed\na_0,3,4,0\n", ":2:9", "not above 0"},
        {TRACE_EPISODES, "pe,start_us,end_us,speed\na_9,3,4,1\n", ":2:1", "no PE: 'a_9'"},
        {TRACE_POINTS, "at_us,cluster,freq_mhz\n2,a,9\n1,a,8\n", ":3:1", "earlier"},
        {TRACE_POINTS, "at_us,cluster,freq_mhz\n2,c,9\n", ":2:3", "no cluster: 'c'"},
        {TRACE_POINTS, "at_us,cluster,freq_mhz\n2,a,0\n", ":2:5", "stands still"},
        {TRACE_ROUTES, "job_id,task,from,samples,live\n0,second,first,3,2\n", ":2:18", "range"},
        {TRACE_TRANSFERS,
         "job_id,from,task,from_pe,to_pe,bytes,start_us,end_us\n0,first,second,a_0,b_2,2,10,9\n",
         ":2:29", "ends before it starts"},
        {TRACE_JOBS, "job_id,app,arrival_us,start_us,finish_us,status\n1,pair,2,3,6,done\n", ":2:3",
         "not the app of this job"},
        {TRACE_TASKS, "job_id,task,pe\n0,first,a_0\n", "tasks.csv", "`finish_us` or `exec_us`"},
        {TRACE_TASKS, "job_id,task,finish_us\n0,first,1\n", "tasks.csv", "`pe` or `pe_kind`"},
        {TRACE_TASKS, "job_id,task,pe,start_us,finish_us\n0,first,a_0,2,1\n", ":2:15",
         "ends before"},
        {TRACE_TASKS, "job_id,task,pe,finish_us\n0,first,,1\n", ":2:9", "no PE"},
        {TRACE_JOBS,
         "job_id,app,arrival_us,start_us,finish_us,status\n"
         "0,pair,0,3,7,done\n1,solo,2.000001,3,5.75,done\n",
         ":3:19", "earlier"},
        {TRACE_TASKS, "job_id,task,pe,finish_us\n0,first,a_0,9\n1,only,a_1,7.999999\n", ":3:12",
         "earlier"},
        {TRACE_TASKS, "job_id,task,pe,finish_us\n0,first,a_0,1\n", "tasks.csv",
         "1 rows, but 3 were recorded"},
        {TRACE_TASKS,
         "job_id,task,pe,finish_us\n0,first,a_0,1\n0,first,a_0,1\n0,first,a_0,1\n0,first,a_0,1\n",
         "tasks.csv:5:1", "goes on after the 3 rows"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        tear_down();
        set_up();
        ck_assert(!can_read(cases[i].category, cases[i].text));
        expect_fault(cases[i].where, cases[i].what);
    }
}
END_TEST

/* Replaces `old` in manifest.json and opens the trace. */
static void open_changed(const char *old, const char *new)
{
    const char *text = scratch_read(&scratch, "manifest.json");
    const char *at = strstr(text, old);
    ck_assert_msg(at != NULL, "no %s", old);
    scratch_write(
        &scratch, "manifest.json",
        arena_printf(scratch.arena, "%.*s%s%s", (int)(at - text), text, new, at + strlen(old)));
    struct trace *trace = open_it();
    ck_assert_msg(trace == NULL, "`%s` was taken", new);
}

START_TEST(manifests_that_cannot_be_are_refused)
{
    static const struct {
        const char *old, *new, *where, *what;
    } cases[] = {
        {"\"format\": 1", "\"format\": 2", "manifest.json:1:12", "format"},
        {"\"trial\": 3", "\"trial\": -3", "manifest.json:1:42", "trial"},
        {"\"trial\": 3", "\"trail\": 3", "manifest.json:1:33", "trail"},
        {"\"duo.yaml\"", "\"../duo.yaml\"", "manifest.json:2:53", "leads out"},
        {"\"pair.yaml\"", "\"/etc/passwd\"", "manifest.json:3:11", "leads out"},
        {"\"pair.yaml\"", "\"a/../../x\"", "manifest.json:3:11", "leads out"},
        {"\"pair.yaml\"", "\"solo.yaml\"", "", "two apps are called `solo`"},
        {"\"rows\": 3", "\"crc32\": \"12\"", "manifest.json:5:55", "hexadecimal"},
        {"\"rows\": 3", "\"rows\": \"x\"", "manifest.json:5:54", "rows"},
        {"\"routes\"", "\"tasks\"", "manifest.json:6:16", "listed twice"},
        {"\"routes\"", "\"roots\"", "manifest.json:6:16", "routes"},
        {"30.000000", "-1", "manifest.json:2:30", "microseconds"},
        {"30.000000", "30, \"from_us\": 2, \"until_us\": 2", "manifest.json:2:60", "empty"},
        {"{\"category\": \"arrivals\", \"file\": \"arrivals.csv\"},", "", "", "no arrivals"},
        {"]}", "]", "manifest.json", ""},
        {"\"format\": 1, \"trace\": \"small\"", "\"stop_reason\": \"completed\"", "manifest.json",
         "folder of a run"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        tear_down();
        set_up();
        open_changed(cases[i].old, cases[i].new);
        if (strcmp(cases[i].where, "manifest.json") == 0)
            assert_holds(fault.where, "manifest.json");
        else
            expect_fault(cases[i].where, cases[i].what);
    }
}
END_TEST

START_TEST(a_manifest_that_is_written_reads_back)
{
    struct trace_manifest manifest, again;
    ck_assert(trace_manifest_read(&manifest, scratch.arena, scratch.folder, &fault));
    manifest.experiment = "a-b.c";
    manifest.program = "hetsoc \"0\" \\ \n";
    manifest.until_ps = TICK_LIMIT - 1;
    manifest.files[TRACE_TASKS].crc32 = 0xFEDCBA98;
    ck_assert(trace_manifest_write(&manifest, scratch.folder, &fault));
    ck_assert_msg(trace_manifest_read(&again, scratch.arena, scratch.folder, &fault), "%s: %s",
                  fault.where, fault.what);
    ck_assert_str_eq(again.experiment, "a-b.c");
    ck_assert_str_eq(again.program, manifest.program);
    ck_assert_int_eq(again.until_ps, TICK_LIMIT - 1);
    ck_assert_int_eq(again.end_ps, 30 * TICK_PER_US);
    ck_assert_int_eq(again.app_count, 2);
    for (int i = 0; i < TRACE_CATEGORIES; i++) {
        ck_assert_pstr_eq(again.files[i].name, manifest.files[i].name);
        ck_assert_int_eq(again.files[i].rows, manifest.files[i].rows);
        ck_assert_int_eq(again.files[i].crc32, manifest.files[i].crc32);
    }
}
END_TEST

START_TEST(a_flipped_bit_that_still_reads_is_found_by_the_checksum)
{
    struct trace_manifest manifest;
    ck_assert(trace_manifest_read(&manifest, scratch.arena, scratch.folder, &fault));
    manifest.files[TRACE_FACTORS].crc32 = 0xA8EE0F6C;
    ck_assert(trace_manifest_write(&manifest, scratch.folder, &fault));
    ck_assert_msg(can_read(TRACE_FACTORS, "job_id,task,factor\n0,first,1.25\n"), "%s", fault.what);
    ck_assert(!can_read(TRACE_FACTORS, "job_id,task,factor\n0,first,1.35\n"));
    expect_fault("factors.csv", "not what was recorded");
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("trace");
    TCase *test = tcase_create("trace");
    tcase_add_checked_fixture(test, set_up, tear_down);
    tcase_add_test(test, a_trace_says_what_its_numbers_mean);
    tcase_add_test(test, folders_that_are_no_recorded_trace_are_told_apart);
    tcase_add_test(test, tasks_come_one_after_the_other);
    tcase_add_test(test, a_task_without_a_start_is_exported_without_a_duration);
    tcase_add_test(test, links_that_are_down_are_no_pes);
    tcase_add_test(test, a_measured_trace_needs_kind_start_and_duration);
    tcase_add_test(test, every_category_can_be_read);
    tcase_add_test(test, rows_that_cannot_be_are_refused_at_their_cell);
    tcase_add_test(test, manifests_that_cannot_be_are_refused);
    tcase_add_test(test, a_manifest_that_is_written_reads_back);
    tcase_add_test(test, a_flipped_bit_that_still_reads_is_found_by_the_checksum);
    suite_add_tcase(suite, test);
    return suite;
}
