/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sched/shortlist.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "sched/rank.h"

/* ---- a heap of jobs ---- */

static bool comes_before(const struct shortlist_job *jobs, int32_t a, int32_t b)
{
    if (jobs[a].left_ps != jobs[b].left_ps)
        return jobs[a].left_ps < jobs[b].left_ps;
    return jobs[a].id < jobs[b].id;
}

static void heap_set(struct shortlist_heap *heap, int32_t place, int32_t slot)
{
    heap->slots[place] = slot;
    heap->place[slot] = place;
}

/* Moves a job up to where it belongs. */
static void heap_raise(struct shortlist_heap *heap, const struct shortlist_job *jobs, int32_t slot)
{
    int32_t place = heap->place[slot];
    for (; place > 0 && comes_before(jobs, slot, heap->slots[(place - 1) / 2]);
         place = (place - 1) / 2)
        heap_set(heap, place, heap->slots[(place - 1) / 2]);
    heap_set(heap, place, slot);
}

static void heap_sink(struct shortlist_heap *heap, const struct shortlist_job *jobs, int32_t slot)
{
    int32_t place = heap->place[slot];
    for (;;) {
        int32_t child = 2 * place + 1;
        if (child + 1 < heap->count &&
            comes_before(jobs, heap->slots[child + 1], heap->slots[child]))
            child++;
        if (child >= heap->count || comes_before(jobs, slot, heap->slots[child]))
            break;
        heap_set(heap, place, heap->slots[child]);
        place = child;
    }
    heap_set(heap, place, slot);
}

static void heap_insert(struct shortlist_heap *heap, const struct shortlist_job *jobs, int32_t slot)
{
    heap_set(heap, heap->count++, slot);
    heap_raise(heap, jobs, slot);
}

static void heap_remove(struct shortlist_heap *heap, const struct shortlist_job *jobs, int32_t slot)
{
    int32_t last = heap->slots[--heap->count];
    if (last == slot)
        return;
    heap_set(heap, heap->place[slot], last);
    heap_raise(heap, jobs, last);
    heap_sink(heap, jobs, last);
}

/* What a task of an app will take at least, on average. */
static int64_t expect_ps(const struct bind *bind, int32_t index)
{
    int64_t least_ps = bind->min_cost_ps[index];
    return bind->chances == NULL ? least_ps
                                 : llround(bind->chances->task_chance[index] * (double)least_ps);
}

/* ---- life ---- */

/* Orders the tasks of each app once: no rank changes. */
static void order_tasks(struct shortlist *shortlist, const struct view *view)
{
    size_t total = 0;
    for (int32_t i = 0; i < view->bind_count; i++) {
        int32_t count = view->binds[i].app->task_count;
        total += (size_t)count;
        if (count > shortlist->most_tasks)
            shortlist->most_tasks = count;
    }
    shortlist->best = memory_zeroed(total, sizeof *shortlist->best);
    shortlist->place = memory_zeroed(total, sizeof *shortlist->place);
    shortlist->ready_words = bits_words(shortlist->most_tasks);
    for (int32_t i = 0; i < view->bind_count; i++) {
        int32_t count = view->binds[i].app->task_count, first = shortlist->upward.first[i];
        int32_t *best = &shortlist->best[first];
        rank_sort(&shortlist->upward.list[first], count, best);
        for (int32_t place = 0; place < count; place++)
            shortlist->place[first + best[place]] = place;
    }
}

void shortlist_init(struct shortlist *shortlist, const struct view *view)
{
    *shortlist = (struct shortlist){
        .total_ps = memory_zeroed((size_t)view->bind_count, sizeof *shortlist->total_ps)};
    upward_init(&shortlist->upward, view);
    order_tasks(shortlist, view);
    for (int32_t i = 0; i < view->bind_count; i++)
        for (int32_t task = 0; task < view->binds[i].app->task_count; task++)
            shortlist->total_ps[i] += expect_ps(&view->binds[i], task);
}

void shortlist_finish(struct shortlist *shortlist)
{
    upward_finish(&shortlist->upward);
    free(shortlist->total_ps);
    free(shortlist->jobs);
    free(shortlist->waiting.slots);
    free(shortlist->waiting.place);
    free(shortlist->frontier.slots);
    free(shortlist->frontier.place);
    free(shortlist->best);
    free(shortlist->place);
    free(shortlist->ready);
    free(shortlist->top);
    *shortlist = (struct shortlist){0};
}

static void resize_heap(struct shortlist_heap *heap, size_t count)
{
    heap->slots = memory_resize(heap->slots, count, sizeof *heap->slots);
    heap->place = memory_resize(heap->place, count, sizeof *heap->place);
}

static void make_room(struct shortlist *shortlist, const struct view *view)
{
    if (shortlist->job_capacity < view->job_capacity) {
        size_t old = (size_t)shortlist->job_capacity, jobs = (size_t)view->job_capacity;
        size_t words = shortlist->ready_words;
        shortlist->job_capacity = view->job_capacity;
        shortlist->jobs = memory_resize(shortlist->jobs, jobs, sizeof *shortlist->jobs);
        shortlist->ready = memory_resize(shortlist->ready, jobs * words, sizeof *shortlist->ready);
        memset(&shortlist->jobs[old], 0, (jobs - old) * sizeof *shortlist->jobs);
        memset(&shortlist->ready[old * words], 0, (jobs - old) * words * sizeof(uint64_t));
        resize_heap(&shortlist->waiting, jobs);
        resize_heap(&shortlist->frontier, jobs);
    }
    if (shortlist->task_capacity < view->task_capacity) {
        shortlist->task_capacity = view->task_capacity;
        size_t tasks = (size_t)view->task_capacity;
        shortlist->top = memory_resize(shortlist->top, tasks, sizeof *shortlist->top);
    }
}

