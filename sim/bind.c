/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/bind.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/tick.h"

/* Where transfers share links, amounts are counted in millionths of a byte. */
#define TRANSFER_LIMIT_BYTES 1e12

/* "file:line" of a task, the file or the app's name where there is no line. */
static const char *task_where(const struct app *app, int32_t task, char *text, size_t size)
{
    const char *file = app->file != NULL ? app->file : app->name;
    if (app->tasks[task].line > 0) {
        snprintf(text, size, "%s:%d", file, (int)app->tasks[task].line);
    } else {
        snprintf(text, size, "%s", file);
    }
    return text;
}

static void append(char *text, size_t size, const char *word)
{
    size_t used = strlen(text);
    if (used + 1 < size) {
        snprintf(text + used, size - used, "%s", word);
    }
}

static bool fault_unsupported(const struct bind *bind, int32_t task, const int32_t *pes_of_kind,
                              struct fault *fault)
{
    const struct app_task *what = &bind->app->tasks[task];
    const struct app_task_kind *kind = &bind->app->kinds[what->kind];
    char where[512];
    char hint[512] = "the app knows it on ";
    for (int32_t i = 0; i < kind->cost_count; i++) {
        append(hint, sizeof hint, i > 0 ? ", " : "");
        append(hint, sizeof hint, kind->costs[i].pe_kind);
    }
    append(hint, sizeof hint,
           kind->cost_count == 0 ? "kinds whose profile runs its kernel; the machine has "
                                 : "; the machine has ");
    const char *joint = "";
    for (int32_t i = 0; i < bind->soc->kind_count; i++) {
        if (pes_of_kind[i] == 0)
            continue;
        append(hint, sizeof hint, joint);
        append(hint, sizeof hint, bind->soc->kinds[i].name);
        joint = ", ";
    }
    return fault_set(fault, task_where(bind->app, task, where, sizeof where), hint,
                     "no PE of '%s' can run task '%s' (kind '%s') of app '%s'", bind->soc->name,
                     what->name, kind->name, bind->app->name);
}

static void count_pes(const struct soc *soc, int32_t *pes_of_kind)
{
    for (int32_t c = 0; c < soc->cluster_count; c++) {
        pes_of_kind[soc->clusters[c].kind] += soc->clusters[c].pe_count;
    }
}

/* Samples that a task has on average when it runs, and an edge when it is used. */
static double task_samples(const struct bind *bind, int32_t task)
{
    const struct route_chances *chances = bind->chances;
    if (chances == NULL)
        return bind->app->batch;
    return chances->task_chance[task] > 0.0
               ? bind->app->batch * chances->task_share[task] / chances->task_chance[task]
               : 0.0;
}

static double edge_samples(const struct bind *bind, int32_t edge)
{
    const struct route_chances *chances = bind->chances;
    if (chances == NULL)
        return bind->app->batch;
    return chances->edge_chance[edge] > 0.0
               ? bind->app->batch * chances->edge_share[edge] / chances->edge_chance[edge]
               : 0.0;
}

double bind_bytes(const struct bind *bind, int32_t edge)
{
    return bind->app->bytes[edge] * edge_samples(bind, edge);
}

bool bind_runs_on(const struct bind *bind, int32_t kind)
{
    for (int32_t task = 0; task < bind->app->task_count; task++)
        if (bind->cost_ps[(int64_t)task * bind->soc->kind_count + kind] != BIND_INCAPABLE)
            return true;
    return false;
}

int64_t bind_sized_cost_ps(const struct bind *bind, int32_t task, int32_t kind, double samples)
{
    int64_t at = (int64_t)task * bind->soc->kind_count + kind;
    if (bind->cost_ps[at] == BIND_INCAPABLE)
        return BIND_INCAPABLE;
    return tick_from_us(timing_us(&bind->timings[at], samples));
}

int64_t bind_sized_min_cost_ps(const struct bind *bind, int32_t task, double samples)
{
    int64_t least_ps = BIND_INCAPABLE;
    for (int32_t i = 0; i < bind->soc->cluster_count; i++) {
        int32_t kind = bind->soc->clusters[i].kind;
        int64_t cost_ps = bind_sized_cost_ps(bind, task, kind, samples);
        least_ps = cost_ps < least_ps ? cost_ps : least_ps;
    }
    return least_ps;
}

/* Time of an edge's data for so many samples to pass a lane once, in microseconds. */
static double leg_us(const struct bind *bind, int32_t edge, int32_t index, double samples)
{
    const struct soc_lane *lane = &bind->soc->lanes[index];
    double leg_us =
        lane->latency_us + bind->app->bytes[edge] * samples / lane->bandwidth_bytes_per_us;
    return bind->soc->truncate_us ? trunc(leg_us) : leg_us;
}

