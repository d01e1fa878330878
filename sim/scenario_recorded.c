/* SPDX-License-Identifier: GPL-3.0-or-later */
#define uthash_fatal(message) memory_exhausted(1, sizeof(struct recorded_factor))

#include "sim/scenario_recorded.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "base/memory.h"
#include "base/tick.h"

/* gcc overlooks that a uthash holds what is added to it. */
#pragma GCC diagnostic ignored "-Wanalyzer-malloc-leak"

struct recorded_place {
    int32_t job, index; /* of a task or an edge */
};

/* An entry of a hash table. */
struct recorded_factor {
    struct recorded_place key;
    double factor;
    UT_hash_handle hh;
};

struct recorded_table {
    const char *task_kind, *pe_kind;
    double factor;
};

/* Of a PE or a link. */
struct recorded_outages {
    struct outage *list;
    size_t count, capacity;
};

struct recorded_pe {
    struct episode *episodes;
    size_t count, capacity;
    struct recorded_outages outages;
};

struct scenario_recorded {
    struct scenario beyond;
    bool has_beyond, is_silent;
    int32_t jobs; /* at most so many */
    struct arrival *arrivals;
    size_t arrival_count, arrival_capacity;
    struct recorded_factor *factors, *data; /* of tasks, of edges; NULL: none */
    struct recorded_table *tables;
    size_t table_count, table_capacity;
    struct recorded_flow *flows;
    size_t flow_count, flow_capacity;
    size_t *first_flow; /* [route_count] of each job; the last one ends at flow_count */
    size_t route_count, route_capacity;
    struct recorded_pe *pes; /* [pe_count] */
    int32_t pe_count;
    struct recorded_outages *links; /* [link_count] */
    size_t link_count, link_capacity;
    double speeds[SCENARIO_SPEEDS_MAX];
    int32_t speed_count;
};

struct scenario_recorded *scenario_recorded_create(int32_t pe_count, const struct scenario *beyond)
{
    struct scenario_recorded *recorded = memory_zeroed(1, sizeof *recorded);
    recorded->has_beyond = beyond != NULL;
    if (beyond != NULL)
        recorded->beyond = *beyond;
    recorded->pe_count = pe_count;
    recorded->pes = memory_zeroed((size_t)pe_count, sizeof *recorded->pes);
    return recorded;
}

static void free_factors(struct recorded_factor *factors)
{
    struct recorded_factor *factor = factors, *next;
    HASH_CLEAR(hh, factors);
    for (; factor != NULL; factor = next) {
        next = factor->hh.next;
        free(factor);
    }
}

void scenario_recorded_destroy(struct scenario_recorded *recorded)
{
    if (recorded == NULL)
        return;
    for (int32_t pe = 0; pe < recorded->pe_count; pe++) {
        free(recorded->pes[pe].episodes);
        free(recorded->pes[pe].outages.list);
    }
    for (size_t link = 0; link < recorded->link_count; link++)
        free(recorded->links[link].list);
    free(recorded->links);
    free(recorded->pes);
    free(recorded->arrivals);
    free_factors(recorded->factors);
    free_factors(recorded->data);
    free(recorded->tables);
    free(recorded->flows);
    free(recorded->first_flow);
    free(recorded);
}

void scenario_recorded_silence(struct scenario_recorded *recorded)
{
    recorded->is_silent = true;
}

/* ---- arrivals ---- */

void scenario_recorded_add_arrival(struct scenario_recorded *recorded,
                                   const struct arrival *arrival)
{
    assert((size_t)arrival->job == recorded->arrival_count);
    recorded->arrivals = memory_grow(recorded->arrivals, &recorded->arrival_capacity,
                                     recorded->arrival_count + 1, sizeof *recorded->arrivals);
    recorded->arrivals[recorded->arrival_count++] = *arrival;
}

static bool next_arrival(const void *source, struct arrival *arrival)
{
    const struct scenario_recorded *recorded = source;
    size_t next = (size_t)(arrival->job + INT64_C(1));
    if (arrival->job + 1 >= recorded->jobs)
        return false;
    if (next < recorded->arrival_count) {
        *arrival = recorded->arrivals[next];
        return true;
    }
    return recorded->has_beyond && recorded->beyond.next_arrival(recorded->beyond.source, arrival);
}

/* ---- factors ---- */

static struct recorded_factor *find_factor(struct recorded_factor *factors, int32_t job,
                                           int32_t index)
{
    const struct recorded_place key = {job, index};
    struct recorded_factor *factor;
    // NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult): the key has no gaps
    HASH_FIND(hh, factors, &key, sizeof key, factor);
    return factor;
}

static bool set_factor(struct recorded_factor **factors, int32_t job, int32_t index, double factor)
{
    assert(job >= 0 && index >= 0);
    if (find_factor(*factors, job, index) != NULL)
        return false;
    struct recorded_factor *added = memory_zeroed(1, sizeof *added);
    added->key = (struct recorded_place){job, index};
    added->factor = factor;
    HASH_ADD(hh, *factors, key, sizeof added->key, added);
    return true;
}

