/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "workloads/route.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* Samples that have gone the same way, as far as it still matters: the edges that are live for them
 * and whose consumers have not been looked at. */
struct group {
    double samples; /* of a job, or a part of 1 */
    int64_t class;
    uint64_t live[]; /* a bit per edge */
};

/* Fills `parts` [alternatives] with the part of a group that each takes; their sum is `samples`. */
typedef void split_fn(struct route *route, const struct app *app, int32_t branch, int64_t class,
                      double samples, double *parts);

/* ---- memory ---- */

void route_finish(struct route *route)
{
    free(route->task_samples);
    free(route->edge_live);
    free(route->edge_samples);
    free(route->mass);
    free(route->parts);
    free(route->groups);
    free(route->streams);
    *route = (struct route){0};
}

static void make_room(struct route *route, const struct app *app)
{
    size_t tasks = (size_t)app->task_count, edges = (size_t)app->edge_count;
    size_t capacity = route->edge_capacity;
    route->task_samples =
        memory_grow(route->task_samples, &route->task_capacity, tasks, sizeof(int32_t));
    route->edge_live = memory_grow(route->edge_live, &capacity, edges, sizeof(int32_t));
    route->edge_samples =
        memory_grow(route->edge_samples, &route->edge_capacity, edges, sizeof(int32_t));
    route->mass =
        memory_grow(route->mass, &route->mass_capacity, tasks + 2 * edges, sizeof *route->mass);
    memset(route->mass, 0, (tasks + 2 * edges) * sizeof *route->mass);
    route->parts = memory_grow(route->parts, &route->part_capacity, APP_ALTERNATIVES_MAX,
                               sizeof *route->parts);
    route->group_size = sizeof(struct group) + (edges + 63) / 64 * sizeof(uint64_t);
    route->group_count = 0;
}

void route_clear(struct route *route, const struct app *app)
{
    make_room(route, app);
    memset(route->task_samples, 0, (size_t)app->task_count * sizeof *route->task_samples);
    memset(route->edge_live, 0, (size_t)app->edge_count * sizeof *route->edge_live);
    memset(route->edge_samples, 0, (size_t)app->edge_count * sizeof *route->edge_samples);
}

static struct group *group_at(const struct route *route, size_t number)
{
    return (struct group *)(void *)(route->groups + number * route->group_size);
}

/* A new group like group `number`, or without live edges if that is -1. */
static struct group *group_add(struct route *route, ptrdiff_t number)
{
    route->groups = memory_grow(route->groups, &route->group_capacity,
                                (route->group_count + 1) * route->group_size, 1);
    struct group *made = group_at(route, route->group_count++);
    if (number < 0)
        memset(made, 0, route->group_size);
    else
        memcpy(made, group_at(route, (size_t)number), route->group_size);
    return made;
}

static bool is_live(const struct group *group, int32_t edge)
{
    return (group->live[edge / 64] >> (edge % 64) & 1) != 0;
}

/* ---- groups on their way ---- */

static bool is_gate(const struct app *app, int32_t edge)
{
    return app->when != NULL && app->when[edge] >= 0;
}

/* Whether a task runs for a group. */
static bool is_for(const struct app *app, const struct app_task *task, const struct group *group)
{
    const struct app_edge *preds = &app->preds[task->first_pred];
    bool has_input = false, has_live_input = false, are_gates_live = true, is_any_live = false;
    for (int32_t i = 0; i < task->pred_count; i++) {
        bool live = is_live(group, preds[i].edge);
        is_any_live |= live;
        if (is_gate(app, preds[i].edge)) {
            are_gates_live &= live;
        } else {
            has_input = true;
            has_live_input |= live;
        }
    }
    if (task->pred_count == 0 || task->join_any)
        return task->pred_count == 0 || is_any_live;
    return are_gates_live && (has_live_input || !has_input);
}

/* Makes the edges live that a group takes behind a task: alternative -1 = it does not branch. */
static void leave(struct route *route, const struct app *app, const struct app_task *task,
                  int32_t alternative, struct group *group)
{
    double *live_mass = route->mass + app->task_count;
    for (int32_t i = 0; i < task->succ_count; i++) {
        int32_t edge = app->succs[task->first_succ + i].edge;
        if (is_gate(app, edge) && app->when[edge] != alternative)
            continue;
        group->live[edge / 64] |= UINT64_C(1) << (edge % 64);
        live_mass[edge] += group->samples;
    }
}