int64_t bind_sized_delay_ps(const struct bind *bind, int32_t edge, int32_t lane, double samples)
{
    double us = leg_us(bind, edge, lane, samples);
    if (samples == 0.0)
        return 0;
    return tick_fits_us(us) ? soc_legs(bind->soc) * tick_from_us(us) : TICK_LIMIT;
}

/* What an app says a task kind takes on a PE kind, NULL if nothing; `share` of it is what it takes
 * there. */
static const struct app_cost *find_cost(const struct app_task_kind *task,
                                        const struct soc_kind *kind, double *share)
{
    const struct app_cost *alike = NULL;
    *share = 1.0;
    for (int32_t i = 0; i < task->cost_count; i++) {
        if (strcmp(task->costs[i].pe_kind, kind->name) == 0)
            return &task->costs[i];
        if (kind->like != NULL && strcmp(task->costs[i].pe_kind, kind->like) == 0)
            alike = &task->costs[i];
    }
    if (alike != NULL)
        *share = 1.0 / kind->speed;
    return alike;
}

/* Fills the timings of one task by PE kind, and where it can run: what the app lists, else what the
 * profile makes of its kernel, at the frequency of the kind. */
static void time_task(struct bind *bind, int32_t task, bool *is_capable)
{
    const struct soc *soc = bind->soc;
    const struct app *app = bind->app;
    const struct app_task_kind *kind = &app->kinds[app->tasks[task].kind];
    const struct app_kernel *kernel =
        app->kernels == NULL ? NULL : app->kernels[app->tasks[task].kind];
    struct timing *timings = &bind->timings[(int64_t)task * soc->kind_count];
    for (int32_t k = 0; k < soc->kind_count; k++)
        is_capable[k] =
            kernel != NULL && timing_of_kernel(&timings[k], kernel, &soc->kinds[k].profile);
    for (int32_t k = 0; k < soc->kind_count; k++) {
        double share;
        const struct app_cost *cost = find_cost(kind, &soc->kinds[k], &share);
        if (cost == NULL)
            continue;
        timings[k] =
            (struct timing){.fixed_us = cost->fixed_us * share, .sample_us = cost->exec_us * share};
        is_capable[k] = true;
    }
    for (int32_t k = 0; k < soc->kind_count; k++)
        timing_stretch(&timings[k], soc_stretch(&soc->kinds[k], soc->kinds[k].opp));
}

static bool fault_late(const struct bind *bind, int32_t task, int32_t kind, double us,
                       struct fault *fault)
{
    char where[512];
    return fault_set(fault, task_where(bind->app, task, where, sizeof where), NULL,
                     "task '%s' of app '%s' takes %g us on %s, beyond the limit of 2^53 ps",
                     bind->app->tasks[task].name, bind->app->name, us, bind->soc->kinds[kind].name);
}

/* Fills the clusters that can run a task, in the order of its costs. */
static void order_clusters(struct bind *bind, int32_t task)
{
    const struct soc *soc = bind->soc;
    const int64_t *cost_ps = &bind->cost_ps[(int64_t)task * soc->kind_count];
    int32_t *fastest = &bind->fastest[(int64_t)task * soc->cluster_count];
    int32_t count = 0;
    for (int32_t i = 0; i < soc->cluster_count; i++) {
        int64_t own_ps = cost_ps[soc->clusters[i].kind];
        if (own_ps == BIND_INCAPABLE)
            continue;
        int32_t place = count++;
        for (; place > 0 && own_ps < cost_ps[soc->clusters[fastest[place - 1]].kind]; place--)
            fastest[place] = fastest[place - 1];
        fastest[place] = i;
    }
    for (; count < soc->cluster_count; count++)
        fastest[count] = -1;
}

