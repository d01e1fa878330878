/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Simulated time: int64 ticks of one picosecond inside, microseconds with six decimals outside.
 *
 * Names say which: `_ps` is ticks, `_us` is a double in microseconds. Every duration, delay and
 * arrival is rounded once, half up, where it is drawn or bound (docs/design.md). */
#ifndef HETSOC_BASE_TICK_H
#define HETSOC_BASE_TICK_H

#include <stdbool.h>
#include <stdint.h>

#define TICK_PER_NS INT64_C(1000)
#define TICK_PER_US INT64_C(1000000)

/* Dates lie below 2^53 ps, about 2.5 h: from there on SimGrid's doubles skip ticks. */
#define TICK_LIMIT (INT64_C(1) << 53)

/* No date: later than every date. */
#define TICK_NEVER INT64_MAX

/* Room for any tick printed in microseconds with its sign and NUL. */
#define TICK_TEXT_SIZE 24

/* Microseconds to ticks, rounded half up. The caller guarantees |us| < 2^53 ps. */
int64_t tick_from_us(double us);

/* Whether a finite number of microseconds lies in [0, TICK_LIMIT). */
bool tick_fits_us(double us);

double tick_to_us(int64_t ps);

/* A duration that takes `factor` times as long, rounded; TICK_LIMIT if it would be longer than
 * that. */
int64_t tick_stretch(int64_t duration_ps, double factor);

/* A date that a fluid model gave, rounded up to 1 ns; values within half a tick above a nanosecond
 * count as that nanosecond, so that two ways of computing the same date agree. */
int64_t tick_round_fluid(double ps);

/* Writes "-12.000345": exact, six decimals, a point in any locale. Returns `text`. */
char *tick_format_us(char text[static TICK_TEXT_SIZE], int64_t ps);

/* Reads what tick_format_us writes, and any other decimal number of microseconds in [0,
 * TICK_LIMIT): exact, digits after the sixth decimal rounded half up. False for anything else. */
bool tick_parse_us(const char *text, int64_t *ps);

#endif
