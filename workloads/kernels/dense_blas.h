/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The dense layer by OpenBLAS: the rival of the benchmark, and nothing else uses it. The library is
 * looked for when it is asked for; it need not be there. It chooses its kernels by the processor,
 * or by the variable OPENBLAS_CORETYPE when the program starts, so its choice is reported. One
 * thread. */
#ifndef HETSOC_WORKLOADS_KERNELS_DENSE_BLAS_H
#define HETSOC_WORKLOADS_KERNELS_DENSE_BLAS_H

#include "workloads/kernels/dense.h"

struct dense_blas;

/* NULL if this machine has no OpenBLAS. */
struct dense_blas *dense_blas_create(const struct dense_shape *shape);
void dense_blas_destroy(struct dense_blas *blas); /* NULL is fine */

/* The kernels that OpenBLAS chose, e.g. "SkylakeX". */
const char *dense_blas_core(const struct dense_blas *blas);

/* sgemv for one sample, sgemm for more; GELU between is that of our kernel. Biases are not
 * supported. */
void dense_blas_apply(struct dense_blas *blas, const struct dense_rows *rows, const float *x,
                      int32_t batch, float *out);

/* The environment variable that makes OpenBLAS choose other kernels or block sizes than it would by
 * itself, NULL if none is set. Numbers of threads do not matter: it gets one. */
const char *dense_blas_meddler(void);

#endif
