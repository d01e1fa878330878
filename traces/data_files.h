/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The files that tasks of a workflow write and read: what data the edges of its graph carry. */
#ifndef HETSOC_TRACES_DATA_FILES_H
#define HETSOC_TRACES_DATA_FILES_H

#include "traces/draft.h"

struct data_files;

struct data_files *data_files_create(void);
void data_files_destroy(struct data_files *files); /* NULL is fine */

/* Says how large a file is, for tasks that do not say it themselves; of several the first counts.
 * `name` is borrowed, here and below. */
void data_files_size(struct data_files *files, const char *name, double bytes);

/* A task writes or reads a file of so many bytes, NAN if it does not say; of several for one task
 * and file the first counts. */
void data_files_write(struct data_files *files, const char *name, int32_t task, double bytes);
void data_files_read(struct data_files *files, const char *name, int32_t task, double bytes);

/* Adds to each edge of a merged draft the sizes of the files that its producer writes and its
 * consumer reads, as the producer says if it does. Notes where they disagree: a file goes from a
 * task to one that is not among its children, nobody knows its size, both say another. Faults: more
 * than 1e8 pairs of writers and readers. O(V + E + pairs). */
bool data_files_assign(struct data_files *files, struct draft *draft, struct imported *imported,
                       struct arena *arena, const char *path, struct fault *fault);

#endif
