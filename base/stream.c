/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

#include "base/memory.h"

/* Bytes that go to or come from the file at a time. */
enum { BLOCK_SIZE = 128 * 1024 };

/* Windows that a frame may ask for: 8 MiB, what zstd itself makes up to level 19. */
enum { WINDOW_LOG_MAX = 23 };

/* The fastest of the usual levels: a trial waits if its trace falls behind. */
enum { LEVEL = 1 };

/* Bytes that are checksummed at a time. */
enum { CRC_STEP = 16 };

struct stream {
    int file;
    struct stream_sum *sum;
    uint32_t crc_table[CRC_STEP][256]; /* of a byte with so many zeros after it */
    ZSTD_CCtx *compress;               /* NULL: as it is */
    ZSTD_DCtx *expand;
    char *block; /* compressed bytes */
    size_t block_start, block_end;
    bool is_in_frame;
};

/* ---- checksum ---- */

static void make_crc_table(struct stream *stream)
{
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t rest = byte;
        for (int bit = 0; bit < 8; bit++)
            rest = (rest >> 1) ^ ((rest & 1) != 0 ? UINT32_C(0xEDB88320) : 0);
        stream->crc_table[0][byte] = rest;
    }
    for (int zeros = 1; zeros < CRC_STEP; zeros++)
        for (int byte = 0; byte < 256; byte++) {
            uint32_t before = stream->crc_table[zeros - 1][byte];
            stream->crc_table[zeros][byte] = (before >> 8) ^ stream->crc_table[0][before & 255];
        }
}

static uint32_t load_word(const unsigned char *bytes)
{
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
           (uint32_t)bytes[3] << 24;
}

/* What four bytes add, `zeros` bytes before the end of the step. */
static uint32_t add_word(uint32_t (*table)[256], int zeros, uint32_t word)
{
    return table[zeros + 3][word & 255] ^ table[zeros + 2][word >> 8 & 255] ^
           table[zeros + 1][word >> 16 & 255] ^ table[zeros][word >> 24];
}

/* Counts bytes in, sixteen at a time (slicing, Kounavis and Berry 2005). */
static void count(struct stream *stream, const void *data, size_t size)
{
    uint32_t(*table)[256] = stream->crc_table;
    const unsigned char *at = data;
    uint32_t rest = ~stream->sum->crc32;
    stream->sum->bytes += (int64_t)size;
    for (; size >= CRC_STEP; size -= CRC_STEP, at += CRC_STEP)
        rest = add_word(table, 12, load_word(at) ^ rest) ^ add_word(table, 8, load_word(at + 4)) ^
               add_word(table, 4, load_word(at + 8)) ^ add_word(table, 0, load_word(at + 12));
    for (; size > 0; size--, at++)
        rest = (rest >> 8) ^ table[0][(rest ^ *at) & 255];
    stream->sum->crc32 = ~rest;
}

/* ---- reading ---- */

static ssize_t read_block(const struct stream *stream, char *bytes, size_t size)
{
    ssize_t got;
    do
        got = read(stream->file, bytes, size);
    while (got < 0 && errno == EINTR);
    return got;
}

static ssize_t fail(int reason)
{
    errno = reason;
    return -1;
}

/* Expands until there is something to return, or the file is over. */
static ssize_t expand(struct stream *stream, char *bytes, size_t size)
{
    ZSTD_outBuffer out = {bytes, size, 0};
    while (out.pos == 0) {
        if (stream->block_start == stream->block_end) {
            ssize_t got = read_block(stream, stream->block, BLOCK_SIZE);
            if (got == 0 && stream->is_in_frame)
                return fail(EBADMSG);
            if (got <= 0)
                return got;
            stream->block_start = 0;
            stream->block_end = (size_t)got;
        }
        ZSTD_inBuffer in = {stream->block, stream->block_end, stream->block_start};
        size_t hint = ZSTD_decompressStream(stream->expand, &out, &in);
        if (ZSTD_isError(hint))
            return fail(EBADMSG);
        stream->is_in_frame = hint != 0;
        stream->block_start = in.pos;
    }
    return (ssize_t)out.pos;
}

