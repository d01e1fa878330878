/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The benchmark itself: what it measures, compares, refuses and writes. Its times are not tested.
 */
#include "workloads/kernels/bench.h"

#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/csv.h"
#include "test/scratch.h"
#include "test/suite.h"
#include "workloads/kernels/bench_machine.h"

static struct scratch scratch;
static struct fault fault;
static struct bench_result result;

static void begin(void)
{
    scratch_init(&scratch);
    fault = FAULT_NONE;
}

static void end(void)
{
    scratch_finish(&scratch);
}

static struct bench_plan plan_of(const char *first, const char *second)
{
    struct bench_plan plan = {.kernels = {first, second},
                              .kernel_count = second == NULL ? 1 : 2,
                              .isas = {isa_best()},
                              .isa_count = 1,
                              .batches = {1, 3},
                              .batch_count = 2,
                              .layers = {1},
                              .layer_count = 1,
                              .seconds = 0.02,
                              .seed = 1};
    return plan;
}

static const struct bench_row *find_row(const char *kernel, int32_t batch)
{
    for (int32_t i = 0; i < result.count; i++)
        if (strcmp(result.rows[i].kind->kernel, kernel) == 0 && result.rows[i].batch == batch)
            return &result.rows[i];
    ck_abort_msg("no row of %s, batch %d", kernel, (int)batch);
}

START_TEST(each_kernel_and_batch_is_compared_with_the_fastest_dense_layer_of_the_run)
{
    struct bench_plan plan = plan_of("dense", "fff/1x11");
    ck_assert_msg(bench_run(&plan, NULL, &result, &fault), "%s", fault.what);
    for (int32_t batch = 1; batch <= 3; batch += 2) {
        double quickest = INFINITY;
        for (int32_t i = 0; i < result.count; i++)
            if (result.rows[i].batch == batch && strcmp(result.rows[i].kind->kernel, "dense") == 0)
                quickest = fmin(quickest, result.rows[i].p10_ns);
        const struct bench_row *fff = find_row("fff", batch);
        ck_assert_double_eq(result.rows[fff->rival].p10_ns, quickest);
        ck_assert_double_eq_tol(fff->ratio, quickest / fff->p10_ns, 1e-9 * fff->ratio);
        ck_assert(fff->p10_ns <= fff->median_ns && fff->calls > 0);
        ck_assert_int_eq(fff->work.mac, 18432);
        ck_assert_double_le(fff->error, BENCH_TOLERANCE);
        ck_assert_int_eq(find_row("dense", batch)->work.mac, 6289920);
    }
    ck_assert_double_eq_tol(find_row("fff", 1)->work.bytes, 73728, 1e-3);
    ck_assert_double_eq_tol(find_row("dense", 3)->work.bytes, 25159680 / 3.0, 1e-3);
    ck_assert(result.noise.spread >= 1 && result.noise.stolen >= 0);
    bench_finish(&result);
}
END_TEST

START_TEST(the_file_has_a_row_for_each_with_the_columns_that_are_promised)
{
    struct bench_plan plan = plan_of("cigt_mnist", NULL);
    plan.batch_count = 1;
    ck_assert_msg(bench_run(&plan, NULL, &result, &fault), "%s", fault.what);
    const char *path = scratch_path(&scratch, "bench.csv");
    ck_assert(bench_write(&result, path, &fault));
    struct csv_reader *csv = csv_open(path, &fault);
    ck_assert_ptr_nonnull(csv);
    static const char *const first[] = {"kernel",    "variant", "isa", "rival", "batch", "layers",
                                        "median_ns", "p10_ns",  "mac", "bytes", "ratio"};
    for (int i = 0; i < (int)(sizeof first / sizeof *first); i++)
        ck_assert_int_eq(csv_column(csv, first[i]), i);
    int32_t rows = 0;
    for (; csv_next(csv, &fault); rows++) {
        const struct bench_row *row = &result.rows[rows];
        ck_assert_str_eq(csv_cell(csv, 0), row->kind->kernel);
        ck_assert_str_eq(csv_cell(csv, 2), row->isa);
        assert_holds(csv_cell(csv, 3), "thick"); /* what a trellis is held against */
        ck_assert_int_eq(atoll(csv_cell(csv, 8)), row->work.mac);
        ck_assert_double_eq(strtod(csv_cell(csv, 7), NULL), row->p10_ns);
    }
    ck_assert_int_eq(rows, result.count);
    ck_assert_int_eq(rows, 3); /* the trellis, thin and thick */
    csv_close(csv);
    bench_finish(&result);
}
END_TEST

