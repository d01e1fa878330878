/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The shipped apps that come from DS3, from papers and from published networks, held against tables
 * of the originals. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/csv.h"
#include "base/schema.h"
#include "test/suite.h"
#include "workloads/app.h"
#include "workloads/route.h"

static struct arena *arena;
static struct fault fault;
static const struct app *app;

static void setup(void)
{
    arena = arena_create();
    fault = FAULT_NONE;
}

static void teardown(void)
{
    arena_destroy(arena);
}

static void load_app(const char *name)
{
    struct app_set set;
    const char *path = arena_printf(arena, "%s/workloads/apps/%s.yaml", TEST_SOURCE_ROOT, name);
    ck_assert_msg(app_load(&set, arena, path, &fault), "%s: %s", fault.where, fault.what);
    app = &set.apps[0];
}

/* A table of reference data; NULL where there is none. */
static struct csv_reader *open_table(const char *name)
{
    const char *folder = TEST_SHARED_DATA;
    const char *path = arena_printf(arena, "%s/%s", folder == NULL ? "" : folder, name);
    if (folder == NULL || access(path, R_OK) != 0) {
        printf("skipped: no reference data (%s)\n", name);
        return NULL;
    }
    struct csv_reader *table = csv_open(path, &fault);
    ck_assert_msg(table != NULL, "%s: %s", fault.where, fault.what);
    return table;
}

static const char *cell(const struct csv_reader *table, const char *column)
{
    int number = csv_column(table, column);
    ck_assert_int_ge(number, 0);
    return csv_cell(table, number);
}

/* A number, 0 where the cell is empty. */
static double number(const char *text)
{
    double value = 0;
    ck_assert(text[0] == '\0' || schema_parse_real(text, &value));
    return value;
}

static int32_t find_task(const char *name)
{
    for (int32_t task = 0; task < app->task_count; task++)
        if (strcmp(app->tasks[task].name, name) == 0)
            return task;
    return -1;
}

/* Data of the edge between two tasks, NAN if there is none. */
static double edge_bytes(int32_t from, int32_t to)
{
    const struct app_task *task = &app->tasks[from];
    for (int32_t i = 0; i < task->succ_count; i++)
        if (app->succs[task->first_succ + i].task == to)
            return app->bytes[app->succs[task->first_succ + i].edge];
    return NAN;
}

/* Time of a task on a PE kind, NAN if it cannot run there. */
static double exec_us(int32_t task, const char *pe_kind)
{
    const struct app_task_kind *kind = &app->kinds[app->tasks[task].kind];
    for (int32_t i = 0; i < kind->cost_count; i++)
        if (strcmp(kind->costs[i].pe_kind, pe_kind) == 0)
            return kind->costs[i].exec_us;
    return NAN;
}

static int32_t count_costs(void)
{
    int32_t count = 0;
    for (int32_t task = 0; task < app->task_count; task++)
        count += app->kinds[app->tasks[task].kind].cost_count;
    return count;
}

static const struct {
    const char *name, *key;
    int32_t tasks, edges;
} ds3[] = {
    {"wifi_tx", "WIFI_5TXM", 27, 30},   {"wifi_rx", "WIFI_5RXM", 34, 37},
    {"range_detection", "LAG", 7, 7},   {"single_carrier_tx", "SCT", 8, 7},
    {"single_carrier_rx", "SCR", 8, 7}, {"temporal_mitigation", "TEMP_MIT", 10, 12},
};

START_TEST(the_apps_of_ds3_have_its_tasks_in_its_order)
{
    load_app(ds3[_i].name);
    ck_assert_int_eq(app->task_count, ds3[_i].tasks);
    ck_assert_int_eq(app->edge_count, ds3[_i].edges);
    struct csv_reader *table = open_table("ds3_data/tasks.csv");
    if (table == NULL)
        return;
    int32_t count = 0;
    while (csv_next(table, &fault)) {
        if (strcmp(cell(table, "app"), ds3[_i].key) != 0)
            continue;
        ck_assert_int_lt(count, app->task_count);
        ck_assert_str_eq(app->tasks[count].name, cell(table, "task_name"));
        ck_assert_double_eq(number(cell(table, "task_id")), count);
        count++;
    }
    csv_close(table);
    ck_assert_int_eq(count, app->task_count);
}
END_TEST

