/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every kernel that can be measured: one row each. */
#include "workloads/kernels/bench_feedforward.h"
#include "workloads/kernels/bench_trellis.h"

const struct bench_kind *const bench_kinds[] = {
    &bench_dense_packed,
    &bench_dense_openblas,
    &bench_fff_1x11,
    &bench_fff_2x10,
    &bench_fff_4x9,
    &bench_fff_8x8,
    &bench_fff_16x7,
    &bench_fff_32x6,
    &bench_fff_64x5,
    &bench_fff_128x4,
    &bench_fff_256x3,
    &bench_fff_512x2,
    &bench_fff_1536x1,
    &bench_fff_3072x0,
    &bench_fff_leaf,
    &bench_cigt_mnist,
    &bench_cigt_mnist_thick,
    &bench_cigt_mnist_thin,
    &bench_cigt_fmnist,
    &bench_cigt_fmnist_thick,
    &bench_cigt_fmnist_thin,
    &bench_cigt_cifar10,
    &bench_cigt_cifar10_thick,
    &bench_cigt_cifar10_thin,
    NULL,
};
