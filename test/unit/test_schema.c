/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <float.h>
#include <locale.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/schema.h"
#include "test/suite.h"

/* A little of everything that a table can say. */
static const struct schema_row rows[] = {
    {.path = "", .type = SCHEMA_MAP, .help = "A test."},
    {.path = "name", .type = SCHEMA_NAME, .required = true, .help = "What it is called."},
    {.path = "title", .type = SCHEMA_TEXT, .fallback = "~", .help = "Free text."},
    {.path = "trace", .type = SCHEMA_BOOL, .fallback = "false", .help = "Write all | nothing."},
    {.path = "engine",
     .type = SCHEMA_CHOICE,
     .choices = "simgrid|heap",
     .fallback = "simgrid",
     .sweepable = true,
     .help = "The clock."},
    {.path = "scale", .type = SCHEMA_REAL, .help = "Any number."},
    {.path = "load", .type = SCHEMA_MAP, .sweepable = true, .required = true, .help = "Jobs."},
    {.path = "load.jobs",
     .type = SCHEMA_INT,
     .min = 1,
     .max = 1000000,
     .fallback = "100",
     .help = "How many."},
    {.path = "load.warmup", .type = SCHEMA_INT, .min = 0, .max = INFINITY, .help = "Not counted."},
    {.path = "load.rate_jobs_per_ms",
     .type = SCHEMA_REAL,
     .unit = "jobs/ms",
     .min = DBL_MIN,
     .max = INFINITY,
     .sweepable = true,
     .help = "How fast."},
    {.path = "load.apps", .type = SCHEMA_LIST, .fallback = "[wifi]", .help = "The apps."},
    {.path = "load.apps[]", .type = SCHEMA_MAP, .shorthand = "app", .help = "An app."},
    {.path = "load.apps[].app", .type = SCHEMA_NAME, .required = true, .help = "Its name."},
    {.path = "load.apps[].share",
     .type = SCHEMA_REAL,
     .min = 0,
     .max = 1,
     .fallback = "1",
     .help = "Its share."},
    {.path = "kinds", .type = SCHEMA_MAP, .help = "Kinds of PE."},
    {.path = "kinds.*", .type = SCHEMA_MAP, .shorthand = "class", .help = "One kind."},
    {.path = "kinds.*.class",
     .type = SCHEMA_CHOICE,
     .choices = "cpu|gpu",
     .required = true,
     .help = "What it is."},
    {.path = "kinds.*.mhz", .type = SCHEMA_REAL, .unit = "MHz", .fallback = "1.5e3", .help = "f."},
    {.path = "times", .type = SCHEMA_MAP, .help = "Times."},
    {.path = "times.*", .type = SCHEMA_REAL, .min = -INFINITY, .max = 9.5, .help = "A time."},
};

static const struct schema schema = {"test", rows, sizeof rows / sizeof rows[0]};

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
    struct fault none = FAULT_NONE;
    struct yaml_node *root = yaml_parse(arena, "t.yaml", text, &none);
    ck_assert_msg(root != NULL, "%s: %s", none.where, none.what);
    return root;
}

static struct yaml_node *checked(const char *text)
{
    struct yaml_node *root = parse(text);
    fault = FAULT_NONE;
    ck_assert_msg(schema_check(&schema, arena, root, &fault), "%s: %s", fault.where, fault.what);
    ck_assert(!fault_is_set(&fault));
    return root;
}

static void assert_refused(const char *text, const char *where, const char *what, const char *hint)
{
    fault = FAULT_NONE;
    ck_assert_msg(!schema_check(&schema, arena, parse(text), &fault), "accepted: %s", text);
    ck_assert_str_eq(fault.what, what);
    ck_assert_str_eq(fault.where, where);
    ck_assert_str_eq(fault.hint, hint);
}

