/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/writing.h"
#include "sim/soc.h"
#include "test/importing.h"
#include "test/suite.h"
#include "traces/import_write.h"

static struct importing import;

static void setup(void)
{
    importing_init(&import, &import_wfformat);
    import.options.us_per_unit = 1;
}

static void teardown(void)
{
    importing_finish(&import);
}

static bool try_text(const char *text)
{
    return importing_text(&import, "flow.json", text);
}

static const struct app *read_text(const char *text)
{
    return importing_app(&import, "flow.json", text);
}

static double exec_us(const struct app *app, int32_t task, int32_t pe_kind)
{
    return app->kinds[app->tasks[task].kind].costs[pe_kind].exec_us;
}

/* Two tasks, the second the child of the first, on machines of 1000 and 2000 MHz. */
#define V15(TASKS, FILES)                                                                          \
    "{\"name\": \"x\", \"schemaVersion\": \"1.5\", \"workflow\": {\"specification\": {\n"          \
    "\"tasks\": [" TASKS "], \"files\": [" FILES "]}, \"execution\": {\"tasks\": [\n"              \
    "{\"id\": \"a_1\", \"runtimeInSeconds\": 3, \"machines\": [\"slow\"]},\n"                      \
    "{\"id\": \"b_2\", \"runtimeInSeconds\": 4.5, \"machines\": [\"fast\"], \"coreCount\": 2}],\n" \
    "\"machines\": [{\"nodeName\": \"slow\", \"cpu\": {\"speedInMHz\": 1000, \"coreCount\": "      \
    "4}},\n"                                                                                       \
    "{\"nodeName\": \"fast\", \"cpu\": {\"speedInMHz\": 2000}}]}}}"
#define A_AND_B                                                                                    \
    "{\"name\": \"a\", \"id\": \"a_1\", \"parents\": [], \"children\": [\"b_2\"],"                 \
    " \"outputFiles\": [\"f\", \"g\", \"f\"]},"                                                    \
    "{\"name\": \"b\", \"id\": \"b_2\", \"parents\": [\"a_1\"], \"children\": [],"                 \
    " \"inputFiles\": [\"f\", \"h\"]}"
#define F_G_H                                                                                      \
    "{\"id\": \"f\", \"sizeInBytes\": 100}, {\"id\": \"g\", \"sizeInBytes\": 7},"                  \
    "{\"id\": \"h\", \"sizeInBytes\": 9}"

START_TEST(a_workflow_of_1_5_becomes_an_app_and_a_platform)
{
    const struct app *app = read_text(V15(A_AND_B, F_G_H));
    ck_assert_str_eq(app->name, "flow");
    ck_assert_int_eq(app->task_count, 2);
    ck_assert_int_eq(app->edge_count, 1);
    ck_assert(importing_bytes(app, 0, 1) == 100);
    ck_assert(exec_us(app, 0, 0) == 3);
    ck_assert(exec_us(app, 0, 1) == 1.5);
    ck_assert(exec_us(app, 1, 0) == 9);
    ck_assert(exec_us(app, 1, 1) == 4.5);
    ck_assert(importing_notes(&import, "1 tasks used several cores"));
    ck_assert_int_eq(import.made.platform_count, 1);

    ck_assert(import_write(&import.made, import.scratch.folder, false, import.scratch.arena,
                           &import.fault));
    struct soc soc;
    ck_assert_msg(soc_load(&soc, import.scratch.arena,
                           scratch_path(&import.scratch, "flow_machines.yaml"), &import.fault),
                  "%s: %s", import.fault.where, import.fault.what);
    ck_assert_int_eq(soc.pe_count, 5);
    ck_assert(soc.lanes[soc_lane(&soc, 0, 1)].bandwidth_bytes_per_us == 1e10);
    ck_assert(soc.lanes[soc_lane(&soc, 0, 4)].bandwidth_bytes_per_us == 125e6);
    struct app_set set;
    ck_assert_msg(app_load(&set, import.scratch.arena, scratch_path(&import.scratch, "flow.yaml"),
                           &import.fault),
                  "%s: %s", import.fault.where, import.fault.what);
    ck_assert_str_eq(set.apps[0].kinds[0].costs[0].pe_kind, soc.kinds[0].name);
}
END_TEST

START_TEST(a_second_is_as_long_as_asked)
{
    import.options.us_per_unit = 1000;
    ck_assert(exec_us(read_text(V15(A_AND_B, F_G_H)), 0, 0) == 3000);
    ck_assert(import.made.platforms[0].bandwidth_bytes_per_us == 125e3);
}
END_TEST

