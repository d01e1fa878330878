/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/soc.h"
#include "test/importing.h"
#include "test/suite.h"
#include "traces/import_write.h"

static struct importing import;

static void setup(void)
{
    importing_init(&import, &import_ds3);
}

static void teardown(void)
{
    importing_finish(&import);
}

static const char soc_text[] =
    "# a chip\n"
    "add_new_resource resource_type LTL resource_name A7 resource_ID 0 capacity 2 "
    "num_supported_functionalities 3 DVFS_mode performance\n"
    "opp 1400 1300\nopp 600 1000\ntrip_freq -1 -1\npower_profile 1000 0.19 0.29\n"
    "power_profile 1400 0.39 0.59\nread 4\nfft 20\nfft 99\n\n"
    "add_new_resource resoruce_type ACC_1 resource_name FFT resource_ID 1 capacity 1 "
    "num_supported_functionalities 1 DVFS_mode performance\nmesh_information FFT 6 1 8 gold\n"
    "fft 3 3\n"
    "add_new_resource resource_type MEM resource_name M1 resource_ID 2 capacity 1 "
    "num_supported_functionalities 1 DVFS_mode none\nNone 0 \n"
    "comm_band_self 10000\ncomm_band 0 1 10\ncomm_band 0 0 1000\ncomm_band 1 2 500\n";
static const char job_text[] = "job_name test 8\nadd_new_tasks 3\nread 0\nread HEAD\nfft 1 0 \n"
                               "fft 2 0 1\nfft TAIL\n"
                               "fft earliest_start 0 deadline 9 input_vol 1 output_vol 2\n"
                               "comm_vol 0 1 64\ncomm_vol 2 1 5 # no such edge\n";

static bool try_pair(const char *soc, const char *job)
{
    return importing_texts(&import, (const char *const[]){"SoC.T.txt", "job_T.txt"},
                           (const char *const[]){soc, job}, 2);
}

START_TEST(a_chip_and_a_job_become_a_platform_and_an_app)
{
    ck_assert_msg(try_pair(soc_text, job_text), "%s: %s", import.fault.where, import.fault.what);
    ck_assert(import_write(&import.made, import.scratch.folder, false, import.scratch.arena,
                           &import.fault));
    struct soc soc;
    ck_assert_msg(soc_load(&soc, import.scratch.arena, scratch_path(&import.scratch, "SoC.T.yaml"),
                           &import.fault),
                  "%s: %s", import.fault.where, import.fault.what);
    ck_assert_int_eq(soc.pe_count, 3);
    ck_assert_int_eq(soc.kinds[0].opp_count, 2);
    ck_assert(soc.kinds[0].opps[1].freq_mhz == 1400);
    ck_assert(soc.kinds[0].active_mw == 390);
    ck_assert(soc.lanes[soc_lane(&soc, 0, 1)].bandwidth_bytes_per_us == 1000);
    ck_assert(soc.lanes[soc_lane(&soc, 2, 0)].bandwidth_bytes_per_us == 10);
    ck_assert(soc.memory_bandwidth_bytes_per_us == 500);
    ck_assert(soc.truncate_us);

    struct app_set set;
    ck_assert_msg(app_load(&set, import.scratch.arena, scratch_path(&import.scratch, "job_T.yaml"),
                           &import.fault),
                  "%s: %s", import.fault.where, import.fault.what);
    const struct app *app = &set.apps[0];
    ck_assert_int_eq(app->task_count, 3);
    ck_assert_int_eq(app->edge_count, 3);
    ck_assert_int_eq(app->kinds[app->tasks[1].kind].cost_count, 2);
    ck_assert(app->kinds[app->tasks[1].kind].costs[0].exec_us == 20); /* not 99 */
    ck_assert(app->kinds[app->tasks[2].kind].costs[1].exec_us == 3);
    ck_assert(app->bytes[app->preds[app->tasks[1].first_pred].edge] == 64);
}
END_TEST

START_TEST(a_job_without_a_chip_runs_on_the_pe_kind_that_is_asked_for)
{
    const struct app *app = importing_app(&import, "job_T.txt", job_text);
    ck_assert_str_eq(app->kinds[0].costs[0].pe_kind, "core");
    import.options.pe_kind = "DSP";
    app = importing_app(&import, "job_T.txt", job_text);
    ck_assert_str_eq(app->kinds[0].costs[0].pe_kind, "DSP");
}
END_TEST

