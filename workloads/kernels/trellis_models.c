/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The models: rows of the authors' configurations (configs/{mnist,fashion}_lenet_cigt_configs.py
 * and configs/cifar10_resnet_cigt_configs.py of github.com/ufukcbicici/cigt), and the thick and
 * thin networks that they are measured against. Batch normalisations of the LeNets are counted as
 * folded; the router of a LeNet pools each channel to one number. */
#include <stddef.h>

#include "workloads/kernels/trellis.h"

#define CONV5(channels)                                                                            \
    {                                                                                              \
        .kind = TRELLIS_CONV, .outputs = channels, .size = 5, .stride = 1, .has_bias = true,       \
        .has_relu = true                                                                           \
    }
#define CONV1(channels)                                                                            \
    {                                                                                              \
        .kind = TRELLIS_CONV, .outputs = channels, .size = 1, .stride = 1, .has_bias = true,       \
        .has_relu = true                                                                           \
    }
#define STEM                                                                                       \
    {                                                                                              \
        .kind = TRELLIS_CONV, .outputs = 16, .size = 3, .stride = 1, .has_norm = true,             \
        .has_relu = true                                                                           \
    }
#define BLOCKS(n, channels, by)                                                                    \
    {                                                                                              \
        .kind = TRELLIS_BASIC_BLOCKS, .count = n, .outputs = channels, .stride = by                \
    }
#define MAX_POOL                                                                                   \
    {                                                                                              \
        .kind = TRELLIS_MAX_POOL, .size = 2                                                        \
    }
#define MAX_POOL_REST                                                                              \
    {                                                                                              \
        .kind = TRELLIS_MAX_POOL, .size = 2, .keeps_rest = true                                    \
    }
#define MEAN_POOL(by)                                                                              \
    {                                                                                              \
        .kind = TRELLIS_MEAN_POOL, .size = by                                                      \
    }
#define HIDDEN(n)                                                                                  \
    {                                                                                              \
        .kind = TRELLIS_FC, .outputs = n, .has_bias = true, .has_relu = true                       \
    }
#define LOGITS(n)                                                                                  \
    {                                                                                              \
        .kind = TRELLIS_FC, .outputs = n, .has_bias = true                                         \
    }

#define BLOCK(label, paths, n, ...)                                                                \
    {                                                                                              \
        .name = label, .routes = paths, .layer_count = n, .layers = { __VA_ARGS__ }                \
    }

/* Mean pool, FC to 128, batch normalisation, FC to the routes of the next block. */
#define ROUTER(label, by, paths)                                                                   \
    {                                                                                              \
        .name = label, .routes = 1, .is_router = true, .layer_count = 3, .layers = {               \
            MEAN_POOL(by),                                                                         \
            {.kind = TRELLIS_FC, .outputs = 128, .has_bias = true, .has_norm = true},              \
            LOGITS(paths)                                                                          \
        }                                                                                          \
    }

#define GREY_28                                                                                    \
    {                                                                                              \
        1, 28, 28                                                                                  \
    }
#define COLOR_32                                                                                   \
    {                                                                                              \
        3, 32, 32                                                                                  \
    }

static const struct trellis cigt_mnist = {
    .name = "cigt_mnist",
    .summary = "LeNet trellis [1,2,4] for MNIST",
    .input = GREY_28,
    .stage_count = 5,
    .stages = {BLOCK("B0", 1, 2, CONV5(20), MAX_POOL), ROUTER("R0", 14, 2),
               BLOCK("B1", 2, 2, CONV5(15), MAX_POOL), ROUTER("R1", 7, 4),
               BLOCK("B2", 4, 2, HIDDEN(25), LOGITS(10))},
};

static const struct trellis cigt_mnist_thick = {
    .name = "cigt_mnist_thick",
    .summary = "LeNet 20-50-500 for MNIST, one path",
    .input = GREY_28,
    .stage_count = 3,
    .stages = {BLOCK("B0", 1, 2, CONV5(20), MAX_POOL), BLOCK("B1", 1, 2, CONV5(50), MAX_POOL),
               BLOCK("B2", 1, 2, HIDDEN(500), LOGITS(10))},
};

static const struct trellis cigt_mnist_thin = {
    .name = "cigt_mnist_thin",
    .summary = "LeNet 20-15-25 for MNIST, one route of the trellis",
    .input = GREY_28,
    .stage_count = 3,
    .stages = {BLOCK("B0", 1, 2, CONV5(20), MAX_POOL), BLOCK("B1", 1, 2, CONV5(15), MAX_POOL),
               BLOCK("B2", 1, 2, HIDDEN(25), LOGITS(10))},
};

