/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/optimum.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/puzzle.h"
#include "analysis/visited.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/random.h"

/* Nodes between two looks at the clock. */
enum { CLOCK_NODES = 4096 };

/* Larger apps get list schedules and bounds only. */
enum { SEARCH_TASKS_MAX = 2000 };

/* A task on a PE as the next step. */
struct step {
    int64_t start_ps, finish_ps, tail_ps;
    int32_t task, pe;
};

/* What one step changed, to be taken back. */
struct undo {
    int64_t available_ps, now_ps;
    int32_t task, pe;
};

/* A partial schedule: tasks placed in the order of their starts. */
struct search {
    const struct puzzle *puzzle;
    const struct optimum_limits *limits;
    struct optimum *best;
    struct visited *visited;
    double give_up_s; /* on the monotonic clock */
    int64_t nodes_max;
    bool is_stopped;

    int64_t now_ps;        /* no further task starts before it: start of the last one */
    int64_t *available_ps; /* [pe] */
    int32_t *placed_pe;    /* [task] -1: not placed */
    int64_t *start_ps, *finish_ps;
    int32_t *preds_left; /* [task] that are not placed */
    int32_t *succs_left; /* [task] that are not placed */
    uint64_t *set;       /* bits of the placed tasks */
    int32_t placed_count;

    int32_t *ready; /* [ready_count] tasks with placed predecessors, in no order that matters */
    int32_t ready_count;
    struct undo *undo; /* [placed_count] */

    struct step *steps; /* a stack of what is still to be tried */
    size_t step_count, step_capacity;

    int64_t *head_ps;   /* [task] scratch */
    int64_t *sorted_ps; /* [pe] scratch */
    int64_t *dates_ps;  /* scratch for visited states */
    int32_t *pe_rank;   /* [pe] scratch: PEs in a canonical order */
    int64_t *pe_mark;   /* [pe] scratch: by what they are ordered */
};

static int64_t later(int64_t a_ps, int64_t b_ps)
{
    return a_ps > b_ps ? a_ps : b_ps;
}

/* The longest makespan that would be news. */
static int64_t target_ps(const struct search *search)
{
    return search->best->makespan_ps - search->puzzle->grain_ps;
}

/* When the data of a ready task is at a PE. */
static int64_t find_data_ps(const struct search *search, int32_t task, int32_t pe)
{
    const struct puzzle *puzzle = search->puzzle;
    const struct app_task *what = &puzzle->app->tasks[task];
    int64_t data_ps = 0;
    for (int32_t p = 0; p < what->pred_count; p++) {
        struct app_edge pred = puzzle->app->preds[what->first_pred + p];
        int64_t there_ps = search->finish_ps[pred.task] +
                           puzzle_delay_ps(puzzle, pred.edge, search->placed_pe[pred.task], pe);
        data_ps = later(data_ps, there_ps);
    }
    return data_ps;
}

static void place(struct search *search, const struct step *step)
{
    const struct app_task *what = &search->puzzle->app->tasks[step->task];
    const struct app *app = search->puzzle->app;
    search->undo[search->placed_count++] =
        (struct undo){search->available_ps[step->pe], search->now_ps, step->task, step->pe};
    search->now_ps = step->start_ps;
    search->available_ps[step->pe] = step->finish_ps;
    search->placed_pe[step->task] = step->pe;
    search->start_ps[step->task] = step->start_ps;
    search->finish_ps[step->task] = step->finish_ps;
    search->set[step->task / 64] |= UINT64_C(1) << (step->task % 64);
    int32_t at = 0;
    while (search->ready[at] != step->task)
        at++;
    search->ready[at] = search->ready[--search->ready_count];
    for (int32_t s = 0; s < what->succ_count; s++) {
        int32_t succ = app->succs[what->first_succ + s].task;
        if (--search->preds_left[succ] == 0)
            search->ready[search->ready_count++] = succ;
    }
    for (int32_t p = 0; p < what->pred_count; p++)
        search->succs_left[app->preds[what->first_pred + p].task]--;
}

