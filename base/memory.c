/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/memory.h"

#include <assert.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_FIRST   ((size_t)4096)
#define CHUNK_LARGEST ((size_t)1 << 20)

struct chunk {
    struct chunk *previous;
    size_t used, size;
    alignas(max_align_t) unsigned char bytes[];
};

struct arena {
    struct chunk *last;
    size_t next_size;
};

_Noreturn void memory_exhausted(size_t count, size_t size)
{
    fprintf(stderr, "hetsoc: out of memory (asked for %zu x %zu bytes)\n", count, size);
    exit(MEMORY_EXHAUSTED);
}

void *memory_zeroed(size_t count, size_t size)
{
    void *memory = calloc(count > 0 ? count : 1, size > 0 ? size : 1);
    if (memory == NULL) {
        memory_exhausted(count, size);
    }
    return memory;
}

void *memory_resize(void *old, size_t count, size_t size)
{
    if (size > 0 && count > SIZE_MAX / size) {
        memory_exhausted(count, size);
    }
    size_t bytes = count * size;
    void *memory = realloc(old, bytes > 0 ? bytes : 1);
    if (memory == NULL) {
        memory_exhausted(count, size);
    }
    return memory;
}

char *memory_string(const char *text)
{
    size_t size = strlen(text) + 1;
    return memcpy(memory_zeroed(size, 1), text, size);
}

void *memory_grow(void *old, size_t *capacity, size_t needed, size_t size)
{
    if (needed <= *capacity) {
        return old;
    }
    size_t wanted = *capacity > 0 ? *capacity : 8;
    while (wanted < needed) {
        wanted = wanted > SIZE_MAX / 2 ? needed : wanted * 2;
    }
    void *memory = memory_resize(old, wanted, size);
    *capacity = wanted;
    return memory;
}

struct arena *arena_create(void)
{
    struct arena *arena = memory_zeroed(1, sizeof *arena);
    arena->next_size = CHUNK_FIRST;
    return arena;
}

void arena_destroy(struct arena *arena)
{
    if (arena == NULL) {
        return;
    }
    for (struct chunk *chunk = arena->last; chunk != NULL;) {
        struct chunk *previous = chunk->previous;
        free(chunk);
        chunk = previous;
    }
    free(arena);
}

static struct chunk *chunk_create(size_t bytes)
{
    if (bytes > SIZE_MAX - sizeof(struct chunk)) {
        memory_exhausted(1, bytes);
    }
    struct chunk *chunk = calloc(1, sizeof *chunk + bytes);
    if (chunk == NULL) {
        memory_exhausted(1, bytes);
    }
    chunk->size = bytes;
    return chunk;
}

/* gcc overlooks that the arena has the chunk, of which the inside goes out. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wanalyzer-malloc-leak"
/* A chunk of its own for something big goes behind the last one, whose rest stays in use. */
static void *take_alone(struct arena *arena, size_t bytes)
{
    struct chunk *chunk = chunk_create(bytes);
    chunk->used = bytes;
    if (arena->last == NULL) {
        arena->last = chunk;
    } else {
        chunk->previous = arena->last->previous;
        arena->last->previous = chunk;
    }
    return chunk->bytes;
}
#pragma GCC diagnostic pop

void *arena_zeroed(struct arena *arena, size_t count, size_t size)
{
    assert(arena != NULL);
    const size_t unit = alignof(max_align_t);
    if (size > 0 && count > (SIZE_MAX - unit) / size) {
        memory_exhausted(count, size);
    }
    size_t bytes = (count * size + unit - 1) / unit * unit;
    if (bytes == 0) {
        bytes = unit;
    }
    if (arena->last == NULL || arena->last->size - arena->last->used < bytes) {
        if (bytes > arena->next_size / 4) {
            return take_alone(arena, bytes);
        }
        struct chunk *chunk = chunk_create(arena->next_size);
        chunk->previous = arena->last;
        arena->last = chunk;
        if (arena->next_size < CHUNK_LARGEST) {
            arena->next_size *= 2;
        }
    }
    void *memory = arena->last->bytes + arena->last->used;
    arena->last->used += bytes;
    return memory;
}

char *arena_substring(struct arena *arena, const char *text, size_t length)
{
    char *copy = arena_zeroed(arena, length + 1, 1);
    memcpy(copy, text, length);
    return copy;
}

char *arena_string(struct arena *arena, const char *text)
{
    return arena_substring(arena, text, strlen(text));
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    assert(length >= 0);
    char *text = arena_zeroed(arena, (size_t)length + 1, 1);
    vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    return text;
}