START_TEST(a_pe_kind_that_is_asked_for_takes_the_place_of_machines)
{
    import.options.pe_kind = "core";
    const struct app *app = read_text(V15(A_AND_B, F_G_H));
    ck_assert_int_eq(import.made.platform_count, 0);
    ck_assert_str_eq(app->kinds[0].costs[0].pe_kind, "core");
    ck_assert_int_eq(app->kinds[0].cost_count, 1);
}
END_TEST

START_TEST(a_workflow_of_1_4_becomes_the_same)
{
    const struct app *app = read_text(
        "{\"schemaVersion\": \"1.4\", \"workflow\": {\"tasks\": ["
        "{\"name\": \"a\", \"id\": \"ID1\", \"children\": [\"b\"], \"runtimeInSeconds\": 3,"
        " \"machine\": \"slow\","
        " \"files\": [{\"link\": \"output\", \"name\": \"f\", \"sizeInBytes\": 100}]},"
        "{\"name\": \"b\", \"id\": \"ID2\", \"parents\": [\"a\"], \"runtime\": 4.5,"
        " \"machine\": \"fast\","
        " \"files\": [{\"link\": \"input\", \"name\": \"f\", \"size\": 101}]}],"
        "\"machines\": [{\"nodeName\": \"slow\", \"cpu\": {\"speed\": 1000, \"count\": 4}},"
        "{\"nodeName\": \"fast\", \"cpu\": {\"speed\": 2000}}]}}");
    ck_assert_int_eq(app->edge_count, 1);
    ck_assert(importing_bytes(app, 0, 1) == 100);
    ck_assert(exec_us(app, 1, 0) == 9);
    ck_assert(importing_notes(&import, "1 times a task reads a file of another size"));
}
END_TEST

START_TEST(parents_and_children_count_more_than_files)
{
    const struct app *app =
        read_text(V15("{\"name\": \"a\", \"id\": \"a_1\", \"parents\": [], \"children\": [],"
                      " \"outputFiles\": [\"f\"]},"
                      "{\"name\": \"b\", \"id\": \"b_2\", \"parents\": [], \"children\": [],"
                      " \"inputFiles\": [\"f\"]}",
                      F_G_H));
    ck_assert_int_eq(app->edge_count, 0);
    ck_assert(importing_notes(&import, "reads what a task writes that is not its parent"));
}
END_TEST

START_TEST(an_edge_that_only_one_end_knows_is_an_edge)
{
    const struct app *app = read_text(
        V15("{\"name\": \"a\", \"id\": \"a_1\", \"parents\": [], \"children\": [\"b_2\"]},"
            "{\"name\": \"b\", \"id\": \"b_2\", \"parents\": [], \"children\": []}",
            ""));
    ck_assert_int_eq(app->edge_count, 1);
    ck_assert(importing_notes(&import, "1 edges are only among children, 0 only among parents"));
}
END_TEST

START_TEST(a_transfer_of_simgrid_takes_no_time_and_hands_on_its_bytes)
{
    const struct app *app =
        read_text("{\"workflow\": {\"tasks\": ["
                  "{\"name\": \"c\", \"type\": \"compute\", \"runtimeInSeconds\": 5},"
                  "{\"name\": \"t\", \"type\": \"transfer\", \"parents\": [\"c\"],"
                  " \"writtenBytes\": 800},"
                  "{\"name\": \"d\", \"type\": \"compute\", \"runtimeInSeconds\": 5,"
                  " \"parents\": [\"t\"]}]}}");
    ck_assert(exec_us(app, 1, 0) == 0);
    ck_assert(importing_bytes(app, 0, 1) == 0);
    ck_assert(importing_bytes(app, 1, 2) == 800);
}
END_TEST

START_TEST(tasks_that_name_no_machine_of_the_list_are_told)
{
    const struct app *app = read_text(
        "{\"workflow\": {\"tasks\": [{\"id\": \"a\", \"runtimeInSeconds\": 3, \"machine\": \"z\"},"
        "{\"id\": \"b\", \"runtimeInSeconds\": 3}, {\"id\": \"c\", \"runtimeInSeconds\": 0}],"
        "\"machines\": [{\"nodeName\": \"x\", \"cpu\": {\"speed\": 1000}},"
        "{\"nodeName\": \"y\", \"cpu\": {\"speed\": 2000}}]}}");
    ck_assert(exec_us(app, 0, 0) == 3);
    ck_assert(exec_us(app, 0, 1) == 3);
    ck_assert(importing_notes(&import, "2 tasks name no machine of the list"));
    read_text(V15(A_AND_B, F_G_H));
    ck_assert(!importing_notes(&import, "of the list"));
}
END_TEST

