/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How near does the simgrid engine come to SimGrid itself? The stream of bench_engines, simulated
 * by the world on that engine, and by the shortest loop that SimGrid's C interface allows: tasks
 * are placed by earliest finish and queue at their PE, and nothing is kept, checked or told. One
 * loop without data waits for any of the execs it has started; the other one, on a bus, has an
 * actor per PE and actors of a pool that send. Rounds take turns, each run is a process of its own,
 * start-up included; the least CPU time counts. CSV on stdout. */
#include <simgrid/actor.h>
#include <simgrid/engine.h>
#include <simgrid/exec.h>
#include <simgrid/host.h>
#include <simgrid/semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/tick.h"
#include "sim/simgrid_platform.h"
#include "test/bench/stream.h"

enum { ROUNDS = 3, JOBS = 10000, PES = 16, TASKS_MAX = 16 };

struct job;

struct task {
    struct job *job;
    int32_t index, pe, preds_left, fetching;
    struct task *next; /* in the queue of its PE */
};

struct job {
    struct job *next_free;
    const struct bind *bind;
    int32_t tasks_left;
    struct task tasks[TASKS_MAX];
};

struct pe {
    sg_host_t host;
    struct task *first, *last; /* queue */
    struct task *running;
    int64_t available_ps;
    sg_sem_t wake;
    bool is_idle;
};

/* Sends what it is told and waits for more. */
struct mover {
    sg_sem_t wake;
    struct task *consumer;
    int64_t amount;
    struct mover *next_free;
};

static struct {
    const struct stream *stream;
    struct arrival arrival;
    struct pe pes[PES];
    struct job *free_jobs;
    struct mover *free_movers;
    sg_host_t control, from, to;
    bool is_bus, is_last;
    int32_t jobs_left;
    int64_t tasks_done;
    sg_sem_t all_done;
    sg_exec_t execs[PES + 1]; /* that run, */
    int32_t pe_of[PES + 1];   /* and where; -1: the time until the next arrival */
    int32_t exec_count;
} bare;

static void start_exec(double work, sg_host_t host, int32_t pe)
{
    sg_exec_t exec = sg_actor_exec_init(work);
    sg_exec_set_host(exec, host);
    sg_exec_start(exec);
    bare.execs[bare.exec_count] = exec;
    bare.pe_of[bare.exec_count++] = pe;
}

static struct task *take_first(struct pe *pe)
{
    struct task *task = pe->first;
    if (task != NULL)
        pe->first = task->next;
    return task;
}

static double work_of(const struct task *task)
{
    return (double)bind_cost_ps(task->job->bind, task->index, task->pe);
}

/* A task has all its data. */
static void enqueue(struct task *task)
{
    struct pe *pe = &bare.pes[task->pe];
    task->next = NULL;
    *(pe->first == NULL ? &pe->first : &pe->last->next) = task;
    pe->last = task;
    if (bare.is_bus && pe->is_idle) {
        pe->is_idle = false;
        sg_sem_release(pe->wake);
    } else if (!bare.is_bus && pe->running == NULL) {
        pe->running = take_first(pe);
        start_exec(work_of(task), pe->host, task->pe);
    }
}

static void mover_actor(int argc, char **argv)
{
    (void)argc, (void)argv;
    struct mover *mover = sg_actor_self_get_data();
    for (;;) {
        sg_host_sendto(bare.from, bare.to, (double)mover->amount);
        struct task *consumer = mover->consumer;
        mover->next_free = bare.free_movers;
        bare.free_movers = mover;
        if (--consumer->fetching == 0)
            enqueue(consumer);
        sg_sem_acquire(mover->wake);
    }
}

static void start_actor(const char *name, sg_host_t host, xbt_main_func_t code, void *data)
{
    sg_actor_t actor = sg_actor_init(name, host);
    sg_actor_set_data(actor, data);
    sg_actor_start(actor, code, 0, NULL);
    sg_actor_daemonize(actor);
}

static void move(struct task *consumer, int64_t amount)
{
    struct mover *mover = bare.free_movers;
    bool is_new = mover == NULL;
    if (is_new) {
        mover = memory_zeroed(1, sizeof *mover);
        mover->wake = sg_sem_init(0);
    } else {
        bare.free_movers = mover->next_free;
    }
    mover->consumer = consumer;
    mover->amount = amount;
    if (is_new)
        start_actor("mover", bare.control, mover_actor, mover);
    else
        sg_sem_release(mover->wake);
}

