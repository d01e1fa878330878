/* SPDX-License-Identifier: GPL-3.0-or-later */
/* config_file.ini of DS3 -> an experiment. */
#include "traces/ds3.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/csv.h"
#include "base/schema.h"
#include "base/tick.h"
#include "base/writing.h"

/* LISTED_MAX: jobs of job_list, which are a row each. */
enum { GAPS_MAX = 1000, WHOLE_MAX = 1000000000, LISTED_MAX = 10000000 };

/* Of an experiment (lab/experiment_schema.c). */
#define SEED_MAX       INT64_C(9000000000000000)
#define REPLICATES_MAX 1000000
#define SHARE_MAX      1e9
#define GAP_MIN_US     1e-3
#define GAP_MAX_US     1e9

/* DS3's schedulers and what they are called here; others become the first. */
static const struct {
    const char *theirs, *ours;
} schedulers[] = {
    {"ETF", "ds3_etf"},   {"MET", "ds3_met"},         {"EFT", "ds3_eft"}, {"STF", "ds3_stf"},
    {"HEFT", "ds3_heft"}, {"HEFT_RT", "ds3_heft_rt"}, {"PEFT", "peft"},
};

/* The values of a file by key; sections only tell keys of one name apart, and none of those that
 * matter has a namesake. */
struct ini {
    struct names keys; /* SECTION "\n" KEY, to find twins */
    struct names plain;
    const char **values; /* by plain key: the first */
    size_t capacity;
};

static char *trim(char *text)
{
    text += strspn(text, " \t");
    size_t length = strlen(text);
    while (length > 0 && isspace((unsigned char)text[length - 1]))
        text[--length] = '\0';
    return text;
}

static bool read_ini(struct ini *ini, struct text *text, struct arena *arena)
{
    const char *section = NULL;
    while (text_next_line(text, '#')) {
        char *line = trim(text->rest), *equals = line + strcspn(line, "=:");
        if (*line == ';')
            continue;
        if (*line == '[') {
            section = line;
            continue;
        }
        if (section == NULL || *equals == '\0')
            return text_refuse(text, line, "an INI file has [SECTION] and KEY = VALUE",
                               "this is neither");
        *equals = '\0';
        for (char *at = line; *at != '\0'; at++) /* Python, which DS3 reads with, does so */
            *at = (char)tolower((unsigned char)*at);
        const char *key = trim(line);
        if (names_add(&ini->keys, arena_printf(arena, "%s\n%s", section, key), -1) < 0)
            return text_refuse(text, line, "keep one of them", "the key '%s' is there twice", key);
        int32_t number = names_add(&ini->plain, key, -1);
        if (number < 0)
            continue;
        ini->values =
            memory_grow(ini->values, &ini->capacity, (size_t)number + 1, sizeof *ini->values);
        ini->values[number] = trim(equals + 1);
    }
    return true;
}

/* The value of a key; NULL if it is absent or empty. */
static const char *get(const struct ini *ini, const char *key)
{
    int32_t number = names_find(&ini->plain, key);
    return number < 0 || *ini->values[number] == '\0' ? NULL : ini->values[number];
}

static bool is_yes(const struct ini *ini, const char *key)
{
    const char *value = get(ini, key);
    return value != NULL && (strcasecmp(value, "yes") == 0 || strcasecmp(value, "true") == 0 ||
                             strcasecmp(value, "on") == 0 || strcmp(value, "1") == 0);
}

/* A number, `fallback` if the key is absent. */
static bool get_real(const struct ini *ini, struct text *text, const char *key, double fallback,
                     double *value)
{
    const char *word = get(ini, key);
    *value = fallback;
    return word == NULL || (schema_parse_real(word, value) && *value >= 0) ||
           text_refuse(text, word, "a number, 0 or more", "'%s' of %s is no amount", word, key);
}

/* The same without what is behind the point, at most `max`. */
static bool get_whole(const struct ini *ini, struct text *text, const char *key, int64_t fallback,
                      int64_t max, int64_t *value)
{
    double real;
    if (!get_real(ini, text, key, (double)fallback, &real))
        return false;
    *value = real <= (double)max ? (int64_t)real : max;
    return real <= (double)max ||
           text_refuse(text, get(ini, key), NULL, "%s is at most %lld here", key, (long long)max);
}

