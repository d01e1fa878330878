/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Feedforward layers of BERT's width (768 -> neurons -> 768) in the benchmark: FFFs and the dense
 * layer of as many neurons. The dense kernels have the weights of the FFF 1x11, so that both read
 * the same numbers. */
#ifndef HETSOC_WORKLOADS_KERNELS_BENCH_FEEDFORWARD_H
#define HETSOC_WORKLOADS_KERNELS_BENCH_FEEDFORWARD_H

#include "workloads/kernels/bench.h"

extern const struct bench_kind bench_dense_packed, bench_dense_openblas;
extern const struct bench_kind bench_fff_1x11, bench_fff_2x10, bench_fff_4x9, bench_fff_8x8,
    bench_fff_16x7, bench_fff_32x6, bench_fff_64x5, bench_fff_128x4, bench_fff_256x3,
    bench_fff_512x2, bench_fff_1536x1, bench_fff_3072x0, bench_fff_leaf;

#endif
