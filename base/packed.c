/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/packed.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

#include "base/crc32.h"
#include "base/memory.h"

/* Bytes that go to or come from the file at a time. */
enum { BLOCK_SIZE = 128 * 1024 };

/* Windows that a frame may ask for: 8 MiB, what zstd itself makes up to level 19. */
enum { WINDOW_LOG_MAX = 23 };

/* The fastest of the usual levels: a trial waits if its trace falls behind. */
enum { LEVEL = 1 };

struct packed {
    int file;
    struct packed_sum *sum;
    ZSTD_CCtx *compress; /* NULL: as it is */
    ZSTD_DCtx *expand;
    char *buffer; /* of the stream */
    char *block;  /* compressed bytes */
    size_t block_start, block_end;
    bool is_in_frame;
};

static void count(struct packed *packed, const void *data, size_t size)
{
    packed->sum->bytes += (int64_t)size;
    packed->sum->crc32 = crc32_add(packed->sum->crc32, data, size);
}

/* ---- reading ---- */

static ssize_t read_block(const struct packed *packed, char *bytes, size_t size)
{
    ssize_t got;
    do
        got = read(packed->file, bytes, size);
    while (got < 0 && errno == EINTR);
    return got;
}

static ssize_t fail(int reason)
{
    errno = reason;
    return -1;
}

/* Expands until there is something to return, or the file is over. */
static ssize_t expand(struct packed *packed, char *bytes, size_t size)
{
    ZSTD_outBuffer out = {bytes, size, 0};
    while (out.pos == 0) {
        if (packed->block_start == packed->block_end) {
            ssize_t got = read_block(packed, packed->block, BLOCK_SIZE);
            if (got == 0 && packed->is_in_frame)
                return fail(ENODATA);
            if (got <= 0)
                return got;
            packed->block_start = 0;
            packed->block_end = (size_t)got;
        }
        ZSTD_inBuffer in = {packed->block, packed->block_end, packed->block_start};
        size_t hint = ZSTD_decompressStream(packed->expand, &out, &in);
        if (ZSTD_isError(hint))
            return fail(EBADMSG);
        packed->is_in_frame = hint != 0;
        packed->block_start = in.pos;
    }
    return (ssize_t)out.pos;
}

static ssize_t on_read(void *self, char *bytes, size_t size)
{
    struct packed *packed = self;
    ssize_t got =
        packed->expand != NULL ? expand(packed, bytes, size) : read_block(packed, bytes, size);
    if (got > 0)
        count(packed, bytes, (size_t)got);
    return got;
}

/* ---- writing ---- */

static bool write_all(const struct packed *packed, const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t written = write(packed->file, bytes, size);
        if (written < 0 && errno != EINTR)
            return false;
        if (written > 0) {
            bytes += written;
            size -= (size_t)written;
        }
    }
    return true;
}

/* Compresses bytes into the file; with ZSTD_e_end, ends the frame. */
static bool pack(struct packed *packed, const char *bytes, size_t size, ZSTD_EndDirective directive)
{
    ZSTD_inBuffer in = {bytes, size, 0};
    size_t left = 1;
    while (in.pos < in.size || (directive == ZSTD_e_end && left > 0)) {
        ZSTD_outBuffer out = {packed->block, BLOCK_SIZE, 0};
        left = ZSTD_compressStream2(packed->compress, &out, &in, directive);
        if (ZSTD_isError(left)) {
            errno = ENOMEM;
            return false;
        }
        if (!write_all(packed, packed->block, out.pos))
            return false;
    }
    return true;
}

static ssize_t on_write(void *self, const char *bytes, size_t size)
{
    struct packed *packed = self;
    bool ok = packed->compress != NULL ? pack(packed, bytes, size, ZSTD_e_continue)
                                       : write_all(packed, bytes, size);
    if (!ok)
        return 0;
    count(packed, bytes, size);
    return (ssize_t)size;
}

/* ---- both ---- */

static int on_close(void *self)
{
    struct packed *packed = self;
    bool ok = packed->compress == NULL || pack(packed, "", 0, ZSTD_e_end);
    int reason = errno;
    if (close(packed->file) != 0 && ok) {
        ok = false;
        reason = errno;
    }
    ZSTD_freeCCtx(packed->compress);
    ZSTD_freeDCtx(packed->expand);
    free(packed->block);
    free(packed->buffer);
    free(packed);
    errno = reason;
    return ok ? 0 : EOF;
}

static bool is_compressed(const char *path)
{
    size_t length = strlen(path);
    return length >= 4 && strcmp(path + length - 4, ".zst") == 0;
}

/* Makes the parts that compression needs. */
static void prepare(struct packed *packed, bool is_read)
{
    packed->block = memory_zeroed(BLOCK_SIZE, 1);
    if (is_read)
        packed->expand = ZSTD_createDCtx();
    else
        packed->compress = ZSTD_createCCtx();
    if (packed->expand == NULL && packed->compress == NULL)
        memory_exhausted(1, BLOCK_SIZE);
    if (is_read) {
        ZSTD_DCtx_setParameter(packed->expand, ZSTD_d_windowLogMax, WINDOW_LOG_MAX);
    } else {
        ZSTD_CCtx_setParameter(packed->compress, ZSTD_c_compressionLevel, LEVEL);
        ZSTD_CCtx_setParameter(packed->compress, ZSTD_c_checksumFlag, 1);
    }
}

static FILE *open_packed(const char *path, bool is_read, struct packed_sum *sum)
{
    int file =
        open(path, is_read ? O_RDONLY | O_CLOEXEC : O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (file < 0)
        return NULL;
    struct packed *packed = memory_zeroed(1, sizeof *packed);
    packed->file = file;
    packed->sum = sum;
    *sum = (struct packed_sum){0};
    if (is_compressed(path))
        prepare(packed, is_read);
    const cookie_io_functions_t calls = {
        .read = is_read ? on_read : NULL, .write = is_read ? NULL : on_write, .close = on_close};
    FILE *opened = fopencookie(packed, is_read ? "r" : "w", calls);
    if (opened == NULL)
        memory_exhausted(1, sizeof *packed);
    packed->buffer = memory_resize(NULL, BLOCK_SIZE, 1); /* glibc ignores a size without one */
    setvbuf(opened, packed->buffer, _IOFBF, BLOCK_SIZE);
    return opened;
}

const char *packed_reason(int error)
{
    return error == EBADMSG   ? "its compressed bytes are damaged"
           : error == ENODATA ? "it ends too early"
                              : NULL;
}

FILE *packed_read(const char *path, struct packed_sum *sum, struct fault *fault)
{
    FILE *opened = open_packed(path, true, sum);
    if (opened == NULL)
        fault_set(fault, path, NULL, "cannot open the file: %s", strerror(errno));
    return opened;
}

FILE *packed_write(const char *path, struct packed_sum *sum, struct fault *fault)
{
    FILE *opened = open_packed(path, false, sum);
    if (opened == NULL)
        fault_set(fault, path, "does the folder exist, and may you write there?",
                  "cannot create the file: %s", strerror(errno));
    return opened;
}
