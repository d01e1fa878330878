/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "workloads/kernels/profile.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "workloads/kernels/bench_machine.h"
#include "workloads/kernels/dense.h"
#include "workloads/kernels/fff.h"
#include "workloads/kernels/peak.h"
#include "workloads/kernels/trellis_net.h"
#include "workloads/kernels/uniform.h"

enum {
    WIDTH = 768,   /* of FFF and dense layers */
    MANY = 64,     /* samples of a long call of these */
    POOL = 1024,   /* samples to choose from */
    CALLS_MIN = 5, /* timed, after as many that warm up */
    CALLS_MAX = 4096,
    CALL_US_MAX = 2000, /* longer calls get fewer samples: they are interrupted more often */
    SEED = 1,
};

/* One stage while it is measured. */
struct subject {
    void (*call)(struct subject *subject, int32_t count);
    enum isa isa;
    int32_t turn; /* calls so far: other inputs and another variant each time */
    struct trellis_net *net;
    int32_t stage, routes;
    struct fff **blocks;
    int32_t block_count;
    struct fff_workspace *fff_workspace;
    struct dense *dense;
    struct dense_workspace *dense_workspace;
    float *x, *out;
};

static void call_trellis(struct subject *subject, int32_t count)
{
    trellis_net_repeat(subject->net, subject->stage, subject->turn % subject->routes, count);
}

static const float *next_inputs(const struct subject *subject)
{
    return subject->x + (size_t)(subject->turn * 7 % (POOL - MANY)) * WIDTH;
}

static void call_fff(struct subject *subject, int32_t count)
{
    /* 101 and the counts of blocks have no common divisor: all are met, in no order */
    const struct fff *block = subject->blocks[subject->turn * 101 % subject->block_count];
    fff_apply(block, subject->isa, subject->fff_workspace, next_inputs(subject), count,
              subject->out, NULL);
}

static void call_dense(struct subject *subject, int32_t count)
{
    dense_apply(subject->dense, subject->isa, subject->dense_workspace, next_inputs(subject), count,
                subject->out, NULL);
}

/* Time of a call with so many samples: the 10 % quantile, as in the benchmark, because what else
 * runs on the machine only ever adds. */
static double time_us(struct subject *subject, int32_t count, double seconds)
{
    double *call_us = memory_zeroed(CALLS_MAX, sizeof *call_us);
    double begin_s = peak_now_s();
    int32_t calls = 0;
    for (int32_t i = 0; i < CALLS_MIN; i++, subject->turn++)
        subject->call(subject, count);
    while (calls < CALLS_MIN || (calls < CALLS_MAX && peak_now_s() - begin_s < seconds)) {
        double start_s = peak_now_s();
        subject->call(subject, count);
        call_us[calls++] = 1e6 * (peak_now_s() - start_s);
        subject->turn++;
    }
    double quick_us = bench_machine_quantile(call_us, calls, 0.1);
    free(call_us);
    return quick_us;
}

void profile_fit(double one_us, double many_us, int32_t many, double *fixed_us, double *sample_us)
{
    assert(many > 1);
    *sample_us = fmin((many_us - one_us) / (many - 1), many_us / many);
    *sample_us = fmax(*sample_us, 0);
    *fixed_us = fmax(one_us - *sample_us, 0);
}

static struct profile_stage *measure_stage(struct profile *profile, const struct stage *stage,
                                           struct subject *subject, int32_t many, double seconds)
{
    assert(profile->count < PROFILE_STAGES_MAX);
    struct profile_stage *row = &profile->stages[profile->count++];
    row->stage = *stage;
    double one_us = time_us(subject, 1, seconds / 2);
    while (many > 2 && many * one_us > CALL_US_MAX)
        many /= 2;
    double many_us = time_us(subject, many, seconds / 2);
    profile_fit(one_us, many_us, many, &row->fixed_us, &row->sample_us);
    return row;
}

static void measure_trellis(struct profile *profile, const struct trellis *model, double seconds)
{
    struct stage stages[STAGE_MAX];
    int32_t count = stage_list(model->name, stages),
            inputs = (int32_t)trellis_elements(model->input);
    struct trellis_weights *weights = trellis_weights_draw(model, SEED);
    struct subject subject = {.call = call_trellis,
                              .net = trellis_net_create(weights, profile->isa)};
    float *samples = memory_zeroed(TRELLIS_CHUNK * (size_t)inputs, sizeof *samples);
    float logits[TRELLIS_CHUNK * TRELLIS_CLASSES];
    struct uniform draws = uniform_open(SEED, UINT32_MAX);
    uniform_fill(&draws, samples, TRELLIS_CHUNK * inputs, 1);
    trellis_net_run(subject.net, samples, TRELLIS_CHUNK, logits, NULL, NULL);
    for (int32_t s = 0; s < count; s++) {
        subject.stage = s;
        subject.routes = stages[s].variants;
        measure_stage(profile, &stages[s], &subject, TRELLIS_CHUNK, seconds);
    }
    free(samples);
    trellis_net_destroy(subject.net);
    trellis_weights_destroy(weights);
}

/* Inputs and room for outputs of a layer of width WIDTH. */
static struct subject open_feedforward(const struct profile *profile)
{
    struct subject subject = {.isa = profile->isa};
    subject.x = memory_zeroed(POOL * WIDTH, sizeof *subject.x);
    subject.out = memory_zeroed(MANY * WIDTH, sizeof *subject.out);
    struct uniform draws = uniform_open(SEED, UINT32_MAX);
    uniform_fill(&draws, subject.x, POOL * WIDTH, 1);
    return subject;
}

