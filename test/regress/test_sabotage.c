/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every sort of call that can fail is made to fail, one after the other (test/saboteur.c): hetsoc
 * says so, leaves nothing half-written, and the same command again makes good. HETSOC_LONG=1 tries
 * the first two calls that the same functions lead to, which are all there are but for loops;
 * otherwise a few of each sort. */
#include <errno.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/csv.h"
#include "base/folder.h"
#include "test/spawn.h"
#include "test/suite.h"

/* Something that hetsoc does: it makes the folder or file `out` of what `prepare` (may be NULL)
 * has made. */
static const struct raid {
    const char *name, *prepare, *arguments;
    const char *again; /* added when it is done over */
} raids[] = {
    {"run", NULL, "run race.yaml -o out -j 1 --quiet", ""},
    {"record", NULL, "run race.yaml -o out -j 2 --quiet --engine heap --record out/traces", ""},
    {"train", NULL, "train tiny.yaml -o out -j 2 --quiet", " --resume"},
    {"replay", "run race.yaml -o ran --quiet --record traces", "replay traces/0 -o out --quiet",
     ""},
    {"export", "run race.yaml -o ran --quiet --record traces",
     "export --to perfetto traces/1 -o out", ""},
    {"import", NULL, "import --from dot flow.dot -o out --quiet --overwrite", ""},
    {"merge", "run race.yaml -o ran --quiet", "merge ran -o out --quiet", ""},
};

/* Those of test/saboteur.c. */
static const char *const sorts[] = {"alloc", "open",    "full",  "torn", "close",
                                    "name",  "process", "write", "sql"};

enum {
    RAID_COUNT = sizeof raids / sizeof *raids,
    SORT_COUNT = sizeof sorts / sizeof *sorts,
    TRIES = 3,   /* of a sort, if not all */
    ONWARDS = 3, /* every so many of all tries is made again with all later calls failing, too */
};

static struct scratch scratch;

