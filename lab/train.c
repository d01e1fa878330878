/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lab/train.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "agents/checkpoint.h"
#include "base/clock.h"
#include "base/memory.h"
#include "lab/advantage.h"
#include "lab/team.h"
#include "lab/train_files.h"
#include "lab/train_parts.h"

/* Longest gradient that is not shortened. */
#define CLIP_NORM 0.5

/* ---- life ---- */

static void share_memory(struct train *train)
{
    const struct curriculum *curriculum = train->curriculum;
    size_t slots = (size_t)train->slot_count;
    int32_t jobs = curriculum->jobs;
    if (curriculum->validation_jobs > jobs)
        jobs = curriculum->validation_jobs;
    train->steps_per_slot = 2 * jobs;
    train->shared = team_memory(1, sizeof *train->shared);
    train->slots = team_memory(slots, sizeof *train->slots);
    train->steps = team_memory(slots * (size_t)train->steps_per_slot, sizeof *train->steps);
    train->outcomes =
        team_memory((size_t)curriculum->validation_runs * ((size_t)train->schedulers + 1),
                    sizeof *train->outcomes);
    train->faults = team_memory((size_t)train->worker_count, sizeof *train->faults);
    train->gradients = team_memory(slots * train->network.tensors.reals, sizeof(real));
}

static void train_init(struct train *train, const struct train_setup *setup)
{
    const struct curriculum *curriculum = setup->curriculum;
    *train = (struct train){
        .setup = setup,
        .curriculum = curriculum,
        .slot_count = curriculum->instances * curriculum->rollouts,
        .schedulers = curriculum->sources[0].schedulers,
        .best_score = INFINITY,
        .best_iteration = -1,
        .folder = -1,
    };
    train->worker_count = setup->workers < train->slot_count ? setup->workers : train->slot_count;
    network_init(&train->network, curriculum->agent,
                 model_shape(curriculum->agent, curriculum->mode));
    size_t reals = train->network.tensors.reals;
    train->weights = memory_zeroed(reals, sizeof(real));
    train->sum = memory_zeroed(reals, sizeof(real));
    train->ratio = memory_zeroed((size_t)train->schedulers * 2, sizeof(double));
    train->rollouts = memory_zeroed((size_t)train->slot_count, sizeof *train->rollouts);
    train->scenario = memory_zeroed((size_t)curriculum->rollouts, sizeof *train->scenario);
    train->advantage = memory_zeroed((size_t)train->slot_count, sizeof *train->advantage);
    train->advantage_capacity = memory_zeroed((size_t)train->slot_count, sizeof(size_t));
    for (int32_t i = 0; i < train->slot_count; i++)
        rollout_init(&train->rollouts[i]);
    adam_init(&train->adam, reals);
    network_draw(&train->network, train->weights, curriculum->seed);
    share_memory(train);
}

static void train_finish(struct train *train)
{
    for (int32_t i = 0; i < train->slot_count; i++) {
        rollout_finish(&train->rollouts[i]);
        free(train->advantage[i]);
    }
    free(train->rollouts);
    free(train->scenario);
    free(train->advantage);
    free(train->advantage_capacity);
    free(train->weights);
    free(train->sum);
    free(train->ratio);
    adam_finish(&train->adam);
    network_finish(&train->network);
    team_forget(train->shared);
    team_forget(train->slots);
    team_forget(train->steps);
    team_forget(train->outcomes);
    team_forget(train->faults);
    team_forget(train->gradients);
}

/* ---- steps that all members do together ---- */

static struct fault *own_fault(struct train *train)
{
    return &train->faults[train->team.local];
}

/* Meets the others, who get these slots; false if a member has met with a fault or died. */
static bool meet(struct train *train, const struct team_slots *slots, int32_t slots_count,
                 struct fault *fault)
{
    bool ok = !fault_is_set(own_fault(train));
    ok = team_meet(&train->team, ok, slots, slots_count, fault);
    for (int32_t i = 0; !ok && i < train->worker_count; i++)
        if (fault_is_set(&train->faults[i]) && !fault_is_set(fault))
            *fault = train->faults[i];
    return ok;
}

