/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "workloads/kernels/fff_leaf_simd.h"
