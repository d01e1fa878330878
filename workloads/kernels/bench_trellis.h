/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Trellises in the benchmark, each against its thick network (the rival), with the thin one beside
 * them. */
#ifndef HETSOC_WORKLOADS_KERNELS_BENCH_TRELLIS_H
#define HETSOC_WORKLOADS_KERNELS_BENCH_TRELLIS_H

#include "workloads/kernels/bench.h"

extern const struct bench_kind bench_cigt_mnist, bench_cigt_mnist_thick, bench_cigt_mnist_thin;
extern const struct bench_kind bench_cigt_fmnist, bench_cigt_fmnist_thick, bench_cigt_fmnist_thin;
extern const struct bench_kind bench_cigt_cifar10, bench_cigt_cifar10_thick,
    bench_cigt_cifar10_thin;

#endif
