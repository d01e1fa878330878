/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A set of texts, numbered from 0 in the order in which they were added. */
#ifndef HETSOC_TRACES_NAMES_H
#define HETSOC_TRACES_NAMES_H

#include <stddef.h>
#include <stdint.h>

struct names_entry;

struct names {
    const char **texts; /* [count] borrowed */
    int32_t count;
    size_t capacity;
    struct names_entry *entries; /* a hash table */
};

/* A zeroed struct is an empty set. Frees what it grew, not the texts. */
void names_finish(struct names *names);

/* What a text stands for, -1 if it is not there. O(1). */
int32_t names_find(const struct names *names, const char *text);

/* Adds a text that stands for `number`, or for its place if that is -1. Returns -1 if it is there
 * already, otherwise what it stands for. Amortized O(1). */
int32_t names_add(struct names *names, const char *text, int32_t number);

/* The name nearest to one that is none of them, for hints; NULL if none is near. O(names). */
const char *names_nearest(const struct names *names, const char *text);

#endif
