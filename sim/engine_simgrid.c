/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The SimGrid engine: SimGrid owns the clock and executes the work. Its interface is known here and
 * in simgrid_actor and simgrid_movers alone.
 *
 * One engine second is one tick and one flop is one tick of work, so that dates are whole numbers
 * in SimGrid's doubles. Every PE is a host with an actor that executes what it is given; timers are
 * actors of a pool that sleep. At their date they all report, then the control actor wakes up and
 * hands the round to the world: simultaneous ends come in no useful order otherwise. Transfers are
 * actors of another pool (sim/simgrid_movers.h).
 *
 * Idle actors are suspended, which is cheaper than a semaphore. Whoever wakes one sets its flag
 * first, and it looks at the flag before it suspends itself, so no wake-up can be lost.
 *
 * SimGrid has one engine per process and no way to start over, hence the static state and the
 * refusal to make a second one; a trial is a process anyway. */
#include <assert.h>
#include <errno.h>
#include <math.h>
#include <simgrid/actor.h>
#include <simgrid/engine.h>
#include <simgrid/exec.h>
#include <simgrid/host.h>
#include <simgrid/plugins/energy.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/memory.h"
#include "base/tick.h"
#include "sim/engine.h"
#include "sim/power.h"
#include "sim/simgrid_actor.h"
#include "sim/simgrid_movers.h"
#include "sim/simgrid_platform.h"

extern const struct engine_kind engine_simgrid;

/* Ticks of work that are not executed where speeds change (see report_end). */
#define WITHHELD_PS 1.0

struct simgrid_pe {
    sg_host_t host;
    sg_actor_t actor;  /* suspended while there is no work */
    bool has_work;     /* given to the actor, which has not taken it yet */
    bool is_executing; /* taken and not executed yet */
    bool busy;         /* from the start of the work until its end is reported */
    bool is_fluid;     /* the speed was not 1 all through the current work */
    int32_t kind;
    struct simgrid_mode mode;
    bool is_off;
    double consumed;  /* while it is off: until then */
    double uncounted; /* consumed in former times off */
    double speed;
    double work_ps;
    struct event event; /* of the current work */
};

/* A timer. */
struct sleeper {
    sg_actor_t actor; /* suspended while free */
    bool is_armed;
    double delay_ps;
    struct event event;
    struct sleeper *next_free;
};

/* Events that come in one round. */
struct batch {
    struct event *events;
    size_t count, capacity;
};

struct simgrid {
    struct engine base;
    struct simgrid_pe *pes;
    int32_t pe_count;
    const struct engine_needs *needs;
    bool is_fluid;             /* speeds may change */
    struct sleeper **sleepers; /* [sleeper_count] every timer actor made so far */
    size_t sleeper_count, sleeper_capacity;
    struct sleeper *free_sleepers;
    const struct soc *soc;
    struct simgrid_movers *movers; /* NULL where links are not shared */
    int32_t pending_count;         /* works, timers and transfers on their way */
    struct batch due;     /* reported for, or asked for, the current date; the next round */
    struct batch current; /* the round in the hands of the world */
    sg_actor_t control;
    bool is_kicked; /* something is reported for the current date: control is to wake up */
    engine_round round;
    void *context;
    bool is_over_limit;
    bool has_ended; /* control has, by itself */
};

/* SimGrid's engine is a singleton, and this is what belongs to it. */
static struct simgrid *the_simgrid;

/* Writes the platform into an anonymous file and gives it to SimGrid. */
static bool load_platform(const struct soc *soc, const struct engine_needs *needs,
                          struct fault *fault)
{
    int fd = memfd_create("platform", 0);
    FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (file == NULL)
        return fault_set(fault, NULL, NULL, "cannot make an anonymous file for SimGrid: %s",
                         strerror(errno));
    simgrid_platform_write(soc, needs, file);
    bool is_written = fflush(file) == 0;
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (is_written)
        simgrid_load_platform(path);
    fclose(file);
    return is_written ||
           fault_set(fault, NULL, NULL, "cannot write the platform for SimGrid to memory");
}

