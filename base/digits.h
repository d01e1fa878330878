/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Numbers as decimal text, in any locale with a point: the inner loop of whatever writes CSV.
 *
 * Each function writes at `at`, where there is room for DIGITS_MAX bytes, and returns the end of
 * what it wrote; there is no NUL behind it. */
#ifndef HETSOC_BASE_DIGITS_H
#define HETSOC_BASE_DIGITS_H

#include <stdint.h>

enum { DIGITS_MAX = 32 };

char *digits_put(char *at, uint64_t number);
char *digits_put_signed(char *at, int64_t number);

/* Ticks as microseconds with six decimals. */
char *digits_put_us(char *at, int64_t ps);

/* The shortest text of at least 15 digits, without trailing zeros, that reads back to the same
 * double. Whole numbers below 1e15 have no exponent; those in [1e-4, 1e15) take some 200
 * instructions, others some thousand. "inf", "nan". */
char *digits_put_real(char *at, double value);

/* With 17 significant digits in [0.01, 1e15), which read back to the same double: a few
 * instructions less. As digits_put_real elsewhere. */
char *digits_put_exact(char *at, double value);

#endif
