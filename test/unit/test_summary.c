/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analysis/bootstrap.h"
#include "analysis/summary.h"
#include "base/csv.h"
#include "base/schema.h"
#include "test/scratch.h"
#include "test/suite.h"

#define KEYS "experiment,platform,workload,engine,scheduler,rate_jobs_per_ms,noise"
#define HEADER                                                                                     \
    "trial," KEYS ",replicate,seed,status,makespan_us,mean_latency_us,energy_uj,"                  \
    "decide_us_mean,lower_bound_us,wall_s,tasks_per_s"
#define SUMMARY_HEADER                                                                             \
    ",metric,n,mean,ci_low,ci_high,paired_ratio,paired_ci_low,paired_ci_high,wins,pairs\n"
#define SUMMARY_HEADER_WHOLE                                                                       \
    ",metric,n,mean,ci_low,ci_high,paired_ratio,paired_ci_low,paired_ci_high,wins,pairs,"          \
    "boot_ci_low,boot_ci_high,median,median_ci_low,median_ci_high\n"

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

static void summarize(const char *trials, const char *baseline)
{
    scratch_write(&scratch, "trials.csv", trials);
    bool is_written = summary_write(scratch.folder, baseline, &fault);
    ck_assert_msg(is_written, "%s: %s", fault.where, fault.what);
}

static void assert_refused(const char *trials, const char *where, const char *what)
{
    scratch_write(&scratch, "trials.csv", trials);
    ck_assert(!summary_write(scratch.folder, "heft", &fault));
    ck_assert_str_eq(fault.where, scratch_path(&scratch, where));
    assert_holds(fault.what, what);
    ck_assert_int_eq(scratch_count(&scratch, ""), 1); /* nothing half-written */
}

static const char *print_table(const char *baseline)
{
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    ck_assert(summary_print(scratch.folder, baseline, stream, &fault));
    fclose(stream);
    const char *copy = arena_string(scratch.arena, text);
    free(text);
    return copy;
}

static void assert_prints(const char *table, const char *line)
{
    assert_holds(table, line);
}

/* Two schedulers, three replicates. Latencies of etf are half of heft's but in replicate 2, and
 * equal in spread, so that every interval can be worked out by hand. */
static const char *const race =
    HEADER "\n"
           "0,race,soc,mix,heap,heft,4,none,0,1,done,100,10,,0.5,8,1,2\n"
           "1,race,soc,mix,heap,heft,4,none,1,1,done,100,20,,0.6,8,1,2\n"
           "2,race,soc,mix,heap,heft,4,none,2,1,done,100,30,,0.7,8,1,2\n"
           "3,race,soc,mix,heap,etf,4,none,0,1,done,50,5,,0.5,8,1,2\n"
           "4,race,soc,mix,heap,etf,4,none,1,1,done,50,10,,0.5,8,1,2\n"
           "5,race,soc,mix,heap,etf,4,none,2,1,done,50,60,,0.5,8,1,2\n";

/* Compares with what is expected: text exactly, numbers to 12 digits. */
static void assert_summary_is(const char *expected)
{
    struct csv_reader *found, *wanted;
    ck_assert_ptr_nonnull(found = csv_open(scratch_path(&scratch, "summary.csv"), &fault));
    wanted = csv_open(scratch_write(&scratch, "expected.csv", expected), &fault);
    ck_assert_ptr_nonnull(wanted);
    int columns = 17;
    while (csv_next(wanted, &fault)) {
        ck_assert_msg(csv_next(found, &fault), "a row is missing: %s", fault.what);
        for (int c = 0; c < columns; c++) {
            double number, other;
            const char *cell = csv_cell(wanted, c), *is = csv_cell(found, c);
            if (schema_parse_real(cell, &number) && schema_parse_real(is, &other)) {
                ck_assert_msg(fabs(other - number) <= 1e-12 * fmax(1.0, fabs(number)),
                              "column %d: %s instead of %s", c, is, cell);
            } else {
                ck_assert_str_eq(is, cell);
            }
        }
    }
    ck_assert_msg(!csv_next(found, &fault), "a row too many");
    ck_assert_msg(!fault_is_set(&fault), "%s: %s", fault.where, fault.what);
    csv_close(found);
    csv_close(wanted);
}