/* Sends a group, for which a branch task runs, into its alternatives: it becomes the first of them
 * that has samples, the others are added at the end. */
static void fork_group(struct route *route, const struct app *app, const struct app_task *task,
                       size_t number, split_fn *split)
{
    const struct app_branch *branch = &app->branches[task->branch];
    const struct group *group = group_at(route, number);
    split(route, app, task->branch, group->class, group->samples, route->parts);
    ptrdiff_t first = -1, last = -1;
    for (int32_t k = 0; k < branch->alternative_count; k++) {
        if (route->parts[k] <= 0.0)
            continue;
        if (first < 0)
            first = k;
        last = k;
    }
    assert(first >= 0);
    for (ptrdiff_t k = first + 1; k <= last; k++) {
        if (route->parts[k] <= 0.0)
            continue;
        struct group *made = group_add(route, (ptrdiff_t)number);
        made->samples = route->parts[k];
        leave(route, app, task, (int32_t)k, made);
    }
    struct group *rest = group_at(route, number);
    rest->samples = route->parts[first];
    leave(route, app, task, (int32_t)first, rest);
}

static void pass(struct route *route, const struct app *app, int32_t index, size_t number,
                 split_fn *split)
{
    const struct app_task *task = &app->tasks[index];
    struct group *group = group_at(route, number);
    bool runs = is_for(app, task, group);
    double *edge_mass = route->mass + app->task_count + app->edge_count;
    for (int32_t i = 0; i < task->pred_count; i++) {
        int32_t edge = app->preds[task->first_pred + i].edge;
        if (runs && is_live(group, edge))
            edge_mass[edge] += group->samples;
        group->live[edge / 64] &= ~(UINT64_C(1) << (edge % 64));
    }
    if (!runs)
        return;
    route->mass[index] += group->samples;
    if (task->branch >= 0)
        fork_group(route, app, task, number, split);
    else
        leave(route, app, task, -1, group);
}

static int group_compare(const void *a, const void *b, void *route)
{
    const struct group *one = a, *other = b;
    if (one->class != other->class)
        return one->class < other->class ? -1 : 1;
    return memcmp(one->live, other->live,
                  ((const struct route *)route)->group_size - sizeof(struct group));
}

/* Puts groups together that differ no more. */
static void merge(struct route *route)
{
    qsort_r(route->groups, route->group_count, route->group_size, group_compare, route);
    size_t kept = 0;
    for (size_t i = 1; i < route->group_count; i++) {
        if (group_compare(group_at(route, kept), group_at(route, i), route) == 0)
            group_at(route, kept)->samples += group_at(route, i)->samples;
        else if (++kept != i)
            memcpy(group_at(route, kept), group_at(route, i), route->group_size);
    }
    route->group_count = kept + 1;
}

/* Sends the groups through the app. False if there come to be more than `limit`. */
static bool flow(struct route *route, const struct app *app, split_fn *split, size_t limit)
{
    for (int32_t i = 0; i < app->task_count; i++) {
        const struct app_task *task = &app->tasks[app->order[i]];
        size_t before = route->group_count;
        for (size_t group = 0; group < before; group++)
            pass(route, app, app->order[i], group, split);
        if (route->group_count > 1 && (task->pred_count > 1 || task->succ_count == 0))
            merge(route);
        if (route->group_count > limit)
            return false;
    }
    return true;
}

/* ---- drawn ---- */

