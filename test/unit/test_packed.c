/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/packed.h"
#include "base/random.h"
#include "test/scratch.h"
#include "test/suite.h"

static struct scratch scratch;
static struct fault fault;
static struct packed_sum sum;

static void set_up(void)
{
    scratch_init(&scratch);
    fault = FAULT_NONE;
}

static void tear_down(void)
{
    scratch_finish(&scratch);
}

static const char *write_bytes(const char *name, const char *bytes, size_t size)
{
    const char *path = scratch_path(&scratch, name);
    FILE *stream = packed_write(path, &sum, &fault);
    ck_assert_ptr_nonnull(stream);
    ck_assert_uint_eq(fwrite(bytes, 1, size, stream), size);
    ck_assert_int_eq(fclose(stream), 0);
    return path;
}

/* A megabyte that zstd can halve. */
static char *make_bytes(size_t *size)
{
    struct random_stream stream = random_open(1, 0, RANDOM_TEST, 0, 0);
    *size = 1 << 20;
    char *bytes = memory_zeroed(*size, 1);
    for (size_t i = 0; i < *size; i++)
        bytes[i] = (char)('a' + random_below(&stream, 16));
    return bytes;
}

START_TEST(the_checksum_is_the_one_that_everybody_computes)
{
    write_bytes("check", "123456789", 9);
    ck_assert_uint_eq(sum.crc32, 0xCBF43926u);
    ck_assert_int_eq(sum.bytes, 9);
    write_bytes("check", "The quick brown fox jumps over the lazy dog", 43);
    ck_assert_uint_eq(sum.crc32, 0x414FA339u);
    write_bytes("check", "", 0);
    ck_assert_uint_eq(sum.crc32, 0);
}
END_TEST

START_TEST(what_is_written_is_read_back_with_the_same_sum)
{
    static const char *const names[] = {"plain", "packed.zst"};
    size_t size;
    char *bytes = make_bytes(&size), *read = memory_zeroed(size + 1, 1);
    for (int i = 0; i < 2; i++) {
        const char *path = write_bytes(names[i], bytes, size);
        struct packed_sum written = sum;
        FILE *stream = packed_read(path, &sum, &fault);
        ck_assert_ptr_nonnull(stream);
        ck_assert_uint_eq(fread(read, 1, size + 1, stream), size);
        ck_assert_int_eq(ferror(stream), 0);
        fclose(stream);
        ck_assert_mem_eq(read, bytes, size);
        ck_assert_int_eq(sum.bytes, (int64_t)size);
        ck_assert_uint_eq(sum.crc32, written.crc32);
    }
    ck_assert_uint_lt(strlen(scratch_read(&scratch, "packed.zst")), size / 3 * 2);
    free(bytes);
    free(read);
}
END_TEST

/* Reads a file to its end; returns errno of the error, 0 if there is none. */
static int read_out(const char *path)
{
    char block[4096];
    FILE *stream = packed_read(path, &sum, &fault);
    ck_assert_ptr_nonnull(stream);
    errno = 0;
    while (fread(block, 1, sizeof block, stream) > 0)
        ;
    int reason = ferror(stream) != 0 ? errno : 0;
    fclose(stream);
    return reason;
}

static char *read_whole(const char *path, size_t *size)
{
    FILE *stream = fopen(path, "rb");
    char *bytes = memory_zeroed(1 << 21, 1);
    *size = fread(bytes, 1, 1 << 21, stream);
    fclose(stream);
    return bytes;
}

static void rewrite(const char *path, const char *bytes, size_t size)
{
    FILE *stream = fopen(path, "wb");
    fwrite(bytes, 1, size, stream);
    fclose(stream);
}

START_TEST(damaged_and_cut_compression_is_an_error_of_reading)
{
    size_t size, packed_size;
    char *bytes = make_bytes(&size);
    const char *path = write_bytes("packed.zst", bytes, size);
    char *packed = read_whole(path, &packed_size);
    rewrite(path, packed, packed_size / 2);
    ck_assert_int_eq(read_out(path), ENODATA);
    packed[packed_size / 2] ^= 4;
    rewrite(path, packed, packed_size);
    ck_assert_int_eq(read_out(path), EBADMSG);
    rewrite(path, "no frame at all", 15);
    ck_assert_int_eq(read_out(path), EBADMSG);
    free(packed);
    free(bytes);
}
END_TEST

START_TEST(files_that_are_not_there_or_cannot_be_made_are_faults)
{
    ck_assert_ptr_null(packed_read("no/such/file", &sum, &fault));
    ck_assert_str_eq(fault.where, "no/such/file");
    fault = FAULT_NONE;
    ck_assert_ptr_null(packed_write("no/such/file", &sum, &fault));
    assert_holds(fault.what, "cannot create the file");
}
END_TEST

START_TEST(a_full_disk_shows_when_the_stream_is_closed)
{
    FILE *stream = packed_write("/dev/full", &sum, &fault);
    fputs("lost", stream);
    ck_assert_int_eq(fclose(stream), EOF);
    ck_assert_int_eq(errno, ENOSPC);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("packed");
    TCase *test = tcase_create("stream");
    tcase_add_checked_fixture(test, set_up, tear_down);
    tcase_add_test(test, the_checksum_is_the_one_that_everybody_computes);
    tcase_add_test(test, what_is_written_is_read_back_with_the_same_sum);
    tcase_add_test(test, damaged_and_cut_compression_is_an_error_of_reading);
    tcase_add_test(test, files_that_are_not_there_or_cannot_be_made_are_faults);
    tcase_add_test(test, a_full_disk_shows_when_the_stream_is_closed);
    suite_add_tcase(suite, test);
    return suite;
}
