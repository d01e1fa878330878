/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lab/train_files.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/folder.h"
#include "base/memory.h"
#include "base/writing.h"
#include "lab/version.h"
#include "traces/trace_folder.h"

enum { NOTE_LIMIT = 16 };

static const char *path_of(const struct train *train, const char *name)
{
    return arena_printf(train->setup->experiment->arena, "%s/%s", train->setup->dir, name);
}

/* What a state must share with the training that goes on from it: every key of the experiment. */
static void digest_config(const struct train *train, char digest[static DIGEST_SIZE])
{
    struct writing writing;
    writing_begin(&writing);
    yaml_print(train->setup->experiment->root, writing.stream);
    writing_digest(&writing, digest);
}

/* ---- the table ---- */

static const char *const columns[] = {"iteration",
                                      "phase",
                                      "decisions",
                                      "loss",
                                      "entropy",
                                      "drift",
                                      "clipped",
                                      "agreed",
                                      "lr",
                                      "gradient_norm",
                                      "validation_mean_us",
                                      "is_best",
                                      "wall_s",
                                      "decisions_per_s"};

enum { COLUMN_COUNT = sizeof columns / sizeof *columns };

static void put_header(const struct train *train, struct csv_writer *csv)
{
    for (int i = 0; i < COLUMN_COUNT; i++)
        csv_text(csv, columns[i]);
    const struct point *points = train->curriculum->sources[0].points.list;
    struct arena *arena = train->setup->experiment->arena;
    for (int32_t s = 0; s < train->schedulers; s++)
        csv_text(csv, arena_printf(arena, "mean_vs_%s", points[s].scheduler));
    for (int32_t s = 0; s < train->schedulers; s++)
        csv_text(csv, arena_printf(arena, "p95_vs_%s", points[s].scheduler));
    csv_end_row(csv);
}

/* Takes over the rows of the table at `path`, if there is one, that come before the current
 * iteration. */
static bool put_old_rows(const struct train *train, const char *path, struct csv_writer *csv,
                         struct fault *fault)
{
    if (access(path, F_OK) != 0)
        return true;
    struct csv_reader *reader = csv_open(path, fault);
    int32_t cells = COLUMN_COUNT + 2 * train->schedulers;
    for (int32_t row = 0; reader != NULL && row < train->iteration && csv_next(reader, fault);
         row++) {
        for (int32_t cell = 0; cell < cells; cell++)
            csv_text(csv, csv_cell(reader, cell));
        csv_end_row(csv);
    }
    csv_close(reader);
    return !fault_is_set(fault);
}

/* Begins the table aside, so that it is never seen without what it begins with. */
static bool open_table(struct train *train, struct fault *fault)
{
    const char *path = path_of(train, "train.csv"), *part = path_of(train, "train.csv.part");
    struct csv_writer aside;
    if (!csv_create_new(&aside, part, fault))
        return false;
    put_header(train, &aside);
    if (train->iteration > 0 && !put_old_rows(train, path, &aside, fault)) {
        csv_finish(&aside, fault);
        unlink(part);
        return false;
    }
    return csv_finish_as(&aside, path, fault) && csv_append(&train->csv, path, fault);
}

bool train_files_row(struct train *train, const struct train_report *report, struct fault *fault)
{
    struct csv_writer *csv = &train->csv;
    bool is_validated = report->is_validated;
    (void)fault;
    csv_int(csv, report->iteration);
    csv_text(csv, report->is_warm ? "clone" : "ppo");
    csv_int(csv, report->decisions);
    csv_real(csv, report->loss);
    csv_real(csv, report->entropy);
    csv_real(csv, report->drift);
    csv_real(csv, report->clipped);
    csv_real(csv, report->agreed);
    csv_real(csv, report->rate);
    csv_real(csv, report->gradient_norm);
    csv_real(csv, is_validated ? report->latency_us : NAN);
    csv_text(csv, !is_validated ? NULL : report->is_best ? "1" : "0");
    csv_real(csv, report->wall_s);
    csv_real(csv, report->decisions_per_s);
    for (int32_t s = 0; s < train->schedulers; s++)
        csv_real(csv, is_validated ? report->ratio[s] : NAN);
    for (int32_t s = 0; s < train->schedulers; s++)
        csv_real(csv, is_validated ? report->p95[s] : NAN);
    csv_end_row(csv);
    return true;
}

/* ---- weights ---- */

