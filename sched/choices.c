/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sched/choices.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/tick.h"

/* What is observed of a PE fades to 1/e in so long; the last task's share in it. */
#define DECAY_US 6000.0
#define WEIGHT   0.35

/* Share of that (a logarithm) by which estimates are corrected; share of its time so far that an
 * overdue task is expected to need still. */
#define CORRECTION 0.5
#define OVERDUE    0.15

/* In units: what is added to a minimal time that something is divided by. */
#define GRACE_DATA   0.2
#define GRACE_FINISH 0.4

#define PAIR(NAME)    (FEATURE_##NAME - FEATURE_PAIR_FIRST)
#define KIND(NAME)    (FEATURE_##NAME - FEATURE_KIND_FIRST)
#define TASK(NAME)    (FEATURE_##NAME - FEATURE_TASK_FIRST)
#define MACHINE(NAME) (FEATURE_##NAME - FEATURE_MACHINE_FIRST)

static float half_log1p(double x)
{
    return (float)(0.5 * log(1 + x));
}

static float clip(double x, double low, double high)
{
    return (float)(x < low ? low : x > high ? high : x);
}

static double us_from(const struct view *view, int64_t at_ps)
{
    return (double)(at_ps - view->now_ps) / TICK_PER_US;
}

/* ---- life ---- */

size_t choices_most(const struct view *view)
{
    return CHOICES_VISIBLE * (size_t)view->soc->kind_count + 1;
}

void choices_init(struct choices *choices, const struct view *view, enum choice_mode mode,
                  bool has_flight)
{
    size_t pes = (size_t)view->soc->pe_count;
    size_t kinds = (size_t)view->soc->kind_count;
    size_t most = choices_most(view);
    *choices = (struct choices){
        .mode = mode,
        .has_flight = has_flight,
        .list = memory_zeroed(most, sizeof *choices->list),
        .rows = memory_zeroed(most * FEATURE_COUNT, sizeof *choices->rows),
        .kind_of = memory_zeroed(pes, sizeof *choices->kind_of),
        .kind_work_ps = memory_zeroed(kinds, sizeof *choices->kind_work_ps),
        .kind_ready = memory_zeroed(kinds, sizeof *choices->kind_ready),
        .kind_is_stale = memory_zeroed(kinds, sizeof *choices->kind_is_stale),
        .kind_rows = memory_zeroed(kinds * FEATURE_KIND_COUNT, sizeof *choices->kind_rows),
        .available_us = memory_zeroed(pes, sizeof *choices->available_us),
        .factor = memory_zeroed(pes, sizeof *choices->factor),
        .level = memory_zeroed(pes, sizeof *choices->level),
        .is_free = memory_zeroed(pes, sizeof *choices->is_free),
        .kind_free = memory_zeroed(kinds, sizeof *choices->kind_free),
        .sights = memory_zeroed(CHOICES_VISIBLE, sizeof *choices->sights),
        .visible = memory_zeroed(CHOICES_VISIBLE, sizeof *choices->visible),
        .plan_us = memory_zeroed(pes, sizeof *choices->plan_us),
        .planned_us = memory_zeroed(pes, sizeof *choices->planned_us),
        .costs_us = memory_zeroed(kinds, sizeof *choices->costs_us),
        .kind_us = memory_zeroed(CHOICES_VISIBLE * kinds, sizeof *choices->kind_us),
        .kind_pe = memory_zeroed(CHOICES_VISIBLE * kinds, sizeof *choices->kind_pe),
        .times_us = memory_zeroed(CHOICES_VISIBLE * 2 * pes, sizeof *choices->times_us),
        .exec = memory_zeroed(CHOICES_VISIBLE * 2 * kinds, sizeof *choices->exec),
        .task_rows =
            memory_zeroed(CHOICES_VISIBLE * FEATURE_TASK_COUNT, sizeof *choices->task_rows),
    };
    facts_init(&choices->facts, view);
    shortlist_init(&choices->shortlist, view);
    slowness_init(&choices->slowness, view, DECAY_US, WEIGHT);
    inputs_init(&choices->inputs, view);
    if (has_flight)
        flight_init(&choices->flight, view, &choices->facts);
    memcpy(choices->kind_rows, choices->facts.kinds,
           kinds * FEATURE_KIND_COUNT * sizeof *choices->kind_rows);
    for (size_t pe = 0; pe < pes; pe++)
        choices->kind_of[pe] = view->soc->pes[pe].kind;
    for (int32_t i = 0; i < CHOICES_VISIBLE; i++) {
        choices->sights[i].data_us = &choices->times_us[(size_t)(2 * i) * pes];
        choices->sights[i].work_us = &choices->times_us[(size_t)(2 * i + 1) * pes];
        choices->sights[i].row = &choices->task_rows[i * FEATURE_TASK_COUNT];
        choices->sights[i].kind_us = &choices->kind_us[(size_t)i * kinds];
        choices->sights[i].kind_pe = &choices->kind_pe[(size_t)i * kinds];
        choices->sights[i].own_exec = &choices->exec[(size_t)i * 2 * kinds];
        choices->visible[i] = &choices->sights[i];
    }
}

