/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/residency.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

void residency_init(struct residency *residency, const struct soc *soc, const struct bind *binds,
                    int32_t bind_count)
{
    *residency = (struct residency){.binds = binds, .pe_count = soc->pe_count};
    bool has_blocks = false;
    for (int32_t i = 0; i < bind_count; i++)
        has_blocks |= binds[i].load_ps != NULL;
    if (!has_blocks)
        return;
    residency->first_block = memory_zeroed((size_t)bind_count, sizeof *residency->first_block);
    for (int32_t i = 0; i < bind_count; i++) {
        residency->first_block[i] = residency->block_count;
        residency->block_count += binds[i].app->task_count;
    }
    size_t blocks = (size_t)residency->block_count, pes = (size_t)soc->pe_count;
    residency->block_bytes = memory_zeroed(blocks, sizeof *residency->block_bytes);
    for (int32_t i = 0; i < bind_count; i++)
        for (int32_t task = 0; binds[i].load_ps != NULL && task < binds[i].app->task_count; task++)
            residency->block_bytes[residency->first_block[i] + task] = binds[i].weight_bytes[task];
    residency->is_there = memory_zeroed(pes * blocks, sizeof *residency->is_there);
    residency->is_unused = memory_zeroed(pes * blocks, sizeof *residency->is_unused);
    residency->links = memory_zeroed(pes * blocks, sizeof *residency->links);
    residency->pes = memory_zeroed(pes, sizeof *residency->pes);
    residency->arriving = memory_zeroed(pes, sizeof *residency->arriving);
    residency->fetches = memory_zeroed(pes * RESIDENCY_FETCHES_MAX, sizeof *residency->fetches);
    for (int32_t pe = 0; pe < soc->pe_count; pe++) {
        residency->arriving[pe].block = -1;
        residency->pes[pe] = (struct residency_pe){
            .free_bytes = soc->kinds[soc->pes[pe].kind].profile.local_bytes,
            .newest = -1,
            .oldest = -1,
            .used_last = -1,
            .fetches = &residency->fetches[(size_t)pe * RESIDENCY_FETCHES_MAX],
        };
    }
}

void residency_finish(struct residency *residency)
{
    free(residency->first_block);
    free(residency->block_bytes);
    free(residency->is_there);
    free(residency->is_unused);
    free(residency->links);
    free(residency->pes);
    free(residency->arriving);
    free(residency->fetches);
    *residency = (struct residency){0};
}

static int64_t index_of(const struct residency *residency, int32_t pe, int32_t block)
{
    return (int64_t)pe * residency->block_count + block;
}

static struct residency_link *link_at(const struct residency *residency, int32_t pe, int32_t block)
{
    return &residency->links[index_of(residency, pe, block)];
}

/* Takes a block out of the list of a PE. */
static void take_out(struct residency *residency, int32_t pe, int32_t block)
{
    struct residency_pe *memory = &residency->pes[pe];
    struct residency_link link = *link_at(residency, pe, block);
    if (link.newer < 0)
        memory->newest = link.older;
    else
        link_at(residency, pe, link.newer)->older = link.older;
    if (link.older < 0)
        memory->oldest = link.newer;
    else
        link_at(residency, pe, link.older)->newer = link.newer;
}

static void put_in_front(struct residency *residency, int32_t pe, int32_t block)
{
    struct residency_pe *memory = &residency->pes[pe];
    *link_at(residency, pe, block) = (struct residency_link){.newer = -1, .older = memory->newest};
    if (memory->newest < 0)
        memory->oldest = block;
    else
        link_at(residency, pe, memory->newest)->newer = block;
    memory->newest = block;
}

/* Takes a block that is there, or on its way, out of the memory of a PE. */
static void drop(struct residency *residency, int32_t pe, int32_t block)
{
    int64_t at = index_of(residency, pe, block);
    take_out(residency, pe, block);
    residency->is_there[at] = false;
    if (residency->is_unused[at])
        residency->wasted_bytes += residency->block_bytes[block];
    residency->is_unused[at] = false;
    residency->pes[pe].free_bytes += residency->block_bytes[block];
}

/* ---- in advance ---- */

/* The place of a block among those on their way to a PE, -1 if it is not. */
static int32_t find_fetch(const struct residency_pe *memory, int32_t block)
{
    int32_t place = 0;
    while (place < memory->fetch_count && memory->fetches[place].block != block)
        place++;
    return place < memory->fetch_count ? place : -1;
}

