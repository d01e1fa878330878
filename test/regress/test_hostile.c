/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files that somebody else made (docs/security.md): they start no program, reach no other file, and
 * what they say stays text. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "test/spawn.h"
#include "test/suite.h"

#define RACE                                                                                       \
    "name: race\nplatform: duo\nschedulers: [heft, etf]\nengine: heap\ntrace: true\n"              \
    "workload: {apps: [pair], jobs: 5, arrivals: {kind: poisson, rate_jobs_per_ms: 5}}\n"

static struct scratch scratch;

static void setup(void)
{
    scratch_init(&scratch);
    scratch_write_shelf(&scratch);
    scratch_write(&scratch, "race.yaml", RACE);
}

static void teardown(void)
{
    scratch_finish(&scratch);
}

static struct spawned run(const char *arguments, int status)
{
    return spawn_expect(&scratch, arguments, status);
}

/* What a shell, gnuplot or a browser might take for more than text. */
static const char *const words[] = {
    "$(touch x)",
    "`touch x`",
    "'; !touch x; '",
    "\\\"; !touch x; \\\"",
    "; touch x",
    "| touch x",
    "../../x",
    "<script>alert(1)</script>",
    "=cmd|' /C x'!A0",
    "a,b",
    "%n%s",
    "x\\ny",
    "\\e[2J",
    "{/Symbol a}",
    "system('touch x')",
};

START_TEST(names_are_words_and_nothing_else)
{
    const char *word = words[_i];
    static const char *const places[] = {
        "name: \"%s\"\nplatform: duo\nschedulers: [heft]\nworkload: {apps: [pair], arrivals: "
        "single}\n",
        "name: race\nplatform: \"%s\"\nschedulers: [heft]\nworkload: {apps: [pair], arrivals: "
        "single}\n",
        "name: race\nplatform: duo\nschedulers: [\"%s\"]\nworkload: {apps: [pair], arrivals: "
        "single}\n",
        "name: race\nplatform: duo\nschedulers: [{name: heft, label: \"%s\"}]\nworkload: {apps: "
        "[pair], arrivals: single}\n",
        "name: race\nplatform: duo\nschedulers: [{name: neural, policy: \"%s\"}]\nworkload: {apps: "
        "[pair], arrivals: single}\n",
        "name: race\nplatform: duo\nschedulers: [heft]\nworkload: {apps: [\"%s\"], arrivals: "
        "single}\n",
        "name: race\nplatform: duo\nschedulers: [heft]\nnoise: [{name: \"%s\"}]\nworkload: {apps: "
        "[pair], arrivals: single}\n",
    };
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        const char *hole = strstr(places[i], "%s");
        scratch_write(&scratch, "odd.yaml",
                      arena_printf(scratch.arena, "%.*s%s%s", (int)(hole - places[i]), places[i],
                                   word, hole + 2));
        struct spawned spawned = run("run odd.yaml -o out", 1);
        ck_assert_msg(strncmp(spawned.err, "hetsoc: odd.yaml:", 17) == 0, "%s", spawned.err);
        ck_assert_ptr_null(strchr(spawned.err, '\x1b'));
        ck_assert(!scratch_has(&scratch, "out"));
    }
    ck_assert(!scratch_has(&scratch, "x"));
}
END_TEST

/* Puts a word in place of the name of a scheduler into the summary of a run. */
static void rename_scheduler(const char *word)
{
    const char *text = scratch_read(&scratch, "out/summary.csv");
    const char *more = "";
    for (const char *at; (at = strstr(text, ",heft,")) != NULL; text = at + 6)
        more = arena_printf(scratch.arena, "%s%.*s,\"%s\",", more, (int)(at - text), text, word);
    scratch_write(&scratch, "out/summary.csv", arena_printf(scratch.arena, "%s%s", more, text));
}

START_TEST(what_tables_of_others_say_starts_nothing)
{
    static const char *const cells[] = {"$(touch x)", "`touch x`", "'; !touch x; '",
                                        "\"\"; !touch x; \"\"", "%n%s"};
    run("run race.yaml -o out --quiet", 0);
    rename_scheduler(cells[_i]);
    run("report out", 0);
    ck_assert(!scratch_has(&scratch, "x"));
    ck_assert(!scratch_has(&scratch, "out/x"));
    ck_assert(!scratch_has(&scratch, "out/plots/x"));
}
END_TEST

