/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "base/schema.h"
#include "base/yaml.h"
#include "test/suite.h"

static struct arena *arena;
static struct fault fault;

static void set_up(void)
{
    arena = arena_create();
    fault = FAULT_NONE;
}

static void tear_down(void)
{
    arena_destroy(arena);
}

static struct yaml_node *parse(const char *text)
{
    fault = FAULT_NONE;
    struct yaml_node *root = yaml_parse(arena, "t.yaml", text, &fault);
    ck_assert_msg(root != NULL, "%s: %s", fault.where, fault.what);
    ck_assert(!fault_is_set(&fault));
    return root;
}

/* The text is refused at a place ("" = anywhere) with words in the message. */
static void assert_refused(const char *text, const char *where, const char *what)
{
    fault = FAULT_NONE;
    ck_assert_msg(yaml_parse(arena, "t.yaml", text, &fault) == NULL, "accepted: %s", text);
    ck_assert_msg(where[0] == '\0' || strcmp(fault.where, where) == 0, "%s: at %s, not %s", text,
                  fault.where, where);
    ck_assert_msg(strstr(fault.what, what) != NULL, "%s: '%s', not '%s'", text, fault.what, what);
}

/* Whether quotes make a difference to a schema. */
static bool could_be_plain_type(const char *text)
{
    double value;
    return text[0] == '\0' || strcmp(text, "true") == 0 || strcmp(text, "false") == 0 ||
           schema_parse_real(text, &value);
}

/* The same tree; plain text may have become quoted where that cannot matter. */
static bool is_equal(const struct yaml_node *a, const struct yaml_node *b)
{
    if (a->type != b->type || a->count != b->count) {
        return false;
    }
    if (a->type == YAML_SCALAR) {
        bool quotes_fit = a->quoted == b->quoted || (b->quoted && !could_be_plain_type(a->text));
        return quotes_fit && strcmp(a->text, b->text) == 0;
    }
    for (int i = 0; i < a->count; i++) {
        bool keys_differ = a->type == YAML_MAP && !is_equal(a->keys[i], b->keys[i]);
        if (keys_differ || !is_equal(a->items[i], b->items[i])) {
            return false;
        }
    }
    return true;
}

/* What yaml_print writes, in the arena. */
static char *printed(const struct yaml_node *node)
{
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    yaml_print(node, stream);
    fclose(stream);
    char *kept = arena_string(arena, text);
    free(text);
    return kept;
}

static void assert_survives_printing(const struct yaml_node *node)
{
    const char *text = printed(node);
    struct fault none = FAULT_NONE;
    struct yaml_node *back = yaml_parse(arena, "printed", text, &none);
    ck_assert_msg(back != NULL, "%s: %s in:\n%s", none.where, none.what, text);
    ck_assert_msg(is_equal(node, back), "not equal:\n%s", text);
}

START_TEST(a_document_becomes_a_tree_with_places)
{
    struct yaml_node *root = parse("name: race\nlist:\n  - 1\n  - {k: 'v w', e: }\nn: ~\n");
    ck_assert_int_eq(root->type, YAML_MAP);
    ck_assert_int_eq(root->count, 3);
    ck_assert_str_eq(yaml_get(root, "name")->text, "race");
    ck_assert(!yaml_get(root, "name")->quoted);
    struct yaml_node *list = yaml_get(root, "list");
    ck_assert_int_eq(list->type, YAML_LIST);
    ck_assert_ptr_null(list->keys);
    ck_assert_int_eq(list->count, 2);
    ck_assert_str_eq(list->items[0]->text, "1");
    struct yaml_node *value = yaml_get(list->items[1], "k");
    ck_assert_str_eq(value->text, "v w");
    ck_assert(value->quoted);
    char where[64];
    ck_assert_str_eq(yaml_where(value, where, sizeof where), "t.yaml:4:9");
    ck_assert_str_eq(yaml_where(root->keys[1], where, sizeof where), "t.yaml:2:1");
    ck_assert_str_eq(yaml_get(list->items[1], "e")->text, "");
    ck_assert_str_eq(yaml_get(root, "n")->text, "");
    ck_assert(!yaml_get(root, "n")->quoted);
}
END_TEST

START_TEST(an_absent_key_gives_null)
{
    struct yaml_node *root = parse("a: 1\n");
    ck_assert_ptr_null(yaml_get(root, "b"));
    ck_assert_ptr_null(yaml_get(yaml_get(root, "a"), "b"));
    ck_assert_ptr_null(yaml_get(NULL, "b"));
}
END_TEST

