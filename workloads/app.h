/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An app: the immutable description of one kind of job, a DAG of tasks with their costs.
 *
 * Tasks are numbered as in the file; edges are kept twice (by consumer and by producer) as
 * compressed rows. Execution times are per task kind and PE kind; a PE kind that is not listed
 * cannot run the task. Nothing here knows a machine: sim/bind.h joins the two.
 *
 * A job carries a batch of samples. A branch task sends each sample into one of its alternatives:
 * an edge with `when` is live for the samples that took this alternative, an edge without it for
 * all that its producer had. A task is for the samples for which all its edges with `when` and, if
 * it has others, one of those are live (`join: any`: one of all its edges). A task without samples
 * is skipped (docs/decisions/0007). */
#ifndef HETSOC_WORKLOADS_APP_H
#define HETSOC_WORKLOADS_APP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"
#include "base/memory.h"
#include "base/schema.h"
#include "base/yaml.h"

/* What one kind of task costs on one kind of PE. */
struct app_cost {
    const char *pe_kind;
    double exec_us;  /* per sample, at the PE's highest frequency, without noise; >= 0 */
    double fixed_us; /* once per task, whatever the number of samples; >= 0 */
};

struct app_task_kind {
    const char *name;
    const struct app_cost *costs;
    int32_t cost_count;
};

/* What sort of work a kernel is: a PE kind reaches another part of its peak for each. */
enum app_kernel_class { APP_KERNEL_CONV, APP_KERNEL_DENSE, APP_KERNEL_TREE };

#define APP_KERNEL_CLASSES 3

/* What a task computes, in place of times: a platform's profiles turn it into time. Every task of
 * such a kind has weights of its own, which all jobs of the app share. */
struct app_kernel {
    enum app_kernel_class class;
    const char *stage;       /* "cigt_cifar10/B1": it is just this; NULL: it is what follows */
    double mac;              /* multiply-adds per sample */
    double weight_bytes;     /* of all weights of the task */
    double touched_bytes;    /* of these, what one sample reads; the same unless it is a tree */
    double activation_bytes; /* in and out, per sample */
    double depth;            /* steps that follow each other */
};

struct app_task {
    const char *name;
    int32_t kind;       /* index into kinds */
    int32_t first_pred; /* preds[first_pred .. first_pred + pred_count) */
    int32_t pred_count;
    int32_t first_succ;
    int32_t succ_count;
    int32_t line;   /* in the file, for faults; 0 if generated */
    int32_t branch; /* index into branches, -1: none; app_finish fills it */
    bool join_any;  /* runs for the samples of any live edge */
};

/* One end of an edge as seen from the other. */
struct app_edge {
    int32_t task; /* the other end */
    int32_t edge; /* number of the edge, the same from both ends; index into bytes */
};

/* A task after which each sample goes into one of several alternatives. */
struct app_branch {
    int32_t task;
    int32_t alternative_count;
    const double *probabilities; /* [class * alternative_count + alternative]; a row sums to 1 */
};

/* What samples are like: each is of one class, on which the ways that it takes depend. */
struct app_classes {
    int32_t count;        /* >= 1 */
    const double *shares; /* [count], their sum is 1 */
    bool is_per_job;      /* all samples of a job are of one class */
};

#define APP_ALTERNATIVES_MAX 4096
#define APP_BATCH_MAX        65536

struct app {
    const char *name; /* "wifi_tx"; one of several variants of a generator is "study_random#17" */
    const char *summary; /* one line for `hetsoc list apps` */
    const char *file;    /* where it came from, for faults */
    struct app_task *tasks;
    int32_t task_count;
    struct app_task_kind *kinds;
    const struct app_kernel *
        *kernels; /* [kind_count] NULL where a kind has none; NULL: no kind has */
    int32_t kind_count;
    struct app_edge *preds; /* ascending task number within a task */
    struct app_edge *succs; /* ascending task number within a task */
    double *bytes;          /* [edge_count] data that an edge moves per sample; may be 0 */
    int32_t *when;          /* [edge_count] the alternative it belongs to, -1: none; NULL: all -1 */
    int32_t edge_count;
    int32_t batch;               /* samples of a job; app_finish makes 0 a 1 */
    struct app_branch *branches; /* [branch_count], in the order of tasks */
    int32_t branch_count;
    struct app_classes classes; /* app_finish makes none one */
    int32_t *order; /* [task_count] a topological order, smallest number first among equals */
};

/* A set of apps that one file describes: one, or the variants of a generator. */
struct app_set {
    struct app *apps;
    int32_t count;
    const char *const
        *part_files; /* [part_file_count] other files that it is made from (`jobs:`) */
    int32_t part_file_count;
};

/* Finds the file of an app that another one names at `where`, whose file lies in `folder`. NULL and
 * a fault if there is none. */
typedef const char *app_finder(struct arena *arena, const char *name, const char *folder,
                               const char *where, struct fault *fault);

/* The keys of an app file (app_schema.c). */
extern const struct schema app_schema;

/* Loads an app file. Everything lives in `arena`. Faults: whatever the schema refuses (a negative
 * or non-finite time among it), a name that is not the file's, both forms or none, duplicate task
 * or kind name, unknown kind, edge to an unknown task, duplicate edge, self-edge, cycle (named task
 * by task), no task at all, a kind that runs nowhere, no such stage, probabilities that do not sum
 * to 1, an alternative without an edge, an edge of an alternative that does not exist, a task that
 * no sample can reach. Several entries and exits are fine. Of an app of jobs: one that is not found
 * beside the file, that is a part of itself (named one by one), or of variants; a cycle of jobs. */
bool app_load(struct app_set *set, struct arena *arena, const char *path, struct fault *fault);

/* The same where the apps that `jobs:` names are not only those beside the file. */
bool app_load_with(struct app_set *set, struct arena *arena, const char *path, app_finder *find,
                   struct fault *fault);

/* Builds the derived parts (preds, succs, order, tasks[].branch) of an app with at least one task
 * whose name, file, tasks (name, kind), kinds, bytes, branches and edge list are given: edge i runs
 * from[i] -> to[i]. Faults: self-edge, duplicate edge, cycle. Used by the loader, the generator and
 * tests. O((V + E) log V). */
bool app_finish(struct app *app, struct arena *arena, const int32_t *from, const int32_t *to,
                struct fault *fault);

#endif
