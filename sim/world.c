/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/world.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "sim/world_parts.h"

#define MAX_ROUNDS_PER_DATE 1000000

void world_grow(struct world *world)
{
    int32_t old_jobs = world->view.job_capacity;
    int32_t jobs = old_jobs == 0 ? 16 : 2 * old_jobs;
    size_t job_count = (size_t)jobs;
    size_t task_count = job_count * (size_t)world->task_stride;
    world->jobs = memory_resize(world->jobs, job_count, sizeof *world->jobs);
    world->job_start_ps = memory_resize(world->job_start_ps, job_count, sizeof(int64_t));
    world->free_jobs = memory_resize(world->free_jobs, job_count, sizeof(int32_t));
    world->arrived = memory_resize(world->arrived, job_count, sizeof(int32_t));
    world->job_energy_uj = memory_resize(world->job_energy_uj, job_count, sizeof(double));
    world->routes = memory_resize(world->routes, job_count, sizeof *world->routes);
    world->finished = memory_resize(world->finished, task_count, sizeof(int32_t));
    world->leaving_jobs = memory_resize(world->leaving_jobs, job_count, sizeof(int32_t));
    world->skipped = memory_resize(world->skipped, task_count, sizeof(int32_t));
    world->tasks = memory_resize(world->tasks, task_count, sizeof *world->tasks);
    world->ready = memory_resize(world->ready, task_count, sizeof(int32_t));
    world->world_tasks = memory_resize(world->world_tasks, task_count, sizeof *world->world_tasks);
    world->stranded = memory_resize(world->stranded, task_count, sizeof(int32_t));
    world->dooms = memory_resize(world->dooms, job_count, sizeof *world->dooms);
    world->doomed_jobs = memory_resize(world->doomed_jobs, job_count, sizeof(int32_t));
    world->decisions.list =
        memory_resize(world->decisions.list, task_count, sizeof(struct decision));
    world->decisions.capacity = (int32_t)task_count;
    world->decisions.precedences = memory_resize(world->decisions.precedences, task_count,
                                                 sizeof *world->decisions.precedences);
    world->decisions.precedence_capacity = (int32_t)task_count;
    if (world->is_plan) {
        world->planned_pe = memory_resize(world->planned_pe, task_count, sizeof(int32_t));
        world->next_planned = memory_resize(world->next_planned, task_count, sizeof(int32_t));
        world->prev_planned = memory_resize(world->prev_planned, task_count, sizeof(int32_t));
        world->plan_epoch = memory_resize(world->plan_epoch, task_count, sizeof(int64_t));
        world->decisions.plan =
            memory_resize(world->decisions.plan, task_count, sizeof(struct decision));
        world->decisions.plan_capacity = (int32_t)task_count;
    }
    for (int32_t job = jobs - 1; job >= old_jobs; job--) {
        world->jobs[job].active = false;
        world->routes[job] = (struct world_route){0};
        world->dooms[job].is_doomed = false;
        world->free_jobs[world->free_count++] = job;
    }
    for (size_t task = (size_t)old_jobs * (size_t)world->task_stride; task < task_count; task++) {
        world->tasks[task] = (struct view_task){
            .job = (int32_t)(task / (size_t)world->task_stride), .status = TASK_DONE, .pe = -1};
        world->world_tasks[task].first_follower = -1;
    }
    world->view.tasks = world->tasks;
    world->view.jobs = world->jobs;
    world->view.ready = world->ready;
    world->view.arrived = world->arrived;
    world->view.finished = world->finished;
    world->view.skipped = world->skipped;
    world->view.job_capacity = jobs;
    world->view.task_capacity = (int32_t)task_count;
}

