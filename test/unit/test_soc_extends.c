/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "sim/soc.h"
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

#define HEAD(NAME) "format: 1\nplatform: " NAME "\nsummary: " NAME "\n"
#define BASE                                                                                       \
    HEAD("old")                                                                                    \
    "base_mw: 70\n"                                                                                \
    "kinds: {A: {class: cpu, profile: {file: host.yaml, mac_per_us: 5, memory_bytes_per_us: "      \
    "6}},\n"                                                                                       \
    "  B: {class: dsp}}\n"                                                                         \
    "clusters: [{name: A, count: 2}, {name: B}]\n"                                                 \
    "interconnect: {kind: matrix, bandwidth_bytes_per_us: 9}\n"
#define HOST "format: 1\nstages: [{stage: cigt_mnist/B0, fixed_us: 7, sample_us: 2}]\n"

static bool load(const char *name, const char *text)
{
    return soc_load(&soc, scratch.arena, scratch_write(&scratch, name, text), &fault);
}

static void assert_fault(const char *where, const char *what)
{
    ck_assert_msg(strstr(fault.where, where) != NULL, "'%s' is not at '%s'", fault.where, where);
    ck_assert_msg(strstr(fault.what, what) != NULL, "'%s' does not say '%s'", fault.what, what);
}

START_TEST(what_a_file_does_not_say_is_that_of_the_one_it_extends)
{
    scratch_write(&scratch, "old.yaml", BASE);
    scratch_write(&scratch, "host.yaml", HOST);
    bool loaded =
        load("new.yaml", HEAD("new") "extends: old\n"
                                     "interconnect: {kind: bus, bandwidth_bytes_per_us: 4}\n");
    ck_assert_msg(loaded, "%s: %s", fault.where, fault.what);
    ck_assert_str_eq(soc.name, "new");
    ck_assert_str_eq(soc.summary, "new");
    ck_assert_int_eq(soc.bases.count, 1);
    ck_assert_str_eq(soc.bases.files[0], scratch_path(&scratch, "old.yaml"));
    ck_assert_int_eq(soc.pe_count, 3);
    ck_assert_double_eq(soc.base_mw, 70);
    ck_assert_int_eq(soc.interconnect, SOC_BUS);
}
END_TEST

START_TEST(a_key_is_taken_whole_or_not_at_all)
{
    scratch_write(&scratch, "old.yaml", BASE);
    ck_assert(load("new.yaml", HEAD("new") "extends: old\nkinds: {C: {class: gpu}}\n"
                                           "clusters: [{name: C}]\nbase_mw: 8\n"));
    ck_assert_int_eq(soc.kind_count, 1);
    ck_assert_int_eq(soc.pe_count, 1);
    ck_assert_double_eq(soc.base_mw, 8);
}
END_TEST

START_TEST(generate_takes_the_place_of_clusters_and_of_what_heats_them)
{
    scratch_write(
        &scratch, "old.yaml",
        HEAD("old") "kinds: {A: {class: cpu, power: {dynamic_mw: 5, static_mw: 1}}}\n"
                    "clusters: [{name: A, count: 2}]\n"
                    "thermal: {period_us: 10, ambient_c: 42, hotspots: [{keeps: [0.9]}],\n"
                    "  sources: [{cluster: A, c_per_w: [0.5]}]}\n"
                    "interconnect: {kind: matrix, bandwidth_bytes_per_us: 9}\n");
    bool loaded = load("new.yaml", HEAD("new") "extends: old\ngenerate: {pes: 7}\n");
    ck_assert_msg(loaded, "%s: %s", fault.where, fault.what);
    ck_assert_int_eq(soc.pe_count, 7);
    ck_assert_ptr_null(soc.thermal);
}
END_TEST

START_TEST(a_path_starts_in_the_folder_of_the_file_and_other_files_in_that_of_theirs)
{
    scratch_write(&scratch, "a/old.yaml", BASE);
    scratch_write(&scratch, "a/host.yaml", HOST);
    bool loaded = load("b/new.yaml", HEAD("new") "extends: ../a/old.yaml\n");
    ck_assert_msg(loaded, "%s: %s", fault.where, fault.what);
    ck_assert_ptr_nonnull(strstr(soc.kinds[0].profile.file, "a/host.yaml"));
}
END_TEST

START_TEST(a_base_that_is_not_there_is_a_fault_where_it_is_named)
{
    ck_assert(!load("new.yaml", HEAD("new") "extends: old\n"));
    assert_fault("new.yaml:4:10", "old.yaml");
    ck_assert_ptr_nonnull(strstr(fault.hint, "beside this one"));
}
END_TEST