START_TEST(links_in_a_folder_of_others_are_not_written_through)
{
    static const char *const links[] = {"report.html.part",   "summary.csv.part", "wins.csv.part",
                                        ".trials.csv.new",    ".jobs.csv.new",    ".tasks.csv.new",
                                        ".manifest.json.new", ".pes.csv.new",     "report.html",
                                        "summary.csv",        "trials.csv",       "manifest.json",
                                        "plots/latency.gp",   "plots/latency.png"};
    run("run race.yaml -o out --quiet", 0);
    const char *precious = scratch_write(&scratch, "precious", "kept");
    for (size_t i = 0; i < sizeof links / sizeof *links; i++) {
        const char *path = arena_printf(scratch.arena, "%s/out/%s", scratch.folder, links[i]);
        unlink(path);
        ck_assert_int_eq(symlink(precious, path), 0);
    }
    run("run race.yaml -o out --quiet", 0);
    run("report out", 0);
    ck_assert_str_eq(scratch_read(&scratch, "precious"), "kept");
    ck_assert_int_eq(unlink(scratch_path(&scratch, "page.new")), -1);
    ck_assert_int_eq(symlink(precious, scratch_path(&scratch, "page.new")), 0);
    run("run race.yaml -o new --quiet --record traces", 0);
    run("export --to svg traces/0 -o page", 0);
    ck_assert_str_eq(scratch_read(&scratch, "precious"), "kept");
}
END_TEST

START_TEST(imports_stay_in_their_folder)
{
    static const char *const names[] = {"..",      "../up", "/tmp/up", "a/../../up",
                                        ".hidden", "-o",    "a b;c",   "\\e[2J"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        scratch_write(&scratch, "flow.json",
                      arena_printf(scratch.arena,
                                   "{\"name\": \"%s\", \"schemaVersion\": \"1.4\", \"workflow\": "
                                   "{\"tasks\": [{\"name\": \"%s\", \"id\": \"%s\", "
                                   "\"runtimeInSeconds\": 1}]}}",
                                   names[i], names[i], names[i]));
        scratch_write(
            &scratch, "flow.dot",
            arena_printf(scratch.arena, "digraph \"%s\" { \"%s\" [us=3]; }", names[i], names[i]));
        spawn_hetsoc(&scratch, "import --from wfformat flow.json -o in/here --overwrite");
        run("import --from dot flow.dot -o in/here --overwrite", 0);
        ck_assert_int_eq(scratch_count(&scratch, "in"), 1);
        ck_assert_int_eq(scratch_count(&scratch, "in/here"), 1);
        run("validate in/here/flow.yaml", 0);
    }
}
END_TEST

START_TEST(a_trace_reaches_no_file_outside)
{
    static const char *const names[] = {"/etc/passwd", "../../race.yaml", "..", "a/../../race.yaml",
                                        "experiment.yaml/.."};
    run("run race.yaml -o out --quiet --record traces", 0);
    const char *manifest = scratch_read(&scratch, "traces/0/manifest.json");
    const char *old = strstr(manifest, "\"arrivals.csv\"");
    ck_assert_ptr_nonnull(old);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        scratch_write(&scratch, "traces/0/manifest.json",
                      arena_printf(scratch.arena, "%.*s\"%s\"%s", (int)(old - manifest), manifest,
                                   names[i], old + strlen("\"arrivals.csv\"")));
        struct spawned spawned = run("replay traces/0", 1);
        assert_holds(spawned.err, "leads out of the trace");
    }
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("hostile");
    TCase *tcase = tcase_create("hostile");
    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, names_are_words_and_nothing_else, 0, sizeof words / sizeof *words);
    tcase_add_loop_test(tcase, what_tables_of_others_say_starts_nothing, 0, 5);
    tcase_add_test(tcase, links_in_a_folder_of_others_are_not_written_through);
    tcase_add_test(tcase, imports_stay_in_their_folder);
    tcase_add_test(tcase, a_trace_reaches_no_file_outside);
    suite_add_tcase(suite, tcase);
    return suite;
}