static void world_init(struct world *world, const struct world_setup *setup,
                       struct world_result *result, struct fault *fault)
{
    size_t pe_count = (size_t)setup->soc->pe_count;
    *world = (struct world){
        .setup = setup,
        .result = result,
        .fault = fault,
        .view = {.soc = setup->soc,
                 .binds = setup->binds,
                 .bind_count = setup->bind_count,
                 .file = setup->file,
                 .seed = setup->seed,
                 .replicate = setup->replicate},
        .pes = memory_zeroed(pe_count, sizeof(struct view_pe)),
        .world_pes = memory_zeroed(pe_count, sizeof(struct world_pe)),
        .unsettled = memory_zeroed(pe_count, sizeof(int32_t)),
        .touched = memory_zeroed(pe_count, sizeof(int32_t)),
        .candidates = memory_zeroed(pe_count, sizeof(struct candidate)),
        .drawn_arrival = ARRIVAL_BEFORE_FIRST,
        .wake_ps = TICK_NEVER,
        .decided_ps = TICK_NEVER,
        .arrival_timer_ps = TICK_NEVER,
        .is_plan =
            setup->policy->discipline == POLICY_PLAN || setup->policy->discipline == POLICY_PLAN_WC,
        .has_traffic =
            setup->scenario->data_factor != NULL || setup->soc->interconnect != SOC_MATRIX,
        .is_written_first = setup->soc->interconnect == SOC_SHARED_MEMORY && !setup->soc->at_assign,
    };
    world->view.pes = world->pes;
    world->view.params = setup->params != NULL ? setup->params : world->fallback_params;
    for (int32_t i = 0; i < setup->policy->param_count; i++)
        world->fallback_params[i] = setup->policy->params[i].fallback;
    for (int32_t pe = 0; pe < setup->soc->pe_count; pe++) {
        world->pes[pe].running = -1;
        world->world_pes[pe] = (struct world_pe){.held = -1,
                                                 .data_timer_ps = TICK_NEVER,
                                                 .speed_timer_ps = TICK_NEVER,
                                                 .episode = EPISODE_BEFORE_FIRST,
                                                 .speed = 1.0,
                                                 .finish_sequence = -1,
                                                 .outage = OUTAGE_BEFORE_FIRST,
                                                 .first_planned = -1,
                                                 .last_planned = -1,
                                                 .first_waiting = -1};
    }
    world->transfers.first_free = -1;
    governor_init(&world->governor, setup->soc);
    thermal_init(&world->thermal, setup->soc);
    world->cluster_uj = memory_zeroed((size_t)setup->soc->cluster_count, sizeof(double));
    world->cluster_mw = memory_zeroed((size_t)setup->soc->cluster_count, sizeof(double));
    power_init(&world->power, setup->soc);
    world->has_samples = world->thermal.model != NULL || setup->soc->ondemand.period_ps > 0;
    residency_init(&world->residency, setup->soc, setup->binds, setup->bind_count);
    world->view.is_resident = world->residency.is_there;
    world->view.first_block = world->residency.first_block;
    world->view.arriving = world->residency.arriving;
    world->view.block_count = world->residency.block_count;
    for (int32_t bind = 0; bind < setup->bind_count; bind++) {
        const struct app *app = setup->binds[bind].app;
        if (app->task_count > world->task_stride)
            world->task_stride = app->task_count;
        if (app->branch_count > 0 && app->edge_count > world->edge_stride)
            world->edge_stride = app->edge_count;
    }
    for (int32_t i = 0; i < setup->observer_count; i++)
        world->tells_assigned |= setup->observers[i].on_task_assigned != NULL;
    world_grow(world);
}

/* Fills what PEs have drawn. */
static void tell_energy(struct world *world)
{
    const struct world_setup *setup = world->setup;
    int64_t end_ps = world->result->end_ps;
    for (int32_t pe = 0; pe < setup->soc->pe_count; pe++) {
        if (setup->energy_uj != NULL)
            setup->energy_uj[pe] =
                world->power.pes == NULL ? NAN : power_energy_uj(&world->power, pe, end_ps);
        if (setup->engine_energy_uj != NULL)
            setup->engine_energy_uj[pe] = world->needs.energy && world->engine != NULL
                                              ? setup->engine->energy_uj(world->engine, pe)
                                              : NAN;
    }
}

