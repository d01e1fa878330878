/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/random.h"
#include "base/safetensors.h"
#include "test/scratch.h"
#include "test/suite.h"

static struct scratch scratch;

static void setup(void)
{
    scratch_init(&scratch);
}

static void teardown(void)
{
    scratch_finish(&scratch);
}

static const float weights[] = {1.5f, -0.0f, 3e-39f, 4, 5, 6};
static const int64_t step = 1 << 20;
static const double none[] = {0};

static const struct safetensors_array sample_arrays[] = {
    {"weight", SAFETENSORS_F32, 2, {2, 3}, 6, weights},
    {"step", SAFETENSORS_I64, 0, {0}, 1, &step},
    {"empty \"\xc3\xa9\"", SAFETENSORS_F64, 2, {4, 0}, 0, none},
};
static const struct safetensors_note sample_notes[] = {{"seed", "18446744073709551615"},
                                                       {"by", "a\nline \\ \xe2\x82\xac"}};

static const char *write_sample(void)
{
    struct fault fault = FAULT_NONE;
    const char *path = scratch_path(&scratch, "a.safetensors");
    ck_assert_msg(safetensors_write(path, sample_arrays, 3, sample_notes, 2, &fault), "%s",
                  fault.what);
    return path;
}

/* A file of a header and so many bytes of data. */
static const char *write_raw(const char *header, size_t data)
{
    const char *path = scratch_path(&scratch, "raw.safetensors");
    FILE *stream = fopen(path, "wb");
    uint64_t length = strlen(header);
    fwrite(&length, sizeof length, 1, stream);
    fwrite(header, 1, length, stream);
    for (size_t i = 0; i < data; i++)
        fputc((int)i, stream);
    fclose(stream);
    return path;
}

static void assert_refused(const char *path, const char *reason)
{
    struct fault fault = FAULT_NONE;
    ck_assert_ptr_null(safetensors_open(path, &fault));
    ck_assert_str_eq(fault.where, path);
    assert_holds(fault.what, reason);
}

START_TEST(what_is_written_is_read_back)
{
    struct fault fault = FAULT_NONE;
    struct safetensors *file = safetensors_open(write_sample(), &fault);
    ck_assert_msg(file != NULL, "%s", fault.what);
    ck_assert_int_eq(file->count, 3);
    for (int i = 0; i < 3; i++) {
        const struct safetensors_array *want = &sample_arrays[i];
        const struct safetensors_array *array = safetensors_find(file, want->name);
        ck_assert_ptr_nonnull(array);
        ck_assert_int_eq(array->type, want->type);
        ck_assert_int_eq(array->rank, want->rank);
        ck_assert_mem_eq(array->shape, want->shape, (size_t)want->rank * sizeof *want->shape);
        ck_assert_uint_eq(array->count, want->count);
        ck_assert_mem_eq(array->data, want->data, want->count * safetensors_type_size(want->type));
    }
    ck_assert_int_eq(file->note_count, 2);
    for (int i = 0; i < 2; i++)
        ck_assert_str_eq(safetensors_note(file, sample_notes[i].key), sample_notes[i].value);
    ck_assert_ptr_null(safetensors_find(file, "bias"));
    ck_assert_ptr_null(safetensors_note(file, "weight"));
    safetensors_close(file);
    safetensors_close(NULL);
}
END_TEST

START_TEST(the_bytes_are_those_of_the_format)
{
    write_sample();
    FILE *stream = fopen(scratch_path(&scratch, "a.safetensors"), "rb");
    char bytes[512] = {0};
    size_t size = fread(bytes, 1, sizeof bytes, stream);
    fclose(stream);
    uint64_t length;
    memcpy(&length, bytes, sizeof length);
    ck_assert_uint_eq(length % 8, 0);
    ck_assert_uint_eq(size, 8 + length + sizeof weights + sizeof step);
    ck_assert_mem_eq(bytes + 8 + length, weights, sizeof weights);
    const char *header = bytes + 8;
    ck_assert(strstr(header, "{\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":[0,24]}") !=
              NULL);
    ck_assert(strstr(header, "\"step\":{\"dtype\":\"I64\",\"shape\":[],\"data_offsets\":[24,32]}"));
}
END_TEST

static size_t size_of(const char *path)
{
    struct stat status;
    ck_assert_int_eq(stat(path, &status), 0);
    return (size_t)status.st_size;
}

START_TEST(a_file_cut_anywhere_is_refused)
{
    const char *path = write_sample();
    for (size_t cut = size_of(path); cut-- > 0;) {
        ck_assert_int_eq(truncate(path, (off_t)cut), 0);
        assert_refused(path, "");
    }
}
END_TEST