/* Worked out by hand with t(2 degrees of freedom). heft's latencies have the standard error
 * 10 / sqrt 3; etf's 5, 10, 60 have mean 25 and variance 925; the logarithms of the ratios 1/2, 1/2
 * and 2 have mean -ln(2) / 3 and standard error 2 ln(2) / 3. */
START_TEST(every_metric_of_every_group_has_a_row)
{
    const double t = 4.302652729749464, heft = t * 10.0 / sqrt(3.0), etf = t * sqrt(925.0 / 3.0);
    const double ratio = exp(-log(2.0) / 3.0), factor = exp(t * 2.0 * log(2.0) / 3.0);
    summarize(race, "heft");
    assert_summary_is(arena_printf(
        scratch.arena,
        KEYS SUMMARY_HEADER
        "race,soc,mix,heap,heft,4,none,makespan_us,3,100,100,100,,,,,\n"
        "race,soc,mix,heap,heft,4,none,mean_latency_us,3,20,%.15g,%.15g,,,,,\n"
        "race,soc,mix,heap,heft,4,none,lower_bound_us,3,8,8,8,,,,,\n"
        "race,soc,mix,heap,etf,4,none,makespan_us,3,50,50,50,0.5,0.5,0.5,3,3\n"
        "race,soc,mix,heap,etf,4,none,mean_latency_us,3,25,%.15g,%.15g,%.15g,%.15g,%.15g,2,3\n"
        "race,soc,mix,heap,etf,4,none,lower_bound_us,3,8,8,8,1,1,1,0,3\n",
        20.0 - heft, 20.0 + heft, 25.0 - etf, 25.0 + etf, ratio, ratio / factor, ratio * factor));
}
END_TEST

/* Seven latencies: the median has the ranks 1 and 7, for which the binomial gives 98.4 %. */
START_TEST(a_mean_is_bootstrapped_too_and_stands_beside_the_median)
{
    static const double latencies[] = {3, 9, 1, 12, 2, 4, 30};
    const char *trials = HEADER "\n";
    for (int r = 0; r < 7; r++) {
        trials =
            arena_printf(scratch.arena, "%s%d,race,soc,mix,heap,heft,4,none,%d,1,done,,%g,,,,,\n",
                         trials, r, r, latencies[r]);
    }
    summarize(trials, "heft");
    struct bootstrap *bootstrap = bootstrap_create(7);
    struct estimate mean = bootstrap_mean(bootstrap, latencies);
    bootstrap_destroy(bootstrap);
    struct csv_reader *csv = csv_open(scratch_path(&scratch, "summary.csv"), &fault);
    ck_assert(csv_next(csv, &fault));
    const struct {
        const char *column;
        double value;
    } expected[] = {{"boot_ci_low", mean.ci_low},
                    {"boot_ci_high", mean.ci_high},
                    {"median", 4},
                    {"median_ci_low", 1},
                    {"median_ci_high", 30}};
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        double value;
        ck_assert(schema_parse_real(csv_cell(csv, csv_column(csv, expected[i].column)), &value));
        ck_assert_double_eq_tol(value, expected[i].value, 1e-12);
    }
    csv_close(csv);
}
END_TEST

START_TEST(volatile_columns_change_no_byte)
{
    summarize(race, "heft");
    const char *first = scratch_read(&scratch, "summary.csv");
    char *other = arena_string(scratch.arena, race);
    for (char *cell = other; (cell = strstr(cell, ",0.5,8,1,2\n")) != NULL; cell++) {
        memcpy(cell, ",9.5,8,7,3\n", 11);
    }
    ck_assert_str_ne(other, race);
    summarize(other, "heft");
    ck_assert_str_eq(scratch_read(&scratch, "summary.csv"), first);
    ck_assert_ptr_null(strstr(first, "wall_s"));
    ck_assert_ptr_null(strstr(first, "decide_us_mean"));
    ck_assert_ptr_null(strstr(first, "tasks_per_s"));
    ck_assert_ptr_null(strstr(first, "energy_uj"));   /* no value at all */
    ck_assert_int_eq(scratch_count(&scratch, ""), 3); /* with wins.csv */
}
END_TEST

