/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/tick.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

/* floor(x + 0.5) would round 0.49999999999999994 up, and odd numbers near 2^53 too. */
static double round_half_up(double x)
{
    double below = floor(x);
    return x - below >= 0.5 ? below + 1.0 : below;
}

int64_t tick_from_us(double us)
{
    double ps = us * (double)TICK_PER_US;
    assert(fabs(ps) < (double)TICK_LIMIT);
    return (int64_t)round_half_up(ps);
}

bool tick_fits_us(double us)
{
    return us >= 0.0 && round_half_up(us * (double)TICK_PER_US) < (double)TICK_LIMIT;
}

double tick_to_us(int64_t ps)
{
    return (double)ps / (double)TICK_PER_US;
}

int64_t tick_stretch(int64_t duration_ps, double factor)
{
    double ps = floor((double)duration_ps * factor + 0.5);
    return ps < (double)TICK_LIMIT ? (int64_t)ps : TICK_LIMIT;
}

int64_t tick_round_fluid(double ps)
{
    assert(isfinite(ps) && fabs(ps) < (double)TICK_LIMIT);
    const double per_ns = (double)TICK_PER_NS;
    double below = floor(ps / per_ns);
    int64_t ns = (int64_t)below;
    return (ps - below * per_ns > 0.5 ? ns + 1 : ns) * TICK_PER_NS;
}

char *tick_format_us(char text[static TICK_TEXT_SIZE], int64_t ps)
{
    uint64_t size = ps < 0 ? -(uint64_t)ps : (uint64_t)ps;
    const uint64_t per_us = (uint64_t)TICK_PER_US;
    snprintf(text, TICK_TEXT_SIZE, "%s%" PRIu64 ".%06" PRIu64, ps < 0 ? "-" : "", size / per_us,
             size % per_us);
    return text;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool tick_parse_us(const char *text, int64_t *ps)
{
    const char *at = text;
    int64_t whole_us = 0, rest_ps = 0;
    for (; is_digit(*at) && whole_us < TICK_LIMIT; at++)
        whole_us = 10 * whole_us + (*at - '0');
    bool has_digits = at > text;
    if (*at == '.') {
        at++;
        has_digits = has_digits || is_digit(*at);
        for (int64_t unit_ps = TICK_PER_US / 10; unit_ps > 0; unit_ps /= 10)
            rest_ps += is_digit(*at) ? unit_ps * (*at++ - '0') : 0;
        rest_ps += *at >= '5' && *at <= '9';
        while (is_digit(*at))
            at++;
    }
    if (!has_digits || *at != '\0' || whole_us > TICK_LIMIT / TICK_PER_US)
        return false;
    *ps = whole_us * TICK_PER_US + rest_ps;
    return *ps < TICK_LIMIT;
}