/* Fills the costs of one task, its least and its mean. */
static bool bind_task(struct bind *bind, int32_t task, const int32_t *pes_of_kind, bool *is_capable,
                      struct fault *fault)
{
    const struct soc *soc = bind->soc;
    const struct timing *timings = &bind->timings[(int64_t)task * soc->kind_count];
    int64_t *cost_ps = &bind->cost_ps[(int64_t)task * soc->kind_count];
    int64_t least_ps = BIND_INCAPABLE;
    double sum_ps = 0.0;
    int32_t pes = 0;
    time_task(bind, task, is_capable);
    for (int32_t k = 0; k < soc->kind_count; k++) {
        cost_ps[k] = BIND_INCAPABLE;
        if (!is_capable[k])
            continue;
        double whole_us = timing_us(&timings[k], bind->app->batch) + timings[k].load_us;
        if (!tick_fits_us(whole_us))
            return fault_late(bind, task, k, whole_us, fault);
        cost_ps[k] = tick_from_us(timing_us(&timings[k], task_samples(bind, task)));
        if (pes_of_kind[k] > 0) {
            least_ps = cost_ps[k] < least_ps ? cost_ps[k] : least_ps;
            sum_ps += (double)pes_of_kind[k] * (double)cost_ps[k];
            pes += pes_of_kind[k];
        }
    }
    if (pes == 0)
        return fault_unsupported(bind, task, pes_of_kind, fault);
    bind->min_cost_ps[task] = least_ps;
    bind->mean_cost_ps[task] = sum_ps / pes;
    order_clusters(bind, task);
    return true;
}

/* Fills the times to load weights, if there are any. */
static void bind_loads(struct bind *bind, struct arena *arena)
{
    const struct app *app = bind->app;
    int32_t kinds = bind->soc->kind_count;
    size_t count = (size_t)app->task_count * (size_t)kinds;
    for (size_t i = 0; i < count; i++) {
        if (bind->timings[i].load_us == 0.0)
            continue;
        if (bind->load_ps == NULL) {
            bind->load_ps = arena_zeroed(arena, count, sizeof *bind->load_ps);
            bind->weight_bytes =
                arena_zeroed(arena, (size_t)app->task_count, sizeof *bind->weight_bytes);
        }
        size_t task = i / (size_t)kinds;
        bind->load_ps[i] = tick_from_us(bind->timings[i].load_us);
        bind->weight_bytes[task] = app->kernels[app->tasks[task].kind]->weight_bytes;
    }
}

/* Fills likely_succs of one task. O(successors^2). */
static void order_succs(struct bind *bind, const struct app_task *task)
{
    const struct app_edge *succs = &bind->app->succs[task->first_succ];
    const double *live = bind->chances->edge_live;
    int32_t *likely = &bind->likely_succs[task->first_succ];
    int32_t count = 0;
    for (int32_t i = 0; i < task->succ_count; i++) {
        if (bind->app->when[succs[i].edge] < 0)
            continue;
        int32_t place = count++;
        for (; place > 0 && live[succs[likely[place - 1]].edge] < live[succs[i].edge]; place--)
            likely[place] = likely[place - 1];
        likely[place] = i;
    }
    for (int32_t i = 0; i < task->succ_count; i++)
        likely[i] = i < count ? succs[likely[i]].task : -1;
}

static void bind_likely_succs(struct bind *bind, struct arena *arena)
{
    const struct app *app = bind->app;
    if (bind->chances == NULL || bind->load_ps == NULL)
        return;
    bind->likely_succs = arena_zeroed(arena, (size_t)app->edge_count, sizeof *bind->likely_succs);
    for (int32_t i = 0; i < app->branch_count; i++)
        order_succs(bind, &app->tasks[app->branches[i].task]);
}

/* Share of each lane in the ordered pairs of different PEs; all 0 on a machine of one PE. */
static void weigh_lanes(const struct soc *soc, double *lane_pairs, double *pairs)
{
    *pairs = 0.0;
    for (int32_t a = 0; a < soc->cluster_count; a++) {
        for (int32_t b = 0; b < soc->cluster_count; b++) {
            double there = soc->clusters[b].pe_count - (a == b ? 1 : 0);
            double here = soc->clusters[a].pe_count * there;
            lane_pairs[soc->cluster_lane[a * soc->cluster_count + b]] += here;
            *pairs += here;
        }
    }
}