START_TEST(a_mistake_in_the_base_is_a_fault_there)
{
    scratch_write(&scratch, "old.yaml", HEAD("old") "kinds: {A: {class: car}}\n");
    ck_assert(!load("new.yaml", HEAD("new") "extends: old\n"));
    assert_fault("old.yaml:4:20", "car");
    fault = FAULT_NONE;
    scratch_write(&scratch, "old.yaml", "kinds: {A\n");
    ck_assert(!load("new.yaml", HEAD("new") "extends: old\n"));
    assert_fault("old.yaml:", "");
}
END_TEST

/* new -> a/middle -> a/b/oldest: each path starts in the folder of the file that says it. */
START_TEST(a_base_may_extend_another_from_its_own_folder)
{
    scratch_write(&scratch, "a/b/oldest.yaml",
                  HEAD("oldest") "base_mw: 70\nkinds: {A: {class: cpu}}\n"
                                 "clusters: [{name: A, count: 2}]\n"
                                 "interconnect: {kind: matrix, bandwidth_bytes_per_us: 9}\n");
    scratch_write(&scratch, "a/middle.yaml",
                  HEAD("middle") "extends: b/oldest.yaml\nclusters: [{name: A, count: 5}]\n");
    bool loaded = load("new.yaml", HEAD("new") "extends: a/middle.yaml\nbase_mw: 8\n");
    ck_assert_msg(loaded, "%s: %s", fault.where, fault.what);
    ck_assert_double_eq(soc.base_mw, 8);
    ck_assert_int_eq(soc.pe_count, 5);
    ck_assert_int_eq(soc.interconnect, SOC_MATRIX);
    ck_assert_int_eq(soc.bases.count, 2);
    ck_assert_str_eq(soc.bases.files[0], scratch_path(&scratch, "a/middle.yaml"));
    ck_assert_str_eq(soc.bases.files[1], scratch_path(&scratch, "a/b/oldest.yaml"));
}
END_TEST

START_TEST(a_mistake_in_the_base_of_a_base_is_a_fault_there)
{
    scratch_write(&scratch, "old.yaml", HEAD("old") "extends: older\n");
    ck_assert(!load("new.yaml", HEAD("new") "extends: old\n"));
    assert_fault("old.yaml:4:10", "older.yaml");
    fault = FAULT_NONE;
    scratch_write(&scratch, "older.yaml", HEAD("older") "kinds: {A: {class: car}}\n");
    ck_assert(!load("new.yaml", HEAD("new") "extends: old\n"));
    assert_fault("older.yaml:4:20", "car");
    fault = FAULT_NONE;
    scratch_write(&scratch, "older.yaml", HEAD("older") "kinds: {A: {class: cpu}}\nextends: [x]\n");
    ck_assert(!load("new.yaml", HEAD("new") "extends: old\n"));
    assert_fault("older.yaml:5:10", "extends");
}
END_TEST

START_TEST(platforms_that_extend_each_other_in_a_circle_are_named)
{
    ck_assert(!load("new.yaml", HEAD("new") "extends: new\n"));
    assert_fault("new.yaml:4:10", "in a circle: ");
    fault = FAULT_NONE;
    scratch_write(&scratch, "a/old.yaml", BASE "extends: ../a/older.yaml\n");
    scratch_write(&scratch, "a/older.yaml", HEAD("older") "extends: ./../a/old.yaml\n");
    ck_assert(!load("new.yaml", HEAD("new") "extends: a/old.yaml\n"));
    assert_fault("older.yaml:4:10", "in a circle: ");
    assert_fault("", arena_printf(scratch.arena, "%s -> %s/a/../a/older.yaml",
                                  scratch_path(&scratch, "a/old.yaml"), scratch.folder));
    ck_assert_str_ne(fault.hint, "");
}
END_TEST

START_TEST(only_a_text_can_be_extended)
{
    ck_assert(!load("new.yaml", HEAD("new") "extends: [old]\n"));
    assert_fault("new.yaml:4:10", "extends");
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("soc_extends");
    TCase *cases = tcase_create("soc_extends");
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, what_a_file_does_not_say_is_that_of_the_one_it_extends);
    tcase_add_test(cases, a_key_is_taken_whole_or_not_at_all);
    tcase_add_test(cases, generate_takes_the_place_of_clusters_and_of_what_heats_them);
    tcase_add_test(cases,
                   a_path_starts_in_the_folder_of_the_file_and_other_files_in_that_of_theirs);
    tcase_add_test(cases, a_base_that_is_not_there_is_a_fault_where_it_is_named);
    tcase_add_test(cases, a_mistake_in_the_base_is_a_fault_there);
    tcase_add_test(cases, a_base_may_extend_another_from_its_own_folder);
    tcase_add_test(cases, a_mistake_in_the_base_of_a_base_is_a_fault_there);
    tcase_add_test(cases, platforms_that_extend_each_other_in_a_circle_are_named);
    tcase_add_test(cases, only_a_text_can_be_extended);
    suite_add_tcase(suite, cases);
    return suite;
}
