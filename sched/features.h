/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a learned scheduler sees of a choice: a row of numbers of about -2 to 4.
 *
 * A row has six parts, each computed where it changes and copied from there: the pair of task and
 * PE, the kind of the PE, the task, its job, the whole machine, and data on its way. Nothing names
 * a PE kind or counts microseconds: kinds are described by what they can do with the apps that may
 * arrive, and times are in units of the mean minimal execution time of their tasks, so that a
 * policy can be used on machines and workloads that it was not trained on. All of it is made of
 * estimates and of the past. docs/neural.md lists the features. */
#ifndef HETSOC_SCHED_FEATURES_H
#define HETSOC_SCHED_FEATURES_H

#include <stdint.h>

/* ROW(NAME, "what it is"); log1p: natural logarithm of 1 + x. */
#define FEATURES_PAIR(ROW)                                                                         \
    ROW(WAIT, "1: choose nothing until something happens; all but the machine is then 0")          \
    ROW(EXEC, "log(execution time) / 2")                                                           \
    ROW(EXEC_RATIO, "log(execution time / that on the fastest kind), at most 3")                   \
    ROW(DATA_DELAY, "time until the data can be there / (minimal execution time + 0.2)")           \
    ROW(REGRET, "(finish here - earliest finish anywhere) / (minimal execution time + 0.4); "      \
                "waiting: the least of all choices")                                               \
    ROW(IS_BEST, "1: the task can finish nowhere earlier")                                         \
    ROW(SLOWNESS, "log(actual / estimated time) lately observed on the PE")                        \
    ROW(PLAN_NOW, "1: what the shortest-job-first plan would do now; waiting: it would wait")      \
    ROW(PLAN_GAIN, "(finish here - finish in that plan) / (minimal execution time + 0.4)")

#define FEATURES_KIND(ROW)                                                                         \
    ROW(KIND_SHARE, "share of all tasks that the kind can run")                                    \
    ROW(KIND_FASTEST, "share of all tasks that it runs fastest")                                   \
    ROW(KIND_RATIO, "mean over the tasks it can run of log(time / minimal time) / 2")              \
    ROW(KIND_IS_CPU, "1: the kind is a CPU")                                                       \
    ROW(KIND_SIZE, "log1p(PEs of the kind) / 2")                                                   \
    ROW(KIND_IDLE, "share of them that is idle")                                                   \
    ROW(KIND_READY, "log1p(ready tasks whose fastest kind it is) / 2")                             \
    ROW(KIND_BACKLOG, "log1p(minimal execution times of these / PEs of the kind) / 2")

#define FEATURES_TASK(ROW)                                                                         \
    ROW(RANK, "log1p(upward rank / 2) / 2")                                                        \
    ROW(CRITICAL, "longest path from the task / longest path left in the job")                     \
    ROW(SUCCESSORS, "successors / 4, at most 8 of them")                                           \
    ROW(READY_TIME, "log1p(time since it became ready) / 2")                                       \
    ROW(NEXT_RATIO, "log(time on the second fastest kind / minimal time), at most 3; 3: none")     \
    ROW(FASTEST_BACKLOG, "KIND_BACKLOG of its fastest kind")                                       \
    ROW(RANK_ORDER, "share of the visible tasks with a higher upward rank")                        \
    ROW(PLAN_ORDER, "place in the shortest-job-first plan / visible tasks")                        \
    ROW(PLAN_WAIT, "start in that plan - now, in units of minimal execution time + 0.4")

#define FEATURES_JOB(ROW)                                                                          \
    ROW(JOB_LEFT, "log1p(minimal execution times of the tasks left / 2) / 2")                      \
    ROW(JOB_PATH, "log1p(longest path left / 2) / 2")                                              \
    ROW(JOB_AGE, "log1p(time since arrival / 4) / 2")                                              \
    ROW(JOB_STRETCH, "log1p(time since arrival / longest path of the whole job) / 2")              \
    ROW(JOB_DONE, "share of the tasks that are done")                                              \
    ROW(JOB_ORDER, "share of the visible jobs with less work left")                                \
    ROW(JOB_AGE_ORDER, "share of the visible jobs that arrived earlier")                           \
    ROW(JOB_READY, "ready tasks / 8, at most 16 of them")                                          \
    ROW(JOB_RUNNING, "tasks under way / 8, at most 16 of them")

