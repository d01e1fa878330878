/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sched/earliest.h"

#include <stdlib.h>

#include "base/memory.h"
#include "base/tick.h"

struct earliest *earliest_create(const struct view *view)
{
    struct earliest *earliest = memory_zeroed(1, sizeof *earliest);
    available_init(&earliest->available, view);
    inputs_init(&earliest->inputs, view);
    return earliest;
}

void earliest_destroy(struct earliest *earliest)
{
    if (earliest == NULL)
        return;
    inputs_finish(&earliest->inputs);
    available_finish(&earliest->available);
    free(earliest->offers);
    free(earliest->candidates);
    free(earliest);
}

void earliest_remember(struct earliest *earliest, const struct view *view)
{
    for (int32_t pe = 0; pe < view->soc->pe_count; pe++) {
        int64_t *available_ps = &earliest->available.list_ps[pe];
        if (view->pes[pe].is_down)
            *available_ps = TICK_NEVER;
        else if (*available_ps < view->now_ps || *available_ps == TICK_NEVER)
            *available_ps = view->now_ps;
    }
}

static int64_t later(int64_t a_ps, int64_t b_ps)
{
    return a_ps > b_ps ? a_ps : b_ps;
}

/* Where in a cluster a task could start, or finish, first. */
struct first {
    int64_t at_ps; /* TICK_NEVER with PE -1 */
    int32_t pe;    /* the first of equal ones; -1: none can be given it */
};

/* Where a task could start first, which is not before now. */
static inline struct first first_start(const struct earliest *earliest, const struct view *view,
                                       const struct soc_cluster *cluster, struct reach reach)
{
    struct first first = {TICK_NEVER, -1};
    for (int32_t pe = cluster->first_pe; pe < cluster->first_pe + cluster->pe_count; pe++) {
        int64_t at_ps = later(available_ps(&earliest->available, view, pe), reach_ps(&reach, pe));
        if (at_ps < first.at_ps) {
            first = (struct first){at_ps, pe};
            if (at_ps <= view->now_ps)
                break;
        }
    }
    return first;
}

/* The same where weights have to be loaded before the start, or links are down; apart, so that the
 * other stays small. */
__attribute__((noinline)) static struct first
first_loaded_start(const struct earliest *earliest, const struct view *view, int32_t task,
                   const struct soc_cluster *cluster, struct reach reach)
{
    struct first first = {TICK_NEVER, -1};
    for (int32_t pe = cluster->first_pe; pe < cluster->first_pe + cluster->pe_count; pe++) {
        int64_t at_ps = later(available_ps(&earliest->available, view, pe), reach_ps(&reach, pe));
        if (at_ps == TICK_NEVER || !view_reaches(view, task, pe))
            continue;
        at_ps += view_load_ps(view, task, pe);
        if (at_ps < first.at_ps)
            first = (struct first){at_ps, pe};
    }
    return first;
}

/* Where in a cluster a task would finish first. */
__attribute__((always_inline)) static inline struct first
first_finish(const struct earliest *earliest, const struct view *view, int32_t task,
             const struct soc_cluster *cluster, struct reach reach, int64_t cost_ps)
{
    struct first first = view->is_resident == NULL && view->down_link_count == 0
                             ? first_start(earliest, view, cluster, reach)
                             : first_loaded_start(earliest, view, task, cluster, reach);
    if (first.pe >= 0)
        first.at_ps += cost_ps;
    return first;
}

/* Where a task would finish first on the whole machine. Nothing can be done sooner than its cost
 * from now, so that hardly more than the fastest cluster has to be asked. */
static inline struct first ask_best(struct earliest *earliest, const struct view *view,
                                    int32_t task)
{
    const struct soc *soc = view->soc;
    const struct view_task *what = &view->tasks[task];
    const struct view_job *job = &view->jobs[what->job];
    const struct bind *bind = &view->binds[job->bind];
    const int64_t *costs_ps = &job->cost_ps[(int64_t)what->index * soc->kind_count];
    const int32_t *fastest = &bind->fastest[(int64_t)what->index * soc->cluster_count];
    bool is_in_order = job->cost_ps == bind->cost_ps;
    struct first best = {TICK_NEVER, -1};
    inputs_gather(&earliest->inputs, view, task);
    for (int32_t n = 0; n < soc->cluster_count && fastest[n] >= 0; n++) {
        const struct soc_cluster *cluster = &soc->clusters[fastest[n]];
        int64_t cost_ps = costs_ps[cluster->kind];
        if (cost_ps > best.at_ps - view->now_ps) {
            if (is_in_order)
                break;
            continue;
        }
        struct reach reach = inputs_reach(&earliest->inputs, soc, fastest[n]);
        struct first first = first_finish(earliest, view, task, cluster, reach, cost_ps);
        if (first.at_ps < best.at_ps || (first.at_ps == best.at_ps && first.pe < best.pe))
            best = first;
    }
    return best;
}

/* Has a cluster say what it offers for a task, by the reach and the cost in the offer. */
static void make_offer(const struct earliest *earliest, const struct view *view, int32_t task,
                       const struct soc_cluster *cluster, struct offer *offer)
{
    struct first first = first_finish(earliest, view, task, cluster, offer->reach, offer->cost_ps);
    offer->finish_ps = first.at_ps;
    offer->pe = first.pe;
}

