/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "workloads/kernels/bench.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "workloads/kernels/bench_machine.h"
#include "workloads/kernels/pages.h"
#include "workloads/kernels/peak.h"
#include "workloads/kernels/uniform.h"

enum {
    ENTRIES_MAX = 64,
    CALLS_MAX = 1 << 17, /* the latest are kept */
    POOL_SAMPLES = 4096, /* inputs to choose from, at least */
    ROUNDS_MIN = 3,
    CHECKED = 3, /* samples of a batch that are compared with the reference */
};

static const double turn_s = 0.01; /* a kernel's turn: long enough to bring its weights back */

/* A kernel that exists, and what it took. */
struct entry {
    const struct bench_kind *kind;
    enum isa isa;
    void *self;
    struct bench_work work;
    double *call_s; /* ring of CALLS_MAX */
    int64_t calls;
    int32_t layer; /* of the next call */
};

/* Kernels that are measured turn by turn, with their inputs. */
struct contest {
    struct entry entries[ENTRIES_MAX];
    int32_t count;
    int32_t layers;
    float *pool; /* [pool_samples][inputs] */
    size_t pool_bytes;
    int32_t pool_samples, next;
    float *x, *out;
    size_t x_bytes, out_bytes;
};

static bool is_asked_for(const struct bench_plan *plan, const struct bench_kind *kind)
{
    bool is_named = false;
    size_t kernel = strlen(kind->kernel);
    for (int32_t i = 0; i < plan->kernel_count; i++) {
        const char *name = plan->kernels[i];
        if (strncmp(name, kind->kernel, kernel) != 0)
            continue;
        is_named |= name[kernel] == '\0' && !kind->is_extra;
        is_named |= name[kernel] == '/' && strcmp(name + kernel + 1, kind->variant) == 0;
    }
    return plan->kernel_count > 0 ? is_named : !kind->is_extra;
}

static void add_entry(struct contest *contest, const struct bench_plan *plan,
                      const struct bench_kind *kind, enum isa isa)
{
    assert(contest->count < ENTRIES_MAX);
    struct bench_setting setting = {
        .isa = isa, .layers = contest->layers, .batch_limit = 1, .seed = plan->seed};
    for (int32_t b = 0; b < plan->batch_count; b++)
        if (plan->batches[b] > setting.batch_limit)
            setting.batch_limit = plan->batches[b];
    void *self = kind->create(kind, &setting);
    if (self == NULL)
        return;
    struct entry *entry = &contest->entries[contest->count++];
    *entry = (struct entry){.kind = kind, .isa = isa, .self = self};
    entry->call_s = memory_zeroed(CALLS_MAX, sizeof *entry->call_s);
}

/* Creates every kernel of a contest, and inputs for the largest of them. */
static void open_contest(struct contest *contest, const struct bench_plan *plan, const char *name,
                         int32_t layers)
{
    *contest = (struct contest){.layers = layers};
    for (int32_t k = 0; bench_kinds[k] != NULL; k++) {
        const struct bench_kind *kind = bench_kinds[k];
        if (strcmp(kind->contest, name) != 0 || !is_asked_for(plan, kind) ||
            (layers > 1 && !kind->has_layers))
            continue;
        for (int32_t i = 0; i < (kind->has_isa ? plan->isa_count : 1); i++)
            add_entry(contest, plan, kind, kind->has_isa ? plan->isas[i] : isa_best());
    }
    int32_t inputs = 1, outputs = 1, batch = 1;
    for (int32_t i = 0; i < contest->count; i++) {
        struct bench_work work;
        contest->entries[i].kind->describe(contest->entries[i].self, 1, &work);
        inputs = work.inputs > inputs ? work.inputs : inputs;
        outputs = work.outputs > outputs ? work.outputs : outputs;
    }
    for (int32_t b = 0; b < plan->batch_count; b++)
        batch = plan->batches[b] > batch ? plan->batches[b] : batch;
    contest->pool_samples = 2 * batch > POOL_SAMPLES ? 2 * batch : POOL_SAMPLES;
    contest->pool_bytes = (size_t)contest->pool_samples * (size_t)inputs * sizeof(float);
    contest->x_bytes = (size_t)batch * (size_t)inputs * sizeof(float);
    contest->out_bytes = (size_t)batch * (size_t)outputs * sizeof(float);
    contest->pool = pages_create(contest->pool_bytes);
    contest->x = pages_create(contest->x_bytes);
    contest->out = pages_create(contest->out_bytes);
    struct uniform draws = uniform_open(plan->seed, UINT32_MAX);
    for (int32_t s = 0; s < contest->pool_samples; s++) /* variance 1 */
        uniform_fill(&draws, contest->pool + (size_t)s * (size_t)inputs, inputs, 1.7320508f);
}

