/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Room for what is in use between a forward and a backward pass.
 *
 * It grows until it has seen its largest pass and allocates nothing from then on. One per thread of
 * work. */
#ifndef HETSOC_AGENTS_WORKSPACE_H
#define HETSOC_AGENTS_WORKSPACE_H

#include <stddef.h>

#include "agents/real.h"

struct workspace;

struct workspace *workspace_create(void);
void workspace_destroy(struct workspace *workspace); /* NULL is fine */

/* Takes everything back. */
void workspace_reset(struct workspace *workspace);

/* Takes back what was taken since the mark was set. */
struct workspace_mark {
    const void *block;
    size_t used;
};
struct workspace_mark workspace_mark(const struct workspace *workspace);
void workspace_rewind(struct workspace *workspace, struct workspace_mark mark);

/* `bytes` that stay where they are until taken back, aligned to 64, not cleared. */
void *workspace_take(struct workspace *workspace, size_t bytes);

/* `count` reals, not cleared; and `count` zeros. */
real *workspace_reals(struct workspace *workspace, size_t count);
real *workspace_zeros(struct workspace *workspace, size_t count);

#endif
