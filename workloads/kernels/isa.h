/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Instruction sets that the kernels are built for; the one to use is chosen at run time.
 *
 * A kernel NOUN has its contract in NOUN.h and one file NOUN_ISA.c per instruction set, which
 * workloads/kernels/meson.build compiles with the flags of that set. Nothing else may run before
 * isa_runs() has said yes. */
#ifndef HETSOC_WORKLOADS_KERNELS_ISA_H
#define HETSOC_WORKLOADS_KERNELS_ISA_H

#include <stdbool.h>

enum isa {
    ISA_PORTABLE, /* C without intrinsics, the compiler's base instruction set */
    ISA_AVX2,     /* AVX2 and FMA, 8 floats */
    ISA_AVX512,   /* AVX-512 F, BW, DQ, VL, 16 floats */
    ISA_COUNT
};

/* "portable", "avx2", "avx512". */
const char *isa_name(enum isa isa);

/* Whether this build and this processor have it; ISA_PORTABLE always. */
bool isa_runs(enum isa isa);

/* The widest that runs. */
enum isa isa_best(void);

#endif