START_TEST(older_chips_have_values_without_names)
{
    static const char old[] = "add_new_resource CPU CPU 0 1 2 performance\nopp 1330 700\n"
                              "read 30 22\nfft 25 23\nadd_new_resource MEM MEMORY 1 1 1 none\n"
                              "None 0 0\ncomm_band 0 1 2\n";
    ck_assert_msg(try_pair(old, job_text), "%s: %s", import.fault.where, import.fault.what);
    ck_assert_int_eq(import.made.platforms[0].cluster_count, 1);
    ck_assert(import.made.apps[0].kinds[0].costs[0].exec_us == 30);
}
END_TEST

START_TEST(lines_may_end_with_cr_alone)
{
    ck_assert_msg(
        try_pair(importing_with_cr(&import, soc_text), importing_with_cr(&import, job_text)),
        "%s: %s", import.fault.where, import.fault.what);
    ck_assert_int_eq(import.made.platforms[0].cluster_count, 2);
    ck_assert_int_eq(import.made.apps[0].task_count, 3);
}
END_TEST

START_TEST(a_run_becomes_an_experiment)
{
    static const char config[] = "[DEFAULT]\nresource_file = SoC.T.txt\njob_file = job_T.txt\n"
                                 "job_probabilities = [1]\njob_list = []\nmax_jobs = 40\n"
                                 "scheduler = MET\n[SIMULATION MODE]\nscale = 25\n"
                                 "max_jobs_in_parallel = 12\n";
    ck_assert_msg(importing_texts(&import,
                                  (const char *const[]){"SoC.T.txt", "job_T.txt", "run.ini"},
                                  (const char *const[]){soc_text, job_text, config}, 3),
                  "%s: %s", import.fault.where, import.fault.what);
    const char *text = import.made.experiment->text;
    assert_holds(text, "platform: SoC.T.yaml");
    assert_holds(text, "{app: job_T.yaml, share: 1}");
    assert_holds(text, "mean_interarrival_us: 25, max_in_flight: 12}");
    assert_holds(text, "jobs: 40");
    assert_holds(text, "schedulers: [ds3_met]");
}
END_TEST

START_TEST(a_run_finds_its_files_and_lists_its_jobs)
{
    scratch_write(&import.scratch, "SoC.T.txt", soc_text);
    scratch_write(&import.scratch, "job_T.txt", job_text);
    static const char config[] = "[DEFAULT]\nresource_file = SoC.T.txt\njob_file = job_T.txt\n"
                                 "job_list = [[2], [1]]\nscheduler = XY\nscale = 25\n";
    ck_assert_msg(importing_texts(&import, (const char *const[]){"run.ini"},
                                  (const char *const[]){config}, 1),
                  "%s: %s", import.fault.where, import.fault.what);
    ck_assert_int_eq(import.made.app_count, 1);
    ck_assert_str_eq(import.made.experiment->arrivals,
                     "arrival_us,app\n0,job_T\n25,job_T\n50,job_T\n");
    assert_holds(import.made.experiment->text, "file: run.csv");
}
END_TEST

/* A run of the chip and the job above, with these lines in its file. */
static const char *experiment_of(const char *lines)
{
    const char *config = arena_printf(import.scratch.arena,
                                      "[DEFAULT]\nresource_file = SoC.T.txt\n"
                                      "job_file = job_T.txt\nscheduler = MET\n%s\n",
                                      lines);
    bool ok = importing_texts(&import, (const char *const[]){"SoC.T.txt", "job_T.txt", "run.ini"},
                              (const char *const[]){soc_text, job_text, config}, 3);
    return ok ? import.made.experiment->text : "";
}

START_TEST(a_range_of_scales_is_swept_without_its_end)
{
    const char *text = experiment_of("simulation_mode = performance\nscale_values = 10-40-10");
    assert_holds(text, "mean_interarrival_us: [10, 20, 30]");
    text = experiment_of("simulation_mode = validation\nscale_values = 10-40-10\nscale = 7");
    assert_holds(text, "mean_interarrival_us: 7");
    static const char *const wrong[] = {"10-40",   "10-40-0", "0-40-10",
                                        "1-2-3-4", "a-b-c",   "1-9-0.001"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        text = experiment_of(arena_printf(
            import.scratch.arena, "simulation_mode = performance\nscale_values = %s", wrong[i]));
        ck_assert_msg(*text == '\0', "'%s' was taken", wrong[i]);
        ck_assert_str_eq(import.fault.what, "this is no range of scale_values");
        assert_holds(import.fault.where, "run.ini:6:16");
    }
}
END_TEST