static void world_finish(struct world *world)
{
    const struct world_setup *setup = world->setup;
    if (setup->policy->destroy != NULL)
        setup->policy->destroy(world->policy);
    tell_energy(world);
    engine_destroy(world->engine);
    for (int32_t pe = 0; pe < setup->soc->pe_count; pe++)
        queue_finish(&world->world_pes[pe].queue);
    residency_close(&world->residency, world->view.now_ps);
    world->result->loaded_bytes = world->residency.loaded_bytes;
    power_finish(&world->power);
    governor_finish(&world->governor);
    world->result->max_temp_c = world->thermal.max_c;
    thermal_finish(&world->thermal);
    free(world->cluster_uj);
    free(world->cluster_mw);
    world->result->prefetched_bytes = world->residency.prefetched_bytes;
    world->result->wasted_bytes = world->residency.wasted_bytes;
    residency_finish(&world->residency);
    world_finish_routes(world);
    world_finish_links(world);
    free(world->tasks);
    free(world->jobs);
    free(world->pes);
    free(world->ready);
    free(world->stranded);
    free(world->dooms);
    free(world->doomed_jobs);
    free(world->up_of_kind);
    free(world->left_of_kind);
    free(world->arrived);
    free(world->finished);
    free(world->skipped);
    free(world->world_pes);
    free(world->unsettled);
    free(world->job_start_ps);
    free(world->job_energy_uj);
    free(world->free_jobs);
    free(world->leaving_jobs);
    free(world->planned_pe);
    free(world->plan_epoch);
    free(world->world_tasks);
    free(world->next_planned);
    free(world->prev_planned);
    free(world->touched);
    free(world->candidates);
    free(world->transfers.list);
    free(world->writing);
    free(world->decisions.list);
    free(world->decisions.plan);
    free(world->decisions.precedences);
}

void world_post(struct world *world, int64_t when_ps, enum event_class class, int32_t subject)
{
    struct event event = {.sequence = world->sequence++, .class = class, .subject = subject};
    world->engine->kind->at(world->engine, when_ps, event);
}

/* ---- arrivals ---- */

/* The date at which an arrival is applied: DS3's late ones are seen 1 us later. */
static int64_t visible_ps(const struct arrival *arrival)
{
    return arrival->at_ps + (arrival->after_tick ? TICK_PER_US : 0);
}

static void fetch_arrival(struct world *world)
{
    const struct scenario *scenario = world->setup->scenario;
    world->has_next_arrival = scenario->next_arrival(scenario->source, &world->drawn_arrival);
    world->next_arrival = world->drawn_arrival;
    int64_t at_ps = world->drawn_arrival.at_ps + world->waited_ps;
    world->next_arrival.at_ps = at_ps < TICK_LIMIT ? at_ps : TICK_LIMIT;
    if (!world->setup->compat_ds3)
        world->next_arrival.after_tick = world->next_arrival.after_completions = false;
}

static bool is_arrival_due(const struct world *world)
{
    return world->has_next_arrival && visible_ps(&world->next_arrival) <= world->view.now_ps;
}

/* ---- the gate ---- */

static void wait_at_gate(struct world *world, int64_t for_ps)
{
    world->next_arrival.at_ps += for_ps;
    world->waited_ps += for_ps;
}

/* The next job finds the gate closed and waits for the end of another one. DS3 has it look again
 * each microsecond, after the ends of that date. */
static void turn_away(struct world *world)
{
    if (world->setup->compat_ds3) {
        wait_at_gate(world, TICK_PER_US);
        world->next_arrival.after_completions = true;
    } else {
        world->is_one_at_gate = true;
    }
}

/* Starts the job that is due. */
static void let_in(struct world *world)
{
    if (world->is_one_at_gate)
        wait_at_gate(world, world->view.now_ps - world->next_arrival.at_ps);
    world->is_one_at_gate = false;
    world_start_job(world, &world->next_arrival);
    fetch_arrival(world);
}

/* Starts the jobs that are due and have these flags. */
static void apply_arrivals(struct world *world, bool after_tick, bool after_completions)
{
    while (is_arrival_due(world) && world->next_arrival.after_tick == after_tick &&
           world->next_arrival.after_completions == after_completions) {
        if (!world_is_gate_open(world)) {
            turn_away(world);
            return;
        }
        let_in(world);
    }
}

/* Starts the jobs that are still due, whatever their flags, and asks for the next arrival, unless
 * that waits at the gate. */
static void apply_last_arrivals(struct world *world)
{
    while (is_arrival_due(world) && world_is_gate_open(world))
        let_in(world);
    if (is_arrival_due(world))
        turn_away(world);
    if (!world->has_next_arrival || is_arrival_due(world))
        return;
    int64_t when_ps = visible_ps(&world->next_arrival);
    if (when_ps != world->arrival_timer_ps) {
        world->arrival_timer_ps = when_ps;
        world_post(world, when_ps, EVENT_ARRIVAL, -1);
    }
}

