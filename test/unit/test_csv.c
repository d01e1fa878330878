/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/csv.h"
#include "base/random.h"
#include "base/tick.h"
#include "test/suite.h"

static char path[] = "test_csv.XXXXXX";
static struct fault fault;

static void set_up(void)
{
    strcpy(path, "test_csv.XXXXXX");
    int descriptor = mkstemp(path);
    ck_assert_int_ge(descriptor, 0);
    close(descriptor);
    fault = FAULT_NONE;
}

static void tear_down(void)
{
    remove(path);
}

static void write_bytes(const char *bytes, size_t size)
{
    FILE *stream = fopen(path, "wb");
    ck_assert_uint_eq(fwrite(bytes, 1, size, stream), size);
    fclose(stream);
}

static void assert_file_is(const char *expected)
{
    char bytes[1024];
    FILE *stream = fopen(path, "rb");
    size_t size = fread(bytes, 1, sizeof bytes - 1, stream);
    fclose(stream);
    bytes[size] = '\0';
    ck_assert_str_eq(bytes, expected);
}

static void assert_formatted(double value, const char *expected)
{
    char text[32];
    ck_assert_str_eq(csv_format_real(text, value), expected);
}

/* Opens what has been written and expects it to be good. */
static struct csv_reader *open_file(void)
{
    struct csv_reader *reader = csv_open(path, &fault);
    ck_assert_msg(reader != NULL, "%s: %s", fault.where, fault.what);
    return reader;
}

/* Reading to the end meets a fault at line:column. */
static void assert_refused(const char *bytes, size_t size, const char *place, const char *what)
{
    write_bytes(bytes, size);
    fault = FAULT_NONE;
    struct csv_reader *reader = csv_open(path, &fault);
    while (reader != NULL && csv_next(reader, &fault)) {
    }
    csv_close(reader);
    ck_assert_msg(strstr(fault.what, what) != NULL, "'%s', not '%s' in %s", fault.what, what,
                  bytes);
    const char *colon = strchr(fault.where, ':');
    ck_assert_str_eq(colon == NULL ? "" : colon + 1, place);
}

START_TEST(lines_that_end_with_cr_alone_are_refused_for_that)
{
    static const char bytes[] = "a,b\r1,2\r";
    assert_refused(bytes, sizeof bytes - 1, "1:3", "a carriage return without a line feed");
    assert_holds(fault.hint, "line ends of Unix or Windows");
}
END_TEST

START_TEST(rows_are_written_as_rfc_4180)
{
    struct csv_writer csv;
    ck_assert(csv_create(&csv, path, &fault));
    csv_header(&csv, (const char *const[]){"name", "a,b", NULL});
    csv_text(&csv, "plain");
    csv_text(&csv, "with \"quote\"");
    csv_end_row(&csv);
    csv_text(&csv, "two\nlines");
    csv_text(&csv, NULL);
    csv_end_row(&csv);
    csv_int(&csv, -5);
    csv_int(&csv, INT64_MAX);
    csv_end_row(&csv);
    csv_real(&csv, 0.1);
    csv_real(&csv, (double)NAN);
    csv_end_row(&csv);
    csv_us(&csv, -12000345);
    csv_us(&csv, TICK_NEVER);
    csv_end_row(&csv);
    ck_assert(csv_finish(&csv, &fault));
    assert_file_is("name,\"a,b\"\nplain,\"with \"\"quote\"\"\"\n\"two\nlines\",\n"
                   "-5,9223372036854775807\n0.1,\n-12.000345,\n");
}
END_TEST

START_TEST(real_numbers_are_written_short)
{
    assert_formatted(0.1, "0.1");
    assert_formatted(1.0 / 3.0, "0.3333333333333333");
    assert_formatted(0.1 + 0.2, "0.30000000000000004");
    assert_formatted(1e6, "1000000");
    assert_formatted(-123456789012345.0, "-123456789012345");
    assert_formatted(1e15, "1e+15");
    assert_formatted(1e22, "1e+22");
    assert_formatted(-2.5e-7, "-2.5e-07");
    assert_formatted(0.0, "0");
    assert_formatted(-0.0, "-0");
    assert_formatted(9007199254740993.0, "9007199254740992");
    assert_formatted(1.7976931348623157e308, "1.7976931348623157e+308");
    assert_formatted((double)INFINITY, "inf");
}
END_TEST