/* The value is refused for `scale: VALUE`. */
static void assert_no_number(const char *value)
{
    fault = FAULT_NONE;
    const char *text = arena_printf(arena, "{name: a, load: {}, scale: %s}", value);
    ck_assert_msg(!schema_check(&schema, arena, parse(text), &fault), "accepted: %s", value);
    assert_holds(fault.what, "'scale' must be a number, not");
}

static char *dumped(const struct yaml_node *node)
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

START_TEST(a_tree_that_fits_is_accepted)
{
    checked("name: a\nload: {}\n");
    checked("name: a.b-c_d+e#1\ntitle: any text, at all!\ntrace: true\nengine: heap\nscale: -1e-3\n"
            "load: {jobs: 5, rate_jobs_per_ms: 0.5, apps: [{app: x, share: 0.25}]}\n"
            "kinds: {A15: {class: cpu, mhz: 2000}, G.1: {class: gpu}}\ntimes: {a.b: 1, c: -5}\n");
}
END_TEST

START_TEST(an_unknown_key_is_refused_with_the_nearest_known_one)
{
    assert_refused("name: a\nload:\n  rat_jobs: 2\n", "t.yaml:3:3", "unknown key 'rat_jobs'",
                   "did you mean 'rate_jobs_per_ms'? keys here: jobs, warmup, rate_jobs_per_ms, "
                   "apps");
    assert_refused("name: a\nload: {}\nzzz: 1\n", "t.yaml:3:1", "unknown key 'zzz'",
                   "keys here: name, title, trace, engine, scale, load, kinds, times");
    assert_refused("name: a\nload: {}\nwarmup: 1\n", "t.yaml:3:1", "unknown key 'warmup'",
                   "did you mean 'load.warmup'? keys here: name, title, trace, engine, scale, "
                   "load, kinds, times");
    assert_refused("name: a\nload: {}\nload.jobs: 1\n", "t.yaml:3:1", "unknown key 'load.jobs'",
                   "did you mean 'load'? keys here: name, title, trace, engine, scale, load, "
                   "kinds, times");
    assert_refused("name: a\nload: {}\nkinds: {x: {clas: cpu}}\n", "t.yaml:3:13",
                   "unknown key 'clas'", "did you mean 'class'? keys here: class, mhz");
    assert_refused("name: a\nload: {'apps[]': 1}\n", "t.yaml:2:8", "unknown key 'apps[]'",
                   "did you mean 'apps'? keys here: jobs, warmup, rate_jobs_per_ms, apps");
    assert_refused("name: a\nload: {}\n'[]': 1\n", "t.yaml:3:1", "unknown key '[]'",
                   "keys here: name, title, trace, engine, scale, load, kinds, times");
}
END_TEST

START_TEST(a_missing_key_is_refused_at_its_map)
{
    assert_refused("load: {}\n", "t.yaml:1:1",
                   "the test lacks the key 'name', a name of letters, digits and _ - . + #",
                   "What it is called.");
    assert_refused("name: a\nload: {apps: [x, {share: 1}]}\n", "t.yaml:2:18",
                   "item 2 of 'apps' lacks the key 'app', a name of letters, digits and _ - . + #",
                   "Its name.");
    assert_refused("name: a\nload: {}\nkinds:\n  A: {mhz: 1}\n", "t.yaml:4:6",
                   "'A' lacks the key 'class', one of cpu, gpu", "What it is.");
}
END_TEST

