/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The files of DS3 and DASH-Sim: a chip (SoC.*.txt), jobs (job_*.txt), a run (config_file.ini). */
#ifndef HETSOC_TRACES_DS3_H
#define HETSOC_TRACES_DS3_H

#include "traces/draft.h"
#include "traces/text.h"

/* A cluster of equal PEs, or a memory or cache, which is none. */
struct ds3_resource {
    const char *name, *type;
    int64_t id, pe_count;
    bool is_pe;
    struct import_opp *opps; /* ascending */
    int32_t opp_count;
    double active_w;        /* one busy PE at the highest frequency given; 0 = not given */
    struct names functions; /* what it can run */
    double *times;          /* [functions.count] in units */
    size_t opp_capacity, time_capacity;
};

/* A bandwidth in volume per unit of time. */
struct ds3_band {
    int64_t from, to;
    double value;
};

struct ds3_soc {
    const char *name; /* "SoC.Top" */
    struct ds3_resource *resources;
    int32_t resource_count;
    struct ds3_band *bands;
    int32_t band_count;
    size_t resource_capacity, band_capacity;
};

/* Reads a chip. DS3 takes the first of several times of one function, and so does this. Faults: a
 * line that is no such line, an amount that is none, no PE. Finish it in any case. */
bool ds3_read_soc(struct ds3_soc *soc, struct text *text, struct imported *imported,
                  struct arena *arena);
void ds3_finish_soc(struct ds3_soc *soc);

/* Adds the platform; PE kinds are called `prefix` + the name of their cluster. */
void ds3_add_platform(const struct ds3_soc *soc, const char *prefix, struct imported *imported,
                      struct arena *arena, double us_per_unit);

/* Reads a job into a draft: its tasks without costs, whose functions are the names of tasks, and
 * its edges. Faults: a line that is no such line, unknown tasks, fewer tasks than it says. */
bool ds3_read_job(struct draft *draft, struct text *text, struct imported *imported,
                  struct arena *arena);

/* What a task is called in the chip's table. */
const char *ds3_function(const struct draft *draft, struct arena *arena, int32_t task);

/* What a run says. */
struct ds3_config {
    const char *name;          /* of the file */
    const char *resource_file; /* NULL = not given */
    const char **job_files;
    int32_t job_file_count;
    double *shares; /* [share_count] of the jobs */
    int32_t share_count;
    double *counts; /* job_list: snippets one behind the other; as many in each as job_files */
    int32_t count_count;
    const char *scheduler;
    const double *gaps; /* mean times between jobs, in units */
    int32_t gap_count;
    int64_t max_in_flight; /* max_jobs_in_parallel; 0: none */
    int64_t jobs, replicates, seed;
    bool is_periodic;
};

/* Reads a run. Faults: no INI, a key twice in a section, an amount that is none or that an
 * experiment does not take. Notes tell of keys that have no counterpart. */
bool ds3_read_config(struct ds3_config *config, struct text *text, struct imported *imported,
                     struct arena *arena, double us_per_unit);

/* Adds the experiment, which names files by their names. */
void ds3_add_experiment(const struct ds3_config *config, struct imported *imported,
                        struct arena *arena, double us_per_unit);

#endif