static void close_contest(struct contest *contest)
{
    for (int32_t i = 0; i < contest->count; i++) {
        contest->entries[i].kind->destroy(contest->entries[i].self);
        free(contest->entries[i].call_s);
    }
    pages_destroy(contest->pool, contest->pool_bytes);
    pages_destroy(contest->x, contest->x_bytes);
    pages_destroy(contest->out, contest->out_bytes);
}

/* Other inputs for the next call, written just before it as a layer before it would have done. */
static void renew_inputs(struct contest *contest, const struct entry *entry, int32_t batch)
{
    if (contest->next + batch > contest->pool_samples)
        contest->next = 0;
    size_t inputs = (size_t)entry->work.inputs;
    memcpy(contest->x, contest->pool + (size_t)contest->next * inputs,
           (size_t)batch * inputs * sizeof(float));
    contest->next += batch;
}

static bool time_call(struct contest *contest, struct entry *entry, int32_t batch, double *call_s,
                      struct fault *fault)
{
    renew_inputs(contest, entry, batch);
    double start_s = peak_now_s();
    bool is_done =
        entry->kind->run(entry->self, entry->layer, contest->x, batch, contest->out, fault);
    *call_s = peak_now_s() - start_s;
    entry->layer = (entry->layer + 1) % contest->layers;
    return is_done;
}

/* A quarter of the turn only warms up; at least one call is timed. */
static bool take_turn(struct contest *contest, struct entry *entry, int32_t batch,
                      struct fault *fault)
{
    double start_s = peak_now_s(), spent_s = 0, call_s;
    bool is_warm = entry->calls > 0 && entry->call_s[0] > turn_s, is_timed = false;
    while (spent_s < turn_s || !is_timed) {
        if (!time_call(contest, entry, batch, &call_s, fault))
            return false;
        if (is_warm) {
            entry->call_s[entry->calls++ % CALLS_MAX] = call_s;
            is_timed = true;
        }
        spent_s = peak_now_s() - start_s;
        is_warm |= spent_s >= turn_s / 4;
    }
    return true;
}

/* Largest difference from the reference over a few samples, as a part of the largest value. */
static bool check_outputs(struct contest *contest, struct entry *entry, int32_t batch,
                          double *error, struct fault *fault)
{
    const struct bench_kind *kind = entry->kind;
    size_t inputs = (size_t)entry->work.inputs, outputs = (size_t)entry->work.outputs;
    renew_inputs(contest, entry, batch);
    if (!kind->run(entry->self, 0, contest->x, batch, contest->out, fault))
        return false;
    float *expected = memory_zeroed(outputs, sizeof *expected);
    double largest = 0, difference = 0;
    for (int32_t c = 0; c < CHECKED; c++) {
        size_t sample = (size_t)c * (size_t)(batch - 1) / (CHECKED - 1);
        kind->reference(entry->self, contest->x + sample * inputs, 1, expected);
        for (size_t i = 0; i < outputs; i++) {
            double got = (double)contest->out[sample * outputs + i];
            double distance = fabs(got - (double)expected[i]);
            difference = distance <= difference ? difference : distance; /* NAN counts */
            largest = fmax(largest, fabs((double)expected[i]));
        }
    }
    free(expected);
    *error = difference / largest;
    if (*error <= BENCH_TOLERANCE)
        return true;
    return fault_set(fault, NULL, "this is a defect of the kernel, please report it",
                     "%s %s on %s differs from its reference by %.3g of the largest value",
                     kind->kernel, kind->variant, isa_name(entry->isa), *error);
}

static void fill_row(struct bench_row *row, struct entry *entry, const struct contest *contest,
                     int32_t batch, struct bench_machine *machine)
{
    const struct bench_kind *kind = entry->kind;
    int32_t count = entry->calls < CALLS_MAX ? (int32_t)entry->calls : CALLS_MAX;
    *row = (struct bench_row){
        .kind = kind,
        .batch = batch,
        .layers = contest->layers,
        .calls = count,
        .median_ns = 1e9 * bench_machine_quantile(entry->call_s, count, 0.5) / batch,
        .p10_ns = 1e9 * bench_machine_quantile(entry->call_s, count, 0.1) / batch,
        .work = entry->work,
        .peak_gmac_s = bench_machine_gmac_s(machine, entry->isa),
        .read_gb_s = bench_machine_read_gb_s(machine, contest->layers * entry->work.stored_bytes),
        .rival = -1,
        .ratio = NAN,
    };
    snprintf(row->isa, sizeof row->isa, "%s",
             kind->isa != NULL ? kind->isa(entry->self) : isa_name(entry->isa));
}

/* Compares the rows of one case with the fastest rival among them. */
static void compare_rows(struct bench_row *rows, int32_t first, int32_t count)
{
    int32_t rival = -1;
    for (int32_t i = first; i < count; i++)
        if (rows[i].kind->is_rival && (rival < 0 || rows[i].p10_ns < rows[rival].p10_ns))
            rival = i;
    for (int32_t i = first; i < count && rival >= 0; i++) {
        rows[i].rival = rival;
        rows[i].ratio = rows[rival].p10_ns / rows[i].p10_ns;
    }
}

