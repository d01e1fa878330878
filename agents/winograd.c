/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agents/winograd.h"

#include <string.h>

#include "agents/frame.h"
#include "agents/matrix.h"
#include "agents/winograd_kernel.h"

enum { PLANES = WINOGRAD_PLANES };

const struct winograd_kernel *const winograd_kernels[] = {
#ifdef AGENTS_X86
    &winograd_kernel_avx512,
    &winograd_kernel_avx2,
#endif
    &winograd_kernel_portable,
};

static const struct winograd_kernel *find_kernel(void)
{
    const size_t last = sizeof winograd_kernels / sizeof *winograd_kernels - 1;
    size_t i = 0;
    while (i < last && !matrix_variants[i].is_supported())
        i++;
    return winograd_kernels[i];
}

bool winograd_suits(const struct convolution *shape)
{
    return shape->kernel == WINOGRAD_TAPS && shape->stride == 1 && shape->height % 2 == 0 &&
           shape->width % 2 == 0 && shape->inputs % WINOGRAD_LANES == 0 &&
           shape->outputs % WINOGRAD_LANES == 0;
}

/* The tiles of a frame with so many channels, and of the images without it. */
static struct winograd_tiles tiles_of(const struct convolution *shape, const struct frame *frame,
                                      int32_t channels)
{
    return (struct winograd_tiles){.rows = shape->height / 2,
                                   .columns = shape->width / 2,
                                   .channels = channels,
                                   .pitch = (ptrdiff_t)frame->width * channels};
}

/* c[plane] = a[plane] b[plane] for all planes: [rows][sums] times [sums][columns] */
static void multiply_planes(const real *a, const real *b, const real *zeros, int32_t rows,
                            int32_t sums, int32_t columns, real *c)
{
    for (int p = 0; p < PLANES; p++)
        matrix_multiply(&(struct matrix_product){
            .rows = rows,
            .columns = columns,
            .blocks = 1,
            .sums = sums,
            .a = a + (ptrdiff_t)p * rows * sums,
            .a_row = sums,
            .a_sum = 1,
            .b = b + (ptrdiff_t)p * sums * columns,
            .b_sum = columns,
            .start = zeros,
            .c = c + (ptrdiff_t)p * rows * columns,
            .c_row = columns,
        });
}

/* d_u[plane] += v[plane]^T m[plane] */
static void add_products(const real *v, const real *m, int32_t tiles, int32_t inputs,
                         int32_t outputs, real *d_u)
{
    for (int p = 0; p < PLANES; p++) {
        real *c = d_u + (ptrdiff_t)p * inputs * outputs;
        matrix_multiply(&(struct matrix_product){
            .rows = inputs,
            .columns = outputs,
            .blocks = 1,
            .sums = tiles,
            .a = v + (ptrdiff_t)p * tiles * inputs,
            .a_row = 1,
            .a_sum = inputs,
            .b = m + (ptrdiff_t)p * tiles * outputs,
            .b_sum = outputs,
            .start = c,
            .start_row = outputs,
            .c = c,
            .c_row = outputs,
        });
    }
}

/* What one pass works with. */
struct pass {
    const struct winograd_kernel *kernel;
    struct frame frame;
    struct winograd_tiles in, out;
    int32_t tiles;
    size_t pixels, pairs;
    const real *zeros; /* for the larger number of channels */
    real *framed;      /* the image */
    real *u;           /* weights of a plane: [inputs][outputs] */
    real *v, *m;       /* planes of the input and of the output */
};

