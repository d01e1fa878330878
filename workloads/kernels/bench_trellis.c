/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "workloads/kernels/bench_trellis.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "workloads/kernels/trellis_net.h"
#include "workloads/kernels/trellis_reference.h"

enum { ROUTERS_MAX = TRELLIS_STAGES_MAX };

struct subject {
    struct trellis_weights *weights;
    struct trellis_net *net;
};

static void *create(const struct bench_kind *kind, const struct bench_setting *setting)
{
    struct subject *subject = memory_zeroed(1, sizeof *subject);
    subject->weights = trellis_weights_draw(trellis_find(kind->parameter), setting->seed);
    subject->net = trellis_net_create(subject->weights, setting->isa);
    return subject;
}

static void destroy(void *self)
{
    struct subject *subject = self;
    trellis_net_destroy(subject->net);
    trellis_weights_destroy(subject->weights);
    free(subject);
}

/* The weights of a route are read once per chunk, if one of its samples takes it; routes are taken
 * to be equally likely. */
static void describe(const void *self, int32_t batch, struct bench_work *work)
{
    const struct subject *subject = self;
    const struct trellis *model = trellis_weights_model(subject->weights);
    struct trellis_total total = trellis_total(model);
    int32_t chunk = batch < TRELLIS_CHUNK ? batch : TRELLIS_CHUNK;
    *work = (struct bench_work){
        .inputs = (int32_t)trellis_elements(model->input),
        .outputs = TRELLIS_CLASSES,
        .mac = total.mac,
        .stored_bytes = (double)total.stored_parameters * sizeof(float),
    };
    for (int32_t s = 0; s < model->stage_count; s++) {
        double routes = model->stages[s].routes;
        double taken = routes * (1 - pow(1 - 1 / routes, chunk));
        work->bytes +=
            (double)trellis_cost(model, s).parameters * sizeof(float) * taken / (double)chunk;
    }
}

static bool run(void *self, int32_t layer, const float *x, int32_t batch, float *out,
                struct fault *fault)
{
    (void)layer;
    struct subject *subject = self;
    return trellis_net_run(subject->net, x, batch, out, NULL, fault);
}

static void reference(void *self, const float *x, int32_t batch, float *out)
{
    struct subject *subject = self;
    int64_t inputs = trellis_elements(trellis_weights_model(subject->weights)->input);
    for (int32_t s = 0; s < batch; s++) {
        double logits[TRELLIS_CLASSES];
        int32_t choices[ROUTERS_MAX];
        trellis_reference_run(subject->weights, x + s * inputs, logits, choices);
        for (int32_t i = 0; i < TRELLIS_CLASSES; i++)
            out[s * TRELLIS_CLASSES + i] = (float)logits[i];
    }
}

/* `model` in the contest `family`. */
#define KIND(family, variant_name, model, about, rival)                                            \
    {                                                                                              \
        .kernel = family, .variant = variant_name, .summary = about, .contest = family,            \
        .is_rival = rival, .has_isa = true, .parameter = model, .create = create,                  \
        .destroy = destroy, .describe = describe, .run = run, .reference = reference               \
    }

const struct bench_kind bench_cigt_mnist =
    KIND("cigt_mnist", "trellis", "cigt_mnist", "LeNet trellis [1,2,4], hard routing", false);
const struct bench_kind bench_cigt_mnist_thick =
    KIND("cigt_mnist", "thick", "cigt_mnist_thick", "LeNet 20-50-500", true);
const struct bench_kind bench_cigt_mnist_thin =
    KIND("cigt_mnist", "thin", "cigt_mnist_thin", "LeNet 20-15-25, one route alone", false);
const struct bench_kind bench_cigt_fmnist =
    KIND("cigt_fmnist", "trellis", "cigt_fmnist", "LeNet trellis [1,2,4], hard routing", false);
const struct bench_kind bench_cigt_fmnist_thick =
    KIND("cigt_fmnist", "thick", "cigt_fmnist_thick", "LeNet 32-64-128, 512-256", true);
const struct bench_kind bench_cigt_fmnist_thin =
    KIND("cigt_fmnist", "thin", "cigt_fmnist_thin", "LeNet 32-32-32, 128-64", false);
const struct bench_kind bench_cigt_cifar10 = KIND(
    "cigt_cifar10", "trellis", "cigt_cifar10", "ResNet-110 trellis [1,2,4], hard routing", false);
const struct bench_kind bench_cigt_cifar10_thick =
    KIND("cigt_cifar10", "thick", "cigt_cifar10_thick", "ResNet-110, 16-32-64 channels", true);
const struct bench_kind bench_cigt_cifar10_thin =
    KIND("cigt_cifar10", "thin", "cigt_cifar10_thin", "ResNet-110, 16-12-16-16 channels", false);
