/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analysis/gnuplot.h"
#include "analysis/plot.h"
#include "analysis/plot_data.h"
#include "analysis/plot_learning.h"
#include "base/writing.h"
#include "test/scratch.h"
#include "test/suite.h"

#define HEADER                                                                                     \
    "experiment,platform,workload,engine,scheduler,rate_jobs_per_ms,noise,metric,n,mean,ci_low,"   \
    "ci_high,paired_ratio,paired_ci_low,paired_ci_high,wins,pairs\n"

static struct scratch scratch;
static struct fault fault;

static void set_up(void)
{
    scratch_init(&scratch);
    fault = FAULT_NONE;
}

static void tear_down(void)
{
    scratch_finish(&scratch);
}

static bool has_gnuplot(void)
{
    const char *script = scratch_write(&scratch, "probe.gp", "print 1\n");
    bool is_there = gnuplot_run(scratch.folder, "probe.gp", &fault);
    remove(script);
    if (!is_there) {
        printf("%s: skipped\n", fault.what);
    }
    return is_there;
}

/* A latency of each scheduler for each rate and noise; "" = no rate. */
static const char *make_summary(const char *const *schedulers, const char *const *rates,
                                const char *const *noises)
{
    const char *text = HEADER;
    double latency = 100.0;
    for (int r = 0; rates[r] != NULL; r++) {
        for (int n = 0; noises[n] != NULL; n++) {
            for (int s = 0; schedulers[s] != NULL; s++, latency *= 1.1) {
                text = arena_printf(scratch.arena,
                                    "%srace,soc,mix,heap,%s,%s,%s,makespan_us,2,1,1,1,,,,,\n"
                                    "race,soc,mix,heap,%s,%s,%s,mean_latency_us,2,%.3f,%.3f,%.3f,"
                                    ",,,,\n",
                                    text, schedulers[s], rates[r], noises[n], schedulers[s],
                                    rates[r], noises[n], latency, 0.9 * latency, 1.1 * latency);
            }
        }
    }
    return scratch_write(&scratch, "summary.csv", text);
}

/* Draws, and expects a picture and a script that reads only the summary. Returns the script. */
static const char *draw(void)
{
    bool is_drawn = plot_write(scratch.folder, &fault);
    ck_assert_msg(is_drawn, "%s: %s", fault.where, fault.what);
    unsigned char magic[8] = {0};
    FILE *stream = fopen(scratch_path(&scratch, "plots/latency.png"), "rb");
    ck_assert_ptr_nonnull(stream);
    ck_assert_uint_eq(fread(magic, 1, sizeof magic, stream), sizeof magic);
    fclose(stream);
    ck_assert_mem_eq(magic, "\x89PNG\r\n\x1a\n", sizeof magic);
    ck_assert(scratch_has(&scratch, "plots/latency.svg"));
    ck_assert_int_eq(scratch_count(&scratch, "plots") % 3, 0);

    const char *script = scratch_read(&scratch, "plots/latency.gp");
    for (const char *at = script; (at = strstr(at, ".csv")) != NULL; at++) {
        ck_assert_mem_eq(at - strlen("../summary"), "../summary", strlen("../summary"));
    }
    ck_assert_ptr_null(strstr(script, scratch.folder));
    ck_assert_ptr_null(strstr(script, "system"));
    return script;
}

static int count_panels(const char *script)
{
    int panels = 0;
    for (const char *at = script; (at = strstr(at, "\nset title '")) != NULL; at++) {
        panels++;
    }
    return panels;
}

static const char *const two_schedulers[] = {"heft", "etf", NULL};
static const char *const three_rates[] = {"8", "1", "2.5", NULL};
static const char *const one_rate[] = {"4", NULL};
static const char *const no_rate[] = {"", NULL};
static const char *const two_noises[] = {"none", "ln30", NULL};
static const char *const one_noise[] = {"none", NULL};

START_TEST(several_rates_are_the_axis_and_each_noise_a_panel)
{
    if (!has_gnuplot()) {
        return;
    }
    make_summary(two_schedulers, three_rates, two_noises);
    const char *script = draw();
    ck_assert_int_eq(count_panels(script), 2);
    assert_holds(script, "set xlabel 'arrival rate [jobs/ms]'");
    assert_holds(script, "set xtics ('1' 1, '2.5' 2.5, '8' 8)");
    assert_holds(script, "array schedulers[2] = ['heft', 'etf']");
    assert_holds(script, "strcol('noise') eq 'ln30'");
}
END_TEST

