/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "base/fault.h"
#include "test/suite.h"

/* What fault_print writes; the caller frees it. */
static char *printed(const struct fault *fault)
{
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    fault_print(fault, stream);
    fclose(stream);
    return text;
}

START_TEST(a_new_fault_is_not_set)
{
    struct fault fault = FAULT_NONE;
    ck_assert(!fault_is_set(&fault));
}
END_TEST

START_TEST(setting_a_fault_returns_false_and_keeps_the_three_parts)
{
    struct fault fault = FAULT_NONE;
    ck_assert(!fault_set(&fault, "a.yaml:1:2", "use 2", "%d is %s", 3, "too many"));
    ck_assert(fault_is_set(&fault));
    ck_assert_str_eq(fault.where, "a.yaml:1:2");
    ck_assert_str_eq(fault.what, "3 is too many");
    ck_assert_str_eq(fault.hint, "use 2");
}
END_TEST

START_TEST(the_first_fault_wins)
{
    struct fault fault = FAULT_NONE;
    fault_set(&fault, "cause", NULL, "the cause");
    ck_assert(!fault_set(&fault, "consequence", "other", "the consequence"));
    ck_assert_str_eq(fault.where, "cause");
    ck_assert_str_eq(fault.what, "the cause");
    ck_assert_str_eq(fault.hint, "");
}
END_TEST

START_TEST(an_empty_message_is_a_fault_all_the_same)
{
    struct fault fault = FAULT_NONE;
    fault_set(&fault, NULL, NULL, "%s", "");
    ck_assert(fault_is_set(&fault));
}
END_TEST

START_TEST(text_that_is_too_long_ends_in_dots)
{
    char text[2000];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    struct fault fault = FAULT_NONE;
    fault_set(&fault, text, text, "%s", text);
    ck_assert_uint_eq(strlen(fault.where), sizeof fault.where - 1);
    ck_assert_uint_eq(strlen(fault.what), sizeof fault.what - 1);
    ck_assert_uint_eq(strlen(fault.hint), sizeof fault.hint - 1);
    ck_assert_str_eq(fault.where + strlen(fault.where) - 4, "x...");
    ck_assert_str_eq(fault.what + strlen(fault.what) - 4, "x...");
    ck_assert_str_eq(fault.hint + strlen(fault.hint) - 4, "x...");
}
END_TEST

START_TEST(text_that_just_fits_is_whole)
{
    char text[sizeof((struct fault *)NULL)->where];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    struct fault fault = FAULT_NONE;
    fault_set(&fault, text, NULL, "too long");
    ck_assert_str_eq(fault.where, text);
}
END_TEST

START_TEST(a_fault_is_printed_with_place_and_hint)
{
    struct fault fault = FAULT_NONE;
    fault_set(&fault, "a.yaml:1:2", "mend it", "broken");
    char *text = printed(&fault);
    ck_assert_str_eq(text, "hetsoc: a.yaml:1:2: broken\n    hint: mend it\n");
    free(text);
}
END_TEST

START_TEST(a_fault_without_place_and_hint_is_one_line)
{
    struct fault fault = FAULT_NONE;
    fault_set(&fault, NULL, NULL, "broken");
    char *text = printed(&fault);
    ck_assert_str_eq(text, "hetsoc: broken\n");
    free(text);
}
END_TEST

START_TEST(a_terminal_obeys_nothing_that_a_fault_says)
{
    struct fault fault = FAULT_NONE;
    fault_set(&fault, "\x1b[2J.yaml:1:2", "mend\x7f it",
              "unknown '\xc2\x9b"
              "31mred\xc3\xa9'");
    char *text = printed(&fault);
    ck_assert_str_eq(text, "hetsoc: \\x1b[2J.yaml:1:2: unknown '\\xc2\\x9b"
                           "31mred\xc3\xa9'\n"
                           "    hint: mend\\x7f it\n");
    free(text);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("fault");
    TCase *test = tcase_create("fault");
    tcase_set_timeout(test, 30);
    tcase_add_test(test, a_new_fault_is_not_set);
    tcase_add_test(test, setting_a_fault_returns_false_and_keeps_the_three_parts);
    tcase_add_test(test, the_first_fault_wins);
    tcase_add_test(test, an_empty_message_is_a_fault_all_the_same);
    tcase_add_test(test, text_that_is_too_long_ends_in_dots);
    tcase_add_test(test, text_that_just_fits_is_whole);
    tcase_add_test(test, a_fault_is_printed_with_place_and_hint);
    tcase_add_test(test, a_fault_without_place_and_hint_is_one_line);
    tcase_add_test(test, a_terminal_obeys_nothing_that_a_fault_says);
    suite_add_tcase(suite, test);
    return suite;
}
