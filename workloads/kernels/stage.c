/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "workloads/kernels/stage.h"

#include <string.h>

#include "workloads/kernels/trellis.h"

/* The feedforward layer of BERT-base and what UltraFastBERT puts in its place (Belcak and
 * Wattenhofer 2023): width 768, one neuron per node, 12 levels. */
enum { WIDTH = 768, LEVELS = 12, NEURONS = (1 << LEVELS) - 1, LAYERS = 16, SEQUENCE = 128 };

static const int64_t row_bytes = WIDTH * (int64_t)sizeof(float);

const char *const stage_models[] = {
    "fff_1x11",     "fff_1x11_3x4",       "fff_1x11_2x6",      "fff_dense",
    "fff_bert",     "cigt_mnist",         "cigt_mnist_thick",  "cigt_mnist_thin",
    "cigt_fmnist",  "cigt_fmnist_tf2",    "cigt_fmnist_thick", "cigt_fmnist_thin",
    "cigt_cifar10", "cigt_cifar10_thick", "cigt_cifar10_thin", NULL,
};

/* A subtree of `levels` levels. It reads the token, and the sum so far unless it is the first, and
 * writes the sum. A node has a row of input weights and a row of output weights. */
static struct stage make_tree(const char *name, int32_t variants, int32_t levels, bool is_first)
{
    int64_t nodes = ((int64_t)1 << levels) - 1;
    return (struct stage){
        .name = name,
        .variants = variants,
        .mac = 2 * (int64_t)WIDTH * levels,
        .parameters = 2 * (int64_t)WIDTH * nodes,
        .stored_bytes = 2 * row_bytes * nodes,
        .touched_bytes = 2 * row_bytes * levels,
        .in_bytes = is_first ? row_bytes : 2 * row_bytes,
        .out_bytes = row_bytes,
        .depth = levels,
    };
}

/* A stage whose samples read all of its weights. */
static struct stage make_dense(const char *name, int64_t weights, int64_t in, int64_t out)
{
    return (struct stage){
        .name = name,
        .variants = 1,
        .mac = weights,
        .parameters = weights,
        .stored_bytes = weights * (int64_t)sizeof(float),
        .touched_bytes = weights * (int64_t)sizeof(float),
        .in_bytes = in * (int64_t)sizeof(float),
        .out_bytes = out * (int64_t)sizeof(float),
        .depth = 1,
    };
}

/* Attention of one layer, per token: queries, keys, values and the output are WIDTH x WIDTH without
 * bias (UltraFastBERT's configuration); scores and their mix run over the sequence. */
static struct stage make_attention(void)
{
    struct stage stage = make_dense("attention", 4 * (int64_t)WIDTH * WIDTH, WIDTH, WIDTH);
    stage.mac += 2 * (int64_t)SEQUENCE * WIDTH;
    stage.depth = 4;
    return stage;
}

static int32_t list_feedforward(const char *model, struct stage *stages)
{
    int32_t count = 0;
    if (strcmp(model, "fff_1x11") == 0) {
        stages[count++] = make_tree("fff", 1, LEVELS, true);
    } else if (strcmp(model, "fff_1x11_3x4") == 0) {
        stages[count++] = make_tree("root", 1, 4, true);
        stages[count++] = make_tree("mid", 1 << 4, 4, false);
        stages[count++] = make_tree("leaf", 1 << 8, 4, false);
    } else if (strcmp(model, "fff_1x11_2x6") == 0) {
        stages[count++] = make_tree("root", 1, 6, true);
        stages[count++] = make_tree("leaf", 1 << 6, 6, false);
    } else if (strcmp(model, "fff_dense") == 0) {
        stages[count++] = make_dense("in", (int64_t)WIDTH * NEURONS, WIDTH, NEURONS);
        stages[count++] = make_dense("out", (int64_t)WIDTH * NEURONS, NEURONS, WIDTH);
    } else if (strcmp(model, "fff_bert") == 0) {
        stages[count++] = make_attention();
        stages[count++] = make_tree("fff", 1, LEVELS, true);
    }
    return count;
}

static int32_t list_trellis(const struct trellis *trellis, struct stage *stages)
{
    for (int32_t i = 0; i < trellis->stage_count; i++) {
        struct trellis_cost cost = trellis_cost(trellis, i);
        stages[i] = (struct stage){
            .name = trellis->stages[i].name,
            .variants = trellis->stages[i].routes,
            .mac = cost.mac,
            .parameters = cost.parameters,
            .stored_bytes = cost.parameters * (int64_t)sizeof(float),
            .touched_bytes = cost.parameters * (int64_t)sizeof(float),
            .in_bytes = cost.in_bytes,
            .out_bytes = cost.out_bytes,
            .depth = cost.depth,
        };
    }
    return trellis->stage_count;
}

int32_t stage_list(const char *model, struct stage stages[static STAGE_MAX])
{
    _Static_assert((int)STAGE_MAX >= (int)TRELLIS_STAGES_MAX, "every trellis fits");
    const struct trellis *trellis = trellis_find(model);
    int32_t count =
        trellis != NULL ? list_trellis(trellis, stages) : list_feedforward(model, stages);
    for (const char *const *known = stage_models; count > 0 && *known != NULL; known++)
        for (int32_t i = 0; strcmp(*known, model) == 0 && i < count; i++)
            stages[i].model = *known;
    return count;
}

bool stage_find(const char *path, struct stage *stage)
{
    const char *slash = strchr(path, '/');
    if (slash == NULL)
        return false;
    size_t length = (size_t)(slash - path);
    for (const char *const *model = stage_models; *model != NULL; model++) {
        if (strlen(*model) != length || strncmp(*model, path, length) != 0)
            continue;
        struct stage stages[STAGE_MAX];
        int32_t count = stage_list(*model, stages);
        for (int32_t i = 0; i < count; i++)
            if (strcmp(stages[i].name, slash + 1) == 0) {
                *stage = stages[i];
                return true;
            }
    }
    return false;
}
