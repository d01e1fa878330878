/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agents/real.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

#define LN2_HIGH 0x1.62e42fee00000p-1 /* 33 bits: n * LN2_HIGH is exact for |n| < 2^20 */
#define LN2_LOW  0x1.a39ef35793c76p-33
#define LOG2_E   0x1.71547652b82fep+0
#define ROUNDER  0x1.8p52 /* added and taken away, it leaves the nearest whole number */

static double from_bits(uint64_t bits)
{
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* x = n ln 2 + r with |r| <= ln 2 / 2; e^r by its series, the last term below 1e-14. */
double real_exp(double x)
{
    if (x < -700)
        return 0;
    if (x > 700)
        x = 700;
    double n = x * LOG2_E + ROUNDER - ROUNDER;
    double r = x - n * LN2_HIGH - n * LN2_LOW;
    double even = r * r;
    double sum = 1 + r +
                 even * (1.0 / 2 + r * (1.0 / 6) +
                         even * (1.0 / 24 + r * (1.0 / 120) +
                                 even * (1.0 / 720 + r * (1.0 / 5040) +
                                         even * (1.0 / 40320 + r * (1.0 / 362880) +
                                                 even * (1.0 / 3628800 + r * (1.0 / 39916800))))));
    return sum * from_bits((uint64_t)((int64_t)n + 1023) << 52);
}

/* x = 2^n m with m in [sqrt 1/2, sqrt 2); ln m = 2 artanh s, s = (m - 1) / (m + 1). */
double real_log(double x)
{
    assert(x >= 0x1p-1022);
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    int64_t n = (int64_t)(bits >> 52) - 1023;
    double m = from_bits((bits & (UINT64_MAX >> 12)) | UINT64_C(1023) << 52);
    if (m > 0x1.6a09e667f3bcdp0) {
        m /= 2;
        n++;
    }
    double s = (m - 1) / (m + 1);
    double even = s * s;
    double sum = 0;
    for (int k = 19; k >= 3; k -= 2)
        sum = (sum + 1.0 / k) * even;
    return (double)n * LN2_HIGH + (2 * s + (2 * s * sum + (double)n * LN2_LOW));
}

double real_normal_density(double x)
{
    return 0x1.9884533d43651p-2 * real_exp(-x * x / 2); /* 1 / sqrt(2 pi) */
}

/* 1/2 + density(x) (x + x^3/3 + x^5/(3 5) + ...); Marsaglia, "Evaluating the normal distribution",
 * Journal of Statistical Software 11, 2004. */
double real_normal_share(double x)
{
    if (x < -8.5)
        return 0;
    if (x > 8.5)
        return 1;
    double sum = 0, next = x, term = x;
    for (int n = 3; sum != next; n += 2) {
        sum = next;
        term *= x * x / n;
        next += term;
    }
    return 0.5 + sum * real_normal_density(x);
}

double real_power(double x, long n)
{
    assert(n >= 0);
    double result = 1;
    for (; n > 0; n /= 2, x *= x)
        if (n % 2 != 0)
            result *= x;
    return result;
}