/* All slots of one kind. */
static struct team_slots all_slots(const struct train *train, void *memory, size_t size)
{
    return (struct team_slots){memory, 0, 1, train->slot_count, size};
}

/* The returns of a run of any member. */
static struct returns returns_of(const struct train *train, int32_t slot)
{
    struct returns returns = train->slots[slot].returns;
    returns.steps =
        &train->steps[(int64_t)slot * train->steps_per_slot]; /* elsewhere at another rank */
    return returns;
}

static void play_rollouts(struct train *train, enum rollout_actor actor)
{
    const struct curriculum *curriculum = train->curriculum;
    for (int32_t i = 0; i < train->slot_count; i++) {
        if (!team_owns(&train->team, i))
            continue;
        int32_t instance = i / curriculum->rollouts;
        int64_t replicate = (int64_t)train->iteration * curriculum->instances + instance;
        const struct rollout_setup setup = {
            .point = curriculum_instance(curriculum, train->iteration, instance),
            .jobs = curriculum->jobs,
            .seed = curriculum->seed,
            .replicate = CURRICULUM_TRAINING + (uint32_t)replicate,
            .number = (uint32_t)(i % curriculum->rollouts),
            .mode = curriculum->mode,
            .actor = actor,
            .reward = curriculum->reward,
            .tail_us = curriculum->tail_us,
            .network = &train->network,
            .weights = train->weights,
        };
        struct rollout *rollout = &train->rollouts[i];
        if (!rollout_play(rollout, &setup, &train->steps[(int64_t)i * train->steps_per_slot],
                          curriculum->tau_us, own_fault(train)))
            return;
        train->slots[i].returns = rollout->returns;
        train->slots[i].decisions = rollout->count;
        train->slots[i].return_sum = 0;
        for (int32_t d = 0; curriculum->is_constant && d < rollout->count; d++)
            train->slots[i].return_sum += returns_at(&rollout->returns, rollout->at_ps[d]);
    }
}

/* Shows the runs of a slot's scenario beside each other; returns which of them the slot is. */
static int32_t gather_scenario(struct train *train, int32_t slot)
{
    int32_t rollouts = train->curriculum->rollouts;
    for (int32_t i = 0; i < rollouts; i++)
        train->scenario[i] = returns_of(train, slot / rollouts * rollouts + i);
    return slot % rollouts;
}

/* Return of a run less the mean over all decisions of its scenario. */
static double advantage_over_mean(const struct train *train, int32_t slot, int64_t at_ps)
{
    int32_t rollouts = train->curriculum->rollouts;
    int32_t first = slot / rollouts * rollouts;
    double sum = 0;
    int64_t count = 0;
    for (int32_t i = first; i < first + rollouts; i++) {
        sum += train->slots[i].return_sum;
        count += train->slots[i].decisions;
    }
    return returns_at(&train->slots[slot].returns, at_ps) - sum / (double)(count > 0 ? count : 1);
}

static void find_advantages(struct train *train)
{
    const bool is_constant = train->curriculum->is_constant;
    const int32_t rollouts = train->curriculum->rollouts;
    for (int32_t i = 0; i < train->slot_count; i++) {
        if (!team_owns(&train->team, i))
            continue;
        const struct rollout *rollout = &train->rollouts[i];
        const int32_t own = gather_scenario(train, i);
        double square = 0;
        train->advantage[i] = memory_grow(train->advantage[i], &train->advantage_capacity[i],
                                          (size_t)rollout->count + 1, sizeof(real));
        for (int32_t d = 0; d < rollout->count; d++) {
            int64_t at_ps = rollout->at_ps[d];
            double advantage = is_constant
                                   ? advantage_over_mean(train, i, at_ps)
                                   : advantage_over_others(train->scenario, rollouts, own, at_ps);
            train->advantage[i][d] = (real)advantage;
            square += advantage * advantage;
        }
        train->slots[i].square = square;
    }
}