bool scenario_recorded_set_factor(struct scenario_recorded *recorded, int32_t job, int32_t task,
                                  double factor)
{
    return set_factor(&recorded->factors, job, task, factor);
}

static double exec_factor(const void *source, int32_t job, int32_t task)
{
    const struct scenario_recorded *recorded = source;
    if (recorded->is_silent)
        return 1.0;
    const struct recorded_factor *factor = find_factor(recorded->factors, job, task);
    if (factor != NULL)
        return factor->factor;
    return recorded->has_beyond ? scenario_exec_factor(&recorded->beyond, job, task) : 1.0;
}

bool scenario_recorded_set_data(struct scenario_recorded *recorded, int32_t job, int32_t edge,
                                double factor)
{
    return set_factor(&recorded->data, job, edge, factor);
}

static double data_factor(const void *source, int32_t job, int32_t edge)
{
    const struct scenario_recorded *recorded = source;
    const struct scenario *beyond = &recorded->beyond;
    const struct recorded_factor *factor = find_factor(recorded->data, job, edge);
    if (factor != NULL)
        return factor->factor;
    return beyond->data_factor != NULL ? beyond->data_factor(beyond->source, job, edge) : 1.0;
}

static int compare_tables(const void *a, const void *b)
{
    const struct recorded_table *one = a, *other = b;
    int order = strcmp(one->task_kind, other->task_kind);
    return order != 0 ? order : strcmp(one->pe_kind, other->pe_kind);
}

bool scenario_recorded_add_table(struct scenario_recorded *recorded, const char *task_kind,
                                 const char *pe_kind, double factor)
{
    const struct recorded_table added = {task_kind, pe_kind, factor};
    size_t count = recorded->table_count;
    if (count > 0 && compare_tables(&recorded->tables[count - 1], &added) >= 0)
        return false;
    recorded->tables = memory_grow(recorded->tables, &recorded->table_capacity, count + 1,
                                   sizeof *recorded->tables);
    recorded->tables[recorded->table_count++] = added;
    return true;
}

static double table_factor(const void *source, const char *task_kind, const char *pe_kind)
{
    const struct scenario_recorded *recorded = source;
    const struct scenario *beyond = &recorded->beyond;
    const struct recorded_table wanted = {task_kind, pe_kind, 1.0};
    const struct recorded_table *table =
        recorded->table_count == 0 ? NULL
                                   : bsearch(&wanted, recorded->tables, recorded->table_count,
                                             sizeof *recorded->tables, compare_tables);
    if (table != NULL)
        return table->factor;
    return beyond->table_factor != NULL ? beyond->table_factor(beyond->source, task_kind, pe_kind)
                                        : 1.0;
}

/* ---- routes ---- */

void scenario_recorded_add_flow(struct scenario_recorded *recorded, int32_t job,
                                const struct recorded_flow *flow)
{
    assert((size_t)job + 1 >= recorded->route_count);
    while (recorded->route_count <= (size_t)job) {
        recorded->first_flow = memory_grow(recorded->first_flow, &recorded->route_capacity,
                                           recorded->route_count + 1, sizeof(size_t));
        recorded->first_flow[recorded->route_count++] = recorded->flow_count;
    }
    recorded->flows = memory_grow(recorded->flows, &recorded->flow_capacity,
                                  recorded->flow_count + 1, sizeof *recorded->flows);
    recorded->flows[recorded->flow_count++] = *flow;
}

static void fill_route(const void *source, int32_t job, const struct app *app, struct route *route)
{
    const struct scenario_recorded *recorded = source;
    size_t which = (size_t)job;
    size_t first = which < recorded->route_count ? recorded->first_flow[which] : 0;
    size_t end = which + 1 < recorded->route_count ? recorded->first_flow[which + 1]
                 : which < recorded->route_count   ? recorded->flow_count
                                                   : 0;
    if (first == end) {
        assert(recorded->has_beyond);
        recorded->beyond.route(recorded->beyond.source, job, app, route);
        return;
    }
    route_clear(route, app);
    for (size_t i = first; i < end; i++) {
        const struct recorded_flow *flow = &recorded->flows[i];
        if (flow->is_edge) {
            route->edge_live[flow->index] = flow->live;
            route->edge_samples[flow->index] = flow->samples;
        } else {
            route->task_samples[flow->index] = flow->samples;
        }
    }
}

/* ---- slow-downs ---- */

/* Takes note of a speed; false if there are too many. */
static bool note_speed(double *speeds, int32_t *count, int32_t capacity, double speed)
{
    for (int32_t i = 0; i < *count; i++)
        if (speeds[i] == speed)
            return true;
    if (*count == capacity)
        return false;
    speeds[(*count)++] = speed;
    return true;
}

bool scenario_recorded_add_episode(struct scenario_recorded *recorded, int32_t pe,
                                   const struct episode *episode)
{
    assert(pe >= 0 && pe < recorded->pe_count);
    struct recorded_pe *of_pe = &recorded->pes[pe];
    of_pe->episodes =
        memory_grow(of_pe->episodes, &of_pe->capacity, of_pe->count + 1, sizeof *of_pe->episodes);
    of_pe->episodes[of_pe->count] = *episode;
    of_pe->episodes[of_pe->count].index = (int32_t)of_pe->count;
    of_pe->count++;
    /* one is left for the speed of `beyond` */
    return note_speed(recorded->speeds, &recorded->speed_count, SCENARIO_SPEEDS_MAX - 1,
                      episode->speed);
}

