/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
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

static bool load(const char *generate)
{
    const char *text = arena_printf(scratch.arena,
                                    "format: 1\napp: toy\nsummary: a toy\n"
                                    "generate: {%s}\n",
                                    generate);
    return app_load(&set, scratch.arena, scratch_write(&scratch, "toy.yaml", text), &fault);
}

static struct app_set made(const char *generate)
{
    ck_assert_msg(load(generate), "%s: %s", fault.where, fault.what);
    return set;
}

static struct app_set shipped(const char *name)
{
    const char *path =
        arena_printf(scratch.arena, "%s/workloads/apps/%s.yaml", TEST_SOURCE_ROOT, name);
    ck_assert_msg(app_load(&set, scratch.arena, path, &fault), "%s: %s", fault.where, fault.what);
    return set;
}

/* Number of layers = tasks on the longest path, because each task has a parent one layer above. */
static int32_t count_layers(const struct app *app)
{
    int32_t *depth = memory_zeroed((size_t)app->task_count, sizeof *depth), most = 0;
    for (int32_t i = 0; i < app->task_count; i++) {
        int32_t task = app->order[i];
        depth[task]++;
        most = depth[task] > most ? depth[task] : most;
        for (int32_t k = 0; k < app->tasks[task].succ_count; k++) {
            int32_t succ = app->succs[app->tasks[task].first_succ + k].task;
            depth[succ] = depth[succ] > depth[task] ? depth[succ] : depth[task];
        }
    }
    free(depth);
    return most;
}

/* Time on a PE kind, NAN if it cannot run there. */
static double time_on(const struct app_task_kind *kind, const char *pe_kind)
{
    for (int32_t i = 0; i < kind->cost_count; i++)
        if (strcmp(kind->costs[i].pe_kind, pe_kind) == 0)
            return kind->costs[i].exec_us;
    return NAN;
}

static void assert_same_structure(const struct app *a, const struct app *b)
{
    ck_assert_int_eq(a->task_count, b->task_count);
    ck_assert_int_eq(a->edge_count, b->edge_count);
    for (int32_t task = 0; task < a->task_count; task++) {
        ck_assert_int_eq(a->tasks[task].pred_count, b->tasks[task].pred_count);
        ck_assert_int_eq(a->tasks[task].kind, b->tasks[task].kind);
    }
    for (int32_t edge = 0; edge < a->edge_count; edge++)
        ck_assert_int_eq(a->preds[edge].task, b->preds[edge].task);
}

static void assert_same_numbers(const struct app *a, const struct app *b)
{
    for (int32_t edge = 0; edge < a->edge_count; edge++)
        ck_assert_double_eq(a->bytes[edge], b->bytes[edge]);
    ck_assert_int_eq(a->kind_count, b->kind_count);
    for (int32_t kind = 0; kind < a->kind_count; kind++) {
        ck_assert_int_eq(a->kinds[kind].cost_count, b->kinds[kind].cost_count);
        for (int32_t i = 0; i < a->kinds[kind].cost_count; i++) {
            ck_assert_str_eq(a->kinds[kind].costs[i].pe_kind, b->kinds[kind].costs[i].pe_kind);
            ck_assert_double_eq(a->kinds[kind].costs[i].exec_us, b->kinds[kind].costs[i].exec_us);
        }
    }
}

