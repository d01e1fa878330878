/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/truth.h"
#include "sim/world_parts.h"

/* Brings a PE's speed up to date and asks for its next change. */
void world_follow_speed(struct world *world, int32_t index)
{
    struct world_pe *pe = &world->world_pes[index];
    const struct scenario *scenario = world->setup->scenario;
    int64_t now_ps = world->view.now_ps;
    while (pe->episode.end_ps <= now_ps)
        if (!scenario->next_episode(scenario->source, index, &pe->episode))
            pe->episode.start_ps = pe->episode.end_ps = TICK_NEVER;
    bool is_slow = pe->episode.start_ps <= now_ps;
    double speed = is_slow ? pe->episode.speed : 1.0;
    if (speed != pe->speed) {
        pe->speed = speed;
        world->engine->kind->set_speed(world->engine, index, governor_opp(&world->governor, index),
                                       speed);
    }
    int64_t change_ps = is_slow ? pe->episode.end_ps : pe->episode.start_ps;
    if (change_ps < TICK_LIMIT && change_ps != pe->speed_timer_ps) {
        pe->speed_timer_ps = change_ps;
        world_post(world, change_ps, EVENT_SPEED, index);
    }
}

/* Time to load the weights of a task into the memory of a PE, whether they are there or not. */
static int64_t whole_load_ps(const struct world *world, int32_t pe, int32_t task)
{
    const struct view_task *what = &world->tasks[task];
    const struct bind *bind = &world->setup->binds[world->jobs[what->job].bind];
    int64_t at = (int64_t)what->index * bind->soc->kind_count + bind->soc->pes[pe].kind;
    return bind->load_ps == NULL ? 0 : bind->load_ps[at];
}

static int32_t block_of(const struct world *world, int32_t task)
{
    const struct view_task *what = &world->tasks[task];
    return world->residency.first_block[world->jobs[what->job].bind] + what->index;
}

/* Has a PE use the weights of a task; returns the time until they are there. */
__attribute__((noinline)) static int64_t load_weights(struct world *world, int32_t pe, int32_t task)
{
    int64_t load_ps = whole_load_ps(world, pe, task), now_ps = world->view.now_ps;
    int64_t wait_ps = 0;
    if (load_ps > 0)
        wait_ps = residency_use(&world->residency, pe, block_of(world, task), load_ps, now_ps);
    residency_cancel(&world->residency, task, now_ps); /* on other PEs */
    return wait_ps;
}

/* Fetches weights of the alternatives of a branch that starts, the likeliest first: to the PE that
 * is planned for them, or without a plan to that of the branch, where its data will be. */
__attribute__((noinline)) static void fetch_alternatives(struct world *world, int32_t pe,
                                                         int32_t branch)
{
    const struct bind *bind = view_bind(&world->view, branch);
    const struct app_task *shape = &bind->app->tasks[world->tasks[branch].index];
    int32_t first_task = branch - world->tasks[branch].index;
    for (int32_t i = 0, left = world->setup->prefetch; left > 0 && i < shape->succ_count; i++) {
        int32_t succ = bind->likely_succs[shape->first_succ + i];
        if (succ < 0)
            break;
        int32_t task = first_task + succ;
        if (world->tasks[task].status != TASK_WAITING)
            continue;
        int32_t to = world->is_plan && world->planned_pe[task] >= 0 ? world->planned_pe[task] : pe;
        int64_t load_ps = whole_load_ps(world, to, task);
        left--;
        if (load_ps > 0 && !world->pes[to].is_down)
            residency_fetch(&world->residency, to, block_of(world, task), task, load_ps,
                            world->view.now_ps);
    }
}