/* Divides the advantages by their root mean square over the scenario. */
static void scale_advantages(struct train *train)
{
    int32_t rollouts = train->curriculum->rollouts;
    for (int32_t i = 0; i < train->slot_count; i++) {
        if (!team_owns(&train->team, i))
            continue;
        double square = 0;
        int64_t count = 0;
        int32_t first = i / rollouts * rollouts;
        for (int32_t k = first; k < first + rollouts; k++) {
            square += train->slots[k].square;
            count += train->slots[k].decisions;
        }
        double scale = 1 / (sqrt(square / (double)(count > 0 ? count : 1)) + 1e-6);
        for (int32_t d = 0; d < train->rollouts[i].count; d++)
            train->advantage[i][d] = (real)((double)train->advantage[i][d] * scale);
    }
}

/* Gradients of the own runs of a minibatch. */
static void find_gradients(struct train *train, int32_t minibatch,
                           const struct objective *objective)
{
    size_t reals = train->network.tensors.reals;
    for (int32_t i = minibatch; i < train->slot_count; i += train->curriculum->minibatches) {
        if (!team_owns(&train->team, i))
            continue;
        struct rollout *rollout = &train->rollouts[i];
        real *gradients = &train->gradients[(size_t)i * reals];
        bool is_clone = objective->kind == OBJECTIVE_CLONE;
        struct network_lesson lesson = {
            .batch = {.decisions = rollout->count, .first = rollout->first, .rows = rollout->rows},
            .action = is_clone ? rollout->taught : rollout->action,
            .old_log_prob = rollout->log_prob,
            .advantage = is_clone ? NULL : train->advantage[i],
        };
        witness_tell(&rollout->witness, &lesson);
        memset(gradients, 0, reals * sizeof *gradients);
        train->slots[i].sums = (struct objective_sums){0};
        if (rollout->count > 0)
            network_learn(&train->network, train->weights, &lesson, objective, rollout->workspace,
                          gradients, &train->slots[i].sums);
    }
}

/* One step of Adam on the sum of a minibatch's gradients, in the order of the runs. */
static void step(struct train *train, int32_t minibatch, struct train_report *report,
                 struct objective_sums *pass)
{
    size_t reals = train->network.tensors.reals;
    struct adam_settings settings = adam_defaults;
    struct objective_sums sums = {0};
    settings.rate = report->rate;
    settings.clip_norm = CLIP_NORM;
    memset(train->sum, 0, reals * sizeof *train->sum);
    for (int32_t i = minibatch; i < train->slot_count; i += train->curriculum->minibatches) {
        const real *gradients = &train->gradients[(size_t)i * reals];
        for (size_t w = 0; w < reals; w++)
            train->sum[w] += gradients[w];
        objective_sums_add(&sums, &train->slots[i].sums);
    }
    if (sums.choices > 0)
        report->gradient_norm = adam_step(&train->adam, &settings, train->weights, train->sum,
                                          1.0 / (double)sums.choices);
    objective_sums_add(pass, &sums);
}

static bool learn(struct train *train, const struct objective *objective,
                  struct train_report *report, struct fault *fault)
{
    const struct curriculum *curriculum = train->curriculum;
    struct objective_sums pass = {0};
    for (int32_t epoch = 0; epoch < curriculum->epochs; epoch++) {
        pass = (struct objective_sums){0};
        for (int32_t m = 0; m < curriculum->minibatches; m++) {
            find_gradients(train, m, objective);
            size_t bytes = train->network.tensors.reals * sizeof(real);
            const struct team_slots learnt[] = {
                {train->gradients, m, curriculum->minibatches, train->slot_count, bytes},
                all_slots(train, train->slots, sizeof *train->slots)};
            if (!meet(train, learnt, 2, fault))
                return false;
            step(train, m, report, &pass);
            if (!meet(train, NULL, 0, fault)) /* nobody writes gradients that another still adds */
                return false;
        }
    }
    double count = (double)(pass.choices > 0 ? pass.choices : 1);
    report->decisions = pass.choices;
    report->loss = pass.loss / count;
    report->entropy = pass.entropy / count;
    report->drift = pass.drift / count;
    report->clipped = (double)pass.clipped / count;
    report->agreed = (double)pass.agreed / count;
    return true;
}

