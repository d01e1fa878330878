/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/folder.h"

#include <sys/stat.h>
#include <unistd.h>

#include "test/scratch.h"
#include "test/suite.h"

static struct scratch scratch;
static struct fault fault;

static void set_up(void)
{
    scratch_init(&scratch);
    fault = FAULT_NONE;
    ck_assert_int_eq(chdir(scratch.folder), 0);
}

static void tear_down(void)
{
    ck_assert_int_eq(chdir("/"), 0);
    scratch_finish(&scratch);
}

START_TEST(a_folder_is_made_with_its_parents)
{
    const char *path = scratch_path(&scratch, "a/b/c");
    ck_assert(folder_make(path, &fault));
    ck_assert(folder_make(path, &fault)); /* again */
    ck_assert_int_eq(scratch_count(&scratch, "a/b"), 1);
}
END_TEST

START_TEST(a_folder_is_removed_with_all_that_is_in_it_but_nothing_else)
{
    scratch_write(&scratch, "kept", "1");
    ck_assert(folder_make(scratch_path(&scratch, "a/b/c"), &fault));
    scratch_write(&scratch, "a/b/file", "2");
    ck_assert_int_eq(symlink(scratch.folder, scratch_path(&scratch, "a/link")), 0);
    ck_assert(folder_remove(scratch_path(&scratch, "a"), &fault));
    ck_assert_int_eq(scratch_count(&scratch, "a"), -1);
    ck_assert(scratch_has(&scratch, "kept"));
    ck_assert(folder_remove(scratch_path(&scratch, "a"), &fault)); /* is gone */
}
END_TEST

START_TEST(a_file_is_copied)
{
    const char *from = scratch_write(&scratch, "from", "bytes\n");
    ck_assert(folder_copy_file(from, scratch_path(&scratch, "to"), &fault));
    ck_assert_str_eq(scratch_read(&scratch, "to"), "bytes\n");
}
END_TEST

START_TEST(what_cannot_be_done_is_a_fault)
{
    const char *file = scratch_write(&scratch, "file", "");
    ck_assert(!folder_make(scratch_path(&scratch, "file/below"), &fault));
    assert_holds(fault.what, "cannot make the folder");
    fault = FAULT_NONE;
    ck_assert(!folder_copy_file(scratch_path(&scratch, "none"), file, &fault));
    assert_holds(fault.where, "none");
    fault = FAULT_NONE;
    scratch_write(&scratch, "full", "bytes");
    ck_assert(!folder_copy_file(scratch_path(&scratch, "full"), "/dev/full", &fault));
    assert_holds(fault.what, "cannot write");
}
END_TEST

START_TEST(parents_are_made_as_far_as_they_are_missing)
{
    ck_assert(folder_make("a", &fault));
    ck_assert(folder_make("a/b/c", &fault));
    ck_assert(folder_make("a/b/c", &fault));
    ck_assert(folder_make("./x//y/", &fault));
    ck_assert(folder_make(scratch_path(&scratch, "p/q"), &fault));
    ck_assert(folder_make("/", &fault));
    ck_assert_int_eq(scratch_count(&scratch, "a/b/c"), 0);
    ck_assert_int_eq(scratch_count(&scratch, "x/y"), 0);
    ck_assert_int_eq(scratch_count(&scratch, "p/q"), 0);
}
END_TEST

START_TEST(a_file_in_the_way_is_told_and_stays)
{
    scratch_write(&scratch, "file", "x");
    ck_assert(!folder_make("file", &fault));
    ck_assert_str_eq(fault.where, "file");
    fault = FAULT_NONE;
    ck_assert(!folder_make("file/below", &fault));
    ck_assert_str_eq(fault.where, "file/below");
    assert_holds(fault.what, "cannot make the folder file: Not a directory");
    ck_assert_str_eq(scratch_read(&scratch, "file"), "x");
}
END_TEST

START_TEST(a_new_file_does_not_write_through_what_has_its_name)
{
    scratch_write(&scratch, "precious", "kept");
    ck_assert_int_eq(symlink("precious", "soft"), 0);
    ck_assert_int_eq(link("precious", "hard"), 0);
    static const char *const names[] = {"soft", "hard", "none"};
    for (int i = 0; i < 3; i++) {
        FILE *stream = folder_new_file(names[i]);
        ck_assert_ptr_nonnull(stream);
        fputs("new", stream);
        ck_assert_int_eq(fclose(stream), 0);
        ck_assert_str_eq(scratch_read(&scratch, names[i]), "new");
        ck_assert_str_eq(scratch_read(&scratch, "precious"), "kept");
    }
    ck_assert_ptr_null(folder_new_file("no/folder"));
}
END_TEST

START_TEST(a_device_a_pipe_and_the_output_take_bytes_and_are_no_files)
{
    ck_assert(folder_is_sink("/dev/null"));
    ck_assert(folder_is_sink("/dev/stdout"));
    const char *pipe = scratch_path(&scratch, "pipe"), *link = scratch_path(&scratch, "link");
    ck_assert_int_eq(mkfifo(pipe, 0600), 0);
    ck_assert_int_eq(symlink(pipe, link), 0);
    ck_assert(folder_is_sink(pipe));
    ck_assert(folder_is_sink(link));
    scratch_write(&scratch, "file", "text");
    const char *other = scratch_path(&scratch, "other");
    ck_assert_int_eq(symlink(scratch_path(&scratch, "file"), other), 0);
    ck_assert(!folder_is_sink(scratch_path(&scratch, "file")));
    ck_assert(!folder_is_sink(other));
    ck_assert(!folder_is_sink(scratch.folder));
    ck_assert(!folder_is_sink(scratch_path(&scratch, "nothing")));
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("folder");
    TCase *test = tcase_create("folder");
    tcase_add_checked_fixture(test, set_up, tear_down);
    tcase_add_test(test, a_folder_is_made_with_its_parents);
    tcase_add_test(test, a_folder_is_removed_with_all_that_is_in_it_but_nothing_else);
    tcase_add_test(test, a_file_is_copied);
    tcase_add_test(test, what_cannot_be_done_is_a_fault);
    tcase_add_test(test, parents_are_made_as_far_as_they_are_missing);
    tcase_add_test(test, a_file_in_the_way_is_told_and_stays);
    tcase_add_test(test, a_device_a_pipe_and_the_output_take_bytes_and_are_no_files);
    tcase_add_test(test, a_new_file_does_not_write_through_what_has_its_name);
    suite_add_tcase(suite, test);
    return suite;
}
