/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files whose bytes are counted and checksummed on their way, compressed if their name ends in .zst
 * (zstd). What comes out is a stream of stdio. */
#ifndef HETSOC_BASE_PACKED_H
#define HETSOC_BASE_PACKED_H

#include <stdint.h>

#include "base/fault.h"

/* What has passed so far, as it is without compression. */
struct packed_sum {
    int64_t bytes;
    uint32_t crc32; /* of IEEE 802.3, as zlib, PNG and `crc32` compute it; begins with 0 */
};

/* Opens a file for reading. What has passed is counted into `sum`, which the stream borrows; memory
 * is bounded whatever the file holds. Compressed bytes that are damaged are an error of reading
 * with errno EBADMSG, those that end too early with ENODATA. NULL and a fault if the file cannot be
 * opened. */
FILE *packed_read(const char *path, struct packed_sum *sum, struct fault *fault);

/* What one of these two errors means; NULL for all others. */
const char *packed_reason(int error);

/* Creates or truncates a file. Whether all was written shows when the stream is closed; then `sum`
 * is that of the whole file. NULL and a fault if it cannot be made. */
FILE *packed_write(const char *path, struct packed_sum *sum, struct fault *fault);

#endif