/* Fills the delays of one edge and their mean. */
static bool bind_edge(struct bind *bind, int32_t consumer, const struct app_edge *pred,
                      const double *lane_pairs, double pairs, struct fault *fault)
{
    const struct soc *soc = bind->soc;
    const struct app *app = bind->app;
    int64_t *delay_ps = &bind->delay_ps[(int64_t)pred->edge * soc->lane_count];
    double samples = edge_samples(bind, pred->edge);
    double sum_ps = 0.0;
    char where[512];
    if (soc_is_contended(soc) && app->bytes[pred->edge] * app->batch > TRANSFER_LIMIT_BYTES)
        return fault_set(fault, task_where(app, consumer, where, sizeof where), NULL,
                         "'%s' of app '%s' gets %g bytes, beyond the limit of %g for a transfer",
                         app->tasks[consumer].name, app->name, app->bytes[pred->edge] * app->batch,
                         TRANSFER_LIMIT_BYTES);
    for (int32_t l = 0; l < soc->lane_count; l++) {
        double whole_us = soc_legs(soc) * leg_us(bind, pred->edge, l, app->batch);
        if (!tick_fits_us(whole_us)) {
            return fault_set(fault, task_where(app, consumer, where, sizeof where), NULL,
                             "the data of '%s' takes %g us to '%s' of app '%s' at %g bytes/us, "
                             "beyond the limit of 2^53 ps",
                             app->tasks[pred->task].name, whole_us, app->tasks[consumer].name,
                             app->name, soc->lanes[l].bandwidth_bytes_per_us);
        }
        delay_ps[l] = bind_sized_delay_ps(bind, pred->edge, l, samples);
        sum_ps += lane_pairs[l] * (double)delay_ps[l];
        if (delay_ps[l] > bind->most_delay_ps[pred->edge])
            bind->most_delay_ps[pred->edge] = delay_ps[l];
    }
    if (bind->most_delay_ps[pred->edge] > bind->most_input_ps[consumer])
        bind->most_input_ps[consumer] = bind->most_delay_ps[pred->edge];
    bind->mean_delay_ps[pred->edge] = pairs > 0.0 ? sum_ps / pairs : 0.0;
    return true;
}

static bool bind_tasks(struct bind *bind, struct fault *fault)
{
    int32_t *pes_of_kind = memory_zeroed((size_t)bind->soc->kind_count, sizeof *pes_of_kind);
    count_pes(bind->soc, pes_of_kind);
    bool *is_capable = memory_zeroed((size_t)bind->soc->kind_count, sizeof *is_capable);
    bool done = true;
    for (int32_t task = 0; done && task < bind->app->task_count; task++) {
        done = bind_task(bind, task, pes_of_kind, is_capable, fault);
    }
    free(is_capable);
    free(pes_of_kind);
    return done;
}

static bool bind_edges(struct bind *bind, struct fault *fault)
{
    const struct app *app = bind->app;
    double pairs;
    double *lane_pairs = memory_zeroed((size_t)bind->soc->lane_count, sizeof *lane_pairs);
    weigh_lanes(bind->soc, lane_pairs, &pairs);
    bool done = true;
    for (int32_t task = 0; done && task < app->task_count; task++) {
        const struct app_edge *preds = &app->preds[app->tasks[task].first_pred];
        for (int32_t i = 0; done && i < app->tasks[task].pred_count; i++) {
            done = bind_edge(bind, task, &preds[i], lane_pairs, pairs, fault);
        }
    }
    free(lane_pairs);
    return done;
}

/* Length of the longest path if every task takes its least time and data none. */
static int64_t find_shortest_ps(const struct bind *bind)
{
    const struct app *app = bind->app;
    int64_t *finish_ps = memory_zeroed((size_t)app->task_count, sizeof *finish_ps);
    int64_t longest_ps = 0;
    for (int32_t i = 0; i < app->task_count; i++) {
        int32_t task = app->order[i];
        const struct app_edge *preds = &app->preds[app->tasks[task].first_pred];
        for (int32_t p = 0; p < app->tasks[task].pred_count; p++)
            if (finish_ps[preds[p].task] > finish_ps[task])
                finish_ps[task] = finish_ps[preds[p].task];
        finish_ps[task] += bind->min_cost_ps[task];
        if (finish_ps[task] > longest_ps)
            longest_ps = finish_ps[task];
    }
    free(finish_ps);
    return longest_ps;
}

bool bind_app(struct bind *bind, struct arena *arena, const struct app *app, const struct soc *soc,
              struct fault *fault)
{
    size_t tasks = (size_t)app->task_count;
    size_t edges = (size_t)app->edge_count;
    struct bind made = {
        .app = app,
        .soc = soc,
        .timings = arena_zeroed(arena, tasks * (size_t)soc->kind_count, sizeof *made.timings),
        .cost_ps = arena_zeroed(arena, tasks * (size_t)soc->kind_count, sizeof *made.cost_ps),
        .delay_ps = arena_zeroed(arena, edges * (size_t)soc->lane_count, sizeof *made.delay_ps),
        .fastest = arena_zeroed(arena, tasks * (size_t)soc->cluster_count, sizeof *made.fastest),
        .most_delay_ps = arena_zeroed(arena, edges, sizeof *made.most_delay_ps),
        .most_input_ps = arena_zeroed(arena, tasks, sizeof *made.most_input_ps),
        .min_cost_ps = arena_zeroed(arena, tasks, sizeof *made.min_cost_ps),
        .mean_cost_ps = arena_zeroed(arena, tasks, sizeof *made.mean_cost_ps),
        .mean_delay_ps = arena_zeroed(arena, edges, sizeof *made.mean_delay_ps),
        .deadline_ps = TICK_NEVER,
    };
    if (app->branch_count > 0) {
        made.chances = arena_zeroed(arena, 1, sizeof *made.chances);
        if (!route_expect(made.chances, arena, app, fault))
            return false;
    }
    if (!bind_tasks(&made, fault) || !bind_edges(&made, fault)) {
        return false;
    }
    if (made.chances == NULL)
        made.shortest_ps = find_shortest_ps(&made);
    bind_loads(&made, arena);
    bind_likely_succs(&made, arena);
    *bind = made;
    return true;
}