#define FEATURES_MACHINE(ROW)                                                                      \
    ROW(JOBS, "log1p(jobs in flight) / 2")                                                         \
    ROW(READY, "log1p(ready tasks) / 2")                                                           \
    ROW(SIZE, "log(PEs / 8) / 2")                                                                  \
    ROW(IDLE, "share of the PEs that is idle")                                                     \
    ROW(NEXT_IDLE, "time until the next PE should be idle, at most 4; 4: none is busy")            \
    ROW(PRESSURE, "log1p(minimal execution times of all ready tasks / PEs) / 2")                   \
    ROW(BOTTLENECK, "the largest KIND_BACKLOG")

/* Only of policies that also choose PEs that are busy; all 0 where data moves unasked. */
#define FEATURES_DATA(ROW)                                                                         \
    ROW(PE_WAIT, "time until the PE has done what it was given / (minimal execution time + 0.4), " \
                 "at most 4")                                                                      \
    ROW(PE_TASKS, "tasks that the PE was given and has not done / 2")                              \
    ROW(MOVE, "log1p(time that all data to be moved takes, piece by piece on empty links) / 2")    \
    ROW(TRANSFER, "log1p(time until the data can be there) / 2")                                   \
    ROW(CONGESTION, "log(actual / expected time of transfers) lately observed")                    \
    ROW(FETCHING, "log1p(8 x tasks whose data is on its way / PEs) / 2")

#define FEATURES(ROW)                                                                              \
    FEATURES_PAIR(ROW)                                                                             \
    FEATURES_KIND(ROW)                                                                             \
    FEATURES_TASK(ROW)                                                                             \
    FEATURES_JOB(ROW)                                                                              \
    FEATURES_MACHINE(ROW)                                                                          \
    FEATURES_DATA(ROW)

#define FEATURES_NUMBER(NAME, WHAT) FEATURE_##NAME,
enum feature { FEATURES(FEATURES_NUMBER) FEATURE_COUNT };
#undef FEATURES_NUMBER

/* Where the parts of a row begin. */
enum {
    FEATURE_PAIR_FIRST = FEATURE_WAIT,
    FEATURE_KIND_FIRST = FEATURE_KIND_SHARE,
    FEATURE_TASK_FIRST = FEATURE_RANK,
    FEATURE_MACHINE_FIRST = FEATURE_JOBS,
    FEATURE_DATA_FIRST = FEATURE_PE_WAIT,
    FEATURE_PAIR_COUNT = FEATURE_KIND_FIRST,
    FEATURE_KIND_COUNT = FEATURE_TASK_FIRST - FEATURE_KIND_FIRST,
    FEATURE_TASK_COUNT = FEATURE_MACHINE_FIRST - FEATURE_TASK_FIRST, /* with those of its job */
    FEATURE_MACHINE_COUNT = FEATURE_DATA_FIRST - FEATURE_MACHINE_FIRST,
    FEATURE_DATA_COUNT = FEATURE_COUNT - FEATURE_DATA_FIRST,
};

/* What a network with embedding sees of a task of a job in flight, whether it is a choice or not.
 * All but the last two, which tell how far the task is, are the same for all jobs of an app. */
#define FEATURES_NODE(ROW)                                                                         \
    ROW(TIME, "log1p(minimal execution time)")                                                     \
    ROW(RANK, "log1p(upward rank / 2) / 2")                                                        \
    ROW(PATH, "longest path from the task / longest path of the job")                              \
    ROW(SUCCESSORS, "successors / 4, at most 8 of them")                                           \
    ROW(NEXT_RATIO, "log(time on the second fastest kind / minimal time), at most 3; 3: none")     \
    ROW(FASTEST_SIZE, "log1p(PEs of its fastest kind) / 2")                                        \
    ROW(FASTEST_IS_CPU, "1: that kind is a CPU")                                                   \
    ROW(CHANCE, "probability that it runs, before anything of the job is known")                   \
    ROW(IS_READY, "1: it is ready")                                                                \
    ROW(IS_UNDER_WAY, "1: it was given to a PE")

#define FEATURES_NUMBER(NAME, WHAT) FEATURE_NODE_##NAME,
enum node_feature { FEATURES_NODE(FEATURES_NUMBER) FEATURE_NODE_COUNT };
#undef FEATURES_NUMBER

/* Name and meaning of a feature. */
struct feature_text {
    const char *name;
    const char *what;
};

extern const struct feature_text features_text[FEATURE_COUNT];
extern const struct feature_text features_node_text[FEATURE_NODE_COUNT];

/* Room for a hash with its NUL. */
#define FEATURES_HASH_SIZE 17

/* Names, order and meaning of the first `count` features in 16 hexadecimal digits: a policy that
 * was trained on others is refused. Returns `text`. */
char *features_hash(int32_t count, char text[static FEATURES_HASH_SIZE]);

/* The same of the features of nodes. */
char *features_node_hash(char text[static FEATURES_HASH_SIZE]);

#endif
