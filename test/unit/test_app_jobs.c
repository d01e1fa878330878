/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Apps made of apps: what the flat DAG looks like, and what cannot be one. */
#include <string.h>

#include "test/scratch.h"
#include "test/suite.h"
#include "workloads/app.h"

static struct scratch scratch;
static struct fault fault;
static struct app_set set;

/* fork: a -> b, a -> c, exits b and c. pair: d -> e, f alone; entries d and f. */
static void set_up(void)
{
    scratch_init(&scratch);
    fault = FAULT_NONE;
    set = (struct app_set){.count = -1};
    scratch_write(&scratch, "fork.yaml",
                  "format: 1\napp: fork\nsummary: one in, two out\nkinds: {work: {A: 3}}\n"
                  "tasks: [{name: a, kind: work}, {name: b, kind: work}, {name: c, kind: work}]\n"
                  "edges: [{from: a, to: b, bytes: 5}, {from: a, to: c, bytes: 7}]\n");
    scratch_write(&scratch, "pair.yaml",
                  "format: 1\napp: pair\nsummary: two in\nkinds: {work: {B: 4}, rest: {A: 1}}\n"
                  "tasks: [{name: d, kind: work}, {name: e, kind: rest}, {name: f, kind: work}]\n"
                  "edges: [{from: d, to: e, bytes: 9}]\n");
}

static void tear_down(void)
{
    scratch_finish(&scratch);
}

static bool try(const char *rest)
{
    const char *text =
        arena_printf(scratch.arena, "format: 1\napp: whole\nsummary: jobs\n%s", rest);
    return app_load(&set, scratch.arena, scratch_write(&scratch, "whole.yaml", text), &fault);
}

static const struct app *load(const char *rest)
{
    ck_assert_msg(try(rest), "%s: %s", fault.where, fault.what);
    ck_assert_int_eq(set.count, 1);
    return &set.apps[0];
}

static int32_t find(const struct app *app, const char *name)
{
    for (int32_t task = 0; task < app->task_count; task++)
        if (strcmp(app->tasks[task].name, name) == 0)
            return task;
    ck_abort_msg("no task %s", name);
    return -1;
}

/* Bytes of the edge between two tasks; -1 without one. */
static double bytes_of(const struct app *app, const char *from, const char *to)
{
    const struct app_task *task = &app->tasks[find(app, from)];
    for (int32_t i = 0; i < task->succ_count; i++)
        if (app->succs[task->first_succ + i].task == find(app, to))
            return app->bytes[app->succs[task->first_succ + i].edge];
    return -1;
}

START_TEST(exits_feed_entries_and_each_entry_gets_all_bytes)
{
    const struct app *app = load("jobs: [{name: one, app: fork}, {name: two, app: pair}]\n"
                                 "edges: [{from: one, to: two, bytes: 100}]\n");
    ck_assert_str_eq(app->name, "whole");
    ck_assert_int_eq(app->task_count, 6);
    ck_assert_int_eq(app->edge_count, 2 + 1 + 4);
    ck_assert_double_eq(bytes_of(app, "one/a", "one/b"), 5);
    ck_assert_double_eq(bytes_of(app, "one/a", "one/c"), 7);
    ck_assert_double_eq(bytes_of(app, "two/d", "two/e"), 9);
    ck_assert_double_eq(bytes_of(app, "one/b", "two/d"), 50);
    ck_assert_double_eq(bytes_of(app, "one/c", "two/d"), 50);
    ck_assert_double_eq(bytes_of(app, "one/b", "two/f"), 50);
    ck_assert_double_eq(bytes_of(app, "one/c", "two/f"), 50);
    ck_assert_double_eq(bytes_of(app, "one/b", "two/e"), -1);
    ck_assert_int_eq(app->tasks[find(app, "one/a")].line, 4);
    ck_assert_ptr_null(app->kernels);
    ck_assert_ptr_null(app->when);
}
END_TEST

