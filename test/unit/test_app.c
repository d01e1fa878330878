/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "test/scratch.h"
#include "test/suite.h"
#include "workloads/app.h"

static struct scratch scratch;
static struct fault fault;
static struct app_set set;

static void setup(void)
{
    scratch_init(&scratch);
    fault = FAULT_NONE;
    set = (struct app_set){.count = -1};
}

static void teardown(void)
{
    scratch_finish(&scratch);
}

/* Loads text as the file "toy.yaml". */
static bool load(const char *text)
{
    const char *path = scratch_write(&scratch, "toy.yaml", text);
    return app_load(&set, scratch.arena, path, &fault);
}

#define HEAD  "format: 1\napp: toy\nsummary: a toy\n"
#define KINDS HEAD "kinds:\n  k: {A: 1}\n  other: {A: 2.5, B: 0}\n"
#define ABC   KINDS "tasks: [{name: a, kind: k}, {name: b, kind: k}, {name: c, kind: k}]\n"

START_TEST(an_app_has_the_tasks_kinds_and_edges_of_its_file)
{
    ck_assert_msg(load(KINDS "tasks:\n"
                             "  - {name: k}\n"
                             "  - other\n"
                             "  - {name: last, kind: k}\n"
                             "edges:\n"
                             "  - {from: other, to: last, bytes: 1.5e3}\n"
                             "  - {from: k, to: last}\n"),
                  "%s: %s", fault.where, fault.what);
    ck_assert_int_eq(set.count, 1);
    const struct app *app = &set.apps[0];
    ck_assert_str_eq(app->name, "toy");
    ck_assert_str_eq(app->summary, "a toy");
    ck_assert_int_eq(app->task_count, 3);
    ck_assert_int_eq(app->kind_count, 2);
    ck_assert_int_eq(app->edge_count, 2);
    ck_assert_str_eq(app->tasks[1].name, "other");
    ck_assert_int_eq(app->tasks[0].kind, 0);
    ck_assert_int_eq(app->tasks[1].kind, 1);
    ck_assert_int_eq(app->tasks[2].kind, 0);
    ck_assert_int_eq(app->tasks[1].line, 9);
    ck_assert_int_eq(app->kinds[1].cost_count, 2);
    ck_assert_str_eq(app->kinds[1].costs[0].pe_kind, "A");
    ck_assert_double_eq(app->kinds[1].costs[0].exec_us, 2.5);
    ck_assert_str_eq(app->kinds[1].costs[1].pe_kind, "B");
    ck_assert_double_eq(app->kinds[1].costs[1].exec_us, 0);
    ck_assert_double_eq(app->bytes[0], 1500);
    ck_assert_double_eq(app->bytes[1], 0);
    ck_assert_int_eq(app->tasks[2].pred_count, 2);
    ck_assert_int_eq(app->preds[app->tasks[2].first_pred].task, 0);
    ck_assert_int_eq(app->preds[app->tasks[2].first_pred].edge, 1);
    ck_assert_int_eq(app->preds[app->tasks[2].first_pred + 1].task, 1);
    ck_assert_int_eq(app->preds[app->tasks[2].first_pred + 1].edge, 0);
}
END_TEST

START_TEST(one_task_without_edges_is_an_app)
{
    ck_assert(load(KINDS "tasks: [k]\n"));
    ck_assert_int_eq(set.apps[0].task_count, 1);
    ck_assert_int_eq(set.apps[0].edge_count, 0);
    ck_assert_int_eq(set.apps[0].order[0], 0);
}
END_TEST

