/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Recorded traces -> formats of others: to look at in their viewers.
 *
 * A format is one file and one row of the registry in export.c. */
#ifndef HETSOC_TRACES_EXPORT_H
#define HETSOC_TRACES_EXPORT_H

#include "traces/trace.h"

struct export_kind {
    const char *name;    /* "svg" */
    const char *summary; /* for --help */

    /* Writes a trace; whether it was written shows in ferror(). Time is linear in the rows, but for
     * a sort where it says so. Faults: the trace lacks what the format shows, or has bad rows. */
    bool (*write)(const struct trace *trace, FILE *stream, struct fault *fault);
};

/* The registry: NULL-terminated. */
extern const struct export_kind *const export_kinds[];
extern const struct export_kind export_to_perfetto, export_to_paje, export_to_svg, export_to_dot,
    export_to_csv;

const struct export_kind *export_find(const char *name); /* NULL if there is none */

/* Writes the trace in a directory to a file, whole or not at all. */
bool export_file(const struct export_kind *kind, const char *dir, const char *path,
                 struct fault *fault);

/* Reads the tasks that ran, one after the other; skipped ones are passed over. False after the last
 * one and on a fault. */
bool export_next_task(struct trace_reader *reader, struct trace_task *task, struct fault *fault);

/* Reads the times in which PEs were down, up to the last event of the trace; those of links are
 * passed over. NULL if it has none, or on a fault. */
struct trace_reader *export_read_outages(const struct trace *trace, struct fault *fault);
bool export_next_outage(struct trace_reader *reader, const struct trace *trace,
                        struct trace_outage *outage, struct fault *fault);

/* The name of a task of a job, and of the PE that ran a task ("?" if only its kind is known). */
const char *export_task_name(const struct trace *trace, int32_t job, int32_t task);
const char *export_pe_name(const struct trace *trace, int32_t pe);

#endif
