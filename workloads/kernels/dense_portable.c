/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "workloads/kernels/dense_simd.h"
