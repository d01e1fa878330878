/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/placing.h"
#include "test/scratch.h"
#include "test/suite.h"

static struct scratch scratch;
static struct fault fault;
static struct placing placing;

static void setup(void)
{
    scratch_init(&scratch);
    fault = FAULT_NONE;
    scratch_write(&scratch, "file", "before");
}

static void teardown(void)
{
    scratch_finish(&scratch);
}

static void begin(const char *path)
{
    ck_assert_msg(placing_begin(&placing, path, "a hint", &fault), "%s", fault.what);
    fputs("after", placing.stream);
}

START_TEST(a_file_takes_its_place_when_it_is_whole)
{
    begin(scratch_path(&scratch, "file"));
    ck_assert_str_eq(scratch_read(&scratch, "file"), "before");
    ck_assert(placing_end(&placing, true, &fault));
    ck_assert_str_eq(scratch_read(&scratch, "file"), "after");
    ck_assert_int_eq(scratch_count(&scratch, ""), 1);
}
END_TEST

START_TEST(what_was_there_stays_where_the_writer_failed)
{
    begin(scratch_path(&scratch, "file"));
    ck_assert(!placing_end(&placing, false, &fault));
    ck_assert_str_eq(scratch_read(&scratch, "file"), "before");
    ck_assert_int_eq(scratch_count(&scratch, ""), 1);
}
END_TEST

START_TEST(a_folder_that_is_not_there_is_told_with_the_hint)
{
    const char *path = scratch_path(&scratch, "no/file");
    ck_assert(!placing_begin(&placing, path, "a hint", &fault));
    assert_holds(fault.what, "No such file");
    ck_assert_str_eq(fault.hint, "a hint");
}
END_TEST

START_TEST(a_pipe_is_written_into_and_keeps_its_place)
{
    const char *path = scratch_path(&scratch, "pipe");
    char text[6] = "";
    struct stat status;
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    int reader = open(path, O_RDONLY | O_NONBLOCK);
    begin(path);
    ck_assert(placing_end(&placing, true, &fault));
    ck_assert_int_eq(read(reader, text, 5), 5);
    ck_assert_str_eq(text, "after");
    close(reader);
    ck_assert_int_eq(stat(path, &status), 0);
    ck_assert(S_ISFIFO(status.st_mode));
    ck_assert_int_eq(scratch_count(&scratch, ""), 2);
}
END_TEST

START_TEST(a_device_that_is_full_is_told)
{
    const char *link = scratch_path(&scratch, "link");
    ck_assert_int_eq(symlink("/dev/full", link), 0);
    begin(link);
    ck_assert(!placing_end(&placing, true, &fault));
    assert_holds(fault.what, "No space left");
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("placing");
    TCase *tcase = tcase_create("placing");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_file_takes_its_place_when_it_is_whole);
    tcase_add_test(tcase, what_was_there_stays_where_the_writer_failed);
    tcase_add_test(tcase, a_folder_that_is_not_there_is_told_with_the_hint);
    tcase_add_test(tcase, a_pipe_is_written_into_and_keeps_its_place);
    tcase_add_test(tcase, a_device_that_is_full_is_told);
    suite_add_tcase(suite, tcase);
    return suite;
}