START_TEST(kinds_of_one_name_in_two_apps_stay_apart)
{
    const struct app *app = load("jobs: [fork, pair, {name: again, app: fork}]\n");
    ck_assert_int_eq(app->kind_count, 3);
    ck_assert_int_eq(app->task_count, 9);
    ck_assert_int_eq(app->edge_count, 5);
    ck_assert_int_eq(app->tasks[find(app, "again/c")].kind, app->tasks[find(app, "fork/a")].kind);
    ck_assert_int_ne(app->tasks[find(app, "pair/d")].kind, app->tasks[find(app, "fork/a")].kind);
    ck_assert_str_eq(app->kinds[app->tasks[find(app, "pair/d")].kind].costs[0].pe_kind, "B");
    ck_assert_int_eq(set.part_file_count, 2);
    assert_holds(set.part_files[1], "pair.yaml");
}
END_TEST

START_TEST(a_part_may_be_made_of_parts)
{
    scratch_write(&scratch, "twice.yaml",
                  "format: 1\napp: twice\nsummary: two forks\n"
                  "jobs: [{name: l, app: fork}, {name: r, app: fork}]\n"
                  "edges: [{from: l, to: r, bytes: 6}]\n");
    const struct app *app = load("jobs: [twice, pair]\nedges: [{from: twice, to: pair}]\n");
    ck_assert_int_eq(app->task_count, 9);
    ck_assert_double_eq(bytes_of(app, "twice/l/b", "twice/r/a"), 3);
    ck_assert_double_eq(bytes_of(app, "twice/r/c", "pair/f"), 0);
    ck_assert_double_eq(bytes_of(app, "twice/l/c", "pair/f"), -1);
    ck_assert_int_eq(set.part_file_count, 3);
}
END_TEST

static const char branching[] =
    "format: 1\napp: gate\nsummary: a branch\nbatch: 4\n"
    "classes: {shares: [0.5, 0.5]}\nkinds: {k: {A: 1}}\n"
    "tasks: [{name: s, kind: k, branch_by_class: [[1, 0], [0.25, 0.75]]}, {name: x, kind: k},\n"
    "  {name: y, kind: k}]\n"
    "edges: [{from: s, to: x, when: 0}, {from: s, to: y, when: 1}]\n";

static const char plain[] =
    "format: 1\napp: plain\nsummary: a branch without classes\nbatch: 4\nkinds: {k: {A: 1}}\n"
    "tasks: [{name: s, kind: k, branch: [0.1, 0.9]}, {name: x, kind: k}, {name: y, kind: k}]\n"
    "edges: [{from: s, to: x, when: 0}, {from: s, to: y, when: 1}]\n";

START_TEST(branches_and_classes_come_along)
{
    scratch_write(&scratch, "gate.yaml", branching);
    scratch_write(&scratch, "plain.yaml", plain);
    const struct app *app = load("jobs: [plain, gate]\nedges: [{from: plain, to: gate}]\n");
    ck_assert_int_eq(app->batch, 4);
    ck_assert_int_eq(app->classes.count, 2);
    ck_assert_int_eq(app->branch_count, 2);
    ck_assert_int_eq(app->branches[0].task, find(app, "plain/s"));
    ck_assert_int_eq(app->branches[1].task, find(app, "gate/s"));
    for (int32_t class = 0; class < 2; class ++) /* the same for both classes */
        ck_assert_double_eq(app->branches[0].probabilities[2 * class + 1], 0.9);
    ck_assert_double_eq(app->branches[1].probabilities[3], 0.75);
    const struct app_task *last = &app->tasks[find(app, "gate/y")];
    ck_assert_int_eq(app->when[app->preds[last->first_pred].edge], 1);
    const struct app_task *next = &app->tasks[find(app, "gate/s")];
    ck_assert_int_eq(app->when[app->preds[next->first_pred].edge], -1);
}
END_TEST

START_TEST(a_batch_of_its_own_counts_for_all_parts)
{
    scratch_write(&scratch, "gate.yaml", branching);
    ck_assert_int_eq(load("batch: 9\njobs: [fork, gate]\n")->batch, 9);
}
END_TEST

