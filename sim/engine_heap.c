/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The own engine: one calendar, integer dates. Work at a speed other than 1 is a fluid: what is
 * left of it is a double, and its end is rounded up to 1 ns (docs/design.md). */
#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/tick.h"
#include "sim/calendar.h"
#include "sim/engine.h"
#include "sim/medium.h"

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

/* A transfer from its start on. */
struct heap_flow {
    int32_t from_pe, to_pe;
    enum links_way way;
    uint32_t stamp; /* of the calendar entry that starts it; others are outdated */
    bool is_moving; /* the medium has it */
    double amount;  /* engine_flow */
    struct event event;
};

/* Subject of the engine's own event that looks at the medium; others are numbers of flows. */
#define MEDIUM_CHECK (-1)

struct heap {
    struct engine base;
    const struct soc *soc;
    struct calendar calendar;
    struct heap_pe *pes;
    struct medium *medium;   /* NULL: transfers share no links */
    struct heap_flow *flows; /* [flow_capacity] by the number of the transfer */
    size_t flow_capacity;
    uint32_t check_stamp;   /* of the calendar entry that looks at the medium */
    bool is_medium_touched; /* that entry no longer holds */
    struct event *events;   /* of the current round */
    size_t event_capacity;
};

static struct engine *heap_create(const struct soc *soc, const struct engine_needs *needs,
                                  struct fault *fault)
{
    (void)needs, (void)fault;
    struct heap *heap = memory_zeroed(1, sizeof *heap);
    heap->base.kind = &engine_heap;
    heap->soc = soc;
    heap->medium = medium_create(soc);
    heap->pes = memory_zeroed((size_t)soc->pe_count, sizeof *heap->pes);
    for (int32_t pe = 0; pe < soc->pe_count; pe++)
        heap->pes[pe].speed = 1.0;
    return &heap->base;
}

