/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "workloads/kernels/dense.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "workloads/kernels/finite.h"
#include "workloads/kernels/gelu.h"
#include "workloads/kernels/pages.h"

/* Rows of a panel that are multiplied at a time: 768 * 48 floats are 147 KB and stay in L2. */
enum { DEPTH_BLOCK = 768 };

struct dense {
    struct dense_shape shape;
    size_t bytes;
    float *panels_in;  /* [panels][inputs][DENSE_PANEL] */
    float *panels_out; /* [panels][neurons][DENSE_PANEL] */
    float *bias;       /* [panels * DENSE_PANEL] */
};

struct dense_workspace {
    struct dense_shape shape;
    size_t bytes;
    float *hidden; /* [DENSE_CHUNK][neurons, rounded up to panels] */
    float *out;    /* [DENSE_CHUNK][outputs, rounded up to panels] */
    float zero[DENSE_PANEL];
};

static size_t panel_count(int32_t columns)
{
    return ((size_t)columns + DENSE_PANEL - 1) / DENSE_PANEL;
}

struct dense_cost dense_cost(const struct dense_shape *shape)
{
    int64_t weights = shape->neurons * ((int64_t)shape->inputs + shape->outputs);
    return (struct dense_cost){
        .mac = weights,
        .parameters = weights + (shape->has_bias ? shape->neurons : 0),
        .weight_bytes = (int64_t)sizeof(float) * (weights + (shape->has_bias ? shape->neurons : 0)),
    };
}

void dense_reference(const struct dense_rows *rows, const float *x, int32_t batch, float *out)
{
    const struct dense_shape *shape = &rows->shape;
    double *sum = memory_zeroed((size_t)shape->outputs, sizeof *sum);
    for (int32_t b = 0; b < batch; b++, x += shape->inputs, out += shape->outputs) {
        for (int32_t i = 0; i < shape->outputs; i++)
            sum[i] = 0;
        for (int32_t j = 0; j < shape->neurons; j++) {
            double logit = gelu_logit(rows->w_in + (size_t)j * (size_t)shape->inputs, x,
                                      shape->inputs, rows->bias != NULL ? rows->bias[j] : 0);
            double value = gelu_exact(logit);
            const float *w_out = rows->w_out + (size_t)j * (size_t)shape->outputs;
            for (int32_t i = 0; i < shape->outputs; i++)
                sum[i] += value * (double)w_out[i];
        }
        for (int32_t i = 0; i < shape->outputs; i++)
            out[i] = (float)sum[i];
    }
    free(sum);
}

/* columns x depth, column `c` of row `k` at from[c * column_step + k * row_step], into panels. */
static void pack_panels(float *panels, const float *from, int32_t columns, int32_t depth,
                        size_t column_step, size_t row_step)
{
    for (int32_t first = 0; first < columns; first += DENSE_PANEL)
        for (int32_t k = 0; k < depth; k++)
            for (int32_t c = first; c < first + DENSE_PANEL; c++)
                *panels++ = c < columns ? from[(size_t)c * column_step + (size_t)k * row_step] : 0;
}

struct dense *dense_create(const struct dense_rows *rows)
{
    const struct dense_shape *shape = &rows->shape;
    size_t in = panel_count(shape->neurons) * DENSE_PANEL * (size_t)shape->inputs;
    size_t out = panel_count(shape->outputs) * DENSE_PANEL * (size_t)shape->neurons;
    size_t neurons = panel_count(shape->neurons) * DENSE_PANEL;
    struct dense *dense = memory_zeroed(1, sizeof *dense);
    dense->shape = *shape;
    dense->bytes = (in + out + neurons) * sizeof(float);
    dense->panels_in = pages_create(dense->bytes);
    dense->panels_out = dense->panels_in + in;
    dense->bias = dense->panels_out + out;
    pack_panels(dense->panels_in, rows->w_in, shape->neurons, shape->inputs, (size_t)shape->inputs,
                1);
    pack_panels(dense->panels_out, rows->w_out, shape->outputs, shape->neurons, 1,
                (size_t)shape->outputs);
    for (int32_t j = 0; rows->bias != NULL && j < shape->neurons; j++)
        dense->bias[j] = rows->bias[j];
    return dense;
}

void dense_destroy(struct dense *dense)
{
    if (dense == NULL)
        return;
    pages_destroy(dense->panels_in, dense->bytes);
    free(dense);
}

