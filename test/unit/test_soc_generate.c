/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "base/tick.h"
#include "sim/bind.h"
#include "test/scratch.h"
#include "test/suite.h"

static struct scratch scratch;
static struct fault fault;
static struct soc soc;

static void set_up(void)
{
    scratch_init(&scratch);
    fault = FAULT_NONE;
}

static void tear_down(void)
{
    scratch_finish(&scratch);
}

/* Two templates, and what is generated of them. */
static bool generate(const char *keys)
{
    const char *text = arena_printf(
        scratch.arena,
        "format: 1\nplatform: many\nsummary: many\n"
        "kinds:\n"
        "  A: {class: cpu, power: {dynamic_mw: 100, static_mw: 10}}\n"
        "  B: {class: dsp, profile: {mac_per_us: 50, memory_bytes_per_us: 7}, active_mw: 90}\n"
        "generate: {%s}\n"
        "interconnect: {kind: matrix, bandwidth_bytes_per_us: 9}\n",
        keys);
    return soc_load(&soc, scratch.arena, scratch_write(&scratch, "many.yaml", text), &fault);
}

static void make(const char *keys)
{
    bool made = generate(keys);
    ck_assert_msg(made, "%s: %s", fault.where, fault.what);
}

static void refuse(const char *keys, const char *what)
{
    fault = FAULT_NONE;
    ck_assert_msg(!generate(keys), "%s", keys);
    assert_holds(fault.what, what);
    assert_holds(fault.where, "many.yaml:");
}

START_TEST(there_are_as_many_pes_and_kinds_as_asked_for)
{
    static const int32_t pes[] = {2, 16, 1024, 4096};
    for (size_t i = 0; i < sizeof pes / sizeof *pes; i++) {
        int32_t kinds = pes[i] < 40 ? pes[i] : 40;
        make(arena_printf(scratch.arena, "pes: %d, kinds: %d, heterogeneity: 1", (int)pes[i],
                          (int)kinds));
        ck_assert_int_eq(soc.pe_count, pes[i]);
        ck_assert_int_eq(soc.kind_count, kinds);
        ck_assert_int_eq(soc.cluster_count, kinds);
        int32_t next = 0;
        for (int32_t c = 0; c < soc.cluster_count; c++) {
            ck_assert_int_eq(soc.clusters[c].first_pe, next);
            ck_assert_int_ge(soc.clusters[c].pe_count, 1);
            for (int32_t p = 0; p < soc.clusters[c].pe_count; p++)
                ck_assert_int_eq(soc.pes[next + p].kind, soc.clusters[c].kind);
            next += soc.clusters[c].pe_count;
        }
        ck_assert_int_eq(next, pes[i]);
    }
}
END_TEST

START_TEST(without_a_number_of_kinds_there_is_one_like_each_template)
{
    make("pes: 9");
    ck_assert_int_eq(soc.kind_count, 2);
    ck_assert_str_eq(soc.kinds[0].name, "A.0");
    ck_assert_str_eq(soc.kinds[1].name, "B.1");
    ck_assert_str_eq(soc.kinds[1].like, "B");
    ck_assert_double_eq(soc.kinds[1].speed, 1);
    ck_assert_int_eq(soc.kinds[1].class, SOC_DSP);
    ck_assert_str_eq(soc.clusters[1].name, "B.1");
}
END_TEST

START_TEST(speeds_are_uniform_around_their_templates)
{
    make("pes: 1024, kinds: 1024, heterogeneity: 0.6");
    double sum = 0.0, squares = 0.0;
    for (int32_t k = 0; k < 1024; k++) {
        double speed = soc.kinds[k].speed;
        ck_assert(speed > 0.7 && speed < 1.3);
        sum += speed;
        squares += (speed - 1) * (speed - 1);
    }
    /* standard errors: 0.0054 of the mean, 0.00084 of the variance 0.6^2 / 12 */
    ck_assert_double_eq_tol(sum / 1024, 1, 0.022);
    ck_assert_double_eq_tol(squares / 1024, 0.03, 0.0034);
}
END_TEST

START_TEST(pes_are_of_all_kinds_alike)
{
    make("pes: 4096, kinds: 8");
    for (int32_t c = 0; c < 8; c++)
        ck_assert_int_lt(abs(soc.clusters[c].pe_count - 512), 86); /* 4 standard errors */
}
END_TEST

START_TEST(speed_scales_power_and_the_peak_of_the_profile)
{
    make("pes: 40, kinds: 40, heterogeneity: 1.9");
    for (int32_t k = 0; k < 40; k++) {
        const struct soc_kind *kind = &soc.kinds[k];
        if (strcmp(kind->like, "A") == 0) {
            ck_assert_double_eq(kind->power.dynamic_mw, 100 * kind->speed);
            ck_assert_double_eq(kind->power.static_mw, 10);
            ck_assert_double_eq(kind->active_mw, 100 * kind->speed + 10);
        } else {
            ck_assert_double_eq(kind->profile.mac_per_us, 50 * kind->speed);
            ck_assert_double_eq(kind->profile.memory_bytes_per_us, 7);
            ck_assert_double_eq(kind->active_mw, 90 * kind->speed);
        }
    }
}
END_TEST

