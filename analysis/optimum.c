/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/optimum.h"

#include <stdlib.h>
#include <string.h>

#include "analysis/partial.h"
#include "analysis/visited.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/random.h"

/* Nodes between two looks at the clock. */
enum { CLOCK_NODES = 64 };

/* Larger apps get list schedules and bounds only. */
enum { SEARCH_TASKS_MAX = 2000 };

struct search {
    const struct puzzle *puzzle;
    const struct optimum_limits *limits;
    struct optimum *best;
    struct partial partial;
    struct visited *visited;
    double give_up_s; /* on the monotonic clock */
    int64_t nodes_max;
    bool is_stopped;

    struct partial_step *steps; /* a stack of what is still to be tried */
    size_t step_count, step_capacity;
};

/* The longest makespan that would be news. */
static int64_t target_ps(const struct search *search)
{
    return search->best->makespan_ps - search->puzzle->grain_ps;
}

static bool was_visited(struct search *search)
{
    int32_t count = partial_dates(&search->partial);
    return visited_dominates(search->visited, search->partial.set, search->partial.dates_ps, count);
}

/* Without delays the PE of a class on which a start is best: the one that is open last of those
 * that are open when the data is there, else the first one to open. */
static int32_t best_pe(const struct search *search, int32_t class, int64_t data_ps)
{
    int32_t first = search->puzzle->first_pe[class];
    int32_t best = first;
    for (int32_t pe = first + 1; pe < search->puzzle->first_pe[class + 1]; pe++) {
        int64_t this_ps = search->partial.available_ps[pe],
                best_ps = search->partial.available_ps[best];
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
    if (start_ps < search->partial.now_ps || start_ps + tail_ps > target_ps(search))
        return;
    search->steps = memory_grow(search->steps, &search->step_capacity, search->step_count + 1,
                                sizeof *search->steps);
    search->steps[search->step_count++] =
        (struct partial_step){start_ps, start_ps + cost_ps, puzzle->tail_ps[task], task, pe};
}

/* Without delays: pushes the start of a task on a class, unless it could have started before now.
 */
static void push_plain(struct search *search, int32_t task, int32_t class)
{
    int64_t data_ps = partial_data_ps(&search->partial, task, search->puzzle->first_pe[class]);
    int32_t pe = best_pe(search, class, partial_later(data_ps, search->partial.now_ps));
    int64_t start_ps = partial_later(data_ps, search->partial.available_ps[pe]);
    int32_t first = search->puzzle->first_pe[class];
    for (int32_t other = first; other < search->puzzle->first_pe[class + 1]; other++)
        if (partial_later(data_ps, search->partial.available_ps[other]) < search->partial.now_ps)
            return;
    push_step(search, task, pe, start_ps);
}

/* Is there an earlier PE of the class that is open at the same time, and neither holds data? */
static bool has_twin(const struct search *search, int32_t pe)
{
    if (search->partial.pe_mark[pe] != 0)
        return false;
    for (int32_t other = search->puzzle->first_pe[search->puzzle->pe_class[pe]]; other < pe;
         other++)
        if (search->partial.pe_mark[other] == 0 &&
            partial_open_ps(&search->partial, other) == partial_open_ps(&search->partial, pe))
            return true;
    return false;
}

/* First the earliest start, then the longest way to the end. */
static int compare_steps(const void *left, const void *right)
{
    const struct partial_step *a = left, *b = right;
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
        const struct partial_step *step = &search->steps[i];
        int64_t there_ps = step->finish_ps + puzzle->spread_ps[step->task];
        int64_t all_ps = partial_later(step->finish_ps, there_ps - puzzle->least_ps[step->task]);
        if (!puzzle->has_delays)
            all_ps = step->finish_ps;
        if (all_ps < over_ps) {
            over_ps = all_ps;
            over_start_ps = step->start_ps;
        }
    }
    while (search->step_count > first) {
        const struct partial_step *last = &search->steps[search->step_count - 1];
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
        memset(search->partial.pe_mark, 0,
               (size_t)puzzle->pe_count * sizeof *search->partial.pe_mark);
        for (int32_t task = 0; task < puzzle->task_count; task++)
            if (partial_is_live(&search->partial, task))
                search->partial.pe_mark[search->partial.placed_pe[task]] = 1;
    }
    for (int32_t r = 0; r < search->partial.ready_count; r++) {
        int32_t task = search->partial.ready[r];
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
                              partial_later(partial_data_ps(&search->partial, task, pe),
                                            search->partial.available_ps[pe]));
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
        makespan_ps = partial_later(makespan_ps, search->partial.finish_ps[task]);
    if (makespan_ps >= best->makespan_ps)
        return;
    best->makespan_ps = makespan_ps;
    for (int32_t task = 0; task < puzzle->task_count; task++) {
        best->pe[task] = puzzle->soc_pe[search->partial.placed_pe[task]];
        best->start_ps[task] = search->partial.start_ps[task];
    }
}

