/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every static planner but HEFT (test_plan.c has that) against its rule written down in the slowest
 * and plainest way: on random streams, full of ties for every other seed, both make the same plan.
 * There is no noise, so the world executes what was planned. */
#include <math.h>
#include <stdlib.h>

#include "base/tick.h"
#include "sched/registry.h"
#include "test/fixture.h"
#include "test/suite.h"

#define US TICK_PER_US

enum { JOBS = 15, TASKS = 12, SEEDS = 90, PES = 14, KINDS = 3 };

/* ---- what is placed ---- */

struct plain {
    const struct bind *bind; /* of the job that is planned */
    int32_t job;
    int64_t from_ps;
    struct fixture_row rows[JOBS * TASKS]; /* everything placed so far */
    int32_t count;
};

static const struct fixture_row *placed(const struct plain *plain, int32_t task)
{
    for (int32_t i = 0; i < plain->count; i++)
        if (plain->rows[i].job == plain->job && plain->rows[i].task == task)
            return &plain->rows[i];
    return NULL;
}

static bool is_free(const struct plain *plain, int32_t pe, int64_t start_ps, int64_t finish_ps)
{
    for (int32_t i = 0; i < plain->count; i++) {
        const struct fixture_row *row = &plain->rows[i];
        if (row->pe == pe && finish_ps > row->start_ps && start_ps < row->finish_ps)
            return false;
    }
    return true;
}

/* When everything on a PE is done. */
static int64_t end_ps(const struct plain *plain, int32_t pe)
{
    int64_t last_ps = plain->from_ps;
    for (int32_t i = 0; i < plain->count; i++)
        if (plain->rows[i].pe == pe && plain->rows[i].finish_ps > last_ps)
            last_ps = plain->rows[i].finish_ps;
    return last_ps;
}

/* When the data of the predecessors that are placed is at a PE. */
static int64_t data_ps(const struct plain *plain, int32_t task, int32_t pe)
{
    const struct app_task *what = &plain->bind->app->tasks[task];
    int64_t last_ps = plain->from_ps;
    for (int32_t i = 0; i < what->pred_count; i++) {
        const struct app_edge *pred = &plain->bind->app->preds[what->first_pred + i];
        const struct fixture_row *from = placed(plain, pred->task);
        if (from == NULL)
            continue;
        int64_t at_ps = from->finish_ps + bind_delay_ps(plain->bind, pred->edge, from->pe, pe);
        last_ps = at_ps > last_ps ? at_ps : last_ps;
    }
    return last_ps;
}

static bool is_able(const struct plain *plain, int32_t task, int32_t pe)
{
    return bind_cost_ps(plain->bind, task, pe) != BIND_INCAPABLE;
}

static struct fixture_row row_at(const struct plain *plain, int32_t task, int32_t pe,
                                 int64_t start_ps)
{
    int64_t finish_ps = start_ps + bind_cost_ps(plain->bind, task, pe);
    return (struct fixture_row){plain->job, task, pe, 0, start_ps, finish_ps};
}

/* With insertion: when the data is there, or at the first end of something else that will do. */
static struct fixture_row inserted(const struct plain *plain, int32_t task, int32_t pe)
{
    struct fixture_row best = row_at(plain, task, pe, data_ps(plain, task, pe));
    if (is_free(plain, pe, best.start_ps, best.finish_ps))
        return best;
    struct fixture_row found = {.finish_ps = TICK_NEVER};
    for (int32_t i = 0; i < plain->count; i++) {
        if (plain->rows[i].pe != pe || plain->rows[i].finish_ps < best.start_ps)
            continue;
        struct fixture_row row = row_at(plain, task, pe, plain->rows[i].finish_ps);
        if (row.finish_ps < found.finish_ps && is_free(plain, pe, row.start_ps, row.finish_ps))
            found = row;
    }
    return found;
}