START_TEST(with_one_rate_the_axis_is_noise)
{
    if (!has_gnuplot()) {
        return;
    }
    make_summary(two_schedulers, one_rate, two_noises);
    const char *script = draw();
    ck_assert_int_eq(count_panels(script), 1);
    assert_holds(script, "set xlabel 'noise'");
    assert_holds(script, "set xtics ('none' 1, 'ln30' 2)");
}
END_TEST

START_TEST(with_nothing_varying_there_is_a_bar_per_scheduler)
{
    if (!has_gnuplot()) {
        return;
    }
    make_summary(two_schedulers, no_rate, one_noise);
    const char *script = draw();
    ck_assert_int_eq(count_panels(script), 1);
    assert_holds(script, "with boxes");
    assert_holds(script, "\nbottom = 0\n");
}
END_TEST

START_TEST(the_vertical_axis_is_logarithmic_if_the_range_is_wide)
{
    if (!has_gnuplot()) {
        return;
    }
    make_summary(two_schedulers, three_rates, one_noise);
    ck_assert_ptr_null(strstr(draw(), "set logscale y"));
    scratch_write(&scratch, "summary.csv",
                  HEADER "race,soc,mix,heap,heft,1,none,mean_latency_us,1,10,,,,,,,\n"
                         "race,soc,mix,heap,heft,2,none,mean_latency_us,1,5000,,,,,,,\n");
    assert_holds(draw(), "set logscale y");
}
END_TEST

/* Two rates; a row of the latency and one of its median for each. */
static void draw_latencies(const char *first, const char *second)
{
    const char *row = "%srace,soc,mix,heap,heft,%d,none,%s_latency_us,1,%s,,,,,,,\n",
               *text = HEADER;
    const char *const latencies[] = {first, second};
    for (int r = 0; r < 2; r++) {
        text = arena_printf(scratch.arena, row, text, r + 1, "mean", latencies[r]);
        text = arena_printf(scratch.arena, row, text, r + 1, "p50", latencies[r]);
    }
    scratch_write(&scratch, "summary.csv", text);
    draw();
    ck_assert(scratch_has(&scratch, "plots/cdf.png"));
}

START_TEST(latencies_that_are_zero_or_nearly_the_same_are_drawn)
{
    if (!has_gnuplot()) {
        return;
    }
    draw_latencies("0", "0");
    draw_latencies("0", "7");
    draw_latencies("7", "7");
    draw_latencies("200000.1", "200000.2");
}
END_TEST

START_TEST(rates_that_are_nearly_the_same_are_drawn)
{
    static const char *const near[] = {"1000", "1000.0005", NULL};
    if (!has_gnuplot()) {
        return;
    }
    make_summary(two_schedulers, near, one_noise);
    assert_holds(draw(), "set xrange [999:1001]");
}
END_TEST

START_TEST(rows_of_one_panel_are_found_among_thousands)
{
    enum { PANELS = 4000 };
    struct writing text;
    struct plot_data data;
    writing_begin(&text);
    fputs(HEADER, text.stream);
    for (int i = 0; i < 2 * PANELS; i++)
        fprintf(text.stream, "race,soc,mix,heap,heft,%d,n%d,mean_latency_us,1,9,,,,,,,\n",
                i / PANELS + 1, i % PANELS);
    scratch_write(&scratch, "summary.csv", writing_keep(&text, scratch.arena));
    ck_assert(plot_data_load(&data, scratch.folder, "mean_latency_us", NULL, &fault));
    ck_assert_uint_eq(data.panel_count, PANELS);
    for (size_t i = 0; i < PANELS; i++)
        ck_assert_uint_eq(data.panels[i], i);
    plot_data_finish(&data);
}
END_TEST

START_TEST(what_has_no_interval_is_drawn_without_one)
{
    if (!has_gnuplot()) {
        return;
    }
    scratch_write(&scratch, "summary.csv",
                  HEADER "race,soc,mix,heap,heft,,none,mean_latency_us,1,10,,,,,,,\n");
    draw();
}
END_TEST

static const char *const odd_names[] = {
    "it's",  "`touch hacked`", "$(touch hacked)",    "a%d%s%n", "{/Bold x}_y^2",
    "#hash", "@GPVAL_PWD",     "'']; !touch hacked", "end'",    NULL};

