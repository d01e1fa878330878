/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Data on its way: to consumers over links that transfers share, and into a shared memory. Where
 * neither is, all there is to know is a date. */
#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "sim/truth.h"
#include "sim/world_parts.h"

/* ---- transfers that share links ---- */

static void forget_transfer(struct world_transfers *transfers, int32_t number)
{
    transfers->list[number] =
        (struct world_transfer){.consumer = -1, .next = transfers->first_free, .sequence = -1};
    transfers->first_free = number;
}

static void release_transfer(struct world *world, int32_t number)
{
    forget_transfer(&world->transfers, number);
    world->transfers.count--;
}

static int32_t take_transfer(struct world *world)
{
    struct world_transfers *transfers = &world->transfers;
    if (transfers->first_free < 0) {
        size_t old = transfers->capacity;
        transfers->list =
            memory_grow(transfers->list, &transfers->capacity, old + 1, sizeof *transfers->list);
        for (size_t i = transfers->capacity; i > old; i--)
            forget_transfer(transfers, (int32_t)i - 1);
    }
    transfers->count++;
    int32_t number = transfers->first_free;
    transfers->first_free = transfers->list[number].next;
    return number;
}

/* Samples that use an edge of a job in flight, whose producer is done. */
static int32_t edge_samples(const struct world *world, int32_t slot, int32_t edge)
{
    const struct app *app = world->setup->binds[world->jobs[slot].bind].app;
    return app->branch_count > 0 ? world->routes[slot].edge_samples[edge] : app->batch;
}

/* What an edge carries to a task. */
static double edge_bytes(const struct world *world, int32_t task, int32_t edge)
{
    return view_bind(&world->view, task)->app->bytes[edge] *
           edge_samples(world, world->tasks[task].job, edge);
}

/* In millionths; no more than takes until the end of the clock. */
static int64_t amount_of(double bytes)
{
    return (int64_t)fmin(round(bytes * 1e6), 0x1p62);
}

/* What observers get to see of a transfer as of now. */
static struct observed_transfer observe(const struct world *world,
                                        const struct world_transfer *transfer)
{
    return (struct observed_transfer){
        .job_id = world_job_id(world, transfer->consumer),
        .bind = view_bind(&world->view, transfer->consumer),
        .edge = transfer->edge,
        .producer = &world->tasks[transfer->producer],
        .consumer = &world->tasks[transfer->consumer],
        .from_pe = transfer->from_pe,
        .to_pe = transfer->to_pe,
        .bytes = (double)amount_of(edge_bytes(world, transfer->consumer, transfer->edge)) * 1e-6,
        .asked_ps = transfer->asked_ps,
        .start_ps = transfer->start_ps,
        .finish_ps = world->view.now_ps,
        .way = transfer->way,
    };
}

/* What a transfer looks like is spread over memory: it is gathered only for those who want it. */
static void tell_start(const struct world *world, const struct world_transfer *transfer)
{
    for (int32_t i = 0; i < world->setup->observer_count; i++) {
        const struct observer *observer = &world->setup->observers[i];
        if (observer->on_transfer_start == NULL)
            continue;
        const struct observed_transfer observed = observe(world, transfer);
        observer->on_transfer_start(observer->self, &observed);
    }
}

static void tell_end(const struct world *world, const struct world_transfer *transfer)
{
    for (int32_t i = 0; i < world->setup->observer_count; i++) {
        const struct observer *observer = &world->setup->observers[i];
        if (observer->on_transfer_done == NULL)
            continue;
        const struct observed_transfer observed = observe(world, transfer);
        observer->on_transfer_done(observer->self, &observed);
    }
}

static void tell_lost(const struct world *world, const struct world_transfer *transfer)
{
    const struct observed_transfer observed = {
        .from_pe = transfer->from_pe,
        .to_pe = transfer->to_pe,
        .edge = transfer->edge,
        .bytes = (double)transfer->amount * 1e-6,
        .asked_ps = transfer->asked_ps,
        .start_ps = transfer->start_ps,
        .finish_ps = world->view.now_ps,
        .way = transfer->way,
    };
    for (int32_t i = 0; i < world->setup->observer_count; i++) {
        const struct observer *observer = &world->setup->observers[i];
        if (observer->on_transfer_lost != NULL)
            observer->on_transfer_lost(observer->self, &observed);
    }
}

