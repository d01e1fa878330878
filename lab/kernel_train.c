/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lab/kernel_train.h"

#include <assert.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "agents/tensors.h"
#include "base/memory.h"
#include "base/random.h"
#include "lab/kernel_train_state.h"

enum { SHARD_ROWS = KERNEL_TRAIN_BATCH / KERNEL_TRAIN_SHARDS };

/* Shares of the steps: while the rate rises, and while routes are tied. */
#define RISE_SHARE 0.05
#define TIED_SHARE 0.25

/* Towards a batch's statistics, per step. */
#define STATISTICS_MOMENTUM 0.05

/* Between two reports. */
#define REPORT_PAUSE_S 0.5

/* What one shard of the batch needs and gives. */
struct worker {
    struct training *training;
    struct workspace *workspace;
    real *images; /* [SHARD_ROWS][IMAGES_PIXELS] */
    uint8_t labels[SHARD_ROWS];
    real *gradients, *statistics;
    struct pupil_shard shard;
    struct pupil_sums sums;
};

struct training {
    const struct kernel_train_setup *setup;
    const struct pupil *pupil;
    struct kernel_train_state state;
    real *parameters, *transposed; /* of this step */
    real *gradients;               /* by what is trained */
    int64_t steps, steps_per_epoch, tied_steps;
    int32_t *order; /* of the images in `epoch` */
    int64_t epoch;
    struct worker workers[KERNEL_TRAIN_SHARDS];
    int32_t threads;
    struct pupil_sums sums; /* of the epoch */
    double start_s, saved_s, reported_s;
    int64_t start_step;
};

static double wall_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

int64_t kernel_train_steps(const struct kernel_train_setup *setup)
{
    return setup->images->count / KERNEL_TRAIN_BATCH * (int64_t)setup->epochs;
}

static void init(struct training *training, const struct kernel_train_setup *setup)
{
    const struct pupil *pupil = setup->pupil;
    const size_t count = (size_t)setup->images->count;
    *training = (struct training){
        .setup = setup,
        .pupil = pupil,
        .parameters = memory_zeroed(pupil->parameters.reals, sizeof(real)),
        .transposed = memory_zeroed(pupil->parameters.reals, sizeof(real)),
        .gradients = memory_zeroed(pupil->trained.reals, sizeof(real)),
        .steps = kernel_train_steps(setup),
        .steps_per_epoch = setup->images->count / KERNEL_TRAIN_BATCH,
        .order = memory_zeroed(count, sizeof *training->order),
        .epoch = -1,
        .threads = setup->threads < KERNEL_TRAIN_SHARDS ? setup->threads : KERNEL_TRAIN_SHARDS,
    };
    training->tied_steps = pupil->routers > 0 ? (int64_t)(TIED_SHARE * (double)training->steps) : 0;
    kernel_train_state_init(&training->state, pupil);
    pupil_draw(pupil, setup->seed, training->state.trained, training->state.statistics);
    for (int32_t i = 0; i < KERNEL_TRAIN_SHARDS; i++)
        training->workers[i] = (struct worker){
            .training = training,
            .workspace = workspace_create(),
            .images = memory_zeroed((size_t)SHARD_ROWS * IMAGES_PIXELS, sizeof(real)),
            .gradients = memory_zeroed(pupil->parameters.reals, sizeof(real)),
            .statistics = memory_zeroed(pupil->statistics.reals + 1, sizeof(real)),
        };
}

static void finish(struct training *training)
{
    for (int32_t i = 0; i < KERNEL_TRAIN_SHARDS; i++) {
        struct worker *worker = &training->workers[i];
        workspace_destroy(worker->workspace);
        free(worker->images);
        free(worker->gradients);
        free(worker->statistics);
    }
    kernel_train_state_finish(&training->state);
    free(training->parameters);
    free(training->transposed);
    free(training->gradients);
    free(training->order);
}

/* The order of an epoch's images, by Fisher and Yates. */
static void shuffle(struct training *training, int64_t epoch)
{
    const struct kernel_train_setup *setup = training->setup;
    const int32_t count = setup->images->count;
    struct random_stream order = random_open(setup->seed, 0, RANDOM_SHUFFLE, (uint32_t)epoch, 0);
    for (int32_t i = 0; i < count; i++)
        training->order[i] = i;
    for (int32_t i = count - 1; i > 0; i--) {
        int32_t other = (int32_t)random_below(&order, (uint32_t)i + 1);
        int32_t kept = training->order[i];
        training->order[i] = training->order[other];
        training->order[other] = kept;
    }
    training->epoch = epoch;
}

