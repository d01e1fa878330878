/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "test/suite.h"

static bool is_filled(const unsigned char *bytes, size_t size, size_t value)
{
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] != value) {
            return false;
        }
    }
    return true;
}

START_TEST(no_elements_are_still_an_address)
{
    void *none = memory_zeroed(0, 8), *resized = memory_resize(NULL, 0, 8);
    ck_assert_ptr_nonnull(none);
    ck_assert_ptr_nonnull(resized);
    free(none);
    free(resized);
}
END_TEST

START_TEST(growing_keeps_what_is_there_and_doubles)
{
    size_t capacity = 0, moves = 0;
    int *list = NULL;
    for (int i = 0; i < 100000; i++) {
        size_t before = capacity;
        list = memory_grow(list, &capacity, (size_t)i + 1, sizeof *list);
        moves += capacity != before;
        list[i] = i;
    }
    int kept = 0;
    for (int i = 0; i < 100000; i++) {
        kept += list[i] == i;
    }
    ck_assert_int_eq(kept, 100000);
    ck_assert_uint_ge(capacity, 100000);
    ck_assert_uint_le(moves, 20);
    free(list);
}
END_TEST

START_TEST(a_string_is_copied_with_its_end)
{
    char text[] = "heft";
    char *copy = memory_string(text);
    text[0] = 'l';
    ck_assert_str_eq(copy, "heft");
    free(copy);
    copy = memory_string("");
    ck_assert_str_eq(copy, "");
    free(copy);
}
END_TEST

START_TEST(a_size_that_overflows_stops_the_program)
{
    memory_resize(NULL, SIZE_MAX / 4 + 2, 4);
}
END_TEST

START_TEST(an_arena_size_that_overflows_stops_the_program)
{
    struct arena *arena = arena_create();
    arena_zeroed(arena, SIZE_MAX / 4 + 2, 4);
}
END_TEST

START_TEST(arena_blocks_are_zero_aligned_and_apart)
{
    struct arena *arena = arena_create();
    unsigned char *blocks[3000];
    for (size_t i = 0; i < 3000; i++) {
        size_t size = i % 500 == 0 ? 40000 : i % 67;
        blocks[i] = arena_zeroed(arena, size, 1);
        ck_assert_uint_eq((uintptr_t)blocks[i] % alignof(max_align_t), 0);
        ck_assert(is_filled(blocks[i], size, 0));
        memset(blocks[i], (int)(i % 255) + 1, size);
    }
    for (size_t i = 0; i < 3000; i++) {
        size_t size = i % 500 == 0 ? 40000 : i % 67;
        ck_assert(is_filled(blocks[i], size, i % 255 + 1));
    }
    arena_destroy(arena);
}
END_TEST

START_TEST(arena_strings_are_copies)
{
    struct arena *arena = arena_create();
    char original[] = "hello";
    char *whole = arena_string(arena, original), *part = arena_substring(arena, original, 2);
    original[0] = 'j';
    ck_assert_str_eq(whole, "hello");
    ck_assert_str_eq(part, "he");
    ck_assert_str_eq(arena_printf(arena, "%s-%05d", whole, 42), "hello-00042");
    arena_destroy(arena);
    arena_destroy(NULL);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("memory");
    TCase *test = tcase_create("memory");
    tcase_set_timeout(test, 30);
    tcase_add_test(test, no_elements_are_still_an_address);
    tcase_add_test(test, growing_keeps_what_is_there_and_doubles);
    tcase_add_test(test, a_string_is_copied_with_its_end);
    tcase_add_exit_test(test, a_size_that_overflows_stops_the_program, MEMORY_EXHAUSTED);
    tcase_add_exit_test(test, an_arena_size_that_overflows_stops_the_program, MEMORY_EXHAUSTED);
    tcase_add_test(test, arena_blocks_are_zero_aligned_and_apart);
    tcase_add_test(test, arena_strings_are_copies);
    suite_add_tcase(suite, test);
    return suite;
}
