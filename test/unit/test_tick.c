/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <string.h>

#include "base/random.h"
#include "base/tick.h"
#include "test/suite.h"

START_TEST(halves_are_rounded_up)
{
    ck_assert_int_eq(tick_from_us(0.0), 0);
    ck_assert_int_eq(tick_from_us(12.5), 12500000);
    ck_assert_int_eq(tick_from_us(0.0000005), 1);
    ck_assert_int_eq(tick_from_us(0.0000015), 2);
    ck_assert_int_eq(tick_from_us(0.00000049), 0);
    ck_assert_int_eq(tick_from_us(-0.0000005), 0);
    ck_assert_int_eq(tick_from_us(-0.0000015), -1);
    ck_assert_int_eq(tick_from_us(-0.0000016), -2);
}
END_TEST

START_TEST(a_whole_number_of_ticks_is_not_moved_by_rounding)
{
    /* In x + 0.5 these odd numbers above 2^52 would have no half to stand on. */
    for (int64_t ps = (INT64_C(1) << 52) + 1; ps < (INT64_C(1) << 52) + 4000; ps += 2) {
        double us = (double)ps / 1e6;
        if (us * 1e6 == (double)ps) {
            ck_assert_int_eq(tick_from_us(us), ps);
        }
    }
}
END_TEST

START_TEST(ticks_survive_the_way_over_microseconds)
{
    struct random_stream stream = random_open(1, 0, RANDOM_TEST, 1, 0);
    int moved = 0;
    for (int i = 0; i < 20000; i++) {
        int64_t ps = (int64_t)(random_bits(&stream) >> 14 >> random_below(&stream, 50));
        moved += tick_from_us(tick_to_us(ps)) != ps || tick_from_us(tick_to_us(-ps)) != -ps;
    }
    ck_assert_int_eq(moved, 0);
}
END_TEST

START_TEST(only_dates_below_the_limit_fit)
{
    double limit_us = (double)TICK_LIMIT / 1e6;
    ck_assert(tick_fits_us(0.0));
    ck_assert(tick_fits_us(nextafter(limit_us, 0.0)));
    ck_assert(!tick_fits_us(limit_us));
    ck_assert(!tick_fits_us(-0.000001));
    ck_assert(!tick_fits_us((double)INFINITY));
    ck_assert(!tick_fits_us((double)-INFINITY));
    ck_assert(!tick_fits_us((double)NAN));
}
END_TEST

START_TEST(what_fits_can_be_converted)
{
    double us = (double)TICK_LIMIT / 1e6;
    for (int i = 0; i < 100; i++, us = nextafter(us, 0.0)) {
        if (tick_fits_us(us)) {
            ck_assert_int_lt(tick_from_us(us), TICK_LIMIT);
        }
    }
}
END_TEST

START_TEST(fluid_dates_go_up_to_the_next_nanosecond)
{
    ck_assert_int_eq(tick_round_fluid(0.0), 0);
    ck_assert_int_eq(tick_round_fluid(1000.0), 1000);
    ck_assert_int_eq(tick_round_fluid(1000.5), 1000);
    ck_assert_int_eq(tick_round_fluid(1000.51), 2000);
    ck_assert_int_eq(tick_round_fluid(1001.0), 2000);
    ck_assert_int_eq(tick_round_fluid(1999.9), 2000);
    ck_assert_int_eq(tick_round_fluid(7e15 + 1.0), 7000000000001000);
}
END_TEST

START_TEST(ticks_are_printed_as_exact_microseconds)
{
    char text[TICK_TEXT_SIZE];
    ck_assert_str_eq(tick_format_us(text, 0), "0.000000");
    ck_assert_str_eq(tick_format_us(text, 1), "0.000001");
    ck_assert_str_eq(tick_format_us(text, -1), "-0.000001");
    ck_assert_str_eq(tick_format_us(text, -12000345), "-12.000345");
    ck_assert_str_eq(tick_format_us(text, 1000000), "1.000000");
    ck_assert_str_eq(tick_format_us(text, TICK_LIMIT + 1), "9007199254.740993");
    ck_assert_str_eq(tick_format_us(text, INT64_MAX), "9223372036854.775807");
    ck_assert_str_eq(tick_format_us(text, INT64_MIN), "-9223372036854.775808");
}
END_TEST

START_TEST(text_reads_back_to_the_same_tick)
{
    static const int64_t dates[] = {
        0, 1, 999999, 1000000, 1000001, 123456789012345, TICK_LIMIT - 1};
    char text[TICK_TEXT_SIZE];
    int64_t ps;
    for (size_t i = 0; i < sizeof dates / sizeof *dates; i++) {
        ck_assert(tick_parse_us(tick_format_us(text, dates[i]), &ps));
        ck_assert_int_eq(ps, dates[i]);
    }
    ck_assert(tick_parse_us("7", &ps) && ps == 7000000);
    ck_assert(tick_parse_us(".5", &ps) && ps == 500000);
    ck_assert(tick_parse_us("0.0000014", &ps) && ps == 1);
    ck_assert(tick_parse_us("0.00000149999", &ps) && ps == 1);
    ck_assert(tick_parse_us("0.0000015", &ps) && ps == 2);
    ck_assert(tick_parse_us("0.9999995", &ps) && ps == 1000000);
}
END_TEST

START_TEST(text_that_is_no_date_is_refused)
{
    static const char *const texts[] = {
        "",
        ".",
        "-1",
        "+1",
        "1e3",
        "nan",
        "1.2.3",
        " 1",
        "1 ",
        "0x1",
        "1,5",
        "1.x",
        "9007199254.740992",
        "99999999999999999999999999",
    };
    int64_t ps;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        ck_assert_msg(!tick_parse_us(texts[i], &ps), "'%s' became a date", texts[i]);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("tick");
    TCase *test = tcase_create("tick");
    tcase_set_timeout(test, 30);
    tcase_add_test(test, halves_are_rounded_up);
    tcase_add_test(test, a_whole_number_of_ticks_is_not_moved_by_rounding);
    tcase_add_test(test, ticks_survive_the_way_over_microseconds);
    tcase_add_test(test, only_dates_below_the_limit_fit);
    tcase_add_test(test, what_fits_can_be_converted);
    tcase_add_test(test, fluid_dates_go_up_to_the_next_nanosecond);
    tcase_add_test(test, ticks_are_printed_as_exact_microseconds);
    tcase_add_test(test, text_reads_back_to_the_same_tick);
    tcase_add_test(test, text_that_is_no_date_is_refused);
    suite_add_tcase(suite, test);
    return suite;
}
