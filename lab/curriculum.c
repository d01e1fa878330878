/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lab/curriculum.h"

#include <string.h>

#include "agents/network.h"
#include "base/random.h"
#include "lab/library.h"
#include "sched/model.h"

enum { WHERE_SIZE = 512 };

static const struct yaml_node *train_of(const struct experiment *experiment)
{
    return yaml_get(experiment->root, "train");
}

static int32_t whole(const struct yaml_node *map, const char *path, const char *key)
{
    return (int32_t)schema_int(&experiment_schema, map, path, key);
}

static double number(const struct yaml_node *map, const char *path, const char *key)
{
    return schema_real(&experiment_schema, map, path, key);
}

static bool read_names(struct curriculum *curriculum, const struct yaml_node *train,
                       const char *path, struct fault *fault)
{
    const struct schema *schema = &experiment_schema;
    static const char *const rewards[] = {
        [ROLLOUT_LATENCY] = "latency", [ROLLOUT_SLOWDOWN] = "slowdown", [ROLLOUT_TAIL] = "tail"};
    const char *agent = schema_text(schema, train, "train", "agent");
    const char *reward = schema_text(schema, train, "train", "reward");
    for (int i = 0; i < (int)(sizeof rewards / sizeof *rewards); i++)
        if (strcmp(reward, rewards[i]) == 0)
            curriculum->reward = (enum rollout_reward)i;
    curriculum->is_constant =
        strcmp(schema_text(schema, train, "train", "advantage"), "constant") == 0;
    model_find_mode(schema_text(schema, train, "train", "mode"), &curriculum->mode);
    curriculum->agent = network_find(agent);
    return curriculum->agent != NULL ||
           fault_set(fault, path, "`hetsoc list agents` names all", "unknown agent `%s`", agent);
}

/* Each mode has its teacher: to name another one is a mistake. */
static bool check_teacher(const struct curriculum *curriculum, const struct yaml_node *warm,
                          struct fault *fault)
{
    const char *teacher = schema_text(&experiment_schema, warm, "train.warm_start", "teacher");
    const char *own = curriculum->mode == CHOICE_ORDER_EFT ? "heft_rt" : "srpt_lb";
    char where[WHERE_SIZE];
    if (strcmp(teacher, "auto") == 0 || strcmp(teacher, own) == 0)
        return true;
    return fault_set(fault, yaml_where(yaml_get(warm, "teacher"), where, sizeof where),
                     "leave the teacher out, or choose another mode",
                     "the teacher of mode `%s` is %s, not %s", model_mode_name(curriculum->mode),
                     own, teacher);
}

static bool read_settings(struct curriculum *curriculum, const struct yaml_node *train,
                          const char *path, struct fault *fault)
{
    const struct yaml_node *warm = yaml_get(train, "warm_start");
    const struct yaml_node *validation = yaml_get(train, "validation");
    curriculum->iterations = whole(train, "train", "iterations");
    curriculum->instances = whole(train, "train", "instances");
    curriculum->rollouts = whole(train, "train", "rollouts");
    curriculum->jobs = whole(train, "train", "jobs");
    curriculum->epochs = whole(train, "train", "epochs");
    curriculum->minibatches = whole(train, "train", "minibatches");
    curriculum->tau_us = number(train, "train", "tau_us");
    curriculum->tail_us = number(train, "train", "tail_us");
    curriculum->rate = number(train, "train", "lr");
    curriculum->rate_end = number(train, "train", "lr_end");
    curriculum->clip = number(train, "train", "clip");
    curriculum->entropy = number(train, "train", "entropy");
    curriculum->warm_iterations = whole(warm, "train.warm_start", "iterations");
    curriculum->warm_rate = number(warm, "train.warm_start", "lr");
    curriculum->validation_runs = whole(validation, "train.validation", "runs");
    curriculum->validation_every = whole(validation, "train.validation", "every");
    curriculum->validation_jobs = whole(validation, "train.validation", "jobs");
    curriculum->patience = whole(validation, "train.validation", "patience");
    curriculum->tail_weight = number(validation, "train.validation", "tail_weight");
    if (curriculum->minibatches > curriculum->instances * curriculum->rollouts)
        return fault_set(fault, path, "make minibatches smaller, or play more rollouts",
                         "there are more minibatches than rollouts in an iteration");
    return read_names(curriculum, train, path, fault) && check_teacher(curriculum, warm, fault);
}