/* Whether a job may be due in this round: its event has come, or the gate kept it. */
static inline bool is_arrival_possible(const struct world *world)
{
    return world->arrival_timer_ps == world->view.now_ps || world->is_one_at_gate;
}

/* ---- events ---- */

/* DS3 sees an end one tick late if the last stretch of the work is no longer than a tick and was
 * begun after the scheduler had its turn: work of 0 or 1 us, and work of 2 us that begins 1 us
 * before DS3's sampling instants, which lie 10 us apart (docs/decisions/0005). */
static bool is_late_finish(const struct world *world, int32_t pe)
{
    int64_t start_ps = world->tasks[world->pes[pe].running].start_ps;
    int64_t length_ps = world->view.now_ps - start_ps;
    return length_ps <= TICK_PER_US ||
           (length_ps == 2 * TICK_PER_US && start_ps % (10 * TICK_PER_US) == 9 * TICK_PER_US);
}

static inline void apply_finish(struct world *world, const struct event *event)
{
    if (event->sequence != world->world_pes[event->subject].finish_sequence)
        return; /* of an attempt that was aborted */
    if (world->setup->compat_ds3 && is_late_finish(world, event->subject)) {
        struct event late = *event;
        late.class = EVENT_LATE_FINISH;
        world->engine->kind->at(world->engine, world->view.now_ps + TICK_PER_US, late);
    } else {
        world_finish_task(world, event->subject, world->view.now_ps);
    }
}

/* Apart from the ends of work, so that a round stays small. */
__attribute__((noinline)) static void apply_event(struct world *world, const struct event *event)
{
    struct world_pe *pe;
    switch (event->class) {
    case EVENT_OUTAGE:
        world_change_pe(world, event->subject);
        break;
    case EVENT_LINK:
        world_change_link(world, event->subject);
        break;
    case EVENT_SPEED:
        if (event->subject < 0) {
            world_sample(world);
            break;
        }
        pe = &world->world_pes[event->subject];
        if (pe->speed_timer_ps == world->view.now_ps) {
            pe->speed_timer_ps = TICK_NEVER;
            if (world->pes[event->subject].running >= 0)
                world_follow_speed(world, event->subject);
        }
        break;
    case EVENT_TRANSFER:
        world_finish_transfer(world, event->subject, event->sequence);
        break;
    case EVENT_DATA:
        pe = &world->world_pes[event->subject];
        if (pe->data_timer_ps == world->view.now_ps) {
            pe->data_timer_ps = TICK_NEVER;
            world_touch(world, event->subject);
        }
        break;
    case EVENT_WAKE:
        if (world->wake_ps == world->view.now_ps) {
            world->wake_ps = TICK_NEVER;
            world->is_epoch_due = true;
        }
        break;
    case EVENT_FINISH:
    case EVENT_LATE_FINISH:
    case EVENT_ARRIVAL:
    case EVENT_READY:
    case EVENT_DECIDED: /* applied around the others, see on_round */
    case EVENT_ENGINE:
        break;
    }
}

static bool begin_round(struct world *world, int64_t now_ps)
{
    if (now_ps != world->view.now_ps)
        world->rounds = 0;
    world->view.now_ps = now_ps;
    world->result->end_ps = now_ps;
    char text[TICK_TEXT_SIZE];
    return ++world->rounds <= MAX_ROUNDS_PER_DATE ||
           fault_set(world->fault, NULL, "a policy that wakes itself at the current date for ever?",
                     "time stands still at %s us: more than %d rounds of events",
                     tick_format_us(text, now_ps), MAX_ROUNDS_PER_DATE);
}

