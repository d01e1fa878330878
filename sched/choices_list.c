/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "sched/choices_parts.h"

/* Where a visible task stands in the plan. */
struct outlook {
    double start_us, finish_us;
    int32_t pe;
};

/* Finds where a task would finish first, and where on the open PEs of each kind. */
static void find_finishes(const struct choices *choices, struct sight *sight, int32_t pe_count,
                          int32_t kind_count)
{
    double best_us = INFINITY;
    int32_t best = -1;
    sight->is_stale = false;
    for (int32_t kind = 0; kind < kind_count; kind++) {
        sight->kind_us[kind] = INFINITY;
        sight->kind_pe[kind] = -1;
    }
    for (int32_t pe = 0; pe < pe_count; pe++) {
        double data_us = sight->data_us[pe], available_us = choices->available_us[pe];
        double finish_us = (available_us > data_us ? available_us : data_us) + sight->work_us[pe];
        if (finish_us < best_us) {
            best_us = finish_us;
            best = pe;
        }
        int32_t kind = choices->kind_of[pe];
        if (choices->room[pe] > 0 && finish_us < sight->kind_us[kind]) {
            sight->kind_us[kind] = finish_us;
            sight->kind_pe[kind] = pe;
        }
    }
    sight->best_us = best_us;
    if (best >= 0)
        sight->best = best;
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

/* Fills what a choice says of data on its way. */
static void add_data(const struct choices *choices, const struct sight *sight, int32_t pe,
                     double scale_us, float *row)
{
    memset(&row[FEATURE_DATA_FIRST], 0, FEATURE_DATA_COUNT * sizeof *row);
    if (!choices->is_ahead)
        return;
    double unit_us = choices->facts.unit_us;
    row[FEATURE_PE_WAIT] = clip(choices->available_us[pe] / scale_us, 0, 4);
    row[FEATURE_PE_TASKS] = (float)choices->given[pe] / 2;
    row[FEATURE_MOVE] = half_log1p(sight->move_us[pe] / unit_us);
    row[FEATURE_TRANSFER] = half_log1p(sight->data_us[pe] / unit_us);
    row[FEATURE_CONGESTION] = choices->stretched;
    row[FEATURE_FETCHING] = choices->fetching;
}

/* Appends the choice of a task on a PE. Returns its regret. */
static float add_pair(struct choices *choices, const struct sight *sight,
                      const struct outlook *outlook, int32_t pe, double finish_us)
{
    double unit_us = choices->facts.unit_us;
    double scale_us = sight->min_us + GRACE_FINISH * unit_us;
    int32_t kind = choices->kind_of[pe];
    float *row = &choices->rows[choices->count * choices->feature_count];
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
    if (choices->mode == CHOICE_PAIR_AHEAD)
        add_data(choices, sight, pe, scale_us, row);
    choices->list[choices->count++] = (struct choice){sight->task, pe};
    return regret;
}

/* Appends the choice to wait. */
static void add_wait(struct choices *choices, float least_regret, bool would_plan)
{
    float *row = &choices->rows[choices->count * choices->feature_count];
    memset(row, 0, FEATURE_MACHINE_FIRST * sizeof *row);
    row[PAIR(WAIT)] = 1;
    row[PAIR(REGRET)] = least_regret;
    row[PAIR(PLAN_NOW)] = !would_plan;
    memcpy(&row[FEATURE_MACHINE_FIRST], choices->machine, FEATURE_MACHINE_COUNT * sizeof *row);
    if (choices->mode == CHOICE_PAIR_AHEAD) {
        memset(&row[FEATURE_DATA_FIRST], 0, FEATURE_DATA_COUNT * sizeof *row);
        row[FEATURE_CONGESTION] = choices->stretched;
        row[FEATURE_FETCHING] = choices->fetching;
    }
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

/* Whether the shortest-job-first plan would give the task to its PE at once. */
static bool would_give(const struct choices *choices, const struct outlook *outlook)
{
    if (choices->is_ahead)
        return choices->room[outlook->pe] > 0;
    return choices->is_free[outlook->pe] && outlook->start_us <= 0;
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

void choices_list(struct choices *choices, const struct view *view)
{
    int32_t pes = view->soc->pe_count;
    float least = 4;
    bool would_plan = false;
    if (choices->is_order_stale)
        choices_compare(choices, view);
    choices_see_machine(choices, view);
    if (choices->is_ahead)
        choices->fetching = half_log1p(8.0 * choices->congestion.count / pes);
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
        if (would_plan || !would_give(choices, &outlook))
            continue;
        would_plan = true;
        for (int32_t c = before; c < choices->count; c++)
            if (choices->kind_of[choices->list[c].pe] == choices->kind_of[outlook.pe]) {
                choices->rows[c * choices->feature_count + FEATURE_PLAN_NOW] = 1;
                choices->taught = c;
            }
    }
    if (choices->mode == CHOICE_ORDER_EFT) {
        choices->taught = find_highest(choices);
    } else if (choices_can_wait(choices->mode) && choices->count > 0 &&
               choices->free_count < pes - view->down_count) {
        add_wait(choices, least, would_plan);
        if (!would_plan)
            choices->taught = choices->wait;
    }
}
