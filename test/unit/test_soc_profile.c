/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Profiles of PE kinds, and files of measurements that they name. */
#include "sim/soc_profile.h"

#include "base/tick.h"
#include "sim/bind.h"
#include "test/scratch.h"
#include "test/suite.h"

static struct scratch scratch;
static struct fault fault;
static struct soc soc;

static void begin(void)
{
    scratch_init(&scratch);
    fault = FAULT_NONE;
}

static void end(void)
{
    scratch_finish(&scratch);
}

/* Loads a platform of one PE kind with this profile. */
static bool load_platform(const char *profile)
{
    const char *text =
        arena_printf(scratch.arena,
                     "format: 1\nplatform: host\nsummary: one core\nkinds:\n  core: {class: cpu, "
                     "profile: %s}\nclusters: [{name: core}]\n"
                     "interconnect: {kind: matrix, bandwidth_bytes_per_us: 1000}\n",
                     profile);
    return soc_load(&soc, scratch.arena, scratch_write(&scratch, "host.yaml", text), &fault);
}

#define KIND                                                                                       \
    "kind: {launch_us: 3, mac_per_us: 1000, efficiency: {tree: 0.5}, memory_bytes_per_us: 10}\n"
#define STAGES                                                                                     \
    "stages:\n  - {stage: cigt_mnist/B0, fixed_us: 7, sample_us: 2}\n"                             \
    "  - {stage: cigt_mnist/R0, fixed_us: 0, sample_us: 0.25, depth: 5}\n"

static const struct soc_profile *load_measured(const char *profile, const char *measured)
{
    scratch_write(&scratch, "measured.yaml", measured);
    ck_assert_msg(load_platform(profile), "%s: %s", fault.where, fault.what);
    return &soc.kinds[0].profile;
}

START_TEST(a_file_gives_the_stages_and_what_the_profile_leaves_out)
{
    const struct soc_profile *profile = load_measured("measured.yaml", "format: 1\n" KIND STAGES);
    ck_assert_int_eq(profile->stage_count, 2);
    ck_assert_double_eq(soc_profile_stage(profile, "cigt_mnist/R0")->sample_us, 0.25);
    ck_assert_ptr_null(soc_profile_stage(profile, "cigt_mnist/B1"));
    ck_assert_ptr_null(soc_profile_stage(profile, NULL));
    ck_assert_double_eq(profile->launch_us, 3);
    ck_assert_double_eq(profile->efficiency[APP_KERNEL_TREE], 0.5);
    ck_assert_double_eq(profile->efficiency[APP_KERNEL_CONV], 1);
    ck_assert_double_eq(profile->io_bytes_per_us, 10);

    profile = load_measured("{file: measured.yaml, launch_us: 0, efficiency: {conv: 0.25}}",
                            "format: 1\n" KIND STAGES);
    ck_assert_double_eq(profile->launch_us, 0);
    ck_assert_double_eq(profile->mac_per_us, 1000);
    ck_assert_double_eq(profile->efficiency[APP_KERNEL_TREE], 0.5);
    ck_assert_double_eq(profile->efficiency[APP_KERNEL_CONV], 0.25);

    profile = load_measured("{file: measured.yaml, mac_per_us: 5, memory_bytes_per_us: 6}",
                            "format: 1\n" STAGES); /* without a kind */
    ck_assert_double_eq(profile->mac_per_us, 5);
    ck_assert_int_eq(profile->stage_count, 2);
}
END_TEST

/* Cost of a task that is alone in its app, for 10 samples, on the only PE kind. */
static double cost_us(const char *kernel)
{
    const char *text = arena_printf(
        scratch.arena,
        "format: 1\napp: one\nsummary: one task\nbatch: 10\nkinds: {a: {kernel: %s}}\ntasks: [a]\n",
        kernel);
    struct app_set set;
    struct bind bind;
    ck_assert_msg(app_load(&set, scratch.arena, scratch_write(&scratch, "one.yaml", text), &fault),
                  "%s", fault.what);
    ck_assert(bind_app(&bind, scratch.arena, &set.apps[0], &soc, &fault));
    return tick_to_us(bind.cost_ps[0] + (bind.load_ps == NULL ? 0 : bind.load_ps[0]));
}

START_TEST(a_task_takes_what_was_measured_of_its_stage_and_the_roofline_otherwise)
{
    load_measured("{file: measured.yaml, local_bytes: 1e9}", "format: 1\n" KIND STAGES);
    ck_assert_double_eq(cost_us("cigt_mnist/B0"), 7 + 10 * 2);
    ck_assert_double_eq(cost_us("{stage: cigt_mnist/R0, class: dense}"), 10 * 0.25);
    /* one count is the app's own: 3 + 10 * 500 / 1000, and 40 bytes to load at 10 per us */
    ck_assert_double_eq(
        cost_us("{stage: cigt_mnist/B0, mac: 500, weight_bytes: 40, activation_bytes: 0}"),
        3 + 5 + 4);
    ck_assert_double_eq(cost_us("{mac: 100}"), 3 + 1);
}
END_TEST

/* What is wrong with a platform of this profile and this file. */
static const char *refuse(const char *profile, const char *measured)
{
    fault = FAULT_NONE;
    scratch_write(&scratch, "measured.yaml", measured);
    ck_assert(!load_platform(profile));
    return arena_printf(scratch.arena, "%s", fault.what);
}

START_TEST(a_file_that_is_no_cost_profile_is_refused_where_it_is_wrong)
{
    ck_assert_str_eq(refuse("measured.yaml",
                            "format: 1\n" KIND
                            "stages: [{stage: cigt_mnist/B9, fixed_us: 1, sample_us: 1}]\n"),
                     "there is no stage 'cigt_mnist/B9'");
    assert_holds(fault.where, "measured.yaml:3:");
    ck_assert_str_eq(fault.hint, "did you mean 'cigt_mnist/B0'?");
    ck_assert_str_eq(refuse("measured.yaml",
                            "format: 1\n" KIND STAGES
                            "  - {stage: cigt_mnist/B0, fixed_us: 7, sample_us: 2}\n"),
                     "stage 'cigt_mnist/B0' is measured twice");
    assert_holds(refuse("measured.yaml", "format: 1\nstages: [{stage: cigt_mnist/B0, fixed_us: -1, "
                                         "sample_us: 1}]\n"),
                 "fixed_us");
    ck_assert_str_eq(refuse("measured.yaml", "format: 1\n" STAGES),
                     "a profile needs mac_per_us and memory_bytes_per_us");
    assert_holds(fault.where, "host.yaml:5:");
    ck_assert_str_eq(refuse("{launch_us: 1}", ""),
                     "a profile needs mac_per_us and memory_bytes_per_us");
    refuse("nowhere.yaml", "");
    assert_holds(fault.where, "nowhere.yaml");
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("soc_profile");
    TCase *cases = tcase_create("soc_profile");
    tcase_add_checked_fixture(cases, begin, end);
    tcase_add_test(cases, a_file_gives_the_stages_and_what_the_profile_leaves_out);
    tcase_add_test(cases, a_task_takes_what_was_measured_of_its_stage_and_the_roofline_otherwise);
    tcase_add_test(cases, a_file_that_is_no_cost_profile_is_refused_where_it_is_wrong);
    suite_add_tcase(suite, cases);
    return suite;
}