static struct fixture_row appended(const struct plain *plain, int32_t task, int32_t pe)
{
    int64_t there_ps = data_ps(plain, task, pe);
    int64_t last_ps = end_ps(plain, pe);
    return row_at(plain, task, pe, there_ps > last_ps ? there_ps : last_ps);
}

typedef struct fixture_row place_rule(const struct plain *plain, int32_t task, int32_t pe);

/* The PE with the least finish. */
static struct fixture_row earliest(const struct plain *plain, int32_t task, place_rule *place)
{
    struct fixture_row best = {.finish_ps = TICK_NEVER};
    for (int32_t pe = 0; pe < plain->bind->soc->pe_count; pe++)
        if (is_able(plain, task, pe) && place(plain, task, pe).finish_ps < best.finish_ps)
            best = place(plain, task, pe);
    return best;
}

static bool is_next(const struct plain *plain, int32_t task)
{
    const struct app_task *what = &plain->bind->app->tasks[task];
    bool is_ready = placed(plain, task) == NULL;
    for (int32_t i = 0; i < what->pred_count; i++)
        is_ready &= placed(plain, plain->bind->app->preds[what->first_pred + i].task) != NULL;
    return is_ready;
}

/* ---- ranks; tasks of a random app have larger numbers than their predecessors ---- */

/* Different ranks are farther apart than this many ticks. */
#define SAME 1e-3

struct ranks {
    double up[TASKS], down[TASKS];
    double oct[TASKS][PES], oct_mean[TASKS];
    bool is_critical[TASKS];
};

static void rank_ways(const struct bind *bind, struct ranks *ranks)
{
    const struct app *app = bind->app;
    for (int32_t task = app->task_count - 1; task >= 0; task--) {
        ranks->up[task] = 0;
        for (int32_t i = 0; i < app->tasks[task].succ_count; i++) {
            const struct app_edge *succ = &app->succs[app->tasks[task].first_succ + i];
            ranks->up[task] =
                fmax(ranks->up[task], bind->mean_delay_ps[succ->edge] + ranks->up[succ->task]);
        }
        ranks->up[task] += bind->mean_cost_ps[task];
    }
    for (int32_t task = 0; task < app->task_count; task++) {
        ranks->down[task] = 0;
        for (int32_t i = 0; i < app->tasks[task].pred_count; i++) {
            const struct app_edge *pred = &app->preds[app->tasks[task].first_pred + i];
            ranks->down[task] =
                fmax(ranks->down[task], ranks->down[pred->task] + bind->mean_cost_ps[pred->task] +
                                            bind->mean_delay_ps[pred->edge]);
        }
    }
}

/* From the first entry with the longest way, always to the first successor that the way goes on
 * through: it begins as late as the longest way to it ends, and its own way is as long. */
static void rank_path(const struct bind *bind, struct ranks *ranks)
{
    const struct app *app = bind->app;
    double longest = 0;
    for (int32_t task = 0; task < app->task_count; task++) {
        longest = fmax(longest, ranks->up[task]);
        ranks->is_critical[task] = false;
    }
    int32_t on = -1;
    for (int32_t task = 0; task < app->task_count; task++) {
        if (fabs(ranks->up[task] + ranks->down[task] - longest) > SAME)
            continue;
        bool is_following = on < 0 && app->tasks[task].pred_count == 0;
        for (int32_t i = 0; i < app->tasks[task].pred_count; i++) {
            const struct app_edge *pred = &app->preds[app->tasks[task].first_pred + i];
            double begin = ranks->down[pred->task] + bind->mean_cost_ps[pred->task] +
                           bind->mean_delay_ps[pred->edge];
            is_following |= pred->task == on && fabs(begin - ranks->down[task]) <= SAME;
        }
        if (is_following) {
            ranks->is_critical[task] = true;
            on = task;
        }
    }
}

