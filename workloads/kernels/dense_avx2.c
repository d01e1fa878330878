/* SPDX-License-Identifier: GPL-3.0-or-later */
#define SIMD_LANES    8
#define DENSE_NAME    dense_avx2
#define DENSE_VECTORS 2
#define DENSE_SAMPLES 6
#include "workloads/kernels/dense_simd.h"