START_TEST(the_pool_of_the_study_has_its_sizes_layers_parents_and_data)
{
    static const struct {
        const char *name;
        double bytes_max;
        int flat_every, flat_at;
    } pools[] = {{"study_random", 40, 2, 1}, {"study_heldout", 60, 3, 0}};
    struct app_set pool = shipped(pools[_i].name);
    int32_t sizes[31] = {0}, layers[2][10] = {{0}};
    ck_assert_int_eq(pool.count, 256);
    for (int32_t v = 0; v < pool.count; v++) {
        const struct app *app = &pool.apps[v];
        bool is_flat = v % pools[_i].flat_every == pools[_i].flat_at;
        ck_assert_str_eq(app->name, arena_printf(scratch.arena, "%s#%d", pools[_i].name, (int)v));
        ck_assert_int_eq(app->kind_count, 24);
        ck_assert_ptr_eq(app->kinds, pool.apps[0].kinds);
        ck_assert(app->task_count >= 10 && app->task_count <= 30);
        sizes[app->task_count]++;
        int32_t layer_count = count_layers(app);
        ck_assert_int_le(layer_count, is_flat ? 5 : 9);
        layers[is_flat][layer_count]++;
        for (int32_t task = 0; task < app->task_count; task++) {
            ck_assert_int_le(app->tasks[task].pred_count, 4);
            for (int32_t i = 0; i < app->tasks[task].pred_count; i++)
                ck_assert_int_lt(app->preds[app->tasks[task].first_pred + i].task, task);
        }
        for (int32_t edge = 0; edge < app->edge_count; edge++)
            ck_assert(app->bytes[edge] >= 5 && app->bytes[edge] <= pools[_i].bytes_max);
    }
    for (int32_t size = 10; size <= 30; size++)
        ck_assert_int_gt(sizes[size], 0);
    for (int32_t count = 3; count <= 5; count++)
        ck_assert_int_gt(layers[1][count], 0);
    for (int32_t count = 4; count <= 9; count++)
        ck_assert_int_gt(layers[0][count], 0);
}
END_TEST

/* The rules of the study's task kinds, on many of them. */
START_TEST(task_kinds_have_the_shares_and_factors_that_were_asked_for)
{
    enum { COUNT = 20000 };
    static const struct {
        const char *name;
        double share, least, most;
    } rules[] = {{"LITTLE", 0.88, 1.6, 3.0},
                 {"BIG", 1, 1, 1},
                 {"MM", 0.30, 0.1, 0.5},
                 {"FFT", 0.20, 0.1, 0.4},
                 {"VIT", 0.06, 0.1, 0.4}};
    struct app_set pool = made("seed: 5, tasks: 1, kinds: 20000, "
                               "base_us: {min: 15, max: 150, dist: log_uniform}, costs: {"
                               "LITTLE: {factor: {min: 1.6, max: 3.0}, share: 0.88}, "
                               "BIG: {factor: 1}, "
                               "MM: {factor: {min: 0.1, max: 0.5}, share: 0.30}, "
                               "FFT: {factor: {min: 0.1, max: 0.4}, share: 0.20}, "
                               "VIT: {factor: {min: 0.1, max: 0.4}, share: 0.06}}");
    ck_assert_int_eq(pool.apps[0].kind_count, COUNT);
    for (int r = 0; r < 5; r++) {
        int capable = 0;
        double sum = 0;
        for (int32_t k = 0; k < COUNT; k++) {
            double big = time_on(&pool.apps[0].kinds[k], "BIG");
            double factor = time_on(&pool.apps[0].kinds[k], rules[r].name) / big;
            if (isnan(factor))
                continue;
            ck_assert(factor > rules[r].least - 1e-9 && factor < rules[r].most + 1e-9);
            capable++;
            sum += factor;
        }
        double share = rules[r].share, spread = (rules[r].most - rules[r].least) / sqrt(12);
        ck_assert_double_eq_tol((double)capable / COUNT, share,
                                4 * sqrt(share * (1 - share) / COUNT) + 1e-12);
        ck_assert_double_eq_tol(sum / capable, (rules[r].least + rules[r].most) / 2,
                                4 * spread / sqrt(capable) + 1e-12);
    }
}
END_TEST

START_TEST(a_log_uniform_base_is_uniform_in_its_logarithm)
{
    enum { COUNT = 20000, BINS = 10 };
    struct app_set pool = made("tasks: 1, kinds: 20000, costs: {A: {}}, "
                               "base_us: {min: 15, max: 150, dist: log_uniform}");
    int bins[BINS] = {0};
    double chi_square = 0;
    for (int32_t k = 0; k < COUNT; k++) {
        double decades = log10(time_on(&pool.apps[0].kinds[k], "A") / 15);
        ck_assert(decades > 0 && decades < 1);
        bins[(int)(decades * BINS)]++;
    }
    for (int i = 0; i < BINS; i++)
        chi_square += pow(bins[i] - COUNT / BINS, 2) / (COUNT / BINS);
    ck_assert_double_lt(chi_square, 27.9); /* 9 degrees of freedom, p = 0.001 */
}
END_TEST