START_TEST(quoted_and_block_text_is_quoted)
{
    struct yaml_node *root = parse("a: \"5\"\nb: '5'\nc: |\n  5\nd: >\n  5\ne: '~'\nf: 5\n");
    for (int i = 0; i < 5; i++) {
        ck_assert(root->items[i]->quoted);
    }
    ck_assert_str_eq(root->items[4]->text, "~");
    ck_assert(!root->items[5]->quoted);
}
END_TEST

START_TEST(syntax_errors_have_a_place)
{
    assert_refused("a: [1, 2\nb: 3\n", "t.yaml:2:2", "flow sequence");
    assert_refused("a: 1\n\tb: 2\n", "t.yaml:2:1", "tab character");
    assert_refused("a: 'never closed\n", "t.yaml:2:1", "end of stream");
    assert_refused("a: b: c\n", "t.yaml:1:5", "mapping values");
}
END_TEST

START_TEST(several_documents_are_refused)
{
    assert_refused("a: 1\n---\nb: 2\n", "t.yaml:2:1", "second document");
}
END_TEST

START_TEST(an_empty_document_is_refused)
{
    assert_refused("", "", "empty");
    assert_refused("# only a comment\n", "", "empty");
    assert_refused("---\n", "", "empty");
    assert_refused("---\n...\n", "", "empty");
}
END_TEST

START_TEST(anchors_aliases_and_tags_are_refused)
{
    assert_refused("a: &x 1\n", "t.yaml:1:4", "anchors");
    assert_refused("a: &x [1]\n", "t.yaml:1:4", "anchors");
    assert_refused("a: &x {b: 1}\n", "t.yaml:1:4", "anchors");
    assert_refused("&x a: 1\n", "t.yaml:1:1", "anchors");
    assert_refused("a: *x\n", "t.yaml:1:4", "aliases");
    assert_refused("*x : 1\n", "t.yaml:1:1", "aliases");
    assert_refused("a: !!int 1\n", "t.yaml:1:4", "tags");
    assert_refused("a: !list [1]\n", "t.yaml:1:4", "tags");
    assert_refused("a: ! {b: 1}\n", "t.yaml:1:4", "tags");
}
END_TEST

START_TEST(a_duplicate_key_is_refused_where_it_comes_again)
{
    assert_refused("a: 1\nb: 2\na: 3\n", "t.yaml:3:1", "'a' is there twice, first on line 1");
    assert_refused("b: {x: 1,\n    y: 2, x: 3}\n", "t.yaml:2:11", "'x' is there twice, first");
    assert_refused("a: 1\n'a': 3\n", "t.yaml:2:1", "'a' is there twice");
    assert_refused("c: 1\nb: 1\nb: 1\nc: 1\nb: 1\n", "t.yaml:3:1", "'b' is there twice");
    parse("a: {x: 1}\nb: {x: 1}\n");
}
END_TEST

START_TEST(a_duplicate_among_very_many_keys_is_found)
{
    enum { COUNT = 20000 };
    char *text = arena_zeroed(arena, COUNT + 1, 16), *end = text;
    for (int i = 0; i < COUNT; i++) {
        end += sprintf(end, "key%d: %d\n", i, i);
    }
    parse(text);
    sprintf(end, "key%d: 0\n", 777);
    assert_refused(text, "t.yaml:20001:1", "'key777' is there twice, first on line 778");
}
END_TEST

START_TEST(keys_that_are_no_words_are_refused)
{
    assert_refused("[1, 2]: 3\n", "t.yaml:1:1", "not a list or map");
    assert_refused("? {a: 1}\n: 3\n", "t.yaml:1:3", "not a list or map");
    assert_refused("?\n: 3\n", "t.yaml:1:2", "empty");
    assert_refused("'': 3\n", "t.yaml:1:1", "empty");
    assert_refused("~: 3\n", "t.yaml:1:1", "empty");
}
END_TEST

START_TEST(nesting_is_limited)
{
    char text[2 * YAML_MAX_DEPTH + 8];
    memset(text, '[', YAML_MAX_DEPTH);
    memset(text + YAML_MAX_DEPTH, ']', YAML_MAX_DEPTH);
    text[2 * YAML_MAX_DEPTH] = '\0';
    parse(text);
    memset(text, '[', YAML_MAX_DEPTH + 1);
    text[YAML_MAX_DEPTH + 1] = '\0';
    assert_refused(text, "t.yaml:1:65", "nested too deep");
}
END_TEST