static void close_feedforward(struct subject *subject)
{
    free(subject->x);
    free(subject->out);
}

/* Every block of the stage has weights of its own. */
static struct profile_stage *measure_tree(struct profile *profile, const struct stage *stage,
                                          double seconds)
{
    struct fff_shape shape = {
        .inputs = WIDTH, .outputs = WIDTH, .trees = 1, .depth = stage->depth - 1};
    struct subject subject = open_feedforward(profile);
    subject.call = call_fff;
    subject.block_count = stage->variants;
    subject.blocks = memory_zeroed((size_t)stage->variants, sizeof *subject.blocks);
    for (int32_t i = 0; i < stage->variants; i++) {
        subject.blocks[i] = fff_create(&shape);
        fff_fill(subject.blocks[i], SEED, (uint32_t)i);
    }
    subject.fff_workspace = fff_workspace_create(&shape, MANY);
    struct profile_stage *row = measure_stage(profile, stage, &subject, MANY, seconds);
    for (int32_t i = 0; i < stage->variants; i++)
        fff_destroy(subject.blocks[i]);
    fff_workspace_destroy(subject.fff_workspace);
    free(subject.blocks);
    close_feedforward(&subject);
    return row;
}

/* The dense layer, whole; its time is dealt to the two stages in equal parts. */
static void measure_dense(struct profile *profile, const struct stage stages[2], double seconds)
{
    struct fff_shape tree = {.inputs = WIDTH, .outputs = WIDTH, .trees = 1, .depth = 11};
    struct fff *weights = fff_create(&tree);
    fff_fill(weights, SEED, 0);
    struct dense_rows rows = {
        {WIDTH, (int32_t)fff_cost(&tree).nodes, WIDTH, false}, weights->w_in, weights->w_out, NULL};
    struct subject subject = open_feedforward(profile);
    subject.call = call_dense;
    subject.dense = dense_create(&rows);
    subject.dense_workspace = dense_workspace_create(&rows.shape);
    struct profile_stage *in = measure_stage(profile, &stages[0], &subject, MANY, 2 * seconds);
    in->fixed_us /= 2;
    in->sample_us /= 2;
    struct profile_stage *out = &profile->stages[profile->count++];
    *out = *in;
    out->stage = stages[1];
    dense_destroy(subject.dense);
    dense_workspace_destroy(subject.dense_workspace);
    fff_destroy(weights);
    close_feedforward(&subject);
}

/* Rate of the stages of a family at their sample_us, multiply-adds per us; a stage whose sample_us
 * was lost in noise counts with a whole call of one sample. */
static double reach_rate(const struct profile *profile, const char *prefix)
{
    double mac = 0, us = 0;
    for (int32_t i = 0; i < profile->count; i++) {
        const struct profile_stage *row = &profile->stages[i];
        if (strncmp(row->stage.model, prefix, strlen(prefix)) == 0) {
            mac += (double)row->stage.mac;
            us += row->sample_us > 0 ? row->sample_us : row->fixed_us;
        }
    }
    return us > 0 ? mac / us : 0;
}

static void describe_kind(struct profile *profile)
{
    struct bench_machine *machine = bench_machine_create(profile->isa);
    double rate = 1e3 * bench_machine_gmac_s(machine, profile->isa);
    struct profile_kind *kind = &profile->kind;
    long cache = sysconf(_SC_LEVEL2_CACHE_SIZE);
    *kind = (struct profile_kind){
        .launch_us = INFINITY,
        .mac_per_us = rate,
        .conv_efficiency = fmin(reach_rate(profile, "cigt_cifar10") / rate, 1),
        .dense_efficiency = fmin(reach_rate(profile, "fff_dense") / rate, 1),
        .tree_efficiency = fmin(reach_rate(profile, "fff_1x11") / rate, 1),
        .memory_bytes_per_us = 1e3 * bench_machine_read_gb_s(machine, 24 << 20),
        .io_bytes_per_us = 1e3 * bench_machine_read_gb_s(machine, 1 << 20),
        .local_bytes = cache > 0 ? (double)cache : 0,
    };
    for (int32_t i = 0; i < profile->count; i++) {
        const struct profile_stage *row = &profile->stages[i];
        kind->launch_us = fmin(kind->launch_us, row->fixed_us);
        if (strcmp(row->stage.model, "fff_1x11") == 0)
            kind->tree_step_us = (row->fixed_us + row->sample_us) / row->stage.depth;
    }
    bench_machine_destroy(machine);
}

void profile_measure(struct profile *profile, enum isa isa, double seconds,
                     void (*progress)(const char *text))
{
    *profile = (struct profile){.isa = isa};
    struct stage stages[STAGE_MAX];
    int32_t all = 0;
    for (const char *const *model = stage_models; *model != NULL; model++)
        all += stage_list(*model, stages);
    for (const char *const *model = stage_models; *model != NULL; model++) {
        const struct trellis *trellis = trellis_find(*model);
        int32_t count = stage_list(*model, stages);
        if (progress != NULL)
            progress(*model);
        if (trellis != NULL)
            measure_trellis(profile, trellis, seconds / all);
        else if (strcmp(*model, "fff_dense") == 0)
            measure_dense(profile, stages, seconds / all);
        else
            for (int32_t i = 0; i < count; i++)
                if (strcmp(stages[i].name, "attention") != 0)
                    measure_tree(profile, &stages[i], seconds / all);
    }
    describe_kind(profile);
}
