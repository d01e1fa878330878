/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "workloads/kernels/isa.h"

#include <assert.h>

const char *isa_name(enum isa isa)
{
    static const char *const names[ISA_COUNT] = {"portable", "avx2", "avx512"};
    assert(isa >= ISA_PORTABLE && isa < ISA_COUNT);
    return names[isa];
}

bool isa_runs(enum isa isa)
{
#ifdef __x86_64__
    if (isa == ISA_AVX2)
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    if (isa == ISA_AVX512)
        return isa_runs(ISA_AVX2) && __builtin_cpu_supports("avx512f") &&
               __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
               __builtin_cpu_supports("avx512vl");
#endif
    return isa == ISA_PORTABLE;
}

enum isa isa_best(void)
{
    enum isa best = ISA_PORTABLE;
    for (enum isa isa = ISA_PORTABLE; isa < ISA_COUNT; isa++)
        if (isa_runs(isa))
            best = isa;
    return best;
}