/* As it is defined, PE by PE. */
static void rank_oct(const struct bind *bind, struct ranks *ranks)
{
    const struct app *app = bind->app;
    int32_t pes = bind->soc->pe_count;
    for (int32_t task = app->task_count - 1; task >= 0; task--) {
        int32_t able = 0;
        ranks->oct_mean[task] = 0;
        for (int32_t pe = 0; pe < pes; pe++) {
            double most = 0;
            for (int32_t i = 0; i < app->tasks[task].succ_count; i++) {
                const struct app_edge *succ = &app->succs[app->tasks[task].first_succ + i];
                double least = INFINITY;
                for (int32_t w = 0; w < pes; w++)
                    if (bind_cost_ps(bind, succ->task, w) != BIND_INCAPABLE)
                        least = fmin(least, ranks->oct[succ->task][w] +
                                                (double)bind_cost_ps(bind, succ->task, w) +
                                                (w == pe ? 0 : bind->mean_delay_ps[succ->edge]));
                most = fmax(most, least);
            }
            ranks->oct[task][pe] = most;
            if (bind_cost_ps(bind, task, pe) != BIND_INCAPABLE) {
                ranks->oct_mean[task] += most;
                able++;
            }
        }
        ranks->oct_mean[task] /= able;
    }
}

static int32_t highest(const struct plain *plain, const double *rank)
{
    int32_t best = -1;
    for (int32_t task = 0; task < plain->bind->app->task_count; task++)
        if (is_next(plain, task) && (best < 0 || rank[task] > rank[best] + SAME))
            best = task;
    return best;
}

/* ---- rules: the next task and its place ---- */

typedef struct fixture_row plain_rule(struct plain *plain, const struct ranks *ranks, int32_t host);

static struct fixture_row plain_cpop(struct plain *plain, const struct ranks *ranks, int32_t host)
{
    double through[TASKS];
    for (int32_t i = 0; i < plain->bind->app->task_count; i++)
        through[i] = ranks->up[i] + ranks->down[i];
    int32_t task = highest(plain, through);
    return ranks->is_critical[task] && is_able(plain, task, host) ? inserted(plain, task, host)
                                                                  : earliest(plain, task, inserted);
}

static struct fixture_row plain_peft(struct plain *plain, const struct ranks *ranks, int32_t host)
{
    (void)host;
    int32_t task = highest(plain, ranks->oct_mean);
    struct fixture_row best = {0};
    int64_t least_ps = TICK_NEVER;
    for (int32_t pe = 0; pe < plain->bind->soc->pe_count; pe++) {
        if (!is_able(plain, task, pe))
            continue;
        struct fixture_row row = inserted(plain, task, pe);
        int64_t sum_ps = row.finish_ps + llround(ranks->oct[task][pe]);
        if (sum_ps < least_ps) {
            least_ps = sum_ps;
            best = row;
        }
    }
    return best;
}

/* The latest finish of the children, each by rank where it finishes first, after `row`. */
static int64_t children_end(const struct plain *before, const struct ranks *ranks,
                            struct fixture_row row)
{
    struct plain *plain = memory_zeroed(1, sizeof *plain);
    *plain = *before;
    plain->rows[plain->count++] = row;
    const struct app_task *what = &plain->bind->app->tasks[row.task];
    int64_t last_ps = row.finish_ps;
    for (int32_t n = 0; n < what->succ_count; n++) {
        int32_t best = -1;
        for (int32_t i = 0; i < what->succ_count; i++) {
            int32_t child = plain->bind->app->succs[what->first_succ + i].task;
            if (placed(plain, child) == NULL &&
                (best < 0 || ranks->up[child] > ranks->up[best] + SAME))
                best = child;
        }
        struct fixture_row child = earliest(plain, best, inserted);
        plain->rows[plain->count++] = child;
        last_ps = child.finish_ps > last_ps ? child.finish_ps : last_ps;
    }
    free(plain);
    return last_ps;
}