/* Of the characters that JSON may name. */
START_TEST(a_version_that_yaml_cannot_hold_does_not_spoil_the_app)
{
    struct app_set set;
    read_text("{\"schemaVersion\": \"1\\ufffe.\\uffff5\\u007f\\u0085\\\"\", \"workflow\": "
              "{\"tasks\": [{\"id\": \"a\"}]}}");
    ck_assert(import_write(&import.made, import.scratch.folder, false, import.scratch.arena,
                           &import.fault));
    ck_assert_msg(app_load(&set, import.scratch.arena, scratch_path(&import.scratch, "flow.yaml"),
                           &import.fault),
                  "%s: %s", import.fault.where, import.fault.what);
    assert_holds(set.apps[0].summary, "from WfFormat 1 . 5  \", 1 tasks");
}
END_TEST

START_TEST(clocks_that_differ_late_make_pe_kinds)
{
    const struct app *app = read_text(
        "{\"workflow\": {\"tasks\": [{\"id\": \"a\", \"runtimeInSeconds\": 3, \"machine\": \"x\"}],"
        "\"machines\": [{\"nodeName\": \"x\", \"cpu\": {\"speed\": 4000001}},"
        "{\"nodeName\": \"y\", \"cpu\": {\"speed\": 4000004}},"
        "{\"nodeName\": \"z\", \"cpu\": {\"speed\": 4000001}}]}}");
    const struct import_platform *platform = &import.made.platforms[0];
    ck_assert_int_eq(platform->kind_count, 2);
    ck_assert_str_eq(platform->kinds[0].name, "cpu_4000001mhz");
    ck_assert_str_eq(platform->kinds[1].name, "cpu_4000004mhz");
    ck_assert_int_eq(platform->clusters[2].kind, 0);
    ck_assert(exec_us(app, 0, 1) == 3 * (4000001 / 4000004.0));
}
END_TEST

/* A task, and machines of so many cores. */
static const struct import_platform *read_machines(const int32_t *cores, int32_t count)
{
    struct writing text;
    writing_begin(&text);
    fputs("{\"workflow\": {\"tasks\": [{\"id\": \"a\"}], \"machines\": [", text.stream);
    for (int32_t m = 0; m < count; m++)
        fprintf(text.stream, "%s{\"nodeName\": \"m%d\", \"cpu\": {\"count\": %d}}",
                m > 0 ? ", " : "", (int)m, (int)cores[m]);
    fputs("]}}", text.stream);
    read_text(writing_keep(&text, import.scratch.arena));
    return &import.made.platforms[0];
}

START_TEST(machines_with_more_cores_than_a_platform_has_share_its_pes)
{
    const struct import_platform *platform =
        read_machines((const int32_t[]){3000, 1, 6001, 1001, 1, 12000}, 6);
    static const int32_t pes[] = {558, 1, 1117, 187, 1, 2232};
    ck_assert_int_eq(platform->cluster_count, 6);
    for (int32_t c = 0; c < 6; c++)
        ck_assert_int_eq(platform->clusters[c].pe_count, pes[c]);
    ck_assert(importing_notes(&import, "have 22004 cores, the platform only 4096 PEs: one for each "
                                       "machine, and shares"));
    platform = read_machines((const int32_t[]){5000}, 1);
    ck_assert_int_eq(platform->clusters[0].pe_count, SOC_PES_MAX);
    ck_assert(importing_notes(&import, "have 5000 cores, the platform only 4096 PEs"));
    platform = read_machines((const int32_t[]){4000, 96}, 2);
    ck_assert_int_eq(platform->clusters[0].pe_count, 4000);
    ck_assert_int_eq(platform->clusters[1].pe_count, 96);
    ck_assert(!importing_notes(&import, "cores"));
}
END_TEST

START_TEST(more_machines_than_a_platform_has_pes_are_told)
{
    static int32_t cores[SOC_PES_MAX + 4];
    for (int32_t m = 0; m < SOC_PES_MAX + 4; m++)
        cores[m] = 2;
    const struct import_platform *platform = read_machines(cores, SOC_PES_MAX + 4);
    ck_assert_int_eq(platform->cluster_count, SOC_PES_MAX);
    ck_assert_int_eq(platform->clusters[SOC_PES_MAX - 1].pe_count, 1);
    ck_assert(importing_notes(&import, "have 8200 cores, the platform only 4096 PEs: one for each "
                                       "of the first 4096 machines"));
}
END_TEST

START_TEST(names_that_we_cannot_have_are_changed)
{
    const struct app *app =
        read_text("{\"workflow\": {\"tasks\": [{\"id\": \"A:b/c#1\", \"runtimeInSeconds\": 1},"
                  "{\"id\": \"A:b_c#1\", \"runtimeInSeconds\": 1}, {\"id\": \"\xc3\xa4\"}]}}");
    ck_assert_str_eq(app->tasks[0].name, "A_b_c_1");
    ck_assert_str_eq(app->tasks[1].name, "A_b_c_1_1");
    ck_assert_str_eq(app->tasks[2].name, "__");
    ck_assert(importing_notes(&import, "3 of 3 tasks have other names"));
    ck_assert(importing_notes(&import, "1 of 3 tasks do not say how long"));
}
END_TEST

