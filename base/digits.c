/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/digits.h"

#include <locale.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/tick.h"

static const char pairs[] = "00010203040506070809101112131415161718192021222324"
                            "25262728293031323334353637383940414243444546474849"
                            "50515253545556575859606162636465666768697071727374"
                            "75767778798081828384858687888990919293949596979899";

static const uint64_t powers[] = {1,
                                  10,
                                  100,
                                  1000,
                                  10000,
                                  100000,
                                  1000000,
                                  10000000,
                                  100000000,
                                  1000000000,
                                  10000000000,
                                  100000000000,
                                  1000000000000,
                                  10000000000000,
                                  100000000000000,
                                  1000000000000000,
                                  10000000000000000,
                                  100000000000000000,
                                  1000000000000000000,
                                  UINT64_C(10000000000000000000)};

/* ---- whole numbers ---- */

/* How many digits a number has. */
static int count_digits(uint64_t number)
{
    int bits = 64 - __builtin_clzll(number | 1);
    int below = bits * 1233 >> 12; /* times log10(2): the count or one less */
    return below + ((number | 1) >= powers[below]);
}

/* A number below 1e8 as eight digits with zeros in front, the first in the lowest byte: halves,
 * quarters and eighths of a register are divided side by side. */
static uint64_t spread(uint32_t number)
{
    uint64_t fours = number / 10000 | (uint64_t)(number % 10000) << 32;
    uint64_t hundreds = (fours * 10486 >> 20) & UINT64_C(0x7f0000007f);
    uint64_t twos = hundreds | (fours - 100 * hundreds) << 16;
    uint64_t tens = (twos * 103 >> 10) & UINT64_C(0x000f000f000f000f);
    return (tens | (twos - 10 * tens) << 8) | UINT64_C(0x3030303030303030);
}

/* Writes so many digits, with zeros in front. */
static void put_padded(char *at, int count, uint64_t number)
{
    for (; count >= 8; number /= 100000000) {
        uint64_t eight = spread((uint32_t)(number % 100000000));
        memcpy(at + (count -= 8), &eight, sizeof eight);
    }
    for (; count >= 2; number /= 100)
        memcpy(at + (count -= 2), pairs + 2 * (number % 100), 2);
    if (count > 0)
        *at = (char)('0' + number);
}

char *digits_put(char *at, uint64_t number)
{
    if (number < 10) {
        *at = (char)('0' + number);
        return at + 1;
    }
    int count = count_digits(number);
    if (number < 100000000) {
        uint64_t eight = spread((uint32_t)number) >> (64 - 8 * count);
        memcpy(at, &eight, sizeof eight);
    } else {
        put_padded(at, count, number);
    }
    return at + count;
}

char *digits_put_signed(char *at, int64_t number)
{
    if (number < 0)
        *at++ = '-';
    return digits_put(at, number < 0 ? -(uint64_t)number : (uint64_t)number);
}

char *digits_put_us(char *at, int64_t ps)
{
    if (ps < 0)
        *at++ = '-';
    uint64_t size = ps < 0 ? -(uint64_t)ps : (uint64_t)ps;
    at = digits_put(at, size / (uint64_t)TICK_PER_US);
    uint64_t behind = spread(100 * (uint32_t)(size % (uint64_t)TICK_PER_US));
    *at = '.';
    memcpy(at + 1, &behind, sizeof behind); /* two digits too many */
    return at + 7;
}

/* ---- real numbers ---- */

/* Digits that a double is tried with, and that always suffice. */
enum { SHORT_DIGITS = 15, EXACT_DIGITS = 17, POWER_MIN = -4 };

__extension__ typedef unsigned __int128 wide;

/* A number in [1e-4, 1e15), with its first digit at 10^power, exactly: (digits + rest / 2^shift)
 * units, where digits has EXACT_DIGITS digits and a unit is the worth of the last of them. All on
 * the way are whole numbers below 2^120. */
struct scaled {
    int power;
    uint64_t digits;
    wide rest;
    int shift;
    wide ulp;             /* from the number to the next double, in units / 2^shift */
    bool is_power_of_two; /* to the one before it is half as much */
    bool is_even;         /* the last bit, on which rounding of a half depends */
};

