/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The policy contract: who decides, what it may see, what it may say.
 *
 * A policy is one file in sched/ that fills a `struct policy_kind`. Once per epoch (design 6) it
 * gets a read-only view and writes decisions. The view holds estimates and what has happened,
 * never outcomes: the scenario cannot be reached from it. Policies keep no pointer into the view
 * between calls; tasks, jobs and PEs are named by index. */
#ifndef HETSOC_SIM_POLICY_H
#define HETSOC_SIM_POLICY_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"
#include "base/memory.h"
#include "sim/bind.h"
#include "sim/links.h"
#include "sim/soc.h"

/* Version of this contract; a plug-in built against another one is refused. */
#define POLICY_CONTRACT 5

enum task_status {
    TASK_WAITING,  /* for predecessors */
    TASK_READY,    /* nobody has assigned it */
    TASK_ASSIGNED, /* in the queue of a PE, its data on the way or there */
    TASK_RUNNING,
    TASK_DONE,
    TASK_SKIPPED, /* no sample of the job takes it: it never runs */
    TASK_FAILED,  /* its job can no longer finish */
};

/* A task of a job in flight. Fields are valid from the status named. */
struct view_task {
    int32_t job;         /* index into view.jobs */
    int32_t index;       /* number in its app */
    int32_t pe;          /* assigned: where; -1 before */
    int32_t preds_left;  /* predecessors that are neither done nor skipped */
    uint8_t status;      /* enum task_status */
    uint16_t attempt;    /* from 1; one more whenever its PE goes down under it */
    int32_t fetching;    /* assigned: transfers of its data that are not there yet */
    int32_t after;       /* assigned: a task that must be done first (decide_after); -1 none */
    int64_t ready_ps;    /* ready */
    int64_t assigned_ps; /* assigned */
    int64_t data_ps;     /* assigned: date at which all its data is at the PE; expected, while
                            transfers that share links are on their way (fetching > 0) */
    int64_t start_ps;    /* running */
    int64_t finish_ps;   /* done */
};

/* A job in flight. Its tasks are tasks[first_task .. first_task + bind->app->task_count). */
struct view_job {
    int32_t id;   /* number in arrival order; older jobs have smaller ones */
    int32_t bind; /* index into view.binds: which app it is */
    int32_t first_task;
    int32_t tasks_left;
    int32_t priority; /* larger is more urgent; 0 unless the workload says otherwise */
    int64_t arrival_ps;
    int64_t deadline_ps; /* date by which it should be done; TICK_NEVER: none */
    bool active;         /* false: a free slot */
    /* What is known of its tasks; the bind's tables until a branch shows how many samples go where.
     * Estimated times of the tasks [task * kind_count + PE kind], the least of each [task], and
     * delays of the edges [edge * lane_count + lane]: exact samples from TASK_READY on. */
    const int64_t *cost_ps, *min_cost_ps, *delay_ps;
    /* Of an app with branches, NULL otherwise: samples of a task, known from TASK_READY on, and for
     * which an edge is live, known when its producer is done; -1: not known yet. */
    const int32_t *task_samples, *edge_live;
    /* compat: ds3 only: it arrived after the scheduler's turn at arrival_ps; after the ends of
     * arrival_ps. */
    bool after_tick, after_completions;
};

struct view_pe {
    int32_t running; /* task, -1 if idle */
    int32_t queued;  /* tasks assigned and not started */
    bool is_down;    /* it has failed: nothing may be assigned to it */
    /* What view_available_ps is made of: */
    int64_t free_ps;      /* when it should have done what it runs; TICK_NEVER while it is down */
    int64_t queued_ps;    /* what should take it so long is in its queue */
    int64_t queue_end_ps; /* and should not be done before, because data is to come */
};

/* Weights on their way to a PE in advance, for a task that may run there. */
struct view_fetch {
    int32_t block;    /* -1: none */
    int64_t there_ps; /* date from which they can be used */
};