static const struct {
    const char *text, *where, *what, *hint;
} refusals[] = {
    {"jobs: []\n", ":4:7", "no job at all", "add at least one"},
    {"jobs: [fork, {name: fork, app: pair}]\n", ":4:21", "two jobs are called 'fork'", "own name"},
    {"jobs: [fork, fork]\n", ":4:14", "two jobs are called 'fork'", "own name"},
    {"jobs: [frok]\n", ":4:8", "unknown app `frok`", "frok.yaml"},
    {"jobs: [{name: fork}]\n", ":4:8", "app", ""},
    {"jobs: [fork, pair]\nedges: [{from: fork, to: pai}]\n", ":5:26", "no job 'pai'", "'pair'"},
    {"jobs: [fork, pair]\nedges: [{from: fork, to: fork}]\n", ":5:9", "edge to itself", ""},
    {"jobs: [fork, pair]\nedges: [{from: fork, to: pair}, {from: fork, to: pair}]\n", ":5:33",
     "there twice", ""},
    {"jobs: [fork, pair]\nedges: [{from: fork, to: pair}, {from: pair, to: fork}]\n",
     ":5:", "cycle: ", "take out or turn"},
    {"jobs: [fork, pair]\nedges: [{from: fork, to: pair, when: 0}]\n", ":5:38",
     "have no alternatives", "remove"},
    {"jobs: [fork]\nkinds: {k: {A: 1}}\n", ":5:8", "kinds and jobs exclude", "keep one"},
    {"jobs: [fork]\ngenerate: {tasks: 3, base_us: 1, costs: {A: {}}}\n", ":4:7",
     "jobs and generate exclude", "keep one"},
    {"jobs: [many]\n", ":4:8", "set of 3 variants", "choose an app"},
    {"jobs: [fork, whole]\n", ":4:14", "part of itself: whole -> whole", "take out"},
    {"jobs: [around]\n", "around.yaml:4:8", "part of itself: whole -> around -> whole", "take out"},
    {"jobs: [fork, gate]\n", ":4:14", "another batch", "batch: NUMBER"},
    {"jobs: [gate, sort]\n", ":4:14", "two sorts of classes", "at most one"},
    {"jobs: [fork, broken]\n", "broken.yaml:4:", "kinds", ""},
};

START_TEST(what_cannot_be_one_app_is_refused_where_it_is_said)
{
    scratch_write(&scratch, "gate.yaml", branching);
    scratch_write(
        &scratch, "sort.yaml",
        "format: 1\napp: sort\nsummary: classes too\nbatch: 4\n"
        "classes: {shares: [0.1, 0.9]}\nkinds: {k: {A: 1}}\ntasks: [{name: s, kind: k}]\n");
    scratch_write(&scratch, "many.yaml",
                  "format: 1\napp: many\nsummary: variants\n"
                  "generate: {variants: 3, tasks: 5, base_us: 10, costs: {A: {}}}\n");
    scratch_write(&scratch, "around.yaml",
                  "format: 1\napp: around\nsummary: the other way\njobs: [whole]\n");
    scratch_write(&scratch, "broken.yaml",
                  "format: 1\napp: broken\nsummary: no app\nkinds: 7\ntasks: [a]\n");
    ck_assert(!try(refusals[_i].text));
    assert_holds(fault.where, refusals[_i].where);
    assert_holds(fault.what, refusals[_i].what);
    assert_holds(fault.hint, refusals[_i].hint);
    ck_assert_int_eq(set.count, -1);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("app_jobs");
    TCase *test = tcase_create("app_jobs");
    tcase_add_checked_fixture(test, set_up, tear_down);
    tcase_add_test(test, exits_feed_entries_and_each_entry_gets_all_bytes);
    tcase_add_test(test, kinds_of_one_name_in_two_apps_stay_apart);
    tcase_add_test(test, a_part_may_be_made_of_parts);
    tcase_add_test(test, branches_and_classes_come_along);
    tcase_add_test(test, a_batch_of_its_own_counts_for_all_parts);
    tcase_add_loop_test(test, what_cannot_be_one_app_is_refused_where_it_is_said, 0,
                        sizeof refusals / sizeof *refusals);
    suite_add_tcase(suite, test);
    return suite;
}