START_TEST(text_that_is_not_utf8_is_refused)
{
    assert_refused("a: 1\nb: \xff\xfe\n", "t.yaml:2:4", "UTF-8");
    assert_refused("a: \xc3\x28\n", "t.yaml:1:5", "UTF-8");
    assert_refused("a: \x01\n", "t.yaml:1:4", "control characters");
    assert_refused("a: \"x\\0y\"\n", "t.yaml:1:4", "NUL");
    ck_assert_str_eq(yaml_get(parse("a: \xc3\xbc\n"), "a")->text, "\xc3\xbc");
}
END_TEST

START_TEST(columns_count_characters_and_not_bytes)
{
    struct yaml_node *root = parse("{\xc3\xbc: 1, b: 2}");
    ck_assert_int_eq(root->keys[1]->column, 8);
}
END_TEST

/* Writes bytes to a file of the test's own and loads it. */
static struct yaml_node *load_bytes(const char *bytes, size_t size)
{
    char path[] = "test_yaml.XXXXXX";
    int descriptor = mkstemp(path);
    FILE *stream = fdopen(descriptor, "wb");
    ck_assert_uint_eq(fwrite(bytes, 1, size, stream), size);
    fclose(stream);
    struct yaml_node *root = yaml_load(arena, path, &fault);
    if (root != NULL) {
        ck_assert_str_eq(root->file, path);
    }
    remove(path);
    return root;
}

START_TEST(a_file_is_loaded)
{
    struct yaml_node *root = load_bytes("a: 1\n", 5);
    ck_assert_ptr_nonnull(root);
    ck_assert_str_eq(yaml_get(root, "a")->text, "1");
}
END_TEST

START_TEST(a_byte_order_mark_is_skipped)
{
    struct yaml_node *root = load_bytes("\xEF\xBB\xBF"
                                        "a: 1\nb: 2\n",
                                        13);
    ck_assert_ptr_nonnull(root);
    ck_assert_str_eq(root->keys[0]->text, "a");
    ck_assert_int_eq(root->keys[0]->column, 1);
    ck_assert_str_eq(root->keys[1]->text, "b");
}
END_TEST

START_TEST(utf16_is_refused)
{
    ck_assert_ptr_null(load_bytes("\xFF\xFE"
                                  "a\0:\0 \0001\0\n\0",
                                  12));
    assert_holds(fault.what, "UTF-8");
}
END_TEST

START_TEST(a_file_larger_than_the_read_buffer_is_loaded_whole)
{
    enum { COUNT = 50000 };
    char *text = arena_zeroed(arena, COUNT, 8), *end = text;
    for (int i = 0; i < COUNT; i++) {
        end += sprintf(end, "- %d\n", i % 1000);
    }
    struct yaml_node *root = load_bytes(text, (size_t)(end - text));
    ck_assert_int_eq(root->count, COUNT);
    ck_assert_str_eq(root->items[COUNT - 1]->text, "999");
}
END_TEST

START_TEST(a_nul_in_a_file_is_refused)
{
    ck_assert_ptr_null(load_bytes("a: 1\n\0b: 2\n", 11));
    ck_assert_str_eq(fault.what, "control characters are not allowed");
    assert_holds(fault.where, ":2:1");
}
END_TEST

START_TEST(text_that_a_terminal_would_obey_is_refused)
{
    static const char *const cases[] = {"a: \"\\e[2J\"\n", "a: \"\\x7f\"\n", "a: \"\\x9b2J\"\n",
                                        "\"k\\x07\": 1\n"};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        fault = FAULT_NONE;
        ck_assert_ptr_null(load_bytes(cases[i], strlen(cases[i])));
        ck_assert_str_eq(fault.what, "text with a control character is not supported");
    }
    fault = FAULT_NONE;
    ck_assert_ptr_nonnull(load_bytes("a: \"\\t\\n\xc3\xa9\"\n", 12));
}
END_TEST

START_TEST(a_file_that_cannot_be_read_is_a_fault)
{
    ck_assert_ptr_null(yaml_load(arena, "no/such/file.yaml", &fault));
    ck_assert_str_eq(fault.where, "no/such/file.yaml");
    assert_holds(fault.what, "No such file");
    fault = FAULT_NONE;
    ck_assert_ptr_null(yaml_load(arena, ".", &fault));
    assert_holds(fault.what, "cannot read");
}
END_TEST

