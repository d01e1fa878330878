/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>

#include "base/sql.h"
#include "test/scratch.h"
#include "test/suite.h"

static struct scratch scratch;
static struct fault fault;
static struct sql *sql;

static void setup(void)
{
    scratch_init(&scratch);
    fault = FAULT_NONE;
    sql = sql_open(scratch_path(&scratch, "a.db"), &fault);
    ck_assert_ptr_nonnull(sql);
    ck_assert(sql_run(sql, "CREATE TABLE t (a TEXT, b INTEGER, c REAL)", &fault));
}

static void teardown(void)
{
    sql_close(sql);
    scratch_finish(&scratch);
}

static void put(const char *a, int64_t b, double c)
{
    struct sql_query *query = sql_prepare(sql, "INSERT INTO t VALUES (?, ?, ?)", &fault);
    ck_assert_ptr_nonnull(query);
    sql_bind_text(query, 1, a);
    sql_bind_int(query, 2, b);
    sql_bind_real(query, 3, c);
    ck_assert(sql_do(query, &fault));
    sql_finish(query);
}

START_TEST(values_come_back_bit_for_bit)
{
    put("it's", INT64_MIN, 0.1);
    put(NULL, INT64_MAX, NAN);
    struct sql_query *query = sql_prepare(sql, "SELECT a, b, c FROM t ORDER BY b", &fault);
    ck_assert(sql_next(query, &fault));
    ck_assert_str_eq(sql_text(query, 0), "it's");
    ck_assert_int_eq(sql_int(query, 1), INT64_MIN);
    ck_assert(sql_real(query, 2) == 0.1);
    ck_assert(sql_next(query, &fault));
    ck_assert_str_eq(sql_text(query, 0), "");
    ck_assert_int_eq(sql_int(query, 1), INT64_MAX);
    ck_assert(isnan(sql_real(query, 2)));
    ck_assert(!sql_next(query, &fault));
    ck_assert(!fault_is_set(&fault));
    ck_assert(sql_next(query, &fault)); /* again from the first row */
    sql_finish(query);
}
END_TEST

START_TEST(a_transaction_is_kept_or_undone_as_a_whole)
{
    int64_t count;
    ck_assert(sql_run(sql, "BEGIN", &fault));
    put("x", 1, 1);
    ck_assert(!sql_settle(sql, false, &fault));
    ck_assert(sql_number(sql, "SELECT count(*) FROM t", &count, &fault));
    ck_assert_int_eq(count, 0);
    ck_assert(sql_run(sql, "BEGIN", &fault));
    put("x", 1, 1);
    ck_assert(sql_settle(sql, true, &fault));
    ck_assert(sql_number(sql, "SELECT count(*) FROM t", &count, &fault));
    ck_assert_int_eq(count, 1);
}
END_TEST

START_TEST(mistakes_are_faults_that_name_the_file)
{
    ck_assert(!sql_run(sql, "INSERT INTO missing VALUES (1)", &fault));
    ck_assert_str_eq(fault.where, scratch_path(&scratch, "a.db"));
    ck_assert_str_eq(fault.what, "no such table: missing");
    fault = FAULT_NONE;
    ck_assert_ptr_null(sql_prepare(sql, "SELEKT", &fault));
    ck_assert(fault_is_set(&fault));
    fault = FAULT_NONE;
    ck_assert_ptr_null(sql_open(scratch_path(&scratch, "no/folder/a.db"), &fault));
    assert_holds(fault.hint, "-o");
}
END_TEST

START_TEST(a_database_that_may_not_grow_is_a_full_disk)
{
    ck_assert(sql_run(sql, "PRAGMA max_page_count = 3", &fault));
    struct sql_query *query =
        sql_prepare(sql, "INSERT INTO t VALUES (zeroblob(100000), 1, 1)", &fault);
    ck_assert(!sql_do(query, &fault));
    assert_holds(fault.hint, "disk full");
    sql_finish(query);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("sql");
    TCase *tcase = tcase_create("sql");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, values_come_back_bit_for_bit);
    tcase_add_test(tcase, a_transaction_is_kept_or_undone_as_a_whole);
    tcase_add_test(tcase, mistakes_are_faults_that_name_the_file);
    tcase_add_test(tcase, a_database_that_may_not_grow_is_a_full_disk);
    suite_add_tcase(suite, tcase);
    return suite;
}