struct dense_workspace *dense_workspace_create(const struct dense_shape *shape)
{
    struct dense_workspace *workspace = memory_zeroed(1, sizeof *workspace);
    size_t hidden = DENSE_CHUNK * panel_count(shape->neurons) * DENSE_PANEL;
    size_t out = DENSE_CHUNK * panel_count(shape->outputs) * DENSE_PANEL;
    workspace->shape = *shape;
    workspace->bytes = (hidden + out) * sizeof(float);
    workspace->hidden = pages_create(workspace->bytes);
    workspace->out = workspace->hidden + hidden;
    return workspace;
}

void dense_workspace_destroy(struct dense_workspace *workspace)
{
    if (workspace == NULL)
        return;
    pages_destroy(workspace->hidden, workspace->bytes);
    free(workspace);
}

const struct dense_code *dense_code_for(enum isa isa)
{
    assert(isa_runs(isa));
#ifdef __x86_64__
    if (isa == ISA_AVX512)
        return &dense_avx512;
    if (isa == ISA_AVX2)
        return &dense_avx2;
#endif
    return &dense_portable;
}

/* out [samples][panels * DENSE_PANEL] = start + x times all panels, in blocks of depth. */
static void multiply(const struct dense_code *code, struct dense_panel job, int32_t depth,
                     size_t panels, const float *start, size_t start_step)
{
    bool has_gelu = job.has_gelu;
    for (size_t p = 0; p < panels; p++) {
        struct dense_panel block = job;
        block.panel = job.panel + p * (size_t)depth * DENSE_PANEL;
        block.out = job.out + p * DENSE_PANEL;
        for (int32_t k = 0; k < depth; k += DEPTH_BLOCK) {
            block.depth = depth - k < DEPTH_BLOCK ? depth - k : DEPTH_BLOCK;
            block.has_gelu = has_gelu && k + block.depth == depth;
            block.start = k == 0 ? start + p * start_step : NULL;
            code->panel(&block);
            block.x += block.depth;
            block.panel += (size_t)block.depth * DENSE_PANEL;
        }
    }
}

static void apply_chunk(const struct dense *dense, const struct dense_code *code,
                        struct dense_workspace *workspace, const float *x, int32_t samples,
                        float *out)
{
    const struct dense_shape *shape = &dense->shape;
    size_t panels_in = panel_count(shape->neurons), panels_out = panel_count(shape->outputs);
    bool is_whole = shape->outputs % DENSE_PANEL == 0; /* no room needed beside a row */
    float *sums = is_whole ? out : workspace->out;
    multiply(code,
             (struct dense_panel){.x = x,
                                  .x_stride = (size_t)shape->inputs,
                                  .panel = dense->panels_in,
                                  .out = workspace->hidden,
                                  .out_stride = panels_in * DENSE_PANEL,
                                  .samples = samples,
                                  .has_gelu = true},
             shape->inputs, panels_in, dense->bias, DENSE_PANEL);
    multiply(code,
             (struct dense_panel){.x = workspace->hidden,
                                  .x_stride = panels_in * DENSE_PANEL,
                                  .panel = dense->panels_out,
                                  .out = sums,
                                  .out_stride = panels_out * DENSE_PANEL,
                                  .samples = samples},
             shape->neurons, panels_out, workspace->zero, 0);
    for (int32_t b = 0; !is_whole && b < samples; b++)
        for (int32_t i = 0; i < shape->outputs; i++)
            out[(size_t)b * (size_t)shape->outputs + (size_t)i] =
                sums[(size_t)b * panels_out * DENSE_PANEL + (size_t)i];
}

bool dense_apply(const struct dense *dense, enum isa isa, struct dense_workspace *workspace,
                 const float *x, int32_t batch, float *out, struct fault *fault)
{
    const struct dense_shape *shape = &dense->shape;
    const struct dense_code *code = dense_code_for(isa);
    assert(batch >= 0);
    assert(shape->inputs == workspace->shape.inputs && shape->neurons == workspace->shape.neurons &&
           shape->outputs == workspace->shape.outputs);
    if (!finite_check(x, batch, shape->inputs, fault))
        return false;
    for (int32_t done = 0; done < batch; done += DENSE_CHUNK) {
        int32_t samples = batch - done < DENSE_CHUNK ? batch - done : DENSE_CHUNK;
        apply_chunk(dense, code, workspace, x + (size_t)done * (size_t)shape->inputs, samples,
                    out + (size_t)done * (size_t)shape->outputs);
    }
    return true;
}