/* Counts the schedulers of an experiment's points: neighbours that differ in nothing else. */
static bool add_source(struct curriculum *curriculum, const struct experiment *experiment,
                       double share, struct fault *fault)
{
    struct curriculum_source *source = &curriculum->sources[curriculum->count++];
    if (!points_expand(&source->points, experiment, fault))
        return false;
    for (int32_t i = 0; i < source->points.count; i++) {
        struct point *point = &source->points.list[i];
        point->engine = engine_find("heap"); /* SimGrid plays one run in a process */
        if (point->decision_cost.kind == DECISION_MEASURED)
            return fault_set(fault, experiment->path, "charge fixed_us instead",
                             "no training with measured decision costs can be repeated");
    }
    source->schedulers = yaml_get(experiment->root, "schedulers")->count;
    source->places = source->points.count / source->schedulers;
    source->share = share;
    const struct curriculum_source *main = &curriculum->sources[0];
    bool same = source->schedulers == main->schedulers;
    for (int32_t i = 0; same && i < main->schedulers; i++)
        same = strcmp(source->points.list[i].scheduler, main->points.list[i].scheduler) == 0;
    return same || fault_set(fault, experiment->path, "list the same, in the same order",
                             "its schedulers are not those of the experiment that names it");
}

static bool add_also(struct curriculum *curriculum, const struct experiment *experiment,
                     const struct yaml_node *item, struct fault *fault)
{
    static const char at[] = "train.also[]";
    const char *name = schema_text(&experiment_schema, item, at, "experiment");
    char where[WHERE_SIZE];
    const char *path =
        library_find(experiment->arena, LIBRARY_EXPERIMENTS, name, experiment->folder,
                     yaml_where(yaml_get(item, "experiment"), where, sizeof where), fault);
    struct experiment *other = arena_zeroed(experiment->arena, 1, sizeof *other);
    return path != NULL && experiment_load(other, experiment->arena, path, NULL, 0, fault) &&
           add_source(curriculum, other, number(item, at, "share"), fault);
}

bool curriculum_load(struct curriculum *curriculum, const struct experiment *experiment,
                     struct fault *fault)
{
    const struct yaml_node *train = train_of(experiment);
    if (train == NULL)
        return fault_set(fault, experiment->path, "add train: {} for the defaults",
                         "the experiment does not say how to train");
    const struct yaml_node *also = yaml_get(train, "also");
    int others = also == NULL ? 0 : also->count;
    *curriculum = (struct curriculum){.seed = experiment->seed};
    curriculum->sources =
        arena_zeroed(experiment->arena, (size_t)others + 1, sizeof *curriculum->sources);
    if (!read_settings(curriculum, train, experiment->path, fault) ||
        !add_source(curriculum, experiment, number(train, "train", "share"), fault))
        return false;
    for (int i = 0; i < others; i++)
        if (!add_also(curriculum, experiment, also->items[i], fault))
            return false;
    double total = 0;
    for (int32_t i = 0; i < curriculum->count; i++)
        total += curriculum->sources[i].share;
    if (total == 0)
        return fault_set(fault, experiment->path, "give at least one experiment a share above 0",
                         "there is nothing to train on: all shares are 0");
    for (int32_t i = 0; i < curriculum->count; i++) {
        curriculum->sources[i].share /= total;
        if (i > 0)
            curriculum->sources[i].share += curriculum->sources[i - 1].share;
    }
    int64_t instances =
        (int64_t)(curriculum->iterations + curriculum->warm_iterations) * curriculum->instances;
    return instances < (int64_t)(RANDOM_REPLICATE_LIMIT - CURRICULUM_TRAINING) ||
           fault_set(fault, experiment->path, "train for fewer iterations",
                     "the training has more instances than there are replicates for it");
}

static const struct point *draw(const struct curriculum *curriculum, struct random_stream *stream,
                                int32_t scheduler)
{
    double u = random_uniform(stream);
    int32_t s = 0;
    while (s < curriculum->count - 1 && u >= curriculum->sources[s].share)
        s++;
    const struct curriculum_source *source = &curriculum->sources[s];
    uint32_t place = random_below(stream, (uint32_t)source->places);
    return &source->points.list[(int32_t)place * source->schedulers + scheduler];
}

const struct point *curriculum_instance(const struct curriculum *curriculum, int32_t iteration,
                                        int32_t instance)
{
    struct random_stream stream =
        random_open(curriculum->seed, CURRICULUM_TRAINING, RANDOM_TRAINING, (uint32_t)iteration,
                    (uint32_t)instance);
    return draw(curriculum, &stream, 0);
}

const struct point *curriculum_validation(const struct curriculum *curriculum, int32_t run,
                                          int32_t scheduler)
{
    struct random_stream stream =
        random_open(curriculum->seed, CURRICULUM_VALIDATION, RANDOM_TRAINING, (uint32_t)run, 0);
    return draw(curriculum, &stream, scheduler);
}