/* The numbers of a list or a list of lists: [[1, 2], [3, 4]]. */
static bool get_numbers(const struct ini *ini, struct text *text, struct arena *arena,
                        const char *key, double **numbers, int32_t *count)
{
    static const char between[] = "[], \t";
    const char *at = get(ini, key);
    *count = 0;
    *numbers = arena_zeroed(arena, at == NULL ? 0 : strlen(at), sizeof **numbers);
    for (; at != NULL && *at != '\0'; at += strspn(at, between)) {
        size_t length = strcspn(at, between);
        if (length > 0 &&
            (!schema_parse_real(arena_substring(arena, at, length), &(*numbers)[*count]) ||
             (*numbers)[(*count)++] < 0))
            return text_refuse(text, at, "numbers in brackets", "this is no number of %s", key);
        at += length;
    }
    return true;
}

static void get_job_files(struct ds3_config *config, const struct ini *ini, struct arena *arena)
{
    const char *at = get(ini, "job_file");
    config->job_files = arena_zeroed(arena, at == NULL ? 0 : strlen(at), sizeof *config->job_files);
    for (; at != NULL && *at != '\0'; at += strspn(at, ", \t")) {
        size_t length = strcspn(at, ", \t");
        if (length > 0)
            config->job_files[config->job_file_count++] = arena_substring(arena, at, length);
        at += length;
    }
}

/* Mean gaps between jobs: `scale` in validation mode, the range start-stop-step in performance. */
static bool get_gaps(struct ds3_config *config, const struct ini *ini, struct text *text,
                     struct arena *arena)
{
    double *gaps = arena_zeroed(arena, GAPS_MAX, sizeof *gaps);
    const char *mode = get(ini, "simulation_mode"), *values = get(ini, "scale_values");
    config->gaps = gaps;
    config->gap_count = 1;
    if (mode == NULL || strcmp(mode, "performance") != 0 || values == NULL)
        return get_real(ini, text, "scale", 100, &gaps[0]);
    double range[3];
    char *copy = arena_string(arena, values), *rest = copy, *word;
    int count = 0;
    while (count < 3 && (word = strsep(&rest, "-")) != NULL)
        if (!schema_parse_real(trim(word), &range[count++]))
            count = 4;
    if (count != 3 || rest != NULL || range[0] <= 0 || range[2] <= 0 ||
        (range[1] - range[0]) / range[2] > GAPS_MAX)
        return text_refuse(text, values, "start-stop-step, at most 1000 values",
                           "this is no range of scale_values");
    gaps[0] = range[0];
    for (double gap = range[0] + range[2]; gap < range[1] && config->gap_count < GAPS_MAX;
         gap += range[2])
        gaps[config->gap_count++] = gap;
    return true;
}

/* Refuses times between jobs that an experiment does not take. */
static bool check_gaps(const struct ds3_config *config, const struct ini *ini, struct text *text,
                       double us_per_unit)
{
    const char *range = config->gap_count > 1 ? get(ini, "scale_values") : get(ini, "scale");
    for (int32_t g = 0; g < config->gap_count; g++) {
        double gap_us = config->gaps[g] * us_per_unit;
        if (!(gap_us >= GAP_MIN_US && gap_us <= GAP_MAX_US))
            return text_refuse(text, range == NULL ? text->data : range,
                               "jobs arrive 0.001 to 1e9 us after each other; list those that come "
                               "at once in job_list",
                               "a scale of %g is %g us between jobs", config->gaps[g], gap_us);
    }
    return true;
}

/* Refuses lists of jobs of which nothing could be made. */
static bool check_listed(const struct ds3_config *config, const char *at, struct text *text,
                         double us_per_unit)
{
    int32_t used = config->count_count - config->count_count % config->job_file_count;
    double jobs = 0;
    for (int32_t i = 0; i < used; i++)
        jobs += floor(config->counts[i]);
    if (jobs < 1 || jobs > LISTED_MAX)
        return text_refuse(text, at, NULL, "job_list has %.15g jobs, and a run 1 to %d", jobs,
                           LISTED_MAX);
    return tick_fits_us((jobs - 1) * config->gaps[0] * us_per_unit) ||
           text_refuse(text, at, "make `scale` or a unit (--unit-us) shorter",
                       "the last job of job_list would arrive beyond the end of simulated time, "
                       "2^53 ps");
}

