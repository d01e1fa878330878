/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agents/workspace.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

enum { ALIGNMENT = 64, SMALLEST_BLOCK = 1 << 16 };

struct block {
    struct block *previous;
    unsigned char *bytes;
    size_t used, size;
};

struct workspace {
    struct block *last; /* one block is enough once the largest pass has been seen */
    size_t used, most;  /* bytes taken, in all blocks: now, and at most so far */
};

static void push_block(struct workspace *workspace, size_t size)
{
    struct block *block = memory_zeroed(1, sizeof *block);
    block->bytes = aligned_alloc(ALIGNMENT, size);
    if (block->bytes == NULL)
        memory_exhausted(1, size);
    block->size = size;
    block->previous = workspace->last;
    workspace->last = block;
}

static void pop_block(struct workspace *workspace)
{
    struct block *block = workspace->last;
    workspace->used -= block->used;
    workspace->last = block->previous;
    free(block->bytes);
    free(block);
}

struct workspace *workspace_create(void)
{
    struct workspace *workspace = memory_zeroed(1, sizeof *workspace);
    push_block(workspace, SMALLEST_BLOCK);
    return workspace;
}

void workspace_destroy(struct workspace *workspace)
{
    if (workspace == NULL)
        return;
    while (workspace->last != NULL)
        pop_block(workspace);
    free(workspace);
}

void workspace_reset(struct workspace *workspace)
{
    if (workspace->last->size < workspace->most) {
        while (workspace->last != NULL)
            pop_block(workspace);
        push_block(workspace, workspace->most);
    }
    workspace->last->used = 0;
    workspace->used = 0;
}

struct workspace_mark workspace_mark(const struct workspace *workspace)
{
    return (struct workspace_mark){workspace->last, workspace->last->used};
}

void workspace_rewind(struct workspace *workspace, struct workspace_mark mark)
{
    while (workspace->last != mark.block)
        pop_block(workspace);
    workspace->used -= workspace->last->used - mark.used;
    workspace->last->used = mark.used;
}

void *workspace_take(struct workspace *workspace, size_t bytes)
{
    if (bytes > SIZE_MAX / 2)
        memory_exhausted(1, bytes);
    bytes = (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (workspace->last->size - workspace->last->used < bytes)
        push_block(workspace, bytes > SMALLEST_BLOCK ? bytes : SMALLEST_BLOCK);
    void *memory = workspace->last->bytes + workspace->last->used;
    workspace->last->used += bytes;
    workspace->used += bytes;
    if (workspace->used > workspace->most)
        workspace->most = workspace->used;
    return memory;
}

real *workspace_reals(struct workspace *workspace, size_t count)
{
    return workspace_take(workspace, count * sizeof(real));
}

real *workspace_zeros(struct workspace *workspace, size_t count)
{
    real *reals = workspace_reals(workspace, count);
    memset(reals, 0, count * sizeof *reals);
    return reals;
}
