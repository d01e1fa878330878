/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Proofs that a partial schedule leads to no makespan that is short enough. */
#include "analysis/partial.h"

/* Earliest start of every unplaced task, on any PE; false if one comes too late. */
static bool heads_fit(struct partial *partial, int64_t limit_ps)
{
    const struct puzzle *puzzle = partial->puzzle;
    const struct app *app = puzzle->app;
    int32_t classes = puzzle->class_count;
    int64_t *first_ps = partial->dates_ps; /* [class] when its first PE is open */
    for (int32_t class = 0; class < classes; class ++) {
        first_ps[class] = INT64_MAX;
        for (int32_t pe = puzzle->first_pe[class]; pe < puzzle->first_pe[class + 1]; pe++)
            if (partial_open_ps(partial, pe) < first_ps[class])
                first_ps[class] = partial_open_ps(partial, pe);
    }
    for (int32_t i = 0; i < puzzle->task_count; i++) {
        int32_t task = app->order[i];
        if (partial->placed_pe[task] >= 0)
            continue;
        const struct app_task *what = &app->tasks[task];
        int64_t data_ps = 0;
        for (int32_t p = 0; p < what->pred_count; p++) {
            struct app_edge pred = app->preds[what->first_pred + p];
            int32_t pe = partial->placed_pe[pred.task];
            int64_t there_ps =
                pe >= 0 ? partial->finish_ps[pred.task] +
                              puzzle->delay_ps[pred.edge * classes + puzzle->pe_class[pe]]
                        : partial->head_ps[pred.task] + puzzle->least_ps[pred.task] +
                              puzzle->edge_ps[pred.edge];
            data_ps = partial_later(data_ps, there_ps);
        }
        int64_t end_ps = INT64_MAX;
        for (int32_t class = 0; class < classes; class ++) {
            int64_t cost_ps = puzzle->cost_ps[task * classes + class];
            if (cost_ps == PUZZLE_NEVER)
                continue;
            int64_t start_ps = partial_later(data_ps, first_ps[class]);
            if (start_ps + cost_ps < end_ps)
                end_ps = start_ps + cost_ps;
        }
        partial->head_ps[task] = end_ps - puzzle->least_ps[task];
        if (partial->head_ps[task] + puzzle->tail_ps[task] > limit_ps)
            return false;
    }
    return true;
}

/* Can the PEs do, up to each date, what must be done by then? Counts for every task the least time
 * that it must have run by the date if all is to end in time; every PE is worth the same. */
static bool work_fits(struct partial *partial, int64_t end_ps)
{
    const struct puzzle *puzzle = partial->puzzle;
    int32_t pes = puzzle->pe_count;
    for (int32_t pe = 0; pe < pes; pe++)
        partial->sorted_ps[pe] = partial_open_ps(partial, pe);
    partial_sort(partial->sorted_ps, pes);
    int64_t date_ps = partial->now_ps, work_ps = 0, room_ps = 0;
    int64_t running = 0; /* tasks that must be under way */
    int32_t open = 0;    /* PEs that are open */
    for (int32_t m = 0; m < 2 * puzzle->task_count; m++) {
        const struct puzzle_mark *mark = &puzzle->marks[m];
        if (partial->placed_pe[mark->task] >= 0)
            continue;
        int64_t next_ps = end_ps + mark->date_ps;
        while (open < pes && partial->sorted_ps[open] <= next_ps) {
            int64_t span_ps = partial->sorted_ps[open] - date_ps;
            work_ps += running * span_ps;
            room_ps += open * span_ps;
            date_ps = partial->sorted_ps[open++];
            if (work_ps > room_ps)
                return false;
        }
        work_ps += running * (next_ps - date_ps);
        room_ps += open * (next_ps - date_ps);
        date_ps = next_ps;
        if (work_ps > room_ps)
            return false;
        running += mark->is_end ? -1 : 1;
    }
    return true;
}

/* The same at the end of the job with the prices of the PEs. */
static bool priced_work_fits(const struct partial *partial, int64_t end_ps)
{
    const struct puzzle *puzzle = partial->puzzle;
    double sum_ps = 0;
    for (int32_t pe = 0; pe < puzzle->pe_count; pe++)
        sum_ps += puzzle->price[puzzle->pe_class[pe]] * (double)partial_open_ps(partial, pe);
    for (int32_t task = 0; task < puzzle->task_count; task++)
        if (partial->placed_pe[task] < 0)
            sum_ps += puzzle->priced_ps[task];
    return sum_ps * (1.0 - 1e-12) <= (double)end_ps;
}

bool partial_may_end_by(struct partial *partial, int64_t date_ps)
{
    return heads_fit(partial, date_ps) && work_fits(partial, date_ps) &&
           (partial->puzzle->class_count == 1 || priced_work_fits(partial, date_ps));
}