struct view {
    int64_t now_ps;
    const struct soc *soc;
    const struct bind *binds; /* every app that may arrive; fixed for the trial */
    int32_t bind_count;
    const struct view_pe *pes;     /* [soc->pe_count] */
    const struct view_task *tasks; /* [task_capacity], task_capacity may grow between epochs */
    const struct view_job *jobs;   /* [job_capacity] */
    int32_t task_capacity;
    int32_t job_capacity;
    /* Tasks nobody has assigned and for which view_can knows a PE, in the order in which they
     * became ready. */
    const int32_t *ready;
    int32_t ready_count;
    const int32_t *arrived; /* jobs that arrived since the last epoch, in order */
    int32_t arrived_count;
    /* Tasks that were done since the last epoch, in order. They and their jobs keep their slots
     * until this epoch is over, even if nothing of the job is left. */
    const int32_t *finished;
    int32_t finished_count;
    const int32_t *skipped; /* the same for tasks that turned out to be skipped */
    int32_t skipped_count;
    /* Since the last epoch a PE or a link went down or came back, or a job failed, or no data can
     * come to where a task is planned. Tasks may have lost their PE: they are ready again, or have
     * left `ready` until a PE that can run them is back, or its links are; so have ready ones that
     * nobody had assigned. Jobs that failed are no longer active and have their
     * slots until this epoch is over. Plans have to be made anew. */
    bool is_disturbed;
    int32_t down_count;         /* PEs */
    const int32_t *up_of_kind;  /* [soc->kind_count] PEs that are up; only while down_count > 0 */
    const uint8_t *link_states; /* [links_count] enum links_state; NULL: no link ever fails */
    int32_t down_link_count;    /* links that are down; others are up */
    /* Weights in the local memories of the PEs, see view_load_ps; NULL: no app has any. */
    const bool *is_resident;           /* [pe * block_count + block] */
    const int32_t *first_block;        /* [bind] the block of its first task; one for each task */
    const struct view_fetch *arriving; /* [pe] */
    int32_t block_count;
    const double *params; /* [kind->param_count] what the user set, or the fallbacks */
    const void *file;     /* what kind->file loaded; NULL without */
    uint64_t seed;        /* for policies that draw: purpose RANDOM_POLICY only */
    uint32_t replicate;
};

/* When a PE is expected to have done all it was given: estimates, corrected at every finish; never
 * before now. TICK_NEVER while it is down. */
static inline int64_t view_available_ps(const struct view *view, int32_t pe)
{
    const struct view_pe *what = &view->pes[pe];
    int64_t free_ps = what->free_ps > view->now_ps ? what->free_ps : view->now_ps;
    int64_t done_ps = free_ps + what->queued_ps;
    return done_ps > what->queue_end_ps ? done_ps : what->queue_end_ps;
}

static inline const struct bind *view_bind(const struct view *view, int32_t task)
{
    return &view->binds[view->jobs[view->tasks[task].job].bind];
}

/* Estimated execution time, without the load of weights; BIND_INCAPABLE if the PE cannot run the
 * task. Of a task whose samples are not known: the time if it runs. */
static inline int64_t view_cost_ps(const struct view *view, int32_t task, int32_t pe)
{
    const struct view_task *what = &view->tasks[task];
    int64_t at = (int64_t)what->index * view->soc->kind_count + view->soc->pes[pe].kind;
    return view->jobs[what->job].cost_ps[at];
}

/* Whether data can go from one PE to another now. O(1) while no link is down, else O(hops). */
static inline bool view_has_way(const struct view *view, int32_t from_pe, int32_t to_pe)
{
    return view->down_link_count == 0 ||
           links_find_way(view->soc, view->link_states, LINKS_DOWN, from_pe, to_pe) != LINKS_NO_WAY;
}

/* Whether all data of a task that is there already can come to a PE now. O(1) while no link is
 * down, else O(predecessors x hops). */
static inline bool view_reaches(const struct view *view, int32_t task, int32_t pe)
{
    if (view->down_link_count == 0)
        return true;
    const struct bind *bind = view_bind(view, task);
    const struct app_task *what = &bind->app->tasks[view->tasks[task].index];
    const struct view_task *siblings = &view->tasks[task - view->tasks[task].index];
    for (int32_t i = 0; i < what->pred_count; i++) {
        const struct view_task *producer = &siblings[bind->app->preds[what->first_pred + i].task];
        if (producer->status == TASK_DONE && !view_has_way(view, producer->pe, pe))
            return false;
    }
    return true;
}