static void start_task(struct world *world, int32_t pe, int32_t task)
{
    struct view_task *what = &world->tasks[task];
    const struct view_job *job = &world->jobs[what->job];
    struct world_pe *own = &world->world_pes[pe];
    const struct scenario *scenario = world->setup->scenario;
    const struct bind *bind = &world->view.binds[job->bind];
    int64_t now_ps = world->view.now_ps;
    world_set_after(world, task, -1);
    what->status = TASK_RUNNING;
    what->start_ps = now_ps;
    world->pes[pe].running = task;
    world->pes[pe].queued--;
    world->unstarted_left--;
    if (world->job_start_ps[what->job] == TICK_NEVER)
        world->job_start_ps[what->job] = now_ps;
    if (world->needs.factor_count > 0)
        world_follow_speed(world, pe);
    world_set_busy(world, pe, now_ps, true);
    if (world->power.pes != NULL)
        power_mark(&world->power, pe, now_ps);

    int64_t work_ps = world->world_tasks[task].cost_ps;
    int64_t load_ps = world->residency.is_there == NULL ? 0 : load_weights(world, pe, task);
    own->load_ps = load_ps;
    own->expected_end_ps = now_ps + load_ps + work_ps;
    world->pes[pe].free_ps = own->expected_end_ps;
    double factor = scenario_exec_factor(scenario, job->id, what->index);
    own->factor = factor;
    factor *= truth_factor(scenario, bind, what->index, world->setup->soc->pes[pe].kind);
    if (factor != 1.0)
        work_ps = tick_stretch(work_ps, factor);
    work_ps += load_ps;
    struct event event = {.sequence = world->sequence++, .class = EVENT_FINISH, .subject = pe};
    own->finish_sequence = event.sequence;
    world->engine->kind->exec(world->engine, pe, work_ps, event);
    if (world->setup->prefetch > 0 && bind->likely_succs != NULL &&
        bind->app->tasks[what->index].branch >= 0)
        fetch_alternatives(world, pe, task);
}

static bool starts_before(enum policy_discipline discipline, const struct candidate *a,
                          const struct candidate *b)
{
    if (discipline != POLICY_ASSIGNED && a->job_id != b->job_id)
        return a->job_id < b->job_id;
    return a->sequence < b->sequence;
}

/* What an idle PE may start now; if nothing, asks for an event at the date when it may. */
static bool find_candidate(struct world *world, int32_t pe, struct candidate *candidate)
{
    int64_t next_ps, *data_timer_ps = &world->world_pes[pe].data_timer_ps;
    int32_t task;
    if (world_pick(world, pe, &task, &next_ps)) {
        *candidate = (struct candidate){
            .sequence = world->world_tasks[task].sequence,
            .job_id = world_job_id(world, task),
            .task = task,
            .pe = pe,
        };
        return true;
    }
    if (next_ps != TICK_NEVER && next_ps != *data_timer_ps) {
        *data_timer_ps = next_ps;
        world_post(world, next_ps, EVENT_DATA, pe);
    }
    return false;
}

/* Older jobs first (not under POLICY_ASSIGNED) and then as assigned: the order decides how
 * simultaneous ends are applied. */
void world_dispatch(struct world *world)
{
    enum policy_discipline discipline = world->setup->policy->discipline;
    struct candidate *candidates = world->candidates;
    int32_t count = 0;
    for (int32_t i = 0; i < world->touched_count; i++) {
        int32_t pe = world->touched[i];
        world->world_pes[pe].is_touched = false;
        struct candidate candidate;
        if (world->pes[pe].running >= 0 || world->pes[pe].queued == 0 ||
            !find_candidate(world, pe, &candidate))
            continue;
        int32_t place = count++;
        for (; place > 0 && starts_before(discipline, &candidate, &candidates[place - 1]); place--)
            candidates[place] = candidates[place - 1];
        candidates[place] = candidate;
    }
    world->touched_count = 0;
    for (int32_t i = 0; i < count; i++) {
        world_dequeue(world, candidates[i].task, candidates[i].pe);
        world_unplan(world, candidates[i].task);
        start_task(world, candidates[i].pe, candidates[i].task);
    }
}
