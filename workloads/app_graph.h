/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names and edges of an app file, and what follows from the edges. Part of app.c and app_jobs.c. */
#ifndef HETSOC_WORKLOADS_APP_GRAPH_H
#define HETSOC_WORKLOADS_APP_GRAPH_H

#include "workloads/app.h"

/* Names sorted for looking up; equal ones in order of number. */
struct app_name {
    const char *text;
    int32_t number;
};

/* Both ends of the edges of a file. */
struct app_ends {
    int32_t *from, *to; /* [edge_count] tasks */
};

int app_name_compare(const void *a, const void *b);

/* The number of a name, -1 if it is none of these. O(log count). */
int32_t app_name_find(const struct app_name *names, int32_t count, const char *text);

/* A fault about a name that is not among `names`, with the nearest one as a hint. */
bool app_refuse_name(struct arena *arena, const struct app_name *names, int32_t count,
                     const struct yaml_node *node, const char *noun, struct fault *fault);

/* Sorts the names of the tasks of an app, which were read from a list of what `noun` says; faults
 * at the first one that has the name of an earlier one. */
bool app_sort_names(struct app_name *names, struct arena *arena, const struct app *app,
                    const struct yaml_node *tasks, const char *noun, struct fault *fault);

/* Reads a list of edges, or none if it is NULL, between the tasks of these names. */
bool app_read_edges(struct app *app, struct arena *arena, const struct yaml_node *edges,
                    const struct app_name *names, struct app_ends *ends, const char *noun,
                    struct fault *fault);

/* app_finish, with the list that the edges were read from or NULL. */
bool app_graph_finish(struct app *app, struct arena *arena, const int32_t *from, const int32_t *to,
                      const struct yaml_node *edges, struct fault *fault);

#endif
