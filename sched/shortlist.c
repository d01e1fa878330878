/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sched/shortlist.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

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

void shortlist_init(struct shortlist *shortlist, const struct view *view)
{
    *shortlist = (struct shortlist){
        .total_ps = memory_zeroed((size_t)view->bind_count, sizeof *shortlist->total_ps)};
    upward_init(&shortlist->upward, view);
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
        shortlist->job_capacity = view->job_capacity;
        size_t jobs = (size_t)view->job_capacity;
        shortlist->jobs = memory_resize(shortlist->jobs, jobs, sizeof *shortlist->jobs);
        resize_heap(&shortlist->waiting, jobs);
        resize_heap(&shortlist->frontier, jobs);
    }
    if (shortlist->task_capacity < view->task_capacity) {
        shortlist->task_capacity = view->task_capacity;
        size_t tasks = (size_t)view->task_capacity;
        shortlist->ready = memory_resize(shortlist->ready, tasks, sizeof *shortlist->ready);
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

static void add_ready(struct shortlist *shortlist, const struct view *view, int32_t task)
{
    int32_t slot = view->tasks[task].job;
    struct shortlist_job *job = &shortlist->jobs[slot];
    int32_t *ready = &shortlist->ready[view->jobs[slot].first_task];
    double rank = upward_of(&shortlist->upward, view, task);
    int32_t place = job->ready_count++;
    for (; place > 0; place--) {
        double ahead = upward_of(&shortlist->upward, view, ready[place - 1]) - rank;
        if (ahead > 0 || (ahead == 0 && ready[place - 1] < task))
            break;
        ready[place] = ready[place - 1];
    }
    ready[place] = task;
    if (job->ready_count == 1)
        heap_insert(&shortlist->waiting, shortlist->jobs, slot);
}

/* Forgets what is ready, and jobs that have failed. */
static void start_over(struct shortlist *shortlist, const struct view *view)
{
    shortlist->waiting.count = 0;
    shortlist->known = 0;
    for (int32_t slot = 0; slot < view->job_capacity; slot++)
        shortlist->jobs[slot].ready_count = 0;
}

void shortlist_update(struct shortlist *shortlist, const struct view *view)
{
    make_room(shortlist, view);
    for (int32_t i = 0; i < view->finished_count; i++)
        finish_task(shortlist, view, view->finished[i]);
    for (int32_t i = 0; i < view->skipped_count; i++)
        finish_task(shortlist, view, view->skipped[i]);
    for (int32_t i = 0; i < view->arrived_count; i++) {
        const struct view_job *job = &view->jobs[view->arrived[i]];
        shortlist->jobs[view->arrived[i]] =
            (struct shortlist_job){.left_ps = shortlist->total_ps[job->bind], .id = job->id};
    }
    if (view->is_disturbed)
        start_over(shortlist, view);
    for (; shortlist->known < view->ready_count; shortlist->known++)
        add_ready(shortlist, view, view->ready[shortlist->known]);
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
        const int32_t *ready = &shortlist->ready[view->jobs[slot].first_task];
        int32_t taken = shortlist->jobs[slot].ready_count;
        taken = taken < limit - *count ? taken : limit - *count;
        memcpy(&shortlist->top[*count], ready, (size_t)taken * sizeof *ready);
        *count += taken;
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
    int32_t *ready = &shortlist->ready[view->jobs[slot].first_task];
    int32_t place = 0;
    while (ready[place] != task)
        place++;
    job->ready_count--;
    memmove(&ready[place], &ready[place + 1], (size_t)(job->ready_count - place) * sizeof *ready);
    shortlist->known--;
    if (job->ready_count == 0)
        heap_remove(&shortlist->waiting, shortlist->jobs, slot);
}