static void take_back(struct search *search)
{
    const struct undo *undo = &search->undo[--search->placed_count];
    const struct app *app = search->puzzle->app;
    const struct app_task *what = &app->tasks[undo->task];
    for (int32_t p = 0; p < what->pred_count; p++)
        search->succs_left[app->preds[what->first_pred + p].task]++;
    int32_t kept = 0;
    for (int32_t s = 0; s < what->succ_count; s++)
        search->preds_left[app->succs[what->first_succ + s].task]++;
    for (int32_t i = 0; i < search->ready_count; i++)
        if (search->preds_left[search->ready[i]] == 0)
            search->ready[kept++] = search->ready[i];
    search->ready_count = kept;
    search->ready[search->ready_count++] = undo->task;
    search->set[undo->task / 64] &= ~(UINT64_C(1) << (undo->task % 64));
    search->placed_pe[undo->task] = -1;
    search->available_ps[undo->pe] = undo->available_ps;
    search->now_ps = undo->now_ps;
}

static int64_t open_ps(const struct search *search, int32_t pe)
{
    return later(search->available_ps[pe], search->now_ps);
}

static int compare_dates(const void *left, const void *right)
{
    const int64_t *a = left, *b = right;
    return (*a > *b) - (*a < *b);
}

static void sort_dates(int64_t *dates_ps, int32_t count)
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

/* Earliest start of every unplaced task, on any PE; false if one comes too late. */
static bool heads_fit(struct search *search)
{
    const struct puzzle *puzzle = search->puzzle;
    const struct app *app = puzzle->app;
    int32_t classes = puzzle->class_count;
    int64_t limit_ps = target_ps(search);
    int64_t *first_ps = search->dates_ps; /* [class] when its first PE is open */
    for (int32_t class = 0; class < classes; class ++) {
        first_ps[class] = INT64_MAX;
        for (int32_t pe = puzzle->first_pe[class]; pe < puzzle->first_pe[class + 1]; pe++)
            if (open_ps(search, pe) < first_ps[class])
                first_ps[class] = open_ps(search, pe);
    }
    for (int32_t i = 0; i < puzzle->task_count; i++) {
        int32_t task = app->order[i];
        if (search->placed_pe[task] >= 0)
            continue;
        const struct app_task *what = &app->tasks[task];
        int64_t data_ps = 0;
        for (int32_t p = 0; p < what->pred_count; p++) {
            struct app_edge pred = app->preds[what->first_pred + p];
            int32_t pe = search->placed_pe[pred.task];
            int64_t there_ps =
                pe >= 0 ? search->finish_ps[pred.task] +
                              puzzle->delay_ps[pred.edge * classes + puzzle->pe_class[pe]]
                        : search->head_ps[pred.task] + puzzle->least_ps[pred.task] +
                              puzzle->edge_ps[pred.edge];
            data_ps = later(data_ps, there_ps);
        }
        int64_t end_ps = INT64_MAX;
        for (int32_t class = 0; class < classes; class ++) {
            int64_t cost_ps = puzzle->cost_ps[task * classes + class];
            if (cost_ps == PUZZLE_NEVER)
                continue;
            int64_t start_ps = later(data_ps, first_ps[class]);
            if (start_ps + cost_ps < end_ps)
                end_ps = start_ps + cost_ps;
        }
        search->head_ps[task] = end_ps - puzzle->least_ps[task];
        if (search->head_ps[task] + puzzle->tail_ps[task] > limit_ps)
            return false;
    }
    return true;
}

/* Can the PEs do, up to each date, what must be done by then? Counts for every task the least time
 * that it must have run by the date if all is to end in time; every PE is worth the same. */
