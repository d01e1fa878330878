/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/partial.h"

#include <stdlib.h>

void partial_init(struct partial *partial, struct arena *arena, const struct puzzle *puzzle)
{
    *partial = (struct partial){.puzzle = puzzle};
    size_t tasks = (size_t)puzzle->task_count, pes = (size_t)puzzle->pe_count;
    partial->available_ps = arena_zeroed(arena, pes, sizeof *partial->available_ps);
    partial->placed_pe = arena_zeroed(arena, tasks, sizeof *partial->placed_pe);
    partial->start_ps = arena_zeroed(arena, tasks, sizeof *partial->start_ps);
    partial->finish_ps = arena_zeroed(arena, tasks, sizeof *partial->finish_ps);
    partial->preds_left = arena_zeroed(arena, tasks, sizeof *partial->preds_left);
    partial->succs_left = arena_zeroed(arena, tasks, sizeof *partial->succs_left);
    partial->set = arena_zeroed(arena, tasks / 64 + 1, sizeof *partial->set);
    partial->ready = arena_zeroed(arena, tasks, sizeof *partial->ready);
    partial->undo = arena_zeroed(arena, tasks, sizeof *partial->undo);
    partial->head_ps = arena_zeroed(arena, tasks, sizeof *partial->head_ps);
    partial->sorted_ps = arena_zeroed(arena, pes, sizeof *partial->sorted_ps);
    partial->dates_ps =
        arena_zeroed(arena, (size_t)partial_dates_max(puzzle), sizeof *partial->dates_ps);
    partial->pe_rank = arena_zeroed(arena, pes, sizeof *partial->pe_rank);
    partial->pe_mark = arena_zeroed(arena, pes, sizeof *partial->pe_mark);
    for (int32_t task = 0; task < puzzle->task_count; task++) {
        partial->placed_pe[task] = -1;
        partial->preds_left[task] = puzzle->app->tasks[task].pred_count;
        partial->succs_left[task] = puzzle->app->tasks[task].succ_count;
        if (partial->preds_left[task] == 0)
            partial->ready[partial->ready_count++] = task;
    }
}

void partial_place(struct partial *partial, const struct partial_step *step)
{
    const struct app_task *what = &partial->puzzle->app->tasks[step->task];
    const struct app *app = partial->puzzle->app;
    partial->undo[partial->placed_count++] = (struct partial_undo){
        partial->available_ps[step->pe], partial->now_ps, step->task, step->pe};
    partial->now_ps = step->start_ps;
    partial->available_ps[step->pe] = step->finish_ps;
    partial->placed_pe[step->task] = step->pe;
    partial->start_ps[step->task] = step->start_ps;
    partial->finish_ps[step->task] = step->finish_ps;
    partial->set[step->task / 64] |= UINT64_C(1) << (step->task % 64);
    int32_t at = 0;
    while (partial->ready[at] != step->task)
        at++;
    partial->ready[at] = partial->ready[--partial->ready_count];
    for (int32_t s = 0; s < what->succ_count; s++) {
        int32_t succ = app->succs[what->first_succ + s].task;
        if (--partial->preds_left[succ] == 0)
            partial->ready[partial->ready_count++] = succ;
    }
    for (int32_t p = 0; p < what->pred_count; p++)
        partial->succs_left[app->preds[what->first_pred + p].task]--;
}

void partial_take_back(struct partial *partial)
{
    const struct partial_undo *undo = &partial->undo[--partial->placed_count];
    const struct app *app = partial->puzzle->app;
    const struct app_task *what = &app->tasks[undo->task];
    for (int32_t p = 0; p < what->pred_count; p++)
        partial->succs_left[app->preds[what->first_pred + p].task]++;
    int32_t kept = 0;
    for (int32_t s = 0; s < what->succ_count; s++)
        partial->preds_left[app->succs[what->first_succ + s].task]++;
    for (int32_t i = 0; i < partial->ready_count; i++)
        if (partial->preds_left[partial->ready[i]] == 0)
            partial->ready[kept++] = partial->ready[i];
    partial->ready_count = kept;
    partial->ready[partial->ready_count++] = undo->task;
    partial->set[undo->task / 64] &= ~(UINT64_C(1) << (undo->task % 64));
    partial->placed_pe[undo->task] = -1;
    partial->available_ps[undo->pe] = undo->available_ps;
    partial->now_ps = undo->now_ps;
}