START_TEST(real_numbers_read_back_to_the_same_bits)
{
    struct random_stream stream = random_open(1, 0, RANDOM_TEST, 4, 0);
    for (int i = 0; i < 50000; i++) {
        uint64_t bits = random_bits(&stream);
        double value;
        memcpy(&value, &bits, sizeof value);
        if (i % 2 == 0) {
            value = (double)(int64_t)(bits >> 40) / 1000.0;
        }
        char text[32];
        csv_format_real(text, value);
        if (isfinite(value) && (strtod(text, NULL) != value || (i % 2 == 0 && strlen(text) > 12))) {
            ck_abort_msg("%a is written as %s", value, text);
        }
    }
}
END_TEST

/* What csv_exact makes of a number, without its line feed. */
static const char *exact(double value)
{
    static char text[64];
    struct csv_writer csv;
    FILE *stream = fmemopen(text, sizeof text, "w");
    csv_attach(&csv, stream, "memory");
    csv_exact(&csv, value);
    csv_end_row(&csv);
    ck_assert(csv_finish(&csv, &fault));
    text[strcspn(text, "\n")] = '\0';
    return text;
}

START_TEST(exact_numbers_read_back_to_the_same_bits)
{
    ck_assert_str_eq(exact(1.0), "1");
    ck_assert_str_eq(exact(0.5), "0.5");
    ck_assert_str_eq(exact(0.0625), "0.0625");
    ck_assert_str_eq(exact(1200.0), "1200");
    ck_assert_str_eq(exact(1234.5), "1234.5");
    ck_assert_str_eq(exact(0.1), "0.10000000000000001");
    ck_assert_str_eq(exact(0.0), "0");
    ck_assert_str_eq(exact(NAN), "");
    ck_assert_str_eq(exact(nextafter(10.0, 0.0)), "9.9999999999999982");
    struct random_stream stream = random_open(1, 0, RANDOM_TEST, 0, 0);
    for (int i = 0; i < 20000; i++) {
        double value = pow(10.0, 24.0 * random_uniform(&stream) - 5.0);
        if (i % 3 == 0) {
            value = nextafter(pow(10.0, i % 17 - 3), i % 2 == 0 ? 0.0 : INFINITY);
        }
        ck_assert_msg(strtod(exact(value), NULL) == value, "%.17g became %s", value, exact(value));
    }
}
END_TEST

START_TEST(a_decimal_comma_of_the_locale_does_not_matter)
{
    if (setlocale(LC_ALL, "de_DE.UTF-8") == NULL && setlocale(LC_ALL, "fr_FR.UTF-8") == NULL) {
        puts("skipped: no locale with a decimal comma is installed");
        return;
    }
    char comma[8];
    snprintf(comma, sizeof comma, "%.1f", 0.5);
    ck_assert_str_eq(comma, "0,5");
    assert_formatted(0.25, "0.25");
    assert_formatted(1.0 / 3.0, "0.3333333333333333");
    snprintf(comma, sizeof comma, "%.1f", 0.5);
    ck_assert_str_eq(comma, "0,5");
}
END_TEST

START_TEST(a_file_that_cannot_be_created_is_a_fault)
{
    struct csv_writer csv;
    ck_assert(!csv_create(&csv, "no/such/folder/x.csv", &fault));
    ck_assert_str_eq(fault.where, "no/such/folder/x.csv");
    assert_holds(fault.what, "No such file");
}
END_TEST

START_TEST(a_full_disk_is_reported_at_the_end)
{
    for (int rows = 1; rows <= 10000; rows += 9999) {
        struct csv_writer csv;
        fault = FAULT_NONE;
        if (!csv_create(&csv, "/dev/full", &fault)) {
            puts("skipped: there is no /dev/full");
            return;
        }
        for (int i = 0; i < rows; i++) {
            csv_int(&csv, i);
            csv_end_row(&csv);
        }
        ck_assert(!csv_finish(&csv, &fault));
        assert_holds(fault.what, "No space left");
    }
}
END_TEST

START_TEST(a_failed_write_is_remembered_although_later_ones_succeed)
{
    struct csv_writer csv;
    if (!csv_create(&csv, "/dev/full", &fault)) {
        puts("skipped: there is no /dev/full");
        return;
    }
    setvbuf(csv.stream, NULL, _IONBF, 0);
    csv_end_row(&csv);
    csv_flush(&csv);
    ck_assert(!csv_finish(&csv, &fault));
    assert_holds(fault.what, "an earlier write failed");
}
END_TEST

