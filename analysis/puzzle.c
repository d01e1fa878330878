/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/puzzle.h"

#include <assert.h>
#include <stdlib.h>

#include "analysis/prices.h"
#include "base/tick.h"
#include "sim/truth.h"

static int64_t later(int64_t a_ps, int64_t b_ps)
{
    return a_ps > b_ps ? a_ps : b_ps;
}

static int64_t sooner(int64_t a_ps, int64_t b_ps)
{
    return a_ps < b_ps ? a_ps : b_ps;
}

static int64_t common_divisor(int64_t a, int64_t b)
{
    while (b != 0) {
        int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* Does the data of any edge take time between two PEs? */
static bool any_delay(const struct bind *bind)
{
    const struct soc *soc = bind->soc;
    for (int32_t edge = 0; edge < bind->app->edge_count; edge++)
        for (int32_t lane = 1; lane < soc->lane_count; lane++)
            if (bind->delay_ps[(int64_t)edge * soc->lane_count + lane] > 0)
                return true;
    return false;
}

/* Numbers the PEs class by class. */
static void make_classes(struct puzzle *puzzle, struct arena *arena)
{
    const struct soc *soc = puzzle->bind->soc;
    int32_t groups = puzzle->has_delays ? soc->cluster_count : soc->kind_count;
    int32_t *member = arena_zeroed(arena, (size_t)groups, sizeof *member); /* a PE of the class */
    puzzle->first_pe = arena_zeroed(arena, (size_t)groups + 1, sizeof *puzzle->first_pe);
    puzzle->pe_class = arena_zeroed(arena, (size_t)soc->pe_count, sizeof *puzzle->pe_class);
    puzzle->soc_pe = arena_zeroed(arena, (size_t)soc->pe_count, sizeof *puzzle->soc_pe);
    int32_t count = 0;
    for (int32_t group = 0; group < groups; group++) {
        int32_t first = count;
        for (int32_t pe = 0; pe < soc->pe_count; pe++) {
            const struct soc_pe *what = &soc->pes[pe];
            if ((puzzle->has_delays ? what->cluster : what->kind) != group)
                continue;
            puzzle->pe_class[count] = puzzle->class_count;
            puzzle->soc_pe[count++] = pe;
        }
        if (count == first)
            continue;
        member[puzzle->class_count] = puzzle->soc_pe[first];
        puzzle->first_pe[puzzle->class_count++] = first;
    }
    puzzle->pe_count = count;
    puzzle->first_pe[puzzle->class_count] = count;
    int32_t classes = puzzle->class_count;
    puzzle->class_lane =
        arena_zeroed(arena, (size_t)classes * (size_t)classes, sizeof *puzzle->class_lane);
    for (int32_t from = 0; from < classes; from++)
        for (int32_t to = 0; to < classes; to++)
            puzzle->class_lane[from * classes + to] =
                soc->cluster_lane[soc->pes[member[from]].cluster * soc->cluster_count +
                                  soc->pes[member[to]].cluster];
}

static void read_costs(struct puzzle *puzzle, struct arena *arena, const struct scenario *scenario,
                       int32_t job)
{
    const struct soc *soc = puzzle->bind->soc;
    int32_t classes = puzzle->class_count;
    size_t tasks = (size_t)puzzle->task_count;
    puzzle->cost_ps = arena_zeroed(arena, tasks * (size_t)classes, sizeof *puzzle->cost_ps);
    puzzle->least_ps = arena_zeroed(arena, tasks, sizeof *puzzle->least_ps);
    for (int32_t task = 0; task < puzzle->task_count; task++) {
        double factor = scenario == NULL ? 1.0 : scenario_exec_factor(scenario, job, task);
        puzzle->least_ps[task] = PUZZLE_NEVER;
        for (int32_t class = 0; class < classes; class ++) {
            int32_t pe = puzzle->soc_pe[puzzle->first_pe[class]];
            int64_t cost_ps =
                puzzle->bind->cost_ps[(int64_t)task * soc->kind_count + soc->pes[pe].kind];
            double whole = factor;
            if (scenario != NULL)
                whole *= truth_factor(scenario, puzzle->bind, task, soc->pes[pe].kind);
            if (cost_ps != BIND_INCAPABLE && whole != 1.0)
                cost_ps = tick_stretch(cost_ps, whole);
            if (cost_ps != BIND_INCAPABLE)
                puzzle->grain_ps = common_divisor(puzzle->grain_ps, cost_ps);
            puzzle->cost_ps[task * classes + class] = cost_ps;
            puzzle->least_ps[task] = sooner(puzzle->least_ps[task], cost_ps);
        }
    }
}

/* Least delay of an edge whose producer is in a class: none where both can share a PE. */
static int64_t least_delay_ps(const struct puzzle *puzzle, int32_t edge, int32_t from,
                              int32_t consumer)
{
    const int64_t *cost_ps = &puzzle->cost_ps[consumer * puzzle->class_count];
    int64_t least_ps = PUZZLE_NEVER;
    if (cost_ps[from] != PUZZLE_NEVER)
        return 0;
    for (int32_t to = 0; to < puzzle->class_count; to++)
        if (cost_ps[to] != PUZZLE_NEVER)
            least_ps = sooner(least_ps, puzzle_delay_ps(puzzle, edge, puzzle->first_pe[from],
                                                        puzzle->first_pe[to]));
    return least_ps;
}

/* The delays that the job really has. */
static const int64_t *real_lanes(const struct bind *bind, struct arena *arena,
                                 const struct scenario *scenario, int32_t job)
{
    int32_t lanes = bind->soc->lane_count, edges = bind->app->edge_count;
    if (scenario == NULL || scenario->data_factor == NULL)
        return bind->delay_ps;
    int64_t *lane_ps = arena_zeroed(arena, (size_t)edges * (size_t)lanes, sizeof *lane_ps);
    for (int32_t edge = 0; edge < edges; edge++)
        for (int32_t lane = 0; lane < lanes; lane++)
            lane_ps[(int64_t)edge * lanes + lane] =
                truth_delay_ps(scenario, bind, job, edge, lane, bind->app->batch);
    return lane_ps;
}

static void read_delays(struct puzzle *puzzle, struct arena *arena)
{
    const struct bind *bind = puzzle->bind;
    int32_t classes = puzzle->class_count, lanes = bind->soc->lane_count;
    size_t edges = (size_t)puzzle->edge_count;
    puzzle->delay_ps = arena_zeroed(arena, edges * (size_t)classes, sizeof *puzzle->delay_ps);
    puzzle->edge_ps = arena_zeroed(arena, edges, sizeof *puzzle->edge_ps);
    puzzle->spread_ps = arena_zeroed(arena, (size_t)puzzle->task_count, sizeof *puzzle->spread_ps);
    for (int32_t task = 0; task < puzzle->task_count && puzzle->has_delays; task++) {
        const struct app_task *what = &puzzle->app->tasks[task];
        for (int32_t s = 0; s < what->succ_count; s++) {
            struct app_edge succ = puzzle->app->succs[what->first_succ + s];
            puzzle->edge_ps[succ.edge] = PUZZLE_NEVER;
            for (int32_t class = 0; class < classes; class ++) {
                int64_t delay_ps = least_delay_ps(puzzle, succ.edge, class, succ.task);
                puzzle->delay_ps[succ.edge * classes + class] = delay_ps;
                if (puzzle->cost_ps[task * classes + class] != PUZZLE_NEVER)
                    puzzle->edge_ps[succ.edge] = sooner(puzzle->edge_ps[succ.edge], delay_ps);
            }
            for (int32_t lane = 1; lane < lanes; lane++) {
                int64_t delay_ps = puzzle->lane_ps[(int64_t)succ.edge * lanes + lane];
                puzzle->grain_ps = common_divisor(puzzle->grain_ps, delay_ps);
                puzzle->spread_ps[task] = later(puzzle->spread_ps[task], delay_ps);
            }
        }
    }
}

static int compare_marks(const void *left, const void *right)
{
    const struct puzzle_mark *a = left, *b = right;
    if (a->date_ps != b->date_ps)
        return a->date_ps < b->date_ps ? -1 : 1;
    if (a->task != b->task)
        return a->task - b->task;
    return (int)a->is_end - (int)b->is_end;
}

static void find_tails(struct puzzle *puzzle, struct arena *arena)
{
    const struct app *app = puzzle->app;
    size_t tasks = (size_t)puzzle->task_count;
    puzzle->tail_ps = arena_zeroed(arena, tasks, sizeof *puzzle->tail_ps);
    puzzle->marks = arena_zeroed(arena, 2 * tasks, sizeof *puzzle->marks);
    for (int32_t i = puzzle->task_count - 1; i >= 0; i--) {
        int32_t task = app->order[i];
        const struct app_task *what = &app->tasks[task];
        int64_t after_ps = 0;
        for (int32_t s = 0; s < what->succ_count; s++) {
            struct app_edge succ = app->succs[what->first_succ + s];
            after_ps = later(after_ps, puzzle->edge_ps[succ.edge] + puzzle->tail_ps[succ.task]);
        }
        puzzle->tail_ps[task] = puzzle->least_ps[task] + after_ps;
        puzzle->marks[2 * i] = (struct puzzle_mark){-puzzle->tail_ps[task], task, false};
        puzzle->marks[2 * i + 1] = (struct puzzle_mark){-after_ps, task, true};
    }
    qsort(puzzle->marks, 2 * tasks, sizeof *puzzle->marks, compare_marks);
}

static int64_t rounded_up(const struct puzzle *puzzle, int64_t date_ps)
{
    return (date_ps + puzzle->grain_ps - 1) / puzzle->grain_ps * puzzle->grain_ps;
}

/* Least time that task must spend in [from, to] if nothing starts before its head and all is done
 * at `end`; whatever PE runs it. */
static int64_t least_inside_ps(const struct puzzle *puzzle, const int64_t *head_ps, int32_t task,
                               int64_t end_ps, int64_t from_ps, int64_t to_ps)
{
    int64_t least_ps = puzzle->least_ps[task];
    int64_t by_left_ps = head_ps[task] + least_ps - from_ps;
    int64_t by_right_ps = to_ps - (end_ps - puzzle->tail_ps[task]);
    int64_t inside_ps = sooner(sooner(by_left_ps, by_right_ps), sooner(least_ps, to_ps - from_ps));
    return later(inside_ps, 0);
}

/* Can all be done at `end`, as far as the work that must lie inside each interval tells? Intervals
 * from a head to an end of a task (Fernandez & Bussell 1973). O(tasks^3). */
static bool may_end_at(const struct puzzle *puzzle, const int64_t *head_ps, int64_t end_ps)
{
    int32_t tasks = puzzle->task_count;
    for (int32_t a = 0; a < tasks; a++)
        for (int32_t b = 0; b < tasks; b++) {
            int64_t from_ps = head_ps[a];
            int64_t to_ps = end_ps - puzzle->tail_ps[b] + puzzle->least_ps[b];
            int64_t work_ps = 0;
            for (int32_t task = 0; task < tasks && to_ps > from_ps; task++)
                work_ps += least_inside_ps(puzzle, head_ps, task, end_ps, from_ps, to_ps);
            if (to_ps > from_ps && work_ps > puzzle->pe_count * (to_ps - from_ps))
                return false;
        }
    return true;
}

/* Above this the interval bound costs more than it brings. */
enum { INTERVAL_TASKS_MAX = 200 };

/* Critical path, priced area, intervals. */
static void find_bound(struct puzzle *puzzle, struct arena *arena)
{
    const struct app *app = puzzle->app;
    int64_t *head_ps = arena_zeroed(arena, (size_t)puzzle->task_count, sizeof *head_ps);
    double area_ps = 0;
    for (int32_t i = 0; i < puzzle->task_count; i++) {
        int32_t task = app->order[i];
        const struct app_task *what = &app->tasks[task];
        for (int32_t p = 0; p < what->pred_count; p++) {
            struct app_edge pred = app->preds[what->first_pred + p];
            head_ps[task] = later(head_ps[task], head_ps[pred.task] + puzzle->least_ps[pred.task] +
                                                     puzzle->edge_ps[pred.edge]);
        }
        puzzle->bound_ps = later(puzzle->bound_ps, head_ps[task] + puzzle->tail_ps[task]);
        area_ps += puzzle->priced_ps[task];
    }
    puzzle->bound_ps = later(puzzle->bound_ps, prices_round_down_ps(area_ps));
    puzzle->bound_ps = rounded_up(puzzle, puzzle->bound_ps);
    if (puzzle->task_count > INTERVAL_TASKS_MAX)
        return;
    int64_t work_ps = 0;
    for (int32_t task = 0; task < puzzle->task_count; task++)
        work_ps += puzzle->least_ps[task];
    int64_t refuted = puzzle->bound_ps / puzzle->grain_ps - 1;
    int64_t possible = (puzzle->bound_ps + work_ps) / puzzle->grain_ps + 1;
    while (possible - refuted > 1) {
        int64_t middle = refuted + (possible - refuted) / 2;
        if (may_end_at(puzzle, head_ps, middle * puzzle->grain_ps))
            possible = middle;
        else
            refuted = middle;
    }
    puzzle->bound_ps = later(puzzle->bound_ps, possible * puzzle->grain_ps);
}

void puzzle_fill(struct puzzle *puzzle, struct arena *arena, const struct bind *bind,
                 const struct scenario *scenario, int32_t job)
{
    assert(bind->chances == NULL);
    *puzzle = (struct puzzle){
        .bind = bind,
        .app = bind->app,
        .task_count = bind->app->task_count,
        .edge_count = bind->app->edge_count,
        .has_delays = any_delay(bind),
        .lane_ps = real_lanes(bind, arena, scenario, job),
    };
    make_classes(puzzle, arena);
    read_costs(puzzle, arena, scenario, job);
    read_delays(puzzle, arena);
    puzzle->grain_ps = later(puzzle->grain_ps, 1);
    find_tails(puzzle, arena);
    size_t classes = (size_t)puzzle->class_count;
    puzzle->price = arena_zeroed(arena, classes, sizeof *puzzle->price);
    puzzle->priced_ps = arena_zeroed(arena, (size_t)puzzle->task_count, sizeof *puzzle->priced_ps);
    int32_t *pes_of = arena_zeroed(arena, classes, sizeof *pes_of);
    for (size_t class = 0; class < classes; class ++)
        pes_of[class] = puzzle->first_pe[class + 1] - puzzle->first_pe[class];
    prices_for_area(puzzle->price, pes_of, puzzle->class_count, puzzle->cost_ps,
                    puzzle->task_count);
    for (int32_t task = 0; task < puzzle->task_count; task++)
        puzzle->priced_ps[task] = prices_least_ps(
            puzzle->price, &puzzle->cost_ps[task * puzzle->class_count], puzzle->class_count);
    find_bound(puzzle, arena);
}