/* A way on behind a task, and the part of the task's samples that take it. */
struct way {
    double length_ps, share;
};

static int way_compare(const void *a, const void *b)
{
    const struct way *one = a, *other = b;
    return (one->length_ps < other->length_ps) - (one->length_ps > other->length_ps);
}

/* The mean of the longest of these ways, of which each of the samples takes one: the longest is
 * way i if none takes a longer one and not all take shorter ones. Sorts the ways. */
static double mean_longest_ps(struct way *ways, int32_t count, double samples)
{
    qsort(ways, (size_t)count, sizeof *ways, way_compare);
    double sum_ps = 0.0, none_before = 1.0, left = 1.0;
    for (int32_t i = 0; i < count; i++) {
        left = fmax(0.0, left - ways[i].share);
        double none = left > 1e-12 ? pow(left, samples) : 0.0;
        sum_ps += ways[i].length_ps * (none_before - none);
        none_before = none;
    }
    return sum_ps;
}

/* The mean of the longest way on behind a task of an app with branches, over the ways that its
 * samples may take. `ways` has room for its alternatives. */
static double expect_rest_ps(const struct bind *bind, int32_t task, const double *rank_ps,
                             struct way *ways)
{
    const struct app *app = bind->app;
    const struct app_task *what = &app->tasks[task];
    const struct route_chances *chances = bind->chances;
    int32_t alternatives = what->branch < 0 ? 0 : app->branches[what->branch].alternative_count;
    double longest_ps = 0.0;
    for (int32_t k = 0; k < alternatives; k++)
        ways[k] = (struct way){0};
    for (int32_t s = 0; s < what->succ_count; s++) {
        const struct app_edge *succ = &app->succs[what->first_succ + s];
        double way_ps = bind->mean_delay_ps[succ->edge] + rank_ps[succ->task];
        if (app->when[succ->edge] >= 0) {
            struct way *way = &ways[app->when[succ->edge]];
            way->length_ps = fmax(way->length_ps, way_ps);
            way->share = chances->edge_live[succ->edge] / chances->task_share[task];
        } else {
            double chance = chances->task_chance[succ->task] / chances->task_chance[task];
            longest_ps = fmax(longest_ps, fmin(chance, 1.0) * way_ps);
        }
    }
    return fmax(longest_ps, mean_longest_ps(ways, alternatives, task_samples(bind, task)));
}

static void expect_upward_rank(const struct bind *bind, double *rank_ps)
{
    const struct app *app = bind->app;
    int32_t most = 1;
    for (int32_t i = 0; i < app->branch_count; i++)
        if (app->branches[i].alternative_count > most)
            most = app->branches[i].alternative_count;
    struct way *ways = memory_zeroed((size_t)most, sizeof *ways);
    for (int32_t i = app->task_count - 1; i >= 0; i--) {
        int32_t task = app->order[i];
        rank_ps[task] = bind->mean_cost_ps[task];
        if (bind->chances->task_chance[task] > 0.0)
            rank_ps[task] += expect_rest_ps(bind, task, rank_ps, ways);
    }
    free(ways);
}

void bind_upward_rank(const struct bind *bind, double *rank_ps)
{
    const struct app *app = bind->app;
    if (bind->chances != NULL) {
        expect_upward_rank(bind, rank_ps);
        return;
    }
    for (int32_t i = app->task_count - 1; i >= 0; i--) {
        int32_t task = app->order[i];
        const struct app_edge *succs = &app->succs[app->tasks[task].first_succ];
        double longest_ps = 0.0;
        for (int32_t s = 0; s < app->tasks[task].succ_count; s++) {
            double way_ps = bind->mean_delay_ps[succs[s].edge] + rank_ps[succs[s].task];
            longest_ps = way_ps > longest_ps ? way_ps : longest_ps;
        }
        rank_ps[task] = bind->mean_cost_ps[task] + longest_ps;
    }
}
