/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/residency.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"

void residency_init(struct residency *residency, const struct soc *soc, const struct bind *binds,
                    int32_t bind_count)
{
    *residency = (struct residency){.binds = binds};
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
    residency->links = memory_zeroed(pes * blocks, sizeof *residency->links);
    residency->pes = memory_zeroed(pes, sizeof *residency->pes);
    for (int32_t pe = 0; pe < soc->pe_count; pe++)
        residency->pes[pe] = (struct residency_pe){
            soc->kinds[soc->pes[pe].kind].profile.local_bytes, .newest = -1, .oldest = -1};
}

void residency_finish(struct residency *residency)
{
    free(residency->first_block);
    free(residency->block_bytes);
    free(residency->is_there);
    free(residency->links);
    free(residency->pes);
    *residency = (struct residency){0};
}

static struct residency_link *link_at(const struct residency *residency, int32_t pe, int32_t block)
{
    return &residency->links[(int64_t)pe * residency->block_count + block];
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

bool residency_use(struct residency *residency, int32_t pe, int32_t block)
{
    struct residency_pe *memory = &residency->pes[pe];
    bool *is_there = &residency->is_there[(int64_t)pe * residency->block_count];
    if (is_there[block]) {
        take_out(residency, pe, block);
        put_in_front(residency, pe, block);
        return false;
    }
    double bytes = residency->block_bytes[block];
    while (memory->free_bytes < bytes) {
        int32_t dropped = memory->oldest;
        assert(dropped >= 0);
        take_out(residency, pe, dropped);
        is_there[dropped] = false;
        memory->free_bytes += residency->block_bytes[dropped];
    }
    memory->free_bytes -= bytes;
    is_there[block] = true;
    put_in_front(residency, pe, block);
    residency->loaded_bytes += bytes;
    return true;
}
