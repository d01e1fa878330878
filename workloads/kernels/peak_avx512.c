/* SPDX-License-Identifier: GPL-3.0-or-later */
#define SIMD_LANES 16
#define PEAK_NAME  peak_avx512
#include "workloads/kernels/peak_simd.h"