START_TEST(a_wrong_type_is_refused_with_what_was_found)
{
    assert_refused("- a\n", "t.yaml:1:1", "the test must be a map of keys, not a list", "A test.");
    assert_refused("name: [a]\nload: {}\n", "t.yaml:1:7",
                   "'name' must be a name of letters, digits and _ - . + #, not a list",
                   "this key takes one value, it cannot be swept");
    assert_refused("name: a/b\nload: {}\n", "t.yaml:1:7",
                   "'name' must be a name of letters, digits and _ - . + #, not 'a/b'",
                   "What it is called.");
    assert_refused("name: ''\nload: {}\n", "t.yaml:1:7",
                   "'name' must be a name of letters, digits and _ - . + #, not the text \"\"",
                   "What it is called.");
    assert_refused("name: a\nload:\n", "t.yaml:2:6",
                   "'load' must be a map of keys, not an empty value", "Jobs.");
    assert_refused("name: a\nload: {apps: x}\n", "t.yaml:2:14", "'apps' must be a list, not 'x'",
                   "The apps.");
    assert_refused("name: a\nload: {apps: [~]}\n", "t.yaml:2:15",
                   "item 1 of 'apps' must be a map of keys or a 'app' alone, not an empty value",
                   "An app.");
    assert_refused("name: a\nload: {}\ntitle: {x: 1}\n", "t.yaml:3:8",
                   "'title' must be a single value, not a map", "Free text.");
    assert_refused("name: a\nload: {}\ntrace: yes\n", "t.yaml:3:8",
                   "'trace' must be true or false, not 'yes'", "Write all | nothing.");
    assert_refused("name: a\nload: {}\ntrace: 'true'\n", "t.yaml:3:8",
                   "'trace' must be true or false, not the text \"true\"",
                   "write it without the quotes");
    assert_refused("name: a\nload: {}\nengine: heep\n", "t.yaml:3:9",
                   "'engine' must be one of simgrid, heap, not 'heep'", "did you mean 'heap'?");
    assert_refused("name: a\nload: {}\nengine: simgrid|heap\n", "t.yaml:3:9",
                   "'engine' must be one of simgrid, heap, not 'simgrid|heap'",
                   "did you mean 'simgrid'?");
    assert_refused("name: a\nload: {}\nengine: hea\n", "t.yaml:3:9",
                   "'engine' must be one of simgrid, heap, not 'hea'", "did you mean 'heap'?");
}
END_TEST

START_TEST(a_number_out_of_range_is_refused)
{
    assert_refused("name: a\nload: {jobs: 2.5}\n", "t.yaml:2:14",
                   "'jobs' must be a whole number from 1 to 1000000, not '2.5'", "How many.");
    assert_refused("name: a\nload: {jobs: 0}\n", "t.yaml:2:14",
                   "'jobs' must be a whole number from 1 to 1000000, not '0'", "How many.");
    assert_refused("name: a\nload: {jobs: 1000001}\n", "t.yaml:2:14",
                   "'jobs' must be a whole number from 1 to 1000000, not '1000001'", "How many.");
    assert_refused("name: a\nload: {warmup: -1}\n", "t.yaml:2:16",
                   "'warmup' must be a whole number >= 0, not '-1'", "Not counted.");
    assert_refused("name: a\nload: {warmup: 9223372036854775808}\n", "t.yaml:2:16",
                   "'warmup' must be a whole number >= 0, not '9223372036854775808'",
                   "Not counted.");
    assert_refused("name: a\nload: {jobs: '5'}\n", "t.yaml:2:14",
                   "'jobs' must be a whole number from 1 to 1000000, not the text \"5\"",
                   "write it without the quotes");
    assert_refused("name: a\nload: {rate_jobs_per_ms: 0}\n", "t.yaml:2:26",
                   "'rate_jobs_per_ms' must be a number > 0 (jobs/ms), not '0'", "How fast.");
    assert_refused("name: a\nload: {}\ntimes: {x: 9.51}\n", "t.yaml:3:12",
                   "'x' must be a number <= 9.5, not '9.51'", "A time.");
    assert_refused("name: a\nload: {}\ntimes: {x: }\n", "t.yaml:3:12",
                   "'x' must be a number <= 9.5, not an empty value", "A time.");
}
END_TEST