/* Notes of both files; those of the state tell where to go on. Returns how many. */
static int32_t make_notes(const struct train *train, const struct train_report *report,
                          struct safetensors_note *notes)
{
    const struct experiment *experiment = train->setup->experiment;
    struct arena *arena = experiment->arena;
    char text[32];
    char *config = arena_zeroed(arena, DIGEST_SIZE, 1);
    char *hash = arena_zeroed(arena, FEATURES_HASH_SIZE, 1);
    int32_t count = 0;
    digest_config(train, config);
    notes[count++] = (struct safetensors_note){
        "features", features_hash(choices_features(train->curriculum->mode), hash)};
    if (train->network.kind->embed != NULL) {
        char *nodes = arena_zeroed(arena, FEATURES_HASH_SIZE, 1);
        notes[count++] = (struct safetensors_note){"node_features", features_node_hash(nodes)};
    }
    notes[count++] = (struct safetensors_note){"mode", model_mode_name(train->curriculum->mode)};
    notes[count++] = (struct safetensors_note){"experiment", experiment->name};
    notes[count++] = (struct safetensors_note){"config", config};
    notes[count++] = (struct safetensors_note){
        "seed", arena_printf(arena, "%llu", (unsigned long long)experiment->seed)};
    notes[count++] = (struct safetensors_note){"version", version_number};
    notes[count++] =
        (struct safetensors_note){"iteration", arena_printf(arena, "%d", (int)report->iteration)};
    notes[count++] = (struct safetensors_note){
        "best_score", arena_string(arena, csv_format_real(text, train->best_score))};
    notes[count++] = (struct safetensors_note){
        "best_iteration", arena_printf(arena, "%d", (int)train->best_iteration)};
    return count;
}

bool train_files_save(struct train *train, const struct train_report *report, struct fault *fault)
{
    struct safetensors_note notes[NOTE_LIMIT];
    char text[32];
    int32_t count = make_notes(train, report, notes);
    csv_flush(&train->csv);
    if (report->is_best && !checkpoint_write(path_of(train, "policy.safetensors"), &train->network,
                                             train->weights, NULL, notes, count, fault))
        return false;
    notes[count++] =
        (struct safetensors_note){"wall_s", arena_string(train->setup->experiment->arena,
                                                         csv_format_real(text, report->wall_s))};
    return checkpoint_write(path_of(train, "state.safetensors"), &train->network, train->weights,
                            &train->adam, notes, count, fault);
}

static bool read_real(const struct checkpoint *state, const char *key, double *value,
                      struct fault *fault)
{
    const char *text = checkpoint_note(state, key);
    return (text != NULL && schema_parse_real(text, value)) ||
           fault_set(fault, state->path, "train without --resume", "the note `%s` is damaged", key);
}

/* Takes everything over from a state. */
static bool restore(struct train *train, const struct checkpoint *state, struct fault *fault)
{
    static const char hint[] = "train with the experiment as it was (--set too), or --overwrite";
    size_t reals = train->network.tensors.reals;
    char config[DIGEST_SIZE];
    int64_t iteration, best_iteration;
    const char *noted = checkpoint_note(state, "config");
    digest_config(train, config);
    if (noted == NULL || strcmp(noted, config) != 0)
        return fault_set(fault, state->path, hint,
                         "the state is of another experiment, or of this one before a change: "
                         "rates follow from all of train.iterations");
    if (!checkpoint_number(state, "iteration", &iteration, fault) ||
        !checkpoint_number(state, "best_iteration", &best_iteration, fault) ||
        !read_real(state, "best_score", &train->best_score, fault) ||
        !read_real(state, "wall_s", &train->wall_s, fault))
        return false;
    if (state->network.tensors.reals != reals || state->adam.count != reals)
        return fault_set(fault, state->path, hint, "the state is of another network");
    memcpy(train->weights, state->parameters, reals * sizeof(real));
    memcpy(train->adam.first, state->adam.first, reals * sizeof(real));
    memcpy(train->adam.second, state->adam.second, reals * sizeof(real));
    train->adam.step = state->adam.step;
    train->iteration = (int32_t)iteration + 1;
    train->best_iteration = (int32_t)best_iteration;
    return true;
}

/* ---- all of them ---- */

bool train_files_load(struct train *train, struct fault *fault)
{
    const char *path = path_of(train, "state.safetensors");
    if (access(path, F_OK) != 0 || train->setup->overwrite)
        return true;
    if (!train->setup->resume)
        return fault_set(fault, train->setup->dir,
                         "--resume goes on with it, --overwrite starts anew, -o names another "
                         "folder",
                         "a training is in this folder already");
    struct checkpoint state;
    if (!checkpoint_open(&state, path, fault))
        return false;
    bool ok = restore(train, &state, fault);
    checkpoint_close(&state);
    return ok;
}

void train_files_digest(const struct train *train, char digest[static DIGEST_SIZE])
{
    struct writing writing;
    writing_begin(&writing);
    digest_config(train, digest);
    fprintf(writing.stream, "%s %d\n", digest, (int)train->iteration);
    for (int32_t i = 0; i < train->curriculum->count; i++) {
        points_digest(&train->curriculum->sources[i].points, digest);
        fprintf(writing.stream, "%s\n", digest);
    }
    fwrite(train->weights, sizeof(real), train->network.tensors.reals, writing.stream);
    writing_digest(&writing, digest);
}

bool train_files_open(struct train *train, struct fault *fault)
{
    if (!folder_make(train->setup->dir, fault))
        return false;
    train->folder = folder_lock(train->setup->dir, fault);
    if (train->folder < 0 || !trace_folder_spare(train->setup->dir, fault))
        return false;
    if (train->setup->overwrite) {
        unlink(path_of(train, "state.safetensors"));
        unlink(path_of(train, "policy.safetensors"));
    }
    return open_table(train, fault);
}

bool train_files_close(struct train *train, struct fault *fault)
{
    bool ok = train->csv.stream == NULL || csv_finish(&train->csv, fault);
    if (train->folder >= 0)
        close(train->folder);
    return ok;
}
