/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Wall time. */
#ifndef HETSOC_BASE_CLOCK_H
#define HETSOC_BASE_CLOCK_H

#include <time.h>

/* Seconds since some point in the past; never goes back. */
static inline double clock_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

#endif
