/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sched/model.h"

#include <string.h>

#include "sched/choices.h"

static const char *const mode_names[] = {
    [CHOICE_PAIR_AHEAD] = "pair_ahead",
    [CHOICE_PAIR_WAIT] = "pair_wait",
    [CHOICE_PAIR] = "pair",
    [CHOICE_ORDER_EFT] = "order_eft",
};

const char *model_mode_name(enum choice_mode mode)
{
    return mode_names[mode];
}

bool model_find_mode(const char *name, enum choice_mode *mode)
{
    for (int i = 0; i < (int)(sizeof mode_names / sizeof *mode_names); i++)
        if (strcmp(name, mode_names[i]) == 0) {
            *mode = (enum choice_mode)i;
            return true;
        }
    return false;
}

struct network_shape model_shape(const struct network_kind *kind, enum choice_mode mode)
{
    return (struct network_shape){
        .features = choices_features(mode),
        .node_features = kind->embed != NULL ? FEATURE_NODE_COUNT : 0,
        .hidden = {32, 16},
    };
}

static bool read_notes(struct model *model, const struct checkpoint *checkpoint,
                       struct fault *fault)
{
    static const char retrain[] =
        "it was made by another version of this program: train it anew with hetsoc train";
    char hash[FEATURES_HASH_SIZE];
    const char *mode = checkpoint_note(checkpoint, "mode");
    if (mode == NULL || !model_find_mode(mode, &model->mode))
        return fault_set(fault, checkpoint->path, retrain, "the policy has an unknown mode `%.40s`",
                         mode == NULL ? "" : mode);
    features_hash(choices_features(model->mode), hash);
    if (!checkpoint_expect(checkpoint, "features", hash, retrain, fault))
        return false;
    if (model->kind->embed != NULL &&
        !checkpoint_expect(checkpoint, "node_features", features_node_hash(hash), retrain, fault))
        return false;
    struct network_shape ours = model_shape(model->kind, model->mode);
    if (model->shape.features != ours.features || model->shape.node_features != ours.node_features)
        return fault_set(fault, checkpoint->path, retrain,
                         "the network does not read what this program gives it");
    return true;
}

bool model_load(struct model *model, struct arena *arena, const char *path, struct fault *fault)
{
    struct checkpoint checkpoint;
    if (!checkpoint_open(&checkpoint, path, fault))
        return false;
    size_t count = checkpoint.network.tensors.reals;
    real *weights = arena_zeroed(arena, count, sizeof *weights);
    memcpy(weights, checkpoint.parameters, count * sizeof *weights);
    *model = (struct model){
        .kind = checkpoint.network.kind, .shape = checkpoint.network.shape, .weights = weights};
    bool ok = read_notes(model, &checkpoint, fault);
    checkpoint_close(&checkpoint);
    return ok;
}