/* Looks at the clock every now and then. */
static bool is_late(struct search *search)
{
    struct optimum *best = search->best;
    if (search->limits->time_limit_s > 0 && best->nodes % CLOCK_NODES == 0 &&
        clock_s() > search->give_up_s)
        best->is_late = true;
    return best->is_late;
}

/* Counts a node; true if the search has to end. */
static bool is_over(struct search *search)
{
    struct optimum *best = search->best;
    best->nodes++;
    if (is_late(search))
        search->is_stopped = true;
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
        const struct partial_step step = search->steps[i];
        if (step.start_ps + step.tail_ps > target_ps(search))
            continue;
        partial_place(&search->partial, &step);
        if (search->partial.placed_count == search->puzzle->task_count)
            keep_schedule(search);
        else if (partial_may_end_by(&search->partial, target_ps(search)) && !was_visited(search))
            explore(search);
        partial_take_back(&search->partial);
    }
    search->step_count = first;
}

/* How a list scheduler picks: by priority alone, or by start and then by priority. */
enum dive_rule { DIVE_PRIORITY, DIVE_START };

static bool is_more_urgent(const double *priority, int32_t task, int32_t other)
{
    return priority[task] > priority[other] || (task < other && priority[task] == priority[other]);
}

/* The earliest finish of a ready task. */
static struct partial_step earliest_step(const struct search *search, int32_t task)
{
    const struct puzzle *puzzle = search->puzzle;
    struct partial_step best = {.task = -1};
    for (int32_t pe = 0; pe < puzzle->pe_count; pe++) {
        int64_t cost_ps = puzzle->cost_ps[task * puzzle->class_count + puzzle->pe_class[pe]];
        if (cost_ps == PUZZLE_NEVER)
            continue;
        int64_t start_ps = partial_later(partial_data_ps(&search->partial, task, pe),
                                         search->partial.available_ps[pe]);
        if (best.task < 0 || start_ps + cost_ps < best.finish_ps)
            best = (struct partial_step){start_ps, start_ps + cost_ps, 0, task, pe};
    }
    return best;
}

/* The next step of a list scheduler: the earliest finish of the task it picks. */
static struct partial_step pick_step(const struct search *search, const double *priority,
                                     enum dive_rule rule)
{
    const struct partial *partial = &search->partial;
    if (rule == DIVE_PRIORITY) {
        int32_t task = partial->ready[0];
        for (int32_t r = 1; r < partial->ready_count; r++)
            if (is_more_urgent(priority, partial->ready[r], task))
                task = partial->ready[r];
        return earliest_step(search, task);
    }
    struct partial_step best = earliest_step(search, partial->ready[0]);
    for (int32_t r = 1; r < partial->ready_count; r++) {
        struct partial_step own = earliest_step(search, partial->ready[r]);
        if (own.start_ps == best.start_ps ? is_more_urgent(priority, own.task, best.task)
                                          : own.start_ps < best.start_ps)
            best = own;
    }
    return best;
}

/* One list schedule; if the time is up and there is one already, none. */
static void dive(struct search *search, const double *priority, enum dive_rule rule)
{
    while (search->partial.placed_count < search->puzzle->task_count &&
           (search->best->makespan_ps == INT64_MAX || !is_late(search))) {
        struct partial_step step = pick_step(search, priority, rule);
        partial_place(&search->partial, &step);
        search->best->nodes++;
    }
    if (search->partial.placed_count == search->puzzle->task_count)
        keep_schedule(search);
    while (search->partial.placed_count > 0)
        partial_take_back(&search->partial);
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
        if (search->best->makespan_ps <= puzzle->bound_ps || search->best->is_late ||
            search->best->nodes > search->limits->nodes / 8)
            break;
    }
    free(priority);
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
    partial_init(&search.partial, arena, &puzzle);
    find_schedules(&search);
    search.nodes_max = limits->nodes;
    if (optimum->makespan_ps > puzzle.bound_ps && puzzle.task_count <= SEARCH_TASKS_MAX &&
        !optimum->is_late) {
        search.visited = visited_create(limits->memory_bytes, puzzle.task_count / 64 + 1,
                                        partial_dates_max(&puzzle));
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
