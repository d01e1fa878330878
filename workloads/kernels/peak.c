/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "workloads/kernels/peak.h"

#include <assert.h>
#include <time.h>

static const struct peak_code *code_for(enum isa isa)
{
    assert(isa_runs(isa));
#ifdef __x86_64__
    if (isa == ISA_AVX512)
        return &peak_avx512;
    if (isa == ISA_AVX2)
        return &peak_avx2;
#endif
    return &peak_portable;
}

double peak_now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

double peak_compute_s(enum isa isa)
{
    double start_s = peak_now_s();
    volatile float result = code_for(isa)->compute(PEAK_MACS);
    (void)result;
    return peak_now_s() - start_s;
}

double peak_read_s(enum isa isa, const void *bytes_at, size_t bytes)
{
    double start_s = peak_now_s();
    volatile float result = code_for(isa)->read(bytes_at, bytes / sizeof(float));
    (void)result;
    return peak_now_s() - start_s;
}
