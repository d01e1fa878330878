/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "workloads/kernels/profile.h"

#include <math.h>
#include <string.h>

#include "sim/soc.h"
#include "test/scratch.h"
#include "test/suite.h"

static struct scratch scratch;
static struct profile profile;

static void open_scratch(void)
{
    scratch_init(&scratch);
}

static void close_scratch(void)
{
    scratch_finish(&scratch);
}

static bool is_time(double us)
{
    return isfinite(us) && us >= 0;
}

START_TEST(a_line_is_fitted_through_two_calls)
{
    double fixed_us, sample_us;
    profile_fit(5, 5 + 31 * 2, 32, &fixed_us, &sample_us);
    ck_assert_double_eq_tol(sample_us, 2, 1e-12);
    ck_assert_double_eq_tol(fixed_us, 3, 1e-12);
    profile_fit(5, 4, 32, &fixed_us, &sample_us); /* a slow first call: nothing per sample */
    ck_assert_double_eq(sample_us, 0);
    ck_assert_double_eq(fixed_us, 5);
    profile_fit(5, 320, 32, &fixed_us, &sample_us); /* a slow long call: no negative launch */
    ck_assert_double_eq(sample_us, 10);
    ck_assert_double_eq(fixed_us, 0);
}
END_TEST

/* One measurement for the tests below; short, so its values mean little. */
START_TEST(every_stage_with_a_kernel_is_measured)
{
    profile_measure(&profile, isa_best(), 0.05, NULL);
    int32_t row = 0;
    for (const char *const *model = stage_models; *model != NULL; model++) {
        struct stage stages[STAGE_MAX];
        int32_t count = stage_list(*model, stages);
        for (int32_t i = 0; i < count; i++) {
            if (strcmp(stages[i].name, "attention") == 0)
                continue;
            const struct profile_stage *measured = &profile.stages[row++];
            ck_assert_str_eq(measured->stage.model, *model);
            ck_assert_str_eq(measured->stage.name, stages[i].name);
            ck_assert(is_time(measured->fixed_us) && is_time(measured->sample_us));
            ck_assert_double_gt(measured->fixed_us + measured->sample_us, 0);
        }
    }
    ck_assert_int_eq(row, profile.count);
    const struct profile_kind *kind = &profile.kind;
    ck_assert(kind->mac_per_us > 0 && is_time(kind->launch_us) && kind->tree_step_us > 0);
    ck_assert(kind->conv_efficiency > 0 && kind->conv_efficiency <= 1);
    ck_assert(kind->dense_efficiency > 0 && kind->dense_efficiency <= 1);
    ck_assert(kind->tree_efficiency > 0 && kind->tree_efficiency <= 1);
    ck_assert(kind->memory_bytes_per_us > 0 && kind->io_bytes_per_us > 0);

    /* a platform takes the file, and says the same but for rounding to four digits */
    struct fault fault = FAULT_NONE;
    ck_assert(profile_write(&profile, scratch_path(&scratch, "profile.yaml"), &fault));
    ck_assert_int_eq(scratch_count(&scratch, ""), 1);
    const char *platform = scratch_write(
        &scratch, "host.yaml",
        "format: 1\nplatform: host\nsummary: measured\nkinds:\n  host: {class: cpu, profile: "
        "profile.yaml}\nclusters: [{name: host}]\ninterconnect: {kind: matrix, "
        "bandwidth_bytes_per_us: 1000}\n");
    struct soc soc;
    ck_assert_msg(soc_load(&soc, scratch.arena, platform, &fault), "%s: %s", fault.where,
                  fault.what);
    const struct soc_profile *read = &soc.kinds[0].profile;
    ck_assert_double_eq_tol(read->mac_per_us, kind->mac_per_us, 1e-3 * kind->mac_per_us);
    ck_assert_double_eq_tol(read->step_us[APP_KERNEL_TREE], kind->tree_step_us,
                            1e-3 * kind->tree_step_us);
    ck_assert_int_eq(read->stage_count, profile.count);
    for (int32_t i = 0; i < profile.count; i++) {
        const struct profile_stage *measured = &profile.stages[i];
        ck_assert_str_eq(
            read->stages[i].name,
            arena_printf(scratch.arena, "%s/%s", measured->stage.model, measured->stage.name));
        ck_assert_double_eq_tol(read->stages[i].fixed_us, measured->fixed_us,
                                1e-9 + 1e-3 * measured->fixed_us);
        ck_assert_double_eq_tol(read->stages[i].sample_us, measured->sample_us,
                                1e-9 + 1e-3 * measured->sample_us);
    }
}
END_TEST

START_TEST(a_path_that_cannot_be_written_is_a_fault)
{
    struct fault fault = FAULT_NONE;
    ck_assert(!profile_write(&profile, scratch_path(&scratch, "no/profile.yaml"), &fault));
    ck_assert(strstr(fault.what, "cannot write") != NULL);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("profile");
    TCase *measuring = tcase_create("measuring");
    tcase_set_timeout(measuring, 60);
    tcase_add_checked_fixture(measuring, open_scratch, close_scratch);
    tcase_add_test(measuring, a_line_is_fitted_through_two_calls);
    tcase_add_test(measuring, every_stage_with_a_kernel_is_measured);
    tcase_add_test(measuring, a_path_that_cannot_be_written_is_a_fault);
    suite_add_tcase(suite, measuring);
    return suite;
}