static void start_simgrid(bool is_constant)
{
    char *arguments[] = {
        "hetsoc",
        "--log=root.thresh:error",
        "--cfg=network/model:CM02", /* no hidden factors on latency and bandwidth */
        "--cfg=network/crosstraffic:no",
        "--cfg=contexts/stack-size:1024", /* KiB; policies run on the control actor's stack */
        /* Trace integration saves a tenth of the time; it is for hosts of constant speed whose
         * load nobody asks for. */
        is_constant ? "--cfg=cpu/optim:TI" : "--cfg=cpu/optim:Lazy",
        NULL,
    };
    int count = (int)(sizeof arguments / sizeof *arguments) - 1;
    simgrid_init(&count, arguments);
}

static void add_due(struct simgrid *simgrid, struct event event)
{
    struct batch *due = &simgrid->due;
    if (due->count == due->capacity)
        due->events = memory_grow(due->events, &due->capacity, due->count + 1, sizeof *due->events);
    due->events[due->count++] = event;
}

static void set_mode(struct simgrid *simgrid, struct simgrid_pe *pe, struct simgrid_mode mode)
{
    pe->mode = mode;
    int32_t pstate = simgrid_pstate(simgrid->soc, simgrid->needs, pe->kind, mode);
    sg_host_set_pstate(pe->host, (unsigned long)pstate);
}

/* Has a host, which executes nothing, draw what a busy or an idle PE draws. */
static void draw_busy(struct simgrid *simgrid, struct simgrid_pe *pe, bool is_busy)
{
    struct simgrid_mode mode = pe->mode;
    mode.is_busy = is_busy;
    if (simgrid->needs->energy)
        set_mode(simgrid, pe, mode);
}

/* Called by an actor at the date of an event: it belongs to the next round. */
static void report(struct simgrid *simgrid, struct event event)
{
    if (event.class == EVENT_FINISH && simgrid->pes[event.subject].event.sequence == event.sequence)
        simgrid->pes[event.subject].busy = false;
    simgrid->pending_count--;
    add_due(simgrid, event);
    if (!simgrid->is_kicked) {
        simgrid->is_kicked = true;
        sg_actor_resume(simgrid->control);
    }
}

/* The same for a transfer. */
static void report_arrival(void *context, struct event event)
{
    report(context, event);
}

static void sleeper_actor(int argc, char **argv)
{
    (void)argc, (void)argv;
    struct simgrid *simgrid = the_simgrid;
    struct sleeper *sleeper = sg_actor_self_get_data();
    for (;;) {
        while (!sleeper->is_armed)
            sg_actor_suspend(sg_actor_self());
        sg_actor_sleep_for(sleeper->delay_ps);
        sleeper->is_armed = false;
        struct event event = sleeper->event;
        sleeper->next_free = simgrid->free_sleepers;
        simgrid->free_sleepers = sleeper;
        report(simgrid, event);
    }
}

static struct sleeper *make_sleeper(struct simgrid *simgrid)
{
    struct sleeper *sleeper = memory_zeroed(1, sizeof *sleeper);
    if (simgrid->sleeper_count == simgrid->sleeper_capacity)
        simgrid->sleepers = memory_grow(simgrid->sleepers, &simgrid->sleeper_capacity,
                                        simgrid->sleeper_count + 1, sizeof *simgrid->sleepers);
    simgrid->sleepers[simgrid->sleeper_count++] = sleeper;
    sleeper->actor =
        simgrid_actor_start("timer", sg_host_by_name("control"), sleeper_actor, sleeper);
    return sleeper;
}

/* Has an event reported later. */
static void sleep_for(struct simgrid *simgrid, double delay_ps, struct event event)
{
    struct sleeper *sleeper = simgrid->free_sleepers;
    if (sleeper != NULL)
        simgrid->free_sleepers = sleeper->next_free;
    else
        sleeper = make_sleeper(simgrid);
    sleeper->delay_ps = delay_ps;
    sleeper->event = event;
    simgrid->pending_count++;
    sleeper->is_armed = true;
    sg_actor_resume(sleeper->actor);
}

