/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agents/matrix.h"

#include "agents/matrix_kernel.h"

#ifdef AGENTS_X86
/* Does the columns that fill whole vectors; the rest of the product is left. */
static void peel(struct matrix_product *rest, int32_t lanes,
                 void (*kernel)(const struct matrix_product *product))
{
    struct matrix_product whole = *rest;
    whole.columns = rest->columns / lanes * lanes;
    if (whole.columns > 0)
        kernel(&whole);
    rest->columns -= whole.columns;
    rest->b += whole.columns;
    rest->start += whole.columns;
    rest->c += whole.columns;
}

static bool has_avx512(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("fma");
}

static bool has_avx2(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

static void multiply_avx512(const struct matrix_product *product)
{
    struct matrix_product rest = *product;
    peel(&rest, MATRIX_AVX512_LANES, matrix_kernel_avx512);
    peel(&rest, MATRIX_AVX2_LANES, matrix_kernel_avx2);
    peel(&rest, 1, matrix_kernel_fma);
}

static void multiply_avx2(const struct matrix_product *product)
{
    struct matrix_product rest = *product;
    peel(&rest, MATRIX_AVX2_LANES, matrix_kernel_avx2);
    peel(&rest, 1, matrix_kernel_fma);
}
#endif

static bool has_nothing_special(void)
{
    return true;
}

const struct matrix_variant matrix_variants[] = {
#ifdef AGENTS_X86
    {"avx512", has_avx512, multiply_avx512},
    {"avx2", has_avx2, multiply_avx2},
#endif
    {"portable", has_nothing_special, matrix_kernel_portable},
};

const int32_t matrix_variant_count = sizeof matrix_variants / sizeof *matrix_variants;

void matrix_multiply(const struct matrix_product *product)
{
    const struct matrix_variant *variant = matrix_variants;
    while (!variant->is_supported())
        variant++;
    variant->multiply(product);
}

void matrix_transpose(const real *source, int32_t rows, int32_t columns, real *target)
{
    for (int32_t r = 0; r < rows; r++)
        for (int32_t c = 0; c < columns; c++)
            target[(ptrdiff_t)c * rows + r] = source[(ptrdiff_t)r * columns + c];
}