/* Refuses what an experiment could not be read with. */
static bool check_jobs(const struct ds3_config *config, const struct ini *ini, struct text *text,
                       double us_per_unit)
{
    if (config->resource_file == NULL || config->job_file_count == 0)
        return text_refuse(text, text->data, NULL, "it names no resource_file or no job_file");
    if (config->count_count > 0)
        return check_listed(config, get(ini, "job_list"), text, us_per_unit);
    double sum = 0, most = 0;
    for (int32_t i = 0; i < config->share_count; i++) {
        sum += config->shares[i];
        most = fmax(most, config->shares[i]);
    }
    if (config->share_count == config->job_file_count && (!(sum > 0) || most > SHARE_MAX))
        return text_refuse(text, get(ini, "job_probabilities"), "weights of the jobs, up to 1e9",
                           sum > 0 ? "one of job_probabilities is too large"
                                   : "all of job_probabilities are 0");
    return check_gaps(config, ini, text, us_per_unit);
}

/* Tells of what a run of ours does not have. */
static bool note_rest(const struct ini *ini, struct text *text, struct imported *imported,
                      struct arena *arena, struct ds3_config *config)
{
    double deviation, warmup, cap;
    int32_t apps = config->job_file_count;
    if (config->share_count > 0 && config->share_count != apps)
        import_note(imported, arena,
                    "%s: job_probabilities has %d numbers for %d jobs: all are equally likely",
                    text->path, (int)config->share_count, (int)apps);
    if (apps > 0 && config->count_count % apps != 0)
        import_note(imported, arena,
                    "%s: job_list has %d numbers for %d jobs: the last %d are left out", text->path,
                    (int)config->count_count, (int)apps, (int)(config->count_count % apps));
    if (!get_real(ini, text, "standard_deviation", 0, &deviation) ||
        !get_real(ini, text, "warmup_period", 0, &warmup) ||
        !get_real(ini, text, "max_jobs_in_parallel", 0, &cap))
        return false;
    if (deviation > 0)
        import_note(imported, arena, "%s: standard_deviation, which DS3 does not use, is left out",
                    text->path);
    if (warmup > 0)
        import_note(imported, arena, "%s: warmup_period is a time; say warmup_jobs here",
                    text->path);
    config->max_in_flight = cap < 1 ? 0 : cap > 1e9 ? (int64_t)1e9 : (int64_t)cap;
    if (is_yes(ini, "inject_jobs_asap"))
        import_note(imported, arena, "%s: inject_jobs_asap has no counterpart; `scale` is taken",
                    text->path);
    if (is_yes(ini, "shared_memory"))
        import_note(imported, arena, "%s: shared_memory has no counterpart; PE_to_PE is taken",
                    text->path);
    if (get(ini, "inject_fixed_num_jobs") != NULL && !is_yes(ini, "inject_fixed_num_jobs")) {
        double length;
        if (!get_real(ini, text, "simulation_length", 0, &length))
            return false;
        double jobs = length / config->gaps[0];
        config->jobs = !(jobs >= 1) ? 1 : jobs > 1e9 ? (int64_t)1e9 : (int64_t)jobs; /* 0 / 0 */
        import_note(imported, arena,
                    "%s: simulation_length is a time: %lld jobs arrive in it on average",
                    text->path, (long long)config->jobs);
    }
    return true;
}

bool ds3_read_config(struct ds3_config *config, struct text *text, struct imported *imported,
                     struct arena *arena, double us_per_unit)
{
    struct ini ini = {0};
    bool ok = read_ini(&ini, text, arena);
    if (ok) {
        *config = (struct ds3_config){
            .name = import_name(arena, text->path),
            .resource_file = get(&ini, "resource_file"),
            .scheduler = get(&ini, "scheduler"),
            .is_periodic = is_yes(&ini, "fixed_injection_rate"),
        };
        get_job_files(config, &ini, arena);
        ok = get_numbers(&ini, text, arena, "job_probabilities", &config->shares,
                         &config->share_count) &&
             get_numbers(&ini, text, arena, "job_list", &config->counts, &config->count_count) &&
             get_whole(&ini, text, "max_jobs", 100, WHOLE_MAX, &config->jobs) &&
             get_whole(&ini, text, "num_of_iterations", 1, REPLICATES_MAX, &config->replicates) &&
             get_whole(&ini, text, "random_seed", 1, SEED_MAX, &config->seed) &&
             get_gaps(config, &ini, text, arena) && check_jobs(config, &ini, text, us_per_unit) &&
             note_rest(&ini, text, imported, arena, config);
        config->resource_file =
            config->resource_file == NULL ? NULL : arena_string(arena, config->resource_file);
        config->scheduler = config->scheduler == NULL ? "" : arena_string(arena, config->scheduler);
    }
    names_finish(&ini.keys);
    names_finish(&ini.plain);
    free(ini.values);
    return ok;
}

/* ---- to an experiment ---- */