START_TEST(a_file_that_cannot_be_written_leaves_the_one_before)
{
    struct bench_plan plan = plan_of("cigt_mnist", NULL);
    struct rlimit limit;
    const char *path = scratch_write(&scratch, "bench.csv", "of yesterday");
    ck_assert_msg(bench_run(&plan, NULL, &result, &fault), "%s", fault.what);
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
    rlim_t before = limit.rlim_cur;
    limit.rlim_cur = 256;
    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    bool is_written = bench_write(&result, path, &fault);
    limit.rlim_cur = before;
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    ck_assert(!is_written);
    assert_holds(fault.what, "cannot write");
    ck_assert_str_eq(scratch_read(&scratch, "bench.csv"), "of yesterday");
    ck_assert_int_eq(scratch_count(&scratch, ""), 1);
    bench_finish(&result);
}
END_TEST

static const char *printed(void)
{
    char *text = NULL;
    size_t size;
    FILE *stream = open_memstream(&text, &size);
    bench_print(&result, stream);
    fclose(stream);
    const char *kept = arena_printf(scratch.arena, "%s", text);
    free(text);
    return kept;
}

START_TEST(the_output_says_when_nothing_can_be_concluded)
{
    result = (struct bench_result){.noise = {.spread = 1.5, .is_noisy = true}};
    assert_holds(printed(), "TOO NOISY");
    result.noise.is_noisy = false;
    ck_assert_ptr_null(strstr(printed(), "TOO NOISY"));
    unsetenv("OPENBLAS_L2_SIZE");
    unsetenv("OPENBLAS_CORETYPE");
    ck_assert_ptr_null(strstr(printed(), "unset it"));
    setenv("OPENBLAS_CORETYPE", "Haswell", 1);
    assert_holds(printed(), "OPENBLAS_CORETYPE is set");
}
END_TEST

START_TEST(a_kernel_that_does_not_exist_is_a_fault)
{
    struct bench_plan plan = plan_of("fff/9x9", NULL);
    ck_assert(!bench_run(&plan, NULL, &result, &fault));
    ck_assert_str_eq(fault.what, "no kernel matches, nothing to measure");
}
END_TEST

START_TEST(quantiles_are_of_type_7)
{
    double values[] = {5, 1, 4, 2, 3};
    ck_assert_double_eq(bench_machine_quantile(values, 5, 0.5), 3);
    ck_assert_double_eq_tol(bench_machine_quantile(values, 5, 0.1), 1.4, 1e-12);
    ck_assert(isnan(bench_machine_quantile(values, 0, 0.5)));
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("bench");
    TCase *cases = tcase_create("bench");
    tcase_set_timeout(cases, 60);
    tcase_add_checked_fixture(cases, begin, end);
    tcase_add_test(cases,
                   each_kernel_and_batch_is_compared_with_the_fastest_dense_layer_of_the_run);
    tcase_add_test(cases, the_file_has_a_row_for_each_with_the_columns_that_are_promised);
    tcase_add_test(cases, a_file_that_cannot_be_written_leaves_the_one_before);
    tcase_add_test(cases, the_output_says_when_nothing_can_be_concluded);
    tcase_add_test(cases, a_kernel_that_does_not_exist_is_a_fault);
    tcase_add_test(cases, quantiles_are_of_type_7);
    suite_add_tcase(suite, cases);
    return suite;
}