/* ---- what changes ---- */

/* A task that is done or skipped. */
static void finish_task(struct shortlist *shortlist, const struct view *view, int32_t task)
{
    int32_t slot = view->tasks[task].job;
    struct shortlist_job *job = &shortlist->jobs[slot];
    job->left_ps -= expect_ps(view_bind(view, task), view->tasks[task].index);
    if (job->ready_count > 0)
        heap_raise(&shortlist->waiting, shortlist->jobs, slot);
}

static uint64_t *ready_of(struct shortlist *shortlist, int32_t slot)
{
    return &shortlist->ready[(size_t)slot * shortlist->ready_words];
}

static int32_t place_of(const struct shortlist *shortlist, const struct view *view, int32_t task)
{
    const struct view_task *what = &view->tasks[task];
    return shortlist->place[shortlist->upward.first[view->jobs[what->job].bind] + what->index];
}

static void add_ready(struct shortlist *shortlist, const struct view *view, int32_t task)
{
    int32_t slot = view->tasks[task].job;
    struct shortlist_job *job = &shortlist->jobs[slot];
    bits_add(ready_of(shortlist, slot), shortlist->most_tasks, place_of(shortlist, view, task));
    job->ready_count++;
    if (job->ready_count == 1)
        heap_insert(&shortlist->waiting, shortlist->jobs, slot);
}

static void forget_ready(struct shortlist *shortlist, int32_t slot)
{
    if (shortlist->jobs[slot].ready_count > 0)
        memset(ready_of(shortlist, slot), 0, shortlist->ready_words * sizeof(uint64_t));
    shortlist->jobs[slot].ready_count = 0;
}

/* A job takes the place of one that is done or has failed. */
static void arrive(struct shortlist *shortlist, const struct view *view, int32_t slot)
{
    const struct view_job *job = &view->jobs[slot];
    forget_ready(shortlist, slot);
    shortlist->jobs[slot] =
        (struct shortlist_job){.left_ps = shortlist->total_ps[job->bind], .id = job->id};
}

/* Forgets what is ready, and jobs that have failed. */
static void start_over(struct shortlist *shortlist, const struct view *view)
{
    shortlist->waiting.count = 0;
    shortlist->known = 0;
    for (int32_t slot = 0; slot < view->job_capacity; slot++)
        forget_ready(shortlist, slot);
}

void shortlist_update(struct shortlist *shortlist, const struct view *view)
{
    make_room(shortlist, view);
    for (int32_t i = 0; i < view->finished_count; i++)
        finish_task(shortlist, view, view->finished[i]);
    for (int32_t i = 0; i < view->skipped_count; i++)
        finish_task(shortlist, view, view->skipped[i]);
    for (int32_t i = 0; i < view->arrived_count; i++)
        arrive(shortlist, view, view->arrived[i]);
    if (view->is_disturbed)
        start_over(shortlist, view);
    for (; shortlist->known < view->ready_count; shortlist->known++)
        add_ready(shortlist, view, view->ready[shortlist->known]);
}

/* Appends the ready tasks of a job to the top until there are `limit`. */
static void take_ready(struct shortlist *shortlist, const struct view *view, int32_t slot,
                       int32_t limit, int32_t *count)
{
    const uint64_t *ready = ready_of(shortlist, slot);
    const int32_t *best = &shortlist->best[shortlist->upward.first[view->jobs[slot].bind]];
    int32_t first = view->jobs[slot].first_task, most = shortlist->most_tasks;
    for (int32_t place = bits_next(ready, most, 0); place >= 0 && *count < limit;
         place = bits_next(ready, most, place + 1))
        shortlist->top[(*count)++] = first + best[place];
}

const int32_t *shortlist_top(struct shortlist *shortlist, const struct view *view, int32_t limit,
                             int32_t *count)
{
    const struct shortlist_heap *waiting = &shortlist->waiting;
    struct shortlist_heap *frontier = &shortlist->frontier;
    frontier->count = 0;
    *count = 0;
    if (waiting->count > 0)
        heap_insert(frontier, shortlist->jobs, waiting->slots[0]);
    while (frontier->count > 0 && *count < limit) {
        int32_t slot = frontier->slots[0];
        take_ready(shortlist, view, slot, limit, count);
        heap_remove(frontier, shortlist->jobs, slot);
        int32_t child = 2 * waiting->place[slot] + 1;
        for (int32_t i = child; i < child + 2 && i < waiting->count; i++)
            heap_insert(frontier, shortlist->jobs, waiting->slots[i]);
    }
    return shortlist->top;
}

void shortlist_remove(struct shortlist *shortlist, const struct view *view, int32_t task)
{
    int32_t slot = view->tasks[task].job;
    struct shortlist_job *job = &shortlist->jobs[slot];
    bits_remove(ready_of(shortlist, slot), shortlist->most_tasks, place_of(shortlist, view, task));
    job->ready_count--;
    shortlist->known--;
    if (job->ready_count == 0)
        heap_remove(&shortlist->waiting, shortlist->jobs, slot);
}
