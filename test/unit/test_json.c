/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "test/scratch.h"
#include "test/suite.h"
#include "traces/json.h"

static struct scratch scratch;
static struct fault fault;
static struct text text;

static void setup(void)
{
    scratch_init(&scratch);
}

static void teardown(void)
{
    text_finish(&text);
    scratch_finish(&scratch);
}

static const struct json *parse(const char *document)
{
    text_finish(&text);
    fault = FAULT_NONE;
    const char *path = scratch_write(&scratch, "file.json", document);
    return text_load(&text, path, &fault) ? json_parse(&text, scratch.arena) : NULL;
}

START_TEST(a_document_becomes_a_tree)
{
    const struct json *root = parse(
        "\xef\xbb\xbf{\"a\": [1, -2.5e3, true, null, \"x\"], \"b\": {\"c\": \"\"}, \"d\": []}\n");
    ck_assert_msg(root != NULL, "%s: %s", fault.where, fault.what);
    ck_assert_int_eq(root->count, 3);
    const struct json *list = json_get(root, "a");
    ck_assert_int_eq(list->count, 5);
    ck_assert(list->items[1].number == -2500);
    ck_assert(list->items[2].truth);
    ck_assert_int_eq(list->items[3].type, JSON_NULL);
    ck_assert_str_eq(list->items[4].text, "x");
    ck_assert_str_eq(json_get(json_get(root, "b"), "c")->text, "");
    ck_assert_ptr_null(json_get(root, "c"));
    ck_assert_ptr_null(json_get(list, "a"));
}
END_TEST

START_TEST(escapes_become_characters)
{
    const struct json *root = parse("[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\", \"\\u0041\\u00e4\\u20AC\","
                                    " \"\\ud83d\\ude00\", \"\xe2\x82\xac\"]");
    ck_assert_msg(root != NULL, "%s: %s", fault.where, fault.what);
    ck_assert_str_eq(root->items[0].text, "\"\\/\b\f\n\r\t");
    ck_assert_str_eq(root->items[1].text, "A\xc3\xa4\xe2\x82\xac");
    ck_assert_str_eq(root->items[2].text, "\xf0\x9f\x98\x80");
    ck_assert_str_eq(root->items[3].text, "\xe2\x82\xac");
}
END_TEST

static const struct {
    const char *document, *place, *what;
} bad[] = {
    {"", "file.json", "empty"},
    {"  \n", "file.json:2:1", "mid-air"},
    {"{", "file.json:1:2", "mid-air"},
    {"[1,\n 2", "file.json:2:3", "mid-air"},
    {"\"abc", "file.json:1:5", "mid-air"},
    {"{\"a\"", "file.json:1:5", "mid-air"},
    {"[1 2]", "file.json:1:4", "comma"},
    {"[1,]", "file.json:1:4", "no value"},
    {"{\"a\":1,}", "file.json:1:8", "a key"},
    {"{a:1}", "file.json:1:2", "a key"},
    {"{\"a\" 1}", "file.json:1:6", "`:`"},
    {"[01]", "file.json:1:2", "no value"},
    {"[1.]", "file.json:1:2", "no value"},
    {"[+1]", "file.json:1:2", "no value"},
    {"[NaN]", "file.json:1:2", "no value"},
    {"[1e999]", "file.json:1:2", "too large"},
    {"[nul]", "file.json:1:2", "no value"},
    {"[\"\\x\"]", "file.json:1:3", "no such escape"},
    {"[\"\\u12\"]", "file.json:1:5", "character code"},
    {"[\"\\u0000\"]", "file.json:1:5", "NUL"},
    {"[\"\\ud83d\"]", "file.json:1:5", "half of a character"},
    {"[\"\\ud83dxx\"]", "file.json:1:5", "half of a character"},
    {"[\"\\ude00\"]", "file.json:1:5", "half of a character"},
    {"[\"a\nb\"]", "file.json:1:4", "end of the line"},
    {"[\"\xff\"]", "file.json:1:3", "not UTF-8"},
    {"[\"\xc0\x80\"]", "file.json:1:3", "not UTF-8"},
    {"[\"\xed\xa0\x80\"]", "file.json:1:3", "not UTF-8"},
    {"[\"\xe2\x82", "file.json:1:3", "not UTF-8"},
    {"{} {}", "file.json:1:4", "after the end"},
    {"[\"\\\"\\\"\xc3\xa4\xe2\x82\xac\\u00e4\", x]", "file.json:1:18", "no value"},
    {"[\"\xc3\xa4\",\n\"\xf0\x9f\x98\x80\" x]", "file.json:2:5", "comma"},
    {"{\"a\": 1,\n \"b\": 2, \"a\": 3}", "file.json:2:15", "'a' is there twice"},
    {"{\"0\":0,\"1\":0,\"2\":0,\"3\":0,\"4\":0,\"5\":0,\"6\":0,\"7\":0,\"8\":0,\"9\":0,\n"
     "\"A\":0,\"B\":0,\"C\":0,\"3\":1}",
     "file.json:2:23", "'3' is there twice"},
};

START_TEST(what_is_not_json_is_refused_at_its_place)
{
    ck_assert_ptr_null(parse(bad[_i].document));
    assert_holds(fault.where, bad[_i].place);
    assert_holds(fault.what, bad[_i].what);
}
END_TEST

START_TEST(only_so_many_levels_are_nested)
{
    char document[2 * JSON_MAX_DEPTH + 8] = {0};
    memset(document, '[', JSON_MAX_DEPTH);
    memset(document + JSON_MAX_DEPTH, ']', JSON_MAX_DEPTH);
    ck_assert_ptr_nonnull(parse(document));
    memset(document, '[', JSON_MAX_DEPTH + 1);
    ck_assert_ptr_null(parse(document));
    assert_holds(fault.what, "nested deeper");
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("json");
    TCase *tcase = tcase_create("json");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_document_becomes_a_tree);
    tcase_add_test(tcase, escapes_become_characters);
    tcase_add_loop_test(tcase, what_is_not_json_is_refused_at_its_place, 0,
                        (int)(sizeof bad / sizeof bad[0]));
    tcase_add_test(tcase, only_so_many_levels_are_nested);
    suite_add_tcase(suite, tcase);
    return suite;
}
