/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <string.h>

#include "lab/idx.h"
#include "lab/images.h"
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

static const char *write_bytes(const char *name, const void *bytes, size_t count)
{
    const char *path = scratch_path(&scratch, name);
    FILE *file = fopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes, 1, count, file), count);
    ck_assert_int_eq(fclose(file), 0);
    return path;
}

static void expect_fault(const char *bytes, size_t count, int32_t rank, const char *what)
{
    struct fault fault = FAULT_NONE;
    struct idx idx;
    ck_assert(!idx_read(&idx, write_bytes("bad", bytes, count), rank, &fault));
    assert_holds(fault.what, what);
    ck_assert_ptr_null(idx.values);
}

#define EXPECT_FAULT(bytes, rank, what) expect_fault(bytes, sizeof bytes - 1, rank, what)

START_TEST(dimensions_come_most_significant_byte_first)
{
    static const char bytes[] = "\0\0\10\3\0\0\0\2\0\0\0\1\0\0\0\3abcdef";
    struct fault fault = FAULT_NONE;
    struct idx idx;
    ck_assert_msg(idx_read(&idx, write_bytes("x", bytes, sizeof bytes - 1), 3, &fault), "%s",
                  fault.what);
    ck_assert_int_eq(idx.shape[0], 2);
    ck_assert_int_eq(idx.shape[1], 1);
    ck_assert_int_eq(idx.shape[2], 3);
    ck_assert_mem_eq(idx.values, "abcdef", 6);
    idx_finish(&idx);
}
END_TEST

/* `printf '\0\0\10\1\0\0\0\3\7\0\11' | gzip -n` */
START_TEST(a_gzipped_file_is_read_as_the_plain_one)
{
    static const unsigned char bytes[] = {0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00,
                                          0x00, 0x03, 0x63, 0x60, 0xe0, 0x60, 0x64, 0x60,
                                          0x60, 0x60, 0x66, 0x67, 0xe0, 0x04, 0x00, 0xa5,
                                          0x12, 0xd3, 0x72, 0x0b, 0x00, 0x00, 0x00};
    struct fault fault = FAULT_NONE;
    struct idx idx;
    ck_assert_msg(idx_read(&idx, write_bytes("x.gz", bytes, sizeof bytes), 1, &fault), "%s",
                  fault.what);
    ck_assert_int_eq(idx.shape[0], 3);
    ck_assert_mem_eq(idx.values, "\7\0\11", 3);
    idx_finish(&idx);
    ck_assert(!idx_read(&idx, write_bytes("cut.gz", bytes, sizeof bytes - 12), 1, &fault));
}
END_TEST

START_TEST(files_that_are_no_idx_files_are_refused)
{
    EXPECT_FAULT("", 1, "ends before its last value");
    EXPECT_FAULT("\0\0\10", 1, "ends before its last value");
    EXPECT_FAULT("\211PNG\r\n\32\n", 1, "does not begin as an IDX file");
    EXPECT_FAULT("\0\0\15\1\0\0\0\1\0\0\0\0", 1, "does not begin as an IDX file");
    EXPECT_FAULT("\0\0\10\1\0\0\0\1\7", 3, "does not begin as an IDX file");
    EXPECT_FAULT("\0\0\10\1\0\0\0\2\7", 1, "ends before its last value");
    EXPECT_FAULT("\0\0\10\1\0\0\0\1\7\7", 1, "goes on after its last value");
    EXPECT_FAULT("\0\0\10\1\0\0\0\0", 1, "dimension 0 is 0");
    EXPECT_FAULT("\0\0\10\1\377\377\377\377\7", 1, "dimension 0 is 4294967295");
    EXPECT_FAULT("\0\0\10\3\0\0\0\1\0\0\0\1\0\0\377\377\7", 3, "dimension 2 is 65535");
    struct fault fault = FAULT_NONE;
    struct idx idx;
    ck_assert(!idx_read(&idx, scratch_path(&scratch, "none"), 1, &fault));
    assert_holds(fault.what, "No such file");
}
END_TEST

enum { TRAIN = 3, TEST = 2 };

/* A data set in the folder: pixel p of image i is i + p, its label i. */
static void write_set(const char *part, int count, int side, int labels, int label)
{
    static unsigned char bytes[16 + 10 * 32 * 32];
    const size_t pixels = (size_t)(count * side * side);
    memcpy(bytes, "\0\0\10\3\0\0\0", 7);
    memset(bytes + 7, 0, 9);
    bytes[7] = (unsigned char)count;
    bytes[11] = bytes[15] = (unsigned char)side;
    for (size_t i = 0; i < pixels; i++)
        bytes[16 + i] = (unsigned char)(i / (size_t)(side * side) + i % (size_t)(side * side));
    write_bytes(arena_printf(scratch.arena, "%s-images-idx3-ubyte", part), bytes, 16 + pixels);
    memcpy(bytes, "\0\0\10\1\0\0\0", 7);
    bytes[7] = (unsigned char)labels;
    for (int i = 0; i < labels; i++)
        bytes[8 + i] = (unsigned char)(label + i);
    write_bytes(arena_printf(scratch.arena, "%s-labels-idx1-ubyte", part), bytes,
                8 + (size_t)labels);
}

START_TEST(a_folder_gives_images_to_learn_from_and_to_be_tested_on)
{
    struct fault fault = FAULT_NONE;
    struct images images;
    write_set("train", TRAIN, 28, TRAIN, 0);
    write_set("t10k", TEST, 28, TEST, 7);
    ck_assert_msg(images_load(&images, scratch.folder, &fault), "%s", fault.what);
    ck_assert_int_eq(images.train.count, TRAIN);
    ck_assert_int_eq(images.test.count, TEST);
    ck_assert_int_eq(images.test.labels[1], 8);
    ck_assert_str_ne(images.train.digest, images.test.digest);
    float pixels[IMAGES_PIXELS];
    images_pixels(&images.train, 2, pixels);
    ck_assert_float_eq(pixels[0], 2.0F / 255);
    ck_assert_float_eq(pixels[253], 1);
    images_finish(&images);
}
END_TEST

static void expect_no_images(const char *what)
{
    struct fault fault = FAULT_NONE;
    struct images images;
    ck_assert(!images_load(&images, scratch.folder, &fault));
    assert_holds(fault.what, what);
    ck_assert_ptr_null(images.train.pixels);
}

START_TEST(a_folder_that_does_not_fit_together_is_refused)
{
    expect_no_images("there is no train-images-idx3-ubyte");
    write_set("train", TRAIN, 28, TRAIN, 0);
    expect_no_images("there is no t10k-images-idx3-ubyte");
    write_set("t10k", TEST, 27, TEST, 0);
    expect_no_images("27 x 27 pixels, not 28 x 28");
    write_set("t10k", TEST, 28, TEST + 1, 0);
    expect_no_images("2 images of t10k, but 3 labels");
    write_set("t10k", TEST, 28, TEST, 9);
    expect_no_images("label 1 of t10k is 10, not from 0 to 9");
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("images");
    TCase *files = tcase_create("files");
    tcase_add_checked_fixture(files, setup, teardown);
    tcase_add_test(files, dimensions_come_most_significant_byte_first);
    tcase_add_test(files, a_gzipped_file_is_read_as_the_plain_one);
    tcase_add_test(files, files_that_are_no_idx_files_are_refused);
    tcase_add_test(files, a_folder_gives_images_to_learn_from_and_to_be_tested_on);
    tcase_add_test(files, a_folder_that_does_not_fit_together_is_refused);
    suite_add_tcase(suite, files);
    return suite;
}
