/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "lab/parts.h"
#include "test/scratch.h"
#include "test/suite.h"

static struct scratch scratch;
static struct fault fault;

static void setup(void)
{
    scratch_init(&scratch);
    fault = FAULT_NONE;
}

static void teardown(void)
{
    scratch_finish(&scratch);
}

START_TEST(parts_are_taken_out_of_their_folder)
{
    struct parts parts;
    for (int t = 0; t < TABLES_COUNT; t++) {
        scratch_write(&scratch, arena_printf(scratch.arena, "p/7.%s", tables_names[t]),
                      arena_printf(scratch.arena, "7,%d\n", t));
        scratch_write(&scratch, arena_printf(scratch.arena, "p/8.%s", tables_names[t]), "8\n");
    }
    ck_assert(parts_take(&parts, scratch_path(&scratch, "p"), 7, &fault));
    ck_assert_str_eq(parts.rows[TABLES_JOBS], "7,0\n");
    ck_assert_str_eq(parts.rows[TABLES_PES], "7,2\n");
    ck_assert_int_eq(scratch_count(&scratch, "p"), TABLES_COUNT);
    parts_finish(&parts);
    ck_assert_ptr_null(parts.rows[TABLES_JOBS]);
}
END_TEST

START_TEST(a_missing_part_is_told)
{
    struct parts parts;
    scratch_write(&scratch, "p/7.jobs.csv", "7\n");
    ck_assert(!parts_take(&parts, scratch_path(&scratch, "p"), 7, &fault));
    assert_holds(fault.where, "p/7.tasks.csv");
    ck_assert_ptr_null(parts.rows[TABLES_JOBS]);
}
END_TEST

START_TEST(only_folders_of_parts_are_swept)
{
    const char *own = parts_dir(scratch.arena, "out") + strlen("out/");
    scratch_write(&scratch, arena_printf(scratch.arena, "%s/1.jobs.csv", own), "1\n");
    scratch_write(&scratch, ".parts-elsewhere-3/2.pes.csv", "2\n");
    scratch_write(&scratch, "plots/latency.gp", "plot\n");
    parts_sweep(scratch.folder);
    ck_assert_int_eq(scratch_count(&scratch, ""), 1);
    ck_assert_int_eq(scratch_count(&scratch, "plots"), 1);
    parts_sweep(scratch_path(&scratch, "nowhere"));
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("parts");
    TCase *tcase = tcase_create("parts");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, parts_are_taken_out_of_their_folder);
    tcase_add_test(tcase, a_missing_part_is_told);
    tcase_add_test(tcase, only_folders_of_parts_are_swept);
    suite_add_tcase(suite, tcase);
    return suite;
}
