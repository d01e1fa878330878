/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The figures are tables A3, B2 and C1 to C3 of the project's notes on the published models. */
#include "workloads/kernels/stage.h"

#include <stdio.h>
#include <string.h>

#include "test/suite.h"
#include "workloads/kernels/trellis.h"

/* What is published of one stage. */
struct row {
    const char *path;
    int32_t variants;
    int64_t mac, parameters, stored_bytes, touched_bytes, in_bytes, out_bytes;
    int32_t depth;
};

static const struct row rows[] = {
    {"cigt_fmnist/B0", 1, 627200, 832, 3328, 3328, 3136, 25088, 2},
    {"cigt_fmnist/R0", 1, 4352, 4738, 18952, 18952, 25088, 8, 3},
    {"cigt_fmnist/B1", 2, 5017600, 25632, 102528, 102528, 25088, 6272, 2},
    {"cigt_fmnist/R1", 1, 4608, 4996, 19984, 19984, 6272, 16, 3},
    {"cigt_fmnist/B2", 4, 95872, 46954, 187816, 187816, 6272, 40, 5},
    {"cigt_fmnist_tf2/B2", 4, 124544, 75626, 302504, 302504, 6272, 40, 5},
    {"cigt_mnist/B0", 1, 392000, 520, 2080, 2080, 3136, 15680, 2},
    {"cigt_mnist/R0", 1, 2816, 3202, 12808, 12808, 15680, 8, 3},
    {"cigt_mnist/B1", 2, 1470000, 7515, 30060, 30060, 15680, 2940, 2},
    {"cigt_mnist/R1", 1, 2432, 2820, 11280, 11280, 2940, 16, 3},
    {"cigt_mnist/B2", 4, 18625, 18660, 74640, 74640, 2940, 40, 2},
    {"cigt_cifar10/stem", 1, 442368, 464, 1856, 1856, 12288, 65536, 1},
    {"cigt_cifar10/B0", 1, 42467328, 42048, 168192, 168192, 65536, 65536, 18},
    {"cigt_cifar10/R0", 1, 131328, 131714, 526856, 526856, 65536, 8, 3},
    {"cigt_cifar10/B1", 2, 45662208, 108152, 432608, 432608, 65536, 16384, 54},
    {"cigt_cifar10/R1", 1, 131584, 131972, 527888, 527888, 16384, 16, 3},
    {"cigt_cifar10/B2", 4, 5324800, 84384, 337536, 337536, 16384, 4096, 36},
    {"cigt_cifar10/head", 4, 160, 170, 680, 680, 4096, 40, 2},
    {"fff_1x11/fff", 1, 18432, 6289920, 25159680, 73728, 3072, 3072, 12},
    {"fff_1x11_3x4/root", 1, 6144, 23040, 92160, 24576, 3072, 3072, 4},
    {"fff_1x11_3x4/mid", 16, 6144, 23040, 92160, 24576, 6144, 3072, 4},
    {"fff_1x11_3x4/leaf", 256, 6144, 23040, 92160, 24576, 6144, 3072, 4},
    {"fff_1x11_2x6/root", 1, 9216, 96768, 387072, 36864, 3072, 3072, 6},
    {"fff_1x11_2x6/leaf", 64, 9216, 96768, 387072, 36864, 6144, 3072, 6},
    {"fff_dense/in", 1, 3144960, 3144960, 12579840, 12579840, 3072, 16380, 1},
    {"fff_dense/out", 1, 3144960, 3144960, 12579840, 12579840, 16380, 3072, 1},
    {"fff_bert/attention", 1, 2555904, 2359296, 9437184, 9437184, 3072, 3072, 4},
};

START_TEST(a_stage_costs_what_is_published)
{
    const struct row *row = &rows[_i];
    struct stage stage;
    ck_assert_msg(stage_find(row->path, &stage), "%s", row->path);
    char path[64];
    snprintf(path, sizeof path, "%s/%s", stage.model, stage.name);
    ck_assert_str_eq(path, row->path);
    ck_assert_int_eq(stage.variants, row->variants);
    ck_assert_int_eq(stage.mac, row->mac);
    ck_assert_int_eq(stage.parameters, row->parameters);
    ck_assert_int_eq(stage.stored_bytes, row->stored_bytes);
    ck_assert_int_eq(stage.touched_bytes, row->touched_bytes);
    ck_assert_int_eq(stage.in_bytes, row->in_bytes);
    ck_assert_int_eq(stage.out_bytes, row->out_bytes);
    ck_assert_int_eq(stage.depth, row->depth);
}
END_TEST