/* Splits whole samples by shares that sum to 1. */
static void draw_parts(struct random_stream *stream, const double *shares, int32_t count,
                       double samples, double *parts)
{
    int32_t left = (int32_t)samples;
    double share_left = 1.0;
    if (left == 1) {
        double draw = random_uniform(stream);
        int32_t taken = 0;
        for (double sum = shares[0]; taken < count - 1 && sum <= draw; sum += shares[taken])
            taken++;
        while (shares[taken] <= 0.0) /* the last ones may have none, and the sum may miss 1 */
            taken--;
        for (int32_t k = 0; k < count; k++)
            parts[k] = k == taken ? 1.0 : 0.0;
        return;
    }
    int32_t last = count - 1;
    while (shares[last] <= 0.0)
        last--;
    for (int32_t k = 0; k < count; k++) {
        int32_t part = 0;
        if (k == last)
            part = left;
        else if (left > 0 && shares[k] > 0.0)
            part = random_binomial(stream, fmin(1.0, shares[k] / share_left), left);
        parts[k] = part;
        left -= part;
        share_left -= shares[k];
    }
}

static void split_drawn(struct route *route, const struct app *app, int32_t index, int64_t class,
                        double samples, double *parts)
{
    const struct app_branch *branch = &app->branches[index];
    draw_parts(&route->streams[index], &branch->probabilities[class * branch->alternative_count],
               branch->alternative_count, samples, parts);
}

static void draw_classes(struct route *route, const struct app *app)
{
    struct random_stream stream =
        random_open(route->seed, route->replicate, RANDOM_CLASS, (uint32_t)route->job, 0);
    int32_t unit = app->classes.is_per_job ? 1 : app->batch;
    draw_parts(&stream, app->classes.shares, app->classes.count, unit, route->parts);
    for (int32_t class = 0; class < app->classes.count; class ++) {
        if (route->parts[class] <= 0.0)
            continue;
        struct group *group = group_add(route, -1);
        group->class = class;
        group->samples = app->classes.is_per_job ? app->batch : route->parts[class];
    }
}

void route_draw(struct route *route, const struct app *app, uint64_t seed, uint32_t replicate,
                int32_t job)
{
    make_room(route, app);
    route->seed = seed;
    route->replicate = replicate;
    route->job = job;
    route->streams = memory_grow(route->streams, &route->stream_capacity, (size_t)app->branch_count,
                                 sizeof *route->streams);
    for (int32_t i = 0; i < app->branch_count; i++)
        route->streams[i] = random_open(seed, replicate, RANDOM_ROUTE, (uint32_t)job, (uint32_t)i);
    draw_classes(route, app);
    flow(route, app, split_drawn, SIZE_MAX);
    const double *mass = route->mass;
    for (int32_t task = 0; task < app->task_count; task++)
        route->task_samples[task] = (int32_t)*mass++;
    for (int32_t edge = 0; edge < app->edge_count; edge++)
        route->edge_live[edge] = (int32_t)*mass++;
    for (int32_t edge = 0; edge < app->edge_count; edge++)
        route->edge_samples[edge] = (int32_t)*mass++;
}

/* ---- expected ---- */

static void split_expected(struct route *route, const struct app *app, int32_t index, int64_t class,
                           double samples, double *parts)
{
    (void)route;
    const struct app_branch *branch = &app->branches[index];
    for (int32_t k = 0; k < branch->alternative_count; k++)
        parts[k] = samples * branch->probabilities[class * branch->alternative_count + k];
}

static void split_evenly(struct route *route, const struct app *app, int32_t index, int64_t class,
                         double samples, double *parts)
{
    (void)route;
    (void)class;
    for (int32_t k = 0; k < app->branches[index].alternative_count; k++)
        parts[k] = samples / app->branches[index].alternative_count;
}

/* All into the alternative that is likeliest over all classes, the first among equals. */
static void split_likeliest(struct route *route, const struct app *app, int32_t index,
                            int64_t class, double samples, double *parts)
{
    (void)route;
    (void)class;
    const struct app_branch *branch = &app->branches[index];
    int32_t best = 0;
    double most = -1.0;
    for (int32_t k = 0; k < branch->alternative_count; k++) {
        double sum = 0.0;
        parts[k] = 0.0;
        for (int32_t c = 0; c < app->classes.count; c++)
            sum +=
                app->classes.shares[c] * branch->probabilities[c * branch->alternative_count + k];
        if (sum > most) {
            most = sum;
            best = k;
        }
    }
    parts[best] = samples;
}

/* Sends a whole of 1 through the app, all of it of one class. */
static bool flow_whole(struct route *route, const struct app *app, int32_t class, split_fn *split)
{
    make_room(route, app);
    struct group *group = group_add(route, -1);
    group->class = class;
    group->samples = 1.0;
    return flow(route, app, split, ROUTE_WAYS_MAX);
}