START_TEST(names_cannot_say_anything_to_gnuplot)
{
    if (!has_gnuplot()) {
        return;
    }
    make_summary(odd_names, no_rate, odd_names);
    draw();
    make_summary(odd_names, no_rate, one_noise);
    const char *script = draw();
    assert_holds(script, "'it''s'");
    assert_holds(script, "'a%%d%%s%%n' 4");
    ck_assert_int_eq(scratch_count(&scratch, ""), 2);
    ck_assert_int_eq(scratch_count(&scratch, "plots"), 3);
}
END_TEST

START_TEST(what_has_one_value_on_its_axis_is_not_drawn_and_old_pictures_go)
{
    if (!has_gnuplot()) {
        return;
    }
    make_summary(two_schedulers, three_rates, two_noises);
    draw();
    const char *script = scratch_read(&scratch, "plots/noise.gp");
    assert_holds(script, "set xlabel 'noise'");
    ck_assert_int_eq(count_panels(script), 3);
    ck_assert(scratch_has(&scratch, "plots/noise.png"));
    ck_assert(scratch_has(&scratch, "plots/noise.svg"));
    ck_assert(!scratch_has(&scratch, "plots/utilization.gp"));

    const char *both =
        arena_printf(scratch.arena,
                     "%srace,soc,mix,heap,heft,1,none,utilization,2,0.25,0.2,0.3,,,,,\n"
                     "race,soc,mix,heap,etf,1,none,utilization,2,0.5,0.4,0.6,,,,,\n",
                     scratch_read(&scratch, make_summary(two_schedulers, three_rates, one_noise) +
                                                strlen(scratch.folder) + 1));
    scratch_write(&scratch, "summary.csv", both);
    draw();
    ck_assert(!scratch_has(&scratch, "plots/noise.gp"));
    ck_assert(!scratch_has(&scratch, "plots/energy.gp"));
    ck_assert(scratch_has(&scratch, "plots/utilization.svg"));
    script = scratch_read(&scratch, "plots/utilization.gp");
    assert_holds(script, "set xlabel 'scheduler'");
    ck_assert_int_eq(count_panels(script), 1);
    ck_assert_ptr_null(strstr(script, "logscale"));
}
END_TEST

/* Runs a script that `load`s a picture's and looks at what it read. */
static void assert_after(const char *name, const char *condition)
{
    scratch_write(&scratch, "plots/check.gp",
                  arena_printf(scratch.arena, "load '%s.gp'\nif (!(%s)) { exit error '%s' }\n",
                               name, condition, condition));
    char folder[512];
    snprintf(folder, sizeof folder, "%s/plots", scratch.folder);
    bool is_so = gnuplot_run(folder, "check.gp", &fault);
    ck_assert_msg(is_so, "%s", fault.what);
}

START_TEST(a_script_reads_the_rows_of_its_panels_once)
{
    if (!has_gnuplot()) {
        return;
    }
    make_summary(two_schedulers, three_rates, two_noises);
    const char *script = draw();
    ck_assert_ptr_null(strstr(strstr(script, "plot summary") + 1, "plot summary"));
    assert_after("latency", "|$rows| == 12");
    assert_after("latency", "word($rows[1], 1) == 1 && word($rows[1], 2) == 1 && "
                            "word($rows[1], 3) == 8 && word($rows[1], 4) == 100");
    assert_after("latency", "word($rows[4], 1) == 2 && word($rows[4], 2) == 2");
    assert_after("noise", "|$rows| == 12 && word($rows[1], 1) == 1 && word($rows[12], 1) == 3");
}
END_TEST

/* Two quantiles that are equal, as happens below the shortest latency, are two points. */
START_TEST(quantiles_make_a_distribution_for_each_combination)
{
    if (!has_gnuplot()) {
        return;
    }
    static const char *const quantiles[] = {"p50", "p95", "p05", "p10"};
    const char *text = scratch_read(&scratch, make_summary(two_schedulers, one_rate, two_noises) +
                                                  strlen(scratch.folder) + 1);
    for (int q = 0; q < 4; q++) {
        text = arena_printf(scratch.arena,
                            "%srace,soc,mix,heap,heft,4,none,%s_latency_us,2,%d,1,200,,,,,\n"
                            "race,soc,mix,heap,etf,4,ln30,%s_latency_us,2,%d,,,,,,,\n",
                            text, quantiles[q], q < 2 ? 80 + q : 40, quantiles[q], 50 - q);
    }
    scratch_write(&scratch, "summary.csv", text);
    const char *latency = draw();
    ck_assert_ptr_nonnull(latency);
    const char *script = scratch_read(&scratch, "plots/cdf.gp");
    ck_assert_int_eq(count_panels(script), 2);
    ck_assert(scratch_has(&scratch, "plots/cdf.png"));
    assert_after("cdf", "|$rows| == 8");
    assert_after("cdf", "word($rows[1], 3) == 80 && word($rows[1], 4) == 0.5 && "
                        "word($rows[5], 3) == 40 && word($rows[5], 4) == 0.05");
}
END_TEST

