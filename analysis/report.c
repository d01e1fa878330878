/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/report.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "analysis/plot.h"
#include "analysis/report_page.h"
#include "base/csv.h"
#include "base/folder.h"
#include "base/memory.h"
#include "base/schema.h"

/* Of the tables below. */
#define COLUMNS_LIMIT 16

/* A table of a traced run in the page, and which of its columns; `trial` is the first. */
struct source {
    const char *name;
    const char *const *columns;
};

static const char *const task_columns[] = {
    "trial",    "job_id",    "task_id", "task",         "pe",      "ready_us", "assigned_us",
    "start_us", "finish_us", "exec_us", "comm_wait_us", "attempt", "status",   NULL};
static const char *const job_columns[] = {"trial",     "job_id",     "app",    "arrival_us",
                                          "finish_us", "latency_us", "status", NULL};
static const char *const pe_columns[] = {"trial", "pe", NULL};
static const char *const trial_columns[] = {"trial",     "platform",         "workload",
                                            "scheduler", "rate_jobs_per_ms", "noise",
                                            "replicate", "status",           NULL};

static const struct source trials = {"trials.csv", trial_columns};
static const struct source tasks = {"tasks.csv", task_columns};
static const struct source jobs = {"jobs.csv", job_columns};
static const struct source pes = {"pes.csv", pe_columns};

/* The traced trials that the page shows, and whether there are more trials, or more tasks. */
struct window {
    int64_t first, last; /* last < first: none */
    bool is_cut;
};

/* A byte inside a JSON string that no HTML parser takes for anything: `<` is not written as such,
 * so that `</script>` and `<!--` cannot appear. */
static void write_byte(int byte, FILE *page)
{
    if (byte == '"' || byte == '\\') {
        putc('\\', page);
    }
    if (byte < 0x20 || byte == '<' || byte == '>' || byte == '&' || byte == 0x7f) {
        fprintf(page, "\\u%04x", (unsigned)byte);
    } else {
        putc(byte, page);
    }
}

static void write_string(const char *text, FILE *page)
{
    putc('"', page);
    for (; *text != '\0'; text++) {
        write_byte((unsigned char)*text, page);
    }
    putc('"', page);
}

static void open_data(const char *name, FILE *page)
{
    fprintf(page, "<script type=\"application/json\" id=\"%s\">", name);
}

static void close_data(FILE *page)
{
    fputs("</script>\n", page);
}

/* Closes a file that was read to its end. */
static bool close_read(FILE *file, const char *path, struct fault *fault)
{
    bool is_read = ferror(file) == 0;
    fclose(file);
    return is_read || fault_set(fault, path, NULL, "cannot read the file");
}

/* A whole text file as a JSON string; null if it is not there. */
static bool write_text(const char *name, const char *path, FILE *page, struct fault *fault)
{
    bool ok = true;
    FILE *file = fopen(path, "rb");
    open_data(name, page);
    if (file == NULL) {
        fputs("null", page);
    } else {
        putc('"', page);
        for (int byte; (byte = getc(file)) != EOF;) {
            write_byte(byte, page);
        }
        putc('"', page);
        ok = close_read(file, path, fault);
    }
    close_data(page);
    return ok;
}

/* Three bytes at a time, RFC 4648. */
static void write_base64(FILE *file, FILE *page)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    unsigned char bytes[3];
    for (size_t got; (got = fread(bytes, 1, sizeof bytes, file)) > 0;) {
        unsigned word = (unsigned)bytes[0] << 16 | (got > 1 ? (unsigned)bytes[1] << 8 : 0) |
                        (got > 2 ? bytes[2] : 0u);
        putc(digits[word >> 18], page);
        putc(digits[word >> 12 & 63], page);
        putc(got > 1 ? digits[word >> 6 & 63] : '=', page);
        putc(got > 2 ? digits[word & 63] : '=', page);
    }
}