START_TEST(a_uniform_base_and_beta_give_the_heterogeneity_of_topcuoglu)
{
    enum { COUNT = 20000 };
    struct app_set pool = made("tasks: 1, kinds: 20000, base_us: {min: 0, max: 200}, beta: 0.5, "
                               "costs: {ONE: {}, P: {}, FAST: {factor: 0.1}}");
    double base_sum = 0, ratio_low = 10, ratio_high = 0;
    for (int32_t k = 0; k < COUNT; k++) {
        const struct app_task_kind *kind = &pool.apps[0].kinds[k];
        double base = time_on(kind, "FAST") * 10;
        ck_assert(base > 0 && base < 200);
        base_sum += base;
        ratio_low = fmin(ratio_low, time_on(kind, "P") / base);
        ratio_high = fmax(ratio_high, time_on(kind, "P") / base);
        ck_assert_double_ne(time_on(kind, "ONE"), time_on(kind, "P"));
    }
    ck_assert_double_eq_tol(base_sum / COUNT, 100, 4 * 200 / sqrt(12.0 * COUNT));
    ck_assert_double_eq_tol(ratio_low, 0.75, 0.001);
    ck_assert_double_eq_tol(ratio_high, 1.25, 0.001);
}
END_TEST

START_TEST(every_task_kind_runs_somewhere)
{
    struct app_set pool = made("tasks: 1, kinds: 3000, base_us: 10, "
                               "costs: {A: {share: 0.05}, B: {share: 0.1}, C: {share: 0}}");
    int only_b = 0;
    for (int32_t k = 0; k < 3000; k++) {
        const struct app_task_kind *kind = &pool.apps[0].kinds[k];
        ck_assert_int_ge(kind->cost_count, 1);
        ck_assert(isnan(time_on(kind, "C")));
        only_b += isnan(time_on(kind, "A"));
        ck_assert(!isnan(time_on(kind, "A")) || !isnan(time_on(kind, "B")));
    }
    ck_assert_int_eq(only_b > 3000 * 0.9 && only_b < 3000, 1);
}
END_TEST

START_TEST(the_communication_to_computation_ratio_is_met_on_average)
{
    static const struct {
        const char *text;
        double ccr, bandwidth;
    } cases[] = {
        {"ccr: 0.1", 0.1, 1}, {"ccr: 5, bandwidth_bytes_per_us: 100", 5, 100}, {"seed: 9", 1, 1}};
    struct app_set pool =
        made(arena_printf(scratch.arena,
                          "%s, variants: 300, tasks: 60, base_us: {min: 10, max: 50}, beta: 1, "
                          "costs: {A: {}, B: {share: 0.4, factor: 3}}",
                          cases[_i].text));
    double sum = 0;
    for (int32_t v = 0; v < pool.count; v++) {
        const struct app *app = &pool.apps[v];
        double exec = 0, data = 0;
        for (int32_t task = 0; task < app->task_count; task++) {
            const struct app_task_kind *kind = &app->kinds[app->tasks[task].kind];
            double a = time_on(kind, "A"), b = time_on(kind, "B");
            exec += (isnan(b) ? a : (a + b) / 2) / app->task_count;
        }
        for (int32_t edge = 0; edge < app->edge_count; edge++)
            data += app->bytes[edge] / app->edge_count;
        sum += data / cases[_i].bandwidth / exec;
    }
    ck_assert_double_eq_tol(sum / pool.count / cases[_i].ccr, 1, 0.02);
}
END_TEST

START_TEST(alpha_is_the_shape_of_topcuoglu)
{
    static const double alphas[] = {0.5, 1, 2};
    struct app_set pool = made(arena_printf(
        scratch.arena, "alpha: %s, variants: 200, tasks: 400, base_us: 1, costs: {A: {}}",
        (const char *[]){"0.5", "1", "2"}[_i]));
    double sum = 0;
    for (int32_t v = 0; v < pool.count; v++)
        sum += count_layers(&pool.apps[v]);
    ck_assert_double_eq_tol(sum / pool.count * alphas[_i] / 20, 1, 0.06);
}
END_TEST