static ssize_t on_read(void *self, char *bytes, size_t size)
{
    struct stream *stream = self;
    ssize_t got =
        stream->expand != NULL ? expand(stream, bytes, size) : read_block(stream, bytes, size);
    if (got > 0)
        count(stream, bytes, (size_t)got);
    return got;
}

/* ---- writing ---- */

static bool write_all(const struct stream *stream, const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t written = write(stream->file, bytes, size);
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
static bool compress(struct stream *stream, const char *bytes, size_t size,
                     ZSTD_EndDirective directive)
{
    ZSTD_inBuffer in = {bytes, size, 0};
    size_t left = 1;
    while (in.pos < in.size || (directive == ZSTD_e_end && left > 0)) {
        ZSTD_outBuffer out = {stream->block, BLOCK_SIZE, 0};
        left = ZSTD_compressStream2(stream->compress, &out, &in, directive);
        if (ZSTD_isError(left)) {
            errno = ENOMEM;
            return false;
        }
        if (!write_all(stream, stream->block, out.pos))
            return false;
    }
    return true;
}

static ssize_t on_write(void *self, const char *bytes, size_t size)
{
    struct stream *stream = self;
    bool ok = stream->compress != NULL ? compress(stream, bytes, size, ZSTD_e_continue)
                                       : write_all(stream, bytes, size);
    if (!ok)
        return 0;
    count(stream, bytes, size);
    return (ssize_t)size;
}

/* ---- both ---- */

static int on_close(void *self)
{
    struct stream *stream = self;
    bool ok = stream->compress == NULL || compress(stream, "", 0, ZSTD_e_end);
    int reason = errno;
    if (close(stream->file) != 0 && ok) {
        ok = false;
        reason = errno;
    }
    ZSTD_freeCCtx(stream->compress);
    ZSTD_freeDCtx(stream->expand);
    free(stream->block);
    free(stream);
    errno = reason;
    return ok ? 0 : EOF;
}

static bool is_compressed(const char *path)
{
    size_t length = strlen(path);
    return length >= 4 && strcmp(path + length - 4, ".zst") == 0;
}

/* Makes the parts that compression needs. */
static void prepare(struct stream *stream, bool is_read)
{
    stream->block = memory_zeroed(BLOCK_SIZE, 1);
    if (is_read)
        stream->expand = ZSTD_createDCtx();
    else
        stream->compress = ZSTD_createCCtx();
    if (stream->expand == NULL && stream->compress == NULL)
        memory_exhausted(1, BLOCK_SIZE);
    if (is_read) {
        ZSTD_DCtx_setParameter(stream->expand, ZSTD_d_windowLogMax, WINDOW_LOG_MAX);
    } else {
        ZSTD_CCtx_setParameter(stream->compress, ZSTD_c_compressionLevel, LEVEL);
        ZSTD_CCtx_setParameter(stream->compress, ZSTD_c_checksumFlag, 1);
    }
}

static FILE *open_stream(const char *path, bool is_read, struct stream_sum *sum)
{
    int file =
        open(path, is_read ? O_RDONLY | O_CLOEXEC : O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (file < 0)
        return NULL;
    struct stream *stream = memory_zeroed(1, sizeof *stream);
    stream->file = file;
    stream->sum = sum;
    *sum = (struct stream_sum){0};
    make_crc_table(stream);
    if (is_compressed(path))
        prepare(stream, is_read);
    const cookie_io_functions_t calls = {
        .read = is_read ? on_read : NULL, .write = is_read ? NULL : on_write, .close = on_close};
    FILE *opened = fopencookie(stream, is_read ? "r" : "w", calls);
    if (opened == NULL)
        memory_exhausted(1, sizeof *stream);
    setvbuf(opened, NULL, _IOFBF, BLOCK_SIZE);
    return opened;
}

FILE *stream_read(const char *path, struct stream_sum *sum, struct fault *fault)
{
    FILE *opened = open_stream(path, true, sum);
    if (opened == NULL)
        fault_set(fault, path, NULL, "cannot open the file: %s", strerror(errno));
    return opened;
}

FILE *stream_write(const char *path, struct stream_sum *sum, struct fault *fault)
{
    FILE *opened = open_stream(path, false, sum);
    if (opened == NULL)
        fault_set(fault, path, "does the folder exist, and may you write there?",
                  "cannot create the file: %s", strerror(errno));
    return opened;
}