START_TEST(what_is_written_is_read_back)
{
    static const char *const texts[] = {"plain", "",     "a,b", "\"", "\"\"", "x\"y", "\n",
                                        "\r\n",  " sp ", "#",   "\t", ",",    "ü",    "end"};
    enum { COUNT = sizeof texts / sizeof texts[0] };
    struct csv_writer csv;
    ck_assert(csv_create(&csv, path, &fault));
    csv_header(&csv, (const char *const[]){"first", "second", NULL});
    for (int i = 0; i < COUNT; i++) {
        csv_text(&csv, texts[i]);
        csv_text(&csv, texts[COUNT - 1 - i]);
        csv_end_row(&csv);
    }
    ck_assert(csv_finish(&csv, &fault));
    struct csv_reader *reader = open_file();
    ck_assert_int_eq(csv_column(reader, "first"), 0);
    ck_assert_int_eq(csv_column(reader, "second"), 1);
    ck_assert_int_eq(csv_column(reader, "third"), -1);
    for (int i = 0; i < COUNT; i++) {
        ck_assert(csv_next(reader, &fault));
        ck_assert_str_eq(csv_cell(reader, 0), texts[i]);
        ck_assert_str_eq(csv_cell(reader, 1), texts[COUNT - 1 - i]);
    }
    ck_assert(!csv_next(reader, &fault));
    ck_assert(!fault_is_set(&fault));
    csv_close(reader);
}
END_TEST

START_TEST(rows_are_added_behind_those_of_a_file)
{
    write_bytes("a,b\n1,2\n", 8);
    struct csv_writer csv;
    ck_assert(csv_append(&csv, path, &fault));
    csv_int(&csv, 3);
    csv_int(&csv, 4);
    csv_end_row(&csv);
    ck_assert(csv_finish(&csv, &fault));
    assert_file_is("a,b\n1,2\n3,4\n");
}
END_TEST

START_TEST(cells_know_their_place)
{
    const char *text = "a,b\nü,2\n\"two\nlines\",4\n5,6\n";
    write_bytes(text, strlen(text));
    struct csv_reader *reader = open_file();
    char where[64], expected[64];
    static const char *const places[3][2] = {{":2:1", ":2:3"}, {":3:1", ":4:8"}, {":5:1", ":5:3"}};
    for (int row = 0; row < 3; row++) {
        ck_assert(csv_next(reader, &fault));
        for (int column = 0; column < 2; column++) {
            snprintf(expected, sizeof expected, "%s%s", path, places[row][column]);
            ck_assert_str_eq(csv_where(reader, column, where, sizeof where), expected);
        }
    }
    csv_close(reader);
}
END_TEST

START_TEST(line_ends_of_other_systems_are_accepted)
{
    static const char *const texts[] = {"a,b\r\n1,\"2\"\r\n", "a,b\n1,2", "\"a\",b\r\n1,2",
                                        "\xEF\xBB\xBF\"a\",b\n1,2\n"};
    for (int i = 0; i < 4; i++) {
        write_bytes(texts[i], strlen(texts[i]));
        struct csv_reader *reader = open_file();
        ck_assert_int_eq(csv_column(reader, "a"), 0);
        ck_assert_int_eq(csv_column(reader, "b"), 1);
        ck_assert(csv_next(reader, &fault));
        ck_assert_str_eq(csv_cell(reader, 0), "1");
        ck_assert_str_eq(csv_cell(reader, 1), "2");
        ck_assert(!csv_next(reader, &fault));
        ck_assert_msg(!fault_is_set(&fault), "%s", fault.what);
        csv_close(reader);
    }
}
END_TEST

START_TEST(a_file_with_only_a_header_has_no_rows)
{
    write_bytes("a\n", 2);
    struct csv_reader *reader = open_file();
    ck_assert(!csv_next(reader, &fault));
    ck_assert(!fault_is_set(&fault));
    csv_close(reader);
    csv_close(NULL);
}
END_TEST

