/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What one thread of this machine can do at most: the yardsticks of the benchmark. */
#ifndef HETSOC_WORKLOADS_KERNELS_PEAK_H
#define HETSOC_WORKLOADS_KERNELS_PEAK_H

#include <stddef.h>
#include <stdint.h>

#include "workloads/kernels/isa.h"

/* Seconds of a fixed amount of multiply-adds that depend on nothing but themselves:
 * PEAK_MACS of them. Also measures how steady the machine is. */
#define PEAK_MACS 4000000
double peak_compute_s(enum isa isa);

/* Seconds to read `bytes` (a multiple of 256) once, in order. */
double peak_read_s(enum isa isa, const void *bytes_at, size_t bytes);

/* Seconds on the monotonic clock. */
double peak_now_s(void);

/* For one instruction set: the loops themselves. Their results only keep the compiler honest. */
struct peak_code {
    float (*compute)(int64_t macs);
    float (*read)(const float *values, size_t count);
};
extern const struct peak_code peak_portable, peak_avx2, peak_avx512;

#endif
