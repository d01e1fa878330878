/* SPDX-License-Identifier: GPL-3.0-or-later */
/* safetensors files: named arrays of numbers and a few strings about them.
 *
 * The format: 8 bytes (little-endian) length of the header; the header, a JSON object
 * {"NAME": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}, ..., "__metadata__": {"KEY":
 * "VALUE"}}, padded with spaces to a multiple of 8; then the arrays, little-endian, without gaps.
 *
 * The reader trusts nothing: every array must lie inside the file, all of them together must cover
 * the data exactly once, sizes must be those of dtype and shape, names must be unique and UTF-8. It
 * takes as much memory as the file is long, and refuses files above SAFETENSORS_FILE_LIMIT. */
#ifndef HETSOC_BASE_SAFETENSORS_H
#define HETSOC_BASE_SAFETENSORS_H

#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"

#define SAFETENSORS_FILE_LIMIT   (INT64_C(1) << 31)
#define SAFETENSORS_HEADER_LIMIT (INT64_C(1) << 20)

enum { SAFETENSORS_RANK_LIMIT = 8 };

enum safetensors_type {
    SAFETENSORS_BOOL,
    SAFETENSORS_U8,
    SAFETENSORS_I8,
    SAFETENSORS_U16,
    SAFETENSORS_I16,
    SAFETENSORS_F16,
    SAFETENSORS_BF16,
    SAFETENSORS_U32,
    SAFETENSORS_I32,
    SAFETENSORS_F32,
    SAFETENSORS_U64,
    SAFETENSORS_I64,
    SAFETENSORS_F64,
};

/* "F32" and 4. */
const char *safetensors_type_name(enum safetensors_type type);
size_t safetensors_type_size(enum safetensors_type type);

struct safetensors_array {
    const char *name; /* UTF-8 */
    enum safetensors_type type;
    int32_t rank;                          /* 0 = one number */
    int64_t shape[SAFETENSORS_RANK_LIMIT]; /* row-major */
    size_t count;                          /* numbers: the product of the shape */
    const void *data;                      /* may be unaligned in a file from elsewhere: memcpy */
};

struct safetensors_note {
    const char *key, *value; /* UTF-8 */
};

/* Writes PATH.new, syncs it and renames it to PATH: after a crash, PATH is the old file or the new
 * one. Names must be unique and not "__metadata__". A fault if the disk does not take it; the old
 * file is then still there. */
bool safetensors_write(const char *path, const struct safetensors_array *arrays, int32_t count,
                       const struct safetensors_note *notes, int32_t note_count,
                       struct fault *fault);

/* A file that has been read and checked. */
struct safetensors {
    int32_t count, note_count;
    struct safetensors_array *arrays; /* in the order of their data */
    struct safetensors_note *notes;   /* in the order of the file */
    struct arena *arena;              /* of all this; freed by safetensors_close */
    void *data;
};

/* NULL and a fault (path, reason) if it is not a sound file. */
struct safetensors *safetensors_open(const char *path, struct fault *fault);
void safetensors_close(struct safetensors *file); /* NULL is fine */

/* The array or the note of this name, NULL if there is none. O(count). */
const struct safetensors_array *safetensors_find(const struct safetensors *file, const char *name);
const char *safetensors_note(const struct safetensors *file, const char *key);

#endif