START_TEST(broken_files_are_refused_at_their_place)
{
    static const char *const cases[][3] = {
        {"a,b\n1\n", "2:1", "the row has 1 cells, the header 2"},
        {"a,b\n1,2\n1,2,3\n", "3:1", "the row has 3 cells, the header 2"},
        {"a,b\n1,2\n\n", "3:1", "the row has 1 cells"},
        {"a,b\n1,\"2\n3,4\n", "2:3", "never closed"},
        {"a,b\n1,\"", "2:3", "never closed"},
        {"a,b\n1,\"2\"3\n", "2:3", "text follows a closing quote"},
        {"a,b\n1,\"2\" \n", "2:3", "text follows a closing quote"},
        {"a,b\n1,2\"3\n", "2:3", "a quote in the middle"},
        {"a,b\n1,2\r3\n", "2:3", "carriage return"},
        {"a,b,a\n", "1:5", "the column 'a' is there twice"},
        {"a,b\n1,x\x1b[2J\n", "2:3", "a control character"},
        {"a,b\n1,\"x\x1b[2J\"\n", "2:3", "a control character"},
        {"a,b\n1,x\x7f\n", "2:3", "a control character"},
        {"a,b\n1,\xc2\x9b"
         "2J\n",
         "2:3", "a control character"},
        {"a\x07,b\n", "1:1", "a control character"},
        {"", "", "empty"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_refused(cases[i][0], strlen(cases[i][0]), cases[i][1], cases[i][2]);
    }
    assert_refused("a,b\n1,2\0\n", 9, "2:3", "NUL");
    assert_refused("a,b\n1,\"2\0\"\n", 11, "2:3", "NUL");
}
END_TEST

START_TEST(a_row_without_end_is_refused)
{
    size_t size = (size_t)17 << 20;
    char *bytes = malloc(size);
    memset(bytes, 'x', size);
    assert_refused(bytes, size, "1:1", "longer than 16 MiB");
    bytes[0] = '"';
    assert_refused(bytes, size, "1:1", "longer than 16 MiB");
    free(bytes);
}
END_TEST

START_TEST(a_row_of_nothing_but_commas_takes_no_memory)
{
    size_t size = 100000;
    char *bytes = malloc(size);
    memset(bytes, ',', size);
    assert_refused(bytes, size, "1:4097", "more than 4096 cells");
    memcpy(bytes, "a,b\n", 4);
    assert_refused(bytes, size, "2:4097", "more than 4096 cells");
    free(bytes);
}
END_TEST

START_TEST(letters_of_all_alphabets_are_no_control_characters)
{
    write_bytes("a\n\xc2\xa0\xe2\x80\x9b\xc3\x9b\t\n", 11);
    struct csv_reader *csv = csv_open(path, &fault);
    ck_assert(csv != NULL && csv_next(csv, &fault));
    ck_assert_str_eq(csv_cell(csv, 0), "\xc2\xa0\xe2\x80\x9b\xc3\x9b\t");
    csv_close(csv);
}
END_TEST

START_TEST(a_file_that_cannot_be_read_is_a_fault)
{
    ck_assert_ptr_null(csv_open("no/such/file.csv", &fault));
    ck_assert_str_eq(fault.where, "no/such/file.csv");
    fault = FAULT_NONE;
    ck_assert_ptr_null(csv_open(".", &fault));
    assert_holds(fault.what, "cannot read the file");
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("csv");
    TCase *test = tcase_create("csv");
    tcase_add_checked_fixture(test, set_up, tear_down);
    tcase_set_timeout(test, 30);
    tcase_add_test(test, lines_that_end_with_cr_alone_are_refused_for_that);
    tcase_add_test(test, rows_are_written_as_rfc_4180);
    tcase_add_test(test, real_numbers_are_written_short);
    tcase_add_test(test, real_numbers_read_back_to_the_same_bits);
    tcase_add_test(test, exact_numbers_read_back_to_the_same_bits);
    tcase_add_test(test, a_decimal_comma_of_the_locale_does_not_matter);
    tcase_add_test(test, a_file_that_cannot_be_created_is_a_fault);
    tcase_add_test(test, a_full_disk_is_reported_at_the_end);
    tcase_add_test(test, a_failed_write_is_remembered_although_later_ones_succeed);
    tcase_add_test(test, what_is_written_is_read_back);
    tcase_add_test(test, rows_are_added_behind_those_of_a_file);
    tcase_add_test(test, cells_know_their_place);
    tcase_add_test(test, line_ends_of_other_systems_are_accepted);
    tcase_add_test(test, a_file_with_only_a_header_has_no_rows);
    tcase_add_test(test, broken_files_are_refused_at_their_place);
    tcase_add_test(test, a_row_without_end_is_refused);
    tcase_add_test(test, a_row_of_nothing_but_commas_takes_no_memory);
    tcase_add_test(test, letters_of_all_alphabets_are_no_control_characters);
    tcase_add_test(test, a_file_that_cannot_be_read_is_a_fault);
    suite_add_tcase(suite, test);
    return suite;
}