/* Called on a PE's actor when its work has been executed. Where speeds change, ends fall between
 * ticks, but rounds must start on whole ticks, or everything that starts in them would end between
 * ticks as well. So the last tick of work is not executed: the exact end is known then, lies ahead,
 * and becomes a timer, until which the PE draws what a busy one does. */
static void report_end(struct simgrid *simgrid, struct simgrid_pe *pe)
{
    if (!simgrid->is_fluid) {
        report(simgrid, pe->event);
        return;
    }
    double now_ps = simgrid_get_clock();
    double end_ps = now_ps + WITHHELD_PS / pe->speed;
    int64_t rounded_ps = pe->is_fluid ? tick_round_fluid(end_ps) : (int64_t)llround(end_ps);
    simgrid->pending_count--;
    draw_busy(simgrid, pe, true);
    sleep_for(simgrid, (double)rounded_ps - now_ps, pe->event);
}

static void pe_actor(int argc, char **argv)
{
    (void)argc, (void)argv;
    struct simgrid *simgrid = the_simgrid;
    struct simgrid_pe *pe = sg_actor_self_get_data();
    for (;;) {
        while (!pe->has_work)
            sg_actor_suspend(sg_actor_self());
        pe->has_work = false;
        pe->is_executing = true;
        sg_exec_wait(sg_actor_exec_init(pe->work_ps)); /* sg_actor_execute does more than this */
        pe->is_executing = false;
        report_end(simgrid, pe);
    }
}

static int compare_events(const void *left, const void *right)
{
    const struct event *a = left, *b = right;
    if (a->class != b->class)
        return a->class < b->class ? -1 : 1;
    return (a->sequence > b->sequence) - (a->sequence < b->sequence);
}

/* Takes what is due as the current round, in order; false if nothing is. */
static bool take_round(struct simgrid *simgrid)
{
    struct batch due = simgrid->due;
    simgrid->due = simgrid->current;
    simgrid->due.count = 0;
    simgrid->current = due;
    if (due.count > 1)
        qsort(due.events, due.count, sizeof *due.events, compare_events);
    return due.count > 0;
}

/* Has the PEs whose work ends in the current round draw what idle ones do. It is control that does
 * this: a call into SimGrid on the way to a report would let control overtake it. */
static void draw_idle(struct simgrid *simgrid)
{
    for (size_t i = 0; i < simgrid->current.count; i++) {
        const struct event *event = &simgrid->current.events[i];
        if (event->class == EVENT_FINISH && simgrid->pes[event->subject].mode.is_busy)
            draw_busy(simgrid, &simgrid->pes[event->subject], false);
    }
}

/* Sleeps until something is reported; false if nothing is on its way. */
static bool wait_for_report(struct simgrid *simgrid)
{
    if (simgrid->pending_count == 0)
        return false;
    while (!simgrid->is_kicked)
        sg_actor_suspend(sg_actor_self());
    simgrid->is_kicked = false;
    simgrid->base.now_ps = (int64_t)llround(simgrid_get_clock());
    simgrid->is_over_limit = simgrid->base.now_ps >= TICK_LIMIT;
    return !simgrid->is_over_limit;
}

/* Closes the accounts of the PEs: SimGrid's clock may run on to the end of what nobody waits for
 * any more, such as a transfer whose actor was killed. */
static void settle_energy(struct simgrid *simgrid)
{
    for (int32_t i = 0; simgrid->needs->energy && i < simgrid->pe_count; i++) {
        struct simgrid_pe *pe = &simgrid->pes[i];
        if (!pe->is_off)
            pe->consumed = sg_host_get_consumed_energy(pe->host);
        pe->is_off = true;
    }
}