void choices_finish(struct choices *choices)
{
    facts_finish(&choices->facts);
    shortlist_finish(&choices->shortlist);
    slowness_finish(&choices->slowness);
    inputs_finish(&choices->inputs);
    flight_finish(&choices->flight);
    free(choices->list);
    free(choices->rows);
    free(choices->kind_of);
    free(choices->jobs);
    free(choices->kind_work_ps);
    free(choices->kind_ready);
    free(choices->kind_is_stale);
    free(choices->kind_rows);
    free(choices->available_us);
    free(choices->factor);
    free(choices->level);
    free(choices->is_free);
    free(choices->kind_free);
    free(choices->sights);
    free(choices->visible);
    free(choices->plan_us);
    free(choices->planned_us);
    free(choices->costs_us);
    free(choices->kind_us);
    free(choices->kind_pe);
    free(choices->times_us);
    free(choices->task_rows);
    free(choices->exec);
    *choices = (struct choices){0};
}

/* ---- what has happened ---- */

static void count_ready(struct choices *choices, const struct task_facts *task, int32_t change)
{
    choices->kind_ready[task->fastest] += change;
    choices->kind_work_ps[task->fastest] += change * tick_from_us(task->min_us);
    choices->kind_is_stale[task->fastest] = true;
}

static void leave(struct choices *choices, const struct view *view, int32_t slot)
{
    if (view->jobs[slot].active || choices->jobs[slot].is_gone)
        return;
    choices->jobs[slot].is_gone = true;
    choices->job_count--;
}

/* Takes in what was finished, arrived and became ready since the last epoch. */
static void update(struct choices *choices, const struct view *view)
{
    if (choices->job_capacity < view->job_capacity) {
        choices->job_capacity = view->job_capacity;
        choices->jobs =
            memory_resize(choices->jobs, (size_t)view->job_capacity, sizeof *choices->jobs);
    }
    for (int32_t i = 0; i < view->finished_count; i++) {
        const struct view_task *task = &view->tasks[view->finished[i]];
        struct choices_job *job = &choices->jobs[task->job];
        job->running--;
        job->is_stale = true;
        leave(choices, view, task->job);
    }
    for (int32_t i = 0; i < view->skipped_count; i++) {
        int32_t slot = view->tasks[view->skipped[i]].job;
        choices->jobs[slot].is_stale = true;
        leave(choices, view, slot);
    }
    for (int32_t i = 0; i < view->arrived_count; i++)
        choices->jobs[view->arrived[i]] = (struct choices_job){.is_stale = true};
    choices->job_count += view->arrived_count;
    for (int32_t i = choices->shortlist.known; i < view->ready_count; i++) {
        choices->jobs[view->tasks[view->ready[i]].job].ready++;
        count_ready(choices, facts_of(&choices->facts, view, view->ready[i]), 1);
    }
    choices->ready_count = view->ready_count;
    if (choices->has_flight)
        flight_update(&choices->flight, view, choices->shortlist.known);
    shortlist_update(&choices->shortlist, view);
    slowness_update(&choices->slowness, view);
}

/* ---- what a visible task looks like ---- */

static void refresh_job(struct choices *choices, const struct view *view, int32_t slot)
{
    struct choices_job *job = &choices->jobs[slot];
    const struct view_job *what = &view->jobs[slot];
    const struct facts *facts = &choices->facts;
    const struct task_facts *tasks = &facts->tasks[facts->first[what->bind]];
    int32_t count = view->binds[what->bind].app->task_count;
    job->path_us = 0;
    for (int32_t i = 0; i < count; i++)
        if (view->tasks[what->first_task + i].status < TASK_DONE && tasks[i].path_us > job->path_us)
            job->path_us = tasks[i].path_us;
    double left_us = (double)choices->shortlist.jobs[slot].left_ps / TICK_PER_US;
    job->left = half_log1p(left_us / (2 * facts->unit_us));
    job->path = half_log1p(job->path_us / (2 * facts->unit_us));
    job->done = 1 - (float)what->tasks_left / (float)count;
    job->is_stale = false;
}

