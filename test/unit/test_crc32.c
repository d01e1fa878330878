/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <zlib.h>

#include "base/crc32.h"
#include "base/random.h"
#include "test/suite.h"

START_TEST(the_check_value_of_the_standard_comes_out)
{
    ck_assert_uint_eq(crc32_add(0, "123456789", 9), 0xcbf43926);
    ck_assert_uint_eq(crc32_add(0, "", 0), 0);
}
END_TEST

/* Every length up to some thousand, at every alignment, after any beginning. */
START_TEST(it_is_what_zlib_computes)
{
    static unsigned char bytes[5000];
    struct random_stream stream = random_open(1, 0, RANDOM_TEST, 0, 0);
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)random_bits(&stream);
    for (size_t size = 0; size < sizeof bytes - 16; size += size < 700 ? 1 : 37)
        for (size_t start = 0; start < 16; start += 5) {
            uint32_t before = (uint32_t)random_bits(&stream);
            uint32_t expected = (uint32_t)crc32_z(before, bytes + start, size);
            ck_assert_msg(crc32_add(before, bytes + start, size) == expected,
                          "%zu bytes from %zu on", size, start);
        }
}
END_TEST

START_TEST(pieces_give_the_same_as_the_whole)
{
    static char bytes[4096];
    struct random_stream stream = random_open(2, 0, RANDOM_TEST, 0, 0);
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)random_bits(&stream);
    uint32_t whole = crc32_add(0, bytes, sizeof bytes);
    for (size_t cut = 0; cut <= sizeof bytes; cut += 91)
        ck_assert_uint_eq(crc32_add(crc32_add(0, bytes, cut), bytes + cut, sizeof bytes - cut),
                          whole);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("crc32");
    TCase *test = tcase_create("sum");
    tcase_add_test(test, the_check_value_of_the_standard_comes_out);
    tcase_add_test(test, it_is_what_zlib_computes);
    tcase_add_test(test, pieces_give_the_same_as_the_whole);
    suite_add_tcase(suite, test);
    return suite;
}