START_TEST(who_beats_whom_is_a_matrix)
{
    if (!has_gnuplot()) {
        return;
    }
    make_summary(two_schedulers, three_rates, one_noise);
    draw();
    ck_assert(!scratch_has(&scratch, "plots/wins.gp"));
    scratch_write(&scratch, "wins.csv",
                  "scheduler,rival,metric,wins,losses,ties,pairs\n"
                  "heft,it's %d,mean_latency_us,3,1,0,4\nit's %d,heft,mean_latency_us,1,3,0,4\n");
    ck_assert(plot_write(scratch.folder, &fault));
    ck_assert(scratch_has(&scratch, "plots/wins.png"));
    ck_assert(scratch_has(&scratch, "plots/wins.svg"));
    const char *script = scratch_read(&scratch, "plots/wins.gp");
    assert_holds(script, "array schedulers[2] = ['heft', 'it''s %d']");
    ck_assert_ptr_null(strstr(script, "summary"));
    scratch_write(&scratch, "wins.csv", "a,b\n");
    ck_assert(!plot_write(scratch.folder, &fault));
    assert_holds(fault.what, "'scheduler' is missing");
}
END_TEST

START_TEST(a_training_is_drawn_against_its_iterations)
{
    if (!has_gnuplot()) {
        return;
    }
    scratch_write(&scratch, "train.csv",
                  "iteration,phase,entropy,agreed,validation_mean_us,mean_vs_heft,mean_vs_etf\n"
                  "0,clone,0.9,0.5,120,1.2,1.1\n1,clone,0.8,0.6,,,\n2,ppo,0.7,0.6,90,0.9,0.8\n");
    ck_assert_msg(plot_learning(scratch.folder, &fault), "%s", fault.what);
    ck_assert(scratch_has(&scratch, "plots/learning.png"));
    ck_assert(scratch_has(&scratch, "plots/learning.svg"));
    assert_holds(scratch_read(&scratch, "plots/learning.gp"),
                 "array schedulers[2] = ['heft', 'etf']");
    scratch_write(&scratch, "train.csv", "iteration,entropy\n");
    ck_assert(!plot_learning(scratch.folder, &fault));
    ck_assert_str_eq(fault.what, "there is nothing to draw yet");
    fault = FAULT_NONE;
    scratch_write(&scratch, "train.csv", "trial\n1\n");
    ck_assert(!plot_learning(scratch.folder, &fault));
    assert_holds(fault.what, "'iteration'");
}
END_TEST

START_TEST(gnuplot_finds_odd_names_in_the_summary)
{
    if (!has_gnuplot()) {
        return;
    }
    make_summary(odd_names, no_rate, one_noise);
    FILE *script = fopen(scratch_path(&scratch, "find.gp"), "w");
    fputs("set datafile separator comma\n"
          "set datafile columnheaders\n"
          "set datafile commentschars ''\n",
          script);
    for (int i = 0; odd_names[i] != NULL; i++) {
        fputs("stats 'summary.csv' using (strcol('scheduler') eq ", script);
        gnuplot_quote(odd_names[i], script);
        fputs(" ? 1 : 0) nooutput\n"
              "if (STATS_sum != 2) { exit error 'not found' }\n",
              script);
    }
    fclose(script);
    bool is_found = gnuplot_run(scratch.folder, "find.gp", &fault);
    ck_assert_msg(is_found, "%s\n%s", fault.what, scratch_read(&scratch, "find.gp"));
}
END_TEST

