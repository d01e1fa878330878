/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "base/random.h"
#include "test/suite.h"

enum { LIMITS = 9 };
static const int32_t limits[LIMITS] = {0, 1, 63, 64, 65, 4096, 4097, 300000, INT32_MAX};

/* The first number of the set that is not below `from`, by looking at each. */
static int32_t plain_next(const bool *plain, int32_t limit, int32_t from)
{
    while (from < limit && !plain[from])
        from++;
    return from < limit ? from : -1;
}

START_TEST(a_set_is_gone_through_in_order_whatever_was_added_and_taken_out)
{
    for (int at = 1; limits[at] < INT32_MAX; at++) {
        int32_t limit = limits[at];
        struct random_stream stream = random_open(3, 0, RANDOM_TEST, (uint32_t)at, 0);
        uint64_t *words = calloc(bits_words(limit), sizeof *words);
        bool *plain = calloc((size_t)limit, sizeof *plain);
        for (int step = 0; step < 4000; step++) {
            int32_t number = (int32_t)random_below(&stream, (uint32_t)limit);
            if (random_below(&stream, 1000) < (step < 2000 ? 600 : 200))
                bits_add(words, limit, number);
            else
                bits_remove(words, limit,
                            number = bits_next(words, limit, number) >= 0
                                         ? bits_next(words, limit, number)
                                         : number);
            plain[number] = bits_has(words, number);
            int32_t from = (int32_t)random_below(&stream, (uint32_t)limit);
            ck_assert_int_eq(bits_next(words, limit, from), plain_next(plain, limit, from));
        }
        free(words);
        free(plain);
    }
}
END_TEST

START_TEST(what_was_added_is_there_until_it_is_taken_out)
{
    uint64_t words[70] = {0};
    ck_assert_uint_le(bits_words(4096), 70);
    for (int twice = 0; twice < 2; twice++)
        bits_add(words, 4096, 4095);
    ck_assert(bits_has(words, 4095) && !bits_has(words, 4094));
    ck_assert_int_eq(bits_next(words, 4096, 0), 4095);
    ck_assert_int_eq(bits_next(words, 4096, 4096), -1);
    for (int twice = 0; twice < 2; twice++)
        bits_remove(words, 4096, 4095);
    ck_assert(!bits_has(words, 4095));
    ck_assert_int_eq(bits_next(words, 4096, 0), -1);
}
END_TEST

START_TEST(an_empty_set_takes_a_64th_and_a_word_for_each_level)
{
    static const size_t words[LIMITS] = {0,
                                         1,
                                         1,
                                         1,
                                         2 + 1,
                                         64 + 1,
                                         65 + 2 + 1,
                                         4688 + 74 + 2 + 1,
                                         33554432 + 524288 + 8192 + 128 + 2 + 1};
    for (int at = 0; at < LIMITS; at++)
        ck_assert_uint_eq(bits_words(limits[at]), words[at]);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("bits");
    TCase *tests = tcase_create("bits");
    tcase_add_test(tests, a_set_is_gone_through_in_order_whatever_was_added_and_taken_out);
    tcase_add_test(tests, what_was_added_is_there_until_it_is_taken_out);
    tcase_add_test(tests, an_empty_set_takes_a_64th_and_a_word_for_each_level);
    suite_add_tcase(suite, tests);
    return suite;
}