static struct fixture_row plain_lookahead(struct plain *plain, const struct ranks *ranks,
                                          int32_t host)
{
    (void)host;
    int32_t task = highest(plain, ranks->up);
    struct fixture_row best = {0};
    int64_t best_ps = TICK_NEVER;
    for (int32_t pe = 0; pe < plain->bind->soc->pe_count; pe++) {
        if (!is_able(plain, task, pe))
            continue;
        struct fixture_row row = inserted(plain, task, pe);
        int64_t last_ps = children_end(plain, ranks, row);
        if (last_ps < best_ps || (last_ps == best_ps && row.finish_ps < best.finish_ps)) {
            best_ps = last_ps;
            best = row;
        }
    }
    return best;
}

static struct fixture_row plain_batch(struct plain *plain, int sign)
{
    struct fixture_row best = {.task = -1};
    for (int32_t task = 0; task < plain->bind->app->task_count; task++) {
        if (!is_next(plain, task))
            continue;
        struct fixture_row row = earliest(plain, task, appended);
        if (best.task < 0 || sign * row.finish_ps < sign * best.finish_ps)
            best = row;
    }
    return best;
}

static struct fixture_row plain_min_min(struct plain *plain, const struct ranks *ranks,
                                        int32_t host)
{
    (void)ranks, (void)host;
    return plain_batch(plain, 1);
}

static struct fixture_row plain_max_min(struct plain *plain, const struct ranks *ranks,
                                        int32_t host)
{
    (void)ranks, (void)host;
    return plain_batch(plain, -1);
}

static struct fixture_row plain_edp(struct plain *plain, const struct ranks *ranks, int32_t host)
{
    (void)host;
    int32_t task = highest(plain, ranks->up);
    struct fixture_row best = {0};
    double least = INFINITY;
    for (int32_t pe = 0; pe < plain->bind->soc->pe_count; pe++) {
        if (!is_able(plain, task, pe))
            continue;
        struct fixture_row row = inserted(plain, task, pe);
        double energy = plain->bind->soc->kinds[plain->bind->soc->pes[pe].kind].active_mw *
                        (double)bind_cost_ps(plain->bind, task, pe);
        double product = (double)(row.finish_ps - plain->from_ps) * energy;
        if (product < least || (product == least && row.finish_ps < best.finish_ps)) {
            least = product;
            best = row;
        }
    }
    return best;
}

static const struct {
    const struct policy_kind *policy;
    plain_rule *rule;
} planners[] = {
    {&sched_cpop, plain_cpop},
    {&sched_peft, plain_peft},
    {&sched_lookahead_heft, plain_lookahead},
    {&sched_min_min, plain_min_min},
    {&sched_max_min, plain_max_min},
    {&sched_heft_edp, plain_edp},
};

/* The PE of CPOP's critical path: fewest tasks left out, least cost, first end of its plan. */
static int32_t find_host(const struct plain *plain, const struct ranks *ranks)
{
    int32_t host = -1, least_left_out = 0;
    int64_t least_ps = 0;
    for (int32_t pe = 0; pe < plain->bind->soc->pe_count; pe++) {
        int32_t left_out = 0;
        int64_t cost_ps = 0;
        for (int32_t task = 0; task < plain->bind->app->task_count; task++) {
            if (ranks->is_critical[task] && is_able(plain, task, pe))
                cost_ps += bind_cost_ps(plain->bind, task, pe);
            else if (ranks->is_critical[task])
                left_out++;
        }
        bool is_equal = host >= 0 && left_out == least_left_out && cost_ps == least_ps;
        if (host < 0 || left_out < least_left_out ||
            (left_out == least_left_out && cost_ps < least_ps) ||
            (is_equal && end_ps(plain, pe) < end_ps(plain, host))) {
            host = pe;
            least_left_out = left_out;
            least_ps = cost_ps;
        }
    }
    return host;
}

/* ---- streams ---- */

struct stream {
    struct arena *arena;
    struct soc *soc;
    struct app *apps[3];
    struct bind *binds;
    struct arrival_row rows[JOBS];
};