static void show_arriving(struct residency *residency, int32_t pe)
{
    const struct residency_pe *memory = &residency->pes[pe];
    residency->arriving[pe] =
        memory->fetch_count > 0
            ? (struct view_fetch){memory->fetches[0].block, memory->fetches[0].end_ps}
            : (struct view_fetch){.block = -1};
}

static void remove_fetch(struct residency *residency, int32_t pe, int32_t place)
{
    struct residency_pe *memory = &residency->pes[pe];
    memory->fetch_count--;
    residency->fetch_count--;
    memmove(&memory->fetches[place], &memory->fetches[place + 1],
            (size_t)(memory->fetch_count - place) * sizeof *memory->fetches);
}

/* Notes what has arrived at a PE. */
static void settle(struct residency *residency, int32_t pe, int64_t now_ps)
{
    struct residency_pe *memory = &residency->pes[pe];
    while (memory->fetch_count > 0 && memory->fetches[0].end_ps <= now_ps) {
        int32_t block = memory->fetches[0].block;
        residency->is_there[index_of(residency, pe, block)] = true;
        residency->is_unused[index_of(residency, pe, block)] = true;
        residency->loaded_bytes += residency->block_bytes[block];
        residency->prefetched_bytes += residency->block_bytes[block];
        remove_fetch(residency, pe, 0);
    }
    show_arriving(residency, pe);
}

/* Has the fetches of a PE from a place on come one after the other from a date on. */
static void line_up(struct residency *residency, int32_t pe, int32_t place, int64_t begin_ps)
{
    struct residency_pe *memory = &residency->pes[pe];
    for (int32_t i = place; i < memory->fetch_count; i++) {
        int64_t length_ps = memory->fetches[i].end_ps - memory->fetches[i].begin_ps;
        memory->fetches[i].begin_ps = begin_ps;
        begin_ps = memory->fetches[i].end_ps = begin_ps + length_ps;
    }
    show_arriving(residency, pe);
}

/* Gives up a fetch of a PE that has been settled; those behind it come earlier. */
static void give_up(struct residency *residency, int32_t pe, int32_t place, int64_t now_ps)
{
    struct residency_pe *memory = &residency->pes[pe];
    struct residency_fetch fetch = memory->fetches[place];
    if (fetch.begin_ps < now_ps) {
        double part = (double)(now_ps - fetch.begin_ps) / (double)(fetch.end_ps - fetch.begin_ps);
        double bytes = part * residency->block_bytes[fetch.block];
        residency->loaded_bytes += bytes;
        residency->prefetched_bytes += bytes;
        residency->wasted_bytes += bytes;
    }
    remove_fetch(residency, pe, place);
    drop(residency, pe, fetch.block);
    line_up(residency, pe, place, fetch.begin_ps > now_ps ? fetch.begin_ps : now_ps);
}

void residency_settle(struct residency *residency, int64_t now_ps)
{
    for (int32_t pe = 0; residency->fetch_count > 0 && pe < residency->pe_count; pe++)
        settle(residency, pe, now_ps);
}

void residency_cancel(struct residency *residency, int32_t task, int64_t now_ps)
{
    residency_settle(residency, now_ps);
    for (int32_t pe = 0; residency->fetch_count > 0 && pe < residency->pe_count; pe++)
        for (int32_t i = residency->pes[pe].fetch_count - 1; i >= 0; i--)
            if (residency->pes[pe].fetches[i].task == task)
                give_up(residency, pe, i, now_ps);
}

/* Whether a block has to stay for one that is fetched in advance. */
static bool is_held(const struct residency_pe *memory, int32_t block)
{
    return block == memory->used_last || find_fetch(memory, block) >= 0;
}

