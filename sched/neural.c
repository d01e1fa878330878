/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The learned schedulers: a network scores the choices (sched/choices.h), the best is taken.
 *
 * The network, its weights and whether it binds late or orders for EFT come from a file that
 * `hetsoc train` made. `deepsocs` is the same with the policy that has DeepSoCS's action: the
 * network orders the ready tasks, EFT picks the PE, and the task is committed at once. */
#include <stdlib.h>

#include "agents/choice.h"
#include "sched/model.h"
#include "sched/registry.h"
#include "sched/scores.h"

struct neural {
    struct choices choices;
    struct network network;
    struct workspace *workspace;
    struct scores scores;
};

static void *neural_create(const struct view *view)
{
    const struct model *model = view->file;
    struct neural *neural = memory_zeroed(1, sizeof *neural);
    neural->workspace = workspace_create();
    network_init(&neural->network, model->kind, model->shape);
    choices_init(&neural->choices, view, model->mode, model->kind->embed != NULL);
    scores_init(&neural->scores, &neural->network, model->weights, neural->workspace,
                &neural->choices, view);
    return neural;
}

static void neural_destroy(void *self)
{
    struct neural *neural = self;
    scores_finish(&neural->scores);
    choices_finish(&neural->choices);
    network_finish(&neural->network);
    workspace_destroy(neural->workspace);
    free(neural);
}

static int32_t choose_best(void *self, struct choices *choices, const struct view *view)
{
    struct neural *neural = self;
    scores_make(&neural->scores, choices, view);
    return choice_best(neural->scores.logits, choices->count);
}

static void neural_decide(void *self, const struct view *view, struct decisions *decisions)
{
    struct neural *neural = self;
    const struct chooser chooser = {neural, choose_best};
    choices_walk(&neural->choices, view, decisions, &chooser);
}

static const void *load(struct arena *arena, const char *path, struct fault *fault)
{
    struct model *model = arena_zeroed(arena, 1, sizeof *model);
    return model_load(model, arena, path, fault) ? model : NULL;
}

static const struct policy_file any_policy = {
    .key = "policy",
    .fallback = "default",
    .help = "Name of a shipped policy, or path of a .safetensors file that `hetsoc train` made.",
    .load = load,
};

static const struct policy_file deepsocs_policy = {
    .key = "policy",
    .fallback = "deepsocs",
    .help = "As for neural.",
    .load = load,
};

const struct policy_kind sched_neural = {
    .contract = POLICY_CONTRACT,
    .name = "neural",
    .summary = "a trained network picks ready task and PE, or waits",
    .family = POLICY_LATE_BINDING,
    .discipline = POLICY_DATA_READY,
    .source = "after Decima (Mao et al. 2019) and DeepSoCS (Sung et al. 2020); docs/neural.md",
    .cost = "O(v (C pred + P + k n)) per decision; v <= 32 visible tasks, k kinds, n weights",
    .file = &any_policy,
    .create = neural_create,
    .destroy = neural_destroy,
    .decide = neural_decide,
};

const struct policy_kind sched_deepsocs = {
    .contract = POLICY_CONTRACT,
    .name = "deepsocs",
    .summary = "a trained network orders the ready tasks, each is committed where it ends first",
    .family = POLICY_DYNAMIC,
    .discipline = POLICY_DATA_READY,
    .source = "Sung et al., DeepSoCS, 2020; docs/neural.md",
    .cost = "O(v (C pred + P + n)) per decision; v <= 32 visible tasks, n weights",
    .file = &deepsocs_policy,
    .create = neural_create,
    .destroy = neural_destroy,
    .decide = neural_decide,
};