/* From 0 up to the peak, then down to 0, both in straight lines. */
static double rate_at(const struct training *training)
{
    const double at = ((double)training->state.step + 1) / (double)training->steps;
    const double peak = training->pupil->recipe->rate;
    if (at < RISE_SHARE)
        return peak * at / RISE_SHARE;
    return peak * (1 - at) / (1 - RISE_SHARE);
}

/* A shard of the step that comes. */
static void fill_shard(struct training *training, struct worker *worker, uint32_t number)
{
    const struct kernel_train_setup *setup = training->setup;
    const int64_t step = training->state.step;
    const int64_t at =
        step % training->steps_per_epoch * KERNEL_TRAIN_BATCH + (int64_t)number * SHARD_ROWS;
    for (int32_t r = 0; r < SHARD_ROWS; r++) {
        int32_t image = training->order[at + r];
        float *pixels = worker->images + (ptrdiff_t)r * IMAGES_PIXELS;
        struct random_stream mirror =
            random_open(setup->seed, 0, RANDOM_MIRROR, (uint32_t)image, (uint32_t)training->epoch);
        if (setup->mirrors && random_below(&mirror, 2) == 1)
            images_mirror(setup->images, image, pixels);
        else
            images_pixels(setup->images, image, pixels);
        worker->labels[r] = setup->images->labels[image];
    }
    worker->shard = (struct pupil_shard){
        .mode = step < training->tied_steps ? PUPIL_TIED : PUPIL_ROUTED,
        .rows = SHARD_ROWS,
        .images = worker->images,
        .labels = worker->labels,
        .share = 1.0 / KERNEL_TRAIN_BATCH,
        .seed = setup->seed,
        .shard = number,
        .step = (uint32_t)step,
    };
    worker->sums = (struct pupil_sums){0};
}

static void *work(void *context)
{
    struct worker *worker = context;
    const struct training *training = worker->training;
    const struct pupil *pupil = training->pupil;
    const struct pupil_results results = {.gradients = worker->gradients,
                                          .statistics = worker->statistics};
    memset(worker->gradients, 0, pupil->parameters.reals * sizeof(real));
    memset(worker->statistics, 0, pupil->statistics.reals * sizeof(real));
    pupil_pass(pupil, training->parameters, training->transposed, NULL, &worker->shard,
               worker->workspace, &results, &worker->sums);
    return NULL;
}

/* All shards, on the threads there are. */
static void work_all(struct training *training)
{
    pthread_t threads[KERNEL_TRAIN_SHARDS];
    bool runs[KERNEL_TRAIN_SHARDS] = {false};
    for (int32_t i = 1; i < training->threads; i++)
        runs[i] = pthread_create(&threads[i], NULL, work, &training->workers[i]) == 0;
    for (int32_t i = 0; i < KERNEL_TRAIN_SHARDS; i++)
        if (!runs[i])
            work(&training->workers[i]);
    for (int32_t i = 1; i < training->threads; i++)
        if (runs[i])
            pthread_join(threads[i], NULL);
}

static void add_block(real *restrict to, const real *restrict from, size_t count)
{
    for (size_t i = 0; i < count; i++)
        to[i] += from[i];
}

/* Moves running statistics towards the mean of those of the shards. */
static void merge_statistics(struct training *training)
{
    for (size_t k = 0; k < training->pupil->statistics.reals; k++) {
        real *running = &training->state.statistics[k];
        double sum = 0;
        for (int32_t w = 0; w < KERNEL_TRAIN_SHARDS; w++)
            sum += (double)training->workers[w].statistics[k];
        *running += (real)(STATISTICS_MOMENTUM * (sum / KERNEL_TRAIN_SHARDS - (double)*running));
    }
}

static void add_sums(struct pupil_sums *to, const struct pupil_sums *from)
{
    to->samples += from->samples;
    to->correct += from->correct;
    to->objective += from->objective;
    to->loss += from->loss;
    for (int32_t i = 0; i < PUPIL_ROUTERS; i++)
        to->gain[i] += from->gain[i];
}