START_TEST(a_file_without_end_is_refused)
{
    ck_assert_ptr_null(yaml_load(arena, "/dev/zero", &fault));
    assert_holds(fault.what, "larger than 64 MiB");
}
END_TEST

START_TEST(assigning_replaces_a_value)
{
    struct yaml_node *root = parse("a: {b: 1, c: 2}\nl: [{x: 1}, 2]\n");
    ck_assert(yaml_assign(arena, root, "a.b", "[5, 6]", &fault));
    ck_assert(yaml_assign(arena, root, "l.0.x", "'7'", &fault));
    ck_assert(yaml_assign(arena, root, "l.1", "{y: 8}", &fault));
    ck_assert(is_equal(root, parse("a: {b: [5, 6], c: 2}\nl: [{x: '7'}, {y: 8}]\n")));
    char where[64];
    const struct yaml_node *set = yaml_get(yaml_get(root, "a"), "b")->items[1];
    ck_assert_str_eq(yaml_where(set, where, sizeof where), "--set a.b");
}
END_TEST

START_TEST(assigning_makes_missing_maps)
{
    struct yaml_node *root = parse("a: 1\ne:\n");
    ck_assert(yaml_assign(arena, root, "b.c.d", "2", &fault));
    ck_assert(yaml_assign(arena, root, "b.c.e", "3", &fault));
    ck_assert(yaml_assign(arena, root, "e.f", "4", &fault));
    ck_assert(yaml_assign(arena, root, "g", "~", &fault));
    ck_assert(is_equal(root, parse("a: 1\ne: {f: 4}\nb: {c: {d: 2, e: 3}}\ng: ~\n")));
}
END_TEST

