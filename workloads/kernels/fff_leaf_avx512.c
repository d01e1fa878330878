/* SPDX-License-Identifier: GPL-3.0-or-later */
#define SIMD_LANES    16
#define ROWS_VECTORS  16
#define FFF_LEAF_NAME fff_leaf_avx512
#include "workloads/kernels/fff_leaf_simd.h"