static bool write_picture(const char *path, const char *name, FILE *page, struct fault *fault)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return true;
    }
    fprintf(page, "<img alt=\"%s\" src=\"data:image/png;base64,", name);
    write_base64(file, page);
    fputs("\">\n", page);
    return close_read(file, path, fault);
}

/* A cell as a number of a trial; -1 and a fault if it is none. */
static int64_t read_trial(const struct csv_reader *csv, int column, struct fault *fault)
{
    int64_t trial;
    if (!schema_parse_int(csv_cell(csv, column), &trial) || trial < 0) {
        char where[sizeof fault->where];
        fault_set(fault, csv_where(csv, column, where, sizeof where), NULL,
                  "not the number of a trial: '%s'", csv_cell(csv, column));
        return -1;
    }
    return trial;
}

/* Places of the columns in the file, and their number. */
static bool find_columns(const struct csv_reader *csv, const struct source *source, int *places,
                         int *count, struct fault *fault)
{
    for (*count = 0; source->columns[*count] != NULL; (*count)++) {
        places[*count] = csv_column(csv, source->columns[*count]);
        if (places[*count] < 0) {
            return fault_set(fault, source->name, "it must be a table that `hetsoc run` wrote",
                             "the column '%s' is missing", source->columns[*count]);
        }
    }
    return true;
}

static void write_row(const struct csv_reader *csv, const int *places, int count, FILE *page)
{
    putc('[', page);
    for (int c = 0; c < count; c++) {
        fputs(c > 0 ? "," : "", page);
        write_string(csv_cell(csv, places[c]), page);
    }
    putc(']', page);
}

/* Opens a table of the run and finds its columns; NULL without a fault if there is no such file. */
static struct csv_reader *open_table(const char *dir, const struct source *source, int *places,
                                     int *count, struct fault *fault)
{
    struct arena *arena = arena_create();
    const char *path = arena_printf(arena, "%s/%s", dir, source->name);
    struct csv_reader *csv = access(path, F_OK) == 0 ? csv_open(path, fault) : NULL;
    if (csv != NULL && !find_columns(csv, source, places, count, fault)) {
        csv_close(csv);
        csv = NULL;
    }
    arena_destroy(arena);
    return csv;
}

/* Chooses the trials: one, or the first ones as long as all their tasks have room. */
static bool choose_window(const char *dir, int64_t wish, struct window *window, struct fault *fault)
{
    int places[COLUMNS_LIMIT], count;
    int64_t rows = 0, at = -1;
    *window = (struct window){.first = 0, .last = -1};
    struct csv_reader *csv = open_table(dir, &tasks, places, &count, fault);
    while (csv != NULL && csv_next(csv, fault)) {
        int64_t trial = read_trial(csv, places[0], fault);
        if (trial < 0) {
            break;
        }
        if (wish != REPORT_ANY_TRIAL && trial != wish) {
            window->is_cut = true;
            if (trial > wish) {
                break;
            }
            continue;
        }
        if (trial != at && at >= 0) {
            window->last = at;
        }
        if (at < 0) {
            window->first = trial;
        }
        at = trial;
        if (++rows > REPORT_TASKS) {
            window->is_cut = true;
            break;
        }
    }
    csv_close(csv);
    if (at >= 0 && (rows <= REPORT_TASKS || window->last < window->first)) {
        window->last = at;
    }
    if (wish != REPORT_ANY_TRIAL && at < 0) {
        fault_set(fault, dir, "only runs with `trace: true` have schedules, of the trials that ran",
                  "tasks.csv has no task of trial %lld", (long long)wish);
    }
    return !fault_is_set(fault);
}

/* Writes an array of rows, the first being the header: those of the window, at most REPORT_TASKS.
 */
