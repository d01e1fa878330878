/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The inside of the world, shared by its parts: world.c (life, events), world_jobs.c (tasks and
 * jobs change state), world_route.c (branches), world_epoch.c (the policy is asked and obeyed),
 * world_fetch.c (data on its way), world_queue.c (what PEs were given), world_power.c (operating
 * points and power), world_dispatch.c (PEs start what they may), world_outage.c (PEs fail, and jobs
 * with them), world_link.c (links fail). Nobody else includes it. */
#ifndef HETSOC_SIM_WORLD_PARTS_H
#define HETSOC_SIM_WORLD_PARTS_H

#include <math.h>

#include "base/tick.h"
#include "sim/governor.h"
#include "sim/power.h"
#include "sim/queue.h"
#include "sim/residency.h"
#include "sim/thermal.h"
#include "sim/world.h"

#define MAX_EPISODE_SPEEDS 64

/* What the world knows of a PE and the policy need not see. */
struct world_pe {
    struct queue queue;
    int32_t held; /* the only task it was given, since its last look at the queue; -1: none */
    int32_t first_planned, last_planned; /* POLICY_PLAN: what is left of its plan; -1: nothing */
    int64_t data_timer_ps;   /* date of the transfer event on its way; TICK_NEVER: none */
    int64_t speed_timer_ps;  /* the same for the next change of speed */
    struct episode episode;  /* current or next slow-down */
    double speed;            /* by that alone: 1, or less in a slow-down */
    int64_t expected_end_ps; /* of the running task, by its estimate */
    int64_t load_ps;         /* part of that which loads its weights */
    double factor;           /* of the running task */
    int64_t finish_sequence; /* of the event that ends it; -1: none */
    struct outage outage;    /* current or next */
    bool is_touched;         /* may be able to start something: look at it in dispatch */
    bool is_unsettled;       /* what the view shows of its queue must be computed anew */
    int32_t receiving;       /* DMA channels in use */
    int32_t first_waiting, last_waiting; /* transfers that wait for one; -1: none */
};

/* The same of a task. */
struct world_task {
    int64_t sequence;       /* in the queue of its PE */
    int64_t cost_ps;        /* estimate on its PE, without the load of weights */
    int32_t first_follower; /* of those in queues that come after it; -1: none */
    int32_t next_follower;  /* of those that come after the same task; -1: none */
    int32_t losses;         /* of its data on the way */
    bool is_written;        /* observers know what was written to the shared memory for it */
};

enum world_transfer_state {
    TRANSFER_WAITING, /* for a DMA channel */
    TRANSFER_MOVING,
    TRANSFER_STOPPED, /* taken off the links, and has its channel still */
};

/* Data of an edge that goes to its consumer's PE over links which it shares; with edge -1, all data
 * of a consumer whose way nothing else keeps busy, but which does not come when the tables say. */
struct world_transfer {
    int32_t producer, consumer; /* tasks; the consumer has a PE. -1: nobody wants it any more */
    int32_t from_pe, to_pe;     /* theirs */
    int32_t edge;
    int32_t next;     /* of those that wait for the same PE, or that are free; -1: none */
    uint16_t state;   /* enum world_transfer_state */
    uint16_t way;     /* enum links_way */
    int64_t sequence; /* of the event that ends it */
    int64_t amount;   /* millionths of a byte */
    int64_t asked_ps, start_ps;
};

struct world_transfers {
    struct world_transfer *list;
    size_t capacity;
    int32_t count;      /* on their way, or waiting for that */
    int32_t first_free; /* -1: none */
};

/* A task whose predecessors are done, while its data is being written to the shared memory. */
struct world_writing {
    int32_t task;
    int64_t at_ps; /* when that is done */
};

/* Why a job fails. */
enum world_reason {
    WORLD_NO_PE,    /* none is left that can run a task */
    WORLD_NO_WAY,   /* none of those that are left can get the data of a task */
    WORLD_ATTEMPTS, /* a task was aborted too often */
    WORLD_LOSSES,   /* the data of a task was lost too often */
};

/* Whether a job fails before the policy is asked. */
struct world_doom {
    bool is_doomed;
    int32_t task; /* the cause */
    enum world_reason reason;
};

