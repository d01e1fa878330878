/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/traffic.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/tick.h"
#include "sim/links.h"

struct link_time {
    int64_t transfers;
    double transfer_ps, wait_ps; /* sums over transfers at once, which 64 bits need not hold */
    int32_t under_way;
    int64_t busy_from_ps;       /* while any is under way */
    int64_t busy_ps, window_ps; /* over the whole run, since the first counted arrival */
    double bytes, window_bytes;
};

struct traffic {
    const struct soc *soc;
    int32_t warmup_jobs;
    int64_t window_start_ps; /* first counted arrival, TICK_NEVER before it */
    int64_t window_end_ps;   /* the last task was done, or given up with its job */
    struct link_time *links;
};

struct traffic *traffic_create(const struct soc *soc, int32_t warmup_jobs)
{
    struct traffic *traffic = memory_zeroed(1, sizeof *traffic);
    *traffic =
        (struct traffic){.soc = soc, .warmup_jobs = warmup_jobs, .window_start_ps = TICK_NEVER};
    traffic->links = memory_zeroed((size_t)links_count(soc), sizeof *traffic->links);
    return traffic;
}

void traffic_destroy(struct traffic *traffic)
{
    if (traffic == NULL)
        return;
    free(traffic->links);
    free(traffic);
}

static void note_arrival(void *self, int64_t now_ps, const struct observed_arrival *arrival)
{
    struct traffic *traffic = self;
    const struct view_job *job = arrival->job;
    (void)now_ps;
    if (job->id >= traffic->warmup_jobs && job->arrival_ps < traffic->window_start_ps)
        traffic->window_start_ps = job->arrival_ps;
}

static void note_failed(void *self, int64_t now_ps, const struct observed_task *observed)
{
    struct traffic *traffic = self;
    (void)observed;
    if (now_ps > traffic->window_end_ps)
        traffic->window_end_ps = now_ps;
}

static void note_task(void *self, const struct observed_task *observed)
{
    note_failed(self, observed->task->finish_ps, observed);
}

/* The next link on the way of a transfer, and the node behind it; -1 at its end. */
static int32_t next_link(const struct soc *soc, const struct observed_transfer *transfer,
                         int32_t *node)
{
    return *node == transfer->to_pe ? -1 : links_follow(soc, transfer->way, node, transfer->to_pe);
}

static void note_start(void *self, const struct observed_transfer *transfer)
{
    struct traffic *traffic = self;
    int32_t node = transfer->from_pe, link;
    while ((link = next_link(traffic->soc, transfer, &node)) >= 0) {
        struct link_time *time = &traffic->links[link];
        if (time->under_way++ == 0)
            time->busy_from_ps = transfer->start_ps;
    }
}

static void count(struct link_time *time, double bytes, int64_t transfer_ps, bool is_in_window)
{
    time->transfers++;
    time->bytes += bytes;
    time->transfer_ps += (double)transfer_ps;
    if (is_in_window)
        time->window_bytes += bytes;
}

static void leave_link(struct traffic *traffic, struct link_time *time, int64_t end_ps)
{
    int64_t start_ps = traffic->window_start_ps;
    if (--time->under_way > 0)
        return;
    time->busy_ps += end_ps - time->busy_from_ps;
    if (end_ps > start_ps)
        time->window_ps += end_ps - (time->busy_from_ps > start_ps ? time->busy_from_ps : start_ps);
}

static void note_end(void *self, const struct observed_transfer *transfer)
{
    struct traffic *traffic = self;
    int64_t end_ps = transfer->finish_ps;
    int32_t node = transfer->from_pe, link;
    while ((link = next_link(traffic->soc, transfer, &node)) >= 0) {
        struct link_time *time = &traffic->links[link];
        count(time, transfer->bytes, end_ps - transfer->start_ps,
              end_ps > traffic->window_start_ps);
        time->wait_ps += (double)(transfer->start_ps - transfer->asked_ps);
        leave_link(traffic, time, end_ps);
    }
}

/* How much of it has come nobody knows: its links were busy, and that is all. */
static void note_lost(void *self, const struct observed_transfer *transfer)
{
    struct traffic *traffic = self;
    int32_t node = transfer->from_pe, link;
    while ((link = next_link(traffic->soc, transfer, &node)) >= 0)
        leave_link(traffic, &traffic->links[link], transfer->finish_ps);
}

static void note_access(void *self, int64_t now_ps, int32_t link, double bytes, int64_t access_ps)
{
    struct traffic *traffic = self;
    count(&traffic->links[link], bytes, access_ps, now_ps > traffic->window_start_ps);
}

struct observer traffic_observer(struct traffic *traffic)
{
    return (struct observer){
        .self = traffic,
        .on_job_arrival = note_arrival,
        .on_task_done = note_task,
        .on_task_failed = note_failed,
        .on_transfer_start = note_start,
        .on_transfer_done = note_end,
        .on_transfer_lost = note_lost,
        .on_memory_access = note_access,
    };
}

static double ratio(double part, double whole)
{
    return whole > 0.0 ? part / whole : (double)NAN;
}

struct traffic_link traffic_read(const struct traffic *traffic, int32_t link)
{
    const struct link_time *time = &traffic->links[link];
    bool is_shared = soc_is_contended(traffic->soc);
    double window_us = traffic->window_end_ps > traffic->window_start_ps
                           ? tick_to_us(traffic->window_end_ps - traffic->window_start_ps)
                           : 0.0;
    return (struct traffic_link){
        .transfers = time->transfers,
        .bytes = time->bytes,
        .busy_us = is_shared ? tick_to_us(time->busy_ps) : (double)NAN,
        .utilization = is_shared ? ratio(tick_to_us(time->window_ps), window_us) : (double)NAN,
        .carried_share =
            ratio(time->window_bytes, window_us * links_bandwidth_bytes_per_us(traffic->soc)),
        .mean_transfer_us = ratio(time->transfer_ps / TICK_PER_US, (double)time->transfers),
        .mean_wait_us = ratio(time->wait_ps / TICK_PER_US, (double)time->transfers),
    };
}
