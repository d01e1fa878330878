/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Allocation that never returns NULL, and an arena for descriptions that live and die together.
 *
 * Out of memory stops the program with a message and exit status MEMORY_EXHAUSTED (a trial that
 * runs out of memory is a child process, so it costs one row). */
#ifndef HETSOC_BASE_MEMORY_H
#define HETSOC_BASE_MEMORY_H

#include <stddef.h>

/* EX_OSERR of sysexits.h */
enum { MEMORY_EXHAUSTED = 71 };

/* `count` zeroed elements of `size` bytes on the heap; owned by the caller, released by free(). */
void *memory_zeroed(size_t count, size_t size);

/* realloc to `count` elements of `size` bytes; new bytes are undefined. Owned as by realloc. */
void *memory_resize(void *old, size_t count, size_t size);

/* A copy of a string; owned by the caller, released by free(). */
char *memory_string(const char *text);

/* Makes room for at least `needed` elements by doubling; `*capacity` is updated. Returns the
 * (possibly moved) array. Amortized O(1) per element. */
void *memory_grow(void *old, size_t *capacity, size_t needed, size_t size);

/* Ends the program as a failed allocation does; for libraries that report theirs to the caller. */
_Noreturn void memory_exhausted(size_t count, size_t size);

/* Chunks of memory released all at once. */
struct arena;

struct arena *arena_create(void);
void arena_destroy(struct arena *arena); /* NULL is fine */

/* `count` zeroed elements of `size` bytes, aligned for any object; owned by the arena. */
void *arena_zeroed(struct arena *arena, size_t count, size_t size);

/* Copies of a string, whole or its first `length` bytes, NUL-terminated; owned by the arena. */
char *arena_string(struct arena *arena, const char *text);
char *arena_substring(struct arena *arena, const char *text, size_t length);

/* printf into the arena; the result is owned by the arena. */
char *arena_printf(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
