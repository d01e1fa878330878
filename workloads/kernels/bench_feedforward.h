/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Feedforward layers of BERT's width (768 -> neurons -> 768) in the benchmark: FFFs and the dense
 * layer of as many neurons. The dense kernels have the weights of the FFF 1x11, so that both read
 * the same numbers. */
#ifndef HETSOC_WORKLOADS_KERNELS_BENCH_FEEDFORWARD_H
#define HETSOC_WORKLOADS_KERNELS_BENCH_FEEDFORWARD_H

#include "workloads/kernels/bench.h"

extern const struct bench_kind bench_dense_packed, bench_dense_openblas;
extern const struct bench_kind bench_fff_1x11;

#endif