static struct pass pass_begin(const struct convolution *shape, const real *w,
                              struct workspace *workspace)
{
    const struct frame frame = frame_of_input(shape);
    const int32_t most = shape->inputs > shape->outputs ? shape->inputs : shape->outputs;
    struct pass pass = {
        .kernel = find_kernel(),
        .frame = frame,
        .in = tiles_of(shape, &frame, shape->inputs),
        .out = tiles_of(shape, &frame, shape->outputs),
        .tiles = shape->height / 2 * (shape->width / 2),
        .pixels = (size_t)shape->height * (size_t)shape->width,
        .pairs = (size_t)shape->inputs * (size_t)shape->outputs,
        .zeros = workspace_zeros(workspace, (size_t)most),
        .framed = frame_create(&frame, workspace),
    };
    const size_t planes = (size_t)PLANES * (size_t)pass.tiles;
    pass.u = workspace_reals(workspace, PLANES * pass.pairs);
    pass.v = workspace_reals(workspace, planes * (size_t)shape->inputs);
    pass.m = workspace_reals(workspace, planes * (size_t)shape->outputs);
    pass.kernel->transform(w, pass.pairs, pass.u);
    return pass;
}

/* v of an image. */
static void gather_image(const struct pass *pass, const struct convolution *shape, const real *x)
{
    frame_fill(&pass->frame, x, shape->height, shape->width, pass->framed);
    pass->kernel->gather(&pass->in, pass->framed, pass->v);
}

void winograd_forward(const struct convolution *shape, const real *x, const real *w, const real *b,
                      int32_t images, struct workspace *workspace, real *y)
{
    struct workspace_mark mark = workspace_mark(workspace);
    const struct pass pass = pass_begin(shape, w, workspace);
    for (int32_t i = 0; i < images; i++) {
        gather_image(&pass, shape, x);
        multiply_planes(pass.v, pass.u, pass.zeros, pass.tiles, shape->inputs, shape->outputs,
                        pass.m);
        pass.kernel->reduce(&pass.out, pass.m, b != NULL ? b : pass.zeros, y);
        x += pass.pixels * (size_t)shape->inputs;
        y += pass.pixels * (size_t)shape->outputs;
    }
    workspace_rewind(workspace, mark);
}

/* The gradient by an image from m of the output's, which is in the pass; uses up v. */
static void scatter_image(const struct pass *pass, const struct convolution *shape,
                          const real *turned, real *d_framed, real *d_x)
{
    const size_t frame_pixels = (size_t)pass->frame.height * (size_t)pass->frame.width;
    multiply_planes(pass->m, turned, pass->zeros, pass->tiles, shape->outputs, shape->inputs,
                    pass->v);
    memset(d_framed, 0, frame_pixels * (size_t)shape->inputs * sizeof *d_framed);
    pass->kernel->scatter(&pass->in, pass->v, d_framed);
    frame_add(&pass->frame, d_framed, shape->height, shape->width, d_x);
}

void winograd_backward(const struct convolution *shape, const real *x, const real *w,
                       const real *d_y, int32_t images, struct workspace *workspace, real *d_w,
                       real *d_x)
{
    struct workspace_mark mark = workspace_mark(workspace);
    const struct pass pass = pass_begin(shape, w, workspace);
    real *d_u = workspace_zeros(workspace, PLANES * pass.pairs);
    real *turned = workspace_reals(workspace, PLANES * pass.pairs);
    real *d_framed = frame_create(&pass.frame, workspace);
    for (size_t p = 0; p < PLANES; p++)
        matrix_transpose(pass.u + p * pass.pairs, shape->inputs, shape->outputs,
                         turned + p * pass.pairs);
    for (int32_t i = 0; i < images; i++) {
        gather_image(&pass, shape, x);
        pass.kernel->expand(&pass.out, d_y, pass.m);
        add_products(pass.v, pass.m, pass.tiles, shape->inputs, shape->outputs, d_u);
        if (d_x != NULL) {
            scatter_image(&pass, shape, turned, d_framed, d_x);
            d_x += pass.pixels * (size_t)shape->inputs;
        }
        x += pass.pixels * (size_t)shape->inputs;
        d_y += pass.pixels * (size_t)shape->outputs;
    }
    pass.kernel->restore(d_u, pass.pairs, d_w);
    workspace_rewind(workspace, mark);
}
