/* SPDX-License-Identifier: GPL-3.0-or-later */
#define SIMD_LANES 8
#define FFF_NAME   fff_avx2
#include "workloads/kernels/fff_simd.h"