/* What the world knows of a job whose app has branches: the truth, and what it shows of it. Owned
 * by the job's slot; a job without branches needs none. */
struct world_route {
    int32_t *task_samples, *edge_live, *edge_samples; /* as in struct route */
    int32_t *known_task_samples, *known_edge_live;    /* as in struct view_job */
    int32_t *doors_left; /* [task] edges that may still be live, of those of which one has to be */
    int64_t *cost_ps, *min_cost_ps, *delay_ps; /* as in struct view_job */
};

/* A task that an idle PE may start now. */
struct candidate {
    int64_t sequence;
    int32_t job_id, task, pe;
};

struct world {
    const struct world_setup *setup;
    struct world_result *result;
    struct fault *fault;
    struct engine *engine;
    struct engine_needs needs;          /* of it */
    double factors[MAX_EPISODE_SPEEDS]; /* which these name */
    void *policy;                       /* its own state */
    struct view view;
    /* The arrays that the view shows. */
    struct view_task *tasks;
    struct view_job *jobs;
    struct view_pe *pes;
    int32_t *ready;
    int32_t *arrived;
    int32_t *skipped;  /* [task_capacity] */
    int32_t *finished; /* [task_capacity] */
    /* Beside them. */
    struct world_pe *world_pes;
    struct world_task *world_tasks; /* [task_capacity] */
    int64_t *job_start_ps;          /* [job_capacity] TICK_NEVER until a task of the job starts */
    struct residency residency;
    struct governor governor;
    struct thermal thermal;
    bool has_samples;                /* of loads or temperatures: operating points may change */
    bool is_sampling;                /* a sample of loads or temperatures is on its way */
    double *cluster_uj, *cluster_mw; /* [cluster_count] drawn until, and on average in the period
                                        before, the last sample of temperatures */
    struct power power;
    double *job_energy_uj; /* [job_capacity] drawn by PEs while they ran its tasks */
    struct world_transfers transfers;
    struct world_writing *writing; /* in the order in which their predecessors were done */
    size_t writing_count, writing_capacity;
    struct world_route *routes; /* [job_capacity] empty before a job with branches has the slot */
    struct route route;         /* scratch: of the job that arrives */
    int32_t *free_jobs;         /* stack of free slots */
    int32_t free_count;
    int32_t *leaving_jobs; /* [job_capacity] slots of jobs that ended since the last epoch */
    int32_t leaving_count;
    int32_t *planned_pe;   /* [task_capacity] where, for plan disciplines; -1: not planned */
    int64_t *plan_epoch;   /* [task_capacity] of the last plan that names the task; -1 none */
    int32_t *next_planned; /* [task_capacity] POLICY_PLAN: behind it on its PE; -1: none */
    int32_t *prev_planned; /* [task_capacity] the same before it */
    int64_t plan_sequence; /* tasks of the present plan have this sequence or a later one */
    int32_t *touched;      /* [pe_count] PEs with is_touched */
    int32_t touched_count;
    int32_t *unsettled; /* [pe_count] PEs with is_unsettled */
    int32_t unsettled_count;
    struct candidate *candidates; /* [pe_count] scratch of dispatch */
    int32_t task_stride;          /* task slots per job slot */
    int32_t edge_stride;          /* edges of the largest app with branches */
    struct decisions decisions;
    struct arrival drawn_arrival; /* the next one as the scenario has it */
    struct arrival next_arrival;  /* the same with what earlier ones have waited at the gate */
    bool has_next_arrival;
    int64_t waited_ps;        /* at the gate, by all so far */
    bool is_one_at_gate;      /* the next one has come and must wait for the end of a job */
    int64_t arrival_timer_ps; /* date of the arrival event on its way; TICK_NEVER: none */
    int32_t jobs_left;        /* in flight */
    int32_t unstarted_left;   /* tasks of jobs in flight that have not started */
    int64_t sequence;         /* of events and assignments */
    int32_t *stranded;        /* [task_capacity] ready, but all PEs that can run them are down */
    int32_t stranded_count;
    struct world_doom *dooms; /* [job_capacity] */
    int32_t *doomed_jobs;     /* [job_capacity] */
    int32_t doomed_count;
    int32_t *up_of_kind;         /* [kind_count] PEs that are up */
    int32_t *left_of_kind;       /* [kind_count] PEs that are up or will be repaired */
    int32_t lost_count;          /* PEs that are down for good */
    struct outage *link_outages; /* [links_count] current or next; NULL: no link ever fails */
    uint8_t *link_states;        /* [links_count] enum links_state */
    int32_t lost_link_count;
    bool has_outages;
    int64_t wake_ps;    /* what the policy asked for; TICK_NEVER: nothing */
    int64_t decided_ps; /* when what it said takes effect; TICK_NEVER: it is not thinking */
    int32_t rounds;     /* that the current date has had */
    bool is_epoch_due;
    bool is_late;        /* what is carried out was said at an earlier date */
    bool has_precedence; /* a task in a queue may come after another one */
    double fallback_params[POLICY_MAX_PARAMS];
    bool tells_assigned;   /* an observer hears of assignments */
    bool is_plan;          /* discipline is POLICY_PLAN or POLICY_PLAN_WC */
    bool has_traffic;      /* data comes otherwise than view_data_ps says, or somebody is told */
    bool is_written_first; /* a task is ready only when its data is in the shared memory */
};

