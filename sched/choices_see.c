/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "sched/choices_parts.h"

/* Share of the slowness (a logarithm) by which estimates are corrected; share of its time so far
 * that an overdue task is expected to need still. */
#define CORRECTION 0.5
#define OVERDUE    0.15

static double us_from(const struct view *view, int64_t at_ps)
{
    return (double)(at_ps - view->now_ps) / TICK_PER_US;
}

/* ---- what a visible task looks like ---- */

/* The longest path of a task that is not done. No task comes back from being done, so all calls
 * together take O(tasks of the job). */
static double longest_path_us(const struct choices *choices, const struct view *view, int32_t slot)
{
    struct choices_job *job = &choices->jobs[slot];
    const struct view_job *what = &view->jobs[slot];
    const struct facts *facts = &choices->facts;
    const int32_t *longest = &facts->longest[facts->first[what->bind]];
    int32_t count = view->binds[what->bind].app->task_count;
    while (job->longest < count &&
           view->tasks[what->first_task + longest[job->longest]].status >= TASK_DONE)
        job->longest++;
    if (job->longest == count)
        return 0;
    return facts->tasks[facts->first[what->bind] + longest[job->longest]].path_us;
}

static void refresh_job(struct choices *choices, const struct view *view, int32_t slot)
{
    struct choices_job *job = &choices->jobs[slot];
    const struct view_job *what = &view->jobs[slot];
    const struct facts *facts = &choices->facts;
    int32_t count = view->binds[what->bind].app->task_count;
    job->path_us = longest_path_us(choices, view, slot);
    double left_us = (double)choices->shortlist.jobs[slot].left_ps / TICK_PER_US;
    job->left = half_log1p(left_us / (2 * facts->unit_us));
    job->path = half_log1p(job->path_us / (2 * facts->unit_us));
    job->done = 1 - (float)what->tasks_left / (float)count;
    job->is_stale = false;
}

static void describe_job(struct choices *choices, const struct view *view, int32_t slot, float *row)
{
    struct choices_job *job = &choices->jobs[slot];
    const struct view_job *what = &view->jobs[slot];
    if (job->is_stale)
        refresh_job(choices, view, slot);
    double age_us = -us_from(view, what->arrival_ps);
    double unit_us = choices->facts.unit_us;
    double path_us = choices->facts.path_us[what->bind];
    row[TASK(JOB_LEFT)] = job->left;
    row[TASK(JOB_PATH)] = job->path;
    row[TASK(JOB_AGE)] = half_log1p(age_us / (4 * unit_us));
    row[TASK(JOB_STRETCH)] = half_log1p(age_us / (path_us + 0.1 * unit_us));
    row[TASK(JOB_DONE)] = job->done;
    row[TASK(JOB_READY)] = few(job->ready);
    row[TASK(JOB_RUNNING)] = few(job->running);
}

/* What a task of an app with branches costs now that its samples are known: fills costs_us [kind]
 * and what the sight takes from them. */
static void see_samples(const struct choices *choices, const struct view *view, struct sight *sight,
                        double *costs_us)
{
    const struct view_task *what = &view->tasks[sight->task];
    int32_t kinds = view->soc->kind_count;
    const int64_t *costs_ps = view->jobs[what->job].cost_ps + (int64_t)what->index * kinds;
    sight->min_us = (double)view_min_cost_ps(view, sight->task) / TICK_PER_US;
    for (int32_t kind = 0; kind < kinds; kind++) {
        bool can = sight->facts->cost_us[kind] != INFINITY;
        costs_us[kind] = can ? (double)costs_ps[kind] / TICK_PER_US : INFINITY;
        if (can)
            facts_exec(&choices->facts, costs_us[kind], sight->min_us, &sight->own_exec[2 * kind]);
    }
    sight->exec = sight->own_exec;
}

/* What of the inputs is to be moved to a PE, piece by piece. */
static double move_us(const struct inputs *inputs, const struct soc *soc, int32_t pe)
{
    int64_t move_ps = 0;
    for (int32_t i = 0; i < inputs->count; i++) {
        const struct input *input = &inputs->list[i];
        move_ps += input->delay_ps[soc_lane(soc, input->pe, pe)];
    }
    return (double)move_ps / TICK_PER_US;
}

/* What moves to each PE, and when it can be there if transfers go on as of late. A PE that holds
 * none of the data is like any such of its cluster. */
