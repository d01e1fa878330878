/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lab/idx.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/memory.h"

/* Reads exactly `count` bytes; false and a fault if the file ends before or is broken. */
static bool read_bytes(gzFile file, void *bytes, size_t count, const char *path,
                       struct fault *fault)
{
    enum { PIECE = 1 << 20 };
    unsigned char *to = bytes;
    for (size_t done = 0; done < count;) {
        size_t left = count - done;
        int got = gzread(file, to + done, (unsigned)(left < PIECE ? left : PIECE));
        if (got < 0) {
            int number;
            return fault_set(fault, path, NULL, "cannot be read: %s", gzerror(file, &number));
        }
        if (got == 0)
            return fault_set(fault, path, "is the download complete?",
                             "the file ends before its last value");
        done += (size_t)got;
    }
    return true;
}

static bool read_header(gzFile file, struct idx *idx, int32_t rank, const char *path,
                        struct fault *fault)
{
    unsigned char head[4], side[4];
    if (!read_bytes(file, head, sizeof head, path, fault))
        return false;
    if (head[0] != 0 || head[1] != 0 || head[2] != 8 || head[3] != rank)
        return fault_set(fault, path, "IDX files of the MNIST family hold bytes",
                         "it does not begin as an IDX file of %d dimensions of bytes", (int)rank);
    idx->rank = rank;
    for (int32_t i = 0; i < rank; i++) {
        if (!read_bytes(file, side, sizeof side, path, fault))
            return false;
        uint32_t value =
            (uint32_t)side[0] << 24 | (uint32_t)side[1] << 16 | (uint32_t)side[2] << 8 | side[3];
        uint32_t limit = i == 0 ? IDX_ITEMS_LIMIT : IDX_SIDE_LIMIT;
        if (value < 1 || value > limit)
            return fault_set(fault, path, NULL, "dimension %d is %lu, not from 1 to %lu", (int)i,
                             (unsigned long)value, (unsigned long)limit);
        idx->shape[i] = (int32_t)value;
    }
    return true;
}

static bool read_all(gzFile file, struct idx *idx, int32_t rank, const char *path,
                     struct fault *fault)
{
    if (!read_header(file, idx, rank, path, fault))
        return false;
    size_t count = 1;
    for (int32_t i = 0; i < rank; i++)
        count *= (size_t)idx->shape[i];
    idx->values = malloc(count);
    if (idx->values == NULL)
        memory_exhausted(count, 1);
    if (!read_bytes(file, idx->values, count, path, fault))
        return false;
    char more;
    return gzread(file, &more, 1) == 0 ||
           fault_set(fault, path, NULL, "the file goes on after its last value");
}

bool idx_read(struct idx *idx, const char *path, int32_t rank, struct fault *fault)
{
    *idx = (struct idx){0};
    gzFile file = gzopen(path, "rb");
    if (file == NULL)
        return fault_set(fault, path, NULL, "cannot be opened: %s", strerror(errno));
    bool ok = read_all(file, idx, rank, path, fault);
    gzclose(file);
    if (!ok)
        idx_finish(idx);
    return ok;
}

void idx_finish(struct idx *idx)
{
    free(idx->values);
    *idx = (struct idx){0};
}