/* Whether a PE may be given a task: it can run it, is up, and the data of the task can come. */
static inline bool view_can(const struct view *view, int32_t task, int32_t pe)
{
    return !view->pes[pe].is_down && view_cost_ps(view, task, pe) != BIND_INCAPABLE &&
           view_reaches(view, task, pe);
}

/* The least execution time over the PEs for which view_can holds; BIND_INCAPABLE if there is none.
 * O(PEs x predecessors x hops). */
static inline int64_t view_reached_cost_ps(const struct view *view, int32_t task)
{
    int64_t least_ps = BIND_INCAPABLE;
    for (int32_t pe = 0; pe < view->soc->pe_count; pe++)
        if (view_cost_ps(view, task, pe) < least_ps && view_can(view, task, pe))
            least_ps = view_cost_ps(view, task, pe);
    return least_ps;
}

/* Whether no PE may be given a task now. O(1) while no PE and no link is down; while no link is,
 * O(kinds); else as view_reached_cost_ps. */
static inline bool view_is_stranded(const struct view *view, int32_t task)
{
    if (view->down_link_count > 0)
        return view_reached_cost_ps(view, task) == BIND_INCAPABLE;
    if (view->down_count == 0)
        return false;
    const struct view_task *what = &view->tasks[task];
    int32_t kinds = view->soc->kind_count;
    const int64_t *costs_ps = view->jobs[what->job].cost_ps + (int64_t)what->index * kinds;
    int32_t kind = 0;
    while (kind < kinds && (view->up_of_kind[kind] == 0 || costs_ps[kind] == BIND_INCAPABLE))
        kind++;
    return kind == kinds;
}

/* Time that a PE would need before that to load the weights of a task: 0 if it has them, less if
 * they are just coming. */
static inline int64_t view_load_ps(const struct view *view, int32_t task, int32_t pe)
{
    if (view->is_resident == NULL)
        return 0;
    const struct view_task *what = &view->tasks[task];
    int32_t which = view->jobs[what->job].bind;
    const struct bind *bind = &view->binds[which];
    int32_t block = view->first_block[which] + what->index;
    if (bind->load_ps == NULL || view->is_resident[(int64_t)pe * view->block_count + block])
        return 0;
    if (view->arriving[pe].block == block)
        return view->arriving[pe].there_ps - view->now_ps;
    return bind->load_ps[(int64_t)what->index * view->soc->kind_count + view->soc->pes[pe].kind];
}

/* The least execution time over all PEs, up or down. */
static inline int64_t view_min_cost_ps(const struct view *view, int32_t task)
{
    return view->jobs[view->tasks[task].job].min_cost_ps[view->tasks[task].index];
}

/* The least execution time over the PEs that may be given a task; BIND_INCAPABLE if none may. As
 * fast as view_is_stranded. */
static inline int64_t view_least_cost_ps(const struct view *view, int32_t task)
{
    if (view->down_link_count > 0)
        return view_reached_cost_ps(view, task);
    if (view->down_count == 0)
        return view_min_cost_ps(view, task);
    const struct view_task *what = &view->tasks[task];
    int32_t kinds = view->soc->kind_count;
    const int64_t *costs_ps = view->jobs[what->job].cost_ps + (int64_t)what->index * kinds;
    int64_t least_ps = BIND_INCAPABLE;
    for (int32_t kind = 0; kind < kinds; kind++)
        if (view->up_of_kind[kind] > 0 && costs_ps[kind] < least_ps)
            least_ps = costs_ps[kind];
    return least_ps;
}

/* Estimated delay of the data of an edge of a job from one PE to another. */
static inline int64_t view_delay_ps(const struct view *view, int32_t job, int32_t edge,
                                    int32_t from_pe, int32_t to_pe)
{
    int32_t lane = soc_lane(view->soc, from_pe, to_pe);
    return view->jobs[job].delay_ps[(int64_t)edge * view->soc->lane_count + lane];
}