static bool take_step(struct training *training, struct fault *fault)
{
    const struct pupil *pupil = training->pupil;
    struct kernel_train_state *state = &training->state;
    if (state->step / training->steps_per_epoch != training->epoch) {
        shuffle(training, state->step / training->steps_per_epoch);
        training->sums = (struct pupil_sums){0};
    }
    if (training->tied_steps > 0 && state->step == training->tied_steps)
        pupil_untie(pupil, state->adam.second);
    for (uint32_t i = 0; i < KERNEL_TRAIN_SHARDS; i++)
        fill_shard(training, &training->workers[i], i);
    pupil_expand(pupil, state->trained, training->parameters);
    tensors_transpose(&pupil->parameters, training->parameters, training->transposed);
    work_all(training);
    for (int32_t i = 0; i < KERNEL_TRAIN_SHARDS; i++) {
        if (i > 0)
            add_block(training->workers[0].gradients, training->workers[i].gradients,
                      pupil->parameters.reals);
        add_sums(&training->sums, &training->workers[i].sums);
    }
    merge_statistics(training);
    pupil_contract(pupil, training->workers[0].gradients, state->step < training->tied_steps,
                   training->gradients);
    struct adam_settings settings = adam_defaults;
    settings.rate = rate_at(training);
    settings.weight_decay = pupil->recipe->weight_decay;
    double norm = adam_step(&state->adam, &settings, state->trained, training->gradients, 1.0);
    if (!isfinite(norm) || !isfinite(training->sums.objective))
        return fault_set(fault, pupil->recipe->name, "another --seed may help",
                         "the loss is not finite any more at step %lld", (long long)state->step);
    state->step++;
    return true;
}

static void report(struct training *training)
{
    const struct kernel_train_setup *setup = training->setup;
    const int64_t step = training->state.step;
    const double now_s = wall_s();
    const bool is_end = step % training->steps_per_epoch == 0;
    if (setup->on_report == NULL || (!is_end && now_s - training->reported_s < REPORT_PAUSE_S))
        return;
    training->reported_s = now_s;
    const double steps_per_s = (double)(step - training->start_step) / (now_s - training->start_s);
    setup->on_report(setup->context, &(struct kernel_train_report){
                                         .step = step,
                                         .steps = training->steps,
                                         .epoch = (int32_t)((step - 1) / training->steps_per_epoch),
                                         .epochs = setup->epochs,
                                         .is_epoch_end = is_end,
                                         .sums = training->sums,
                                         .samples_per_s = steps_per_s * KERNEL_TRAIN_BATCH,
                                         .left_s = (double)(training->steps - step) / steps_per_s,
                                     });
}

/* All steps that are left; `*finished` tells whether the end was reached. */
static bool take_steps(struct training *training, bool *finished, struct fault *fault)
{
    const struct kernel_train_setup *setup = training->setup;
    training->start_s = training->saved_s = wall_s();
    training->start_step = training->state.step;
    while (training->state.step < training->steps) {
        if (setup->stop != NULL && *setup->stop != 0)
            return kernel_train_state_save(&training->state, setup, fault);
        if (!take_step(training, fault))
            return false;
        report(training);
        if (wall_s() - training->saved_s > setup->save_pause_s) {
            if (!kernel_train_state_save(&training->state, setup, fault))
                return false;
            training->saved_s = wall_s();
        }
    }
    *finished = true;
    return true;
}

bool kernel_train_run(struct kernel_train *train, const struct kernel_train_setup *setup,
                      struct fault *fault)
{
    struct training training;
    *train = (struct kernel_train){0};
    if (setup->images->count < KERNEL_TRAIN_BATCH)
        return fault_set(fault, NULL, NULL, "%d images are not enough: a batch has %d",
                         (int)setup->images->count, (int)KERNEL_TRAIN_BATCH);
    init(&training, setup);
    bool ok = (!setup->resume || kernel_train_state_load(&training.state, setup, fault)) &&
              kernel_train_state_save(&training.state, setup, fault) &&
              take_steps(&training, &train->is_finished, fault);
    pupil_expand(setup->pupil, training.state.trained, training.parameters);
    if (ok && train->is_finished) {
        ok = pupil_save(setup->pupil, training.parameters, training.state.statistics, setup->path,
                        fault);
        if (ok)
            kernel_train_state_remove(setup);
    }
    if (ok) {
        train->parameters = training.parameters;
        train->statistics = training.state.statistics;
        training.parameters = training.state.statistics = NULL;
    }
    finish(&training);
    return ok;
}

void kernel_train_finish(struct kernel_train *train)
{
    free(train->parameters);
    free(train->statistics);
    *train = (struct kernel_train){0};
}