/* One round: events change state, the policy decides, PEs start. */
static bool on_round(void *context, int64_t now_ps, const struct event *events, int32_t count)
{
    struct world *world = context;
    if (!begin_round(world, now_ps))
        return false;
    int32_t i = 0;
    bool is_arriving = is_arrival_possible(world);
    if (world->setup->compat_ds3) {
        if (is_arriving)
            apply_arrivals(world, true, false);
        for (; i < count && events[i].class == EVENT_LATE_FINISH; i++)
            if (events[i].sequence == world->world_pes[events[i].subject].finish_sequence)
                world_finish_task(world, events[i].subject, now_ps - TICK_PER_US);
        if (is_arriving)
            apply_arrivals(world, true, true);
    }
    if (is_arriving)
        apply_arrivals(world, false, false);
    for (; i < count; i++)
        if (events[i].class == EVENT_FINISH)
            apply_finish(world, &events[i]);
        else
            apply_event(world, &events[i]);
    if (is_arriving)
        apply_last_arrivals(world);
    if (world->writing_count > 0)
        world_take_written(world);
    while (world->doomed_count > 0) {
        world_fail_jobs(world);
        apply_last_arrivals(world); /* the gate may be open again */
    }

    if (world->decided_ps == now_ps && !world_obey(world))
        return false;
    if (world->decided_ps == TICK_NEVER) {
        if (world->is_epoch_due && !world_epoch(world))
            return false;
    } else if (world->is_plan) {
        world_follow_plan(world);
    }
    world_dispatch(world);
    bool is_polling = world->setup->compat_ds3 && !world_is_gate_open(world);
    if ((world->has_outages || is_polling) && world_is_dead(world))
        return false;
    return world->has_next_arrival || world->jobs_left > 0;
}

/* ---- a whole trial ---- */

/* Nothing can happen any more and jobs are unfinished: names a few of their tasks. */
static void report_deadlock(struct world *world)
{
    static const char *const names[] = {"waiting", "ready", "assigned"};
    char list[256] = "";
    size_t length = 0;
    int32_t shown = 0;
    for (int32_t task = 0; task < world->view.task_capacity && shown < 4; task++) {
        const struct view_task *what = &world->tasks[task];
        if (what->status != TASK_READY && what->status != TASK_ASSIGNED)
            continue;
        int written = snprintf(list + length, sizeof list - length, "%sjob %d %s (%s)",
                               shown++ > 0 ? ", " : "", (int)world_job_id(world, task),
                               world_task_name(world, task), names[what->status]);
        length += (size_t)written < sizeof list - length ? (size_t)written : 0;
    }
    fault_set(world->fault, NULL, "the policy assigned nothing more although tasks are ready",
              "deadlock under policy '%s': %d jobs unfinished, no event left: %s",
              world->setup->policy->name, (int)world->jobs_left, list);
}

static bool run_engine(struct world *world)
{
    const struct world_setup *setup = world->setup;
    assert(setup->scenario->table_factor == NULL || setup->scenario->truth != NULL);
    world->needs = (struct engine_needs){
        .factors = world->factors,
        .factor_count = setup->scenario->episode_speeds(setup->scenario->source, world->factors,
                                                        MAX_EPISODE_SPEEDS),
        .energy = setup->engine_energy_uj != NULL && setup->engine->energy_uj != NULL &&
                  setup->soc->has_power,
        .has_ways = setup->scenario->next_link_outage != NULL,
    };
    world->engine = setup->engine->create(setup->soc, &world->needs, world->fault);
    if (world->engine == NULL)
        return false;
    if (setup->policy->create != NULL)
        world->policy = setup->policy->create(&world->view);
    world_init_outages(world);
    world_init_links(world);
    fetch_arrival(world);
    world->view.now_ps = -1;
    apply_last_arrivals(world);
    world->view.now_ps = 0;
    world_keep_sampling(world);
    return setup->engine->run(world->engine, on_round, world, world->fault);
}

bool world_run(const struct world_setup *setup, struct world_result *result, struct fault *fault)
{
    *result = (struct world_result){.status = WORLD_DONE};
    struct world world;
    world_init(&world, setup, result, fault);
    if (!run_engine(&world) || fault_is_set(fault)) {
        result->status = world.engine == NULL ? WORLD_UNSTARTED : WORLD_FAILED;
    } else if (world.jobs_left > 0) {
        report_deadlock(&world);
        result->status = WORLD_DEADLOCK;
    }
    if (result->timed_calls > 0)
        result->decide_s *= (double)result->epochs / (double)result->timed_calls;
    world_finish(&world);
    return result->status == WORLD_DONE;
}
