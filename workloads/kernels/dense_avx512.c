/* SPDX-License-Identifier: GPL-3.0-or-later */
#define SIMD_LANES    16
#define DENSE_NAME    dense_avx512
#define DENSE_VECTORS 3
#define DENSE_SAMPLES 8
#include "workloads/kernels/dense_simd.h"
