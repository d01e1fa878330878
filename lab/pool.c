/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lab/pool.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "base/ranks.h"
#include "lab/crew.h"

/* How often a wish of the user and messages of other ranks are looked at, in ms. */
enum { PAUSE_ALONE = 200, PAUSE_WITH_RANKS = 1 };

bool pool_start(struct pool *pool, const struct points *points, const struct experiment *experiment,
                int32_t jobs, const char *parts_dir, struct fault *fault)
{
    assert(jobs >= 1);
    *pool = (struct pool){.points = points, .jobs = jobs, .parts_dir = parts_dir};
    pool->running = memory_zeroed((size_t)jobs, sizeof *pool->running);
    if (nursery_start(&pool->nursery, points, experiment, parts_dir, fault))
        return true;
    free(pool->running);
    *pool = (struct pool){0};
    return false;
}

void pool_end(struct pool *pool)
{
    if (pool->running == NULL)
        return;
    nursery_end(&pool->nursery);
    free(pool->running);
    *pool = (struct pool){0};
}

/* Makes the folder for parts, if there is to be one. */
static bool make_parts_dir(const struct pool *pool, struct fault *fault)
{
    return pool->parts_dir == NULL || mkdir(pool->parts_dir, 0777) == 0 || errno == EEXIST ||
           fault_set(fault, pool->parts_dir, "choose another folder with -o",
                     "cannot make the folder: %s", strerror(errno));
}

static void start(struct pool *pool, int32_t trial)
{
    assert(pool->running_count < pool->jobs);
    pool->running[pool->running_count++] = trial;
    nursery_ask(&pool->nursery, trial);
}

/* Waits for a row for a while. False with nothing, a second row of a trial that was killed after
 * its first, or a fault. */
static bool wait_for_row(struct pool *pool, int pause_ms, struct trial_row *row,
                         struct fault *fault)
{
    struct pollfd polled = {.fd = pool->nursery.rows, .events = POLLIN};
    if (poll(&polled, 1, pause_ms) <= 0 || !nursery_take(&pool->nursery, row, fault))
        return false;
    int32_t i = 0;
    while (i < pool->running_count && pool->running[i] != row->trial)
        i++;
    if (i == pool->running_count)
        return false;
    pool->running[i] = pool->running[--pool->running_count];
    return true;
}

/* Reads the parts of a trial of this rank. True without any if it left none that are whole. */
static bool take_parts(const struct pool *pool, const struct trial_row *row, struct parts *parts,
                       bool *has_parts, struct fault *fault)
{
    *has_parts =
        pool->parts_dir != NULL && row->status != TRIAL_CRASHED && row->status != TRIAL_TIMEOUT;
    return !*has_parts || parts_take(parts, pool->parts_dir, row->trial, fault);
}

/* ---- rank 0 ---- */

static int stop_wishes(const struct pool_work *work)
{
    return work->stop == NULL ? 0 : (int)*work->stop;
}

/* Starts trials wherever there is room for them. */
static void hand_out(struct pool *pool, struct crew *crew, const struct pool_work *work)
{
    for (;;) {
        int32_t rank = crew_idle(crew);
        bool is_own = pool->running_count < pool->jobs;
        if (!is_own && rank == 0)
            return;
        int32_t trial = work->next(work->context);
        if (trial < 0)
            return;
        if (is_own)
            start(pool, trial);
        else
            crew_give(crew, rank, trial);
    }
}

static bool take_own_row(struct pool *pool, struct crew *crew, const struct pool_work *work,
                         struct fault *fault)
{
    struct trial_row row;
    struct parts parts;
    bool has_parts;
    int pause_ms = crew->count > 1 ? PAUSE_WITH_RANKS : PAUSE_ALONE;
    if (!wait_for_row(pool, pause_ms, &row, fault))
        return !fault_is_set(fault);
    if (stop_wishes(work) == 0)
        hand_out(pool, crew, work); /* so that no processor waits for the disk */
    if (!take_parts(pool, &row, &parts, &has_parts, fault))
        return false;
    bool ok = work->on_row(work->context, &row, has_parts ? &parts : NULL, fault);
    if (has_parts)
        parts_finish(&parts);
    return ok;
}