static void see_moves(const struct choices *choices, const struct soc *soc, struct sight *sight)
{
    const struct inputs *inputs = &choices->inputs;
    bool is_shared = soc_is_contended(soc);
    for (int32_t c = 0; c < soc->cluster_count; c++) {
        const struct soc_cluster *cluster = &soc->clusters[c];
        int64_t move_ps = 0;
        for (int32_t i = 0; i < inputs->count; i++) {
            int32_t lane = inputs->list[i].cluster * soc->cluster_count + c;
            move_ps += inputs->list[i].delay_ps[soc->cluster_lane[lane]];
        }
        for (int32_t pe = cluster->first_pe; pe < cluster->first_pe + cluster->pe_count; pe++)
            sight->move_us[pe] = (double)move_ps / TICK_PER_US;
    }
    for (int32_t i = 0; i < inputs->count; i++)
        sight->move_us[inputs->list[i].pe] = move_us(inputs, soc, inputs->list[i].pe);
    for (int32_t pe = 0; pe < soc->pe_count; pe++) {
        double empty_us = is_shared ? sight->move_us[pe] : sight->data_us[pe];
        sight->data_us[pe] = empty_us * choices->stretch;
    }
}

/* When and how long the task could run on each PE, the load of its weights included. */
static void see_times(struct choices *choices, const struct view *view, struct sight *sight,
                      const double *costs_us)
{
    const struct soc *soc = view->soc;
    inputs_gather(&choices->inputs, view, sight->task);
    for (int32_t i = 0; i < soc->cluster_count; i++) {
        const struct soc_cluster *cluster = &soc->clusters[i];
        double cost_us = costs_us[cluster->kind];
        struct reach reach = inputs_reach(&choices->inputs, soc, i);
        double there_us = fmax(us_from(view, reach.cluster_ps), 0);
        for (int32_t pe = cluster->first_pe; pe < cluster->first_pe + cluster->pe_count; pe++) {
            sight->data_us[pe] = there_us;
            sight->work_us[pe] = cost_us * choices->factor[pe];
            if (view->is_resident != NULL)
                sight->work_us[pe] += (double)view_load_ps(view, sight->task, pe) / TICK_PER_US;
        }
        if (reach.host >= 0)
            sight->data_us[reach.host] = fmax(us_from(view, reach.host_ps), 0);
    }
    if (choices->is_ahead)
        see_moves(choices, soc, sight);
    for (int32_t pe = 0; view->down_link_count > 0 && pe < soc->pe_count; pe++)
        if (!view_reaches(view, sight->task, pe))
            sight->data_us[pe] = INFINITY;
}

void choices_see(struct choices *choices, const struct view *view, struct sight *sight,
                 int32_t task, const struct sight *before)
{
    const struct view_task *what = &view->tasks[task];
    sight->task = task;
    sight->facts = facts_of(&choices->facts, view, task);
    sight->min_us = sight->facts->min_us;
    sight->exec = sight->facts->exec;
    sight->is_stale = true;
    const double *costs_us = sight->facts->cost_us;
    if (view->jobs[what->job].task_samples != NULL) {
        see_samples(choices, view, sight, choices->costs_us);
        costs_us = choices->costs_us;
    }
    see_times(choices, view, sight, costs_us);
    if (before != NULL && view->tasks[before->task].job == what->job)
        memcpy(sight->row, before->row, FEATURE_TASK_COUNT * sizeof *sight->row);
    else
        describe_job(choices, view, what->job, sight->row);
    double path_us = choices->jobs[what->job].path_us;
    sight->row[TASK(RANK)] = sight->facts->rank;
    sight->row[TASK(CRITICAL)] = path_us > 0 ? (float)(sight->facts->path_us / path_us) : 1;
    sight->row[TASK(SUCCESSORS)] = sight->facts->successors;
    sight->row[TASK(READY_TIME)] =
        half_log1p(-us_from(view, what->ready_ps) / choices->facts.unit_us);
    sight->row[TASK(NEXT_RATIO)] = sight->facts->next_ratio;
}

/* Places among the visible tasks and jobs; tasks of one job are neighbours. */
void choices_compare(struct choices *choices, const struct view *view)
{
    int32_t count = choices->visible_count;
    int32_t id[CHOICES_VISIBLE], jobs = 0;
    for (int32_t i = 0; i < count; i++) {
        int32_t job_id = view->jobs[view->tasks[choices->visible[i]->task].job].id;
        if (jobs == 0 || id[jobs - 1] != job_id)
            id[jobs++] = job_id;
        choices->visible[i]->row[TASK(JOB_ORDER)] = (float)(jobs - 1);
    }
    for (int32_t i = 0; i < count; i++) {
        struct sight *sight = choices->visible[i];
        int32_t job = (int32_t)sight->row[TASK(JOB_ORDER)];
        int32_t higher = 0, older = 0;
        for (int32_t k = 0; k < count; k++)
            higher += choices->visible[k]->facts->rank_us > sight->facts->rank_us;
        for (int32_t k = 0; k < jobs; k++)
            older += id[k] < id[job];
        sight->row[TASK(RANK_ORDER)] = (float)higher / (float)count;
        sight->row[TASK(JOB_ORDER)] = (float)job / (float)jobs;
        sight->row[TASK(JOB_AGE_ORDER)] = (float)older / (float)jobs;
    }
    choices->is_order_stale = false;
}

