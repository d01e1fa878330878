/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The own engine: one calendar, integer dates. Work at a speed other than 1 is a fluid: what is
 * left of it is a double, and its end is rounded up to 1 ns (docs/design.md). */
#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/tick.h"
#include "sim/calendar.h"
#include "sim/engine.h"

extern const struct engine_kind engine_heap;

/* What a PE is doing. */
struct heap_pe {
    bool busy;
    double speed;
    uint32_t stamp; /* of the calendar entry that ends the work; others are outdated */
    double left_ps; /* at speed 1, as of since_ps */
    int64_t since_ps;
    double real_end_ps; /* before rounding */
    struct event event;
};

struct heap {
    struct engine base;
    struct calendar calendar;
    struct heap_pe *pes;
    struct event *events; /* of the current round */
    size_t event_capacity;
};

static struct engine *heap_create(const struct soc *soc, const double *speeds, int32_t speed_count,
                                  struct fault *fault)
{
    (void)speeds, (void)speed_count, (void)fault;
    struct heap *heap = memory_zeroed(1, sizeof *heap);
    heap->base.kind = &engine_heap;
    heap->pes = memory_zeroed((size_t)soc->pe_count, sizeof *heap->pes);
    for (int32_t pe = 0; pe < soc->pe_count; pe++)
        heap->pes[pe].speed = 1.0;
    return &heap->base;
}

static void heap_destroy(struct engine *engine)
{
    struct heap *heap = (struct heap *)engine;
    calendar_finish(&heap->calendar);
    free(heap->pes);
    free(heap->events);
    free(heap);
}

static void heap_at(struct engine *engine, int64_t when_ps, struct event event)
{
    struct heap *heap = (struct heap *)engine;
    assert(when_ps >= engine->now_ps);
    calendar_push(&heap->calendar, when_ps, event, 0);
}

/* Puts the end of fluid work into the calendar, from what is left at since_ps. */
static void schedule_fluid_end(struct heap *heap, struct heap_pe *pe)
{
    pe->real_end_ps = (double)pe->since_ps + pe->left_ps / pe->speed;
    calendar_push(&heap->calendar, tick_round_fluid(pe->real_end_ps), pe->event, ++pe->stamp);
}

static void heap_exec(struct engine *engine, int32_t index, int64_t work_ps, struct event event)
{
    struct heap *heap = (struct heap *)engine;
    struct heap_pe *pe = &heap->pes[index];
    assert(!pe->busy && event.subject == index);
    pe->busy = true;
    pe->since_ps = engine->now_ps;
    pe->left_ps = (double)work_ps;
    pe->event = event;
    if (pe->speed == 1.0 || work_ps == 0) {
        pe->real_end_ps = (double)(engine->now_ps + work_ps);
        calendar_push(&heap->calendar, engine->now_ps + work_ps, event, ++pe->stamp);
    } else {
        schedule_fluid_end(heap, pe);
    }
}

static void heap_set_speed(struct engine *engine, int32_t index, double speed)
{
    struct heap *heap = (struct heap *)engine;
    struct heap_pe *pe = &heap->pes[index];
    double old_speed = pe->speed;
    pe->speed = speed;
    if (!pe->busy || pe->real_end_ps <= (double)engine->now_ps)
        return;
    pe->left_ps -= (double)(engine->now_ps - pe->since_ps) * old_speed;
    pe->left_ps = fmax(pe->left_ps, 0.0);
    pe->since_ps = engine->now_ps;
    schedule_fluid_end(heap, pe);
}

/* Moves every entry of the earliest date that still holds into heap->events. */
static int32_t collect_round(struct heap *heap)
{
    size_t count = 0;
    int64_t when_ps = calendar_first(&heap->calendar)->when_ps;
    const struct calendar_entry *first;
    while ((first = calendar_first(&heap->calendar)) != NULL && first->when_ps == when_ps) {
        struct calendar_entry entry = calendar_pop(&heap->calendar);
        struct event event = calendar_event(&entry);
        if (event.class == EVENT_FINISH) {
            struct heap_pe *pe = &heap->pes[event.subject];
            if (!pe->busy || entry.stamp != pe->stamp)
                continue;
            pe->busy = false;
        }
        if (count == heap->event_capacity)
            heap->events =
                memory_grow(heap->events, &heap->event_capacity, count + 1, sizeof *heap->events);
        heap->events[count++] = event;
    }
    heap->base.now_ps = when_ps;
    return (int32_t)count;
}

static bool heap_run(struct engine *engine, engine_round round, void *context, struct fault *fault)
{
    struct heap *heap = (struct heap *)engine;
    while (calendar_first(&heap->calendar) != NULL) {
        if (calendar_first(&heap->calendar)->when_ps >= TICK_LIMIT)
            return engine_fault_limit(fault);
        int32_t count = collect_round(heap);
        if (count > 0 && !round(context, engine->now_ps, heap->events, count))
            break;
    }
    return true;
}

const struct engine_kind engine_heap = {
    .name = "heap",
    .summary = "own event calendar; fastest",
    .create = heap_create,
    .destroy = heap_destroy,
    .at = heap_at,
    .exec = heap_exec,
    .set_speed = heap_set_speed,
    .run = heap_run,
};