static bool is_within(const struct entry *entry, int32_t batch)
{
    return entry->kind->batch_limit == 0 || batch <= entry->kind->batch_limit;
}

/* One batch size: turns until the time is over. */
static bool measure_case(struct contest *contest, int32_t batch, double seconds,
                         struct bench_machine *machine, struct bench_result *result,
                         struct fault *fault)
{
    double start_s = peak_now_s();
    for (int32_t i = 0; i < contest->count; i++) {
        struct entry *entry = &contest->entries[i];
        entry->calls = 0;
        entry->kind->describe(entry->self, batch, &entry->work);
    }
    for (int32_t round = 0; round < ROUNDS_MIN || peak_now_s() - start_s < seconds; round++)
        for (int32_t i = 0; i < contest->count; i++) {
            bench_machine_probe(machine);
            if (is_within(&contest->entries[i], batch) &&
                !take_turn(contest, &contest->entries[i], batch, fault))
                return false;
        }
    int32_t first = result->count;
    for (int32_t i = 0; i < contest->count; i++) {
        struct entry *entry = &contest->entries[i];
        if (!is_within(entry, batch))
            continue;
        result->rows = memory_resize(result->rows, (size_t)result->count + 1, sizeof *result->rows);
        struct bench_row *row = &result->rows[result->count];
        fill_row(row, entry, contest, batch, machine);
        if (!check_outputs(contest, entry, batch, &row->error, fault))
            return false;
        result->count++;
    }
    compare_rows(result->rows, first, result->count);
    return true;
}

/* Whether this kind is the first asked for of its contest: then it stands for the contest. */
static bool opens_contest(const struct bench_plan *plan, int32_t kind)
{
    if (!is_asked_for(plan, bench_kinds[kind]))
        return false;
    for (int32_t k = 0; k < kind; k++)
        if (is_asked_for(plan, bench_kinds[k]) &&
            strcmp(bench_kinds[k]->contest, bench_kinds[kind]->contest) == 0)
            return false;
    return true;
}

static bool contest_has_layers(const char *name)
{
    for (int32_t k = 0; bench_kinds[k] != NULL; k++)
        if (strcmp(bench_kinds[k]->contest, name) == 0 && bench_kinds[k]->has_layers)
            return true;
    return false;
}

static bool run_contest(const struct bench_plan *plan, const char *name, int32_t layers,
                        double case_s, void (*progress)(const char *text),
                        struct bench_machine *machine, struct bench_result *result,
                        struct fault *fault)
{
    struct contest contest;
    open_contest(&contest, plan, name, layers);
    bool is_done = true;
    for (int32_t b = 0; is_done && b < plan->batch_count && contest.count > 0; b++) {
        char text[128];
        snprintf(text, sizeof text, "%s, batch %d, %d layer%s", name, (int)plan->batches[b],
                 (int)layers, layers == 1 ? "" : "s");
        if (progress != NULL)
            progress(text);
        is_done = measure_case(&contest, plan->batches[b], case_s, machine, result, fault);
    }
    close_contest(&contest);
    return is_done;
}

bool bench_run(const struct bench_plan *plan, void (*progress)(const char *text),
               struct bench_result *result, struct fault *fault)
{
    double start_s = peak_now_s();
    *result = (struct bench_result){0};
    int32_t cases = 0;
    for (int32_t k = 0; bench_kinds[k] != NULL; k++)
        for (int32_t l = 0; l < plan->layer_count; l++)
            if (opens_contest(plan, k) &&
                (plan->layers[l] == 1 || contest_has_layers(bench_kinds[k]->contest)))
                cases += plan->batch_count;
    if (cases == 0)
        return fault_set(fault, NULL, "`hetsoc kernels bench --list` names all kernels",
                         "no kernel matches, nothing to measure");
    struct bench_machine *machine = bench_machine_create(isa_best());
    bool is_done = true;
    for (int32_t k = 0; is_done && bench_kinds[k] != NULL; k++)
        for (int32_t l = 0; is_done && l < plan->layer_count; l++)
            if (opens_contest(plan, k) &&
                (plan->layers[l] == 1 || contest_has_layers(bench_kinds[k]->contest)))
                is_done = run_contest(plan, bench_kinds[k]->contest, plan->layers[l],
                                      plan->seconds / cases, progress, machine, result, fault);
    result->noise = bench_machine_noise(machine);
    result->seconds = peak_now_s() - start_s;
    bench_machine_destroy(machine);
    if (!is_done)
        bench_finish(result);
    return is_done;
}

void bench_finish(struct bench_result *result)
{
    free(result->rows);
    *result = (struct bench_result){0};
}
