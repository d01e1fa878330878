/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sched/choices.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "sched/choices_parts.h"

/* What is observed of a PE fades to 1/e in so long; the last task's share in it; the share of the
 * last transfer in what is observed of transfers. */
#define DECAY_US        6000.0
#define WEIGHT          0.35
#define TRANSFER_WEIGHT 0.1

/* ---- life ---- */

int32_t choices_features(enum choice_mode mode)
{
    return mode == CHOICE_PAIR_AHEAD ? FEATURE_COUNT : FEATURE_DATA_FIRST;
}

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
        .is_ahead = mode == CHOICE_PAIR_AHEAD && view->soc->at_assign,
        .feature_count = choices_features(mode),
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
        .given = memory_zeroed(pes, sizeof *choices->given),
        .room = memory_zeroed(pes, sizeof *choices->room),
        .kind_free = memory_zeroed(kinds, sizeof *choices->kind_free),
        .sights = memory_zeroed(CHOICES_VISIBLE, sizeof *choices->sights),
        .visible = memory_zeroed(CHOICES_VISIBLE, sizeof *choices->visible),
        .plan_us = memory_zeroed(pes, sizeof *choices->plan_us),
        .planned_us = memory_zeroed(pes, sizeof *choices->planned_us),
        .costs_us = memory_zeroed(kinds, sizeof *choices->costs_us),
        .kind_us = memory_zeroed(CHOICES_VISIBLE * kinds, sizeof *choices->kind_us),
        .kind_pe = memory_zeroed(CHOICES_VISIBLE * kinds, sizeof *choices->kind_pe),
        .times_us = memory_zeroed(CHOICES_VISIBLE * 3 * pes, sizeof *choices->times_us),
        .exec = memory_zeroed(CHOICES_VISIBLE * 2 * kinds, sizeof *choices->exec),
        .task_rows =
            memory_zeroed(CHOICES_VISIBLE * FEATURE_TASK_COUNT, sizeof *choices->task_rows),
    };
    facts_init(&choices->facts, view);
    shortlist_init(&choices->shortlist, view);
    slowness_init(&choices->slowness, view, DECAY_US, WEIGHT);
    inputs_init(&choices->inputs, view);
    if (choices->is_ahead)
        congestion_init(&choices->congestion, view->soc->pe_count * CHOICES_AHEAD, DECAY_US,
                        TRANSFER_WEIGHT);
    if (has_flight)
        flight_init(&choices->flight, view, &choices->facts);
    memcpy(choices->kind_rows, choices->facts.kinds,
           kinds * FEATURE_KIND_COUNT * sizeof *choices->kind_rows);
    for (size_t pe = 0; pe < pes; pe++)
        choices->kind_of[pe] = view->soc->pes[pe].kind;
    for (int32_t i = 0; i < CHOICES_VISIBLE; i++) {
        choices->sights[i].data_us = &choices->times_us[(size_t)(3 * i) * pes];
        choices->sights[i].work_us = &choices->times_us[(size_t)(3 * i + 1) * pes];
        choices->sights[i].move_us = &choices->times_us[(size_t)(3 * i + 2) * pes];
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
    congestion_finish(&choices->congestion);
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
    free(choices->given);
    free(choices->room);
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

/* Counts jobs and the tasks that they have under way anew, and forgets what is ready. */
static void start_over(struct choices *choices, const struct view *view)
{
    choices->job_count = 0;
    for (int32_t slot = 0; slot < view->job_capacity; slot++) {
        const struct view_job *what = &view->jobs[slot];
        struct choices_job *job = &choices->jobs[slot];
        if (!what->active)
            continue;
        choices->job_count++;
        job->ready = job->running = 0;
        job->is_stale = true;
        for (int32_t i = 0; i < view->binds[what->bind].app->task_count; i++) {
            uint8_t status = view->tasks[what->first_task + i].status;
            job->running += status == TASK_ASSIGNED || status == TASK_RUNNING;
        }
    }
    for (int32_t kind = 0; kind < view->soc->kind_count; kind++) {
        choices->kind_ready[kind] = 0;
        choices->kind_work_ps[kind] = 0;
        choices->kind_is_stale[kind] = true;
    }
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
    if (view->is_disturbed)
        start_over(choices, view);
    for (int32_t i = view->is_disturbed ? 0 : choices->shortlist.known; i < view->ready_count;
         i++) {
        choices->jobs[view->tasks[view->ready[i]].job].ready++;
        count_ready(choices, facts_of(&choices->facts, view, view->ready[i]), 1);
    }
    choices->ready_count = view->ready_count;
    if (choices->has_flight)
        flight_update(&choices->flight, view, choices->shortlist.known);
    shortlist_update(&choices->shortlist, view);
    slowness_update(&choices->slowness, view);
    if (choices->is_ahead)
        congestion_update(&choices->congestion, view);
}

/* ---- an epoch ---- */

/* Makes the next tasks of the shortlist visible while there is room. */
static void fill_visible(struct choices *choices, const struct view *view)
{
    while (choices->visible_count < CHOICES_VISIBLE && choices->next_task < choices->task_count) {
        int32_t place = choices->visible_count++;
        choices_see(choices, view, choices->visible[place], choices->tasks[choices->next_task++],
                    place > 0 ? choices->visible[place - 1] : NULL);
        choices->is_order_stale = true;
    }
}

/* Begins the epoch; false if there is nothing to choose. */
static bool begin(struct choices *choices, const struct view *view)
{
    bool is_late = choices->mode != CHOICE_ORDER_EFT;
    if (view->ready_count == 0)
        return false;
    choices_see_pes(choices, view);
    if (is_late && choices->room_count == 0)
        return false;
    int32_t limit = is_late ? CHOICES_VISIBLE + choices->room_count : view->ready_count;
    choices->tasks = shortlist_top(&choices->shortlist, view, limit, &choices->task_count);
    choices->next_task = 0;
    choices->visible_count = 0;
    fill_visible(choices, view);
    choices->machine[MACHINE(JOBS)] = half_log1p(choices->job_count);
    choices->machine[MACHINE(SIZE)] = (float)(log(view->soc->pe_count / 8.0) / 2);
    return true;
}

static void hide(struct choices *choices, int32_t place)
{
    struct sight *sight = choices->visible[place];
    choices->visible_count--;
    memmove(&choices->visible[place], &choices->visible[place + 1],
            (size_t)(choices->visible_count - place) * sizeof(struct sight *));
    choices->visible[choices->visible_count] = sight;
}

/* Follows the data that a task sends for. */
static void follow_data(struct choices *choices, const struct view *view, const struct sight *sight,
                        int32_t pe)
{
    bool is_shared = soc_is_contended(view->soc);
    double empty_us = is_shared ? sight->move_us[pe] : sight->data_us[pe] / choices->stretch;
    if (empty_us > 0)
        congestion_add(&choices->congestion, sight->task, pe, empty_us);
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
    choices->given[choice.pe]++;
    if (choices->room[choice.pe] > 0) {
        choices->room[choice.pe]--;
        choices->room_count--;
    }
    if (choices->is_ahead)
        follow_data(choices, view, sight, choice.pe);
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
    while (choices->visible_count > 0 && !(is_late && choices->room_count == 0)) {
        choices_list(choices, view);
        int32_t place = 0;
        if (choices->count > 1)
            place = chooser->choose(chooser->self, choices, view);
        if (choices->count == 0 || place == choices->wait)
            break;
        take(choices, view, decisions, choices->list[place]);
    }
}
