/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every kernel that can be measured: one row each. */
#include "workloads/kernels/bench_feedforward.h"

const struct bench_kind *const bench_kinds[] = {
    &bench_dense_packed,
    &bench_dense_openblas,
    &bench_fff_1x11,
    NULL,
};