static enum links_way find_way(const struct world *world, int32_t from_pe, int32_t to_pe)
{
    if (world->view.down_link_count == 0)
        return LINKS_XY;
    return links_find_way(world->setup->soc, world->link_states, LINKS_DOWN, from_pe, to_pe);
}

/* Both ways of a mesh have the same number of links. */
static void start_transfer(struct world *world, int32_t number)
{
    struct world_transfer *transfer = &world->transfers.list[number];
    const struct soc *soc = world->setup->soc;
    int32_t from_pe = transfer->from_pe, to_pe = transfer->to_pe;
    enum links_way way = find_way(world, from_pe, to_pe);
    const struct engine_transfer what = {
        .from_pe = from_pe,
        .to_pe = to_pe,
        .way = way,
        .amount = transfer->amount,
        .latency_ps = tick_from_us(soc_hops(soc, from_pe, to_pe) * soc->network.latency_us),
    };
    struct event event = {
        .sequence = world->sequence++, .class = EVENT_TRANSFER, .subject = number};
    assert(way != LINKS_NO_WAY);
    transfer->state = TRANSFER_MOVING;
    transfer->way = (uint16_t)way;
    transfer->sequence = event.sequence;
    transfer->start_ps = world->view.now_ps;
    tell_start(world, transfer);
    world->world_pes[to_pe].receiving++;
    world->engine->kind->transfer(world->engine, &what, event);
}

/* Asks for the data of an edge; waits for a DMA channel of the consumer's PE. */
static void ask_transfer(struct world *world, int32_t producer, int32_t consumer, int32_t edge)
{
    const struct view_task *what = &world->tasks[consumer];
    struct world_pe *pe = &world->world_pes[what->pe];
    double factor = truth_data(world->setup->scenario, world_job_id(world, consumer), edge);
    int32_t number = take_transfer(world);
    world->transfers.list[number] = (struct world_transfer){
        .producer = producer,
        .consumer = consumer,
        .from_pe = world->tasks[producer].pe,
        .to_pe = what->pe,
        .edge = edge,
        .amount = amount_of(edge_bytes(world, consumer, edge) * factor),
        .asked_ps = world->view.now_ps,
        .next = -1,
    };
    world->tasks[consumer].fetching++;
    if (pe->receiving < world->setup->soc->network.dma_channels) {
        start_transfer(world, number);
        return;
    }
    if (pe->first_waiting < 0)
        pe->first_waiting = number;
    else
        world->transfers.list[pe->last_waiting].next = number;
    pe->last_waiting = number;
}

/* What the delay of an edge to a task really is; on the lane from PE to PE. */
static int64_t edge_delay_ps(const struct world *world, int32_t task, int32_t edge, int32_t lane)
{
    int32_t slot = world->tasks[task].job;
    const struct bind *bind = view_bind(&world->view, task);
    if (world->setup->scenario->data_factor == NULL)
        return world->jobs[slot].delay_ps[(int64_t)edge * bind->soc->lane_count + lane];
    return truth_delay_ps(world->setup->scenario, bind, world_job_id(world, task), edge, lane,
                          edge_samples(world, slot, edge));
}