static void setup(void)
{
    /* Processes that lose their parent become ours: another reaper may be slow, or not there. */
    ck_assert_int_eq(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    scratch_init(&scratch);
    scratch_write_shelf(&scratch);
    scratch_write(&scratch, "race.yaml",
                  "name: race\nplatform: duo\nschedulers: [heft, etf]\nreplicates: 2\n"
                  "noise: [{name: ln, exec: {dist: lognormal, sigma: 0.3}}]\n"
                  "workload: {apps: [pair], jobs: 5, "
                  "arrivals: {kind: poisson, rate_jobs_per_ms: 20}}\ntrace: true\n");
    scratch_write(&scratch, "tiny.yaml",
                  "name: tiny\nplatform: study3\nworkload: {apps: [study_top], jobs: 12, "
                  "arrivals: {kind: poisson, mean_interarrival_us: 400}}\n"
                  "schedulers: [heft, heft_rt]\nengine: heap\n"
                  "train: {iterations: 2, rollouts: 2, jobs: 12, warm_start: {iterations: 1}, "
                  "validation: {runs: 2, every: 1, jobs: 12}}\n");
    scratch_write(&scratch, "flow.dot", "digraph flow { a [us=3]; b [us=4]; a -> b [bytes=5]; }\n");
    setenv("PATH", scratch_path(&scratch, "no-gnuplot"), 1); /* which takes longer than the rest */
}

static void teardown(void)
{
    scratch_finish(&scratch);
}

/* ---- runs that are spoiled ---- */

/* Fails if anything of the process group of a run outlives it for long. */
static void assert_no_process_is_left(pid_t group, const char *plan)
{
    for (int i = 0; kill(-group, 0) == 0 || errno != ESRCH; i++) {
        while (waitpid(-group, NULL, WNOHANG) > 0)
            ;
        ck_assert_msg(i < 5000, "%s: a process is left", plan);
        usleep(1000);
    }
}

static const char *saboteur(void)
{
    const char *path = getenv("HETSOC_SABOTEUR");
    ck_assert_msg(path != NULL, "HETSOC_SABOTEUR is not set; run by meson test");
    return path;
}

/* Runs hetsoc while the n-th call of a sort fails; `log` becomes what the saboteur says. */
static struct spawned run_spoiled(const char *arguments, const char *plan, const char **log)
{
    unlink(scratch_path(&scratch, "log"));
    setenv("LD_PRELOAD", saboteur(), 1);
    setenv("SABOTEUR", plan, 1);
    setenv("SABOTEUR_LOG", scratch_path(&scratch, "log"), 1);
    if (getenv("HETSOC_LONG") != NULL)
        setenv("SABOTEUR_TIMES", "2", 1);
    pid_t pid = spawn_start(&scratch, arguments);
    unsetenv("LD_PRELOAD");
    struct spawned spawned = spawn_wait(&scratch, pid);
    assert_no_process_is_left(pid, plan);
    *log = scratch_read(&scratch, "log");
    return spawned;
}

static void remove_out(void)
{
    struct fault fault = FAULT_NONE;
    ck_assert_msg(folder_remove(scratch_path(&scratch, "out"), &fault), "%s", fault.what);
}

static const char *ending_of(const char *path)
{
    const char *dot = strrchr(path, '.');
    return dot == NULL || strchr(dot, '/') != NULL ? "" : dot;
}

/* ---- what a run leaves ---- */

/* Files on their way have a name of their own, which no one reads. */
static bool is_aside(const char *path)
{
    static const char *const endings[] = {".part", ".new", ".old"};
    bool is = strstr(path, "/.") != NULL;
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
        is = is || strcmp(ending_of(path), endings[i]) == 0;
    return is;
}

static const char *last_line(const char *text)
{
    const char *end = text + strlen(text);
    if (end > text)
        end--;
    while (end > text && end[-1] != '\n')
        end--;
    return end;
}

/* A CSV file is whole if its rows are; others, if they end as they should. */
static int check_whole(const char *path, const struct stat *status, int type, struct FTW *walk)
{
    (void)status;
    (void)walk;
    const char *name = path + strlen(scratch.folder) + 1, *ending = ending_of(path);
    if (type != FTW_F || is_aside(path) || strncmp(ending, ".db", 3) == 0)
        return 0;
    const char *text = scratch_read(&scratch, name);
    const char *should =
        scratch_read(&scratch, arena_printf(scratch.arena, "reference%s", name + strlen("out")));
    ck_assert_msg(should != NULL, "%s should not be there", name);
    if (strcmp(ending, ".csv") != 0) {
        ck_assert_msg(strcmp(last_line(text), last_line(should)) == 0, "%s is cut:\n%s", name,
                      last_line(text));
        return 0;
    }
    struct fault fault = FAULT_NONE;
    struct csv_reader *csv = csv_open(path, &fault);
    while (csv != NULL && csv_next(csv, &fault))
        ;
    csv_close(csv);
    ck_assert_msg(!fault_is_set(&fault) && text[strlen(text) - 1] == '\n', "%s is cut: %s", name,
                  fault.what);
    return 0;
}

/* Compares a file that is the same in every run with what it should be; pictures may be missing. */
static int check_same(const char *path, const struct stat *status, int type, struct FTW *walk)
{
    (void)status;
    (void)walk;
    static const char *const volatile_names[] = {"manifest.json", "report.html", "train.csv",
                                                 "state.safetensors"};
    const char *name = path + strlen(scratch.folder) + strlen("/reference");
    const char *base = strrchr(path, '/') + 1;
    if (type != FTW_F || strncmp(ending_of(path), ".db", 3) == 0 || strstr(path, "/plots/") != NULL)
        return 0;
    const char *should = scratch_read(&scratch, arena_printf(scratch.arena, "reference%s", name));
    const char *text = scratch_read(&scratch, arena_printf(scratch.arena, "out%s", name));
    ck_assert_msg(text != NULL, "out%s is missing", name);
    for (size_t i = 0; i < sizeof volatile_names / sizeof *volatile_names; i++)
        if (strcmp(base, volatile_names[i]) == 0)
            return 0;
    if (strcmp(base, "trials.csv") == 0) {
        text = spawn_stable(&scratch, text);
        should = spawn_stable(&scratch, should);
    }
    ck_assert_msg(strcmp(text, should) == 0, "out%s differs:\n%s\nshould be\n%s", name, text,
                  should);
    return 0;
}

/* What was on its way has been taken away; SQLite takes care of its own. */
static int check_tidy(const char *path, const struct stat *status, int type, struct FTW *walk)
{
    (void)status;
    (void)walk;
    ck_assert_msg(type != FTW_F || !is_aside(path), "%s is left", path);
    return 0;
}

static void walk(const char *name,
                 int (*check)(const char *, const struct stat *, int, struct FTW *))
{
    nftw(scratch_path(&scratch, name), check, 16, FTW_PHYS);
}

static bool names_what_failed(const char *text, const char *sort)
{
    static const char *const words[] = {"cannot ",   "unable to ", "disk ",      "database ",
                                        "readonly ", "has died",   "ended with", "out of memory"};
    bool names = false;
    if (strcmp(sort, "alloc") == 0)
        return strstr(text, "memory") != NULL;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        names = names || strstr(text, words[i]) != NULL;
    return names;
}

/* Has the n-th call fail and looks at what that does. */
static void spoil(const struct raid *raid, const char *sort, long n, const char *goes_on)
{
    const char *plan = arena_printf(scratch.arena, "%s:%ld%s", sort, n, goes_on), *log;
    remove_out();
    struct spawned spawned = run_spoiled(raid->arguments, plan, &log);
    ck_assert_msg(spawned.status == 0 || spawned.status == 1 || spawned.status == MEMORY_EXHAUSTED,
                  "%s, %s: ended with %d\n%s\n%s", raid->arguments, plan, spawned.status, log,
                  spawned.err);
    ck_assert_msg(strstr(spawned.err, "by signal") == NULL, "%s, %s:\n%s\n%s", raid->arguments,
                  plan, log, spawned.err);
    walk("out", check_whole);
    if (spawned.status != 0) {
        ck_assert_msg(names_what_failed(spawned.err, sort), "%s, %s: not told\n%s\n%s",
                      raid->arguments, plan, log, spawned.err);
        const char *again = arena_printf(scratch.arena, "%s%s", raid->arguments, raid->again);
        spawned = spawn_hetsoc(&scratch, again);
        ck_assert_msg(spawned.status == 0, "%s after %s: %d\n%s", again, plan, spawned.status,
                      spawned.err);
    }
    walk("reference", check_same);
    walk("out", check_tidy);
}

START_TEST(what_fails_is_told_and_leaves_nothing_half_written)
{
    if (*saboteur() == '\0') {
        puts("skipped: a sanitizer has the place of the saboteur");
        return;
    }
    const struct raid *raid = &raids[_i / SORT_COUNT];
    const char *sort = sorts[_i % SORT_COUNT], *log;
    if (raid->prepare != NULL)
        spawn_expect(&scratch, raid->prepare, 0);
    struct spawned spawned =
        run_spoiled(raid->arguments, arena_printf(scratch.arena, "%s:0", sort), &log);
    ck_assert_msg(spawned.status == 0, "%s", spawned.err);
    ck_assert(rename(scratch_path(&scratch, "out"), scratch_path(&scratch, "reference")) == 0);
    long calls = strtol(log + strlen("calls "), NULL, 10);
    long tries = getenv("HETSOC_LONG") != NULL || calls < TRIES ? calls : TRIES;
    for (long i = 0; i < tries; i++) {
        long n = 1 + (2 * i + 1) * calls / (2 * tries);
        spoil(raid, sort, n, "");
        if (i % ONWARDS == 0)
            spoil(raid, sort, n, "+");
    }
}
END_TEST

START_TEST(what_cannot_be_printed_is_a_fault)
{
    const char *line = arena_printf(scratch.arena, "'%s' list schedulers >/dev/full 2>'%s'",
                                    getenv("HETSOC_BINARY"), scratch_path(&scratch, "said"));
    int status = system(line);
    ck_assert_int_eq(WEXITSTATUS(status), 1);
    assert_holds(scratch_read(&scratch, "said"), "cannot write all");
}
END_TEST

START_TEST(a_reader_that_leaves_is_no_fault)
{
    const char *line =
        arena_printf(scratch.arena, "cd '%s' && '%s' run race.yaml -o out -j 1 2>said | true",
                     scratch.folder, getenv("HETSOC_BINARY"));
    ck_assert_int_eq(system(line), 0);
    ck_assert_ptr_null(strstr(scratch_read(&scratch, "said"), "cannot write"));
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("sabotage");
    TCase *tcase;
    for (int raid = 0; raid < RAID_COUNT; raid++) {
        tcase = tcase_create(raids[raid].name);
        tcase_set_timeout(tcase, getenv("HETSOC_LONG") != NULL ? 1200 : 120);
        tcase_add_checked_fixture(tcase, setup, teardown);
        tcase_add_loop_test(tcase, what_fails_is_told_and_leaves_nothing_half_written,
                            raid * SORT_COUNT, (raid + 1) * SORT_COUNT);
        suite_add_tcase(suite, tcase);
    }
    tcase = tcase_create("list");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, what_cannot_be_printed_is_a_fault);
    tcase_add_test(tcase, a_reader_that_leaves_is_no_fault);
    suite_add_tcase(suite, tcase);
    return suite;
}
