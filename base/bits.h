/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A set of numbers below a limit that can be gone through in order: a bit for each number, and
 * above each 64 words one word that says which of them are not 0, up to a single word. */
#ifndef HETSOC_BASE_BITS_H
#define HETSOC_BASE_BITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Words that a set of numbers below `limit` takes; zeroed, they are the empty set. The memory is
 * the caller's, and `limit` the same in every call for it. */
size_t bits_words(int32_t limit);

/* Adds a number, or takes it out, whether it is there or not. O(log limit / 6). */
void bits_add(uint64_t *words, int32_t limit, int32_t number);
void bits_remove(uint64_t *words, int32_t limit, int32_t number);

bool bits_has(const uint64_t *words, int32_t number);

/* The first number of the set that is not below `from`; -1: there is none. O(log limit / 6). */
int32_t bits_next(const uint64_t *words, int32_t limit, int32_t from);

#endif
