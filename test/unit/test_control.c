/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/control.h"

#include <stdlib.h>

#include "test/suite.h"

START_TEST(control_characters_are_those_of_ascii_and_latin_1)
{
    static const char *const ones[] = {"\x01", "\x07", "\x08", "\r", "\x1b[2J", "\x1f", "\x7f"};
    for (size_t i = 0; i < sizeof ones / sizeof *ones; i++)
        ck_assert_msg(control_length(ones[i]) == 1, "number %zu", i);
    ck_assert_uint_eq(control_length("\xc2\x80"), 2);
    ck_assert_uint_eq(control_length("\xc2\x9f"), 2);
}
END_TEST

START_TEST(text_and_white_space_are_none)
{
    static const char *const texts[] = {"",         "\t",   "\n",       " ",           "~",
                                        "\xc2\xa0", "\xc2", "\xc3\x9b", "\xe2\x80\x9b"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        ck_assert_msg(control_length(texts[i]) == 0, "number %zu", i);
}
END_TEST

START_TEST(the_first_one_is_found)
{
    const char *text = "ab\xc2\x9b\x1b";
    ck_assert_ptr_eq(control_find(text), text + 2);
    ck_assert_ptr_null(control_find("plain \xc3\xa9\n"));
}
END_TEST

START_TEST(they_are_printed_as_numbers_and_the_rest_as_it_is)
{
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    control_print("a\x1b[31m\xc3\xa9\xc2\x9b\tb\n", stream);
    fclose(stream);
    ck_assert_str_eq(text, "a\\x1b[31m\xc3\xa9\\xc2\\x9b\tb\n");
    free(text);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("control");
    TCase *test = tcase_create("control");
    tcase_add_test(test, control_characters_are_those_of_ascii_and_latin_1);
    tcase_add_test(test, text_and_white_space_are_none);
    tcase_add_test(test, the_first_one_is_found);
    tcase_add_test(test, they_are_printed_as_numbers_and_the_rest_as_it_is);
    suite_add_tcase(suite, test);
    return suite;
}