START_TEST(names_that_gnuplot_would_misread_are_refused_with_their_place)
{
    static const char *const names[] = {"\"a,b\"", "\"a\"\"b\"", "a\\b", " a", "a\tb"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        fault = FAULT_NONE;
        scratch_write(&scratch, "summary.csv",
                      arena_printf(scratch.arena,
                                   HEADER
                                   "race,soc,%s,heap,heft,1,none,mean_latency_us,1,10,,,,,,,\n",
                                   names[i]));
        ck_assert(!plot_write(scratch.folder, &fault));
        ck_assert_str_eq(fault.where, scratch_path(&scratch, "summary.csv:2:10"));
        ck_assert_int_eq(scratch_count(&scratch, ""), 1);
    }
}
END_TEST

START_TEST(a_summary_without_latency_is_refused)
{
    scratch_write(&scratch, "summary.csv", HEADER);
    ck_assert(!plot_write(scratch.folder, &fault));
    assert_holds(fault.what, "mean_latency_us");
    assert_holds(fault.hint, "no job");
}
END_TEST

START_TEST(without_gnuplot_the_fault_says_so_and_the_script_stays)
{
    make_summary(two_schedulers, three_rates, two_noises);
    const char *before = arena_string(scratch.arena, getenv("PATH"));
    setenv("PATH", scratch.folder, 1);
    bool is_drawn = plot_write(scratch.folder, &fault);
    setenv("PATH", before, 1);
    ck_assert(!is_drawn);
    assert_holds(fault.what, "gnuplot");
    assert_holds(fault.hint, "install gnuplot");
    ck_assert(scratch_has(&scratch, "plots/latency.gp"));
    ck_assert(!scratch_has(&scratch, "plots/latency.png"));
}
END_TEST

START_TEST(what_gnuplot_complains_about_is_in_the_fault)
{
    if (!has_gnuplot()) {
        return;
    }
    scratch_write(&scratch, "bad.gp", "plot nonsense_of_mine\n");
    ck_assert(!gnuplot_run(scratch.folder, "bad.gp", &fault));
    ck_assert_str_eq(fault.where, scratch_path(&scratch, "bad.gp"));
    assert_holds(fault.what, "nonsense_of_mine");
}
END_TEST

START_TEST(a_locale_with_a_decimal_comma_changes_nothing)
{
    make_summary(two_schedulers, three_rates, two_noises);
    plot_write(scratch.folder, &fault);
    const char *script = scratch_read(&scratch, "plots/latency.gp");
    if (setlocale(LC_ALL, "de_DE.UTF-8") == NULL && setlocale(LC_ALL, "fr_FR.UTF-8") == NULL) {
        puts("no locale with a decimal comma here: skipped");
        return;
    }
    plot_write(scratch.folder, &fault);
    ck_assert_str_eq(scratch_read(&scratch, "plots/latency.gp"), script);
    setlocale(LC_ALL, "C");
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("plot");
    TCase *tests = tcase_create("plot");
    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, several_rates_are_the_axis_and_each_noise_a_panel);
    tcase_add_test(tests, with_one_rate_the_axis_is_noise);
    tcase_add_test(tests, with_nothing_varying_there_is_a_bar_per_scheduler);
    tcase_add_test(tests, the_vertical_axis_is_logarithmic_if_the_range_is_wide);
    tcase_add_test(tests, latencies_that_are_zero_or_nearly_the_same_are_drawn);
    tcase_add_test(tests, rates_that_are_nearly_the_same_are_drawn);
    tcase_add_test(tests, rows_of_one_panel_are_found_among_thousands);
    tcase_add_test(tests, what_has_no_interval_is_drawn_without_one);
    tcase_add_test(tests, names_cannot_say_anything_to_gnuplot);
    tcase_add_test(tests, what_has_one_value_on_its_axis_is_not_drawn_and_old_pictures_go);
    tcase_add_test(tests, a_script_reads_the_rows_of_its_panels_once);
    tcase_add_test(tests, quantiles_make_a_distribution_for_each_combination);
    tcase_add_test(tests, who_beats_whom_is_a_matrix);
    tcase_add_test(tests, a_training_is_drawn_against_its_iterations);
    tcase_add_test(tests, gnuplot_finds_odd_names_in_the_summary);
    tcase_add_test(tests, names_that_gnuplot_would_misread_are_refused_with_their_place);
    tcase_add_test(tests, a_summary_without_latency_is_refused);
    tcase_add_test(tests, without_gnuplot_the_fault_says_so_and_the_script_stays);
    tcase_add_test(tests, what_gnuplot_complains_about_is_in_the_fault);
    tcase_add_test(tests, a_locale_with_a_decimal_comma_changes_nothing);
    suite_add_tcase(suite, tests);
    return suite;
}