/* When the data of a task will really be at its PE, if transfers share no links. */
static int64_t arrival_ps(const struct world *world, int32_t task)
{
    const struct view_task *what = &world->tasks[task];
    const struct bind *bind = view_bind(&world->view, task);
    const struct soc *soc = world->setup->soc;
    const struct app_task *shape = &bind->app->tasks[what->index];
    int64_t last_ps = 0;
    for (int32_t i = 0; i < shape->pred_count; i++) {
        const struct app_edge *pred = &bind->app->preds[shape->first_pred + i];
        const struct view_task *producer = &world->tasks[task - what->index + pred->task];
        if (producer->status == TASK_SKIPPED)
            continue;
        int64_t delay_ps =
            edge_delay_ps(world, task, pred->edge, soc_lane(soc, producer->pe, what->pe));
        bool is_read = soc->interconnect == SOC_SHARED_MEMORY && !soc->at_assign;
        int64_t sent_ps = is_read
                              ? world->view.now_ps - delay_ps / 2
                              : view_sent_ps(&world->view, task, pred->edge, producer->finish_ps);
        if (sent_ps + delay_ps > last_ps)
            last_ps = sent_ps + delay_ps;
    }
    return last_ps;
}

/* Has the data of a task come when it really does, which nobody is told before. */
static void await_data(struct world *world, int32_t task)
{
    int64_t at_ps = arrival_ps(world, task);
    if (at_ps <= world->view.now_ps) {
        world->tasks[task].data_ps = at_ps;
        return;
    }
    int32_t number = take_transfer(world);
    world->transfers.list[number] = (struct world_transfer){.producer = -1,
                                                            .consumer = task,
                                                            .edge = -1,
                                                            .to_pe = world->tasks[task].pe,
                                                            .next = -1,
                                                            .sequence = world->sequence};
    world->tasks[task].fetching++;
    world_post(world, at_ps, EVENT_TRANSFER, number);
}

/* Tells of data that a task reads from the shared memory, and that it was written there; where it
 * is written first, once. */
static void tell_access(const struct world *world, int32_t task, int32_t edge)
{
    double bytes = edge_bytes(world, task, edge);
    int64_t access_ps = edge_delay_ps(world, task, edge, 0) / 2;
    for (int32_t i = 0; i < world->setup->observer_count; i++) {
        const struct observer *observer = &world->setup->observers[i];
        int32_t link = world->is_written_first && world->world_tasks[task].is_written ? LINKS_READ
                                                                                      : LINKS_WRITE;
        for (; observer->on_memory_access != NULL && link < LINKS_MEMORY; link++)
            observer->on_memory_access(observer->self, world->view.now_ps, link, bytes, access_ps);
    }
}

/* Has the data of a task come over links, or tells of its way through the shared memory. */
static void ask_edges(struct world *world, int32_t task)
{
    const struct soc *soc = world->setup->soc;
    const struct view_task *what = &world->tasks[task];
    const struct app *app = view_bind(&world->view, task)->app;
    const struct app_task *shape = &app->tasks[what->index];
    for (int32_t i = 0; i < shape->pred_count; i++) {
        const struct app_edge *pred = &app->preds[shape->first_pred + i];
        int32_t producer = task - what->index + pred->task;
        if (world->tasks[producer].status == TASK_SKIPPED)
            continue;
        if (soc->interconnect == SOC_SHARED_MEMORY)
            tell_access(world, task, pred->edge);
        else if (world->tasks[producer].pe != what->pe)
            ask_transfer(world, producer, task, pred->edge);
    }
    world->world_tasks[task].is_written = true;
}

void world_ask_data(struct world *world, int32_t task)
{
    const struct soc *soc = world->setup->soc;
    if (world->setup->scenario->data_factor != NULL && !soc_is_contended(soc))
        await_data(world, task);
    if (soc->interconnect != SOC_MATRIX)
        ask_edges(world, task);
}

/* A DMA channel of a PE is free for another transfer. */
static void leave_channel(struct world *world, int32_t to_pe)
{
    struct world_pe *pe = &world->world_pes[to_pe];
    pe->receiving--;
    while (pe->first_waiting >= 0) {
        int32_t waiting = pe->first_waiting;
        pe->first_waiting = world->transfers.list[waiting].next;
        if (world->transfers.list[waiting].consumer >= 0) {
            start_transfer(world, waiting);
            return;
        }
        release_transfer(world, waiting);
    }
}

