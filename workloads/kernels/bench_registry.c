/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every kernel that can be measured: one row each. */
#include "workloads/kernels/bench_feedforward.h"
#include "workloads/kernels/bench_trellis.h"

const struct bench_kind *const bench_kinds[] = {
    &bench_dense_packed,
    &bench_dense_openblas,
    &bench_fff_1x11,
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