/* Has the data of a task come to its PE. */
static void fetch(struct task *task)
{
    const struct app *app = task->job->bind->app;
    const struct app_task *what = &app->tasks[task->index];
    for (int32_t i = 0; i < what->pred_count; i++) {
        const struct app_edge *pred = &app->preds[what->first_pred + i];
        if (task->job->tasks[pred->task].pe == task->pe)
            continue;
        task->fetching++;
        move(task, engine_flow(bare.stream->soc, (int64_t)(app->bytes[pred->edge] * 1e6)));
    }
}

/* Gives a task to the PE that is expected to have done it first. */
static void place(struct task *task)
{
    int64_t now_ps = (int64_t)simgrid_get_clock(), best_ps = INT64_MAX;
    for (int32_t pe = 0; pe < PES; pe++) {
        int64_t free_ps = bare.pes[pe].available_ps;
        int64_t end_ps =
            (free_ps > now_ps ? free_ps : now_ps) + bind_cost_ps(task->job->bind, task->index, pe);
        if (end_ps < best_ps) {
            best_ps = end_ps;
            task->pe = pe;
        }
    }
    bare.pes[task->pe].available_ps = best_ps;
    if (bare.is_bus)
        fetch(task);
    if (task->fetching == 0)
        enqueue(task);
}

/* A job arrives and the next arrival is drawn. */
static void begin_job(void)
{
    struct job *job = bare.free_jobs;
    if (job != NULL)
        bare.free_jobs = job->next_free;
    else
        job = memory_zeroed(1, sizeof *job);
    job->bind = &bare.stream->binds[bare.arrival.app];
    job->tasks_left = job->bind->app->task_count;
    bare.jobs_left++;
    for (int32_t i = 0; i < job->tasks_left; i++)
        job->tasks[i] = (struct task){
            .job = job, .index = i, .preds_left = job->bind->app->tasks[i].pred_count};
    const struct scenario *scenario = &bare.stream->scenario;
    bare.is_last = !scenario->next_arrival(scenario->source, &bare.arrival);
    for (int32_t i = 0, count = job->tasks_left; i < count; i++)
        if (job->tasks[i].preds_left == 0)
            place(&job->tasks[i]);
}

static void end_task(struct task *task)
{
    struct job *job = task->job;
    const struct app *app = job->bind->app;
    const struct app_task *what = &app->tasks[task->index];
    bare.tasks_done++;
    for (int32_t i = 0; i < what->succ_count; i++) {
        struct task *succ = &job->tasks[app->succs[what->first_succ + i].task];
        if (--succ->preds_left == 0)
            place(succ);
    }
    if (--job->tasks_left > 0)
        return;
    job->next_free = bare.free_jobs;
    bare.free_jobs = job;
    if (--bare.jobs_left == 0 && bare.is_last && bare.is_bus)
        sg_sem_release(bare.all_done);
}

static double until_arrival(void)
{
    return (double)bare.arrival.at_ps - simgrid_get_clock();
}

/* ---- the loop without data ---- */

static void dispatch_actor(int argc, char **argv)
{
    (void)argc, (void)argv;
    start_exec(until_arrival(), bare.control, -1);
    while (bare.exec_count > 0) {
        ssize_t done = sg_exec_wait_any(bare.execs, (size_t)bare.exec_count);
        int32_t which = bare.pe_of[done];
        bare.execs[done] = bare.execs[--bare.exec_count];
        bare.pe_of[done] = bare.pe_of[bare.exec_count];
        if (which < 0) {
            begin_job();
            if (!bare.is_last)
                start_exec(until_arrival(), bare.control, -1);
            continue;
        }
        struct pe *pe = &bare.pes[which];
        struct task *task = pe->running;
        pe->running = take_first(pe);
        if (pe->running != NULL)
            start_exec(work_of(pe->running), pe->host, which);
        end_task(task);
    }
}

/* ---- the loop on a bus ---- */

static void pe_actor(int argc, char **argv)
{
    (void)argc, (void)argv;
    struct pe *pe = sg_actor_self_get_data();
    for (;;) {
        struct task *task = take_first(pe);
        if (task == NULL) {
            pe->is_idle = true;
            sg_sem_acquire(pe->wake);
            continue;
        }
        sg_actor_execute(work_of(task));
        end_task(task);
    }
}