static bool write_table(const char *dir, const struct source *source, const struct window *window,
                        FILE *page, struct fault *fault)
{
    int places[COLUMNS_LIMIT], count;
    int64_t rows = 0;
    struct csv_reader *csv = open_table(dir, source, places, &count, fault);
    open_data(source->name, page);
    putc('[', page);
    if (csv != NULL) {
        write_row(csv, places, count, page);
    }
    while (csv != NULL && rows < REPORT_TASKS && csv_next(csv, fault)) {
        int64_t trial = read_trial(csv, places[0], fault);
        if (trial < 0 || trial > window->last) {
            break;
        }
        if (trial >= window->first) {
            fputs(",\n", page);
            write_row(csv, places, count, page);
            rows++;
        }
    }
    putc(']', page);
    close_data(page);
    csv_close(csv);
    return !fault_is_set(fault);
}

/* What a browser shows until, or unless, the programs run. */
static void write_frame(FILE *page)
{
    fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
          "<meta name=\"viewport\" content=\"width=device-width\">\n"
          "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
          "img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'\">\n"
          "<title>hetsoc report</title>\n<style>\n",
          page);
    fputs(report_css, page);
    fputs("</style>\n</head>\n<body>\n<h1 id=\"title\">hetsoc report</h1>\n"
          "<noscript>The tables and the schedule need JavaScript.</noscript>\n"
          "<section id=\"setup\"></section>\n<section id=\"results\"></section>\n"
          "<section id=\"pictures\">\n<h2>Pictures</h2>\n",
          page);
}

static bool write_pictures(const char *dir, FILE *page, struct fault *fault)
{
    struct arena *arena = arena_create();
    bool ok = true;
    for (size_t p = 0; ok && plot_name(p) != NULL; p++) {
        ok = write_picture(arena_printf(arena, "%s/plots/%s.png", dir, plot_name(p)), plot_name(p),
                           page, fault);
    }
    arena_destroy(arena);
    return ok;
}

static bool write_page(const char *dir, int64_t trial, FILE *page, struct fault *fault)
{
    struct window window;
    struct arena *arena = arena_create();
    bool ok = choose_window(dir, trial, &window, fault);
    if (ok) {
        write_frame(page);
        ok = write_pictures(dir, page, fault);
        fputs("</section>\n<section id=\"schedule\"></section>\n", page);
        ok = ok &&
             write_text("manifest.json", arena_printf(arena, "%s/manifest.json", dir), page,
                        fault) &&
             write_text("summary.csv", arena_printf(arena, "%s/summary.csv", dir), page, fault);
        open_data("is_cut", page);
        fputs(window.is_cut ? "true" : "false", page);
        close_data(page);
        ok = ok && write_table(dir, &trials, &window, page, fault) &&
             write_table(dir, &tasks, &window, page, fault) &&
             write_table(dir, &jobs, &window, page, fault) &&
             write_table(dir, &pes, &window, page, fault);
        fprintf(page, "<script>\n%s%s</script>\n</body>\n</html>\n", report_tables_js,
                report_gantt_js);
    }
    arena_destroy(arena);
    return ok;
}

bool report_write(const char *dir, int64_t trial, struct fault *fault)
{
    struct arena *arena = arena_create();
    const char *path = arena_printf(arena, "%s/report.html", dir);
    const char *aside = arena_printf(arena, "%s.part", path);
    const char *summary = arena_printf(arena, "%s/summary.csv", dir);
    FILE *page = NULL;
    if (access(summary, R_OK) != 0) {
        fault_set(fault, summary, "is this the folder of a run?", "cannot read: %s",
                  strerror(errno));
    } else if ((page = folder_new_file(aside)) == NULL) {
        fault_set(fault, aside, NULL, "cannot create the file: %s", strerror(errno));
    } else {
        bool ok = write_page(dir, trial, page, fault);
        ok = ferror(page) == 0 && ok;
        if (fclose(page) != 0 || !ok) {
            fault_set(fault, aside, "is the disk full?", "cannot write the file");
        } else if (rename(aside, path) != 0) {
            fault_set(fault, path, NULL, "cannot put the file in its place: %s", strerror(errno));
        }
        if (fault_is_set(fault)) {
            unlink(aside);
        }
    }
    arena_destroy(arena);
    return !fault_is_set(fault);
}
