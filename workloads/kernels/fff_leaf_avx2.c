/* SPDX-License-Identifier: GPL-3.0-or-later */
#define SIMD_LANES    8
#define FFF_LEAF_NAME fff_leaf_avx2
#include "workloads/kernels/fff_leaf_simd.h"