/* One iteration: play, judge, learn. */
static bool iterate(struct train *train, struct train_report *report, struct fault *fault)
{
    const struct curriculum *curriculum = train->curriculum;
    int32_t turn = train->iteration - curriculum->warm_iterations;
    report->is_warm = turn < 0;
    struct objective objective = {.kind = OBJECTIVE_CLONE};
    report->rate = curriculum->warm_rate;
    if (turn == 0)
        adam_reset(&train->adam);
    if (turn >= 0) {
        double done = (double)turn / curriculum->iterations;
        objective = (struct objective){.kind = OBJECTIVE_PPO,
                                       .clip = curriculum->clip,
                                       .entropy = curriculum->entropy * (1 - done)};
        report->rate = curriculum->rate + (curriculum->rate_end - curriculum->rate) * done;
    }
    play_rollouts(train, train->iteration == 0 && turn < 0 ? ROLLOUT_TEACHER : ROLLOUT_SAMPLE);
    const struct team_slots played[] = {
        all_slots(train, train->slots, sizeof *train->slots),
        all_slots(train, train->steps, (size_t)train->steps_per_slot * sizeof *train->steps)};
    if (!meet(train, played, 2, fault))
        return false;
    if (turn >= 0) {
        find_advantages(train);
        if (!meet(train, played, 1, fault))
            return false;
        scale_advantages(train);
    }
    return learn(train, &objective, report, fault);
}

/* ---- validation ---- */

/* Plays the own validation runs; scheduler -1 is the network. */
static void play_validation(struct train *train, int32_t scheduler)
{
    const struct curriculum *curriculum = train->curriculum;
    int32_t columns = train->schedulers + 1;
    for (int32_t run = 0; run < curriculum->validation_runs; run++) {
        if (!team_owns(&train->team, run))
            continue;
        const struct rollout_setup setup = {
            .point = curriculum_validation(curriculum, run, scheduler < 0 ? 0 : scheduler),
            .jobs = curriculum->validation_jobs,
            .seed = curriculum->seed,
            .replicate = CURRICULUM_VALIDATION + (uint32_t)run,
            .mode = curriculum->mode,
            .actor = scheduler < 0 ? ROLLOUT_BEST : ROLLOUT_SCHEDULER,
            .reward = curriculum->reward,
            .network = &train->network,
            .weights = train->weights,
        };
        struct rollout *rollout = &train->rollouts[0];
        if (!rollout_play(rollout, &setup,
                          &train->steps[(int64_t)train->team.local * train->steps_per_slot],
                          curriculum->tau_us, own_fault(train)))
            return;
        train->outcomes[run * columns + scheduler + 1] =
            (struct outcome){rollout->mean_latency_us, rollout->p95_latency_us};
    }
}

/* The outcomes of all validation runs. */
static struct team_slots outcome_slots(const struct train *train)
{
    size_t size = (size_t)(train->schedulers + 1) * sizeof *train->outcomes;
    return (struct team_slots){train->outcomes, 0, 1, train->curriculum->validation_runs, size};
}

/* Plays the network's validation runs and compares them with the schedulers'. */
static bool validate(struct train *train, struct train_report *report, struct fault *fault)
{
    const struct curriculum *curriculum = train->curriculum;
    int32_t columns = train->schedulers + 1;
    double runs = curriculum->validation_runs;
    const struct team_slots outcomes = outcome_slots(train);
    play_validation(train, -1);
    if (!meet(train, &outcomes, 1, fault))
        return false;
    double *ratio = train->ratio, *p95 = &train->ratio[train->schedulers];
    memset(train->ratio, 0, 2 * (size_t)train->schedulers * sizeof *train->ratio);
    report->latency_us = 0;
    for (int32_t run = 0; run < curriculum->validation_runs; run++) {
        const struct outcome *own = &train->outcomes[run * columns];
        report->latency_us += own->mean_us / runs;
        for (int32_t s = 0; s < train->schedulers; s++) {
            ratio[s] += log(own->mean_us / own[1 + s].mean_us) / runs;
            p95[s] += log(own->p95_us / own[1 + s].p95_us) / runs;
        }
    }
    double score = (1 - curriculum->tail_weight) * ratio[0] + curriculum->tail_weight * p95[0];
    for (int32_t s = 0; s < train->schedulers; s++) {
        ratio[s] = exp(ratio[s]);
        p95[s] = exp(p95[s]);
    }
    report->is_validated = true;
    report->ratio = ratio;
    report->p95 = p95;
    report->is_best = score < train->best_score;
    if (report->is_best) {
        train->best_score = score;
        train->best_iteration = train->iteration;
    }
    return meet(train, NULL, 0, fault);
}