/* Makes room for more jobs in flight. */
void world_grow(struct world *world);

/* Asks the engine for an event. */
void world_post(struct world *world, int64_t when_ps, enum event_class class, int32_t subject);

/* Has dispatch look at a PE. */
static inline void world_touch(struct world *world, int32_t pe)
{
    if (!world->world_pes[pe].is_touched) {
        world->world_pes[pe].is_touched = true;
        world->touched[world->touched_count++] = pe;
    }
}

/* What is in the queue of a PE has changed, or how it goes on. */
static inline void world_unsettle(struct world *world, int32_t pe)
{
    if (!world->world_pes[pe].is_unsettled) {
        world->world_pes[pe].is_unsettled = true;
        world->unsettled[world->unsettled_count++] = pe;
    }
}

/* Whether another job may be in flight. */
static inline bool world_is_gate_open(const struct world *world)
{
    return world->setup->max_in_flight == 0 || world->jobs_left < world->setup->max_in_flight;
}

static inline int32_t world_job_id(const struct world *world, int32_t task)
{
    return world->jobs[world->tasks[task].job].id;
}

/* Estimate of a task on a PE, without the load of weights. */
static inline int64_t world_cost_ps(const struct world *world, int32_t task, int32_t pe)
{
    const struct view_task *what = &world->tasks[task];
    const struct soc *soc = world->view.soc;
    int64_t at = (int64_t)what->index * soc->kind_count + soc->pes[pe].kind;
    return world->jobs[what->job].cost_ps[at];
}

/* Whether no PE and no link is down. */
static inline bool world_is_whole(const struct world *world)
{
    return world->view.down_count == 0 && world->view.down_link_count == 0;
}

static inline const char *world_task_name(const struct world *world, int32_t task)
{
    return view_bind(&world->view, task)->app->tasks[world->tasks[task].index].name;
}

/* world_jobs.c: a job arrives; the running task of a PE is done, as of `finish_ps`. */
void world_start_job(struct world *world, const struct arrival *arrival);
void world_finish_task(struct world *world, int32_t pe, int64_t finish_ps);

/* What observers are told of a task that has run, and of a job; a job ends. */
struct observed_task world_describe(const struct world *world, int32_t task, double energy_uj);
struct observed_job world_describe_job(const struct world *world, int32_t slot, int64_t finish_ps);
void world_leave_job(struct world *world, int32_t slot);

/* world_outage.c: asks for the first outages; a PE goes down or comes back; a task is ready, but
 * no PE can be given it now; looks whether a job, or all, can still finish; carries out what these
 * have found; whether no task can start any more, though PEs may still fail. */
void world_init_outages(struct world *world);
void world_change_pe(struct world *world, int32_t pe);
void world_strand(struct world *world, int32_t task);
void world_doubt_job(struct world *world, int32_t slot);
void world_doubt_jobs(struct world *world);
void world_fail_jobs(struct world *world);
bool world_is_dead(const struct world *world);

/* While PEs or links are down: whether no PE may be given a task that is ready; then it is
 * stranded. Where it is planned it may have to be disturbed. */
bool world_hinder(struct world *world, int32_t task);