bool residency_fetch(struct residency *residency, int32_t pe, int32_t block, int32_t task,
                     int64_t load_ps, int64_t now_ps)
{
    struct residency_pe *memory = &residency->pes[pe];
    settle(residency, pe, now_ps);
    double bytes = residency->block_bytes[block], room = memory->free_bytes;
    if (residency->is_there[index_of(residency, pe, block)] || find_fetch(memory, block) >= 0)
        return true;
    for (int32_t i = memory->oldest; i >= 0; i = link_at(residency, pe, i)->newer)
        room += is_held(memory, i) ? 0 : residency->block_bytes[i];
    if (room < bytes || memory->fetch_count == RESIDENCY_FETCHES_MAX)
        return false;
    for (int32_t i = memory->oldest; memory->free_bytes < bytes;) {
        int32_t newer = link_at(residency, pe, i)->newer;
        if (!is_held(memory, i))
            drop(residency, pe, i);
        i = newer;
    }
    memory->free_bytes -= bytes;
    put_in_front(residency, pe, block);
    int64_t begin_ps = memory->loading_ps > now_ps ? memory->loading_ps : now_ps;
    if (memory->fetch_count > 0)
        begin_ps = memory->fetches[memory->fetch_count - 1].end_ps;
    memory->fetches[memory->fetch_count++] =
        (struct residency_fetch){block, task, begin_ps, begin_ps + load_ps};
    residency->fetch_count++;
    show_arriving(residency, pe);
    return true;
}

void residency_close(struct residency *residency, int64_t now_ps)
{
    if (residency->is_there == NULL)
        return;
    for (int32_t pe = 0; pe < residency->pe_count; pe++) {
        settle(residency, pe, now_ps);
        while (residency->pes[pe].fetch_count > 0)
            give_up(residency, pe, 0, now_ps);
        for (int32_t block = 0; block < residency->block_count; block++)
            if (residency->is_unused[index_of(residency, pe, block)])
                drop(residency, pe, block);
    }
}

/* ---- when a task needs it ---- */

/* If it is the block that is just coming, notes it as there; returns the time until it is. */
static int64_t await(struct residency *residency, int32_t pe, int32_t block, int64_t now_ps)
{
    struct residency_pe *memory = &residency->pes[pe];
    const struct residency_fetch *fetch = memory->fetches;
    if (memory->fetch_count == 0 || fetch->block != block || fetch->begin_ps > now_ps)
        return 0;
    memory->load_begin_ps = fetch->begin_ps;
    memory->loading_ps = fetch->end_ps;
    memory->is_in_advance = true;
    settle(residency, pe, memory->loading_ps);
    return memory->loading_ps - now_ps;
}

int64_t residency_use(struct residency *residency, int32_t pe, int32_t block, int64_t load_ps,
                      int64_t now_ps)
{
    struct residency_pe *memory = &residency->pes[pe];
    int64_t at = index_of(residency, pe, block);
    settle(residency, pe, now_ps);
    int64_t wait_ps = await(residency, pe, block, now_ps);
    memory->used_last = block;
    if (residency->is_there[at]) {
        residency->is_unused[at] = false;
        take_out(residency, pe, block);
        put_in_front(residency, pe, block);
        return wait_ps;
    }
    while (memory->fetch_count > 0)
        give_up(residency, pe, 0, now_ps);
    while (memory->free_bytes < residency->block_bytes[block]) {
        assert(memory->oldest >= 0);
        drop(residency, pe, memory->oldest);
    }
    memory->free_bytes -= residency->block_bytes[block];
    memory->load_begin_ps = now_ps;
    memory->loading_ps = now_ps + load_ps;
    memory->is_in_advance = false;
    residency->is_there[at] = true;
    residency->loaded_bytes += residency->block_bytes[block];
    put_in_front(residency, pe, block);
    return load_ps;
}

void residency_abort(struct residency *residency, int32_t pe, int64_t now_ps)
{
    if (residency->is_there == NULL || residency->pes[pe].loading_ps <= now_ps)
        return;
    struct residency_pe *memory = &residency->pes[pe];
    int32_t block = memory->used_last;
    double part = (double)(memory->loading_ps - now_ps) /
                  (double)(memory->loading_ps - memory->load_begin_ps);
    double missing = part * residency->block_bytes[block];
    residency->loaded_bytes -= missing;
    if (memory->is_in_advance) {
        residency->prefetched_bytes -= missing;
        residency->wasted_bytes += residency->block_bytes[block] - missing;
    }
    drop(residency, pe, block);
    memory->used_last = -1;
    memory->loading_ps = now_ps;
    line_up(residency, pe, 0, now_ps);
}

void residency_lose(struct residency *residency, int32_t pe, int64_t now_ps)
{
    if (residency->is_there == NULL)
        return;
    struct residency_pe *memory = &residency->pes[pe];
    settle(residency, pe, now_ps);
    while (memory->fetch_count > 0)
        give_up(residency, pe, memory->fetch_count - 1, now_ps);
    while (memory->oldest >= 0)
        drop(residency, pe, memory->oldest);
    memory->used_last = -1;
    memory->loading_ps = now_ps;
}