/* ---- the whole ---- */

static bool is_validation_due(const struct train *train)
{
    const struct curriculum *curriculum = train->curriculum;
    int32_t turn = train->iteration + 1 - curriculum->warm_iterations;
    return turn >= 0 &&
           (turn % curriculum->validation_every == 0 || turn == curriculum->iterations);
}

static bool has_finished(const struct train *train)
{
    const struct curriculum *curriculum = train->curriculum;
    int64_t patience = (int64_t)curriculum->patience * curriculum->validation_every;
    return train->iteration >= curriculum->warm_iterations + curriculum->iterations ||
           (patience > 0 && train->best_iteration >= 0 &&
            train->iteration - train->best_iteration > patience);
}

/* Rank 0 writes down and tells what has happened. */
static bool report_iteration(struct train *train, struct train_report *report, struct fault *fault)
{
    const struct train_setup *setup = train->setup;
    report->wall_s = train->wall_s + clock_s() - train->start_s;
    train->decisions += report->decisions;
    double since_s = clock_s() - train->start_s;
    report->decisions_per_s = (double)train->decisions / since_s;
    report->left_s = since_s / (train->iteration + 1 - train->first_iteration) *
                     (report->iterations - train->iteration - 1);
    setup->on_report(setup->context, report);
    if (!train_files_row(train, report, fault))
        return false;
    return !report->is_validated || train_files_save(train, report, fault);
}

static bool train_loop(struct train *train, struct fault *fault)
{
    const struct curriculum *curriculum = train->curriculum;
    int32_t total = curriculum->warm_iterations + curriculum->iterations;
    train->first_iteration = train->iteration;
    train->start_s = clock_s();
    for (int32_t s = 0; s < train->schedulers; s++)
        play_validation(train, s);
    const struct team_slots outcomes = outcome_slots(train);
    if (!meet(train, &outcomes, 1, fault))
        return false;
    while (!has_finished(train) && !train->shared->stop) {
        struct train_report report = {.iteration = train->iteration, .iterations = total};
        if (!iterate(train, &report, fault) ||
            (is_validation_due(train) && !validate(train, &report, fault)))
            return false;
        bool ok = train->team.rank != 0 || report_iteration(train, &report, fault);
        train->iteration++;
        if (train->team.rank == 0) {
            train->shared->stop = train->setup->stop != NULL && *train->setup->stop > 0;
            if (!ok)
                *own_fault(train) = *fault;
        }
        const struct team_slots stop = {train->shared, 0, 1, 1, sizeof *train->shared};
        if (!meet(train, &stop, 1, fault))
            return false;
    }
    return true;
}

/* Makes one team of all processes and ranks that begin with the same. */
static bool start_team(struct train *train, struct fault *fault)
{
    const struct train_setup *setup = train->setup;
    bool ok =
        train_files_load(train, fault) && team_start(&train->team, train->worker_count, fault);
    if (train->team.local == 0 && setup->join != NULL)
        ok = setup->join(setup->context, ok, fault);
    if (!ok)
        return false;
    char start[DIGEST_SIZE];
    train_files_digest(train, start);
    return team_join(&train->team, start, fault);
}

bool train_run(const struct train_setup *setup, bool *is_finished, struct fault *fault)
{
    struct train train;
    *is_finished = false;
    train_init(&train, setup);
    bool ok = start_team(&train, fault);
    if (ok) {
        if (train.team.rank == 0 && !train_files_open(&train, fault))
            *own_fault(&train) = *fault;
        ok = meet(&train, NULL, 0, fault) && train_loop(&train, fault);
        *is_finished = has_finished(&train);
    }
    if (train.team.locals > 0)
        team_end(&train.team);
    ok = train_files_close(&train, fault) && ok;
    train_finish(&train);
    return ok;
}