/* Totals per sample: multiply-adds, parameters on a path, parameters stored. */
static const struct {
    const char *model;
    int64_t mac, touched, stored;
} totals[] = {
    {"cigt_fmnist", 5749632, 83152, 249646},
    {"cigt_fmnist_tf2", 5778304, 111824, 364334},
    {"cigt_fmnist_thick", 12246016, 1243402, 1243402},
    {"cigt_fmnist_thin", 5769344, 102090, 102090},
    {"cigt_mnist", 1885873, 32717, 96212},
    {"cigt_mnist_thick", 6522000, 1256080, 1256080},
    {"cigt_mnist_thin", 1880625, 26695, 26695},
    {"cigt_cifar10", 94159776, 498904, 860718},
    {"cigt_cifar10_thick", 253149824, 1730714, 1730714},
    {"cigt_cifar10_thin", 93896864, 235218, 235218},
};

START_TEST(a_trellis_costs_what_is_published)
{
    const struct trellis *model = trellis_find(totals[_i].model);
    ck_assert_ptr_nonnull(model);
    struct trellis_total total = trellis_total(model);
    ck_assert_int_eq(total.mac, totals[_i].mac);
    ck_assert_int_eq(total.touched_parameters, totals[_i].touched);
    ck_assert_int_eq(total.stored_parameters, totals[_i].stored);
}
END_TEST

START_TEST(every_model_has_stages_and_every_trellis_is_a_model)
{
    struct stage stages[STAGE_MAX];
    int32_t trellises = 0;
    for (const char *const *model = stage_models; *model != NULL; model++) {
        int32_t count = stage_list(*model, stages);
        ck_assert_int_gt(count, 0);
        for (int32_t i = 0; i < count; i++)
            ck_assert_str_eq(stages[i].model, *model);
        trellises += trellis_find(*model) != NULL ? 1 : 0;
    }
    for (const struct trellis *const *model = trellis_models; *model != NULL; model++)
        trellises--;
    ck_assert_int_eq(trellises, 0);
}
END_TEST

START_TEST(the_blocks_of_a_tree_hold_the_whole_tree)
{
    struct stage whole[STAGE_MAX], blocks[STAGE_MAX];
    static const char *const blocked[] = {"fff_1x11_3x4", "fff_1x11_2x6"};
    ck_assert_int_eq(stage_list("fff_1x11", whole), 1);
    for (int b = 0; b < 2; b++) {
        int64_t stored = 0, mac = 0;
        int32_t count = stage_list(blocked[b], blocks), depth = 0;
        for (int32_t i = 0; i < count; i++) {
            stored += blocks[i].stored_bytes * blocks[i].variants;
            mac += blocks[i].mac;
            depth += blocks[i].depth;
        }
        ck_assert_int_eq(stored, whole->stored_bytes);
        ck_assert_int_eq(mac, whole->mac);
        ck_assert_int_eq(depth, whole->depth);
    }
}
END_TEST

START_TEST(a_stage_reads_what_the_block_before_it_wrote)
{
    for (const struct trellis *const *model = trellis_models; *model != NULL; model++) {
        int64_t bytes = trellis_elements((*model)->input) * 4;
        for (int32_t i = 0; i < (*model)->stage_count; i++) {
            struct trellis_cost cost = trellis_cost(*model, i);
            ck_assert_int_eq(cost.in_bytes, bytes);
            if (!(*model)->stages[i].is_router)
                bytes = cost.out_bytes;
        }
        ck_assert_int_eq(bytes, 10 * 4);
    }
}
END_TEST

START_TEST(unknown_models_and_stages_are_not_found)
{
    struct stage stage, stages[STAGE_MAX];
    static const char *const wrong[] = {"",    "/",       "cigt_mnist",    "cigt_mnist/",
                                        "/B0", "cigt/B0", "cigt_mnist/B9", "cigt_mnist/B0/",
                                        NULL};
    for (const char *const *path = wrong; *path != NULL; path++)
        ck_assert_msg(!stage_find(*path, &stage), "%s", *path);
    ck_assert_int_eq(stage_list("cigt", stages), 0);
    ck_assert_ptr_null(trellis_find("cigt"));
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("stage");
    TCase *counts = tcase_create("counts");
    tcase_add_loop_test(counts, a_stage_costs_what_is_published, 0, sizeof rows / sizeof rows[0]);
    tcase_add_loop_test(counts, a_trellis_costs_what_is_published, 0,
                        sizeof totals / sizeof totals[0]);
    tcase_add_test(counts, every_model_has_stages_and_every_trellis_is_a_model);
    tcase_add_test(counts, the_blocks_of_a_tree_hold_the_whole_tree);
    tcase_add_test(counts, a_stage_reads_what_the_block_before_it_wrote);
    tcase_add_test(counts, unknown_models_and_stages_are_not_found);
    suite_add_tcase(suite, counts);
    return suite;
}