START_TEST(the_first_parent_is_any_task_of_the_layer_before)
{
    struct app_set pool = made("width: 5, tasks: 53, variants: 400, parents: {max: 1}, "
                               "base_us: 1, costs: {A: {}}");
    int chosen[5] = {0}, total = 0;
    double chi_square = 0;
    for (int32_t v = 0; v < pool.count; v++) {
        const struct app *app = &pool.apps[v];
        ck_assert_int_eq(app->edge_count, 48);
        for (int32_t task = 0; task < app->task_count; task++) {
            ck_assert_int_eq(app->tasks[task].pred_count, task >= 5);
            if (task < 5)
                continue;
            int32_t parent = app->preds[app->tasks[task].first_pred].task;
            ck_assert_int_eq(parent / 5, task / 5 - 1);
            chosen[parent % 5]++;
            total++;
        }
    }
    for (int i = 0; i < 5; i++)
        chi_square += pow(chosen[i] - total / 5.0, 2) / (total / 5.0);
    ck_assert_double_lt(chi_square, 18.5); /* 4 degrees of freedom, p = 0.001 */
}
END_TEST

START_TEST(each_earlier_task_is_a_further_parent_with_the_same_probability)
{
    enum { WIDTH = 20, VARIANTS = 2000, LAYERS = 3 };
    struct app_set pool = made("width: 20, tasks: 60, variants: 2000, "
                               "parents: {extra: 3, max: 1000}, base_us: 1, costs: {A: {}}");
    /* How often the last task has each task of the first two layers as a parent. */
    int chosen[2 * WIDTH] = {0};
    const double extra = 3.0 / (LAYERS * WIDTH - 1);
    for (int32_t v = 0; v < pool.count; v++) {
        const struct app_task *last = &pool.apps[v].tasks[LAYERS * WIDTH - 1];
        for (int32_t i = 0; i < last->pred_count; i++)
            chosen[pool.apps[v].preds[last->first_pred + i].task]++;
    }
    for (int task = 0; task < 2 * WIDTH; task++) {
        double first = task < WIDTH ? 0 : 1.0 / WIDTH;
        double probability = first + (1 - first) * extra;
        ck_assert_double_eq_tol((double)chosen[task] / VARIANTS, probability,
                                4.5 * sqrt(probability * (1 - probability) / VARIANTS));
    }
}
END_TEST

START_TEST(a_probability_of_one_makes_all_earlier_tasks_parents)
{
    struct app_set pool = made("width: 4, tasks: 12, parents: {extra: 1000, max: 1000}, "
                               "base_us: 1, costs: {A: {}}");
    for (int32_t task = 0; task < 12; task++)
        ck_assert_int_eq(pool.apps[0].tasks[task].pred_count, task / 4 * 4);
}
END_TEST

START_TEST(a_variant_is_the_same_in_every_set_and_every_time)
{
#define RECIPE                                                                                     \
    "tasks: {min: 5, max: 40}, base_us: {min: 1, max: 9}, kinds: 7, costs: {A: {}, B: {}}"
    struct app_set few = made("variants: 3, " RECIPE);
    struct app_set many = made("variants: 10, " RECIPE);
    struct app_set other = made("variants: 3, seed: 2, " RECIPE);
    for (int32_t v = 0; v < 3; v++) {
        assert_same_structure(&few.apps[v], &many.apps[v]);
        assert_same_numbers(&few.apps[v], &many.apps[v]);
    }
    ck_assert_double_ne(few.apps[0].bytes[0], few.apps[1].bytes[0]);
    ck_assert_double_ne(few.apps[0].bytes[0], other.apps[0].bytes[0]);
    ck_assert_double_ne(few.apps[0].kinds[0].costs[0].exec_us,
                        other.apps[0].kinds[0].costs[0].exec_us);
#undef RECIPE
}
END_TEST