START_TEST(rows_that_are_not_done_and_empty_cells_do_not_count)
{
    summarize(HEADER "\n"
                     "0,race,soc,mix,heap,heft,,none,0,1,done,100,10,,,8,,\n"
                     "1,race,soc,mix,heap,heft,,none,1,1,deadlock,1,1,,,1,,\n"
                     "2,race,soc,mix,heap,heft,,none,2,1,done,100,,,,8,,\n"
                     "3,race,soc,mix,heap,etf,,none,0,1,crashed,,,,,,,\n"
                     "4,race,soc,mix,heap,etf,,none,1,1,done,50,20,,,8,,\n"
                     "5,race,soc,mix,heap,etf,,none,2,1,done,50,20,,,8,,\n",
              "heft");
    assert_summary_is(KEYS SUMMARY_HEADER
                      "race,soc,mix,heap,heft,,none,makespan_us,2,100,100,100,,,,,\n"
                      "race,soc,mix,heap,heft,,none,mean_latency_us,1,10,,,,,,,\n"
                      "race,soc,mix,heap,heft,,none,lower_bound_us,2,8,8,8,,,,,\n"
                      "race,soc,mix,heap,etf,,none,makespan_us,2,50,50,50,0.5,,,1,1\n"
                      "race,soc,mix,heap,etf,,none,mean_latency_us,2,20,20,20,,,,,\n"
                      "race,soc,mix,heap,etf,,none,lower_bound_us,2,8,8,8,1,,,0,1\n");
}
END_TEST

/* etf beats heft twice and loses once; no pair with the third scheduler's other rate. */
START_TEST(wins_are_counted_over_all_combinations)
{
    summarize(arena_printf(scratch.arena,
                           "%s6,race,soc,mix,heap,heft,8,none,0,1,done,1,10,,,,,\n"
                           "7,race,soc,mix,heap,etf,8,none,0,1,done,1,10,,,,,\n"
                           "8,race,soc,mix,heap,met,8,none,0,1,done,1,11,,,,,\n"
                           "9,race,soc,mix,heap,met,9,none,0,1,done,1,1,,,,,\n",
                           race),
              "heft");
    ck_assert_str_eq(scratch_read(&scratch, "wins.csv"),
                     "scheduler,rival,metric,wins,losses,ties,pairs\n"
                     "heft,etf,mean_latency_us,1,2,1,4\n"
                     "heft,met,mean_latency_us,1,0,0,1\n"
                     "etf,heft,mean_latency_us,2,1,1,4\n"
                     "etf,met,mean_latency_us,1,0,0,1\n"
                     "met,heft,mean_latency_us,0,1,0,1\n"
                     "met,etf,mean_latency_us,0,1,0,1\n");
    summarize(HEADER "\n0,race,soc,mix,heap,heft,4,none,0,1,done,1,10,,,,,\n", "heft");
    ck_assert(!scratch_has(&scratch, "wins.csv"));
}
END_TEST

START_TEST(rows_are_paired_by_replicate_in_whatever_order_they_come)
{
    summarize(HEADER "\n"
                     "0,race,soc,mix,heap,etf,4,none,7,1,done,,6,,,,,\n"
                     "1,race,soc,mix,heap,heft,4,none,2,1,done,,20,,,,,\n"
                     "2,race,soc,mix,heap,etf,4,none,2,1,done,,5,,,,,\n"
                     "3,race,soc,mix,heap,heft,4,none,9,1,done,,1,,,,,\n"
                     "4,race,soc,mix,heap,heft,4,none,7,1,done,,24,,,,,\n"
                     "5,race,soc,mix,heap,heft,4,none,1,1,done,,1,,,,,\n",
              "heft");
    const char *summary = scratch_read(&scratch, "summary.csv");
    assert_holds(summary, "etf,4,none,mean_latency_us,2,5.5,");
    assert_holds(summary, ",0.25,0.25,0.25,2,2,,,5.5,,\n");
}
END_TEST

START_TEST(a_baseline_counts_only_under_the_same_conditions)
{
    summarize(HEADER ",workload.jobs\n"
                     "0,race,soc,mix,heap,heft,4,none,0,1,done,,10,,,,,,500\n"
                     "1,race,soc,mix,heap,etf,4,none,0,1,done,,20,,,,,,500\n"
                     "2,race,soc,mix,heap,etf,4,none,0,1,done,,30,,,,,,900\n"
                     "3,race,soc,mix,heap,etf,8,none,0,1,done,,40,,,,,,500\n"
                     "4,race,soc,mix,heap,etf,4,slow,0,1,done,,50,,,,,,500\n",
              "heft");
    ck_assert_str_eq(scratch_read(&scratch, "summary.csv"),
                     KEYS ",workload.jobs" SUMMARY_HEADER_WHOLE
                          "race,soc,mix,heap,heft,4,none,500,mean_latency_us,1,10,,,,,,,,,,10,,\n"
                          "race,soc,mix,heap,etf,4,none,500,mean_latency_us,1,20,,,2,,,0,1,,,20,,\n"
                          "race,soc,mix,heap,etf,4,none,900,mean_latency_us,1,30,,,,,,,,,,30,,\n"
                          "race,soc,mix,heap,etf,8,none,500,mean_latency_us,1,40,,,,,,,,,,40,,\n"
                          "race,soc,mix,heap,etf,4,slow,500,mean_latency_us,1,50,,,,,,,,,,50,,\n");
}
END_TEST