/* Reads every byte that a file claims to have. */
static void touch(const struct safetensors *file)
{
    unsigned sum = 0;
    for (int32_t i = 0; i < file->count; i++) {
        const unsigned char *data = file->arrays[i].data;
        size_t size = file->arrays[i].count * safetensors_type_size(file->arrays[i].type);
        for (size_t k = 0; k < size; k++)
            sum += data[k];
        sum += (unsigned)strlen(file->arrays[i].name);
    }
    for (int32_t i = 0; i < file->note_count; i++)
        sum += (unsigned)strlen(file->notes[i].value);
    ck_assert_uint_ne(sum, 0);
}

static void flip(FILE *stream, size_t bit)
{
    fseek(stream, (long)(bit / 8), SEEK_SET);
    int byte = fgetc(stream) ^ 1 << bit % 8;
    fseek(stream, (long)(bit / 8), SEEK_SET);
    fputc(byte, stream);
    fflush(stream);
}

START_TEST(a_file_with_any_flipped_bit_is_refused_or_sound)
{
    const char *path = write_sample();
    const size_t bits = 8 * size_of(path);
    FILE *stream = fopen(path, "r+b");
    int refused = 0;
    for (size_t bit = 0; bit < bits; bit++) {
        flip(stream, bit);
        struct fault fault = FAULT_NONE;
        struct safetensors *file = safetensors_open(path, &fault);
        if (file != NULL)
            touch(file);
        else
            refused++;
        ck_assert_int_eq(file == NULL, fault_is_set(&fault));
        safetensors_close(file);
        flip(stream, bit);
    }
    fclose(stream);
    ck_assert_int_gt(refused, 1000);
}
END_TEST

#define ARRAY(SHAPE, OFFSETS) "{\"dtype\":\"F32\",\"shape\":" SHAPE ",\"data_offsets\":" OFFSETS "}"