/* Probability that a task runs, as far as is known: 0 or 1 once it is. */
static inline double view_chance(const struct view *view, int32_t task)
{
    const struct view_task *what = &view->tasks[task];
    if (what->status != TASK_WAITING)
        return what->status >= TASK_SKIPPED ? 0.0 : 1.0;
    return bind_chance(view_bind(view, task), what->index);
}

/* Date from which view_delay_ps counts for the data of an edge whose producer is done and whose
 * consumer is ready and has no PE yet: the end of the producer, or now if the data waits to be
 * told where to go. On shared memory it has been written by then, which is half of the delay. A
 * task whose PE went down under it has its data sent again when it is ready again. */
static inline int64_t view_sent_ps(const struct view *view, int32_t consumer, int32_t edge,
                                   int64_t finish_ps)
{
    const struct view_task *what = &view->tasks[consumer];
    if (view->soc->at_assign)
        return view->now_ps;
    if (view->soc->interconnect == SOC_SHARED_MEMORY)
        return view->now_ps - view->jobs[what->job].delay_ps[edge] / 2;
    if (what->attempt > 1 && what->ready_ps > finish_ps)
        return what->ready_ps;
    return finish_ps;
}

/* Date at which the data of a ready task would be at a PE if it were given to it now and its
 * transfers met no others; 0 for a task without predecessors. O(predecessors). */
static inline int64_t view_data_ps(const struct view *view, int32_t task, int32_t pe)
{
    const struct view_task *consumer = &view->tasks[task];
    const struct view_job *job = &view->jobs[consumer->job];
    const struct app *app = view->binds[job->bind].app;
    const struct app_task *what = &app->tasks[consumer->index];
    const struct app_edge *preds = &app->preds[what->first_pred];
    int64_t data_ps = 0;
    for (int32_t i = 0; i < what->pred_count; i++) {
        const struct view_task *producer = consumer - consumer->index + preds[i].task;
        if (producer->status == TASK_SKIPPED)
            continue;
        int32_t lane = soc_lane(view->soc, producer->pe, pe);
        int64_t at_ps = view_sent_ps(view, task, preds[i].edge, producer->finish_ps) +
                        job->delay_ps[(int64_t)preds[i].edge * view->soc->lane_count + lane];
        data_ps = at_ps > data_ps ? at_ps : data_ps;
    }
    return data_ps;
}

/* One decision: run this ready task on this PE. It joins the PE's queue; an idle PE starts it at
 * once if its data is there. */
struct decision {
    int32_t task;
    int32_t pe;
};

/* Start order between tasks of one PE: not before `after` is done. */
struct precedence {
    int32_t task;
    int32_t after;
};

/* What a policy says in one epoch. Filled through the functions below. */
struct decisions {
    struct decision *list;
    int32_t count, capacity; /* capacity >= view.ready_count */
    struct decision *plan;   /* see decide_plan */
    int32_t plan_count, plan_capacity;
    bool has_plan;
    struct precedence *precedences; /* see decide_after */
    int32_t precedence_count, precedence_capacity;
    int64_t wake_ps; /* TICK_NEVER: do not wake me */
};

/* Assigns a ready task; the order of calls is the order of assignment. At most once per task. */
static inline void decide_assign(struct decisions *decisions, int32_t task, int32_t pe)
{
    assert(decisions->count < decisions->capacity);
    decisions->list[decisions->count++] = (struct decision){task, pe};
}

/* Starts a new plan: it replaces the whole old one. For disciplines POLICY_PLAN*. */
static inline void decide_plan_begin(struct decisions *decisions)
{
    decisions->has_plan = true;
    decisions->plan_count = 0;
}

/* Appends a task to the planned order of a PE. Every task of every job in flight that has neither
 * started nor been skipped must be planned exactly once; it need not be ready. A planned task is
 * assigned to its PE at the moment it becomes ready, and leaves the plan if it is skipped. What is
 * planned for a PE that is down, or to which its data has no way, waits there until that changes.
 */
static inline void decide_plan(struct decisions *decisions, int32_t task, int32_t pe)
{
    assert(decisions->plan_count < decisions->plan_capacity);
    decisions->plan[decisions->plan_count++] = (struct decision){task, pe};
}