START_TEST(a_missing_baseline_leaves_the_paired_cells_empty)
{
    summarize(race, "peft");
    const char *summary = scratch_read(&scratch, "summary.csv");
    assert_holds(summary, "etf,4,none,makespan_us,3,50,50,50,,,,,,,,50,,\n");
    assert_holds(summary, "heft,4,none,makespan_us,3,100,100,100,,,,,,,,100,,\n");
}
END_TEST

START_TEST(names_that_need_quotes_keep_them)
{
    summarize(HEADER "\n"
                     "0,\"a, b\",\"so\"\"c\",mix,heap,heft,4,none,0,1,done,,10,,,,,\n",
              "heft");
    assert_holds(scratch_read(&scratch, "summary.csv"),
                 "\n\"a, b\",\"so\"\"c\",mix,heap,heft,4,none,mean_latency_us,1,");
}
END_TEST

START_TEST(no_trials_give_a_header_alone)
{
    summarize(HEADER "\n", "heft");
    ck_assert_str_eq(scratch_read(&scratch, "summary.csv"), KEYS SUMMARY_HEADER_WHOLE);
    ck_assert_str_eq(print_table("heft"), "no trials yet\n");
}
END_TEST

START_TEST(an_old_summary_stays_if_the_new_one_fails)
{
    scratch_write(&scratch, "summary.csv", "old\n");
    scratch_write(&scratch, "trials.csv", HEADER "\n1,2\n");
    ck_assert(!summary_write(scratch.folder, "heft", &fault));
    ck_assert_str_eq(scratch_read(&scratch, "summary.csv"), "old\n");
    ck_assert_int_eq(scratch_count(&scratch, ""), 2);
}
END_TEST

/* Whoever has the old file open goes on reading the old one. */
START_TEST(a_new_summary_takes_the_place_of_the_old_one_at_once)
{
    scratch_write(&scratch, "summary.csv", "old\n");
    ck_assert_int_eq(link(scratch_path(&scratch, "summary.csv"), scratch_path(&scratch, "witness")),
                     0);
    summarize(race, "heft");
    ck_assert_str_eq(scratch_read(&scratch, "witness"), "old\n");
    assert_holds(scratch_read(&scratch, "summary.csv"), "makespan_us");
}
END_TEST

START_TEST(a_summary_that_cannot_get_its_place_leaves_nothing_behind)
{
    scratch_write(&scratch, "summary.csv/in_the_way", "");
    scratch_write(&scratch, "trials.csv", race);
    ck_assert(!summary_write(scratch.folder, "heft", &fault));
    ck_assert_str_eq(fault.where, scratch_path(&scratch, "summary.csv"));
    ck_assert_int_eq(scratch_count(&scratch, ""), 2);
}
END_TEST

START_TEST(a_bad_number_is_refused_with_its_line)
{
    assert_refused(HEADER "\n"
                          "0,race,soc,mix,heap,heft,4,none,0,1,done,1,10,,,,,\n"
                          "1,race,soc,mix,heap,heft,4,none,1,1,done,1,10us,,,,,\n",
                   "trials.csv:3:44", "not a number: '10us'");
}
END_TEST

START_TEST(a_bad_replicate_is_refused_with_its_line)
{
    assert_refused(HEADER "\n0,race,soc,mix,heap,heft,4,none,1.5,1,done,1,1,,,,,\n",
                   "trials.csv:2:33", "replicate");
}
END_TEST

