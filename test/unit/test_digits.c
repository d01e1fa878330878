/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/digits.h"
#include "base/random.h"
#include "base/tick.h"
#include "test/suite.h"

/* How many numbers are compared. */
static int cases(void)
{
    return getenv("HETSOC_LONG") == NULL ? 50000 : 1000000;
}

static void expect(const char *begin, const char *end, const char *expected, double value)
{
    size_t length = (size_t)(end - begin);
    ck_assert_msg(length < DIGITS_MAX && length == strlen(expected) &&
                      memcmp(begin, expected, length) == 0,
                  "%a is written as %.*s, not %s", value, (int)length, begin, expected);
}

/* The first of 15, 16 and 17 digits that reads back to the number, as printf writes them. */
static const char *shortest(char text[static 64], double value)
{
    if (fabs(value) < 1e15 && value == trunc(value) && value != 0) {
        snprintf(text, 64, "%" PRId64, (int64_t)value);
        return text;
    }
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, 64, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    return text;
}

static void check_real(double value)
{
    char text[DIGITS_MAX], expected[64];
    expect(text, digits_put_real(text, value), shortest(expected, value), value);
    if (value >= 1e-2 && value < 1e15)
        snprintf(expected, sizeof expected, "%.17g", value);
    expect(text, digits_put_exact(text, value), expected, value);
}

START_TEST(random_doubles_are_written_as_printf_does)
{
    struct random_stream stream = random_open(1, 0, RANDOM_TEST, 0, 0);
    for (int i = 0; i < cases(); i++) {
        uint64_t bits = random_bits(&stream);
        double any, usual = pow(10.0, 26.0 * random_uniform(&stream) - 8.0);
        memcpy(&any, &bits, sizeof any);
        if (i % 20 == 0 && isfinite(any))
            check_real(any);
        check_real(i % 2 == 0 ? usual : -usual);
    }
}
END_TEST

START_TEST(short_decimals_are_written_as_printf_does)
{
    struct random_stream stream = random_open(2, 0, RANDOM_TEST, 0, 0);
    for (int i = 0; i < cases() / 2; i++) {
        double whole = (double)(random_bits(&stream) >> (20 + i % 40));
        check_real(whole / pow(10.0, i % 13));
        check_real(ldexp(whole, -(i % 60)));
    }
}
END_TEST

/* Where digits are hardest to choose: next to powers of two and of ten, and halfway cases. */
START_TEST(neighbours_of_powers_are_written_as_printf_does)
{
    for (int power = -70; power < 70; power++)
        for (int ulps = -3; ulps <= 3; ulps++) {
            double two = ldexp(1.0, power), ten = pow(10.0, power / 4);
            for (int i = 0; i < abs(ulps); i++) {
                two = nextafter(two, ulps < 0 ? 0.0 : INFINITY);
                ten = nextafter(ten, ulps < 0 ? 0.0 : INFINITY);
            }
            check_real(two);
            check_real(ten);
            check_real(5 * two);
            check_real(ten / 3);
        }
    for (int i = 0; i < 64; i++) /* 17 digits end in a half */
        check_real(123456789012345.0 + i / 64.0);
    check_real(0.0);
    check_real(-0.0);
    check_real((double)INFINITY);
    check_real(5e-324);
    check_real(1.7976931348623157e308);
}
END_TEST

START_TEST(whole_numbers_and_dates_are_written_as_printf_does)
{
    struct random_stream stream = random_open(3, 0, RANDOM_TEST, 0, 0);
    char text[DIGITS_MAX], expected[64];
    for (int i = 0; i < cases(); i++) {
        uint64_t bits = random_bits(&stream) >> i % 64;
        if (i < 200)
            bits = (uint64_t)i;
        else if (i % 50 == 0)
            bits = (uint64_t)pow(10.0, i / 50 % 19) - (i % 100 == 0);
        int64_t either = i % 2 == 0 ? (int64_t)bits : -(int64_t)(bits >> 1);
        snprintf(expected, sizeof expected, "%" PRIu64, bits);
        expect(text, digits_put(text, bits), expected, (double)bits);
        snprintf(expected, sizeof expected, "%" PRId64, either);
        expect(text, digits_put_signed(text, either), expected, (double)either);
        expect(text, digits_put_us(text, either), tick_format_us(expected, either), (double)either);
    }
    expect(text, digits_put(text, UINT64_MAX), "18446744073709551615", 0);
    expect(text, digits_put_signed(text, INT64_MIN), "-9223372036854775808", 0);
    expect(text, digits_put_us(text, TICK_LIMIT), "9007199254.740992", 0);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("digits");
    TCase *test = tcase_create("text");
    tcase_set_timeout(test, 120);
    tcase_add_test(test, random_doubles_are_written_as_printf_does);
    tcase_add_test(test, short_decimals_are_written_as_printf_does);
    tcase_add_test(test, neighbours_of_powers_are_written_as_printf_does);
    tcase_add_test(test, whole_numbers_and_dates_are_written_as_printf_does);
    suite_add_tcase(suite, test);
    return suite;
}