static const char *find_scheduler(const struct ds3_config *config, struct imported *imported,
                                  struct arena *arena)
{
    for (size_t i = 0; i < sizeof schedulers / sizeof *schedulers; i++)
        if (strcmp(schedulers[i].theirs, config->scheduler) == 0)
            return schedulers[i].ours;
    import_note(imported, arena, "%s: there is no scheduler '%s' here: %s is taken", config->name,
                config->scheduler, schedulers[0].ours);
    return schedulers[0].ours;
}

/* The jobs of job_list: in each snippet one of each app in turn while there are any. */
static const char *write_arrivals(const struct ds3_config *config, struct arena *arena,
                                  double gap_us, int64_t *jobs)
{
    char number[32];
    struct writing csv;
    writing_begin(&csv);
    fputs("arrival_us,app\n", csv.stream);
    *jobs = 0;
    int32_t apps = config->job_file_count;
    for (int32_t first = 0; first + apps <= config->count_count; first += apps)
        for (bool any = true; any;) {
            any = false;
            for (int32_t a = 0; a < apps; a++)
                if (config->counts[first + a] >= 1) {
                    config->counts[first + a]--;
                    any = true;
                    fprintf(csv.stream, "%s,%s\n",
                            csv_format_real(number, gap_us * (double)(*jobs)++),
                            import_name(arena, config->job_files[a]));
                }
        }
    return writing_keep(&csv, arena);
}

static void put_arrivals(const struct ds3_config *config, FILE *stream, double us_per_unit,
                         const char *arrivals)
{
    char number[32], cap[48] = "";
    if (config->max_in_flight > 0)
        snprintf(cap, sizeof cap, ", max_in_flight: %lld", (long long)config->max_in_flight);
    if (arrivals != NULL) {
        fprintf(stream, "  arrivals: {kind: trace, file: %s.csv%s}\n", config->name, cap);
        return;
    }
    fprintf(stream, "  arrivals: {kind: %s, mean_interarrival_us: ",
            config->is_periodic ? "periodic" : "poisson");
    for (int32_t g = 0; g < config->gap_count; g++)
        fprintf(stream, "%s%s",
                g > 0                   ? ", "
                : config->gap_count > 1 ? "["
                                        : "",
                csv_format_real(number, config->gaps[g] * us_per_unit));
    fprintf(stream, "%s%s}\n", config->gap_count > 1 ? "]" : "", cap);
}

void ds3_add_experiment(const struct ds3_config *config, struct imported *imported,
                        struct arena *arena, double us_per_unit)
{
    char number[32];
    int64_t jobs = config->jobs;
    const char *arrivals = NULL;
    if (config->count_count > 0) {
        arrivals = write_arrivals(config, arena, config->gaps[0] * us_per_unit, &jobs);
        import_note(imported, arena,
                    "%s: the %lld jobs of job_list arrive %s us after each other, snippet by "
                    "snippet, each app in turn; DS3 draws both",
                    config->name, (long long)jobs,
                    csv_format_real(number, config->gaps[0] * us_per_unit));
    }
    if (arrivals != NULL && config->gap_count > 1)
        import_note(imported, arena, "%s: with job_list only the first of %d scale_values is taken",
                    config->name, (int)config->gap_count);
    struct writing writing;
    writing_begin(&writing);
    FILE *stream = writing.stream;
    fprintf(stream, "format: 1\nname: %s\nplatform: %s.yaml\nworkload:\n  apps:\n", config->name,
            import_name(arena, config->resource_file));
    bool has_shares = config->share_count == config->job_file_count && arrivals == NULL;
    for (int32_t a = 0; a < config->job_file_count; a++) {
        fprintf(stream, "    - {app: %s.yaml", import_name(arena, config->job_files[a]));
        if (has_shares)
            fprintf(stream, ", share: %s", csv_format_real(number, config->shares[a]));
        fputs("}\n", stream);
    }
    put_arrivals(config, stream, us_per_unit, arrivals);
    fprintf(stream, "  jobs: %lld\nschedulers: [%s]\n", (long long)(jobs < 1 ? 1 : jobs),
            find_scheduler(config, imported, arena));
    fprintf(stream, "%sreplicates: %lld\nseed: %lld\n", us_per_unit == 1 ? "compat: ds3\n" : "",
            (long long)(config->replicates < 1 ? 1 : config->replicates), (long long)config->seed);
    imported->experiment = arena_zeroed(arena, 1, sizeof *imported->experiment);
    *imported->experiment = (struct import_experiment){
        .name = config->name, .text = writing_keep(&writing, arena), .arrivals = arrivals};
}