START_TEST(the_seed_decides_and_a_larger_machine_holds_the_smaller_one)
{
    make("pes: 64, kinds: 12, heterogeneity: 0.5, seed: 3");
    struct soc small = soc;
    make("pes: 64, kinds: 12, heterogeneity: 0.5, seed: 3");
    for (int32_t k = 0; k < 12; k++) {
        ck_assert_double_eq(soc.kinds[k].speed, small.kinds[k].speed);
        ck_assert_int_eq(soc.clusters[k].pe_count, small.clusters[k].pe_count);
    }
    make("pes: 256, kinds: 12, heterogeneity: 0.5, seed: 3");
    for (int32_t k = 0; k < 12; k++) {
        ck_assert_str_eq(soc.kinds[k].name, small.kinds[k].name);
        ck_assert_double_eq(soc.kinds[k].speed, small.kinds[k].speed);
        ck_assert_int_ge(soc.clusters[k].pe_count, small.clusters[k].pe_count);
    }
    make("pes: 64, kinds: 12, heterogeneity: 0.5, seed: 4");
    ck_assert_double_ne(soc.kinds[0].speed, small.kinds[0].speed);
}
END_TEST

/* 12 us on A take 12 / speed on what is like A, unless the app names that kind. */
START_TEST(times_for_a_template_hold_for_what_is_like_it)
{
    make("pes: 4, kinds: 4, heterogeneity: 1");
    const char *app = arena_printf(scratch.arena, "format: 1\napp: a\nsummary: a\n"
                                                  "kinds: {one: {A: 12, A.0: 5}, two: {B: 8}}\n"
                                                  "tasks: [one, two]\nedges: []\n");
    struct app_set set;
    struct bind bind;
    bool bound = app_load(&set, scratch.arena, scratch_write(&scratch, "a.yaml", app), &fault) &&
                 bind_app(&bind, scratch.arena, &set.apps[0], &soc, &fault);
    ck_assert_msg(bound, "%s: %s", fault.where, fault.what);
    ck_assert_int_eq(bind.cost_ps[0], 5 * TICK_PER_US);
    ck_assert_int_eq(bind.cost_ps[1], BIND_INCAPABLE);
    for (int32_t k = 1; k < 4; k++) {
        bool is_a = strcmp(soc.kinds[k].like, "A") == 0;
        ck_assert_int_eq(bind.cost_ps[is_a ? k : 4 + k],
                         tick_from_us((is_a ? 12.0 : 8.0) * (1.0 / soc.kinds[k].speed)));
    }
}
END_TEST

START_TEST(what_cannot_be_made_is_refused_with_the_place)
{
    refuse("kinds: 3", "pes");
    refuse("pes: 0", "pes");
    refuse("pes: 4097", "pes");
    refuse("pes: 4, kinds: 5", "4 PEs cannot be of 5 kinds");
    refuse("pes: 1", "1 PEs cannot be of 2 kinds");
    refuse("pes: 4, heterogeneity: 2", "heterogeneity");
    refuse("pes: 4, seed: -1", "seed");
    refuse("pes: 4, sed: 1", "sed");
}
END_TEST

static bool load(const char *text)
{
    fault = FAULT_NONE;
    return soc_load(&soc, scratch.arena,
                    scratch_write(&scratch, "many.yaml",
                                  arena_printf(scratch.arena,
                                               "format: 1\nplatform: many\nsummary: many\n%s"
                                               "interconnect: {kind: matrix, "
                                               "bandwidth_bytes_per_us: 9}\n",
                                               text)),
                    &fault);
}

START_TEST(a_machine_has_clusters_or_is_generated)
{
    ck_assert(!load("kinds: {A: {class: cpu}}\n"));
    assert_holds(fault.what, "no PE");
    ck_assert(!load("kinds: {A: {class: cpu}}\nclusters: [{name: A}]\ngenerate: {pes: 4}\n"));
    assert_holds(fault.what, "clusters and is generated");
}
END_TEST

START_TEST(a_speed_needs_somebody_to_be_faster_than)
{
    ck_assert(!load("kinds: {A: {class: cpu, speed: 2}}\nclusters: [{name: A}]\n"));
    assert_holds(fault.what, "relative to nothing");
    ck_assert(load("kinds: {A: {class: cpu, speed: 2, like: Z}}\nclusters: [{name: A}]\n"));
    ck_assert(!load("kinds: {A: {class: cpu, like: Z}}\ngenerate: {pes: 4}\n"));
    assert_holds(fault.what, "cannot be like 'Z'");
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("soc_generate");
    TCase *cases = tcase_create("soc_generate");
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, there_are_as_many_pes_and_kinds_as_asked_for);
    tcase_add_test(cases, without_a_number_of_kinds_there_is_one_like_each_template);
    tcase_add_test(cases, speeds_are_uniform_around_their_templates);
    tcase_add_test(cases, pes_are_of_all_kinds_alike);
    tcase_add_test(cases, speed_scales_power_and_the_peak_of_the_profile);
    tcase_add_test(cases, the_seed_decides_and_a_larger_machine_holds_the_smaller_one);
    tcase_add_test(cases, times_for_a_template_hold_for_what_is_like_it);
    tcase_add_test(cases, what_cannot_be_made_is_refused_with_the_place);
    tcase_add_test(cases, a_machine_has_clusters_or_is_generated);
    tcase_add_test(cases, a_speed_needs_somebody_to_be_faster_than);
    suite_add_tcase(suite, cases);
    return suite;
}