START_TEST(edges_are_the_same_from_both_ends_and_ascending)
{
    enum { COUNT = 200 };
    struct arena *arena = scratch.arena;
    int32_t from[COUNT * COUNT], to[COUNT * COUNT];
    struct app app = {.name = "big", .file = "memory", .task_count = COUNT};
    app.tasks = arena_zeroed(arena, COUNT, sizeof *app.tasks);
    for (int32_t a = 0; a < COUNT; a++)
        for (int32_t b = 0; b < COUNT; b++)
            if ((a * 7919 + b * 104729) % 31 == 0 && (a * 37) % COUNT > (b * 37) % COUNT) {
                from[app.edge_count] = a;
                to[app.edge_count++] = b;
            }
    for (int32_t i = 0; i < app.edge_count / 2; i++) { /* not sorted */
        int32_t k = app.edge_count - 1 - i, a = from[i], b = to[i];
        from[i] = from[k];
        to[i] = to[k];
        from[k] = a;
        to[k] = b;
    }
    ck_assert_int_gt(app.edge_count, COUNT);
    ck_assert(app_finish(&app, arena, from, to, &fault));
    int32_t seen_preds = 0, seen_succs = 0;
    for (int32_t task = 0; task < COUNT; task++) {
        const struct app_task *t = &app.tasks[task];
        for (int32_t i = 0; i < t->pred_count; i++, seen_preds++) {
            const struct app_edge *pred = &app.preds[t->first_pred + i];
            ck_assert_int_eq(from[pred->edge], pred->task);
            ck_assert_int_eq(to[pred->edge], task);
            ck_assert(i == 0 || pred[-1].task < pred->task);
        }
        for (int32_t i = 0; i < t->succ_count; i++, seen_succs++) {
            const struct app_edge *succ = &app.succs[t->first_succ + i];
            ck_assert_int_eq(from[succ->edge], task);
            ck_assert_int_eq(to[succ->edge], succ->task);
            ck_assert(i == 0 || succ[-1].task < succ->task);
        }
    }
    ck_assert_int_eq(seen_preds, app.edge_count);
    ck_assert_int_eq(seen_succs, app.edge_count);
}
END_TEST

START_TEST(the_order_respects_edges_that_go_down_in_number)
{
    ck_assert(load(ABC "edges: [{from: c, to: a}]\n"));
    ck_assert_int_eq(set.apps[0].order[0], 1);
    ck_assert_int_eq(set.apps[0].order[1], 2);
    ck_assert_int_eq(set.apps[0].order[2], 0);
}
END_TEST

/* A file with a branch a, its alternatives b and c, and a further task d. */
#define BRANCH   KINDS "tasks:\n  - {name: a, kind: k, branch: "
#define BY_CLASS KINDS "tasks:\n  - {name: a, kind: k, branch_by_class: "
#define BEHIND                                                                                     \
    "}\n  - {name: b, kind: k}\n  - {name: c, kind: k}\n  - {name: d, kind: k}\nedges:\n"          \
    "  - {from: a, to: b, when: 0}\n  - {from: a, to: c, when: 1}\n"

