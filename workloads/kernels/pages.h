/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Memory for weights: zeroed, aligned to 2 MiB, on huge pages where the system has them. */
#ifndef HETSOC_WORKLOADS_KERNELS_PAGES_H
#define HETSOC_WORKLOADS_KERNELS_PAGES_H

#include <stddef.h>

/* Owned by the caller; running out of memory ends the program (base/memory.h). */
void *pages_create(size_t bytes);

/* The same number of bytes as it was created with; NULL is fine. */
void pages_destroy(void *pages, size_t bytes);

#endif