static const struct {
    const char *header;
    size_t data;
    const char *reason;
} bad_files[] = {
    {"", 0, "not JSON"},
    {"[]", 0, "not a JSON object"},
    {"{\"a\":" ARRAY("[1]", "[0,4]") ",\"a\":" ARRAY("[1]", "[4,8]") "}", 8, "duplicate"},
    {"{\"\xff\":" ARRAY("[1]", "[0,4]") "}", 4, "unable to decode"},
    {"{\"a\\u0000\":" ARRAY("[1]", "[0,4]") "}", 4, "not JSON"},
    {"{\"a\":" ARRAY("[1]", "[0,4]") "} x", 4, "not JSON"},
    {"{\"a\":" ARRAY("[1]", "[0,4]"), 4, "not JSON"},
    {"{\"a\":3}", 0, "is not {dtype"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1]}}", 0, "is not {dtype"},
    {"{\"a\":{\"dtype\":\"F33\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4, "dtype"},
    {"{\"a\":{\"dtype\":4,\"shape\":[1],\"data_offsets\":[0,4]}}", 4, "dtype"},
    {"{\"a\":" ARRAY("1", "[0,4]") "}", 4, "shape"},
    {"{\"a\":" ARRAY("[1.0]", "[0,4]") "}", 4, "shape"},
    {"{\"a\":" ARRAY("[-1]", "[0,4]") "}", 4, "shape"},
    {"{\"a\":" ARRAY("[1,1,1,1,1,1,1,1,1]", "[0,4]") "}", 4, "shape"},
    {"{\"a\":" ARRAY("[2147483648,2147483648]", "[0,4]") "}", 4, "larger"},
    {"{\"a\":" ARRAY("[65536,65536,65536,65536]", "[0,0]") "}", 0, "larger"},
    {"{\"a\":" ARRAY("[9223372036854775807]", "[0,4]") "}", 4, "shape"},
    {"{\"a\":" ARRAY("[99999999999999999999]", "[0,4]") "}", 4, "not JSON"},
    {"{\"a\":" ARRAY("[1]", "[0]") "}", 4, "data_offsets"},
    {"{\"a\":" ARRAY("[1]", "[-4,0]") "}", 4, "data_offsets"},
    {"{\"a\":" ARRAY("[1]", "[4,0]") "}", 4, "outside"},
    {"{\"a\":" ARRAY("[1]", "[0,8]") "}", 4, "outside"},
    {"{\"a\":" ARRAY("[1]", "[0,3]") "}", 4, "another size"},
    {"{\"a\":" ARRAY("[2]", "[0,4]") "}", 4, "another size"},
    {"{\"a\":" ARRAY("[1]", "[0,4]") "}", 5, "belong to no array"},
    {"{\"a\":" ARRAY("[1]", "[4,8]") "}", 8, "start where"},
    {"{\"a\":" ARRAY("[1]", "[0,4]") ",\"b\":" ARRAY("[1]", "[0,4]") "}", 8, "start where"},
    {"{\"a\":" ARRAY("[2]", "[0,8]") ",\"b\":" ARRAY("[2]", "[4,12]") "}", 12, "start where"},
    {"{\"a\":" ARRAY("[1]", "[0,4]") ",\"b\":" ARRAY("[1]", "[8,12]") "}", 12, "start where"},
    {"{\"__metadata__\":[]}", 0, "not an object"},
    {"{\"__metadata__\":{\"seed\":1}}", 0, "not a string"},
};

START_TEST(what_is_not_sound_is_refused_with_a_reason)
{
    assert_refused(write_raw(bad_files[_i].header, bad_files[_i].data), bad_files[_i].reason);
}
END_TEST

START_TEST(odd_but_sound_files_are_read)
{
    struct fault fault = FAULT_NONE;
    const char *headers[] = {
        "{}",
        "  {\"b\":" ARRAY("[1]", "[4,8]") ", \"a\":" ARRAY("[1]", "[0,4]") "}   ",
        "{\"z\":" ARRAY("[0]", "[4,4]") ",\"a\":" ARRAY("[]", "[0,4]") ",\"b\":" ARRAY("[1,1]",
                                                                                       "[4,8]") "}",
    };
    const size_t data[] = {0, 8, 8};
    for (int i = 0; i < 3; i++) {
        struct safetensors *file = safetensors_open(write_raw(headers[i], data[i]), &fault);
        ck_assert_msg(file != NULL, "%s", fault.what);
        ck_assert_int_eq(file->count, i == 0 ? 0 : i + 1);
        if (i > 0)
            ck_assert_str_eq(file->arrays[0].name, "a");
        safetensors_close(file);
    }
}
END_TEST

START_TEST(folders_pipes_and_absent_files_are_refused)
{
    const char *pipe = scratch_path(&scratch, "pipe");
    ck_assert_int_eq(mkfifo(pipe, 0600), 0);
    assert_refused(pipe, "regular file");
    assert_refused(scratch.folder, "");
    assert_refused(scratch_path(&scratch, "absent"), "cannot read");
    struct fault fault = FAULT_NONE;
    const char *nowhere = scratch_path(&scratch, "no/such/folder");
    ck_assert(!safetensors_write(nowhere, sample_arrays, 1, NULL, 0, &fault));
    ck_assert_str_eq(fault.where, nowhere);
}
END_TEST

START_TEST(a_header_that_claims_too_much_is_refused)
{
    const char *path = scratch_path(&scratch, "long.safetensors");
    const uint64_t lengths[] = {UINT64_MAX, UINT64_MAX - 7, 3, SAFETENSORS_HEADER_LIMIT + 1};
    for (int i = 0; i < 4; i++) {
        FILE *stream = fopen(path, "wb");
        fwrite(&lengths[i], sizeof lengths[i], 1, stream);
        fwrite("{}", 1, 2, stream);
        if (i == 3) /* sparse, long enough */
            fseek(stream, SAFETENSORS_HEADER_LIMIT + 64, SEEK_SET);
        fputs(i == 3 ? "x" : "", stream);
        fclose(stream);
        assert_refused(path, i == 3 ? "longer than" : "does not end inside");
    }
}
END_TEST

START_TEST(writing_replaces_a_file_and_leaves_nothing_else)
{
    write_sample();
    const char *path = write_sample();
    ck_assert_int_eq(scratch_count(&scratch, ""), 1);
    ck_assert(scratch_has(&scratch, "a.safetensors"));
    struct fault fault = FAULT_NONE;
    struct safetensors *file = safetensors_open(path, &fault);
    ck_assert_ptr_nonnull(file);
    safetensors_close(file);
}
END_TEST

START_TEST(a_pipe_keeps_its_place)
{
    struct fault fault = FAULT_NONE;
    struct stat status;
    const char *path = scratch_path(&scratch, "pipe");
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    ck_assert(!safetensors_write(path, NULL, 0, NULL, 0, &fault));
    assert_holds(fault.what, "not a file");
    ck_assert_int_eq(stat(path, &status), 0);
    ck_assert(S_ISFIFO(status.st_mode));
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("safetensors");
    TCase *tests = tcase_create("safetensors");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, what_is_written_is_read_back);
    tcase_add_test(tests, a_pipe_keeps_its_place);
    tcase_add_test(tests, the_bytes_are_those_of_the_format);
    tcase_add_test(tests, a_file_cut_anywhere_is_refused);
    tcase_add_test(tests, a_file_with_any_flipped_bit_is_refused_or_sound);
    tcase_add_loop_test(tests, what_is_not_sound_is_refused_with_a_reason, 0,
                        sizeof bad_files / sizeof *bad_files);
    tcase_add_test(tests, odd_but_sound_files_are_read);
    tcase_add_test(tests, folders_pipes_and_absent_files_are_refused);
    tcase_add_test(tests, a_header_that_claims_too_much_is_refused);
    tcase_add_test(tests, writing_replaces_a_file_and_leaves_nothing_else);
    suite_add_tcase(suite, tests);
    return suite;
}