/* ---- the machine ---- */

/* When a PE should have done what it has, corrected by what was observed of it. */
static double expect_available(const struct choices *choices, const struct view *view, int32_t pe)
{
    const struct view_pe *what = &view->pes[pe];
    double rest_us = us_from(view, view_available_ps(view, pe));
    if (what->running < 0)
        return rest_us * choices->factor[pe];
    double elapsed_us = -us_from(view, view->tasks[what->running].start_ps);
    double cost_us = (double)view_cost_ps(view, what->running, pe) / TICK_PER_US;
    double queue_us = rest_us - fmax(cost_us - elapsed_us, 0);
    double running_us = cost_us * choices->factor[pe] - elapsed_us;
    if (running_us < 0)
        running_us = OVERDUE * elapsed_us;
    return running_us + fmax(queue_us, 0) * choices->factor[pe];
}

void choices_see_pes(struct choices *choices, const struct view *view)
{
    memset(choices->kind_free, 0, (size_t)view->soc->kind_count * sizeof *choices->kind_free);
    choices->free_count = 0;
    choices->room_count = 0;
    choices->stretched = 0;
    if (choices->is_ahead)
        choices->stretched = (float)congestion_level(&choices->congestion, view);
    choices->stretch = exp((double)choices->stretched);
    int32_t most = choices->is_ahead ? CHOICES_AHEAD : 1;
    for (int32_t pe = 0; pe < view->soc->pe_count; pe++) {
        bool is_down = view->pes[pe].is_down;
        int32_t given = (view->pes[pe].running >= 0) + view->pes[pe].queued;
        bool is_free = given == 0 && !is_down;
        choices->given[pe] = given;
        choices->room[pe] = given < most && !is_down ? most - given : 0;
        choices->room_count += choices->room[pe];
        double level = slowness_level(&choices->slowness, view, pe);
        choices->is_free[pe] = is_free;
        choices->level[pe] = (float)level;
        choices->factor[pe] = level == 0 ? 1 : exp(CORRECTION * level);
        choices->available_us[pe] = is_free   ? 0
                                    : is_down ? INFINITY
                                              : expect_available(choices, view, pe);
        choices->free_count += is_free;
        choices->kind_free[choices->kind_of[pe]] += is_free;
    }
}

static void refresh_kind(struct choices *choices, int32_t kind)
{
    float *row = &choices->kind_rows[kind * FEATURE_KIND_COUNT];
    double work_us = (double)choices->kind_work_ps[kind] / TICK_PER_US;
    int32_t pes = choices->facts.pes_of[kind];
    row[KIND(KIND_READY)] = half_log1p(choices->kind_ready[kind]);
    row[KIND(KIND_BACKLOG)] = half_log1p(work_us / (pes > 0 ? pes : 1) / choices->facts.unit_us);
    choices->kind_is_stale[kind] = false;
}

void choices_see_machine(struct choices *choices, const struct view *view)
{
    int32_t kinds = view->soc->kind_count, pes = view->soc->pe_count;
    int64_t work_ps = 0;
    float bottleneck = 0;
    for (int32_t kind = 0; kind < kinds; kind++) {
        float *row = &choices->kind_rows[kind * FEATURE_KIND_COUNT];
        if (choices->kind_is_stale[kind])
            refresh_kind(choices, kind);
        if (choices->facts.pes_of[kind] > 0)
            row[KIND(KIND_IDLE)] =
                (float)choices->kind_free[kind] / (float)choices->facts.pes_of[kind];
        work_ps += choices->kind_work_ps[kind];
        bottleneck = fmaxf(bottleneck, row[KIND(KIND_BACKLOG)]);
    }
    double next_us = INFINITY;
    for (int32_t pe = 0; pe < pes; pe++)
        if (!choices->is_free[pe] && choices->available_us[pe] < next_us)
            next_us = choices->available_us[pe];
    double unit_us = choices->facts.unit_us;
    float *row = choices->machine;
    row[MACHINE(READY)] = half_log1p(choices->ready_count);
    row[MACHINE(IDLE)] = (float)choices->free_count / (float)pes;
    row[MACHINE(NEXT_IDLE)] = clip(next_us / unit_us, 0, 4);
    row[MACHINE(PRESSURE)] = half_log1p((double)work_ps / TICK_PER_US / pes / unit_us);
    row[MACHINE(BOTTLENECK)] = bottleneck;
}