/* Makes a task that is, or is being, assigned wait until another one is done, besides its data;
 * -1 lifts that, and so does the loss of the PE of the other one. At most once per task and epoch.
 */
static inline void decide_after(struct decisions *decisions, int32_t task, int32_t after)
{
    assert(decisions->precedence_count < decisions->precedence_capacity);
    decisions->precedences[decisions->precedence_count++] = (struct precedence){task, after};
}

/* Asks for an epoch at a date, in case nothing else causes one. */
static inline void decide_wake(struct decisions *decisions, int64_t at_ps)
{
    decisions->wake_ps = at_ps < decisions->wake_ps ? at_ps : decisions->wake_ps;
}

/* How a PE picks from its queue (design 6). */
enum policy_discipline {
    POLICY_DATA_READY, /* older job first, in a job by assignment; first whose data is there */
    POLICY_FIFO,       /* by assignment; the head waits for its data */
    POLICY_ASSIGNED,   /* by assignment; first whose data is there */
    POLICY_PLAN,       /* strictly the planned order */
    POLICY_PLAN_WC,    /* first of the planned order that is ready and has its data */
};

/* A number that a user may set: `{name: srpt_lb, visible: 64}`. */
struct policy_param {
    const char *name;
    const char *unit; /* NULL where there is none */
    double min, max, fallback;
    bool is_whole;
    const char *choices; /* "mean|likely": the value is the number of the word, from 0; or NULL */
    const char *help;
};

#define POLICY_MAX_PARAMS 8

/* A file that a policy works with: `{name: neural, policy: default}`. Whoever runs trials finds and
 * loads it, so that no trial can fail on it. */
struct policy_file {
    const char *key;      /* "policy" */
    const char *fallback; /* name of a shipped one */
    const char *help;
    /* Reads it into the arena; NULL and a fault if it is not what it should be. */
    const void *(*load)(struct arena *arena, const char *path, struct fault *fault);
};

enum policy_family { POLICY_STATIC, POLICY_DYNAMIC, POLICY_LATE_BINDING };

struct policy_kind {
    int contract;     /* POLICY_CONTRACT */
    const char *name; /* "heft" */
    const char *summary;
    enum policy_family family;
    enum policy_discipline discipline;
    const char *source;                /* paper, equation */
    const char *cost;                  /* O() per decision */
    const struct policy_param *params; /* [param_count], at most POLICY_MAX_PARAMS */
    int32_t param_count;
    const struct policy_file *file; /* NULL: needs none */

    /* Makes the state for one trial; `view` already has soc and binds. NULL if the policy has no
     * state. The only call that may allocate, besides growth with view.task_capacity. */
    void *(*create)(const struct view *view);
    void (*destroy)(void *self); /* NULL where create is NULL */

    /* One epoch. */
    void (*decide)(void *self, const struct view *view, struct decisions *decisions);
};

/* What a plug-in says about itself (docs/plugin.md); the first field stays where it is for ever. */
struct policy_plugin {
    int32_t contract;
    uint32_t kind_size, view_size, decisions_size; /* of the structs above and what they show */
    const struct policy_kind *policy;
};

#define POLICY_PLUGIN_SEAL(POLICY)                                                                 \
    {                                                                                              \
        .contract = POLICY_CONTRACT,                                                               \
        .kind_size = sizeof(struct policy_kind) + sizeof(struct policy_param),                     \
        .view_size = sizeof(struct view) + sizeof(struct view_task) + sizeof(struct view_job) +    \
                     sizeof(struct view_pe) + sizeof(struct bind) + sizeof(struct soc) +           \
                     sizeof(struct app),                                                           \
        .decisions_size = sizeof(struct decisions), .policy = (POLICY),                            \
    }

/* Ends the source of a plug-in. */
#define POLICY_PLUGIN(POLICY)                                                                      \
    extern const struct policy_plugin hetsoc_plugin;                                               \
    const struct policy_plugin hetsoc_plugin = POLICY_PLUGIN_SEAL(&(POLICY))

#endif
