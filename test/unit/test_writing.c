/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/writing.h"

#include "test/suite.h"

START_TEST(a_text_holds_all_that_was_written)
{
    struct writing writing;
    writing_begin(&writing);
    for (int i = 0; i < 10000; i++)
        fprintf(writing.stream, "%04d\n", i);
    writing_end(&writing);
    ck_assert_uint_eq(writing.size, 50000);
    ck_assert_str_eq(writing.text + 49990, "9998\n9999\n");
    writing_finish(&writing);
}
END_TEST

START_TEST(nothing_written_is_the_empty_text)
{
    struct arena *arena = arena_create();
    struct writing writing;
    writing_begin(&writing);
    ck_assert_str_eq(writing_keep(&writing, arena), "");
    arena_destroy(arena);
}
END_TEST

START_TEST(a_text_that_is_kept_outlives_the_next_one)
{
    struct arena *arena = arena_create();
    const char *kept[2];
    for (int i = 0; i < 2; i++) {
        struct writing writing;
        writing_begin(&writing);
        fprintf(writing.stream, "text %d", i);
        kept[i] = writing_keep(&writing, arena);
    }
    ck_assert_str_eq(kept[0], "text 0");
    ck_assert_str_eq(kept[1], "text 1");
    arena_destroy(arena);
}
END_TEST

START_TEST(a_digest_is_that_of_every_byte)
{
    static const char bytes[] = "a\0b";
    char digest[DIGEST_SIZE], expected[DIGEST_SIZE];
    struct writing writing;
    writing_begin(&writing);
    fwrite(bytes, 1, sizeof bytes, writing.stream);
    writing_digest(&writing, digest);
    digest_bytes(expected, bytes, sizeof bytes);
    ck_assert_str_eq(digest, expected);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("writing");
    TCase *test = tcase_create("writing");
    tcase_add_test(test, a_text_holds_all_that_was_written);
    tcase_add_test(test, nothing_written_is_the_empty_text);
    tcase_add_test(test, a_text_that_is_kept_outlives_the_next_one);
    tcase_add_test(test, a_digest_is_that_of_every_byte);
    suite_add_tcase(suite, test);
    return suite;
}
