/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/digest.h"
#include "test/scratch.h"
#include "test/suite.h"

/* The example of FIPS 180-2, appendix B.1. */
static const char of_abc[] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

START_TEST(the_example_of_the_standard_comes_out)
{
    char text[DIGEST_SIZE];
    ck_assert_str_eq(digest_bytes(text, "abc", 3), of_abc);
}
END_TEST

START_TEST(a_file_has_the_digest_of_its_bytes)
{
    char text[DIGEST_SIZE];
    struct fault fault = FAULT_NONE;
    struct scratch scratch;
    scratch_init(&scratch);
    ck_assert(digest_file(text, scratch_write(&scratch, "file", "abc"), &fault));
    ck_assert_str_eq(text, of_abc);
    scratch_finish(&scratch);
}
END_TEST

START_TEST(a_file_that_cannot_be_read_is_a_fault)
{
    char text[DIGEST_SIZE];
    struct fault fault = FAULT_NONE;
    ck_assert(!digest_file(text, "/nowhere/file", &fault));
    ck_assert_str_eq(fault.where, "/nowhere/file");
    ck_assert_str_eq(fault.what, "cannot read: No such file or directory");
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("digest");
    TCase *tcase = tcase_create("digest");
    tcase_add_test(tcase, the_example_of_the_standard_comes_out);
    tcase_add_test(tcase, a_file_has_the_digest_of_its_bytes);
    tcase_add_test(tcase, a_file_that_cannot_be_read_is_a_fault);
    suite_add_tcase(suite, tcase);
    return suite;
}