void world_stop_transfer(struct world *world, int32_t number)
{
    struct world_transfer *transfer = &world->transfers.list[number];
    assert(transfer->state == TRANSFER_MOVING && transfer->edge >= 0);
    world->engine->kind->stop(world->engine, number);
    tell_lost(world, transfer);
    transfer->state = TRANSFER_STOPPED;
    transfer->sequence = -1;
}

static bool is_match(const struct world *world, const struct world_transfer *transfer,
                     struct transfer_match match)
{
    return transfer->consumer >= 0 && (match.to_pe < 0 || transfer->to_pe == match.to_pe) &&
           (match.job < 0 || world->tasks[transfer->consumer].job == match.job) &&
           (match.consumer < 0 || transfer->consumer == match.consumer);
}

void world_drop_transfers(struct world *world, struct transfer_match match)
{
    for (size_t i = 0; i < world->transfers.capacity; i++) {
        struct world_transfer *transfer = &world->transfers.list[i];
        if (!is_match(world, transfer, match))
            continue;
        if (transfer->edge >= 0 && transfer->state == TRANSFER_MOVING)
            world_stop_transfer(world, (int32_t)i);
        transfer->consumer = -1;
    }
}

void world_settle_transfers(struct world *world)
{
    for (size_t i = 0; i < world->transfers.capacity; i++) {
        const struct world_transfer *transfer = &world->transfers.list[i];
        int32_t number = (int32_t)i, to_pe = transfer->to_pe;
        if (transfer->state != TRANSFER_STOPPED)
            continue;
        if (transfer->consumer >= 0) {
            world->world_pes[to_pe].receiving--;
            world_lose_data(world, transfer->consumer);
            start_transfer(world, number);
        } else {
            release_transfer(world, number);
            leave_channel(world, to_pe);
        }
    }
}

void world_finish_transfer(struct world *world, int32_t number, int64_t sequence)
{
    struct world_transfer transfer = world->transfers.list[number];
    if (transfer.sequence != sequence)
        return; /* it has been stopped */
    release_transfer(world, number);
    if (transfer.edge >= 0) {
        tell_end(world, &transfer);
        leave_channel(world, transfer.to_pe);
    }
    if (transfer.consumer < 0)
        return;
    struct view_task *consumer = &world->tasks[transfer.consumer];
    if (--consumer->fetching > 0)
        return;
    consumer->data_ps = world->view.now_ps;
    world_requeue(world, transfer.consumer);
}

/* ---- shared memory ---- */

/* When all data of a task has been written, by producers that are done. */
static int64_t written_ps(const struct world *world, int32_t task)
{
    const struct view_task *what = &world->tasks[task];
    const struct app *app = view_bind(&world->view, task)->app;
    const struct app_task *shape = &app->tasks[what->index];
    int64_t last_ps = world->view.now_ps;
    for (int32_t i = 0; i < shape->pred_count; i++) {
        const struct app_edge *pred = &app->preds[shape->first_pred + i];
        const struct view_task *producer = &world->tasks[task - what->index + pred->task];
        if (producer->status == TASK_SKIPPED)
            continue;
        int64_t delay_ps = edge_delay_ps(world, task, pred->edge, 0);
        if (producer->finish_ps + delay_ps / 2 > last_ps)
            last_ps = producer->finish_ps + delay_ps / 2;
    }
    return last_ps;
}

void world_await_written(struct world *world, int32_t task)
{
    int64_t at_ps = written_ps(world, task);
    if (world->writing_count == world->writing_capacity)
        world->writing = memory_grow(world->writing, &world->writing_capacity,
                                     world->writing_count + 1, sizeof *world->writing);
    world->writing[world->writing_count++] = (struct world_writing){task, at_ps};
    if (at_ps > world->view.now_ps)
        world_post(world, at_ps, EVENT_READY, -1);
}

void world_take_written(struct world *world)
{
    size_t kept = 0;
    for (size_t i = 0; i < world->writing_count; i++) {
        if (world->writing[i].at_ps <= world->view.now_ps)
            world_make_ready(world, world->writing[i].task);
        else
            world->writing[kept++] = world->writing[i];
    }
    world->writing_count = kept;
}
