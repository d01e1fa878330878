/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "lab/library.h"
#include "test/scratch.h"
#include "test/suite.h"

static struct scratch scratch;
static struct fault fault;

/* $HETSOC_DATA is the folder `data` of the scratch folder; files name things from `here`. */
static void setup(void)
{
    scratch_init(&scratch);
    fault = FAULT_NONE;
    setenv("HETSOC_DATA", scratch_path(&scratch, "data"), 1);
    scratch_write(&scratch, "data/sim/platforms/chip.yaml", "");
    scratch_write(&scratch, "data/sim/platforms/board.yaml", "");
    scratch_write(&scratch, "data/sim/platforms/.hidden.yaml", "");
    scratch_write(&scratch, "data/sim/platforms/notes.txt", "");
    scratch_write(&scratch, "data/workloads/apps/radio.yaml", "");
    scratch_write(&scratch, "data/analysis/experiments/race/experiment.yaml", "");
    scratch_write(&scratch, "data/analysis/experiments/empty/README.md", "");
    scratch_write(&scratch, "here/own.yaml", "");
}

static void teardown(void)
{
    scratch_finish(&scratch);
}

static const char *find(enum library_shelf shelf, const char *value)
{
    return library_find(scratch.arena, shelf, value, scratch_path(&scratch, "here"), "e.yaml:3:11",
                        &fault);
}

static void assert_found(enum library_shelf shelf, const char *value, const char *path)
{
    const char *found = find(shelf, value);
    ck_assert_msg(found != NULL, "%s: %s", value, fault.what);
    ck_assert_str_eq(found, scratch_path(&scratch, path));
}

static bool is_listed(const char **names, int count, const char *name)
{
    for (int i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

START_TEST(names_are_found_on_their_shelf)
{
    assert_found(LIBRARY_PLATFORMS, "chip", "data/sim/platforms/chip.yaml");
    assert_found(LIBRARY_APPS, "radio", "data/workloads/apps/radio.yaml");
    assert_found(LIBRARY_EXPERIMENTS, "race", "data/analysis/experiments/race/experiment.yaml");
    ck_assert_ptr_null(find(LIBRARY_APPS, "chip"));
}
END_TEST

START_TEST(a_file_beside_the_naming_file_comes_first)
{
    scratch_write(&scratch, "here/chip.yaml", "");
    assert_found(LIBRARY_PLATFORMS, "chip", "here/chip.yaml");
}
END_TEST

START_TEST(the_data_variable_comes_before_the_source_tree)
{
    scratch_write(&scratch, "data/sim/platforms/top3.yaml", "");
    assert_found(LIBRARY_PLATFORMS, "top3", "data/sim/platforms/top3.yaml");
    unsetenv("HETSOC_DATA");
    const char *shipped = find(LIBRARY_PLATFORMS, "top3");
    ck_assert_ptr_nonnull(shipped);
    ck_assert_ptr_null(strstr(shipped, scratch.folder));
}
END_TEST

START_TEST(paths_are_relative_to_the_naming_file)
{
    assert_found(LIBRARY_PLATFORMS, "own.yaml", "here/own.yaml");
    ck_assert_str_eq(find(LIBRARY_PLATFORMS, "../here/own.yaml"),
                     scratch_path(&scratch, "here/../here/own.yaml"));
    const char *absolute = scratch_path(&scratch, "data/sim/platforms/chip.yaml");
    ck_assert_str_eq(find(LIBRARY_PLATFORMS, absolute), absolute);
    ck_assert_ptr_null(find(LIBRARY_PLATFORMS, "./chip.yaml"));
}
END_TEST

START_TEST(an_unknown_name_is_refused_with_the_nearest_and_where_was_looked)
{
    ck_assert_ptr_null(find(LIBRARY_PLATFORMS, "chp"));
    ck_assert_str_eq(fault.where, "e.yaml:3:11");
    ck_assert_str_eq(fault.what, "unknown platform `chp`");
    assert_holds(fault.hint, "did you mean `chip`");
    assert_holds(fault.hint, scratch_path(&scratch, "data/sim/platforms"));
}
END_TEST

START_TEST(lists_are_sorted_and_hold_each_name_once)
{
    scratch_write(&scratch, "data/sim/platforms/top3.yaml", "");
    int count;
    const char **names = library_list(scratch.arena, LIBRARY_PLATFORMS, &count);
    for (int i = 1; i < count; i++)
        ck_assert_str_lt(names[i - 1], names[i]);
    ck_assert(is_listed(names, count, "board"));
    ck_assert(is_listed(names, count, "chip"));
    ck_assert(is_listed(names, count, "top3"));
    ck_assert(!is_listed(names, count, "notes"));
    ck_assert(!is_listed(names, count, ".hidden"));
    names = library_list(scratch.arena, LIBRARY_EXPERIMENTS, &count);
    ck_assert(is_listed(names, count, "race"));
    ck_assert(!is_listed(names, count, "empty"));
}
END_TEST

START_TEST(an_experiment_is_a_file_a_folder_or_a_name)
{
    const char *file = scratch_path(&scratch, "data/analysis/experiments/race/experiment.yaml");
    const char *folder = scratch_path(&scratch, "data/analysis/experiments/race");
    ck_assert_str_eq(library_find_experiment(scratch.arena, file, &fault), file);
    ck_assert_str_eq(library_find_experiment(scratch.arena, folder, &fault), file);
    ck_assert_str_eq(
        library_find_experiment(scratch.arena, arena_printf(scratch.arena, "%s/", folder), &fault),
        file);
    ck_assert_str_eq(library_find_experiment(scratch.arena, "race", &fault), file);
    ck_assert_ptr_null(library_find_experiment(scratch.arena, "rac", &fault));
    assert_holds(fault.hint, "`race`");
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("library");
    TCase *tcase = tcase_create("library");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, names_are_found_on_their_shelf);
    tcase_add_test(tcase, a_file_beside_the_naming_file_comes_first);
    tcase_add_test(tcase, the_data_variable_comes_before_the_source_tree);
    tcase_add_test(tcase, paths_are_relative_to_the_naming_file);
    tcase_add_test(tcase, an_unknown_name_is_refused_with_the_nearest_and_where_was_looked);
    tcase_add_test(tcase, lists_are_sorted_and_hold_each_name_once);
    tcase_add_test(tcase, an_experiment_is_a_file_a_folder_or_a_name);
    suite_add_tcase(suite, tcase);
    return suite;
}