/* Fills the offers of all clusters; returns the best. */
static struct candidate ask_all(struct earliest *earliest, const struct view *view, int32_t task,
                                struct offer *offers)
{
    const struct soc *soc = view->soc;
    const struct view_task *what = &view->tasks[task];
    const int64_t *costs_ps =
        &view->jobs[what->job].cost_ps[(int64_t)what->index * soc->kind_count];
    struct candidate best = {.finish_ps = TICK_NEVER, .pe = -1, .task = task};
    inputs_gather(&earliest->inputs, view, task);
    for (int32_t i = 0; i < soc->cluster_count; i++) {
        const struct soc_cluster *cluster = &soc->clusters[i];
        struct offer *offer = &offers[i];
        *offer =
            (struct offer){.cost_ps = costs_ps[cluster->kind], .finish_ps = TICK_NEVER, .pe = -1};
        if (offer->cost_ps == BIND_INCAPABLE)
            continue;
        offer->reach = inputs_reach(&earliest->inputs, soc, i);
        make_offer(earliest, view, task, cluster, offer);
        if (offer->finish_ps < best.finish_ps) {
            best.finish_ps = offer->finish_ps;
            best.pe = offer->pe;
        }
    }
    return best;
}

static inline void take(struct earliest *earliest, int32_t task, int32_t pe, int64_t finish_ps,
                        struct decisions *decisions)
{
    assert(pe >= 0);
    available_set(&earliest->available, pe, finish_ps);
    decide_assign(decisions, task, pe);
}

static inline void assign(struct earliest *earliest, const struct view *view, int32_t task,
                          struct decisions *decisions)
{
    struct first best = ask_best(earliest, view, task);
    take(earliest, task, best.pe, best.at_ps, decisions);
}

void earliest_assign(struct earliest *earliest, const struct view *view, int32_t task,
                     struct decisions *decisions)
{
    assign(earliest, view, task, decisions);
}

void earliest_in_order(struct earliest *earliest, const struct view *view,
                       struct decisions *decisions)
{
    for (int32_t i = 0; i < view->ready_count; i++)
        assign(earliest, view, view->ready[i], decisions);
}

static void make_room(struct earliest *earliest, const struct view *view)
{
    if (earliest->capacity >= view->task_capacity)
        return;
    size_t count = (size_t)view->task_capacity;
    size_t clusters = (size_t)view->soc->cluster_count;
    earliest->offers = memory_resize(earliest->offers, count * clusters, sizeof(struct offer));
    earliest->candidates = memory_resize(earliest->candidates, count, sizeof *earliest->candidates);
    earliest->capacity = view->task_capacity;
}

/* Brings a candidate up to date after `pe` was taken. An availability only grows, so an offer can
 * change only if it was for that PE, and the best offer only if it was that one. */
static void update(struct earliest *earliest, const struct view *view, int32_t pe,
                   struct candidate *candidate)
{
    const struct soc *soc = view->soc;
    int32_t cluster = soc->pes[pe].cluster;
    struct offer *offers = &earliest->offers[(size_t)candidate->row * (size_t)soc->cluster_count];
    if (offers[cluster].pe != pe)
        return;
    struct offer *offer = &offers[cluster];
    make_offer(earliest, view, candidate->task, &soc->clusters[cluster], offer);
    if (candidate->pe != pe)
        return;
    candidate->finish_ps = TICK_NEVER;
    for (int32_t i = 0; i < soc->cluster_count; i++) {
        if (offers[i].finish_ps < candidate->finish_ps) {
            candidate->finish_ps = offers[i].finish_ps;
            candidate->pe = offers[i].pe;
        }
    }
}

/* Takes candidate `taken` out, keeping the order, and updates the others; returns the next best. */
static int32_t drop(struct earliest *earliest, const struct view *view, int32_t taken,
                    int32_t *count)
{
    struct candidate *candidates = earliest->candidates;
    int32_t pe = candidates[taken].pe;
    int32_t kept = 0;
    int32_t best = 0;
    for (int32_t i = 0; i < *count; i++) {
        if (i == taken)
            continue;
        candidates[kept] = candidates[i];
        update(earliest, view, pe, &candidates[kept]);
        if (candidates[kept].finish_ps < candidates[best].finish_ps)
            best = kept;
        kept++;
    }
    *count = kept;
    return best;
}

void earliest_by_finish(struct earliest *earliest, const struct view *view,
                        struct decisions *decisions)
{
    make_room(earliest, view);
    struct candidate *candidates = earliest->candidates;
    int32_t count = view->ready_count;
    int32_t best = 0;
    for (int32_t i = 0; i < count; i++) {
        size_t row = (size_t)i * (size_t)view->soc->cluster_count;
        candidates[i] = ask_all(earliest, view, view->ready[i], &earliest->offers[row]);
        candidates[i].row = i;
        if (candidates[i].finish_ps < candidates[best].finish_ps)
            best = i;
    }
    while (count > 0) {
        const struct candidate *taken = &candidates[best];
        take(earliest, taken->task, taken->pe, taken->finish_ps, decisions);
        best = drop(earliest, view, best, &count);
    }
}