/* A file that is refused: the end of where, the beginning of what, a word of the hint. */
static const struct {
    const char *text, *where, *what, *hint;
} bad[] = {
    {HEAD "kinds: {k: {A: 1}}\ntasks: [k]\nedgse: []\n", "toy.yaml:6:1", "unknown key 'edgse'",
     "edges"},
    {KINDS "tasks: [{name: k, knid: k}]\n", "toy.yaml:7:19", "unknown key 'knid'", "kind"},
    {"format: 2\napp: toy\nsummary: s\n", "toy.yaml:1:9", "'format' must be", ""},
    {"format: 1\nsummary: s\n", "toy.yaml:1:1", "the app lacks the key 'app'", ""},
    {"format: 1\napp: tin\nsummary: s\nkinds: {k: {A: 1}}\ntasks: [k]\n", "toy.yaml:2:6",
     "the app is called 'tin', but its file 'toy.yaml'", "name of its file"},
    {"format: 1\napp: toy#1\nsummary: s\nkinds: {k: {A: 1}}\ntasks: [k]\n", "toy.yaml:2:6",
     "the name of an app has no '#'", "variant"},
    {HEAD, "toy.yaml:1:1", "the app has no kinds", "generate"},
    {HEAD "kinds: {k: {A: 1}}\n", "toy.yaml:1:1", "the app has no tasks", "generate"},
    {KINDS "tasks: []\n", "toy.yaml:7:8", "the app has no task at all", "at least one"},
    {HEAD "kinds: {}\ntasks: [k]\n", "toy.yaml:5:9", "there is no kind 'k'", "kinds"},
    {HEAD "kinds:\n  k: {}\ntasks: [k]\n", "toy.yaml:5:6", "task kind 'k' runs nowhere", "A15"},
    {HEAD "kinds:\n  k: {A: -1}\ntasks: [k]\n", "toy.yaml:5:10", "'us' must be a number", "Time"},
    {HEAD "kinds:\n  k: {A: .nan}\ntasks: [k]\n", "toy.yaml:5:10", "'us' must be a number", "Time"},
    {HEAD "kinds:\n  k: {A: nan}\ntasks: [k]\n", "toy.yaml:5:10", "'us' must be a number", "Time"},
    {HEAD "kinds:\n  k: {A: .inf}\ntasks: [k]\n", "toy.yaml:5:10", "'us' must be a number", "Time"},
    {HEAD "kinds:\n  k: {A: 1e300}\ntasks: [k]\n", "toy.yaml:5:10", "'us' must be a number",
     "Time"},
    {HEAD "kinds:\n  k: {A: 1}\n  k: {A: 2}\ntasks: [k]\n", "toy.yaml:6:3", "", ""},
    {KINDS "tasks:\n  - {name: a, kind: k}\n  - {name: b, kind: otter}\n", "toy.yaml:9:21",
     "there is no kind 'otter'", "did you mean 'other'?"},
    {KINDS "tasks:\n  - {name: b, kind: k}\n  - {name: a, kind: k}\n  - {name: a, kind: k}\n"
           "  - {name: b, kind: k}\n",
     "toy.yaml:10:12", "two tasks are called 'a', the other is in line 9", "own name"},
    {KINDS "tasks: [{name: \"a b\", kind: k}]\n", "toy.yaml:7:16", "'name' must be a name", ""},
    {ABC "edges:\n  - {from: a, to: b, bytes: -1}\n", "toy.yaml:9:29", "'bytes' must be a number",
     "Data"},
    {ABC "edges:\n  - {from: a, bytes: 1}\n", "toy.yaml:9:5",
     "item 1 of 'edges' lacks the key 'to'", ""},
    {ABC "edges:\n  - {from: a, to: b}\n  - {from: x, to: b}\n", "toy.yaml:10:12",
     "there is no task 'x'", "tasks"},
    {ABC "edges:\n  - {from: a, to: zz}\n", "toy.yaml:9:19", "there is no task 'zz'", "tasks"},
    {ABC "edges:\n  - {from: b, to: b}\n", "toy.yaml:9:5", "task 'b' has an edge to itself",
     "another"},
    {ABC "edges:\n  - {from: a, to: b}\n  - {from: a, to: c}\n  - {from: a, to: b, bytes: 3}\n",
     "toy.yaml:11:5", "the edge a -> b is there twice", "keep one"},
    {ABC "edges:\n  - {from: a, to: b}\n  - {from: b, to: c}\n  - {from: c, to: a}\n",
     "toy.yaml:11:5", "cycle: a -> b -> c -> a", "DAG"},
    {ABC "edges:\n  - {from: a, to: b}\n  - {from: c, to: b}\n  - {from: b, to: c}\n",
     "toy.yaml:10:5", "cycle: b -> c -> b", "DAG"},
    {HEAD "generate: {tasks: 3, base_us: 1, costs: {A: {}}}\ntasks: [k]\n", "toy.yaml:5:8",
     "tasks and generate exclude each other", "keep one"},
    {HEAD "kinds:\n  k: {kernel: cigt_cifar10/B9}\ntasks: [k]\n", "toy.yaml:5:15",
     "there is no stage 'cigt_cifar10/B9'", "did you mean 'cigt_cifar10/B"},
    {HEAD "kinds:\n  k: {kernel: {depth: 3}}\ntasks: [k]\n", "toy.yaml:5:15",
     "a kernel needs a stage or mac", "for example"},
    {HEAD "kinds:\n  k: {kernel: {mac: -3}}\ntasks: [k]\n", "toy.yaml:5:21",
     "'mac' must be a number", ""},
    {ABC "batch: 0\n", "toy.yaml:8:8", "'batch' must be", "Samples"},
    {BRANCH "[0.5, 0.6]" BEHIND, "toy.yaml:8:32", "these sum to 1.1, not to 1", "probabilities"},
    {BRANCH "[]" BEHIND, "toy.yaml:8:32", "these sum to 0, not to 1", "probabilities"},
    {BRANCH "[-0.5, 1.5]" BEHIND, "toy.yaml:8:33", "item 1 of 'branch' must be a number", ""},
    {BRANCH "[1, 0], branch_by_class: [[1]]" BEHIND, "toy.yaml:8:57",
     "branch and branch_by_class exclude each other", "keep one"},
    {BRANCH "[1, 0], branch_evenly: 2" BEHIND, "toy.yaml:8:55",
     "branch and branch_evenly exclude each other", "keep one"},
    {BRANCH "[1]" BEHIND, "toy.yaml:14:28", "task 'a' has 1 alternatives, no number 1", "from 0"},
    {BRANCH "[0.1, 0.2, 0.7]" BEHIND, "toy.yaml:8:12",
     "no edge belongs to alternative 2 of task 'a'", "costs nothing"},
    {BRANCH "[0.5, 0.5]" BEHIND "  - {from: b, to: c, when: 0}\n", "toy.yaml:15:28",
     "task 'b' has no alternatives", "branch"},
    {BRANCH "[0.5, 0.5]" BEHIND "  - {from: a, to: d, when: 0}\n  - {from: c, to: d}\n",
     "toy.yaml:11", "no sample can reach task 'd'", "join: any"},
    {BY_CLASS "[[1, 0]]" BEHIND, "toy.yaml:8:41", "branch_by_class without classes", "shares"},
    {BY_CLASS "[[1, 0]]" BEHIND "classes: {shares: [0.5, 0.5]}\n", "toy.yaml:8:41",
     "1 lists for 2 classes", "one list for each"},
    {BY_CLASS "[[1, 0], [1]]" BEHIND "classes: {shares: [0.5, 0.5]}\n", "toy.yaml:8:50",
     "1 alternatives here, 2 in the first list", "same alternatives"},
    {BY_CLASS "[[1, 0], [0.5, 0.4]]" BEHIND "classes: {shares: [0.5, 0.5]}\n", "toy.yaml:8:50",
     "these sum to 0.9, not to 1", "probabilities"},
    {ABC "classes: {shares: [0.5, 0.4]}\n", "toy.yaml:8:19", "these sum to 0.9, not to 1",
     "probabilities"},
    {HEAD "generate: {tasks: 3, base_us: 1, costs: {A: {}}}\nclasses: {shares: [1]}\n",
     "toy.yaml:5:10", "classes and generate exclude each other", "keep one"},
    {"format: 1\napp: [toy\n", "toy.yaml", "", ""},
    {"", "toy.yaml", "", ""},
};