static float few(int32_t count)
{
    return (float)(count < 16 ? count : 16) / 8;
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
    const int64_t *costs_ps = &view->jobs[what->job].cost_ps[(int64_t)what->index * kinds];
    sight->min_us = (double)view_min_cost_ps(view, sight->task) / TICK_PER_US;
    for (int32_t kind = 0; kind < kinds; kind++) {
        bool can = sight->facts->cost_us[kind] != INFINITY;
        costs_us[kind] = can ? (double)costs_ps[kind] / TICK_PER_US : INFINITY;
        if (can)
            facts_exec(&choices->facts, costs_us[kind], sight->min_us, &sight->own_exec[2 * kind]);
    }
    sight->exec = sight->own_exec;
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
}

/* Fills a sight; `before` is the one before it in the list, NULL for the first. */
static void see(struct choices *choices, const struct view *view, struct sight *sight, int32_t task,
                const struct sight *before)
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

/* Makes the next tasks of the shortlist visible while there is room. */
static void fill_visible(struct choices *choices, const struct view *view)
{
    while (choices->visible_count < CHOICES_VISIBLE && choices->next_task < choices->task_count) {
        int32_t place = choices->visible_count++;
        see(choices, view, choices->visible[place], choices->tasks[choices->next_task++],
            place > 0 ? choices->visible[place - 1] : NULL);
        choices->is_order_stale = true;
    }
}

/* Places among the visible tasks and jobs; tasks of one job are neighbours. */
static void compare_visible(struct choices *choices, const struct view *view)
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
    double rest_us = us_from(view, what->available_ps);
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