START_TEST(half_numbers_are_no_numbers)
{
    static const char *const wrong[] = {"0.3abc", "nan",  ".nan", "inf", "-.inf", "0x10", "'5'",
                                        "1e999",  "1e",   "1e+",  ".",   "-",     "1,5",  "--1",
                                        "1 2",    "1_00", "0b1",  "+-1", "1.2.3", "e5",   "\"\""};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_no_number(wrong[i][0] == '1' && wrong[i][1] == ',' ? "'1,5'" : wrong[i]);
    }
}
END_TEST

START_TEST(whole_numbers_are_digits)
{
    static const char *const wrong[] = {"1e3",
                                        "1.0",
                                        "0x10",
                                        "",
                                        "-",
                                        "+",
                                        " 1",
                                        "1 ",
                                        "12a",
                                        "9223372036854775808",
                                        "-9223372036854775809"};
    int64_t value = 77;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        ck_assert_msg(!schema_parse_int(wrong[i], &value), "accepted: '%s'", wrong[i]);
    }
    ck_assert_int_eq(value, 77);
    ck_assert(schema_parse_int("9223372036854775807", &value) && value == INT64_MAX);
    ck_assert(schema_parse_int("-9223372036854775808", &value) && value == INT64_MIN);
    ck_assert(schema_parse_int("+007", &value) && value == 7);
}
END_TEST

START_TEST(real_numbers_are_read_exactly)
{
    static const struct {
        const char *text;
        double value;
    } right[] = {{"0.1", 0.1},   {"-1.5e-3", -1.5e-3},    {"5", 5.0},      {".5", 0.5},
                 {"5.", 5.0},    {"+2E2", 200.0},         {"1e-400", 0.0}, {"007.50", 7.5},
                 {"1e22", 1e22}, {"4.9e-324", 0x1p-1074}, {"-0", -0.0}};
    for (size_t i = 0; i < sizeof right / sizeof right[0]; i++) {
        double value = NAN;
        ck_assert_msg(schema_parse_real(right[i].text, &value), "%s", right[i].text);
        ck_assert_double_eq(value, right[i].value);
    }
    double value = 77.0;
    ck_assert(!schema_parse_real("", &value) && !schema_parse_real("1e999", &value));
    ck_assert_double_eq(value, 77.0);
}
END_TEST

START_TEST(a_decimal_comma_of_the_locale_does_not_matter)
{
    if (setlocale(LC_ALL, "de_DE.UTF-8") == NULL && setlocale(LC_ALL, "fr_FR.UTF-8") == NULL) {
        puts("skipped: no locale with a decimal comma is installed");
        return;
    }
    double value;
    ck_assert(schema_parse_real("0.25", &value));
    ck_assert_double_eq(value, 0.25);
    ck_assert(!schema_parse_real("0,25", &value));
}
END_TEST

START_TEST(a_sweepable_key_takes_a_list_of_its_values)
{
    checked("name: a\nload: {rate_jobs_per_ms: [1, 2.5, 4]}\nengine: [heap, simgrid]\n");
    checked("name: a\nload: [{jobs: 1}, {jobs: 2, rate_jobs_per_ms: [1, 2]}]\n");
    assert_refused("name: a\nload: {rate_jobs_per_ms: [1, x]}\n", "t.yaml:2:30",
                   "item 2 of 'rate_jobs_per_ms' must be a number > 0 (jobs/ms), not 'x'",
                   "How fast.");
    assert_refused("name: a\nload: {rate_jobs_per_ms: []}\n", "t.yaml:2:26",
                   "'rate_jobs_per_ms' is swept over no value at all", "How fast.");
    assert_refused("name: a\nload: {rate_jobs_per_ms: [[1]]}\n", "t.yaml:2:27",
                   "item 1 of 'rate_jobs_per_ms' must be a number > 0 (jobs/ms), not a list",
                   "the values of a sweep are single values");
    assert_refused("name: a\nload: [{jobs: 1}, {jobs: 0}]\n", "t.yaml:2:26",
                   "'jobs' must be a whole number from 1 to 1000000, not '0'", "How many.");
    assert_refused("name: a\nload: {jobs: [1, 2]}\n", "t.yaml:2:14",
                   "'jobs' must be a whole number from 1 to 1000000, not a list",
                   "this key takes one value, it cannot be swept");
}
END_TEST