START_TEST(the_apps_of_ds3_have_its_edges_and_volumes)
{
    load_app(ds3[_i].name);
    struct csv_reader *table = open_table("ds3_data/edges.csv");
    if (table == NULL)
        return;
    int32_t count = 0;
    while (csv_next(table, &fault)) {
        if (strcmp(cell(table, "app"), ds3[_i].key) != 0)
            continue;
        double bytes =
            edge_bytes((int32_t)number(cell(table, "src")), (int32_t)number(cell(table, "dst")));
        ck_assert_double_eq(bytes, number(cell(table, "comm_vol")));
        count++;
    }
    csv_close(table);
    ck_assert_int_eq(count, app->edge_count);
}
END_TEST

START_TEST(the_apps_of_ds3_have_its_times)
{
    load_app(ds3[_i].name);
    struct csv_reader *table = open_table("ds3_data/exec_times.csv");
    if (table == NULL)
        return;
    int32_t count = 0;
    while (csv_next(table, &fault)) {
        if (strcmp(cell(table, "soc"), "ds3:SoC.MULTIPLE_BAL") != 0 ||
            strcmp(cell(table, "duplicate_entry_ignored_by_ds3"), "0") != 0)
            continue;
        int32_t task = find_task(cell(table, "task_name"));
        if (task < 0)
            continue;
        ck_assert_double_eq(exec_us(task, cell(table, "pe_name")), number(cell(table, "exec_us")));
        count++;
    }
    csv_close(table);
    ck_assert_int_eq(count, count_costs());
}
END_TEST

/* A task of a paper: "task_3" is 3 there. */
static int32_t paper_task(const char *text)
{
    int32_t task = find_task(arena_printf(arena, "task_%s", text));
    ck_assert_int_ge(task, 0);
    return task;
}

START_TEST(the_examples_of_papers_have_their_numbers)
{
    static const char *const names[] = {"topcuoglu", "arabnejad"};
    static const char *const keys[] = {"topcuoglu2002", "arabnejad2014"};
    static const char *const pe_kinds[] = {"P1", "P2", "P3"};
    load_app(names[_i]);
    ck_assert_int_eq(app->task_count, 10);
    ck_assert_int_eq(app->edge_count, 15);
    ck_assert_int_eq(count_costs(), 30);
    struct csv_reader *times = open_table(arena_printf(arena, "heft/%s_comp.csv", keys[_i]));
    struct csv_reader *edges = open_table(arena_printf(arena, "heft/%s_edges.csv", keys[_i]));
    if (times == NULL || edges == NULL) {
        csv_close(times);
        csv_close(edges);
        return;
    }
    int rows = 0;
    for (; csv_next(times, &fault); rows++)
        for (int p = 0; p < 3; p++)
            ck_assert_double_eq(exec_us(paper_task(cell(times, "task")), pe_kinds[p]),
                                number(cell(times, pe_kinds[p])));
    ck_assert_int_eq(rows, 10);
    for (rows = 0; csv_next(edges, &fault); rows++)
        ck_assert_double_eq(
            edge_bytes(paper_task(cell(edges, "src")), paper_task(cell(edges, "dst"))),
            number(cell(edges, "comm")));
    ck_assert_int_eq(rows, 15);
    csv_close(times);
    csv_close(edges);
}
END_TEST

START_TEST(the_study_has_the_example_of_topcuoglu_six_times_as_long)
{
    static const char *const here[] = {"LITTLE", "BIG", "MM"}, *const there[] = {"P1", "P2", "P3"};
    load_app("study_top");
    const struct app *study = app;
    load_app("topcuoglu");
    const struct app *paper = app;
    for (int32_t task = 0; task < 10; task++)
        for (int p = 0; p < 3; p++) {
            app = paper;
            double us = exec_us(task, there[p]);
            app = study;
            ck_assert_double_eq(exec_us(task, here[p]), 6 * us);
        }
    ck_assert_int_eq(study->edge_count, 15);
    for (int32_t edge = 0; edge < 15; edge++) {
        ck_assert_double_eq(study->bytes[edge], 3 * paper->bytes[edge]);
        ck_assert_int_eq(study->preds[edge].task, paper->preds[edge].task);
        ck_assert_int_eq(study->preds[edge].edge, paper->preds[edge].edge);
    }
}
END_TEST