START_TEST(a_length_of_simulation_becomes_a_number_of_jobs)
{
    static const struct {
        const char *lines, *jobs;
    } cases[] = {
        {"scale = 25\nsimulation_length = 1000", "40"},
        {"scale = 25\nsimulation_length = 3", "1"},
        {"scale = 25\nsimulation_length = 1e300", "1000000000"},
        {"scale = 0\nsimulation_length = 0\njob_list = [[1]]", "1"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *text = experiment_of(
            arena_printf(import.scratch.arena, "inject_fixed_num_jobs = no\n%s", cases[i].lines));
        assert_holds(text, arena_printf(import.scratch.arena, "\n  jobs: %s\n", cases[i].jobs));
        ck_assert(importing_notes(
            &import, arena_printf(import.scratch.arena, ": %s jobs arrive in it", cases[i].jobs)));
    }
}
END_TEST

START_TEST(jobs_that_are_listed_may_arrive_at_once)
{
    ck_assert_str_ne(experiment_of("scale = 0\njob_list = [[2]]"), "");
    ck_assert_str_eq(import.made.experiment->arrivals, "arrival_us,app\n0,job_T\n0,job_T\n");
}
END_TEST

static const struct {
    const char *lines, *place, *what;
} wrong_runs[] = {
    {"scale = 0", "run.ini:5:9", "a scale of 0 is 0 us between jobs"},
    {"jobs = 1\nscale = 2e9", "run.ini:6:9", "2e+09 us between jobs"},
    {"scale_values = 1e-4-1-0.1\nsimulation_mode = performance", "run.ini:5:16", "no range"},
    {"scale_values = 0.0001-1-0.1\nsimulation_mode = performance", "run.ini:5:16", "of 0.0001 is"},
    {"job_probabilities = [0]", "run.ini:5:21", "all of job_probabilities are 0"},
    {"job_probabilities = [2e9]", "run.ini:5:21", "too large"},
    {"num_of_iterations = 2e6", "run.ini:5:21", "num_of_iterations is at most 1000000 here"},
    {"max_jobs = 1e12", "run.ini:5:12", "max_jobs is at most 1000000000 here"},
    {"job_list = [[0], [0.5]]", "run.ini:5:12", "has 0 jobs"},
    {"job_list = [[1e300]]", "run.ini:5:12", "has 1e+300 jobs"},
    {"scale = 1e9\njob_list = [[11]]", "run.ini:6:12", "beyond the end of simulated time"},
};

START_TEST(a_run_that_no_experiment_can_hold_is_refused_at_its_place)
{
    ck_assert_str_eq(experiment_of(wrong_runs[_i].lines), "");
    assert_holds(import.fault.where, wrong_runs[_i].place);
    assert_holds(import.fault.what, wrong_runs[_i].what);
}
END_TEST

START_TEST(keys_of_a_run_may_have_capitals)
{
    assert_holds(experiment_of("Scale: 25\nMax_Jobs = 7"),
                 "mean_interarrival_us: 25}\n  jobs: 7\n");
    ck_assert_str_eq(experiment_of("Scale = 25\nscale = 26"), "");
    assert_holds(import.fault.what, "'scale' is there twice");
}
END_TEST

START_TEST(the_seed_of_a_run_is_taken_whole)
{
    assert_holds(experiment_of("random_seed = 4294967295"), "\nseed: 4294967295\n");
}
END_TEST

START_TEST(what_a_run_has_and_ours_have_not_is_told)
{
    static const char *const lines[][2] = {
        {"standard_deviation = 3", "standard_deviation"},
        {"warmup_period = 3", "warmup_period"},
        {"inject_jobs_asap = yes", "inject_jobs_asap"},
        {"shared_memory = True", "shared_memory"},
        {"job_list = [[1]]\nsimulation_mode = performance\nscale_values = 10-40-10",
         "only the first of 3 scale_values"},
        {"job_probabilities = [0.5, 0.5]", "job_probabilities has 2 numbers for 1 jobs"},
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        ck_assert_str_ne(experiment_of(""), "");
        ck_assert_msg(!importing_notes(&import, lines[i][1]), "told without %s", lines[i][0]);
        ck_assert_str_ne(experiment_of(lines[i][0]), "");
        ck_assert_msg(importing_notes(&import, lines[i][1]), "not told of %s", lines[i][0]);
    }
}
END_TEST

static const struct {
    const char *soc, *job, *place, *what;
} bad[] = {
    {"nothing", job_text, "SoC.T.txt", "no file of DS3"},
    {"add_new_resource LTL A7\n", job_text, "SoC.T.txt:1", "too short"},
    {"add_new_resource LTL A7 0 x 1\n", job_text, "SoC.T.txt:1:27", "'x' is no number"},
    {"add_new_resource LTL A7 0 5000 1\n", job_text, "SoC.T.txt:1:27", "at most 4096"},
    {"add_new_resource MEM M 0 1 1 n\nNone 0\n", job_text, "SoC.T.txt:1:1", "0 PEs"},
    {"add_new_resource LTL A 0 1 1 p\nread -4\n", job_text, "SoC.T.txt:2:6", "no amount"},
    {"add_new_resource LTL A 0 1 1 p\nread\n", job_text, "SoC.T.txt:2", "too short"},
    {"add_new_resource LTL A 0 1 1 p\nread 1\n", job_text, "job_T.txt", "run 'fft'"},
    {soc_text, "job_name x\n", "job_T.txt:1:1", "no add_new_tasks"},
    {soc_text, "add_new_tasks 2\nread 0\n", "job_T.txt:3:1", "says 2 tasks and has 1"},
    {soc_text, "add_new_tasks 2\nread 0\nfft 0\n", "job_T.txt:3:1", "two tasks have the ID 0"},
    {soc_text, "add_new_tasks 1\nread 0 7\n", "job_T.txt:2:8", "no task with the ID 7"},
    {soc_text, "add_new_tasks 1\nread 0\ncomm_vol 0 0 x\n", "job_T.txt:3:14", "no volume"},
    {soc_text, "add_new_tasks 1\nread BODY\n", "job_T.txt:2:6", "none of what"},
    {soc_text, "add_new_tasks 2\nread 0 1\nfft 1 0\n", "job_T.txt", "cycle: read -> fft"},
    {soc_text, "[DEFAULT]\nscale = 1\nscale = 2\n", "job_T.txt:3:1", "'scale' is there twice"},
    {soc_text, "[DEFAULT]\nscale = fast\n", "job_T.txt:2:9", "no amount"},
    {soc_text, "[DEFAULT]\nscale = 1\n", "job_T.txt:1:1", "no resource_file"},
    {soc_text, "[DEFAULT]\njob_list = [[2], [x]]\n", "job_T.txt:2:19", "no number of job_list"},
    {soc_text, "[DEFAULT]\nscale\n", "job_T.txt:2:1", "this is neither"},
};

START_TEST(bad_files_are_refused_at_their_place)
{
    ck_assert(!try_pair(bad[_i].soc, bad[_i].job));
    assert_holds(import.fault.where, bad[_i].place);
    assert_holds(import.fault.what, bad[_i].what);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("import_ds3");
    TCase *tcase = tcase_create("import_ds3");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_chip_and_a_job_become_a_platform_and_an_app);
    tcase_add_test(tcase, a_job_without_a_chip_runs_on_the_pe_kind_that_is_asked_for);
    tcase_add_test(tcase, older_chips_have_values_without_names);
    tcase_add_test(tcase, lines_may_end_with_cr_alone);
    tcase_add_test(tcase, a_run_becomes_an_experiment);
    tcase_add_test(tcase, a_run_finds_its_files_and_lists_its_jobs);
    tcase_add_test(tcase, a_range_of_scales_is_swept_without_its_end);
    tcase_add_test(tcase, a_length_of_simulation_becomes_a_number_of_jobs);
    tcase_add_test(tcase, jobs_that_are_listed_may_arrive_at_once);
    tcase_add_loop_test(tcase, a_run_that_no_experiment_can_hold_is_refused_at_its_place, 0,
                        (int)(sizeof wrong_runs / sizeof wrong_runs[0]));
    tcase_add_test(tcase, keys_of_a_run_may_have_capitals);
    tcase_add_test(tcase, the_seed_of_a_run_is_taken_whole);
    tcase_add_test(tcase, what_a_run_has_and_ours_have_not_is_told);
    tcase_add_loop_test(tcase, bad_files_are_refused_at_their_place, 0,
                        (int)(sizeof bad / sizeof bad[0]));
    suite_add_tcase(suite, tcase);
    return suite;
}
