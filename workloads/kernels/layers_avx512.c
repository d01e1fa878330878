/* SPDX-License-Identifier: GPL-3.0-or-later */
#define LAYERS_NAME       layers_avx512
#define LAYERS_ISA        ISA_AVX512
#define LAYERS_LANES      16
#define LAYERS_VECTORS    2
#define LAYERS_STEP       4
#define LAYERS_FC_VECTORS 4
#include "workloads/kernels/layers_simd.h"