START_TEST(a_shorthand_becomes_its_map)
{
    struct yaml_node *root = checked("name: a\nload: {apps: [x, {app: y}]}\nkinds: {A: cpu}\n");
    ck_assert_str_eq(dumped(root), "name: a\nload:\n  apps:\n  - app: x\n  - app: y\n"
                                   "kinds:\n  A:\n    class: cpu\n");
    const struct yaml_node *item = yaml_get(yaml_get(root, "load"), "apps")->items[0];
    char where[64];
    ck_assert_str_eq(yaml_where(item, where, sizeof where), "t.yaml:2:15");
    ck_assert_str_eq(yaml_where(item->items[0], where, sizeof where), "t.yaml:2:15");
    assert_refused("name: a\nload: {}\nkinds: {A: tpu}\n", "t.yaml:3:12",
                   "'class' must be one of cpu, gpu, not 'tpu'", "did you mean 'cpu'?");
}
END_TEST

START_TEST(getters_give_the_value_or_the_default)
{
    struct yaml_node *root =
        checked("name: a\ntrace: true\nload: {jobs: 7, rate_jobs_per_ms: 0.5}\nscale: 3\n"
                "times: {x.y: 2.5}\nkinds: {A: cpu}\n");
    const struct yaml_node *load = yaml_get(root, "load");
    ck_assert_str_eq(schema_text(&schema, root, "", "name"), "a");
    ck_assert_str_eq(schema_text(&schema, root, "", "title"), "");
    ck_assert_str_eq(schema_text(&schema, root, "", "engine"), "simgrid");
    ck_assert_ptr_null(schema_text(&schema, NULL, "", "name"));
    ck_assert(schema_bool(&schema, root, "", "trace"));
    ck_assert(!schema_bool(&schema, NULL, "", "trace"));
    ck_assert_int_eq(schema_int(&schema, load, "load", "jobs"), 7);
    ck_assert_int_eq(schema_int(&schema, NULL, "load", "jobs"), 100);
    ck_assert_int_eq(schema_int(&schema, load, "load", "warmup"), INT64_MIN);
    ck_assert_double_eq(schema_real(&schema, load, "load", "rate_jobs_per_ms"), 0.5);
    ck_assert(isnan(schema_real(&schema, NULL, "load", "rate_jobs_per_ms")));
    ck_assert_double_eq(schema_real(&schema, load, "load", "jobs"), 7.0);
    ck_assert_double_eq(schema_real(&schema, yaml_get(root, "times"), "times", "x.y"), 2.5);
    const struct yaml_node *kind = yaml_get(yaml_get(root, "kinds"), "A");
    ck_assert_str_eq(schema_text(&schema, kind, "kinds.*", "class"), "cpu");
    ck_assert_double_eq(schema_real(&schema, kind, "kinds.*", "mhz"), 1500.0);
}
END_TEST

START_TEST(asking_for_a_key_without_a_row_is_a_mistake)
{
    schema_text(&schema, parse("a: 1"), "", "jobs");
}
END_TEST

START_TEST(a_default_that_its_row_refuses_is_a_mistake)
{
    static const struct schema_row bad_rows[] = {
        {.path = "", .type = SCHEMA_MAP},
        {.path = "n", .type = SCHEMA_INT, .min = 1, .max = 2, .fallback = "3"}};
    static const struct schema bad = {"bad", bad_rows, 2};
    schema_complete(&bad, arena, parse("{}"));
}
END_TEST

START_TEST(a_table_with_an_orphan_is_a_mistake)
{
    static const struct schema_row bad_rows[] = {{.path = "", .type = SCHEMA_MAP},
                                                 {.path = "a.b", .type = SCHEMA_INT}};
    static const struct schema bad = {"bad", bad_rows, 2};
    schema_check(&bad, arena, parse("{}"), &fault);
}
END_TEST

