/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "workloads/kernels/pages.h"

#include <stdint.h>
#include <sys/mman.h>

#include "base/memory.h"

#define HUGE_BYTES ((size_t)2 << 20)

static size_t round_up(size_t bytes)
{
    return (bytes + HUGE_BYTES - 1) & ~(HUGE_BYTES - 1);
}

void *pages_create(size_t bytes)
{
    size_t size = round_up(bytes);
    if (size < bytes || size > SIZE_MAX - HUGE_BYTES)
        memory_exhausted(bytes, 1);
    char *start =
        mmap(NULL, size + HUGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (start == MAP_FAILED)
        memory_exhausted(bytes, 1);
    size_t before = round_up((uintptr_t)start) - (uintptr_t)start;
    char *aligned = start + before;
    if (before > 0)
        munmap(start, before);
    if (before < HUGE_BYTES)
        munmap(aligned + size, HUGE_BYTES - before);
    if (size > 0)
        madvise(aligned, size, MADV_HUGEPAGE); /* a wish: without it, small pages serve */
    return aligned;
}

void pages_destroy(void *pages, size_t bytes)
{
    if (pages != NULL && bytes > 0)
        munmap(pages, round_up(bytes));
}