static void source_actor(int argc, char **argv)
{
    (void)argc, (void)argv;
    while (!bare.is_last) {
        sg_actor_sleep_for(until_arrival());
        begin_job();
    }
    sg_sem_acquire(bare.all_done);
}

static void load_platform(const struct soc *soc)
{
    const struct engine_needs needs = {0};
    char path[64];
    int fd = memfd_create("platform", 0);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
    if (file == NULL)
        abort();
    simgrid_platform_write(soc, &needs, file);
    fflush(file);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    simgrid_load_platform(path);
    fclose(file);
}

static sg_host_t find_host(const char *kind, int number)
{
    char name[16];
    snprintf(name, sizeof name, "%s%d", kind, number);
    return sg_host_by_name(name);
}

static int64_t run_bare(const struct stream *stream)
{
    char *arguments[] = {"bench",
                         "--log=root.thresh:error",
                         "--cfg=network/model:CM02",
                         "--cfg=network/crosstraffic:no",
                         "--cfg=contexts/stack-size:128",
                         NULL};
    int count = (int)(sizeof arguments / sizeof *arguments) - 1;
    bare.stream = stream;
    bare.arrival = ARRIVAL_BEFORE_FIRST;
    bare.is_bus = stream->soc->interconnect == SOC_BUS;
    simgrid_init(&count, arguments);
    load_platform(stream->soc);
    bare.control = sg_host_by_name("control");
    bare.all_done = sg_sem_init(0);
    stream->scenario.next_arrival(stream->scenario.source, &bare.arrival);
    for (int32_t i = 0; i < PES; i++) {
        bare.pes[i].host = find_host("pe", i);
        bare.pes[i].wake = sg_sem_init(0);
        if (bare.is_bus)
            start_actor("pe", bare.pes[i].host, pe_actor, &bare.pes[i]);
    }
    if (bare.is_bus) {
        bare.from = find_host("node", 0);
        bare.to = find_host("node", 1);
    }
    sg_actor_create("loop", bare.control, bare.is_bus ? source_actor : dispatch_actor, 0, NULL);
    simgrid_run();
    return bare.tasks_done;
}

static int64_t run_world(const struct stream *stream)
{
    struct world_setup setup = stream_setup(stream, "simgrid", "eft");
    struct world_result result;
    struct fault fault = FAULT_NONE;
    if (!world_run(&setup, &result, &fault))
        abort();
    return result.tasks_done;
}

/* Tasks per CPU second of one run in a process of its own; 0 if it failed. */
static double speed(const struct stream *stream, int64_t (*run)(const struct stream *stream))
{
    int ends[2];
    double tasks_per_s = 0;
    if (pipe(ends) != 0)
        return 0;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        double start_s = stream_cpu_s();
        int64_t tasks = run(stream);
        tasks_per_s = (double)tasks / (stream_cpu_s() - start_s);
        _exit(tasks == 10 * JOBS && write(ends[1], &tasks_per_s, sizeof tasks_per_s) > 0 ? 0 : 1);
    }
    close(ends[1]);
    if (read(ends[0], &tasks_per_s, sizeof tasks_per_s) != sizeof tasks_per_s)
        tasks_per_s = 0;
    close(ends[0]);
    waitpid(child, NULL, 0);
    return tasks_per_s;
}

static bool compare(const char *name, const struct stream_shape *shape)
{
    struct arena *arena = arena_create();
    struct stream stream;
    double bare_best = 0, own_best = 0;
    stream_make(&stream, arena, shape);
    for (int round = 0; round < ROUNDS; round++) {
        double bare_speed = speed(&stream, run_bare), own_speed = speed(&stream, run_world);
        bare_best = bare_speed > bare_best ? bare_speed : bare_best;
        own_best = own_speed > own_best ? own_speed : own_best;
    }
    printf("%s,%.0f,%.0f,%.2f\n", name, bare_best, own_best, own_best / bare_best);
    arena_destroy(arena);
    return bare_best > 0 && own_best > 0;
}

int main(void)
{
    puts("loop,bare_tasks_per_s,hetsoc_tasks_per_s,ratio");
    struct stream_shape shape = {.jobs = JOBS, .bandwidth_bytes_per_us = 8000};
    bool is_done = compare("exec", &shape);
    shape.bytes = 16000;
    shape.interconnect = SOC_BUS;
    is_done &= compare("exec and bus", &shape);
    return is_done ? EXIT_SUCCESS : EXIT_FAILURE;
}