static const struct {
    const char *text, *place, *what;
} bad[] = {
    {"[]", "flow.json:1:1", "a list, not a map"},
    {"{}", "flow.json:1:1", "no workflow"},
    {"{\"workflow\": 3}", "flow.json:1:14", "a number here, not a map"},
    {"{\"workflow\": {}}", "flow.json:1:14", "no task"},
    {"{\"workflow\": {\"tasks\": []}}", "flow.json:1:14", "no task"},
    {"{\"workflow\": {\"tasks\": [\n7]}}", "flow.json:2:1", "a number, not a map"},
    {"{\"workflow\": {\"tasks\": [\n{}]}}", "flow.json:2:1", "neither an id nor a name"},
    {"{\"workflow\": {\"tasks\": [{\"id\": \"a\"},\n{\"id\": \"a\"}]}}", "flow.json:2:8",
     "two tasks are called 'a'"},
    {"{\"workflow\": {\"tasks\": [\n{\"id\": \"a\", \"parents\": [\"b\"]}]}}", "flow.json:2:25",
     "no task 'b'"},
    {"{\"workflow\": {\"tasks\": [{\"id\": \"a\",\n\"runtimeInSeconds\": -1}]}}", "flow.json:2:21",
     "below 0"},
    {"{\"workflow\": {\"tasks\": [{\"id\": \"a\", \"runtimeInSeconds\": 1e300}]}}", "flow.json:1",
     "would take"},
    {"{\"workflow\": {\"tasks\": [{\"id\": \"a\", \"parents\": [\"b\"]},"
     "{\"id\": \"b\", \"parents\": [\"a\"]}]}}",
     "flow.json", "cycle: a -> b -> a"},
    {"{\"workflow\": {\"tasks\": [{\"id\": \"a\", \"parents\": [\"a\"]}]}}", "flow.json", "itself"},
    {V15(A_AND_B ","
                 "{\"id\": \"c\", \"inputFiles\": [1]}",
         ""),
     "flow.json:2", "a number, not a text"},
    {"{\"workflow\": {\"specification\": {\"tasks\": [{\"id\": \"a\"}]},\n"
     "\"execution\": {\"tasks\": [{\"id\": \"z\"}]}}}",
     "flow.json:2:32", "no task 'z'"},
};

START_TEST(bad_workflows_are_refused_at_their_place)
{
    ck_assert(!try_text(bad[_i].text));
    assert_holds(import.fault.where, bad[_i].place);
    assert_holds(import.fault.what, bad[_i].what);
}
END_TEST

START_TEST(a_file_that_is_cut_anywhere_is_refused)
{
    static const char whole[] = V15(A_AND_B, F_G_H);
    for (size_t length = 0; length + 1 < sizeof whole; length += 7) {
        ck_assert_msg(!try_text(arena_substring(import.scratch.arena, whole, length)), "%zu",
                      length);
    }
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("import_wfformat");
    TCase *tcase = tcase_create("import_wfformat");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_workflow_of_1_5_becomes_an_app_and_a_platform);
    tcase_add_test(tcase, a_second_is_as_long_as_asked);
    tcase_add_test(tcase, a_pe_kind_that_is_asked_for_takes_the_place_of_machines);
    tcase_add_test(tcase, a_workflow_of_1_4_becomes_the_same);
    tcase_add_test(tcase, parents_and_children_count_more_than_files);
    tcase_add_test(tcase, an_edge_that_only_one_end_knows_is_an_edge);
    tcase_add_test(tcase, a_transfer_of_simgrid_takes_no_time_and_hands_on_its_bytes);
    tcase_add_test(tcase, a_version_that_yaml_cannot_hold_does_not_spoil_the_app);
    tcase_add_test(tcase, tasks_that_name_no_machine_of_the_list_are_told);
    tcase_add_test(tcase, clocks_that_differ_late_make_pe_kinds);
    tcase_add_test(tcase, machines_with_more_cores_than_a_platform_has_share_its_pes);
    tcase_add_test(tcase, more_machines_than_a_platform_has_pes_are_told);
    tcase_add_test(tcase, names_that_we_cannot_have_are_changed);
    tcase_add_loop_test(tcase, bad_workflows_are_refused_at_their_place, 0,
                        (int)(sizeof bad / sizeof bad[0]));
    tcase_add_test(tcase, a_file_that_is_cut_anywhere_is_refused);
    suite_add_tcase(suite, tcase);
    return suite;
}