/* A task may be assigned. */
static inline void world_make_ready(struct world *world, int32_t task)
{
    world->tasks[task].status = TASK_READY;
    world->tasks[task].ready_ps = world->view.now_ps;
    if (!world_is_whole(world) && world_hinder(world, task))
        return;
    world->ready[world->view.ready_count++] = task;
    world->is_epoch_due = true;
}

/* Data of an assigned task has to be sent again; too often, and its job fails. */
void world_lose_data(struct world *world, int32_t task);

/* Something that every policy has to know has happened. A task that was assigned is ready again. No
 * PE can be given some ready tasks any more; some can again. */
void world_disturb(struct world *world);
void world_give_back(struct world *world, int32_t task);
void world_withdraw(struct world *world);
void world_offer_again(struct world *world);

/* world_link.c: asks for the first outages of links; one goes down or comes back. */
void world_init_links(struct world *world);
void world_finish_links(struct world *world);
void world_change_link(struct world *world, int32_t link);

/* world_route.c: draws the route of an arriving job with branches and shows what its policy may
 * know; shows what the end of a task of such a job reveals, skips tasks and makes others ready;
 * releases everything. */
void world_open_route(struct world *world, int32_t slot);
void world_follow_route(struct world *world, int32_t task);
void world_finish_routes(struct world *world);

/* Samples of a task, which is ready or more. */
static inline int32_t world_samples(const struct world *world, int32_t task)
{
    const struct view_job *job = &world->jobs[world->tasks[task].job];
    return job->task_samples == NULL ? world->setup->binds[job->bind].app->batch
                                     : job->task_samples[world->tasks[task].index];
}

/* world_fetch.c: has the data of a task that was given a PE come there, where a date does not say
 * all; has a task be ready when its data has been written; makes those ready for which that is so
 * by now; a transfer that the event of this number ends is over. */
void world_ask_data(struct world *world, int32_t task);
void world_await_written(struct world *world, int32_t task);
void world_take_written(struct world *world);
void world_finish_transfer(struct world *world, int32_t number, int64_t sequence);

/* A task was given a PE: its data comes there. */
static inline void world_fetch(struct world *world, int32_t task, int32_t pe)
{
    world->tasks[task].data_ps = view_data_ps(&world->view, task, pe);
    if (world->has_traffic)
        world_ask_data(world, task);
}

/* The predecessors of a task are all done or skipped: it is ready once its data is where it has to
 * be for that. */
static inline void world_release(struct world *world, int32_t task)
{
    if (world->is_written_first)
        world_await_written(world, task);
    else
        world_make_ready(world, task);
}

/* Whose transfers; -1: whatever it is. */
struct transfer_match {
    int32_t to_pe, job, consumer;
};

/* Nobody wants these transfers any more: takes those that move off the links. Then, or after
 * world_stop_transfer, world_settle_transfers gives their channels to others, or starts those again
 * that are wanted. */
void world_drop_transfers(struct world *world, struct transfer_match match);
void world_stop_transfer(struct world *world, int32_t number);
void world_settle_transfers(struct world *world);

/* Date from which an assigned task may start; TICK_NEVER while that is not known. */
static inline int64_t world_start_ps(const struct world *world, int32_t task)
{
    const struct view_task *what = &world->tasks[task];
    if (what->status != TASK_ASSIGNED || what->fetching > 0 ||
        (what->after >= 0 && world->tasks[what->after].status < TASK_DONE))
        return TICK_NEVER;
    return what->data_ps;
}

/* world_queue.c: puts an assigned task into the queue of its PE; notes that something about a task
 * in a queue has changed; takes a task out. O(log queue). */
void world_insert(struct world *world, int32_t task, int32_t pe);
void world_requeue(struct world *world, int32_t task);
void world_take_out(struct world *world, int32_t task, int32_t pe);

/* Has a PE do an assigned task in its turn. What an idle PE without anything else is given mostly
 * starts at once: it is held, and goes into the queue when dispatch finds that it does not. */
static inline void world_enqueue(struct world *world, int32_t task, int32_t pe)
{
    if (!world->is_plan)
        world->world_tasks[task].sequence = world->sequence++;
    if (world->setup->policy->discipline == POLICY_PLAN)
        return; /* it has its place in the line */
    if (world->pes[pe].running < 0 && world->pes[pe].queued == 1 && !world->is_late)
        world->world_pes[pe].held = task;
    else
        world_insert(world, task, pe);
}