START_TEST(a_bad_file_is_refused_where_it_is_wrong)
{
    ck_assert_msg(!load(bad[_i].text), "case %d was taken", _i);
    ck_assert(fault_is_set(&fault));
    const char *name = strstr(fault.where, "toy.yaml");
    ck_assert_ptr_nonnull(name);
    ck_assert_msg(strncmp(name, bad[_i].where, strlen(bad[_i].where)) == 0,
                  "case %d is at %s, not %s: %s", _i, name, bad[_i].where, fault.what);
    ck_assert_msg(strncmp(fault.what, bad[_i].what, strlen(bad[_i].what)) == 0,
                  "case %d: %s, not %s", _i, fault.what, bad[_i].what);
    assert_holds(fault.hint, bad[_i].hint);
    ck_assert_ptr_null(set.apps);
    ck_assert_int_eq(set.count, -1);
}
END_TEST

START_TEST(a_missing_file_is_named)
{
    ck_assert(!app_load(&set, scratch.arena, scratch_path(&scratch, "none.yaml"), &fault));
    assert_holds(fault.where, "none.yaml");
    ck_assert_int_eq(set.count, -1);
}
END_TEST

START_TEST(a_long_cycle_is_shortened_in_the_middle)
{
    enum { COUNT = 1000 };
    int32_t from[COUNT], to[COUNT];
    struct app app = {.name = "ring", .file = "memory", .task_count = COUNT, .edge_count = COUNT};
    app.tasks = arena_zeroed(scratch.arena, COUNT, sizeof *app.tasks);
    for (int32_t i = 0; i < COUNT; i++) {
        app.tasks[i].name = arena_printf(scratch.arena, "n%d", (int)i);
        from[i] = i;
        to[i] = (i + 1) % COUNT;
    }
    ck_assert(!app_finish(&app, scratch.arena, from, to, &fault));
    ck_assert_str_eq(fault.where, "memory");
    ck_assert_str_eq(fault.what, "cycle: n0 -> n1 -> n2 -> n3 -> n4 -> n5 -> n6 -> n7 -> n8 -> n9 "
                                 "-> n10 -> n11 -> (988 more) -> n0");
}
END_TEST