START_TEST(an_assignment_that_cannot_be_leaves_the_tree_alone)
{
    const char *text = "a: 1\nl: [1, 2]\n";
    struct yaml_node *root = parse(text);
    static const char *const cases[][3] = {
        {"a.b", "1", "there is no 'b' in the single value '1'"},
        {"l.2", "1", "the list has 2 items and no item '2'"},
        {"l.-1", "1", "no item '-1'"},
        {"l.1x", "1", "no item '1x'"},
        {"l.99999999999999999999", "1", "no item"},
        {"l.x.y", "1", "no item 'x'"},
        {"", "1", "empty part"},
        {"a..b", "1", "empty part"},
        {".a", "1", "empty part"},
        {"a.", "1", "empty part"},
        {"n.m", "[1", "did not find"},
        {"n.m", "", "empty"},
        {"n.m", "&x 1", "anchors"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        fault = FAULT_NONE;
        ck_assert(!yaml_assign(arena, root, cases[i][0], cases[i][1], &fault));
        assert_holds(fault.what, cases[i][2]);
        ck_assert_msg(strncmp(fault.where, "--set ", 6) == 0, "%s", fault.where);
    }
    fault = FAULT_NONE;
    ck_assert(is_equal(root, parse(text)));
}
END_TEST

START_TEST(an_assignment_cannot_nest_too_deep)
{
    struct yaml_node *root = parse("a: 1\n");
    char path[2 * YAML_MAX_DEPTH + 2];
    for (int i = 0; i < YAML_MAX_DEPTH; i++) {
        memcpy(path + 2 * i, "k.", 3);
    }
    path[2 * YAML_MAX_DEPTH - 1] = '\0';
    ck_assert(!yaml_assign(arena, root, path, "1", &fault));
    ck_assert_str_eq(fault.what, "lists and maps are nested too deep");
    fault = FAULT_NONE;
    ck_assert(yaml_assign(arena, root, path + 2, "1", &fault));
    assert_survives_printing(root);
}
END_TEST

START_TEST(a_copy_is_equal_and_apart)
{
    struct yaml_node *root = parse("a: [1, 'x']\nb: {c: ~}\n");
    struct arena *other = arena_create();
    struct yaml_node *copy = yaml_copy(other, root);
    ck_assert(is_equal(root, copy));
    ck_assert_int_eq(copy->items[1]->line, 2);
    ck_assert(yaml_assign(arena, root, "a.0", "2", &fault));
    ck_assert(yaml_assign(arena, root, "b.c", "2", &fault));
    ck_assert(is_equal(copy, parse("a: [1, 'x']\nb: {c: ~}\n")));
    tear_down();
    set_up();
    ck_assert(is_equal(copy, parse("a: [1, 'x']\nb: {c: ~}\n")));
    arena_destroy(other);
}
END_TEST

START_TEST(a_printed_tree_is_block_yaml)
{
    struct yaml_node *root = parse("{a: 1, l: [x, {k: 'v', e: ''}], m: {}, n: [], z: }");
    ck_assert_str_eq(printed(root), "a: 1\nl:\n- x\n- k: \"v\"\n  e: \"\"\nm: {}\nn: []\nz: ~\n");
}
END_TEST

START_TEST(long_text_is_printed_on_one_line)
{
    char words[301];
    for (size_t i = 0; i < sizeof words - 1; i++) {
        words[i] = i % 6 == 5 ? ' ' : 'w';
    }
    words[sizeof words - 2] = 'w';
    words[sizeof words - 1] = '\0';
    ck_assert_str_eq(printed(parse(words)), arena_printf(arena, "%s\n", words));
}
END_TEST

START_TEST(text_of_every_kind_survives_printing)
{
    assert_survives_printing(parse("- 'a: b'\n- '- x'\n- '#c'\n- \" lead\"\n- 'trail '\n"
                                   "- \"tab\\there\"\n- \"two\\n lines \\n\\n\"\n- 'x #y'\n"
                                   "- |\n  block\n   text\n- >\n  folded\n  text\n- '~'\n"
                                   "- plain over\n  two lines\n- plain\n\n  paragraphs\n- -1\n"
                                   "- a,b\n- 1e-3\n- ~\n- 'true'\n- \"\\u2028\\U0001F600\"\n"
                                   "- null\n- x y\n- ?x\n- -x\n- a:b\n- 'it''s'\n- \"q\\\"q\"\n"
                                   "- ':x'\n- '%x'\n- '@x'\n- \"\\xa0nbsp\"\n- \"\\ufeffbom\"\n"));
    assert_survives_printing(
        parse("'a: b': 1\n\"x\\ny\": 2\n? 'very long key that goes on and on and "
              "on and on and on and on and on and on and on and on and on and "
              "on and on'\n: 3\n"));
    assert_survives_printing(parse("~"));
    assert_survives_printing(parse("word"));
    assert_survives_printing(parse("'quoted'"));
    assert_survives_printing(parse("[]"));
}
END_TEST

/* A random tree; about one scalar in two has awkward characters. */
static struct yaml_node *random_tree(struct random_stream *stream, int depth)
{
    static const char *const parts[] = {"a", "7", ".",  "-",  "e",  " ", ":",  ": ",
                                        "#", "'", "\"", "\n", "\t", "[", "}",  ",",
                                        "!", "&", "*",  "|",  ">",  "%", "\\", "\xc3\xbc"};
    struct yaml_node *node = arena_zeroed(arena, 1, sizeof *node);
    node->file = "random";
    node->type = (enum yaml_type)random_below(stream, depth > 4 ? 1 : 3);
    if (node->type == YAML_SCALAR) {
        node->quoted = random_below(stream, 2) == 0;
        char text[64] = "";
        uint32_t count = random_below(stream, 8);
        for (uint32_t i = 0; i < count; i++) {
            strcat(text, parts[random_below(stream, node->quoted ? 24 : 3)]);
        }
        node->text = arena_string(arena, text);
        return node;
    }
    uint32_t count = random_below(stream, 5);
    node->count = (int)count;
    node->items = arena_zeroed(arena, count, sizeof *node->items);
    node->keys = node->type == YAML_MAP ? arena_zeroed(arena, count, sizeof *node->keys) : NULL;
    for (uint32_t i = 0; i < count; i++) {
        node->items[i] = random_tree(stream, depth + 1);
        if (node->type == YAML_MAP) {
            node->keys[i] = random_tree(stream, 5);
            node->keys[i]->text = arena_printf(arena, "%u%s", i, node->keys[i]->text);
        }
    }
    return node;
}

START_TEST(random_trees_survive_printing)
{
    for (uint32_t i = 0; i < 500; i++) {
        struct random_stream stream = random_open(1, 0, RANDOM_TEST, 2, i);
        assert_survives_printing(random_tree(&stream, 0));
    }
}
END_TEST

START_TEST(broken_text_is_refused_or_read_but_never_crashes)
{
    const char *text = "a: [1, {b: 'c d'}]\nl:\n- x\n- y: |\n    z\n- \"\\u00fc\"\n";
    size_t size = strlen(text);
    int refused = 0;
    for (uint32_t i = 0; i < 2000; i++) {
        struct random_stream stream = random_open(1, 0, RANDOM_TEST, 3, i);
        char *broken = arena_string(arena, text);
        for (uint32_t changes = 1 + random_below(&stream, 4); changes > 0; changes--) {
            broken[random_below(&stream, (uint32_t)size)] =
                "\xff\t\n :-[]{}&*!|>'\"%@`,?#x\\"[random_below(&stream, 25)];
        }
        fault = FAULT_NONE;
        struct yaml_node *root = yaml_parse(arena, "broken", broken, &fault);
        ck_assert_int_eq(root == NULL, fault_is_set(&fault));
        refused += root == NULL;
        if (root != NULL) {
            assert_survives_printing(root);
        }
    }
    ck_assert_int_gt(refused, 100);
    ck_assert_int_lt(refused, 1900);
}
END_TEST

START_TEST(a_key_that_is_removed_leaves_the_others_in_their_order)
{
    struct fault none = FAULT_NONE;
    struct yaml_node *map = yaml_parse(arena, "t.yaml", "{a: 1, b: 2, c: 3}", &none);
    yaml_remove(map, "b");
    yaml_remove(map, "nothing");
    ck_assert_int_eq(map->count, 2);
    ck_assert_str_eq(map->keys[0]->text, "a");
    ck_assert_str_eq(map->keys[1]->text, "c");
    ck_assert_str_eq(map->items[1]->text, "3");
    ck_assert_ptr_null(yaml_get(map, "b"));
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("yaml");
    TCase *reading = tcase_create("reading"), *trees = tcase_create("trees");
    tcase_add_checked_fixture(reading, set_up, tear_down);
    tcase_add_checked_fixture(trees, set_up, tear_down);
    tcase_set_timeout(reading, 30);
    tcase_set_timeout(trees, 30);
    tcase_add_test(reading, a_document_becomes_a_tree_with_places);
    tcase_add_test(reading, an_absent_key_gives_null);
    tcase_add_test(reading, quoted_and_block_text_is_quoted);
    tcase_add_test(reading, syntax_errors_have_a_place);
    tcase_add_test(reading, several_documents_are_refused);
    tcase_add_test(reading, an_empty_document_is_refused);
    tcase_add_test(reading, anchors_aliases_and_tags_are_refused);
    tcase_add_test(reading, a_duplicate_key_is_refused_where_it_comes_again);
    tcase_add_test(reading, a_duplicate_among_very_many_keys_is_found);
    tcase_add_test(reading, keys_that_are_no_words_are_refused);
    tcase_add_test(reading, nesting_is_limited);
    tcase_add_test(reading, text_that_is_not_utf8_is_refused);
    tcase_add_test(reading, columns_count_characters_and_not_bytes);
    tcase_add_test(reading, a_file_is_loaded);
    tcase_add_test(reading, a_byte_order_mark_is_skipped);
    tcase_add_test(reading, utf16_is_refused);
    tcase_add_test(reading, a_file_larger_than_the_read_buffer_is_loaded_whole);
    tcase_add_test(reading, a_nul_in_a_file_is_refused);
    tcase_add_test(reading, text_that_a_terminal_would_obey_is_refused);
    tcase_add_test(reading, a_file_that_cannot_be_read_is_a_fault);
    tcase_add_test(reading, a_file_without_end_is_refused);
    tcase_add_test(trees, assigning_replaces_a_value);
    tcase_add_test(trees, assigning_makes_missing_maps);
    tcase_add_test(trees, an_assignment_that_cannot_be_leaves_the_tree_alone);
    tcase_add_test(trees, an_assignment_cannot_nest_too_deep);
    tcase_add_test(trees, a_copy_is_equal_and_apart);
    tcase_add_test(trees, a_printed_tree_is_block_yaml);
    tcase_add_test(trees, long_text_is_printed_on_one_line);
    tcase_add_test(trees, text_of_every_kind_survives_printing);
    tcase_add_test(trees, a_key_that_is_removed_leaves_the_others_in_their_order);
    tcase_add_test(trees, random_trees_survive_printing);
    tcase_add_test(trees, broken_text_is_refused_or_read_but_never_crashes);
    suite_add_tcase(suite, reading);
    suite_add_tcase(suite, trees);
    return suite;
}