/* The PE of a task need not do it any more, or does it now. */
static inline void world_dequeue(struct world *world, int32_t task, int32_t pe)
{
    if (world->world_pes[pe].held == task)
        world->world_pes[pe].held = -1;
    else if (world->setup->policy->discipline != POLICY_PLAN)
        world_take_out(world, task, pe);
}

/* Forgets the plan; appends a task to that of a PE; takes a task out of it. O(1), but O(log queue)
 * where the task is assigned already. */
void world_clear_plan(struct world *world);
void world_plan(struct world *world, int32_t task, int32_t pe);
void world_leave_plan(struct world *world, int32_t task);
static inline void world_unplan(struct world *world, int32_t task)
{
    if (world->is_plan)
        world_leave_plan(world, task);
}

/* Which task in the queue of a PE may start now. If none may, false, and `next_ps` becomes the date
 * at which one may (TICK_NEVER: unknown yet). O(log queue). */
bool world_pick_queued(struct world *world, int32_t pe, int32_t *task, int64_t *next_ps);
static inline bool world_pick(struct world *world, int32_t pe, int32_t *task, int64_t *next_ps)
{
    *task = world->world_pes[pe].held;
    return (*task >= 0 && world_start_ps(world, *task) <= world->view.now_ps) ||
           world_pick_queued(world, pe, task, next_ps);
}

/* Brings the availability that the view shows up to date. O(PEs that were unsettled); O(PEs) where
 * weights are loaded. */
void world_refresh_available(struct world *world);

/* Has a task in a queue wait for another one (-1: for none); a task is done or skipped, those that
 * wait for it need not any more; one has lost its PE, and they need not either; a task's slot is
 * taken by another one. */
void world_follow(struct world *world, int32_t task, int32_t after);
static inline void world_set_after(struct world *world, int32_t task, int32_t after)
{
    if (world->tasks[task].after != after)
        world_follow(world, task, after);
}

void world_free_followers(struct world *world, int32_t task);
void world_release_followers(struct world *world, int32_t task);
void world_forget_followers(struct world *world, int32_t task);

/* world_epoch.c: asks the policy, and carries out what it says unless that takes effect later; and
 * carries out then what it said. False and a fault if that is illegal. */
bool world_epoch(struct world *world);
bool world_obey(struct world *world);

/* Assigns what has become ready as it was planned before, while the policy thinks. */
void world_follow_plan(struct world *world);

/* world_dispatch.c: starts one task on every idle PE that can; brings a PE's speed up to date. */
void world_dispatch(struct world *world);

void world_follow_speed(struct world *world, int32_t index);

/* world_power.c: governor and temperatures hear that a PE begins to execute at a date, or ceases
 * to; an idle PE went down or came back; asks for the next sample of loads or temperatures unless
 * it would change nothing; takes it, and operating points follow. */
void world_note_load(struct world *world, int32_t pe, int64_t from_ps, bool is_busy);
void world_switch(struct world *world, int32_t pe);
void world_keep_sampling(struct world *world);
void world_sample(struct world *world);

/* Tells the power meter, if there is one, what a PE does from a date on. */
static inline void world_draw(struct world *world, int32_t pe, int64_t from_ps, bool is_busy)
{
    if (world->power.pes == NULL)
        return;
    const struct power_pe *what = &world->power.pes[pe];
    double power_mw = world->pes[pe].is_down ? 0.0 : is_busy ? what->busy_mw : what->idle_mw;
    power_set(&world->power, pe, from_ps, power_mw);
}

/* A PE begins to execute at a date, or ceases to. */
static inline void world_set_busy(struct world *world, int32_t pe, int64_t from_ps, bool is_busy)
{
    if (world->has_samples)
        world_note_load(world, pe, from_ps, is_busy);
    world_draw(world, pe, from_ps, is_busy);
}

/* Has a PE be idle; returns what it has drawn since it started its task. */
static inline double world_end_work(struct world *world, int32_t pe, int64_t finish_ps)
{
    world_set_busy(world, pe, finish_ps, false);
    return world->power.pes == NULL ? (double)NAN : power_mark(&world->power, pe, finish_ps);
}

#endif