START_TEST(a_seed_keeps_its_meaning)
{
    const struct app *app = &shipped("study_random").apps[17];
    ck_assert_int_eq(app->task_count, 20);
    ck_assert_int_eq(app->edge_count, 36);
    ck_assert_int_eq(app->tasks[5].kind, 7);
    ck_assert_int_eq(app->preds[35].task, 15);
    ck_assert_double_eq(app->bytes[0], 19.917672886725342);
}
END_TEST

START_TEST(data_and_pe_kinds_leave_the_rest_as_it_is)
{
#define RECIPE "tasks: 40, base_us: {min: 1, max: 9}, beta: 1, "
    struct app_set plain = made(RECIPE "costs: {A: {share: 0.5}, B: {}}");
    struct app_set more_data = made(RECIPE "ccr: 8, costs: {A: {share: 0.5}, B: {}}");
    struct app_set more_kinds = made(RECIPE "costs: {A: {share: 0.5}, B: {}, C: {}}");
    assert_same_structure(&plain.apps[0], &more_data.apps[0]);
    assert_same_structure(&plain.apps[0], &more_kinds.apps[0]);
    for (int32_t edge = 0; edge < plain.apps[0].edge_count; edge++)
        ck_assert_double_eq_tol(8 * plain.apps[0].bytes[edge], more_data.apps[0].bytes[edge], 1e-6);
    for (int32_t k = 0; k < 40; k++) {
        const struct app_task_kind *a = &plain.apps[0].kinds[k], *b = &more_kinds.apps[0].kinds[k];
        ck_assert_int_eq(b->cost_count, a->cost_count + 1);
        for (int32_t i = 0; i < a->cost_count; i++)
            ck_assert_double_eq(a->costs[i].exec_us, b->costs[i].exec_us);
    }
#undef RECIPE
}
END_TEST

START_TEST(one_variant_has_the_plain_name_and_the_summary_of_the_file)
{
    struct app_set one = made("tasks: 2, base_us: 1, costs: {A: {}}");
    ck_assert_int_eq(one.count, 1);
    ck_assert_str_eq(one.apps[0].name, "toy");
    ck_assert_str_eq(one.apps[0].summary, "a toy");
    assert_holds(one.apps[0].file, "toy.yaml");
}
END_TEST

START_TEST(a_hundred_thousand_tasks_are_made)
{
    struct app_set big = made("tasks: 100000, base_us: 1, costs: {A: {}}");
    ck_assert_int_eq(big.apps[0].task_count, 100000);
    ck_assert_int_gt(big.apps[0].edge_count, 150000);
}
END_TEST