static void look_at_pes(struct choices *choices, const struct view *view)
{
    memset(choices->kind_free, 0, (size_t)view->soc->kind_count * sizeof *choices->kind_free);
    choices->free_count = 0;
    for (int32_t pe = 0; pe < view->soc->pe_count; pe++) {
        bool is_free = view->pes[pe].running < 0 && view->pes[pe].queued == 0;
        double level = slowness_level(&choices->slowness, view, pe);
        choices->is_free[pe] = is_free;
        choices->level[pe] = (float)level;
        choices->factor[pe] = level == 0 ? 1 : exp(CORRECTION * level);
        choices->available_us[pe] = is_free ? 0 : expect_available(choices, view, pe);
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

/* Features of kinds and machine that a choice may have changed. */
static void refresh_machine(struct choices *choices, const struct view *view)
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

/* ---- a list ---- */

/* Begins the epoch; false if there is nothing to choose. */
static bool begin(struct choices *choices, const struct view *view)
{
    bool is_late = choices->mode != CHOICE_ORDER_EFT;
    if (view->ready_count == 0)
        return false;
    look_at_pes(choices, view);
    if (is_late && choices->free_count == 0)
        return false;
    int32_t limit = is_late ? CHOICES_VISIBLE + choices->free_count : view->ready_count;
    choices->tasks = shortlist_top(&choices->shortlist, view, limit, &choices->task_count);
    choices->next_task = 0;
    choices->visible_count = 0;
    fill_visible(choices, view);
    choices->machine[MACHINE(JOBS)] = half_log1p(choices->job_count);
    choices->machine[MACHINE(SIZE)] = (float)(log(view->soc->pe_count / 8.0) / 2);
    return true;
}

/* Where a visible task stands in the plan. */
struct outlook {
    double start_us, finish_us;
    int32_t pe;
};

/* Finds where a task would finish first, and where on the idle PEs of each kind. */
static void find_finishes(const struct choices *choices, struct sight *sight, int32_t pe_count,
                          int32_t kind_count)
{
    sight->is_stale = false;
    sight->best_us = INFINITY;
    for (int32_t kind = 0; kind < kind_count; kind++) {
        sight->kind_us[kind] = INFINITY;
        sight->kind_pe[kind] = -1;
    }
    for (int32_t pe = 0; pe < pe_count; pe++) {
        double data_us = sight->data_us[pe], available_us = choices->available_us[pe];
        double finish_us = (available_us > data_us ? available_us : data_us) + sight->work_us[pe];
        int32_t kind = choices->kind_of[pe];
        if (finish_us < sight->best_us) {
            sight->best_us = finish_us;
            sight->best = pe;
        }
        if (choices->is_free[pe] && finish_us < sight->kind_us[kind]) {
            sight->kind_us[kind] = finish_us;
            sight->kind_pe[kind] = pe;
        }
    }
}

/* Finds the earliest finish on what the plan has left, and reserves it there. */
static struct outlook plan(struct choices *choices, const struct sight *sight, int32_t pe_count)
{
    double *restrict planned_us = choices->planned_us;
    const double *restrict plan_us = choices->plan_us;
    const double *restrict data_us = sight->data_us;
    const double *restrict work_us = sight->work_us;
    struct outlook outlook = {.finish_us = INFINITY, .pe = -1};
    for (int32_t pe = 0; pe < pe_count; pe++)
        planned_us[pe] = (plan_us[pe] > data_us[pe] ? plan_us[pe] : data_us[pe]) + work_us[pe];
    for (int32_t pe = 0; pe < pe_count; pe++)
        if (planned_us[pe] < outlook.finish_us) {
            outlook.finish_us = planned_us[pe];
            outlook.pe = pe;
        }
    outlook.start_us = choices->plan_us[outlook.pe];
    choices->plan_us[outlook.pe] = outlook.finish_us;
    return outlook;
}

/* Appends the choice of a task on a PE. Returns its regret. */
static float add_pair(struct choices *choices, const struct sight *sight,
                      const struct outlook *outlook, int32_t pe, double finish_us)
{
    double unit_us = choices->facts.unit_us;
    double scale_us = sight->min_us + GRACE_FINISH * unit_us;
    int32_t kind = choices->kind_of[pe];
    float *row = &choices->rows[choices->count * FEATURE_COUNT];
    float regret = clip((finish_us - sight->best_us) / scale_us, 0, 4);
    row[PAIR(WAIT)] = 0;
    row[PAIR(EXEC)] = sight->exec[2 * kind];
    row[PAIR(EXEC_RATIO)] = sight->exec[2 * kind + 1];
    row[PAIR(DATA_DELAY)] = clip(sight->data_us[pe] / (sight->min_us + GRACE_DATA * unit_us), 0, 4);
    row[PAIR(REGRET)] = regret;
    row[PAIR(IS_BEST)] = pe == sight->best;
    row[PAIR(SLOWNESS)] = choices->level[pe];
    row[PAIR(PLAN_NOW)] = 0;
    row[PAIR(PLAN_GAIN)] = clip((finish_us - outlook->finish_us) / scale_us, -4, 4);
    memcpy(&row[FEATURE_KIND_FIRST], &choices->kind_rows[kind * FEATURE_KIND_COUNT],
           FEATURE_KIND_COUNT * sizeof *row);
    memcpy(&row[FEATURE_TASK_FIRST], sight->row, FEATURE_TASK_COUNT * sizeof *row);
    memcpy(&row[FEATURE_MACHINE_FIRST], choices->machine, FEATURE_MACHINE_COUNT * sizeof *row);
    choices->list[choices->count++] = (struct choice){sight->task, pe};
    return regret;
}

/* Appends the choice to wait. */
static void add_wait(struct choices *choices, float least_regret, bool would_plan)
{
    float *row = &choices->rows[choices->count * FEATURE_COUNT];
    memset(row, 0, FEATURE_MACHINE_FIRST * sizeof *row);
    row[PAIR(WAIT)] = 1;
    row[PAIR(REGRET)] = least_regret;
    row[PAIR(PLAN_NOW)] = !would_plan;
    memcpy(&row[FEATURE_MACHINE_FIRST], choices->machine, FEATURE_MACHINE_COUNT * sizeof *row);
    choices->wait = choices->count;
    choices->list[choices->count++] = (struct choice){-1, -1};
}

/* Appends the choices of one visible task. Returns the least regret among them. */
static float add_pairs(struct choices *choices, const struct view *view, const struct sight *sight,
                       const struct outlook *outlook)
{
    float least = 4;
    if (choices->mode == CHOICE_ORDER_EFT)
        return add_pair(choices, sight, outlook, sight->best, sight->best_us);
    for (int32_t kind = 0; kind < view->soc->kind_count; kind++) {
        int32_t pe = sight->kind_pe[kind];
        if (pe >= 0)
            least = fminf(least, add_pair(choices, sight, outlook, pe, sight->kind_us[kind]));
    }
    return least;
}

/* What the teacher of CHOICE_ORDER_EFT takes: the highest upward rank. */
static int32_t find_highest(const struct choices *choices)
{
    int32_t best = 0;
    for (int32_t i = 1; i < choices->visible_count; i++)
        if (choices->visible[i]->facts->rank_us > choices->visible[best]->facts->rank_us)
            best = i;
    return best;
}

/* Makes the list. */
static void list(struct choices *choices, const struct view *view)
{
    int32_t pes = view->soc->pe_count;
    float least = 4;
    bool would_plan = false;
    if (choices->is_order_stale)
        compare_visible(choices, view);
    refresh_machine(choices, view);
    memcpy(choices->plan_us, choices->available_us, (size_t)pes * sizeof *choices->plan_us);
    choices->count = 0;
    choices->wait = choices->taught = -1;
    for (int32_t i = 0; i < choices->visible_count; i++) {
        struct sight *sight = choices->visible[i];
        if (sight->is_stale)
            find_finishes(choices, sight, pes, view->soc->kind_count);
        struct outlook outlook = plan(choices, sight, pes);
        double scale_us = sight->min_us + GRACE_FINISH * choices->facts.unit_us;
        sight->row[TASK(FASTEST_BACKLOG)] =
            choices->kind_rows[sight->facts->fastest * FEATURE_KIND_COUNT + KIND(KIND_BACKLOG)];
        sight->row[TASK(PLAN_ORDER)] = (float)i / (float)choices->visible_count;
        sight->row[TASK(PLAN_WAIT)] = clip(outlook.start_us / scale_us, 0, 4);
        int32_t before = choices->count;
        least = fminf(least, add_pairs(choices, view, sight, &outlook));
        if (would_plan || !choices->is_free[outlook.pe] || outlook.start_us > 0)
            continue;
        would_plan = true;
        for (int32_t c = before; c < choices->count; c++)
            if (choices->kind_of[choices->list[c].pe] == choices->kind_of[outlook.pe]) {
                choices->rows[c * FEATURE_COUNT + FEATURE_PLAN_NOW] = 1;
                choices->taught = c;
            }
    }
    if (choices->mode == CHOICE_ORDER_EFT) {
        choices->taught = find_highest(choices);
    } else if (choices->mode == CHOICE_PAIR_WAIT && choices->count > 0 &&
               choices->free_count < pes) {
        add_wait(choices, least, would_plan);
        if (!would_plan)
            choices->taught = choices->wait;
    }
}

/* ---- a choice is taken ---- */

static void hide(struct choices *choices, int32_t place)
{
    struct sight *sight = choices->visible[place];
    choices->visible_count--;
    memmove(&choices->visible[place], &choices->visible[place + 1],
            (size_t)(choices->visible_count - place) * sizeof(struct sight *));
    choices->visible[choices->visible_count] = sight;
}

/* Assigns what was chosen and brings the epoch up to date. */
static void take(struct choices *choices, const struct view *view, struct decisions *decisions,
                 struct choice choice)
{
    int32_t place = 0;
    while (choices->visible[place]->task != choice.task)
        place++;
    const struct sight *sight = choices->visible[place];
    int32_t slot = view->tasks[choice.task].job;
    struct choices_job *job = &choices->jobs[slot];
    double start_us = fmax(choices->available_us[choice.pe], sight->data_us[choice.pe]);
    decide_assign(decisions, choice.task, choice.pe);
    choices->available_us[choice.pe] = start_us + sight->work_us[choice.pe];
    if (choices->is_free[choice.pe]) {
        choices->is_free[choice.pe] = false;
        choices->free_count--;
        choices->kind_free[choices->kind_of[choice.pe]]--;
    }
    choices->ready_count--;
    count_ready(choices, sight->facts, -1);
    shortlist_remove(&choices->shortlist, view, choice.task);
    if (choices->has_flight)
        flight_assign(&choices->flight, view, choice.task);
    job->ready--;
    job->running++;
    hide(choices, place);
    int32_t kind = choices->kind_of[choice.pe];
    for (int32_t i = 0; i < choices->visible_count; i++) {
        struct sight *other = choices->visible[i];
        other->is_stale |= other->best == choice.pe || other->kind_pe[kind] == choice.pe;
        if (view->tasks[other->task].job == slot) {
            other->row[TASK(JOB_READY)] = few(job->ready);
            other->row[TASK(JOB_RUNNING)] = few(job->running);
        }
    }
    fill_visible(choices, view);
}

void choices_walk(struct choices *choices, const struct view *view, struct decisions *decisions,
                  const struct chooser *chooser)
{
    update(choices, view);
    if (!begin(choices, view))
        return;
    bool is_late = choices->mode != CHOICE_ORDER_EFT;
    while (choices->visible_count > 0 && !(is_late && choices->free_count == 0)) {
        list(choices, view);
        int32_t place = 0;
        if (choices->count > 1)
            place = chooser->choose(chooser->self, choices, view);
        if (choices->count == 0 || place == choices->wait)
            break;
        take(choices, view, decisions, choices->list[place]);
    }
}