static struct scaled scale(double value)
{
    static const double bounds[] = {1e-4, 1e-3, 1e-2, 1e-1, 1e0,  1e1,  1e2,  1e3,  1e4,  1e5,
                                    1e6,  1e7,  1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
    uint64_t bits, mantissa;
    memcpy(&bits, &value, sizeof bits);
    mantissa = (bits & ((UINT64_C(1) << 52) - 1)) | UINT64_C(1) << 52;
    int exponent = (int)(bits >> 52) - 1023;
    int place = (exponent * 1233 >> 12) - POWER_MIN; /* the power of ten, or one less */
    if (place < 0)
        place = 0;
    place += value >= bounds[place + 1];
    int up = EXACT_DIGITS - 1 - POWER_MIN - place; /* the power of ten of a unit, negated */
    wide ulp = up < 20 ? powers[up] : (wide)powers[19] * powers[up - 19];
    wide product = mantissa * ulp;
    struct scaled scaled = {
        .power = place + POWER_MIN,
        .shift = 52 - exponent,
        .ulp = ulp,
        .is_power_of_two = mantissa == UINT64_C(1) << 52,
        .is_even = mantissa % 2 == 0,
    };
    scaled.digits = (uint64_t)(product >> scaled.shift);
    scaled.rest = product - ((wide)scaled.digits << scaled.shift);
    return scaled;
}

/* Rounds to so many units, half to even, and says whether that reads back to the same double:
 * whether it lies within half a step of it, a quarter below a power of two. */
static bool round_to(const struct scaled *scaled, unsigned units, uint64_t *digits)
{
    uint64_t below = scaled->digits / units;
    wide over = ((wide)(scaled->digits - below * units) << scaled->shift) + scaled->rest;
    wide left = ((wide)units << scaled->shift) - over;
    bool is_up = over > left || (over == left && below % 2 == 1);
    wide error = 2 * (is_up ? left : over) << (!is_up && scaled->is_power_of_two);
    *digits = below + is_up;
    return error < scaled->ulp || (error == scaled->ulp && scaled->is_even);
}

/* Writes significant digits without trailing zeros behind the point; `power` is of the first. */
static char *put_decimal(char *at, uint64_t digits, int count, int power)
{
    if (power < 0) {
        memcpy(at, "0.000", 5);
        at += 1 - power;
        put_padded(at, count, digits);
    } else {
        int behind = count - 1 - power;
        put_padded(at, power + 1, digits / powers[behind]);
        at += power + 2;
        at[-1] = '.';
        put_padded(at, behind, digits % powers[behind]);
        count = behind;
    }
    while (count > 0 && at[count - 1] == '0')
        count--;
    return count > 0 ? at + count : at - 1;
}

/* What printf makes of it, in the locale "C". */
static char *put_slowly(char *at, double value)
{
    char text[DIGITS_MAX + 1];
    locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    locale_t before = uselocale(plain);
    for (int digits = SHORT_DIGITS; digits <= EXACT_DIGITS; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    uselocale(before);
    freelocale(plain);
    size_t length = strlen(text);
    memcpy(at, text, length);
    return at + length;
}

char *digits_put_real(char *at, double value)
{
    double size = fabs(value);
    if (size != 0 && !(size >= 1e-4 && size < 1e15))
        return put_slowly(at, value);
    if (signbit(value))
        *at++ = '-';
    if (size == trunc(size))
        return digits_put(at, (uint64_t)size);
    struct scaled scaled = scale(size);
    uint64_t digits;
    int count = SHORT_DIGITS;
    if (!round_to(&scaled, 100, &digits)) {
        count = SHORT_DIGITS + 1;
        if (!round_to(&scaled, 10, &digits)) {
            count = EXACT_DIGITS;
            round_to(&scaled, 1, &digits);
        }
    }
    return put_decimal(at, digits, count, scaled.power);
}

char *digits_put_exact(char *at, double value)
{
    uint64_t digits;
    if (!(value >= 1e-2 && value < 1e15) || value == trunc(value))
        return digits_put_real(at, value);
    struct scaled scaled = scale(value);
    round_to(&scaled, 1, &digits);
    return put_decimal(at, digits, EXACT_DIGITS, scaled.power);
}