/* A sum of probabilities, without the last bits that keep it from being 1. */
static double whole(double probability)
{
    return probability > 1.0 - 1e-12 ? 1.0 : probability;
}

/* That at least one of a batch passes where each does with this probability. */
static double chance_of_any(double probability, int32_t batch)
{
    return batch == 1 ? probability : -expm1(batch * log1p(-whole(probability)));
}

static void add_class(struct route_chances *chances, const struct route *route,
                      const struct app *app, double weight)
{
    const double *live = route->mass + app->task_count;
    const double *used = live + app->edge_count;
    for (int32_t task = 0; task < app->task_count; task++) {
        chances->task_share[task] += weight * route->mass[task];
        chances->task_chance[task] += weight * chance_of_any(route->mass[task], app->batch);
    }
    for (int32_t edge = 0; edge < app->edge_count; edge++) {
        chances->edge_live[edge] += weight * live[edge];
        chances->edge_share[edge] += weight * used[edge];
        chances->edge_chance[edge] += weight * chance_of_any(used[edge], app->batch);
    }
}

/* Finds what follows from the sums over classes. */
static void round_chances(const struct app *app, double *shares, double *chances, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        shares[i] = whole(shares[i]);
        chances[i] =
            app->classes.is_per_job ? whole(chances[i]) : chance_of_any(shares[i], app->batch);
    }
}

static bool fault_ways(const struct app *app, struct fault *fault)
{
    return fault_set(fault, app->file != NULL ? app->file : app->name,
                     "let branches join again before others begin",
                     "more than %d different ways through app '%s' are open at a time",
                     ROUTE_WAYS_MAX, app->name);
}

bool route_expect(struct route_chances *chances, struct arena *arena, const struct app *app,
                  struct fault *fault)
{
    size_t tasks = (size_t)app->task_count, edges = (size_t)app->edge_count;
    *chances = (struct route_chances){
        .task_chance = arena_zeroed(arena, tasks, sizeof *chances->task_chance),
        .task_share = arena_zeroed(arena, tasks, sizeof *chances->task_share),
        .edge_live = arena_zeroed(arena, edges, sizeof *chances->edge_live),
        .edge_chance = arena_zeroed(arena, edges, sizeof *chances->edge_chance),
        .edge_share = arena_zeroed(arena, edges, sizeof *chances->edge_share),
        .is_likely = arena_zeroed(arena, tasks, sizeof *chances->is_likely),
    };
    struct route route = {0};
    bool is_fine = true;
    for (int32_t class = 0; is_fine && class < app->classes.count; class ++) {
        is_fine = flow_whole(&route, app, class, split_expected);
        add_class(chances, &route, app, app->classes.shares[class]);
    }
    round_chances(app, chances->task_share, chances->task_chance, tasks);
    round_chances(app, chances->edge_share, chances->edge_chance, edges);
    if (is_fine && flow_whole(&route, app, 0, split_likeliest))
        for (size_t task = 0; task < tasks; task++)
            chances->is_likely[task] = route.mass[task] > 0.0 || chances->task_chance[task] > 0.5;
    route_finish(&route);
    return is_fine || fault_ways(app, fault);
}

bool route_check(const struct app *app, struct fault *fault)
{
    struct route route = {0};
    bool is_fine = flow_whole(&route, app, 0, split_evenly) || fault_ways(app, fault);
    for (int32_t task = 0; is_fine && task < app->task_count; task++) {
        if (route.mass[task] > 0.0)
            continue;
        struct arena *arena = arena_create();
        const char *where = app->tasks[task].line > 0 ? arena_printf(arena, "%s:%d", app->file,
                                                                     (int)app->tasks[task].line)
                                                      : app->file;
        is_fine = fault_set(fault, where,
                            "it runs if all its edges with `when` and one of the others are taken; "
                            "with `join: any`, if one of all is",
                            "no sample can reach task '%s': its inputs exclude each other",
                            app->tasks[task].name);
        arena_destroy(arena);
    }
    route_finish(&route);
    return is_fine;
}