static void stream_open(struct stream *made, uint32_t seed)
{
    struct random_stream stream = random_open(31, 0, RANDOM_TEST, seed, 0);
    bool is_integer = seed % 2 == 0;
    struct arena *arena = arena_create();
    *made = (struct stream){.arena = arena};
    const bool has_many = seed % 3 == 0; /* PEs that are alike */
    made->soc =
        fixture_soc(arena, KINDS, has_many ? (int32_t[]){9, 1, 4} : (int32_t[]){2, 1, 2}, 1.0);
    for (int32_t kind = 0; kind < KINDS; kind++)
        made->soc->kinds[kind].active_mw = 1.0 + random_below(&stream, 3);
    made->soc->lane_count = 3;
    made->soc->lanes = arena_zeroed(arena, 3, sizeof *made->soc->lanes);
    made->soc->lanes[0].bandwidth_bytes_per_us = INFINITY;
    made->soc->lanes[1].bandwidth_bytes_per_us = 0.5;
    made->soc->lanes[2].bandwidth_bytes_per_us = 2;
    for (int32_t i = 0; i < KINDS * KINDS; i++)
        made->soc->cluster_lane[i] = (uint16_t)(1 + random_below(&stream, 2));
    for (int32_t i = 0; i < 3; i++)
        made->apps[i] = fixture_random_app(arena, &stream, KINDS, TASKS, is_integer);
    made->binds = fixture_bind(arena, made->soc, made->apps, 3);
    for (int32_t i = 0; i < JOBS; i++) {
        made->rows[i].app = (int32_t)random_below(&stream, 3);
        int64_t gap_us = random_below(&stream, is_integer ? 12 : 300);
        made->rows[i].at_ps = i == 0 ? 0 : made->rows[i - 1].at_ps + gap_us * US;
    }
}

static void plan_stream(struct plain *plain, const struct stream *made, plain_rule *rule)
{
    struct ranks ranks;
    plain->count = 0;
    for (plain->job = 0; plain->job < JOBS; plain->job++) {
        plain->bind = &made->binds[made->rows[plain->job].app];
        plain->from_ps = made->rows[plain->job].at_ps;
        rank_ways(plain->bind, &ranks);
        rank_path(plain->bind, &ranks);
        rank_oct(plain->bind, &ranks);
        int32_t host = find_host(plain, &ranks);
        for (int32_t n = plain->bind->app->task_count; n > 0; n--) {
            struct fixture_row row = rule(plain, &ranks, host);
            plain->rows[plain->count++] = row;
        }
    }
}

START_TEST(a_stream_runs_as_the_plain_rule_plans_it)
{
    struct plain *plain = memory_zeroed(1, sizeof *plain);
    for (uint32_t seed = 0; seed < SEEDS; seed++) {
        struct stream made;
        stream_open(&made, seed);
        const struct fixture_scenario source = {.rows = made.rows, .row_count = JOBS};
        struct fixture_log log = {0};
        fixture_run(planners[_i].policy, made.soc, made.binds, 3, &source, &log);
        plan_stream(plain, &made, planners[_i].rule);
        ck_assert_uint_eq(log.count, (size_t)plain->count);
        for (int32_t i = 0; i < plain->count; i++) {
            const struct fixture_row *row = &plain->rows[i];
            const struct fixture_row *done = fixture_find(&log, row->job, row->task);
            ck_assert_msg(done->pe == row->pe && done->start_ps == row->start_ps &&
                              done->finish_ps == row->finish_ps,
                          "%s, seed %d, job %d task %d: PE %d at %lld ps, not PE %d at %lld ps",
                          planners[_i].policy->name, (int)seed, (int)row->job, (int)row->task,
                          (int)done->pe, (long long)done->start_ps, (int)row->pe,
                          (long long)row->start_ps);
        }
        fixture_log_finish(&log);
        arena_destroy(made.arena);
    }
    free(plain);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("planners");
    TCase *tests = tcase_create("planners");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, a_stream_runs_as_the_plain_rule_plans_it, 0,
                        (int)(sizeof planners / sizeof planners[0]));
    suite_add_tcase(suite, tests);
    return suite;
}
