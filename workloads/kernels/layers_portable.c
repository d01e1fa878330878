/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "workloads/kernels/layers_simd.h"
