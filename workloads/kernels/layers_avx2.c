/* SPDX-License-Identifier: GPL-3.0-or-later */
#define LAYERS_NAME       layers_avx2
#define LAYERS_ISA        ISA_AVX2
#define LAYERS_LANES      8
#define LAYERS_VECTORS    2
#define LAYERS_STEP       2
#define LAYERS_FC_VECTORS 2
#include "workloads/kernels/layers_simd.h"