static bool work_fits(struct search *search)
{
    const struct puzzle *puzzle = search->puzzle;
    int32_t pes = puzzle->pe_count;
    for (int32_t pe = 0; pe < pes; pe++)
        search->sorted_ps[pe] = open_ps(search, pe);
    sort_dates(search->sorted_ps, pes);
    int64_t end_ps = target_ps(search);
    int64_t date_ps = search->now_ps, work_ps = 0, room_ps = 0;
    int64_t running = 0; /* tasks that must be under way */
    int32_t open = 0;    /* PEs that are open */
    for (int32_t m = 0; m < 2 * puzzle->task_count; m++) {
        const struct puzzle_mark *mark = &puzzle->marks[m];
        if (search->placed_pe[mark->task] >= 0)
            continue;
        int64_t next_ps = end_ps + mark->date_ps;
        while (open < pes && search->sorted_ps[open] <= next_ps) {
            int64_t span_ps = search->sorted_ps[open] - date_ps;
            work_ps += running * span_ps;
            room_ps += open * span_ps;
            date_ps = search->sorted_ps[open++];
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
static bool priced_work_fits(const struct search *search)
{
    const struct puzzle *puzzle = search->puzzle;
    double sum_ps = 0;
    for (int32_t pe = 0; pe < puzzle->pe_count; pe++)
        sum_ps += puzzle->price[puzzle->pe_class[pe]] * (double)open_ps(search, pe);
    for (int32_t task = 0; task < puzzle->task_count; task++)
        if (search->placed_pe[task] < 0)
            sum_ps += puzzle->priced_ps[task];
    return sum_ps * (1.0 - 1e-12) <= (double)target_ps(search);
}

static bool may_improve(struct search *search)
{
    return heads_fit(search) && work_fits(search) &&
           (search->puzzle->class_count == 1 || priced_work_fits(search));
}

/* Does data of a placed task lie on its PE that is not yet everywhere? */
static bool is_live(const struct search *search, int32_t task)
{
    return search->placed_pe[task] >= 0 && search->succs_left[task] > 0 &&
           search->finish_ps[task] + search->puzzle->spread_ps[task] > search->now_ps;
}

/* Dates of a state without delays: PEs of each class in order, then when tasks may start. */
static int32_t dates_of_plain(struct search *search)
{
    const struct puzzle *puzzle = search->puzzle;
    int64_t *dates_ps = search->dates_ps;
    int32_t count = 0;
    for (int32_t class = 0; class < puzzle->class_count; class ++) {
        int32_t first = count;
        for (int32_t pe = puzzle->first_pe[class]; pe < puzzle->first_pe[class + 1]; pe++)
            dates_ps[count++] = open_ps(search, pe);
        sort_dates(dates_ps + first, count - first);
    }
    for (int32_t task = 0; task < puzzle->task_count; task++)
        if (search->placed_pe[task] >= 0 && search->succs_left[task] > 0)
            dates_ps[count++] = later(search->finish_ps[task], search->now_ps);
    return count;
}

/* Dates of a state with delays: PEs of each class by the first task whose data they hold, then for
 * each task with data on one PE alone when it has it, and which: twice, so that none is earlier
 * only if it is the same. */
static int32_t dates_of_delayed(struct search *search)
{
    const struct puzzle *puzzle = search->puzzle;
    int64_t *dates_ps = search->dates_ps;
    int32_t count = 0;
    for (int32_t pe = 0; pe < puzzle->pe_count; pe++)
        search->pe_mark[pe] = puzzle->task_count;
    for (int32_t task = puzzle->task_count - 1; task >= 0; task--)
        if (is_live(search, task))
            search->pe_mark[search->placed_pe[task]] = task;
    for (int32_t class = 0; class < puzzle->class_count; class ++)
        for (int32_t pe = puzzle->first_pe[class]; pe < puzzle->first_pe[class + 1]; pe++) {
            int32_t rank = puzzle->first_pe[class];
            for (int32_t other = rank; other < puzzle->first_pe[class + 1]; other++) {
                int64_t mark = search->pe_mark[other] - search->pe_mark[pe];
                int64_t lag_ps = open_ps(search, other) - open_ps(search, pe);
                if (puzzle->first_pe[class] <= other &&
                    (mark < 0 || (mark == 0 && (lag_ps < 0 || (lag_ps == 0 && other < pe)))))
                    rank++;
            }
            search->pe_rank[pe] = rank;
            dates_ps[rank] = open_ps(search, pe);
        }
    count = puzzle->pe_count;
    for (int32_t task = 0; task < puzzle->task_count; task++) {
        if (search->placed_pe[task] < 0 || search->succs_left[task] == 0)
            continue;
        int32_t rank = is_live(search, task) ? search->pe_rank[search->placed_pe[task]] : -1;
        dates_ps[count++] = rank < 0 ? search->now_ps : search->finish_ps[task];
        dates_ps[count++] = rank;
        dates_ps[count++] = -rank;
    }
    return count;
}

static bool was_visited(struct search *search)
{
    int32_t count = search->puzzle->has_delays ? dates_of_delayed(search) : dates_of_plain(search);
    return visited_dominates(search->visited, search->set, search->dates_ps, count);
}

/* Without delays the PE of a class on which a start is best: the one that is open last of those
 * that are open when the data is there, else the first one to open. */
static int32_t best_pe(const struct search *search, int32_t class, int64_t data_ps)
{
    int32_t first = search->puzzle->first_pe[class];
    int32_t best = first;
    for (int32_t pe = first + 1; pe < search->puzzle->first_pe[class + 1]; pe++) {
        int64_t this_ps = search->available_ps[pe], best_ps = search->available_ps[best];
        if (this_ps <= data_ps ? best_ps > data_ps || this_ps > best_ps
                               : best_ps > data_ps && this_ps < best_ps)
            best = pe;
    }
    return best;
}

static void push_step(struct search *search, int32_t task, int32_t pe, int64_t start_ps)
{
    const struct puzzle *puzzle = search->puzzle;
    int64_t cost_ps = puzzle->cost_ps[task * puzzle->class_count + puzzle->pe_class[pe]];
    int64_t tail_ps = puzzle->tail_ps[task] - puzzle->least_ps[task] + cost_ps;
    if (start_ps < search->now_ps || start_ps + tail_ps > target_ps(search))
        return;
    search->steps = memory_grow(search->steps, &search->step_capacity, search->step_count + 1,
                                sizeof *search->steps);
    search->steps[search->step_count++] =
        (struct step){start_ps, start_ps + cost_ps, puzzle->tail_ps[task], task, pe};
}

/* Without delays: pushes the start of a task on a class, unless it could have started before now.
 */
static void push_plain(struct search *search, int32_t task, int32_t class)
{
    int64_t data_ps = find_data_ps(search, task, search->puzzle->first_pe[class]);
    int32_t pe = best_pe(search, class, later(data_ps, search->now_ps));
    int64_t start_ps = later(data_ps, search->available_ps[pe]);
    int32_t first = search->puzzle->first_pe[class];
    for (int32_t other = first; other < search->puzzle->first_pe[class + 1]; other++)
        if (later(data_ps, search->available_ps[other]) < search->now_ps)
            return;
    push_step(search, task, pe, start_ps);
}

/* Is there an earlier PE of the class that is open at the same time, and neither holds data? */
static bool has_twin(const struct search *search, int32_t pe)
{
    if (search->pe_mark[pe] != 0)
        return false;
    for (int32_t other = search->puzzle->first_pe[search->puzzle->pe_class[pe]]; other < pe;
         other++)
        if (search->pe_mark[other] == 0 && open_ps(search, other) == open_ps(search, pe))
            return true;
    return false;
}

/* First the earliest start, then the longest way to the end. */
static int compare_steps(const void *left, const void *right)
{
    const struct step *a = left, *b = right;
    if (a->start_ps != b->start_ps)
        return a->start_ps < b->start_ps ? -1 : 1;
    if (a->tail_ps != b->tail_ps)
        return a->tail_ps > b->tail_ps ? -1 : 1;
    if (a->finish_ps != b->finish_ps)
        return a->finish_ps < b->finish_ps ? -1 : 1;
    return a->task != b->task ? a->task - b->task : a->pe - b->pe;
}

/* Leaves out steps that start when another one could be over, with its data everywhere: that one
 * may as well come first. */
static void drop_late_steps(struct search *search, size_t first)
{
    const struct puzzle *puzzle = search->puzzle;
    int64_t over_ps = INT64_MAX, over_start_ps = 0;
    for (size_t i = first; i < search->step_count; i++) {
        const struct step *step = &search->steps[i];
        int64_t there_ps = step->finish_ps + puzzle->spread_ps[step->task];
        int64_t all_ps = later(step->finish_ps, there_ps - puzzle->least_ps[step->task]);
        if (!puzzle->has_delays)
            all_ps = step->finish_ps;
        if (all_ps < over_ps) {
            over_ps = all_ps;
            over_start_ps = step->start_ps;
        }
    }
    while (search->step_count > first) {
        const struct step *last = &search->steps[search->step_count - 1];
        if (last->start_ps < over_ps || last->start_ps <= over_start_ps)
            break;
        search->step_count--;
    }
}

/* Puts the steps from here on the stack, best first. A step that would start before the last one
 * is left out: the same schedule is reached, or was, with that step first. */
static void push_steps(struct search *search)
{
    const struct puzzle *puzzle = search->puzzle;
    size_t first = search->step_count;
    if (puzzle->has_delays) {
        memset(search->pe_mark, 0, (size_t)puzzle->pe_count * sizeof *search->pe_mark);
        for (int32_t task = 0; task < puzzle->task_count; task++)
            if (is_live(search, task))
                search->pe_mark[search->placed_pe[task]] = 1;
    }
    for (int32_t r = 0; r < search->ready_count; r++) {
        int32_t task = search->ready[r];
        for (int32_t class = 0; class < puzzle->class_count; class ++) {
            if (puzzle->cost_ps[task * puzzle->class_count + class] == PUZZLE_NEVER)
                continue;
            int32_t pe = puzzle->first_pe[class];
            if (!puzzle->has_delays) {
                push_plain(search, task, class);
                continue;
            }
            for (; pe < puzzle->first_pe[class + 1]; pe++)
                if (!has_twin(search, pe))
                    push_step(search, task, pe,
                              later(find_data_ps(search, task, pe), search->available_ps[pe]));
        }
    }
    if (search->step_count > first)
        qsort(search->steps + first, search->step_count - first, sizeof *search->steps,
              compare_steps);
    drop_late_steps(search, first);
}

static void keep_schedule(struct search *search)
{
    const struct puzzle *puzzle = search->puzzle;
    struct optimum *best = search->best;
    int64_t makespan_ps = 0;
    for (int32_t task = 0; task < puzzle->task_count; task++)
        makespan_ps = later(makespan_ps, search->finish_ps[task]);
    if (makespan_ps >= best->makespan_ps)
        return;
    best->makespan_ps = makespan_ps;
    for (int32_t task = 0; task < puzzle->task_count; task++) {
        best->pe[task] = puzzle->soc_pe[search->placed_pe[task]];
        best->start_ps[task] = search->start_ps[task];
    }
}

/* Counts a node; true if the search has to end. */
static bool is_over(struct search *search)
{
    struct optimum *best = search->best;
    best->nodes++;
    if (search->limits->time_limit_s > 0 && best->nodes % CLOCK_NODES == 0 &&
        clock_s() > search->give_up_s)
        best->is_late = search->is_stopped = true;
    if (best->nodes >= search->nodes_max)
        search->is_stopped = true;
    return search->is_stopped || best->makespan_ps <= search->puzzle->bound_ps;
}

/* Tries every way on from here, depth first. */
static void explore(struct search *search)
{
    size_t first = search->step_count;
    push_steps(search);
    size_t end = search->step_count;
    for (size_t i = first; i < end && !is_over(search); i++) {
        const struct step step = search->steps[i];
        if (step.start_ps + step.tail_ps > target_ps(search))
            continue;
        place(search, &step);
        if (search->placed_count == search->puzzle->task_count)
            keep_schedule(search);
        else if (may_improve(search) && !was_visited(search))
            explore(search);
        take_back(search);
    }
    search->step_count = first;
}

/* How a list scheduler picks: by priority alone, or by start and then by priority. */
enum dive_rule { DIVE_PRIORITY, DIVE_START };

/* The next step of a list scheduler: the earliest finish of the task it picks. */
static struct step pick_step(const struct search *search, const double *priority,
                             enum dive_rule rule)
{
    const struct puzzle *puzzle = search->puzzle;
    struct step best = {.task = -1};
    for (int32_t r = 0; r < search->ready_count; r++) {
        int32_t task = search->ready[r];
        struct step own = {.task = -1};
        for (int32_t pe = 0; pe < puzzle->pe_count; pe++) {
            int64_t cost_ps = puzzle->cost_ps[task * puzzle->class_count + puzzle->pe_class[pe]];
            if (cost_ps == PUZZLE_NEVER)
                continue;
            int64_t start_ps = later(find_data_ps(search, task, pe), search->available_ps[pe]);
            if (own.task < 0 || start_ps + cost_ps < own.finish_ps)
                own = (struct step){start_ps, start_ps + cost_ps, 0, task, pe};
        }
        bool is_more =
            best.task >= 0 && (priority[task] > priority[best.task] ||
                               (task < best.task && priority[task] == priority[best.task]));
        if (best.task < 0 ||
            (rule == DIVE_PRIORITY || own.start_ps == best.start_ps ? is_more
                                                                    : own.start_ps < best.start_ps))
            best = own;
    }
    return best;
}

/* One list schedule. */
static void dive(struct search *search, const double *priority, enum dive_rule rule)
{
    while (search->placed_count < search->puzzle->task_count) {
        struct step step = pick_step(search, priority, rule);
        place(search, &step);
        search->best->nodes++;
    }
    keep_schedule(search);
    while (search->placed_count > 0)
        take_back(search);
}

/* List schedules by tails and by perturbed tails, both rules. */
enum { DIVES_MAX = 400 };

static void find_schedules(struct search *search)
{
    const struct puzzle *puzzle = search->puzzle;
    double *priority = memory_zeroed((size_t)puzzle->task_count, sizeof *priority);
    for (int32_t d = 0; d < DIVES_MAX; d++) {
        struct random_stream stream = random_open(0, 0, RANDOM_SEARCH, (uint32_t)d / 2, 0);
        double noise = d < 2 ? 0.0 : 0.02 * (1 + d % 16);
        for (int32_t task = 0; task < puzzle->task_count; task++)
            priority[task] =
                (double)puzzle->tail_ps[task] * (1.0 + noise * (random_uniform(&stream) - 0.5));
        dive(search, priority, d % 2 == 0 ? DIVE_PRIORITY : DIVE_START);
        if (search->best->makespan_ps <= puzzle->bound_ps ||
            search->best->nodes > search->limits->nodes / 8)
            break;
    }
    free(priority);
}

static void search_start(struct search *search, struct arena *arena)
{
    const struct puzzle *puzzle = search->puzzle;
    size_t tasks = (size_t)puzzle->task_count, pes = (size_t)puzzle->pe_count;
    search->available_ps = arena_zeroed(arena, pes, sizeof *search->available_ps);
    search->placed_pe = arena_zeroed(arena, tasks, sizeof *search->placed_pe);
    search->start_ps = arena_zeroed(arena, tasks, sizeof *search->start_ps);
    search->finish_ps = arena_zeroed(arena, tasks, sizeof *search->finish_ps);
    search->preds_left = arena_zeroed(arena, tasks, sizeof *search->preds_left);
    search->succs_left = arena_zeroed(arena, tasks, sizeof *search->succs_left);
    search->set = arena_zeroed(arena, tasks / 64 + 1, sizeof *search->set);
    search->ready = arena_zeroed(arena, tasks, sizeof *search->ready);
    search->undo = arena_zeroed(arena, tasks, sizeof *search->undo);
    search->head_ps = arena_zeroed(arena, tasks, sizeof *search->head_ps);
    search->sorted_ps = arena_zeroed(arena, pes, sizeof *search->sorted_ps);
    search->dates_ps = arena_zeroed(arena, pes + 3 * tasks, sizeof *search->dates_ps);
    search->pe_rank = arena_zeroed(arena, pes, sizeof *search->pe_rank);
    search->pe_mark = arena_zeroed(arena, pes, sizeof *search->pe_mark);
    for (int32_t task = 0; task < puzzle->task_count; task++) {
        search->placed_pe[task] = -1;
        search->preds_left[task] = puzzle->app->tasks[task].pred_count;
        search->succs_left[task] = puzzle->app->tasks[task].succ_count;
        if (search->preds_left[task] == 0)
            search->ready[search->ready_count++] = task;
    }
}

void optimum_finish(struct optimum *optimum)
{
    free(optimum->pe);
    free(optimum->start_ps);
    *optimum = (struct optimum){0};
}

double optimum_gap(const struct optimum *optimum)
{
    if (optimum->makespan_ps == optimum->bound_ps)
        return 0.0;
    return (double)(optimum->makespan_ps - optimum->bound_ps) / (double)optimum->bound_ps;
}

void optimum_find(struct optimum *optimum, const struct bind *bind, const struct scenario *scenario,
                  int32_t job, const struct optimum_limits *limits)
{
    struct arena *arena = arena_create();
    struct puzzle puzzle;
    puzzle_fill(&puzzle, arena, bind, scenario, job);
    size_t tasks = (size_t)puzzle.task_count;
    *optimum = (struct optimum){
        .makespan_ps = INT64_MAX,
        .pe = memory_zeroed(tasks, sizeof *optimum->pe),
        .start_ps = memory_zeroed(tasks, sizeof *optimum->start_ps),
    };
    struct search search = {.puzzle = &puzzle,
                            .limits = limits,
                            .best = optimum,
                            .give_up_s = clock_s() + limits->time_limit_s};
    search_start(&search, arena);
    find_schedules(&search);
    search.nodes_max = limits->nodes;
    if (optimum->makespan_ps > puzzle.bound_ps && puzzle.task_count <= SEARCH_TASKS_MAX) {
        search.visited = visited_create(limits->memory_bytes, puzzle.task_count / 64 + 1,
                                        puzzle.pe_count + 3 * puzzle.task_count);
        explore(&search);
        visited_destroy(search.visited);
    } else {
        search.is_stopped = optimum->makespan_ps > puzzle.bound_ps;
    }
    optimum->bound_ps = search.is_stopped ? puzzle.bound_ps : optimum->makespan_ps;
    optimum->is_proven = optimum->bound_ps == optimum->makespan_ps;
    free(search.steps);
    arena_destroy(arena);
}