START_TEST(a_file_says_batch_classes_alternatives_and_fixed_times)
{
    ck_assert(load(HEAD "batch: 8\nclasses: {shares: [0.25, 0.75], per: job}\n"
                        "kinds: {k: {A: {us: 2, fixed_us: 5}, B: 3}}\n"
                        "tasks:\n"
                        "  - {name: a, kind: k, branch_by_class: [[0.9, 0.1], [0, 1]]}\n"
                        "  - {name: b, kind: k, branch: [1]}\n"
                        "  - {name: c, kind: k, branch_evenly: 1}\n"
                        "  - {name: d, kind: k, join: any}\n"
                        "edges:\n"
                        "  - {from: a, to: b, when: 0}\n"
                        "  - {from: a, to: c, when: 1}\n"
                        "  - {from: b, to: d, when: 0}\n"
                        "  - {from: c, to: d, when: 0}\n"));
    const struct app *app = set.apps;
    ck_assert_int_eq(app->batch, 8);
    ck_assert_int_eq(app->classes.count, 2);
    ck_assert(app->classes.is_per_job);
    ck_assert_double_eq(app->classes.shares[1], 0.75);
    ck_assert_double_eq(app->kinds[0].costs[0].exec_us, 2);
    ck_assert_double_eq(app->kinds[0].costs[0].fixed_us, 5);
    ck_assert_double_eq(app->kinds[0].costs[1].exec_us, 3);
    ck_assert_double_eq(app->kinds[0].costs[1].fixed_us, 0);
    ck_assert_int_eq(app->branch_count, 3);
    ck_assert_int_eq(app->tasks[1].branch, 1);
    ck_assert_int_eq(app->tasks[3].branch, -1);
    ck_assert(app->tasks[3].join_any && !app->tasks[2].join_any);
    ck_assert_double_eq_tol(app->branches[0].probabilities[1], 0.1, 1e-15);
    ck_assert_double_eq(app->branches[0].probabilities[3], 1);
    ck_assert_double_eq(app->branches[1].probabilities[1], 1); /* the same for both classes */
    ck_assert_double_eq(app->branches[2].probabilities[1], 1);
    const int32_t when[] = {0, 1, 0, 0};
    ck_assert_mem_eq(app->when, when, sizeof when);
}
END_TEST

START_TEST(every_shipped_app_loads)
{
    const char *folder = arena_printf(scratch.arena, "%s/workloads/apps", TEST_SOURCE_ROOT);
    DIR *stream = opendir(folder);
    ck_assert_ptr_nonnull(stream);
    int count = 0;
    for (struct dirent *entry; (entry = readdir(stream)) != NULL;) {
        if (strstr(entry->d_name, ".yaml") == NULL)
            continue;
        const char *path = arena_printf(scratch.arena, "%s/%s", folder, entry->d_name);
        ck_assert_msg(app_load(&set, scratch.arena, path, &fault), "%s: %s", fault.where,
                      fault.what);
        ck_assert_int_gt((int)strlen(set.apps[0].summary), 0);
        count++;
    }
    closedir(stream);
    ck_assert_int_ge(count, 18);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("app");
    TCase *cases = tcase_create("app");
    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_set_timeout(cases, 60);
    tcase_add_test(cases, an_app_has_the_tasks_kinds_and_edges_of_its_file);
    tcase_add_test(cases, one_task_without_edges_is_an_app);
    tcase_add_test(cases, edges_are_the_same_from_both_ends_and_ascending);
    tcase_add_test(cases, the_order_respects_edges_that_go_down_in_number);
    tcase_add_loop_test(cases, a_bad_file_is_refused_where_it_is_wrong, 0,
                        (int)(sizeof bad / sizeof bad[0]));
    tcase_add_test(cases, a_missing_file_is_named);
    tcase_add_test(cases, a_long_cycle_is_shortened_in_the_middle);
    tcase_add_test(cases, a_file_says_batch_classes_alternatives_and_fixed_times);
    tcase_add_test(cases, every_shipped_app_loads);
    suite_add_tcase(suite, cases);
    return suite;
}
