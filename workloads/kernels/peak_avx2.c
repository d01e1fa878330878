/* SPDX-License-Identifier: GPL-3.0-or-later */
#define SIMD_LANES 8
#define PEAK_NAME  peak_avx2
#include "workloads/kernels/peak_simd.h"