START_TEST(a_key_that_begins_like_another_is_not_below_it)
{
    static const struct schema_row some_rows[] = {{.path = "", .type = SCHEMA_MAP},
                                                  {.path = "load", .type = SCHEMA_MAP},
                                                  {.path = "loader", .type = SCHEMA_TEXT}};
    static const struct schema some = {"some", some_rows, 3};
    ck_assert(schema_check(&some, arena, parse("{load: {}, loader: x}"), &fault));
    ck_assert(!schema_check(&some, arena, parse("{load: {r: x}}"), &fault));
    ck_assert_str_eq(fault.what, "unknown key 'r'");
    ck_assert_str_eq(fault.hint, "there are no keys here");
    ck_assert_ptr_null(schema_key("load", &some_rows[2]));
    ck_assert_str_eq(schema_key("", &some_rows[2]), "loader");
}
END_TEST

START_TEST(rows_are_found_by_path)
{
    static const char *const paths[][2] = {
        {"", ""},
        {"load.jobs", "load.jobs"},
        {"load.apps[].share", "load.apps[].share"},
        {"load.apps[12].share", "load.apps[].share"},
        {"load.apps.0.share", "load.apps[].share"},
        {"load.apps.0", "load.apps[]"},
        {"kinds.A15.class", "kinds.*.class"},
        {"kinds.*", "kinds.*"},
        {"kinds.7", "kinds.*"},
        {"times.x", "times.*"},
    };
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        const struct schema_row *row = schema_find(&schema, paths[i][0]);
        ck_assert_msg(row != NULL, "%s", paths[i][0]);
        ck_assert_str_eq(row->path, paths[i][1]);
    }
    static const char *const absent[] = {"lod",          "load.",    "load.jobs.x", "load.apps.x",
                                         "load.apps[x]", "kinds[0]", "load.apps[",  "load..jobs",
                                         ".load",        "kinds.A.", "times.x.y",   "name[]"};
    for (size_t i = 0; i < sizeof absent / sizeof absent[0]; i++) {
        ck_assert_msg(schema_find(&schema, absent[i]) == NULL, "%s", absent[i]);
    }
}
END_TEST

START_TEST(a_completed_tree_has_every_default)
{
    struct yaml_node *root =
        checked("name: a\nload: [{jobs: 5}, {apps: [{app: y}]}]\nkinds: {A: cpu}\n");
    const struct yaml_node *complete = schema_complete(&schema, arena, root);
    ck_assert_str_eq(dumped(complete), "name: a\n"
                                       "load:\n"
                                       "- jobs: 5\n"
                                       "  apps:\n"
                                       "  - app: wifi\n"
                                       "    share: 1\n"
                                       "- apps:\n"
                                       "  - app: y\n"
                                       "    share: 1\n"
                                       "  jobs: 100\n"
                                       "kinds:\n"
                                       "  A:\n"
                                       "    class: cpu\n"
                                       "    mhz: 1.5e3\n"
                                       "title: ~\n"
                                       "trace: false\n"
                                       "engine: simgrid\n");
    ck_assert_ptr_null(yaml_get(root, "title"));
    checked(dumped(complete));
}
END_TEST

