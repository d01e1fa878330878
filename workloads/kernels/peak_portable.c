/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "workloads/kernels/peak_simd.h"