static void heap_destroy(struct engine *engine)
{
    struct heap *heap = (struct heap *)engine;
    calendar_finish(&heap->calendar);
    medium_destroy(heap->medium);
    free(heap->flows);
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

/* The date at which the end of fluid work is seen, from what is left of it at since_ps. */
static int64_t find_fluid_end(struct heap_pe *pe)
{
    pe->real_end_ps = (double)pe->since_ps + pe->left_ps / pe->speed;
    return tick_round_fluid(pe->real_end_ps);
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
    int64_t end_ps = engine->now_ps + work_ps;
    pe->real_end_ps = (double)end_ps;
    if (pe->speed != 1.0 && work_ps != 0)
        end_ps = find_fluid_end(pe);
    calendar_push(&heap->calendar, end_ps, event, ++pe->stamp);
}

static void heap_set_speed(struct engine *engine, int32_t index, int32_t opp, double factor)
{
    struct heap *heap = (struct heap *)engine;
    struct heap_pe *pe = &heap->pes[index];
    double old_speed = pe->speed;
    pe->speed = soc_speed(&heap->soc->kinds[heap->soc->pes[index].kind], opp) * factor;
    if (!pe->busy || pe->real_end_ps <= (double)engine->now_ps)
        return;
    pe->left_ps -= (double)(engine->now_ps - pe->since_ps) * old_speed;
    pe->left_ps = fmax(pe->left_ps, 0.0);
    pe->since_ps = engine->now_ps;
    calendar_push(&heap->calendar, find_fluid_end(pe), pe->event, ++pe->stamp);
}

static void heap_cancel(struct engine *engine, int32_t pe)
{
    ((struct heap *)engine)->pes[pe].busy = false; /* its calendar entry is outdated by that */
}

/* ---- transfers ---- */

static void start_flow(struct heap *heap, int32_t number)
{
    struct heap_flow *flow = &heap->flows[number];
    heap->medium->kind->start(heap->medium, (double)heap->base.now_ps, number, flow->from_pe,
                              flow->to_pe, flow->way, flow->amount);
    flow->is_moving = true;
    heap->is_medium_touched = true;
}

/* Makes room for the flow of a number. */
static struct heap_flow *take_flow(struct heap *heap, size_t number)
{
    size_t before = heap->flow_capacity;
    if (number >= before) {
        heap->flows =
            memory_grow(heap->flows, &heap->flow_capacity, number + 1, sizeof *heap->flows);
        memset(&heap->flows[before], 0, (heap->flow_capacity - before) * sizeof *heap->flows);
    }
    return &heap->flows[number];
}

static void heap_transfer(struct engine *engine, const struct engine_transfer *transfer,
                          struct event event)
{
    struct heap *heap = (struct heap *)engine;
    int64_t amount = engine_flow(heap->soc, transfer->amount);
    int64_t start_ps = engine->now_ps + transfer->latency_ps;
    assert(transfer->from_pe != transfer->to_pe && event.class == EVENT_TRANSFER &&
           event.subject >= 0);
    if (amount == 0) {
        calendar_push(&heap->calendar, start_ps, event, 0);
        return;
    }
    struct heap_flow *flow = take_flow(heap, (size_t)event.subject);
    *flow = (struct heap_flow){.from_pe = transfer->from_pe,
                               .to_pe = transfer->to_pe,
                               .way = transfer->way,
                               .stamp = flow->stamp + 1,
                               .amount = (double)amount,
                               .event = event};
    event.class = EVENT_ENGINE;
    calendar_push(&heap->calendar, start_ps, event, flow->stamp);
}

/* Announces the flows that have ended by now. */
static void take_ends(struct heap *heap)
{
    struct medium *medium = heap->medium;
    double end_ps;
    while ((end_ps = medium->kind->next_end_ps(medium)) <= (double)heap->base.now_ps) {
        int32_t number = medium->kind->pop_end(medium);
        heap->flows[number].is_moving = false;
        calendar_push(&heap->calendar, engine_flow_end(end_ps), heap->flows[number].event, 0);
        heap->is_medium_touched = true;
    }
}

/* Carries out an event of the engine's own. */
static void follow_medium(struct heap *heap, const struct calendar_entry *entry)
{
    uint32_t stamp =
        entry->subject == MEDIUM_CHECK ? heap->check_stamp : heap->flows[entry->subject].stamp;
    if (entry->stamp != stamp)
        return;
    take_ends(heap);
    if (entry->subject != MEDIUM_CHECK)
        start_flow(heap, entry->subject);
}

static void heap_stop(struct engine *engine, int32_t number)
{
    struct heap *heap = (struct heap *)engine;
    if ((size_t)number >= heap->flow_capacity)
        return; /* none of the transfers so far has been a flow */
    take_ends(heap);
    struct heap_flow *flow = &heap->flows[number];
    flow->stamp++;
    if (!flow->is_moving)
        return;
    heap->medium->kind->stop(heap->medium, (double)engine->now_ps, number);
    flow->is_moving = false;
    heap->is_medium_touched = true;
}

/* Asks to look at the medium when the next flow ends. False if that is beyond every date. */
static bool schedule_check(struct heap *heap)
{
    if (!heap->is_medium_touched)
        return true;
    heap->is_medium_touched = false;
    double end_ps = heap->medium->kind->next_end_ps(heap->medium);
    heap->check_stamp++;
    if (isinf(end_ps))
        return true;
    if (end_ps >= (double)TICK_LIMIT)
        return false;
    struct event check = {.class = EVENT_ENGINE, .subject = MEDIUM_CHECK};
    calendar_push(&heap->calendar, engine_flow_end(end_ps), check, heap->check_stamp);
    return true;
}

/* ---- rounds ---- */

/* Moves every entry of the earliest date that still holds into heap->events. */
static int32_t collect_round(struct heap *heap)
{
    const struct calendar_entry *first = calendar_first(&heap->calendar);
    assert(first != NULL);
    size_t count = 0;
    int64_t when_ps = first->when_ps;
    heap->base.now_ps = when_ps;
    while ((first = calendar_first(&heap->calendar)) != NULL && first->when_ps == when_ps) {
        struct calendar_entry entry = calendar_pop(&heap->calendar);
        struct event event = calendar_event(&entry);
        if (event.class == EVENT_ENGINE) {
            follow_medium(heap, &entry);
            continue;
        }
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
        if (!schedule_check(heap))
            return engine_fault_limit(fault);
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
    .cancel = heap_cancel,
    .transfer = heap_transfer,
    .stop = heap_stop,
    .run = heap_run,
};