static bool take_others_rows(struct crew *crew, const char *plan, const struct pool_work *work,
                             struct fault *fault)
{
    struct crew_letter letter;
    enum crew_news news;
    bool ok = true;
    while (ok && (news = crew_hear(crew, plan, &letter, fault)) != CREW_SILENCE) {
        ok = !fault_is_set(fault);
        if (news != CREW_ROW)
            continue;
        ok = work->on_row(work->context, &letter.row, letter.has_parts ? &letter.parts : NULL,
                          fault);
        parts_finish(&letter.parts);
    }
    return ok;
}

/* Kills what still runs here and sends the other ranks home. */
static void conclude(struct pool *pool, struct crew *crew)
{
    nursery_end(&pool->nursery);
    if (pool->parts_dir != NULL)
        parts_remove(pool->parts_dir);
    crew_dismiss(crew);
    crew_finish(crew);
}

bool pool_run(struct pool *pool, const struct pool_work *work, struct fault *fault)
{
    struct crew crew;
    char plan[DIGEST_SIZE];
    points_digest(pool->points, plan);
    crew_init(&crew);
    bool ok = make_parts_dir(pool, fault);
    while (ok && stop_wishes(work) < 2) {
        if (stop_wishes(work) == 0)
            hand_out(pool, &crew, work);
        else
            crew_halt(&crew);
        if (pool->running_count == 0 && crew.given == 0)
            break;
        ok = take_own_row(pool, &crew, work, fault) && take_others_rows(&crew, plan, work, fault);
    }
    conclude(pool, &crew);
    return ok;
}

void pool_cancel(struct pool *pool)
{
    struct crew crew;
    crew_init(&crew);
    conclude(pool, &crew);
}

/* ---- the other ranks ---- */

/* Trials that rank 0 has given and that are not started yet. */
struct queue {
    int32_t *trials;
    int32_t first, count;
    size_t capacity;
};

static void queue_push(struct queue *queue, int32_t trial)
{
    if (queue->first == queue->count)
        queue->first = queue->count = 0;
    queue->trials = memory_grow(queue->trials, &queue->capacity, (size_t)queue->count + 1,
                                sizeof *queue->trials);
    queue->trials[queue->count++] = trial;
}

/* Does what rank 0 wishes; false when it is time to leave. */
static bool obey(struct queue *queue)
{
    for (;;) {
        int32_t trial;
        switch (crew_ask(&trial)) {
        case CREW_TRIAL:
            queue_push(queue, trial);
            break;
        case CREW_HALT:
            crew_drop(queue->count - queue->first);
            queue->first = queue->count;
            break;
        case CREW_DISMISS:
            return false;
        case CREW_GO_ON:
            return true;
        }
    }
}

static bool send_row(struct pool *pool, struct fault *fault)
{
    struct trial_row row;
    struct parts parts;
    bool has_parts;
    if (!wait_for_row(pool, PAUSE_WITH_RANKS, &row, fault))
        return !fault_is_set(fault);
    if (!take_parts(pool, &row, &parts, &has_parts, fault))
        return false;
    crew_send(&row, has_parts ? &parts : NULL);
    if (has_parts)
        parts_finish(&parts);
    return true;
}

void pool_serve(struct pool *pool)
{
    struct fault fault = FAULT_NONE;
    struct queue queue = {0};
    char plan[DIGEST_SIZE];
    points_digest(pool->points, plan);
    crew_greet(plan, pool->jobs);
    bool ok = true, has_parts_dir = false;
    while (obey(&queue)) {
        if (!ok) {
            poll(NULL, 0, PAUSE_WITH_RANKS);
            continue;
        }
        if (!has_parts_dir && queue.count > 0)
            has_parts_dir = ok = make_parts_dir(pool, &fault);
        while (ok && pool->running_count < pool->jobs && queue.first < queue.count)
            start(pool, queue.trials[queue.first++]);
        ok = ok && send_row(pool, &fault);
        if (!ok)
            crew_complain(&fault);
    }
    nursery_end(&pool->nursery);
    if (pool->parts_dir != NULL)
        parts_remove(pool->parts_dir);
    crew_leave();
    free(queue.trials);
}
