/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Apps whose nodes are other apps: DeepSoCS's hierarchical jobs, made one flat DAG. Part of app.c.
 */
#ifndef HETSOC_WORKLOADS_APP_JOBS_H
#define HETSOC_WORKLOADS_APP_JOBS_H

#include "workloads/app.h"

/* A file that is being loaded, and whose part it is. */
struct app_source {
    const char *path;
    app_finder *find;
    const struct app_source *whole; /* NULL: nobody's */
};

/* NAME.yaml in the folder. */
const char *app_find_beside(struct arena *arena, const char *name, const char *folder,
                            const char *where, struct fault *fault);

/* Loads a file that may be a part of others (app.c). */
bool app_load_source(struct app_set *set, struct arena *arena, const struct app_source *source,
                     struct fault *fault);

/* Makes one app of the checked `jobs:` and `edges:` of a file. Task `fft` of job `rx` is `rx/fft`.
 * An edge between two jobs is one from each task of the first that has no successor to each task of
 * the second that has no predecessor; each of the latter gets all its bytes, in equal parts. Parts
 * keep their branches and kernels; their batch and classes have to agree. O(V + E) of the result.
 */
bool app_load_jobs(struct app_set *set, struct arena *arena, const struct yaml_node *root,
                   const struct app_source *source, struct fault *fault);

#endif
