/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "workloads/kernels/dense_blas.h"

#include <assert.h>
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "workloads/kernels/pages.h"

enum { ROW_MAJOR = 101, NO_TRANSPOSE = 111, TRANSPOSE = 112, CHUNK = 512 };

typedef void gemv(int order, int transpose, int m, int n, float alpha, const float *a, int lda,
                  const float *x, int step_x, float beta, float *y, int step_y);
typedef void gemm(int order, int transpose_a, int transpose_b, int m, int n, int k, float alpha,
                  const float *a, int lda, const float *b, int ldb, float beta, float *c, int ldc);

struct dense_blas {
    void *library;
    gemv *gemv;
    gemm *gemm;
    const char *core;
    size_t bytes;
    float *hidden; /* [CHUNK][neurons rounded up to 16] */
    int32_t hidden_row;
};

/* dlsym returns an object pointer; POSIX guarantees that its bits are those of the function's. */
static bool find(void *library, const char *name, void *function)
{
    void *symbol = dlsym(library, name);
    memcpy(function, &symbol, sizeof symbol);
    return symbol != NULL;
}

struct dense_blas *dense_blas_create(const struct dense_shape *shape)
{
    assert(!shape->has_bias);
    struct dense_blas *blas = memory_zeroed(1, sizeof *blas);
    char *(*core)(void) = NULL;
    void (*set_threads)(int) = NULL;
    blas->library = dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL);
    if (blas->library == NULL || !find(blas->library, "cblas_sgemv", &blas->gemv) ||
        !find(blas->library, "cblas_sgemm", &blas->gemm) ||
        !find(blas->library, "openblas_get_corename", &core) ||
        !find(blas->library, "openblas_set_num_threads", &set_threads)) {
        dense_blas_destroy(blas);
        return NULL;
    }
    set_threads(1);
    blas->core = core();
    blas->hidden_row = (shape->neurons + 15) / 16 * 16;
    blas->bytes = (size_t)CHUNK * (size_t)blas->hidden_row * sizeof(float);
    blas->hidden = pages_create(blas->bytes);
    return blas;
}

void dense_blas_destroy(struct dense_blas *blas)
{
    if (blas == NULL)
        return;
    pages_destroy(blas->hidden, blas->bytes);
    if (blas->library != NULL)
        dlclose(blas->library);
    free(blas);
}

const char *dense_blas_core(const struct dense_blas *blas)
{
    return blas->core;
}

const char *dense_blas_meddler(void)
{
    static const char *const names[] = {"OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE",
                                        "OPENBLAS_BLOCK_FACTOR"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (getenv(names[i]) != NULL)
            return names[i];
    return NULL;
}

void dense_blas_apply(struct dense_blas *blas, const struct dense_rows *rows, const float *x,
                      int32_t batch, float *out)
{
    int in = rows->shape.inputs, neurons = rows->shape.neurons, outputs = rows->shape.outputs;
    int hidden_row = blas->hidden_row;
    const struct dense_code *code = dense_code_for(isa_best());
    for (int32_t done = 0; done < batch; done += CHUNK) {
        int32_t samples = batch - done < CHUNK ? batch - done : CHUNK;
        size_t hidden = (size_t)samples * (size_t)hidden_row;
        if (samples == 1) {
            blas->gemv(ROW_MAJOR, NO_TRANSPOSE, neurons, in, 1, rows->w_in, in, x, 1, 0,
                       blas->hidden, 1);
            code->gelu(blas->hidden, hidden);
            blas->gemv(ROW_MAJOR, TRANSPOSE, neurons, outputs, 1, rows->w_out, outputs,
                       blas->hidden, 1, 0, out, 1);
        } else {
            blas->gemm(ROW_MAJOR, NO_TRANSPOSE, TRANSPOSE, samples, neurons, in, 1, x, in,
                       rows->w_in, in, 0, blas->hidden, hidden_row);
            code->gelu(blas->hidden, hidden);
            blas->gemm(ROW_MAJOR, NO_TRANSPOSE, NO_TRANSPOSE, samples, outputs, neurons, 1,
                       blas->hidden, hidden_row, rows->w_out, outputs, 0, out, outputs);
        }
        x += (size_t)samples * (size_t)in;
        out += (size_t)samples * (size_t)outputs;
    }
}