int64_t partial_data_ps(const struct partial *partial, int32_t task, int32_t pe)
{
    const struct puzzle *puzzle = partial->puzzle;
    const struct app_task *what = &puzzle->app->tasks[task];
    int64_t data_ps = 0;
    for (int32_t p = 0; p < what->pred_count; p++) {
        struct app_edge pred = puzzle->app->preds[what->first_pred + p];
        int64_t there_ps = partial->finish_ps[pred.task] +
                           puzzle_delay_ps(puzzle, pred.edge, partial->placed_pe[pred.task], pe);
        data_ps = partial_later(data_ps, there_ps);
    }
    return data_ps;
}

bool partial_is_live(const struct partial *partial, int32_t task)
{
    return partial->placed_pe[task] >= 0 && partial->succs_left[task] > 0 &&
           partial->finish_ps[task] + partial->puzzle->spread_ps[task] > partial->now_ps;
}

static int compare_dates(const void *left, const void *right)
{
    const int64_t *a = left, *b = right;
    return (*a > *b) - (*a < *b);
}

void partial_sort(int64_t *dates_ps, int32_t count)
{
    for (int32_t i = 1; i < count && count <= 32; i++) {
        int64_t date_ps = dates_ps[i];
        int32_t at = i;
        for (; at > 0 && dates_ps[at - 1] > date_ps; at--)
            dates_ps[at] = dates_ps[at - 1];
        dates_ps[at] = date_ps;
    }
    if (count > 32)
        qsort(dates_ps, (size_t)count, sizeof *dates_ps, compare_dates);
}

/* Dates of a state without delays: PEs of each class in order, then when tasks may start. */
static int32_t dates_of_plain(struct partial *partial)
{
    const struct puzzle *puzzle = partial->puzzle;
    int64_t *dates_ps = partial->dates_ps;
    int32_t count = 0;
    for (int32_t class = 0; class < puzzle->class_count; class ++) {
        int32_t first = count;
        for (int32_t pe = puzzle->first_pe[class]; pe < puzzle->first_pe[class + 1]; pe++)
            dates_ps[count++] = partial_open_ps(partial, pe);
        partial_sort(dates_ps + first, count - first);
    }
    for (int32_t task = 0; task < puzzle->task_count; task++)
        if (partial->placed_pe[task] >= 0 && partial->succs_left[task] > 0)
            dates_ps[count++] = partial_later(partial->finish_ps[task], partial->now_ps);
    return count;
}

/* Dates of a state with delays: PEs of each class by the first task whose data they hold, then for
 * each task with data on one PE alone when it has it, and which: twice, so that none is earlier
 * only if it is the same. */
static int32_t dates_of_delayed(struct partial *partial)
{
    const struct puzzle *puzzle = partial->puzzle;
    int64_t *dates_ps = partial->dates_ps;
    int32_t count = 0;
    for (int32_t pe = 0; pe < puzzle->pe_count; pe++)
        partial->pe_mark[pe] = puzzle->task_count;
    for (int32_t task = puzzle->task_count - 1; task >= 0; task--)
        if (partial_is_live(partial, task))
            partial->pe_mark[partial->placed_pe[task]] = task;
    for (int32_t class = 0; class < puzzle->class_count; class ++)
        for (int32_t pe = puzzle->first_pe[class]; pe < puzzle->first_pe[class + 1]; pe++) {
            int32_t rank = puzzle->first_pe[class];
            for (int32_t other = rank; other < puzzle->first_pe[class + 1]; other++) {
                int64_t mark = partial->pe_mark[other] - partial->pe_mark[pe];
                int64_t lag_ps = partial_open_ps(partial, other) - partial_open_ps(partial, pe);
                if (puzzle->first_pe[class] <= other &&
                    (mark < 0 || (mark == 0 && (lag_ps < 0 || (lag_ps == 0 && other < pe)))))
                    rank++;
            }
            partial->pe_rank[pe] = rank;
            dates_ps[rank] = partial_open_ps(partial, pe);
        }
    count = puzzle->pe_count;
    for (int32_t task = 0; task < puzzle->task_count; task++) {
        if (partial->placed_pe[task] < 0 || partial->succs_left[task] == 0)
            continue;
        int32_t rank =
            partial_is_live(partial, task) ? partial->pe_rank[partial->placed_pe[task]] : -1;
        dates_ps[count++] = rank < 0 ? partial->now_ps : partial->finish_ps[task];
        dates_ps[count++] = rank;
        dates_ps[count++] = -rank;
    }
    return count;
}

int32_t partial_dates(struct partial *partial)
{
    return partial->puzzle->has_delays ? dates_of_delayed(partial) : dates_of_plain(partial);
}

int32_t partial_dates_max(const struct puzzle *puzzle)
{
    return puzzle->pe_count + 3 * puzzle->task_count;
}