static bool next_episode(const void *source, int32_t pe, struct episode *episode)
{
    const struct scenario_recorded *recorded = source;
    size_t next = (size_t)(episode->index + INT64_C(1));
    if (recorded->is_silent)
        return false;
    if (pe < recorded->pe_count && next < recorded->pes[pe].count) {
        *episode = recorded->pes[pe].episodes[next];
        return true;
    }
    return recorded->has_beyond &&
           recorded->beyond.next_episode(recorded->beyond.source, pe, episode);
}

/* ---- failures ---- */

static void add_outage(struct recorded_outages *outages, int64_t start_ps, int64_t end_ps)
{
    outages->list =
        memory_grow(outages->list, &outages->capacity, outages->count + 1, sizeof *outages->list);
    outages->list[outages->count] =
        (struct outage){.index = (int32_t)outages->count, .start_ps = start_ps, .end_ps = end_ps};
    outages->count++;
}

void scenario_recorded_add_outage(struct scenario_recorded *recorded, int32_t pe, int64_t start_ps,
                                  int64_t end_ps)
{
    assert(pe >= 0 && pe < recorded->pe_count);
    add_outage(&recorded->pes[pe].outages, start_ps, end_ps);
}

void scenario_recorded_add_link_outage(struct scenario_recorded *recorded, int32_t link,
                                       int64_t start_ps, int64_t end_ps)
{
    assert(link >= 0);
    while (recorded->link_count <= (size_t)link) {
        recorded->links = memory_grow(recorded->links, &recorded->link_capacity,
                                      recorded->link_count + 1, sizeof *recorded->links);
        recorded->links[recorded->link_count++] = (struct recorded_outages){0};
    }
    add_outage(&recorded->links[link], start_ps, end_ps);
}

/* What is beyond begins anew at the first step over the end of the recording, and skips what was
 * recorded. `draw` is NULL if nothing is beyond. */
static bool step_outage(const struct scenario_recorded *recorded,
                        const struct recorded_outages *outages,
                        bool (*draw)(const void *source, int32_t subject, struct outage *outage),
                        int32_t subject, struct outage *outage)
{
    size_t next = (size_t)(outage->index + INT64_C(1));
    if (recorded->is_silent)
        return false;
    if (outages != NULL && next < outages->count) {
        *outage = outages->list[next];
        return true;
    }
    const struct outage before = *outage;
    if (before.end_ps >= TICK_LIMIT || draw == NULL)
        return false;
    if (outage->drawn == 0 && outage->listed == 0)
        *outage = OUTAGE_BEFORE_FIRST;
    do
        if (!draw(recorded->beyond.source, subject, outage))
            return false;
    while (outage->start_ps <= before.end_ps && before.index >= 0);
    outage->index = before.index + 1;
    return true;
}

static bool next_outage(const void *source, int32_t pe, struct outage *outage)
{
    const struct scenario_recorded *recorded = source;
    return step_outage(recorded, pe < recorded->pe_count ? &recorded->pes[pe].outages : NULL,
                       recorded->beyond.next_outage, pe, outage);
}

static bool next_link_outage(const void *source, int32_t link, struct outage *outage)
{
    const struct scenario_recorded *recorded = source;
    return step_outage(recorded,
                       (size_t)link < recorded->link_count ? &recorded->links[link] : NULL,
                       recorded->beyond.next_link_outage, link, outage);
}

static int32_t episode_speeds(const void *source, double *speeds, int32_t capacity)
{
    const struct scenario_recorded *recorded = source;
    int32_t count = 0;
    if (recorded->is_silent)
        return 0;
    if (recorded->has_beyond)
        count = recorded->beyond.episode_speeds(recorded->beyond.source, speeds, capacity);
    for (int32_t i = 0; i < recorded->speed_count; i++)
        note_speed(speeds, &count, capacity, recorded->speeds[i]);
    return count;
}

struct scenario scenario_recorded(struct scenario_recorded *recorded, int32_t jobs)
{
    recorded->jobs = jobs;
    bool has_data = recorded->data != NULL || recorded->beyond.data_factor != NULL;
    bool has_links = recorded->link_count > 0 || recorded->beyond.next_link_outage != NULL;
    bool has_tables = recorded->table_count > 0 || recorded->beyond.table_factor != NULL;
    return (struct scenario){
        .source = recorded,
        .next_arrival = next_arrival,
        .exec_factor = exec_factor,
        .data_factor = has_data && !recorded->is_silent ? data_factor : NULL,
        .table_factor = has_tables && !recorded->is_silent ? table_factor : NULL,
        .route = fill_route,
        .next_episode = next_episode,
        .episode_speeds = episode_speeds,
        .next_outage = next_outage,
        .next_link_outage = has_links && !recorded->is_silent ? next_link_outage : NULL,
    };
}