/* Hands round after round to the world; false if it wants no more. */
static bool hand_rounds(struct simgrid *simgrid)
{
    while (take_round(simgrid)) {
        if (simgrid->needs->energy)
            draw_idle(simgrid);
        if (!simgrid->round(simgrid->context, simgrid->base.now_ps, simgrid->current.events,
                            (int32_t)simgrid->current.count))
            return false;
    }
    return true;
}

static void control_actor(int argc, char **argv)
{
    (void)argc, (void)argv;
    struct simgrid *simgrid = the_simgrid;
    while (hand_rounds(simgrid) && wait_for_report(simgrid))
        ;
    settle_energy(simgrid);
    simgrid->has_ended = true;
}

static struct engine *simgrid_create(const struct soc *soc, const struct engine_needs *needs,
                                     struct fault *fault)
{
    if (the_simgrid != NULL) {
        fault_set(fault, NULL, "run each trial in a process of its own",
                  "SimGrid has one engine per process and it is taken");
        return NULL;
    }
    start_simgrid(!engine_is_fluid(soc, needs) && !needs->energy);
    if (needs->energy)
        sg_host_energy_plugin_init();
    if (!load_platform(soc, needs, fault))
        return NULL;
    struct simgrid *simgrid = the_simgrid = memory_zeroed(1, sizeof *simgrid);
    simgrid->base.kind = &engine_simgrid;
    simgrid->soc = soc;
    simgrid->needs = needs;
    simgrid->is_fluid = engine_is_fluid(soc, needs);
    simgrid->pe_count = soc->pe_count;
    simgrid->pes = memory_zeroed((size_t)soc->pe_count, sizeof *simgrid->pes);
    for (int32_t i = 0; i < soc->pe_count; i++) {
        char name[16];
        snprintf(name, sizeof name, "pe%d", (int)i);
        struct simgrid_pe *pe = &simgrid->pes[i];
        *pe = (struct simgrid_pe){.host = sg_host_by_name(name),
                                  .kind = soc->pes[i].kind,
                                  .mode = {.opp = soc->kinds[soc->pes[i].kind].opp, .factor = 1.0},
                                  .speed = 1.0};
        pe->actor = simgrid_actor_start("pe", pe->host, pe_actor, pe);
    }
    if (soc_is_contended(soc))
        simgrid->movers = simgrid_movers_create(soc, needs, report_arrival, simgrid);
    simgrid->control =
        sg_actor_create("control", sg_host_by_name("control"), control_actor, 0, NULL);
    return &simgrid->base;
}

static void simgrid_destroy(struct engine *engine)
{
    struct simgrid *simgrid = (struct simgrid *)engine;
    for (size_t i = 0; i < simgrid->sleeper_count; i++) {
        free(simgrid->sleepers[i]);
    }
    free(simgrid->sleepers);
    simgrid_movers_destroy(simgrid->movers);
    free(simgrid->pes);
    free(simgrid->due.events);
    free(simgrid->current.events);
    free(simgrid);
    the_simgrid = NULL;
}

static void simgrid_at(struct engine *engine, int64_t when_ps, struct event event)
{
    struct simgrid *simgrid = (struct simgrid *)engine;
    assert(when_ps >= engine->now_ps);
    if (when_ps == engine->now_ps)
        add_due(simgrid, event);
    else
        sleep_for(simgrid, (double)(when_ps - engine->now_ps), event);
}

static void simgrid_exec(struct engine *engine, int32_t index, int64_t work_ps, struct event event)
{
    struct simgrid *simgrid = (struct simgrid *)engine;
    struct simgrid_pe *pe = &simgrid->pes[index];
    assert(!pe->busy && event.subject == index);
    if (work_ps == 0) {
        add_due(simgrid, event);
        return;
    }
    pe->busy = true;
    pe->event = event;
    pe->work_ps = (double)work_ps - (simgrid->is_fluid ? WITHHELD_PS : 0.0);
    pe->is_fluid = pe->speed != 1.0;
    simgrid->pending_count++;
    pe->has_work = true;
    sg_actor_resume(pe->actor);
}