START_TEST(the_same_replicate_twice_is_refused_with_its_line)
{
    assert_refused(HEADER "\n"
                          "0,race,soc,mix,heap,heft,4,none,0,1,done,1,10,,,,,\n"
                          "1,race,soc,mix,heap,heft,4,none,1,1,done,1,10,,,,,\n"
                          "2,race,soc,mix,heap,heft,4,none,0,1,failed,,,,,,,\n",
                   "trials.csv:4:33", "twice");
}
END_TEST

START_TEST(a_short_row_is_refused_with_its_line)
{
    assert_refused(HEADER "\n0,race,soc\n", "trials.csv:2:1", "cells");
}
END_TEST

START_TEST(a_missing_column_is_refused_by_name)
{
    assert_refused("trial," KEYS ",replicate,seed,mean_latency_us,tasks_per_s\n", "trials.csv",
                   "'status'");
}
END_TEST

START_TEST(a_missing_file_is_refused)
{
    ck_assert(!summary_write(scratch.folder, "heft", &fault));
    ck_assert_str_eq(fault.where, scratch_path(&scratch, "trials.csv"));
    ck_assert_int_eq(scratch_count(&scratch, ""), 0);
}
END_TEST

static const char *const field =
    HEADER "\n"
           "0,race,soc,mix,heap,heft,4,none,0,1,done,100,1000,,,,,\n"
           "1,race,soc,mix,heap,heft,4,none,1,1,done,100,1200,,,,,\n"
           "2,race,soc,mix,heap,etf,4,none,0,1,done,50,900,,,,,\n"
           "3,race,soc,mix,heap,etf,4,none,1,1,done,50,1080,,,,,\n"
           "4,race,soc,mix,heap,met,4,none,0,1,done,50,3000,,,,,\n"
           "5,race,soc,mix,heap,met,4,none,1,1,crashed,,,,,,,\n"
           "6,race,soc,mix,heap,a_scheduler_with_a_name_that_is_much_too_long_for_a_table,4,none,0,"
           "1,deadlock,,,,,,,\n"
           "7,race,soc,mix,heap,a_scheduler_with_a_name_that_is_much_too_long_for_a_table,4,none,1,"
           "1,timeout,,,,,,,\n"
           "8,race,soc,mix,heap,heft,8,slow,0,1,done,100,10,,,,,\n";

/* etf is faster by 10 to 11 % in both pairs (p about 0.03), met by exactly half (p = 0). */
START_TEST(the_table_says_how_many_differences_hold_together)
{
    scratch_write(&scratch, "trials.csv",
                  HEADER "\n"
                         "0,race,soc,mix,heap,heft,4,none,0,1,done,,1000,,,,,\n"
                         "1,race,soc,mix,heap,heft,4,none,1,1,done,,1000,,,,,\n"
                         "2,race,soc,mix,heap,etf,4,none,0,1,done,,900,,,,,\n"
                         "3,race,soc,mix,heap,etf,4,none,1,1,done,,890,,,,,\n"
                         "4,race,soc,mix,heap,met,4,none,0,1,done,,500,,,,,\n"
                         "5,race,soc,mix,heap,met,4,none,1,1,done,,500,,,,,\n"
                         "6,race,soc,mix,heap,eft,4,none,0,1,done,,1100,,,,,\n"
                         "7,race,soc,mix,heap,eft,4,none,1,1,done,,900,,,,,\n");
    assert_prints(print_table("heft"),
                  "2 of 3 intervals exclude 0, each by itself; 1 still differ");
}
END_TEST

START_TEST(the_table_says_what_a_person_wants_to_know)
{
    scratch_write(&scratch, "trials.csv", field);
    const char *table = print_table("heft");
    assert_prints(table, "experiment race\n");
    assert_prints(table, "\nplatform soc   workload mix   engine heap   noise none\n");
    assert_prints(table, "\nplatform soc   workload mix   engine heap   noise slow\n");
    assert_prints(table, "1100.0 +- 1270.6");
    assert_prints(table, "vs heft");
    assert_prints(table, "baseline           2\n");
    assert_prints(table, "-10.0 % [-10.0, -10.0]     2/2   2\n");
    assert_prints(table, "+200.0 %     0/1  1!\n");
    assert_prints(table, "! met at rate 4: 1 of 2 trials not done (1 crashed)\n");
    assert_prints(table, "_table at rate 4: 2 of 2 trials not done (1 timeout, 1 deadlock)\n");
}
END_TEST