/* The trellis for Fashion-MNIST by its last pool. */
#define FMNIST_STAGES(pool)                                                                        \
    {                                                                                              \
        BLOCK("B0", 1, 2, CONV5(32), MAX_POOL), ROUTER("R0", 14, 2),                               \
            BLOCK("B1", 2, 2, CONV5(32), MAX_POOL), ROUTER("R1", 7, 4),                            \
            BLOCK("B2", 4, 5, CONV1(32), pool, HIDDEN(128), HIDDEN(64), LOGITS(10))                \
    }

static const struct trellis cigt_fmnist = {
    .name = "cigt_fmnist",
    .summary = "LeNet trellis [1,2,4] for Fashion-MNIST",
    .input = GREY_28,
    .stage_count = 5,
    .stages = FMNIST_STAGES(MAX_POOL),
};

/* The form of the authors' older code: the last pool keeps the seventh row and column, as in the
 * thick and the thin network. */
static const struct trellis cigt_fmnist_tf2 = {
    .name = "cigt_fmnist_tf2",
    .summary = "LeNet trellis [1,2,4] for Fashion-MNIST, last pool as in thick and thin",
    .input = GREY_28,
    .stage_count = 5,
    .stages = FMNIST_STAGES(MAX_POOL_REST),
};

static const struct trellis cigt_fmnist_thick = {
    .name = "cigt_fmnist_thick",
    .summary = "LeNet 32-64-128, 512-256 for Fashion-MNIST, one path",
    .input = GREY_28,
    .stage_count = 3,
    .stages = {BLOCK("B0", 1, 2, CONV5(32), MAX_POOL), BLOCK("B1", 1, 2, CONV5(64), MAX_POOL),
               BLOCK("B2", 1, 5, CONV1(128), MAX_POOL_REST, HIDDEN(512), HIDDEN(256), LOGITS(10))},
};

static const struct trellis cigt_fmnist_thin = {
    .name = "cigt_fmnist_thin",
    .summary = "LeNet 32-32-32, 128-64 for Fashion-MNIST, one path",
    .input = GREY_28,
    .stage_count = 3,
    .stages = {BLOCK("B0", 1, 2, CONV5(32), MAX_POOL), BLOCK("B1", 1, 2, CONV5(32), MAX_POOL),
               BLOCK("B2", 1, 5, CONV1(32), MAX_POOL_REST, HIDDEN(128), HIDDEN(64), LOGITS(10))},
};

static const struct trellis cigt_cifar10 = {
    .name = "cigt_cifar10",
    .summary = "ResNet-110 trellis [1,2,4] for CIFAR-10",
    .input = COLOR_32,
    .stage_count = 7,
    .stages = {BLOCK("stem", 1, 1, STEM), BLOCK("B0", 1, 1, BLOCKS(9, 16, 1)), ROUTER("R0", 4, 2),
               BLOCK("B1", 2, 2, BLOCKS(9, 12, 1), BLOCKS(18, 16, 2)), ROUTER("R1", 2, 4),
               BLOCK("B2", 4, 1, BLOCKS(18, 16, 2)), BLOCK("head", 4, 2, MEAN_POOL(8), LOGITS(10))},
};

static const struct trellis cigt_cifar10_thick = {
    .name = "cigt_cifar10_thick",
    .summary = "ResNet-110 16-32-64 for CIFAR-10, one path",
    .input = COLOR_32,
    .stage_count = 5,
    .stages = {BLOCK("stem", 1, 1, STEM), BLOCK("B0", 1, 1, BLOCKS(18, 16, 1)),
               BLOCK("B1", 1, 1, BLOCKS(18, 32, 2)), BLOCK("B2", 1, 1, BLOCKS(18, 64, 2)),
               BLOCK("head", 1, 2, MEAN_POOL(8), LOGITS(10))},
};

static const struct trellis cigt_cifar10_thin = {
    .name = "cigt_cifar10_thin",
    .summary = "ResNet-110 16-12-16-16 for CIFAR-10, one path",
    .input = COLOR_32,
    .stage_count = 5,
    .stages = {BLOCK("stem", 1, 1, STEM), BLOCK("B0", 1, 1, BLOCKS(9, 16, 1)),
               BLOCK("B1", 1, 2, BLOCKS(9, 12, 1), BLOCKS(18, 16, 2)),
               BLOCK("B2", 1, 1, BLOCKS(18, 16, 2)), BLOCK("head", 1, 2, MEAN_POOL(8), LOGITS(10))},
};

const struct trellis *const trellis_models[] = {
    &cigt_mnist,
    &cigt_mnist_thick,
    &cigt_mnist_thin,
    &cigt_fmnist,
    &cigt_fmnist_tf2,
    &cigt_fmnist_thick,
    &cigt_fmnist_thin,
    &cigt_cifar10,
    &cigt_cifar10_thick,
    &cigt_cifar10_thin,
    NULL,
};
