/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agents/matrix.h"

#include "agents/matrix_kernel.h"

#ifdef AGENTS_X86
static bool has_avx512(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("fma");
}

static bool has_avx2(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}
#endif

static bool has_nothing_special(void)
{
    return true;
}

const struct matrix_variant matrix_variants[] = {
#ifdef AGENTS_X86
    {"avx512", has_avx512, matrix_kernel_avx512},
    {"avx2", has_avx2, matrix_kernel_avx2},
#endif
    {"portable", has_nothing_special, matrix_kernel_portable},
};

const int32_t matrix_variant_count = sizeof matrix_variants / sizeof *matrix_variants;

void matrix_multiply_add(const struct matrix_product *product)
{
    const struct matrix_variant *variant = matrix_variants;
    while (!variant->is_supported())
        variant++;
    variant->multiply_add(product);
}

void matrix_transpose(const real *source, int32_t rows, int32_t columns, real *target)
{
    for (int32_t r = 0; r < rows; r++)
        for (int32_t c = 0; c < columns; c++)
            target[(ptrdiff_t)c * rows + r] = source[(ptrdiff_t)r * columns + c];
}