START_TEST(blocks_come_in_the_order_in_which_their_first_rows_do)
{
    scratch_write(&scratch, "trials.csv",
                  HEADER "\n"
                         "0,race,soc,mix,heap,heft,4,late,0,1,done,100,10,,0.5,8,1,2\n"
                         "1,race,soc,mix,heap,heft,4,early,0,1,done,100,20,,0.6,8,1,2\n"
                         "2,race,soc,mix,heap,etf,4,early,0,1,done,100,30,,0.6,8,1,2\n"
                         "3,race,soc,mix,heap,etf,4,late,0,1,done,50,40,,0.5,8,1,2\n"
                         "4,race,soc,mix,heap,heft,2,late,0,1,done,50,50,,0.5,8,1,2\n");
    const char *at = print_table("heft");
    static const char *const due[] = {"noise late",  " 10", " 40", " 50",
                                      "noise early", " 20", " 30"};
    for (size_t i = 0; i < sizeof due / sizeof *due; i++) {
        at = strstr(at, due[i]);
        ck_assert_msg(at != NULL, "'%s' comes too early, or not at all", due[i]);
    }
    ck_assert_ptr_null(strstr(at, "noise"));
}
END_TEST

START_TEST(the_table_fits_a_terminal_and_has_no_colour_in_a_file)
{
    scratch_write(&scratch, "trials.csv", field);
    const char *table = print_table("heft");
    ck_assert_ptr_null(strchr(table, '\033'));
    for (const char *line = table; *line != '\0';) {
        size_t length = strcspn(line, "\n");
        ck_assert_msg(length <= 120 || strstr(line, "  ! a_scheduler") == line, "%.*s", (int)length,
                      line);
        ck_assert_msg(length == 0 || line[length - 1] != ' ', "trailing space: %.*s", (int)length,
                      line);
        line += length + (line[length] == '\n');
    }
}
END_TEST

START_TEST(a_locale_with_a_decimal_comma_changes_nothing)
{
    scratch_write(&scratch, "trials.csv", field);
    const char *table = print_table("heft");
    if (setlocale(LC_ALL, "de_DE.UTF-8") == NULL && setlocale(LC_ALL, "fr_FR.UTF-8") == NULL) {
        puts("no locale with a decimal comma here: skipped");
        return;
    }
    ck_assert_str_eq(print_table("heft"), table);
    setlocale(LC_ALL, "C");
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("summary");
    TCase *tests = tcase_create("summary");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, every_metric_of_every_group_has_a_row);
    tcase_add_test(tests, a_mean_is_bootstrapped_too_and_stands_beside_the_median);
    tcase_add_test(tests, volatile_columns_change_no_byte);
    tcase_add_test(tests, rows_that_are_not_done_and_empty_cells_do_not_count);
    tcase_add_test(tests, wins_are_counted_over_all_combinations);
    tcase_add_test(tests, rows_are_paired_by_replicate_in_whatever_order_they_come);
    tcase_add_test(tests, a_baseline_counts_only_under_the_same_conditions);
    tcase_add_test(tests, a_missing_baseline_leaves_the_paired_cells_empty);
    tcase_add_test(tests, names_that_need_quotes_keep_them);
    tcase_add_test(tests, no_trials_give_a_header_alone);
    tcase_add_test(tests, an_old_summary_stays_if_the_new_one_fails);
    tcase_add_test(tests, a_new_summary_takes_the_place_of_the_old_one_at_once);
    tcase_add_test(tests, a_summary_that_cannot_get_its_place_leaves_nothing_behind);
    tcase_add_test(tests, a_bad_number_is_refused_with_its_line);
    tcase_add_test(tests, a_bad_replicate_is_refused_with_its_line);
    tcase_add_test(tests, the_same_replicate_twice_is_refused_with_its_line);
    tcase_add_test(tests, a_short_row_is_refused_with_its_line);
    tcase_add_test(tests, a_missing_column_is_refused_by_name);
    tcase_add_test(tests, a_missing_file_is_refused);
    tcase_add_test(tests, the_table_says_how_many_differences_hold_together);
    tcase_add_test(tests, the_table_says_what_a_person_wants_to_know);
    tcase_add_test(tests, blocks_come_in_the_order_in_which_their_first_rows_do);
    tcase_add_test(tests, the_table_fits_a_terminal_and_has_no_colour_in_a_file);
    tcase_add_test(tests, a_locale_with_a_decimal_comma_changes_nothing);
    suite_add_tcase(suite, tests);
    return suite;
}