static void simgrid_set_speed(struct engine *engine, int32_t index, int32_t opp, double factor)
{
    struct simgrid *simgrid = (struct simgrid *)engine;
    struct simgrid_pe *pe = &simgrid->pes[index];
    pe->speed = soc_speed(&simgrid->soc->kinds[pe->kind], opp) * factor;
    pe->is_fluid = true;
    set_mode(simgrid, pe, (struct simgrid_mode){opp, factor, pe->mode.is_busy});
}

static double simgrid_energy_uj(struct engine *engine, int32_t pe)
{
    const struct simgrid_pe *what = &((struct simgrid *)engine)->pes[pe];
    double until = what->is_off ? what->consumed : sg_host_get_consumed_energy(what->host);
    return (until - what->uncounted) * UJ_PER_MW_PS;
}

/* SimGrid's host stays on, or its actor would die; what it consumes meanwhile does not count. */
static void simgrid_set_off(struct engine *engine, int32_t pe, bool is_off)
{
    struct simgrid *simgrid = (struct simgrid *)engine;
    struct simgrid_pe *what = &simgrid->pes[pe];
    if (!simgrid->needs->energy)
        return;
    double consumed = sg_host_get_consumed_energy(what->host);
    if (is_off)
        what->consumed = consumed;
    else
        what->uncounted += consumed - what->consumed;
    what->is_off = is_off;
}

/* An exec that was cancelled must never be touched again, and whoever waits for it does; so the
 * actor is killed, which cancels what it waits for, and another one takes its place. */
static void simgrid_cancel(struct engine *engine, int32_t index)
{
    struct simgrid *simgrid = (struct simgrid *)engine;
    struct simgrid_pe *pe = &simgrid->pes[index];
    if (pe->has_work || pe->is_executing)
        simgrid->pending_count--;
    if (pe->is_executing) {
        sg_actor_kill(pe->actor);
        pe->actor = simgrid_actor_start("pe", pe->host, pe_actor, pe);
    }
    pe->has_work = pe->is_executing = pe->busy = false;
    draw_busy(simgrid, pe, false);
}

static void simgrid_transfer(struct engine *engine, const struct engine_transfer *transfer,
                             struct event event)
{
    struct simgrid *simgrid = (struct simgrid *)engine;
    int64_t flow = engine_flow(simgrid->soc, transfer->amount);
    assert(transfer->from_pe != transfer->to_pe && event.class == EVENT_TRANSFER);
    if (flow == 0) {
        simgrid_at(engine, engine->now_ps + transfer->latency_ps, event);
        return;
    }
    simgrid->pending_count++;
    simgrid_movers_start(simgrid->movers, transfer, flow, event);
}

static void simgrid_stop(struct engine *engine, int32_t number)
{
    struct simgrid *simgrid = (struct simgrid *)engine;
    if (simgrid->movers != NULL && simgrid_movers_stop(simgrid->movers, number))
        simgrid->pending_count--;
}

static bool simgrid_run_all(struct engine *engine, engine_round round, void *context,
                            struct fault *fault)
{
    struct simgrid *simgrid = (struct simgrid *)engine;
    simgrid->round = round;
    simgrid->context = context;
    simgrid_run();
    assert(simgrid->has_ended); /* or it waited for what does not come */
    return !simgrid->is_over_limit || engine_fault_limit(fault);
}

const struct engine_kind engine_simgrid = {
    .name = "simgrid",
    .summary = "SimGrid executes the work; the reference",
    .create = simgrid_create,
    .destroy = simgrid_destroy,
    .at = simgrid_at,
    .exec = simgrid_exec,
    .set_speed = simgrid_set_speed,
    .energy_uj = simgrid_energy_uj,
    .set_off = simgrid_set_off,
    .cancel = simgrid_cancel,
    .transfer = simgrid_transfer,
    .stop = simgrid_stop,
    .run = simgrid_run_all,
};