static const struct {
    const char *generate, *where, *what;
} bad[] = {
    {"base_us: 1, costs: {A: {}}", "toy.yaml:4:11", "'generate' lacks the key 'tasks'"},
    {"tasks: 0, base_us: 1, costs: {A: {}}", "toy.yaml:4:19", "'min' must be a whole number"},
    {"tasks: 2.5, base_us: 1, costs: {A: {}}", "toy.yaml:4:19", "'min' must be a whole number"},
    {"tasks: {min: 5, max: 4}, base_us: 1, costs: {A: {}}", "toy.yaml:4:19",
     "max is smaller than min"},
    {"tasks: 5, base_us: {min: 5, max: 4}, costs: {A: {}}", "toy.yaml:4:31",
     "max is smaller than min"},
    {"tasks: 5, base_us: 1, costs: {A: {factor: {min: 1, max: 0.5}}}", "toy.yaml:4:54",
     "max is smaller than min"},
    {"tasks: 5, base_us: 1, costs: {A: {}}, layers: [5, {min: 3, max: 2}]", "toy.yaml:4:62",
     "max is smaller than min"},
    {"tasks: 5, base_us: 1, costs: {A: {}}, bytes: {min: 3, max: 2}", "toy.yaml:4:57",
     "max is smaller than min"},
    {"tasks: 5, base_us: 1, costs: {A: {}}, width: {min: 3, max: 2}", "toy.yaml:4:57",
     "max is smaller than min"},
    {"tasks: 5, base_us: 1, costs: {A: {}}, layers: []", "toy.yaml:4:58", "no number of layers"},
    {"tasks: 5, base_us: 1, costs: {A: {}}, layers: [5], alpha: 1", "toy.yaml:4:11",
     "layers, width and alpha exclude each other"},
    {"tasks: 5, base_us: 1, costs: {A: {}}, bytes: 5, ccr: 1", "toy.yaml:4:11",
     "bytes and ccr exclude each other"},
    {"tasks: 5, base_us: {min: 0, dist: log_uniform}, costs: {A: {}}", "toy.yaml:4:31",
     "log_uniform needs a min above 0"},
    {"tasks: 5, base_us: 1, costs: {}", "toy.yaml:4:41", "no PE kind can run any task"},
    {"tasks: 5, base_us: 1, costs: {A: {share: 0}}", "toy.yaml:4:41",
     "no PE kind can run any task"},
    {"tasks: 5, base_us: 1, costs: {A: {share: 1.5}}", "toy.yaml:4:53", "'share' must be a number"},
    {"tasks: 5, base_us: -1, costs: {A: {}}", "toy.yaml:4:31", "'min' must be a number"},
    {"tasks: 5, base_us: nan, costs: {A: {}}", "toy.yaml:4:31", "'min' must be a number"},
    {"variants: 1000, tasks: 10001, base_us: 1, costs: {A: {}}", "toy.yaml:4:11",
     "more than 10 million tasks"},
    {"tasks: 5, base_us: 1, costs: {A: {}}, crc: 1", "toy.yaml:4:50", "unknown key 'crc'"},
};

START_TEST(a_bad_recipe_is_refused_where_it_is_wrong)
{
    ck_assert_msg(!load(bad[_i].generate), "case %d was taken", _i);
    const char *name = strstr(fault.where, "toy.yaml");
    ck_assert_ptr_nonnull(name);
    ck_assert_msg(strcmp(name, bad[_i].where) == 0, "case %d is at %s, not %s: %s", _i, name,
                  bad[_i].where, fault.what);
    ck_assert_msg(strncmp(fault.what, bad[_i].what, strlen(bad[_i].what)) == 0,
                  "case %d: %s, not %s", _i, fault.what, bad[_i].what);
    ck_assert_int_eq(set.count, -1);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("generator");
    TCase *cases = tcase_create("generator");
    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_set_timeout(cases, 60);
    tcase_add_loop_test(cases, the_pool_of_the_study_has_its_sizes_layers_parents_and_data, 0, 2);
    tcase_add_test(cases, task_kinds_have_the_shares_and_factors_that_were_asked_for);
    tcase_add_test(cases, a_log_uniform_base_is_uniform_in_its_logarithm);
    tcase_add_test(cases, a_uniform_base_and_beta_give_the_heterogeneity_of_topcuoglu);
    tcase_add_test(cases, every_task_kind_runs_somewhere);
    tcase_add_loop_test(cases, the_communication_to_computation_ratio_is_met_on_average, 0, 3);
    tcase_add_loop_test(cases, alpha_is_the_shape_of_topcuoglu, 0, 3);
    tcase_add_test(cases, the_first_parent_is_any_task_of_the_layer_before);
    tcase_add_test(cases, each_earlier_task_is_a_further_parent_with_the_same_probability);
    tcase_add_test(cases, a_probability_of_one_makes_all_earlier_tasks_parents);
    tcase_add_test(cases, a_variant_is_the_same_in_every_set_and_every_time);
    tcase_add_test(cases, a_seed_keeps_its_meaning);
    tcase_add_test(cases, data_and_pe_kinds_leave_the_rest_as_it_is);
    tcase_add_test(cases, one_variant_has_the_plain_name_and_the_summary_of_the_file);
    tcase_add_test(cases, a_hundred_thousand_tasks_are_made);
    tcase_add_loop_test(cases, a_bad_recipe_is_refused_where_it_is_wrong, 0,
                        (int)(sizeof bad / sizeof bad[0]));
    suite_add_tcase(suite, cases);
    return suite;
}