/* Multiply-adds that a sample meets on its way and weights that are stored, as the layers of the
 * published configurations sum up to. */
static const struct {
    const char *app;
    double mac, parameters;
} networks[] = {
    {"fff_1x11", 18432, 6289920},
    {"fff_1x11_2x6", 18432, 6289920},
    {"fff_1x11_learned", 18432, 6289920},
    {"fff_dense", 6289920, 6289920},
    {"cigt_mnist", 1885873, 96212},
    {"cigt_fmnist", 5749632, 249646},
    {"cigt_fmnist_tf2", 5778304, 364334},
    {"cigt_cifar10", 94159776, 860718},
    {"cigt_cifar10_thick", 253149824, 1730714},
};

START_TEST(a_sample_of_a_network_meets_as_many_multiply_adds_as_published)
{
    load_app(networks[_i].app);
    struct route_chances chances;
    ck_assert(route_expect(&chances, arena, app, &fault));
    double mac = 0.0, parameters = 0.0;
    for (int32_t task = 0; task < app->task_count; task++) {
        const struct app_kernel *kernel = app->kernels[app->tasks[task].kind];
        mac += chances.task_share[task] * kernel->mac;
        parameters += kernel->weight_bytes / 4;
    }
    ck_assert_double_eq_tol(mac, networks[_i].mac, 0.01);
    ck_assert_double_eq_tol(parameters, networks[_i].parameters, 0.01);
}
END_TEST

/* 60 / 40 and 20 / 30 / 30 / 20 % with 6 % of each class elsewhere. */
START_TEST(the_routes_of_the_cifar10_trellis_have_the_shares_of_its_authors)
{
    load_app("cigt_cifar10");
    struct route_chances chances;
    ck_assert(route_expect(&chances, arena, app, &fault));
    static const double ideal[] = {0.2, 0.3, 0.3, 0.2};
    for (int32_t task = 0; task < app->task_count; task++) {
        const char *name = app->tasks[task].name;
        if (strcmp(name, "B1_0") == 0)
            ck_assert_double_eq_tol(chances.task_chance[task], 0.6 * 0.94 + 0.4 * 0.06, 1e-9);
        if (strncmp(name, "B2_", 3) == 0 || strncmp(name, "head_", 5) == 0) {
            double share = ideal[strrchr(name, '_')[1] - '0'];
            ck_assert_double_eq_tol(chances.task_chance[task], 0.94 * share + 0.02 * (1 - share),
                                    1e-9);
        }
    }
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("apps");
    TCase *cases = tcase_create("apps");
    tcase_add_checked_fixture(cases, setup, teardown);
    const int ds3_count = (int)(sizeof ds3 / sizeof ds3[0]);
    tcase_add_loop_test(cases, the_apps_of_ds3_have_its_tasks_in_its_order, 0, ds3_count);
    tcase_add_loop_test(cases, the_apps_of_ds3_have_its_edges_and_volumes, 0, ds3_count);
    tcase_add_loop_test(cases, the_apps_of_ds3_have_its_times, 0, ds3_count);
    tcase_add_loop_test(cases, the_examples_of_papers_have_their_numbers, 0, 2);
    tcase_add_test(cases, the_study_has_the_example_of_topcuoglu_six_times_as_long);
    const int network_count = (int)(sizeof networks / sizeof networks[0]);
    tcase_add_loop_test(cases, a_sample_of_a_network_meets_as_many_multiply_adds_as_published, 0,
                        network_count);
    tcase_add_test(cases, the_routes_of_the_cifar10_trellis_have_the_shares_of_its_authors);
    suite_add_tcase(suite, cases);
    return suite;
}