START_TEST(the_document_has_a_row_per_key)
{
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    schema_document(&schema, stream);
    fclose(stream);
    static const char *const lines[] = {
        // NOLINTNEXTLINE(bugprone-suspicious-missing-comma): a text of several lines
        "## test\n\nA test.\n\n"
        "| key | type | unit | range | default | sweep | meaning |\n"
        "| --- | --- | --- | --- | --- | --- | --- |\n"
        "| `name` | name | | | required | | What it is called. |\n",
        "| `trace` | true or false | | | `false` | | Write all \\| nothing. |\n",
        "| `engine` | choice | | `simgrid\\|heap` | `simgrid` | yes | The clock. |\n",
        "| `load.jobs` | whole number | | from 1 to 1000000 | `100` | | How many. |\n",
        "| `load.rate_jobs_per_ms` | number | jobs/ms | > 0 | | yes | How fast. |\n",
        "| `load.apps[]` | map, or its `app` alone | | | | | An app. |\n",
        "| `times.*` | number | | <= 9.5 | | | A time. |\n"};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        assert_holds(text, lines[i]);
    }
    int count = 0;
    for (const char *at = text; *at != '\0'; at++) {
        count += *at == '\n';
    }
    ck_assert_int_eq(count, 6 + schema.count - 1);
    free(text);
}
END_TEST

START_TEST(the_nearest_word_is_found)
{
    static const char *const words[] = {
        "heft", "heft_rt", "etf", "mean_interarrival_us", "rate_jobs_per_ms", "random"};
    static const char *const cases[][2] = {{"hetf", "heft"},
                                           {"heft_tr", "heft_rt"},
                                           {"HEFT_RT", "heft_rt"},
                                           {"tef", "etf"},
                                           {"rate", "rate_jobs_per_ms"},
                                           {"radnom", "random"},
                                           {"mean_interarival", "mean_interarrival_us"},
                                           {"randomized", "random"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *nearest = schema_nearest(cases[i][0], words, 6);
        ck_assert_msg(nearest != NULL && strcmp(nearest, cases[i][1]) == 0, "%s -> %s", cases[i][0],
                      nearest == NULL ? "nothing" : nearest);
    }
    static const char *const strange[] = {"", "x", "bus", "completely_else", "zz"};
    for (size_t i = 0; i < sizeof strange / sizeof strange[0]; i++) {
        ck_assert_ptr_null(schema_nearest(strange[i], words, 6));
    }
    char endless[1000];
    memset(endless, 'x', sizeof endless - 1);
    endless[sizeof endless - 1] = '\0';
    ck_assert_ptr_null(schema_nearest(endless, words, 6));
    ck_assert_ptr_null(schema_nearest("heft", words, 0));
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("schema");
    TCase *test = tcase_create("schema");
    tcase_set_timeout(test, 30);
    tcase_add_checked_fixture(test, set_up, tear_down);
    tcase_add_test(test, a_tree_that_fits_is_accepted);
    tcase_add_test(test, an_unknown_key_is_refused_with_the_nearest_known_one);
    tcase_add_test(test, a_missing_key_is_refused_at_its_map);
    tcase_add_test(test, a_wrong_type_is_refused_with_what_was_found);
    tcase_add_test(test, a_number_out_of_range_is_refused);
    tcase_add_test(test, half_numbers_are_no_numbers);
    tcase_add_test(test, whole_numbers_are_digits);
    tcase_add_test(test, real_numbers_are_read_exactly);
    tcase_add_test(test, a_decimal_comma_of_the_locale_does_not_matter);
    tcase_add_test(test, a_sweepable_key_takes_a_list_of_its_values);
    tcase_add_test(test, a_shorthand_becomes_its_map);
    tcase_add_test(test, getters_give_the_value_or_the_default);
    tcase_add_test_raise_signal(test, asking_for_a_key_without_a_row_is_a_mistake, SIGABRT);
    tcase_add_test_raise_signal(test, a_default_that_its_row_refuses_is_a_mistake, SIGABRT);
    tcase_add_test_raise_signal(test, a_table_with_an_orphan_is_a_mistake, SIGABRT);
    tcase_add_test(test, a_key_that_begins_like_another_is_not_below_it);
    tcase_add_test(test, rows_are_found_by_path);
    tcase_add_test(test, a_completed_tree_has_every_default);
    tcase_add_test(test, the_document_has_a_row_per_key);
    tcase_add_test(test, the_nearest_word_is_found);
    suite_add_tcase(suite, test);
    return suite;
}
