/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <string.h>

#include "agents/layers.h"
#include "agents/matrix.h"
#include "base/memory.h"
#include "base/random.h"
#include "test/suite.h"

enum { ROOM = 6000 };

static struct random_stream stream;
static real a[ROOM], b[ROOM], start[ROOM], c[ROOM];

static void setup(void)
{
    stream = random_open(3, 0, RANDOM_TEST, 0, 0);
    for (int i = 0; i < ROOM; i++) {
        a[i] = (real)random_normal(&stream);
        b[i] = (real)random_normal(&stream);
        start[i] = (real)random_normal(&stream);
    }
    a[7] = 1e-40f; /* denormal */
    a[8] = -0.0f;
}

static int32_t below(int count)
{
    return (int32_t)random_below(&stream, (uint32_t)count);
}

/* Any shape and any steps that fit in the room. */
static struct matrix_product draw_product(void)
{
    struct matrix_product product = {
        .rows = below(16),
        .columns = below(70),
        .blocks = 1 + below(3),
        .sums = below(12),
        .a = a,
        .a_row = below(20),
        .a_block = below(100),
        .a_sum = below(20),
        .b = b,
        .b_block = below(1000),
        .b_sum = below(90),
        .start = start,
        .start_row = below(2) * (70 + below(20)),
        .c = c,
        .c_row = 70 + below(20),
    };
    return product;
}

static double element(const struct matrix_product *p, int32_t row, int32_t column)
{
    double sum = (double)p->start[row * p->start_row + column];
    for (int32_t block = 0; block < p->blocks; block++)
        for (int32_t s = 0; s < p->sums; s++)
            sum += (double)p->a[row * p->a_row + block * p->a_block + s * p->a_sum] *
                   (double)p->b[block * p->b_block + s * p->b_sum + column];
    return sum;
}

START_TEST(every_variant_gives_the_product_and_the_same_bytes)
{
    static real portable[ROOM];
    const struct matrix_variant *last = &matrix_variants[matrix_variant_count - 1];
    for (int i = 0; i < 400; i++) {
        struct matrix_product product = draw_product();
        for (int k = 0; k < ROOM; k++)
            portable[k] = c[k] = (real)k;
        product.c = portable;
        last->multiply(&product);
        for (int32_t r = 0; r < product.rows; r++)
            for (int32_t k = 0; k < product.columns; k++)
                ck_assert_double_eq_tol((double)portable[r * product.c_row + k],
                                        element(&product, r, k), 2e-4);
        product.c = c;
        for (int v = 0; v < matrix_variant_count; v++) {
            if (!matrix_variants[v].is_supported())
                continue;
            for (int k = 0; k < ROOM; k++)
                c[k] = (real)k;
            matrix_variants[v].multiply(&product);
            // NOLINTNEXTLINE(bugprone-suspicious-memory-comparison,cert-*): the same bytes
            ck_assert_msg(memcmp(c, portable, sizeof c) == 0, "%s differs: case %d",
                          matrix_variants[v].name, i);
        }
    }
}
END_TEST

START_TEST(the_portable_variant_is_always_there)
{
    const struct matrix_variant *last = &matrix_variants[matrix_variant_count - 1];
    ck_assert_str_eq(last->name, "portable");
    ck_assert(last->is_supported());
}
END_TEST

START_TEST(the_sum_may_start_at_what_is_there)
{
    struct matrix_product product = {.rows = 9,
                                     .columns = 21,
                                     .blocks = 1,
                                     .sums = 5,
                                     .a = a,
                                     .a_row = 5,
                                     .a_sum = 1,
                                     .b = b,
                                     .b_sum = 21,
                                     .start = start,
                                     .start_row = 21,
                                     .c = c,
                                     .c_row = 21};
    matrix_multiply(&product);
    real apart[9 * 21], in_place[9 * 21];
    memcpy(apart, c, sizeof apart);
    memcpy(in_place, start, sizeof in_place);
    product.start = product.c = in_place;
    matrix_multiply(&product);
    ck_assert_mem_eq(in_place, apart, sizeof apart);
}
END_TEST

START_TEST(rows_do_not_depend_on_the_rows_beside_them)
{
    /* A decision scored alone has the bytes that it has in a batch. */
    static real all[23 * 32], one[32];
    linear_forward(a, b, start, 23, 38, 32, all);
    for (int r = 0; r < 23; r++) {
        linear_forward(a + (ptrdiff_t)r * 38, b, start, 1, 38, 32, one);
        ck_assert_mem_eq(one, all + (ptrdiff_t)r * 32, sizeof one);
    }
}
END_TEST

START_TEST(a_transpose_turns_rows_into_columns)
{
    real turned[15], back[15];
    matrix_transpose(a, 3, 5, turned);
    ck_assert(turned[0] == a[0] && turned[1] == a[5] && turned[3] == a[1] && turned[14] == a[14]);
    matrix_transpose(turned, 5, 3, back);
    ck_assert_mem_eq(back, a, sizeof back);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("matrix");
    TCase *tests = tcase_create("matrix");
    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_test(tests, every_variant_gives_the_product_and_the_same_bytes);
    tcase_add_test(tests, the_portable_variant_is_always_there);
    tcase_add_test(tests, the_sum_may_start_at_what_is_there);
    tcase_add_test(tests, rows_do_not_depend_on_the_rows_beside_them);
    tcase_add_test(tests, a_transpose_turns_rows_into_columns);
    suite_add_tcase(suite, tests);
    return suite;
}
